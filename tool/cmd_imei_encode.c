/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "tool/imei_input.h"

enum coding { CODE_NONE, CODE_MI, CODE_TBCD, CODE_UEID, CODE_BCD };

struct encode {
	struct imei_input input;
	const char *name;
	enum coding coding;
	enum imei_carrier carrier; /* of CODE_MI */
	bool has_svn;
	uint8_t svn;
	enum imei_form form;
};

static bool
find_carrier(struct encode *encode, const char *name)
{
	static const struct {
		const char *name;
		enum coding coding;
		enum imei_carrier carrier;
	} carriers[] = {
		{"ts24008", CODE_MI, IMEI_TS24008},
		{"ts24301", CODE_MI, IMEI_TS24301},
		{"ts24501", CODE_MI, IMEI_TS24501},
		{"tbcd", CODE_TBCD, IMEI_TS24008},
		{"ueid", CODE_UEID, IMEI_TS24008},
		{"bcd", CODE_BCD, IMEI_TS24008},
	};

	for (size_t i = 0; i < sizeof(carriers) / sizeof(carriers[0]); i++) {
		if (!text_equal(name, carriers[i].name))
			continue;
		encode->name = carriers[i].name;
		encode->coding = carriers[i].coding;
		encode->carrier = carriers[i].carrier;
		return true;
	}
	return false;
}

static void
check_encode(const struct encode *encode, const struct argp_state *state)
{
	cmd_need(state, "--carrier", encode->name);
	if (encode->has_svn &&
	    (encode->coding == CODE_UEID || encode->coding == CODE_BCD))
		cmd_refuse(state, "%s has no software version", encode->name);
	if (encode->form == IMEI_FORM_SPARE &&
	    (encode->coding != CODE_MI || encode->has_svn))
		cmd_refuse(state, "--spare is for an IMEI in ts24008, ts24301 "
				  "or ts24501");
}

static error_t
parse_encode(int key, char *arg, struct argp_state *state)
{
	struct encode *encode = state->input;

	switch (key) {
	case 'c':
		if (!find_carrier(encode, arg))
			cmd_refuse(state, "--carrier is ts24008, ts24301, "
					  "ts24501, tbcd, ueid or bcd");
		return 0;
	case 'v':
		encode->svn = (uint8_t)cmd_number(state, "--svn", arg, 0,
						  IMEI_SVN_MAX);
		encode->has_svn = true;
		return 0;
	case 'z':
		encode->form = IMEI_FORM_SPARE;
		return 0;
	case ARGP_KEY_END:
		check_encode(encode, state);
		return 0;
	default:
		return imei_input_parse(&encode->input, key, state);
	}
}

static enum status
encode_bytes(const struct encode *encode, struct imei imei, uint8_t *out,
	     size_t *len)
{
	const struct imeisv sv = {imei, encode->svn};

	if (encode->coding == CODE_UEID) {
		*len = IMEI_UEID_LEN;
		imei_encode_ueid(out, imei);
	} else if (encode->coding == CODE_TBCD) {
		*len = IMEI_TBCD_LEN;
		if (encode->has_svn)
			imeisv_encode_tbcd(out, sv);
		else
			imei_encode_tbcd(out, imei);
	} else if (encode->has_svn) {
		*len = IMEISV_MI_LEN;
		return imeisv_encode_mi(out, encode->carrier, sv);
	} else {
		*len = IMEI_MI_LEN;
		imei_encode_mi(out, encode->carrier, encode->form, imei);
	}
	return ST_OK;
}

static enum status
encode_number(const struct encode *encode, struct imei imei, char *text,
	      size_t size)
{
	uint8_t bytes[IMEI_UEID_LEN];
	size_t len;
	enum status st;

	if (encode->coding == CODE_BCD) {
		(void)snprintf(text, size, "%07x %07x",
			       imei_encode_bcd(imei, 0),
			       imei_encode_bcd(imei, 1));
		return ST_OK;
	}
	st = encode_bytes(encode, imei, bytes, &len);
	if (st == ST_OK)
		text_hex(text, size, bytes_of(bytes, len));
	return st;
}

static enum status
take(void *ctx, const struct imei *imei, size_t count)
{
	const struct encode *encode = ctx;
	char text[2 * IMEI_UEID_LEN + 1];

	for (size_t i = 0; i < count; i++) {
		enum status st =
			encode_number(encode, imei[i], text, sizeof(text));

		if (st != ST_OK)
			return st;
		imei_input_show(&encode->input, encode->input.line + i,
				encode->name, text);
	}
	return ST_OK;
}

enum status
cmd_imei_encode(struct cli *cli, int argc, char **argv)
{
	static const struct argp_option options[] = {
		{"carrier", 'c', "NAME", 0,
		 "ts24008, ts24301, ts24501 (mobile identity), tbcd, ueid, or "
		 "bcd (two OTP payload words)",
		 0},
		{"svn", 'v', "NN", 0, "As IMEISV with this software version",
		 0},
		{"spare", 'z', NULL, 0,
		 "With the spare digit 0, as it is transmitted, in the place "
		 "of the check digit",
		 0},
		{0},
	};
	static const struct argp argp = {
		.options = options,
		.parser = parse_encode,
		.args_doc = IMEI_INPUT_ARGS,
		.doc = "Encode IMEIs as a carrier does; in a file one a line.  "
		       "The result is hexadecimal.  Rejects are named on the "
		       "error stream, with line and reason.  Without arguments "
		       "the input is read.\v"
		       "Example:\n"
		       "  imeilock imei encode 260531793113837 \\\n"
		       "    --carrier ts24008 --spare\n"
		       "  imeilock imei encode labels.txt --carrier ueid",
	};
	struct encode encode = {
		.input = {.cli = cli,
			  .take = take,
			  .ctx = &encode,
			  .is_aside = true},
		.form = IMEI_FORM_CHECK,
	};

	cmd_parse(cli, argc, argv, &argp, &encode);
	return imei_input_end(&encode.input, imei_input_run(&encode.input));
}
