/* SPDX-License-Identifier: Apache-2.0 */
#include "tool/imei_input.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tool/lines.h"

#define BATCH 512
#define SHOWN_MAX 48 /* of a text that is rejected */

error_t
imei_input_parse(struct imei_input *input, int key,
		 const struct argp_state *state)
{
	if (key != ARGP_KEY_ARGS)
		return ARGP_ERR_UNKNOWN;
	input->arg = (const char *const *)(state->argv + state->next);
	input->arg_count = (size_t)(state->argc - state->next);
	return 0;
}

/* ---------------------------------------------------------------- report */

static void
show_reject_row(struct imei_input *input, uint64_t line, const char *text,
		enum status status)
{
	struct output *out = &input->cli->out;

	row_begin(out, "reject");
	row_text(out, "file", input->file);
	row_uint(out, "line", line);
	row_text(out, "text", text);
	row_status(out, "code", status);
	row_text(out, "sentence", status_sentence(status));
	row_end(out);
}

void
imei_input_reject(struct imei_input *input, uint64_t line, const char *text,
		  enum status status)
{
	struct output *out = &input->cli->out;
	void (*say)(struct output *, const char *, ...) =
		input->is_aside ? output_complain : output_say;

	if (verdict_of(status) > verdict_of(input->outcome))
		input->outcome = status;
	if (out->is_json)
		show_reject_row(input, line, text, status);
	else if (input->file != NULL)
		say(out, "%s:%llu: %s: %s: %s", input->file,
		    (unsigned long long)line, text, status_name(status),
		    status_sentence(status));
	else
		say(out, "%s: %s: %s", text, status_name(status),
		    status_sentence(status));
}

void
imei_input_show(const struct imei_input *input, uint64_t line, const char *form,
		const char *text)
{
	struct output *out = &input->cli->out;

	if (!out->is_json) {
		(void)puts(text);
		return;
	}
	row_begin(out, "number");
	row_text(out, "file", input->file);
	row_uint(out, "line", line);
	row_text(out, "form", form);
	row_text(out, "text", text);
	row_end(out);
}

/* ------------------------------------------------------------------- run */

/* A number in any text form. */
static enum status
take_text(struct imei_input *input, const char *text, size_t len)
{
	char shown[SHOWN_MAX + 1];
	struct imei imei;
	enum status st = cmd_imei(&imei, text, len);

	if (st == ST_OK) {
		input->good++;
		return input->take(input->ctx, &imei, 1);
	}
	(void)snprintf(shown, sizeof(shown), "%.*s", (int)len, text);
	input->rejected++;
	imei_input_reject(input, input->line, shown, st);
	return ST_OK;
}

/* Batches of plain good lines, and one by one what is between them. */
static enum status
take_some(struct imei_input *input, struct lines *lines, bool *is_end)
{
	struct imei imei[BATCH];
	size_t count = lines_take_imeis(lines, imei, BATCH);
	const char *line;
	size_t len;

	if (count > 0) {
		input->line = lines->number - count + 1;
		input->good += count;
		return input->take(input->ctx, imei, count);
	}
	*is_end = !lines_take(lines, &line, &len);
	input->line = lines->number;
	return *is_end ? ST_OK : take_text(input, line, len);
}

static enum status
take_lines(struct imei_input *input, int fd)
{
	struct lines *lines = malloc(sizeof(*lines));
	bool is_end = false;
	enum status st = ST_OK;

	if (lines == NULL)
		return ST_STATION_MEMORY;
	lines_init(lines, fd);
	/* nobody reads the rest of a result that cannot be written */
	while (st == ST_OK && !is_end && ferror(stdout) == 0)
		st = take_some(input, lines, &is_end);
	if (st == ST_OK && lines->error != 0) {
		cmd_detail(input->cli, "%s: %s", input->file,
			   strerror(lines->error));
		st = ST_STATION_FILE;
	}
	free(lines);
	return st;
}

static enum status
take_file(struct imei_input *input, const char *path)
{
	bool is_input = text_equal(path, "-");
	int fd = is_input ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
	enum status st;

	if (fd < 0) {
		cmd_detail(input->cli, "%s: %s", path, strerror(errno));
		return ST_STATION_FILE;
	}
	input->file = is_input ? "input" : path;
	st = take_lines(input, fd);
	if (!is_input)
		(void)close(fd);
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
take_arg(struct imei_input *input, size_t i)
{
	const char *arg = input->arg[i];

	if (!is_number(arg))
		return take_file(input, arg);
	input->file = NULL;
	input->line = i + 1;
	return take_text(input, arg, strlen(arg));
}

enum status
imei_input_run(struct imei_input *input)
{
	enum status st = ST_OK;

	input->outcome = ST_OK;
	if (input->arg_count == 0)
		return take_file(input, "-");
	for (size_t i = 0; st == ST_OK && i < input->arg_count; i++)
		st = take_arg(input, i);
	return st;
}

enum status
imei_input_end(struct imei_input *input, enum status run)
{
	if (run != ST_OK)
		return run;
	input->cli->is_reported = true;
	return input->outcome;
}
