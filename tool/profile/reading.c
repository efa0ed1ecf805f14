/* SPDX-License-Identifier: Apache-2.0 */
#include "profile/reading.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "profile/profile.h"
#include "tool/lang.h"

/* Line of key's own "key:", or 0. */
static unsigned long
line_of(const struct reading *reading, const char *key)
{
	const char *at = reading->text;
	unsigned long line = 1;

	for (;;) {
		at += strspn(at, " ");
		if (strncmp(at, key, strlen(key)) == 0 &&
		    at[strlen(key)] == ':')
			return line;
		at = strchr(at, '\n');
		if (at == NULL)
			return 0;
		at++;
		line++;
	}
}

static enum status
complain_at(struct reading *reading, unsigned long line, const char *key,
	    const char *what)
{
	(void)snprintf(reading->error, PROFILE_ERROR_MAX + 1, "%s:%lu: %s: %s",
		       reading->path, line, key, lang(what));
	return ST_PROFILE_FORMAT;
}

enum status
reading_complain(struct reading *reading, const char *key, const char *what)
{
	unsigned long line = line_of(reading, key);

	return complain_at(reading, line != 0 ? line : reading->line, key,
			   what);
}

/* Start of the line with this number, from 1. */
static const char *
line_start(const struct reading *reading, unsigned long line)
{
	const char *at = reading->text;

	while (--line > 0)
		at = strchr(at, '\n') + 1;
	return at;
}

/* Where item begins from at on, outside of comments; or NULL. */
static const char *
find_item(const char *at, const char *item)
{
	for (; *at != '\0'; at++) {
		if (*at == '#')
			at += strcspn(at, "\n");
		if (strncmp(at, item, strlen(item)) == 0)
			return at;
		if (*at == '\0')
			break;
	}
	return NULL;
}

enum status
reading_complain_item(struct reading *reading, const char *key,
		      const char *const *item, size_t count, const char *what)
{
	unsigned long line = line_of(reading, key);
	const char *start, *at;
	char text[READING_MESSAGE_MAX + 1];

	if (line == 0)
		return reading_complain(reading, key, what);
	start = line_start(reading, line);
	at = strchr(start, ':') + 1;
	for (size_t i = 0; i < count && at != NULL; i++) {
		at = find_item(at, item[i]);
		if (at != NULL && i + 1 < count)
			at += strlen(item[i]);
	}
	for (const char *c = start; at != NULL && c < at; c++)
		line += *c == '\n';
	(void)snprintf(text, sizeof(text), "%s %s", item[count - 1],
		       lang(what));
	return complain_at(reading, line, key, text);
}

/* Words of the file go into an error message as printable ASCII only. */
static void
copy_printable(char *out, size_t size, const char *text, size_t len)
{
	size_t n = len < size ? len : size - 1;

	for (size_t i = 0; i < n; i++)
		out[i] = text[i] >= ' ' && text[i] <= '~' ? text[i] : '?';
	out[n] = '\0';
}

void
reading_take_place(struct reading *reading, const char *text)
{
	const char *line = strstr(text, "(line: ");
	const char *quote = strchr(text, '\'');

	if (line == NULL)
		return;
	if (reading->line == 0)
		reading->line = strtoul(line + strlen("(line: "), NULL, 10);
	/* an entry of a list is numbered, which is no name */
	if (strstr(text, "mapping field") != NULL && quote != NULL &&
	    reading->key[0] == '\0')
		copy_printable(reading->key, sizeof(reading->key), quote + 1,
			       strcspn(quote + 1, "'"));
}

void
reading_take_message(struct reading *reading, const char *text)
{
	static const char *const with_key[] = {
		"Unexpected key: ", "Missing required mapping field: "};
	size_t len;

	if (strncmp(text, "Load: ", strlen("Load: ")) == 0)
		text += strlen("Load: ");
	len = strcspn(text, "\n");
	copy_printable(reading->message, sizeof(reading->message), text, len);
	for (size_t i = 0; i < sizeof(with_key) / sizeof(with_key[0]); i++) {
		size_t skip = strlen(with_key[i]);

		if (strncmp(text, with_key[i], skip) == 0)
			copy_printable(reading->key, sizeof(reading->key),
				       text + skip, len - skip);
	}
}

enum status
reading_open(struct reading *reading)
{
	FILE *file = fopen(reading->path, "re");
	bool is_whole;

	if (file == NULL)
		return reading_complain(reading, "file", "cannot be opened");
	reading->len = fread(reading->text, 1, READING_FILE_MAX, file);
	is_whole = ferror(file) == 0 && fgetc(file) == EOF;
	(void)fclose(file);
	reading->text[is_whole ? reading->len : 0] = '\0';
	if (!is_whole)
		return reading_complain(reading, "file",
					"cannot be read, or is too long");
	/* An escape could put a NUL into a text and hide what follows. */
	if (memchr(reading->text, '\\', reading->len) != NULL ||
	    memchr(reading->text, '\0', reading->len) != NULL)
		return reading_complain(reading, "file",
					"holds a backslash or a NUL");
	return ST_OK;
}
