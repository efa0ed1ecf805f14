/* SPDX-License-Identifier: Apache-2.0 */
#include "tool/imei_input.h"

struct format {
	struct imei_input input;
	const char *as;
};

static bool
format_as(char out[IMEI_URN_LEN], const char *as, struct imei imei)
{
	if (text_equal(as, "plain"))
		imei_format(out, imei);
	else if (text_equal(as, "presentation"))
		imei_format_presentation(out, imei);
	else if (text_equal(as, "urn"))
		imei_format_urn(out, imei);
	else if (text_equal(as, "masked"))
		imei_format_masked(out, imei);
	else
		return false;
	return true;
}

static error_t
parse_format(int key, char *arg, struct argp_state *state)
{
	struct format *format = state->input;
	char text[IMEI_URN_LEN];

	switch (key) {
	case 'a':
		format->as = arg;
		if (!format_as(text, arg, IMEI_NONE))
			cmd_refuse(state, "--as is plain, presentation, urn or "
					  "masked");
		return 0;
	case ARGP_KEY_END:
		cmd_need(state, "--as", format->as);
		return 0;
	default:
		return imei_input_parse(&format->input, key, state);
	}
}

static enum status
take(void *ctx, const struct imei *imei, size_t count)
{
	const struct format *format = ctx;
	char text[IMEI_URN_LEN];

	for (size_t i = 0; i < count; i++) {
		(void)format_as(text, format->as, imei[i]);
		imei_input_show(&format->input, format->input.line + i,
				format->as, text);
	}
	return ST_OK;
}

enum status
cmd_imei_format(struct cli *cli, int argc, char **argv)
{
	static const struct argp_option options[] = {
		{"as", 'a', "FORM", 0, "plain, presentation, urn or masked", 0},
		{0},
	};
	static const struct argp argp = {
		.options = options,
		.parser = parse_format,
		.args_doc = IMEI_INPUT_ARGS,
		.doc = "Show IMEIs in another text form; in a file one a line. "
		       " Rejects are named on the error stream, with line and "
		       "reason.  Without arguments the input is read.\v"
		       "Example:\n"
		       "  imeilock imei format 260531793113837 --as urn\n"
		       "  imeilock imei format labels.txt --as masked",
	};
	struct format format = {
		.input = {.cli = cli,
			  .take = take,
			  .ctx = &format,
			  .is_aside = true},
	};

	cmd_parse(cli, argc, argv, &argp, &format);
	return imei_input_end(&format.input, imei_input_run(&format.input));
}
