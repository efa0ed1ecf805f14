/* SPDX-License-Identifier: Apache-2.0 */
#include "tool/cells.h"

#include <string.h>

/* --------------------------------------------------------------------- CSV */

/* Spaces do not keep a spreadsheet from what follows them. */
static bool
is_formula(const char *text)
{
	text += strspn(text, " ");
	return *text != '\0' && strchr("=+-@\t\r\n", *text) != NULL;
}

static void
put_csv(FILE *to, const char *text)
{
	(void)fputs(is_formula(text) ? "\"'" : "\"", to);
	for (; *text != '\0'; text++) {
		if (*text == '"')
			(void)fputc('"', to);
		(void)fputc(*text, to);
	}
	(void)fputc('"', to);
}

/* -------------------------------------------------------------------- JSON */

static void
put_json(FILE *to, const char *text)
{
	(void)fputc('"', to);
	for (; *text != '\0'; text++) {
		unsigned char c = (unsigned char)*text;

		if (c < ' ' || c == '"' || c == '\\' || c == 0x7f)
			(void)fprintf(to, "\\u%04x", c);
		else
			(void)fputc(c, to);
	}
	(void)fputc('"', to);
}

/* -------------------------------------------------------------------- both */

static void
put_between(struct cells *cells, const char *name)
{
	if (cells->is_begun)
		(void)fputs(cells->is_json ? ", " : ",", cells->to);
	else if (cells->is_json)
		(void)fputc('{', cells->to);
	cells->is_begun = true;
	if (cells->is_json)
		(void)fprintf(cells->to, "\"%s\": ", name);
}

void
cells_head(struct cells *cells, const char *const *name)
{
	if (cells->is_json)
		return;
	for (; *name != NULL; name++)
		cells_text(cells, *name, *name);
	cells_end(cells);
}

void
cells_text(struct cells *cells, const char *name, const char *value)
{
	put_between(cells, name);
	if (!cells->is_json)
		put_csv(cells->to, value);
	else if (value[0] == '\0')
		(void)fputs("null", cells->to);
	else
		put_json(cells->to, value);
}

void
cells_uint(struct cells *cells, const char *name, unsigned int value)
{
	put_between(cells, name);
	(void)fprintf(cells->to, cells->is_json ? "%u" : "\"%u\"", value);
}

void
cells_bool(struct cells *cells, const char *name, bool value)
{
	put_between(cells, name);
	if (cells->is_json)
		(void)fputs(value ? "true" : "false", cells->to);
	else
		(void)fputs(value ? "\"yes\"" : "\"no\"", cells->to);
}

void
cells_end(struct cells *cells)
{
	(void)fputs(cells->is_json ? "}\n" : "\r\n", cells->to);
	cells->is_begun = false;
}
