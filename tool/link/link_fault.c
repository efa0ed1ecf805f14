/* SPDX-License-Identifier: Apache-2.0 */
#include <poll.h>
#include <stdlib.h>

#include "link/kinds.h"
#include "proto/frame.h"

#define FAULTS_MAX 16
#define DELAY_MAX_MS 600000

enum fault_kind {
	FAULT_CUT,
	FAULT_TEAR,
	FAULT_AFTER,
	FAULT_REPEAT,
	FAULT_CORRUPT,
	FAULT_DROP,
	FAULT_DELAY,
	FAULT_KINDS,
};

static const char *const kind_names[FAULT_KINDS] = {
	[FAULT_CUT] = "cut",	     [FAULT_TEAR] = "tear",
	[FAULT_AFTER] = "after",     [FAULT_REPEAT] = "repeat",
	[FAULT_CORRUPT] = "corrupt", [FAULT_DROP] = "drop",
	[FAULT_DELAY] = "delay",
};

enum direction { SENT, RECEIVED, EITHER, DIRECTIONS };

struct fault {
	enum fault_kind kind;
	enum direction direction;
	uint64_t at;
	uint64_t ms; /* of a delay */
};

struct link_fault {
	struct link link;
	struct link *inner;
	struct fault fault[FAULTS_MAX];
	size_t fault_count;
	uint64_t frames[DIRECTIONS];
	bool is_dead;	   /* for sends; receives end with what is in out */
	uint64_t delay_ms; /* of the frame that is taken, if any */

	/* received, and not yet a whole frame */
	uint8_t in[FRAME_WIRE_MAX];
	size_t in_len;
	/* for the caller: a frame may come twice */
	uint8_t out[2 * FRAME_WIRE_MAX];
	size_t out_len, out_used;
	struct deadline out_due;
};

/* --------------------------------------------------------------- the SPEC */

static bool
take_text(const char **at, const char *text)
{
	size_t len = strlen(text);

	if (strncmp(*at, text, len) != 0)
		return false;
	*at += len;
	return true;
}

static bool
take_number(const char **at, uint64_t *out)
{
	char *end;

	if (**at < '0' || **at > '9')
		return false;
	*out = strtoull(*at, &end, 10);
	*at = end;
	return true;
}

static bool
take_fault(const char **at, struct fault *out)
{
	unsigned int kind = 0;

	memset(out, 0, sizeof(*out));
	out->direction = EITHER;
	if (take_text(at, "s:"))
		out->direction = SENT;
	else if (take_text(at, "r:"))
		out->direction = RECEIVED;
	while (kind < FAULT_KINDS && !take_text(at, kind_names[kind]))
		kind++;
	if (kind == FAULT_KINDS)
		return false;
	out->kind = (enum fault_kind)kind;
	if (!take_text(at, "@") || !take_number(at, &out->at) || out->at == 0)
		return false;
	if (kind != FAULT_DELAY)
		return true;
	return take_text(at, "=") && take_number(at, &out->ms) &&
	       out->ms <= DELAY_MAX_MS;
}

/* What follows SPEC and its colon, or NULL. */
static const char *
parse_spec(struct link_fault *fault, const char *at)
{
	if (take_text(&at, ":"))
		return at;
	do {
		if (fault->fault_count == FAULTS_MAX ||
		    !take_fault(&at, &fault->fault[fault->fault_count]))
			return NULL;
		fault->fault_count++;
	} while (take_text(&at, ","));
	return take_text(&at, ":") ? at : NULL;
}

/* ----------------------------------------------------------- what happens */

/* Bit n is set if fault kind n strikes the frame that comes now. */
static unsigned int
strike(struct link_fault *fault, enum direction direction)
{
	unsigned int mask = 0;

	fault->frames[direction]++;
	fault->frames[EITHER]++;
	fault->delay_ms = 0;
	for (size_t i = 0; i < fault->fault_count; i++) {
		const struct fault *one = &fault->fault[i];

		if ((one->direction != direction && one->direction != EITHER) ||
		    one->at != fault->frames[one->direction])
			continue;
		mask |= 1u << one->kind;
		fault->delay_ms += one->ms;
	}
	return mask;
}

static bool
is_struck(unsigned int mask, enum fault_kind kind)
{
	return (mask >> kind & 1) != 0;
}

/* Change a byte in the middle, and make no zero of it, which would end a
 * frame. */
static void
corrupt(uint8_t *frame, size_t len)
{
	uint8_t *byte = &frame[(len - 1) / 2];

	*byte = *byte == 0x20 ? 0x40 : *byte ^ 0x20;
}

/*
 * One whole frame, its zero included, in place: what comes of it is written
 * to out, which has room for two.  Returns the length.
 */
static size_t
apply(struct link_fault *fault, enum direction direction, uint8_t *frame,
      size_t len, uint8_t *out)
{
	unsigned int mask = strike(fault, direction);
	size_t passed = len;

	if (is_struck(mask, FAULT_CORRUPT))
		corrupt(frame, len);
	if (is_struck(mask, FAULT_TEAR))
		passed = len / 2;
	if (is_struck(mask, FAULT_CUT) || is_struck(mask, FAULT_DROP))
		passed = 0;
	if (is_struck(mask, FAULT_CUT) || is_struck(mask, FAULT_TEAR) ||
	    is_struck(mask, FAULT_AFTER))
		fault->is_dead = true;
	memcpy(out, frame, passed);
	if (!is_struck(mask, FAULT_REPEAT) || passed != len)
		return passed;
	memcpy(out + len, frame, len);
	return 2 * len;
}

/* Length of the first frame of data: up to its zero, or all of it. */
static size_t
frame_len(struct bytes data)
{
	const uint8_t *zero = data.len == 0 ? NULL
					    : memchr(data.ptr, 0, data.len);

	return zero == NULL ? data.len : (size_t)(zero - data.ptr) + 1;
}

/* Sleep, but not beyond the deadline. */
static enum status
sleep_until(struct deadline due, struct deadline deadline)
{
	for (;;) {
		int64_t due_ms = deadline_left_ms(due);
		int64_t left_ms = deadline_left_ms(deadline);

		if (due_ms == 0)
			return ST_OK;
		if (left_ms == 0)
			return ST_LINK_TIMEOUT;
		poll(NULL, 0, (int)(due_ms < left_ms ? due_ms : left_ms));
	}
}

/* --------------------------------------------------------------- sending */

static enum status
send_frame(struct link_fault *fault, struct bytes frame,
	   struct deadline deadline)
{
	uint8_t copy[FRAME_WIRE_MAX], out[2 * FRAME_WIRE_MAX];
	bool was_dead = fault->is_dead;
	size_t len;
	enum status st;

	/* an empty frame is none, and what is too long is not ours */
	if (was_dead)
		return ST_LINK_CLOSED;
	if (frame.len < 2 || frame.len > sizeof(copy))
		return link_send(fault->inner, frame, deadline);
	memcpy(copy, frame.ptr, frame.len);
	len = apply(fault, SENT, copy, frame.len, out);
	st = sleep_until(deadline_in((int64_t)fault->delay_ms), deadline);
	if (st == ST_OK && len > 0)
		st = link_send(fault->inner, bytes_of(out, len), deadline);
	/* of a frame that went out whole its sender learns nothing */
	if (st == ST_OK && fault->is_dead && len < frame.len)
		return ST_LINK_CLOSED;
	return st;
}

static enum status
fault_send(struct link *link, struct bytes data, struct deadline deadline)
{
	struct link_fault *fault = (struct link_fault *)link;

	if (fault->fault_count == 0)
		return link_send(fault->inner, data, deadline);
	while (data.len > 0) {
		struct bytes frame = bytes_of(data.ptr, frame_len(data));
		enum status st = send_frame(fault, frame, deadline);

		if (st != ST_OK)
			return st;
		data.ptr += frame.len;
		data.len -= frame.len;
	}
	return ST_OK;
}

/* ------------------------------------------------------------- receiving */

/* Move the first frame of what came in to out, if it is whole. */
static bool
take_frame(struct link_fault *fault)
{
	size_t len = frame_len(bytes_of(fault->in, fault->in_len));
	bool is_whole = len > 0 && fault->in[len - 1] == 0;

	if (!is_whole && fault->in_len < sizeof(fault->in))
		return false;
	fault->out_used = 0;
	fault->out_due = deadline_in(0);
	if (len < 2) {
		fault->out[0] = 0;
		fault->out_len = len;
	} else {
		fault->out_len =
			apply(fault, RECEIVED, fault->in, len, fault->out);
		fault->out_due = deadline_in((int64_t)fault->delay_ms);
	}
	fault->in_len -= len;
	memmove(fault->in, fault->in + len, fault->in_len);
	return true;
}

/* Until there is something in out. */
static enum status
fill_out(struct link_fault *fault, struct deadline deadline)
{
	while (fault->out_used == fault->out_len) {
		size_t len;
		enum status st;

		if (fault->is_dead)
			return ST_LINK_CLOSED;
		if (take_frame(fault))
			continue;
		st = link_receive(fault->inner, fault->in + fault->in_len,
				  sizeof(fault->in) - fault->in_len, &len,
				  deadline);
		if (st != ST_OK)
			return st;
		fault->in_len += len;
	}
	return sleep_until(fault->out_due, deadline);
}

static enum status
fault_receive(struct link *link, uint8_t *buf, size_t size, size_t *len,
	      struct deadline deadline)
{
	struct link_fault *fault = (struct link_fault *)link;
	enum status st;

	if (fault->fault_count == 0)
		return link_receive(fault->inner, buf, size, len, deadline);
	st = fill_out(fault, deadline);
	if (st != ST_OK)
		return st;
	*len = fault->out_len - fault->out_used;
	if (*len > size)
		*len = size;
	memcpy(buf, fault->out + fault->out_used, *len);
	fault->out_used += *len;
	return ST_OK;
}

/* --------------------------------------------------------------- the link */

static void
fault_close(struct link *link)
{
	struct link_fault *fault = (struct link_fault *)link;

	link_close(fault->inner);
	free(fault);
}

static enum status
fault_open(struct link **out, const char *rest, struct deadline deadline)
{
	struct link_fault *fault = calloc(1, sizeof(*fault));
	const char *address;
	enum status st;

	if (fault == NULL)
		return ST_STATION_MEMORY;
	fault->link.ops = &link_fault_ops;
	address = parse_spec(fault, rest);
	st = address == NULL ? ST_LINK_ADDRESS
			     : link_open(&fault->inner, address, deadline);
	if (st == ST_OK)
		*out = &fault->link;
	else
		fault_close(&fault->link);
	return st;
}

const struct link_ops link_fault_ops = {
	.kind = "fault",
	.open = fault_open,
	.send = fault_send,
	.receive = fault_receive,
	.close = fault_close,
};
