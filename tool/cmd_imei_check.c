/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tool/cmd.h"

#define LINE_MAX_LEN 255
#define SHOWN_MAX 48 /* of a text that is rejected */

struct check {
	struct cli *cli;
	const char *const *arg;
	size_t arg_count;
	uint64_t good, rejected, test;
	enum verdict worst;
	enum status first; /* the first reject of the worst class */
};

static void
note_reject(struct check *check, enum status status)
{
	enum verdict verdict = verdict_of(status);

	check->rejected++;
	if (verdict > check->worst) {
		check->worst = verdict;
		check->first = status;
	}
}

/* file is NULL for a number among the arguments. */
static void
show_reject(struct check *check, const char *file, uint64_t line,
	    const char *text, enum status status)
{
	struct output *out = &check->cli->out;

	note_reject(check, status);
	if (!out->is_json && file != NULL) {
		output_say(out, "%s:%llu: %s: %s: %s", file,
			   (unsigned long long)line, text, status_name(status),
			   status_sentence(status));
		return;
	}
	if (!out->is_json) {
		output_say(out, "%s: %s: %s", text, status_name(status),
			   status_sentence(status));
		return;
	}
	row_begin(out, "reject");
	row_text(out, "file", file);
	row_uint(out, "line", line);
	row_text(out, "text", text);
	row_status(out, "code", status);
	row_text(out, "sentence", status_sentence(status));
	row_end(out);
}

static void
show_good(struct check *check, struct imei imei)
{
	struct output *out = &check->cli->out;
	char text[IMEI_LEN + 1];

	imei_format(text, imei);
	if (!out->is_json) {
		output_say(out, "%s: good%s%s", text,
			   imei_is_test(imei) ? ", a test number" : "",
			   imei_is_test(imei) || imei_is_known_rbi(imei)
				   ? ""
				   : ", of an unknown reporting body");
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
check_text(struct check *check, const char *file, uint64_t line,
	   const char *text, size_t len)
{
	char shown[SHOWN_MAX + 1];
	struct imei imei;
	enum status st = cmd_imei(&imei, text, len);

	if (st != ST_OK) {
		(void)snprintf(shown, sizeof(shown), "%.*s", (int)len, text);
		show_reject(check, file, line, shown, st);
		return;
	}
	check->good++;
	check->test += imei_is_test(imei);
	if (file == NULL)
		show_good(check, imei);
}

/*
 * A line without its end, LF or CR LF; what is too long is passed over.  Not
 * by fgets: a NUL in the line must be seen.  False at the end of the file.
 */
static bool
take_line(FILE *file, char *line, size_t size, size_t *len)
{
	size_t count = 0;
	int c;

	while ((c = getc(file)) != EOF && c != '\n')
		if (count++ < size)
			line[count - 1] = (char)c;
	if (c == EOF && count == 0)
		return false;
	if (c == '\n' && count > 0 && count <= size && line[count - 1] == '\r')
		count--;
	*len = count < size ? count : size;
	return true;
}

static enum status
check_lines(struct check *check, FILE *file, const char *name)
{
	char line[LINE_MAX_LEN];
	uint64_t number = 0;
	size_t len;

	while (take_line(file, line, sizeof(line), &len))
		check_text(check, name, ++number, line, len);
	if (ferror(file) == 0)
		return ST_OK;
	cmd_detail(check->cli, "%s: %s", name, strerror(errno));
	return ST_STATION_FILE;
}

static enum status
check_file(struct check *check, const char *path)
{
	bool is_input = text_equal(path, "-");
	FILE *file = is_input ? stdin : fopen(path, "re");
	enum status st;

	if (file == NULL) {
		cmd_detail(check->cli, "%s: %s", path, strerror(errno));
		return ST_STATION_FILE;
	}
	st = check_lines(check, file, is_input ? "input" : path);
	if (!is_input)
		(void)fclose(file);
	return st;
}

/* An argument of digits and hyphens, or a URN, is a number; else a file, but
 * for what begins with a digit and is no file: a number that is mistyped. */
static bool
is_number(const char *arg)
{
	if (text_equal(arg, "-"))
		return false;
	if (strncmp(arg, "urn:", 4) == 0 ||
	    arg[strspn(arg, "0123456789-")] == '\0')
		return true;
	return arg[0] >= '0' && arg[0] <= '9' && access(arg, F_OK) != 0;
}

static enum status
check_all(struct check *check)
{
	if (check->arg_count == 0)
		return check_file(check, "-");
	for (size_t i = 0; i < check->arg_count; i++) {
		const char *arg = check->arg[i];
		enum status st = ST_OK;

		if (is_number(arg))
			check_text(check, NULL, i + 1, arg, strlen(arg));
		else
			st = check_file(check, arg);
		if (st != ST_OK)
			return st;
	}
	return ST_OK;
}

static error_t
parse_check(int key, char *arg, struct argp_state *state)
{
	struct check *check = state->input;

	(void)arg;
	if (key != ARGP_KEY_ARGS)
		return ARGP_ERR_UNKNOWN;
	check->arg = (const char *const *)(state->argv + state->next);
	check->arg_count = (size_t)(state->argc - state->next);
	return 0;
}

enum status
cmd_imei_check(struct cli *cli, int argc, char **argv)
{
	static const struct argp argp = {
		.parser = parse_check,
		.args_doc = "[FILE|-|NUMBER...]",
		.doc = "Check IMEIs: of 15 digits, in presentation form, or "
		       "as URNs; in a file one a line.  Every reject is named "
		       "with its line and reason; nothing is repaired.\v"
		       "Example:\n"
		       "  imeilock imei check 260531793113837\n"
		       "  imeilock imei check labels.txt",
	};
	struct check check = {.cli = cli, .first = ST_OK};
	enum status st;

	cmd_parse(cli, argc, argv, &argp, &check);
	st = check_all(&check);
	if (st != ST_OK)
		return st;
	row_begin(&cli->out, "summary");
	row_uint(&cli->out, "good", check.good);
	row_uint(&cli->out, "test_numbers", check.test);
	row_uint(&cli->out, "rejected", check.rejected);
	row_end(&cli->out);
	cli->is_reported = true;
	return check.first;
}
