/* SPDX-License-Identifier: Apache-2.0 */
#include "tool/cmd.h"

struct format {
	const char *number;
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
			argp_error(state, "--as is plain, presentation, urn or "
					  "masked");
		return 0;
	case ARGP_KEY_ARG:
		if (format->number != NULL)
			argp_error(state, "one number at a time");
		format->number = arg;
		return 0;
	case ARGP_KEY_END:
		cmd_need(state, "NUMBER", format->number);
		cmd_need(state, "--as", format->as);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
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
		.args_doc = "NUMBER",
		.doc = "Show an IMEI in another text form.\v"
		       "Example:\n"
		       "  imeilock imei format 260531793113837 --as urn",
	};
	struct format format = {0};
	char text[IMEI_URN_LEN];
	struct imei imei;
	enum status st;

	cmd_parse(cli, argc, argv, &argp, &format);
	st = cmd_take_imei(cli, &imei, format.number);
	if (st != ST_OK)
		return st;
	(void)format_as(text, format.as, imei);
	cmd_show_number(cli, format.as, text);
	return ST_OK;
}
