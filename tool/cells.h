/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cells.h - a line of values in a file: CSV (RFC 4180), or a JSON object.
 *
 * In CSV every value stands in quotes, and one that a spreadsheet would run
 * as a formula gets an apostrophe in front.
 */
#ifndef IMEILOCK_TOOL_CELLS_H
#define IMEILOCK_TOOL_CELLS_H

#include <stdbool.h>
#include <stdio.h>

struct cells {
	FILE *to;
	bool is_json;
	bool is_begun; /* this line has a value already */
};

/* The line of the names; nothing in JSON. */
void cells_head(struct cells *cells, const char *const *name);
/* name is a literal; "" as value means none, which JSON has as null. */
void cells_text(struct cells *cells, const char *name, const char *value);
/* Digits, or true and false; in CSV yes and no. */
void cells_uint(struct cells *cells, const char *name, unsigned int value);
void cells_bool(struct cells *cells, const char *name, bool value);
void cells_end(struct cells *cells);

#endif
