/* SPDX-License-Identifier: Apache-2.0 */
/*
 * canvas.h - a terminal's characters and their styles, in memory.
 *
 * What lies outside of it is not drawn.
 */
#ifndef IMEILOCK_TOOL_CANVAS_H
#define IMEILOCK_TOOL_CANVAS_H

#include "proto/bytes.h"

#define SCREEN_TEXT_MAX 1023

enum screen_style {
	STYLE_PLAIN,
	STYLE_FAINT,
	STYLE_BAR, /* title, and what must not be overlooked */
	STYLE_GOOD,
	STYLE_AGAIN,
	STYLE_RED,
	STYLE_STOP,
	STYLES,
};

/* One character of one column's width. */
struct screen_cell {
	char text[5]; /* UTF-8, with NUL */
	enum screen_style style;
};

struct screen_canvas {
	int rows;
	int columns;
	struct screen_cell *cell; /* rows * columns; the caller's */
};

/*
 * Text from column on, cut to width columns with a ~ where it was cut; how many
 * columns it took.  What has another width than one column is shown as ?.
 */
int screen_put(struct screen_canvas *canvas, int row, int column, int width,
	       enum screen_style style, const char *text);

/* The same at the right end of width columns; nothing, if it does not fit. */
void screen_put_right(struct screen_canvas *canvas, int row, int column,
		      int width, enum screen_style style, const char *text);
/* A whole row. */
void screen_put_line(struct screen_canvas *canvas, int row,
		     enum screen_style style, const char *text);
/* One character of len bytes, which show_escape has let through. */
void screen_put_char(struct screen_canvas *canvas, int row, int column,
		     enum screen_style style, const char *text, size_t len);
/* Blanks. */
void screen_fill(struct screen_canvas *canvas, int row, int column, int width,
		 enum screen_style style);

/* Bytes of the character at text, which show_escape has let through. */
size_t screen_char_len(const char *text);

#endif
