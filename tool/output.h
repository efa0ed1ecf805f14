/* SPDX-License-Identifier: Apache-2.0 */
/*
 * output.h - all that the program prints: for people, or JSON, a line a row.
 *
 * A command builds rows of named values, once for both.  For people a row is
 * a list of "name: value", or, between table_begin and table_end, a line of an
 * aligned table.  With --json each row is one object with "kind" first, and
 * what is only said (output_say) is left out.
 *
 * Values are data: control characters in them are shown escaped, and none is
 * ever a format string.  Colours stand beside words, on a terminal only.
 * Threads may share a struct output if they take turns by row.
 */
#ifndef IMEILOCK_TOOL_OUTPUT_H
#define IMEILOCK_TOOL_OUTPUT_H

#include "tool/show.h"

#define OUTPUT_LINE_MAX 1023

struct output {
	bool is_json;
	bool is_terminal; /* for people, and somebody looks at once */
	bool has_colour;
	bool is_table;
	void *object; /* the JSON row that is being built */
	struct show_row row;
	struct show_row *table;
	size_t table_count;
	enum status status;
};

void output_init(struct output *out);
void output_set_json(struct output *out);
/* Everything is out; ST_STATION_FILE if it is not, ST_STATION_MEMORY. */
MUST_CHECK enum status output_end(struct output *out);

void row_begin(struct output *out, const char *kind);
/* name is a literal, and the key in JSON; NULL as value means none. */
void row_text(struct output *out, const char *name, const char *value);
/* No bytes are none. */
void row_hex(struct output *out, const char *name, struct bytes value);
void row_uint(struct output *out, const char *name, uint64_t value);
void row_bool(struct output *out, const char *name, bool value);
void row_time(struct output *out, const char *name, uint64_t seconds);
/* Milliseconds, shown as seconds with one digit behind the point. */
void row_seconds(struct output *out, const char *name, int64_t ms);
/* In JSON the words in an array. */
void row_list(struct output *out, const char *name, const char *const *word,
	      size_t count);
/* The numbers of an identity, masked unless is_full. */
void row_identity(struct output *out, const char *name,
		  const struct identity *identity, bool is_full);
/* words: NULL for those of the verdict */
void row_verdict(struct output *out, const char *name, enum verdict verdict,
		 const char *words);
/* The name of a code. */
void row_status(struct output *out, const char *name, enum status status);
void row_end(struct output *out);

/* Rows until table_end have the same names in the same order. */
void table_begin(struct output *out);
void table_end(struct output *out);

/* For people only, a line. */
__attribute__((format(printf, 2, 3))) void output_say(struct output *out,
						      const char *format, ...);
/* The same on the error stream. */
__attribute__((format(printf, 2, 3))) void output_complain(struct output *out,
							   const char *format,
							   ...);
/* A warning: on the error stream, or a row of this kind. */
__attribute__((format(printf, 2, 3))) void output_warn(struct output *out,
						       const char *format, ...);
/* A failure: code, detail (may be ""), and what to do. */
void output_error(struct output *out, enum status status, const char *detail);

#endif
