/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>

#include "link/kinds.h"

#define RECORD "record="
#define REPLAY "replay="

struct link_tape {
	struct link link;
	FILE *file;
	struct link *inner; /* of a recording; NULL in a replay */
	/* of a replay: the line that comes next, and how much of it is used */
	char *line;
	size_t line_size;
	size_t used;
};

/* ------------------------------------------------------------- recording */

static void
record(struct link_tape *tape, char direction, struct bytes data)
{
	fprintf(tape->file, "%c ", direction);
	for (size_t i = 0; i < data.len; i++)
		fprintf(tape->file, "%02x", data.ptr[i]);
	fputc('\n', tape->file);
}

/* A recording that has a hole is worse than none. */
static enum status
save(struct link_tape *tape, enum status st)
{
	if (fflush(tape->file) != 0 || ferror(tape->file))
		return ST_LINK_TAPE;
	return st;
}

static enum status
record_receive(struct link_tape *tape, uint8_t *buf, size_t size, size_t *len,
	       struct deadline deadline)
{
	enum status st = link_receive(tape->inner, buf, size, len, deadline);

	if (st == ST_OK)
		record(tape, '<', bytes_of(buf, *len));
	else if (st == ST_LINK_TIMEOUT)
		fputs("timeout\n", tape->file);
	else
		fputs("closed\n", tape->file);
	return save(tape, st);
}

/* --------------------------------------------------------------- replay */

/* Make line the next event, unless one is still in use; false at the end. */
static bool
next_line(struct link_tape *tape)
{
	ssize_t len;

	if (tape->used > 0)
		return true;
	len = getline(&tape->line, &tape->line_size, tape->file);
	if (len <= 0)
		return false;
	if (tape->line[len - 1] == '\n')
		tape->line[len - 1] = '\0';
	tape->used = 1;
	return true;
}

static int
hex_digit(char c)
{
	const char *digits = "0123456789abcdef";
	const char *at = c == '\0' ? NULL : strchr(digits, c);

	return at == NULL ? -1 : (int)(at - digits);
}

/* The next byte of a line of direction; false if it has no more. */
static bool
next_byte(struct link_tape *tape, uint8_t *byte)
{
	const char *at = tape->line + tape->used + 1;
	int high = hex_digit(at[0]);
	int low = high < 0 ? -1 : hex_digit(at[1]);

	if (low < 0)
		return false;
	*byte = (uint8_t)(high * 16 + low);
	tape->used += 2;
	return true;
}

static bool
is_direction(const struct link_tape *tape, char direction)
{
	return tape->line[0] == direction && tape->line[1] == ' ';
}

/* Whether the line is used up; nothing but hex may have stood in it. */
static bool
is_line_over(struct link_tape *tape)
{
	if (tape->line[tape->used + 1] != '\0')
		return false;
	tape->used = 0;
	return true;
}

static enum status
replay_send(struct link_tape *tape, struct bytes data)
{
	uint8_t byte;

	if (!next_line(tape) || !is_direction(tape, '>'))
		return ST_LINK_TAPE;
	for (size_t i = 0; i < data.len; i++)
		if (!next_byte(tape, &byte) || byte != data.ptr[i])
			return ST_LINK_TAPE;
	return is_line_over(tape) ? ST_OK : ST_LINK_TAPE;
}

static enum status
replay_receive(struct link_tape *tape, uint8_t *buf, size_t size, size_t *len)
{
	if (!next_line(tape))
		return ST_LINK_CLOSED;
	if (strcmp(tape->line, "closed") == 0)
		return ST_LINK_CLOSED;
	if (strcmp(tape->line, "timeout") == 0) {
		tape->used = 0;
		return ST_LINK_TIMEOUT;
	}
	if (!is_direction(tape, '<'))
		return ST_LINK_TAPE;
	*len = 0;
	while (*len < size && next_byte(tape, &buf[*len]))
		++*len;
	if (*len == 0)
		return ST_LINK_TAPE;
	return is_line_over(tape) || *len == size ? ST_OK : ST_LINK_TAPE;
}

/* ------------------------------------------------------------------ both */

static enum status
tape_send(struct link *link, struct bytes data, struct deadline deadline)
{
	struct link_tape *tape = (struct link_tape *)link;
	enum status st;

	if (tape->inner == NULL)
		return replay_send(tape, data);
	record(tape, '>', data);
	st = link_send(tape->inner, data, deadline);
	return save(tape, st);
}

static enum status
tape_receive(struct link *link, uint8_t *buf, size_t size, size_t *len,
	     struct deadline deadline)
{
	struct link_tape *tape = (struct link_tape *)link;

	if (tape->inner == NULL)
		return replay_receive(tape, buf, size, len);
	return record_receive(tape, buf, size, len, deadline);
}

static void
tape_close(struct link *link)
{
	struct link_tape *tape = (struct link_tape *)link;

	link_close(tape->inner);
	if (tape->file != NULL)
		fclose(tape->file);
	free(tape->line);
	free(tape);
}

/* "FILE:ADDRESS": open FILE anew, then the link behind it. */
static enum status
open_record(struct link_tape *tape, const char *rest, struct deadline deadline)
{
	const char *colon = strchr(rest, ':');
	char *path;

	if (colon == NULL || colon == rest)
		return ST_LINK_ADDRESS;
	path = strndup(rest, (size_t)(colon - rest));
	if (path == NULL)
		return ST_STATION_MEMORY;
	tape->file = fopen(path, "we");
	free(path);
	if (tape->file == NULL)
		return ST_LINK_ADDRESS;
	return link_open(&tape->inner, colon + 1, deadline);
}

static enum status
open_replay(struct link_tape *tape, const char *path)
{
	tape->file = fopen(path, "re");
	return tape->file != NULL ? ST_OK : ST_LINK_ADDRESS;
}

static enum status
tape_open(struct link **out, const char *rest, struct deadline deadline)
{
	struct link_tape *tape = calloc(1, sizeof(*tape));
	enum status st = ST_LINK_ADDRESS;

	if (tape == NULL)
		return ST_STATION_MEMORY;
	tape->link.ops = &link_tape_ops;
	if (strncmp(rest, RECORD, sizeof(RECORD) - 1) == 0)
		st = open_record(tape, rest + sizeof(RECORD) - 1, deadline);
	else if (strncmp(rest, REPLAY, sizeof(REPLAY) - 1) == 0)
		st = open_replay(tape, rest + sizeof(REPLAY) - 1);
	if (st == ST_OK)
		*out = &tape->link;
	else
		tape_close(&tape->link);
	return st;
}

const struct link_ops link_tape_ops = {
	.kind = "tape",
	.open = tape_open,
	.send = tape_send,
	.receive = tape_receive,
	.close = tape_close,
};
