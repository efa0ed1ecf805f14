/* SPDX-License-Identifier: Apache-2.0 */
#include "tool/show.h"

#include <stdio.h>

static const char *const colours[] = {
	[VERDICT_GOOD] = "\033[32m",   [VERDICT_USAGE] = "\033[33m",
	[VERDICT_RETRY] = "\033[33m",  [VERDICT_REWORK] = "\033[31m",
	[VERDICT_STOP] = "\033[1;31m", [VERDICT_BUG] = "\033[35m",
};

/* Bytes of the UTF-8 character at text that may be shown; 0 if it may not. */
static size_t
shown_len(const char *text)
{
	const unsigned char *c = (const unsigned char *)text;
	size_t len = c[0] < 0x80 ? 1 : c[0] >= 0xf0 ? 4 : c[0] >= 0xe0 ? 3 : 2;

	if (c[0] < 0x20 || c[0] == 0x7f || (c[0] >= 0x80 && c[0] < 0xc2) ||
	    c[0] > 0xf4)
		return 0;
	for (size_t i = 1; i < len; i++)
		if ((c[i] & 0xc0) != 0x80)
			return 0;
	/* C1 controls, surrogates, overlong forms, and what turns the
	 * direction of writing round */
	if ((c[0] == 0xc2 && c[1] < 0xa0) || (c[0] == 0xed && c[1] >= 0xa0) ||
	    (c[0] == 0xe0 && c[1] < 0xa0) || (c[0] == 0xf0 && c[1] < 0x90) ||
	    (c[0] == 0xf4 && c[1] >= 0x90) ||
	    (c[0] == 0xe2 && c[1] == 0x80 && c[2] >= 0xa8 && c[2] <= 0xae) ||
	    (c[0] == 0xe2 && c[1] == 0x81 && c[2] >= 0xa6 && c[2] <= 0xa9))
		return 0;
	return len;
}

void
show_escape(char *out, size_t size, const char *text)
{
	size_t used = 0;

	while (*text != '\0' && used + 5 < size) {
		size_t len = shown_len(text);

		if (len != 0) {
			memcpy(out + used, text, len);
			used += len;
			text += len;
			continue;
		}
		(void)snprintf(out + used, 5, "\\x%02x",
			       (unsigned int)(unsigned char)*text);
		used += 4;
		text++;
	}
	out[used] = '\0';
}

size_t
show_width(const char *text)
{
	size_t width = 0;

	for (; text != NULL && *text != '\0'; text++)
		width += ((unsigned char)*text & 0xc0) != 0x80;
	return width;
}

/* Names are keys in JSON; people read them with spaces. */
static void
put_name(const char *name)
{
	for (; *name != '\0'; name++)
		(void)putchar(*name == '_' ? ' ' : *name);
}

static void
put_spaces(size_t count)
{
	while (count-- > 0)
		(void)putchar(' ');
}

static void
put_cell(const struct show_cell *cell, bool has_colour)
{
	const char *text = cell->text != NULL ? cell->text : "";

	if (has_colour && cell->has_colour)
		(void)printf("%s%s\033[0m", colours[cell->colour], text);
	else
		(void)fputs(text, stdout);
}

void
show_list(const struct show_row *row, bool has_colour)
{
	size_t width = 0;

	for (size_t i = 0; i < row->count; i++)
		if (show_width(row->cell[i].name) > width)
			width = show_width(row->cell[i].name);
	for (size_t i = 0; i < row->count; i++) {
		put_name(row->cell[i].name);
		(void)putchar(':');
		put_spaces(width - show_width(row->cell[i].name) + 1);
		put_cell(&row->cell[i], has_colour);
		(void)putchar('\n');
	}
}

static size_t
column_width(const struct show_row *row, size_t count, size_t column)
{
	size_t width = show_width(row[0].cell[column].name);

	for (size_t i = 0; i < count; i++) {
		size_t w = show_width(row[i].cell[column].text);

		if (w > width)
			width = w;
	}
	return width;
}

static void
put_padded(const struct show_row *row, size_t column, size_t width,
	   bool has_colour)
{
	put_cell(&row->cell[column], has_colour);
	if (column + 1 < row->count)
		put_spaces(width - show_width(row->cell[column].text) + 2);
}

void
show_table(const struct show_row *row, size_t count, bool has_colour)
{
	size_t width[SHOW_CELLS_MAX];

	for (size_t c = 0; count > 0 && c < row[0].count; c++) {
		const char *name = row[0].cell[c].name;

		width[c] = column_width(row, count, c);
		put_name(name);
		if (c + 1 < row[0].count)
			put_spaces(width[c] - show_width(name) + 2);
	}
	if (count > 0)
		(void)putchar('\n');
	for (size_t i = 0; i < count; i++) {
		for (size_t c = 0; c < row[i].count; c++)
			put_padded(&row[i], c, width[c], has_colour);
		(void)putchar('\n');
	}
}
