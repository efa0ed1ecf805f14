/* SPDX-License-Identifier: Apache-2.0 */
/*
 * imei_input.h - the numbers that a command of the group imei is given: as
 * arguments, in files, or on the input.
 */
#ifndef IMEILOCK_TOOL_IMEI_INPUT_H
#define IMEILOCK_TOOL_IMEI_INPUT_H

#include "tool/cmd.h"

#define IMEI_INPUT_ARGS "[FILE|-|NUMBER...]"

struct imei_input {
	struct cli *cli;
	/* Called with count numbers in a row, the first of them at file and
	 * line below.  What it returns, if not ST_OK, ends the run. */
	enum status (*take)(void *ctx, const struct imei *imei, size_t count);
	void *ctx;
	bool is_aside; /* rejects go to the error stream */

	const char *const *arg;
	size_t arg_count;
	const char *file; /* NULL for an argument */
	uint64_t line;
	uint64_t good, rejected;
	enum status outcome; /* the first reject of the worst class, or ST_OK */
};

/* For the parser of a command: takes all arguments, knows no option. */
error_t imei_input_parse(struct imei_input *input, int key,
			 const struct argp_state *state);

/*
 * Go through all arguments; without one, through the input.  Rejects are shown
 * and gone over.
 *   ST_STATION_FILE  a file cannot be read; the detail says which
 */
MUST_CHECK enum status imei_input_run(struct imei_input *input);

/* Show a reject: file and line, text, reason.  The caller counts it. */
void imei_input_reject(struct imei_input *input, uint64_t line,
		       const char *text, enum status status);

/* A number in some form, for what stands at file and line: for people the text
 * alone.  text needs no escape. */
void imei_input_show(const struct imei_input *input, uint64_t line,
		     const char *form, const char *text);

/* The outcome, said already; what imei_input_run returned unless ST_OK. */
MUST_CHECK enum status imei_input_end(struct imei_input *input,
				      enum status run);

#endif
