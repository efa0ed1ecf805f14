/* SPDX-License-Identifier: Apache-2.0 */
/*
 * show.h - rows as people see them: lists, aligned tables, safe text.
 *
 * For output.c, and for whoever draws on a terminal directly.
 */
#ifndef IMEILOCK_TOOL_SHOW_H
#define IMEILOCK_TOOL_SHOW_H

#include "tool/text.h"

#define SHOW_CELLS_MAX 32
/* Room for len bytes of text when every one is escaped. */
#define SHOW_ESCAPED(len) (4 * (len) + 6)

struct show_cell {
	const char *name; /* shown with spaces in the place of _ */
	char *text;	  /* escaped; NULL shows nothing */
	enum verdict colour;
	bool has_colour;
};

struct show_row {
	struct show_cell cell[SHOW_CELLS_MAX];
	size_t count;
};

/* A line "name: value" for each cell. */
void show_list(const struct show_row *row, bool has_colour);
/* The names of the first row, then the rows; nothing for no rows. */
void show_table(const struct show_row *row, size_t count, bool has_colour);

/*
 * Text as it is but for control characters, bytes that are no UTF-8 and what
 * turns the direction of writing: these become \xNN.  Cut to size.
 */
void show_escape(char *out, size_t size, const char *text);
/* Columns on the screen: characters, not bytes. */
size_t show_width(const char *text);

#endif
