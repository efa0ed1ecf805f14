/* SPDX-License-Identifier: Apache-2.0 */
#include "tool/imei_input.h"
#include "tool/imei_seen.h"
#include "tool/lang.h"

struct check {
	struct imei_input input;
	bool is_twice_asked;
	struct imei_seen *seen;
	uint64_t test, twice;
};

static void
show_good(struct output *out, struct imei imei)
{
	char text[IMEI_LEN + 1];

	imei_format(text, imei);
	if (!out->is_json) {
		output_say(out, "%s: good%s%s", text,
			   lang(imei_is_test(imei) ? ", a test number" : ""),
			   lang(imei_is_test(imei) || imei_is_known_rbi(imei)
					? ""
					: ", of an unknown reporting body"));
		return;
	}
	row_begin(out, "imei");
	row_text(out, "imei", text);
	text[IMEI_TAC_LEN] = '\0';
	row_text(out, "tac", text);
	row_uint(out, "serial", imei_snr(imei));
	row_uint(out, "check_digit", imei_check_digit(imei));
	row_bool(out, "is_test", imei_is_test(imei));
	row_bool(out, "is_known_body", imei_is_known_rbi(imei));
	row_end(out);
}

static void
show_twice(struct check *check, uint64_t line, struct imei imei)
{
	char text[IMEI_LEN + 1];

	check->twice++;
	imei_format(text, imei);
	imei_input_reject(&check->input, line, text, ST_IMEI_TWICE);
}

static enum status
note(struct check *check, const struct imei *imei, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		enum status st = imei_seen_add(check->seen, imei[i]);

		if (st == ST_IMEI_TWICE)
			show_twice(check, check->input.line + i, imei[i]);
		else if (st != ST_OK)
			return st;
	}
	return ST_OK;
}

static enum status
take(void *ctx, const struct imei *imei, size_t count)
{
	struct check *check = ctx;

	for (size_t i = 0; i < count; i++)
		check->test += imei_is_test(imei[i]);
	if (check->input.file == NULL)
		show_good(&check->input.cli->out, imei[0]);
	return check->seen != NULL ? note(check, imei, count) : ST_OK;
}

static void
show_summary(const struct check *check)
{
	struct output *out = &check->input.cli->out;

	row_begin(out, "summary");
	row_uint(out, "good", check->input.good);
	row_uint(out, "test_numbers", check->test);
	row_uint(out, "rejected", check->input.rejected);
	if (check->is_twice_asked)
		row_uint(out, "duplicates", check->twice);
	row_end(out);
}

static error_t
parse_check(int key, char *arg, struct argp_state *state)
{
	struct check *check = state->input;

	(void)arg;
	if (key != 'd')
		return imei_input_parse(&check->input, key, state);
	check->is_twice_asked = true;
	return 0;
}

static enum status
run_check(struct check *check)
{
	enum status st;

	if (check->is_twice_asked) {
		check->seen = imei_seen_open();
		if (check->seen == NULL)
			return ST_STATION_MEMORY;
	}
	st = imei_input_run(&check->input);
	imei_seen_close(check->seen);
	if (st == ST_OK)
		show_summary(check);
	return imei_input_end(&check->input, st);
}

enum status
cmd_imei_check(struct cli *cli, int argc, char **argv)
{
	static const struct argp_option options[] = {
		{"duplicates", 'd', NULL, 0,
		 "Name every number that stands in the lists before already, "
		 "whatever its form",
		 0},
		{0},
	};
	static const struct argp argp = {
		.options = options,
		.parser = parse_check,
		.args_doc = IMEI_INPUT_ARGS,
		.doc = "Check IMEIs: of 15 digits, in presentation form, or "
		       "as URNs; in a file one a line.  Every reject is named "
		       "with its line and reason; nothing is repaired.  "
		       "Without arguments the input is read.\v"
		       "Example:\n"
		       "  imeilock imei check 260531793113837\n"
		       "  imeilock imei check --duplicates labels.txt",
	};
	struct check check = {
		.input = {.cli = cli, .take = take, .ctx = &check},
	};

	cmd_parse(cli, argc, argv, &argp, &check);
	return run_check(&check);
}
