/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reading.h - a profile's text while it is read, and the first complaint about
 * it; for profile.c.
 */
#ifndef IMEILOCK_TOOL_PROFILE_READING_H
#define IMEILOCK_TOOL_PROFILE_READING_H

#include <stddef.h>

#include "proto/bytes.h"
#include "proto/status.h"

#define READING_FILE_MAX 65535
#define READING_MESSAGE_MAX 127
#define READING_KEY_MAX 31

struct reading {
	const char *path;
	char text[READING_FILE_MAX + 1];
	size_t len;
	char *error; /* PROFILE_ERROR_MAX + 1 bytes */
	/* what the library said, before it is one line */
	char message[READING_MESSAGE_MAX + 1];
	char key[READING_KEY_MAX + 1];
	unsigned long line;
};

/*
 * Read the file at path.  ST_PROFILE_FORMAT: not there, too long, or with
 * bytes that could hide what follows them.
 */
MUST_CHECK enum status reading_open(struct reading *reading);

/* Write "path:line: key: what" with the key's own line. ST_PROFILE_FORMAT */
MUST_CHECK enum status reading_complain(struct reading *reading,
					const char *key, const char *what);
/* The same for an item of the list that key names; its line is that of the
 * last of the count items of item, which stand there in this order. */
MUST_CHECK enum status reading_complain_item(struct reading *reading,
					     const char *key,
					     const char *const *item,
					     size_t count, const char *what);

/* The library's message; two kinds end in the key that they are about. */
void reading_take_message(struct reading *reading, const char *text);
/* "  in mapping field 'NAME' (line: N, column: M)" */
void reading_take_place(struct reading *reading, const char *text);

#endif
