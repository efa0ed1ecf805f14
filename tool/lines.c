/* SPDX-License-Identifier: Apache-2.0 */
#include "tool/lines.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "tool/imei_scan.h"

void
lines_init(struct lines *lines, int fd)
{
	lines->fd = fd;
	lines->error = 0;
	lines->number = 0;
	lines->is_end = false;
	lines->begin = 0;
	lines->end = 0;
}

/* Read more behind what is there. */
static void
read_more(struct lines *lines)
{
	ssize_t n;

	do
		n = read(lines->fd, lines->buf + lines->end,
			 sizeof(lines->buf) - lines->end);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		lines->error = errno;
	if (n <= 0)
		lines->is_end = true;
	else
		lines->end += (size_t)n;
}

/* Room behind what is there: it moves to the front, and if it fills the buffer
 * it is one line that is too long, of which the start is enough. */
static void
make_room(struct lines *lines)
{
	size_t len = lines->end - lines->begin;

	memmove(lines->buf, lines->buf + lines->begin, len);
	lines->begin = 0;
	lines->end = len < sizeof(lines->buf) ? len : LINES_LEN_MAX + 1;
}

/* The LF of the line at begin, which is read up to there; NULL if it has none
 * because the file ends. */
static const char *
find_end(struct lines *lines)
{
	size_t searched = 0;

	for (;;) {
		const char *from = lines->buf + lines->begin + searched;
		const char *newline = memchr(
			from, '\n', lines->end - lines->begin - searched);

		if (newline != NULL || lines->is_end)
			return newline;
		make_room(lines);
		searched = lines->end;
		read_more(lines);
	}
}

bool
lines_take(struct lines *lines, const char **line, size_t *len)
{
	const char *newline = find_end(lines);
	const char *start = lines->buf + lines->begin;
	const char *end = newline != NULL ? newline : lines->buf + lines->end;

	if (lines->error != 0 || (newline == NULL && start == end))
		return false;
	lines->begin = (size_t)(end - lines->buf) + (newline != NULL);
	lines->number++;
	if (newline != NULL && end > start && end[-1] == '\r')
		end--;
	*line = start;
	*len = (size_t)(end - start);
	return true;
}

size_t
lines_take_imeis(struct lines *lines, struct imei *out, size_t max)
{
	const char *text = lines->buf + lines->begin;
	size_t count = imei_scan(out, max, &text, lines->buf + lines->end);

	lines->begin = (size_t)(text - lines->buf);
	lines->number += count;
	return count;
}
