/* SPDX-License-Identifier: Apache-2.0 */
#include "watch/canvas.h"

#include "tool/show.h"

void
screen_fill(struct screen_canvas *canvas, int row, int column, int width,
	    enum screen_style style)
{
	for (int i = column; i < column + width; i++) {
		struct screen_cell *cell;

		if (row < 0 || row >= canvas->rows || i < 0 ||
		    i >= canvas->columns)
			continue;
		cell = &canvas->cell[row * canvas->columns + i];
		memcpy(cell->text, " ", 2);
		cell->style = style;
	}
}

size_t
screen_char_len(const char *text)
{
	size_t len = 1;

	while (((unsigned char)text[len] & 0xc0) == 0x80)
		len++;
	return len;
}

/* Latin, Greek and Cyrillic have one column each; the rest is not looked up. */
static bool
is_narrow(const char *text, size_t len)
{
	unsigned int first = (unsigned char)text[0];

	return len == 1 || (len == 2 && (first < 0xcc || first > 0xcd));
}

void
screen_put_char(struct screen_canvas *canvas, int row, int column,
		enum screen_style style, const char *text, size_t len)
{
	struct screen_cell *cell;

	if (row < 0 || row >= canvas->rows || column < 0 ||
	    column >= canvas->columns)
		return;
	if (!is_narrow(text, len)) {
		text = "?";
		len = 1;
	}
	cell = &canvas->cell[row * canvas->columns + column];
	memcpy(cell->text, text, len);
	cell->text[len] = '\0';
	cell->style = style;
}

int
screen_put(struct screen_canvas *canvas, int row, int column, int width,
	   enum screen_style style, const char *text)
{
	char safe[SHOW_ESCAPED(SCREEN_TEXT_MAX)];
	const char *at = safe;
	int used = 0;

	show_escape(safe, sizeof(safe), text);
	while (*at != '\0' && used < width) {
		size_t len = screen_char_len(at);
		bool is_cut = used == width - 1 && at[len] != '\0';

		screen_put_char(canvas, row, column + used, style,
				is_cut ? "~" : at, is_cut ? 1 : len);
		at += len;
		used++;
	}
	return used;
}

void
screen_put_right(struct screen_canvas *canvas, int row, int column, int width,
		 enum screen_style style, const char *text)
{
	int len = (int)show_width(text);

	if (len <= width)
		(void)screen_put(canvas, row, column + width - len, len, style,
				 text);
}

void
screen_put_line(struct screen_canvas *canvas, int row, enum screen_style style,
		const char *text)
{
	screen_fill(canvas, row, 0, canvas->columns, style);
	(void)screen_put(canvas, row, 1, canvas->columns - 2, style, text);
}
