/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unit_show.h - how a unit's run ended, for people and as a row.
 */
#ifndef IMEILOCK_TOOL_UNIT_SHOW_H
#define IMEILOCK_TOOL_UNIT_SHOW_H

#include "tool/cmd.h"

#define UNIT_SENTENCE_MAX 767

/* Strings and result are borrowed. */
struct unit_end {
	int slot;
	const struct flow_result *result;
	const char *stopped_at; /* the step before which it was stopped, or
				   NULL; may be shown as it is */
};

enum status unit_end_status(const struct unit_end *end);
/* "good", or what else the line says, in the language. */
const char *unit_end_words(const struct unit_end *end);

/* A row of kind "unit". */
void unit_show(struct output *out, const struct unit_end *end, bool is_full);

/* What the operator does with a unit that is not good, in one line; "" for one
 * that is.  Not escaped yet. */
void unit_sentence(char out[UNIT_SENTENCE_MAX + 1], const struct unit_end *end);
/* The same said, if it is not good. */
void unit_explain(struct output *out, const struct unit_end *end);

#endif
