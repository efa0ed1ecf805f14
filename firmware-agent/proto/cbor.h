/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cbor.h - the deterministic subset of CBOR that every object is made of.
 *
 * RFC 8949 with the core deterministic encoding of 4.2.1: shortest heads,
 * definite lengths, map keys in bytewise order, no duplicates.  Types: unsigned
 * and negative integers, byte strings, text strings (UTF-8), arrays, maps,
 * tags, false, true, null.  No floats, no other simple values.  Anything else,
 * and anything in a longer form than needed, is refused.
 *
 * Encoder and decoder latch their first error: call on, check once at the end.
 * No allocation; decoded strings are views into the input.
 */
#ifndef IMEILOCK_PROTO_CBOR_H
#define IMEILOCK_PROTO_CBOR_H

#include "proto/bytes.h"
#include "proto/status.h"

#define CBOR_DEPTH_MAX 8 /* nested arrays, maps and tags */

/* ------------------------------------------------------------ encoding */

struct cbor_out {
	uint8_t *buf;
	size_t size;
	size_t len; /* bytes written so far */
	enum status status;
};

void cbor_out_init(struct cbor_out *out, void *buf, size_t size);
void cbor_put_uint(struct cbor_out *out, uint64_t value);
void cbor_put_int(struct cbor_out *out, int64_t value);
void cbor_put_bytes(struct cbor_out *out, struct bytes value);
void cbor_put_text(struct cbor_out *out, const char *text); /* ends in NUL */
void cbor_put_array(struct cbor_out *out, size_t count);
void cbor_put_map(struct cbor_out *out, size_t pairs);
void cbor_put_tag(struct cbor_out *out, uint64_t tag);
void cbor_put_bool(struct cbor_out *out, bool value);
void cbor_put_null(struct cbor_out *out);
/* One item that is already encoded, or the rest of one whose head was put. */
void cbor_put_raw(struct cbor_out *out, struct bytes item);
/* The head of a byte string of len bytes; its content follows with put_raw. */
void cbor_put_bytes_head(struct cbor_out *out, size_t len);

/*
 * What was encoded, or the first error.  The order of map keys is the
 * caller's duty; cbor_check finds it wrong.
 *   ST_CBOR_SPACE  buf is too small
 */
MUST_CHECK enum status cbor_out_end(const struct cbor_out *out,
				    struct bytes *encoded);

/* ------------------------------------------------------------ decoding */

enum cbor_type {
	CBOR_NONE, /* nothing left, or an error was latched */
	CBOR_UINT,
	CBOR_NEGINT,
	CBOR_BYTES,
	CBOR_TEXT,
	CBOR_ARRAY,
	CBOR_MAP,
	CBOR_TAG,
	CBOR_BOOL,
	CBOR_NULL,
};

struct cbor_in {
	const uint8_t *ptr;
	size_t left;
	enum status status;
};

/*
 * Read data, which must be exactly one well-formed item of the subset
 * (cbor_check is run on it first); otherwise the error is latched.
 */
void cbor_in_init(struct cbor_in *in, struct bytes data);

enum cbor_type cbor_peek(const struct cbor_in *in);
/* Each takes one item; on a wrong type or range the error ST_CBOR_TYPE is
 * latched and the value is 0, empty or false. */
uint64_t cbor_get_uint(struct cbor_in *in);
uint64_t cbor_get_uint_max(struct cbor_in *in, uint64_t max);
int64_t cbor_get_int(struct cbor_in *in);
struct bytes cbor_get_bytes(struct cbor_in *in);
/* Exactly len bytes, copied to out; out is cleared on error. */
void cbor_get_bytes_exact(struct cbor_in *in, void *out, size_t len);
struct bytes cbor_get_text(struct cbor_in *in);
/* Text of at most size - 1 bytes without NUL, copied and ended in NUL. */
void cbor_get_text_copy(struct cbor_in *in, char *out, size_t size);
size_t cbor_get_array(struct cbor_in *in);
size_t cbor_get_map(struct cbor_in *in); /* pairs */
uint64_t cbor_get_tag(struct cbor_in *in);
bool cbor_get_bool(struct cbor_in *in);
void cbor_get_null(struct cbor_in *in);
/* One whole item of any type, as its encoding. */
struct bytes cbor_get_raw(struct cbor_in *in);

/* Latch ST_CBOR_TYPE unless count items, a tag or a key are what comes next:
 * the backbone of decoders for objects of a fixed shape. */
void cbor_expect_array(struct cbor_in *in, size_t count);
void cbor_expect_map(struct cbor_in *in, size_t pairs);
void cbor_expect_tag(struct cbor_in *in, uint64_t tag);
void cbor_expect_key(struct cbor_in *in, int64_t key);
/* True, and the key is taken, if key is next; no error if it is not. */
bool cbor_try_key(struct cbor_in *in, int64_t key);
/* Latch code (a caller's own finding) unless an error is there already. */
void cbor_fail(struct cbor_in *in, enum status code);

/* The first error, or ST_CBOR_TRAILING if input is left, or ST_OK. */
MUST_CHECK enum status cbor_in_end(const struct cbor_in *in);

/*
 * data is exactly one item, well formed, deterministic, of the subset:
 *   ST_CBOR_FORMAT    cut short, reserved, float, indefinite, bad UTF-8
 *   ST_CBOR_ORDER     longer form than needed, or keys out of order or twice
 *   ST_CBOR_DEPTH     nested deeper than CBOR_DEPTH_MAX
 *   ST_CBOR_TRAILING  bytes after the item
 */
MUST_CHECK enum status cbor_check(struct bytes data);

#endif
