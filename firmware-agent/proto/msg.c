/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/msg.h"

#include "proto/claims.h"

enum msg_key {
	KEY_SESSION = 0,
	KEY_SEQUENCE = 1,
	KEY_OP = 2,
	KEY_REQUEST = 3,
	KEY_STATUS = 4,
	KEY_REPLY = 5,
	KEY_PROGRESS = 6,
};

/* Keys of bodies: the same in requests and replies.  Append only. */
enum body_key {
	BODY_PROTOCOL = 0,
	BODY_NONCE = 1,
	BODY_CERT = 2,
	BODY_OBJECT = 3,
	BODY_WHICH = 4,
	BODY_STATE = 5,
	BODY_VERSION = 6,
	BODY_FACTORY_BUILD = 7,
	BODY_MODEL = 8,
	BODY_LAYOUT = 9,
	BODY_CLASS = 10,
	BODY_CHIP = 11,
	BODY_SECRET = 12,
	BODY_BURNT_WORDS = 13,
	BODY_WORD_KIND = 14,
	BODY_MODEM_SLOTS = 15,
	BODY_LOCK_UNITS = 16,
	BODY_LOCK_PERMANENT = 17,
	BODY_REFUSAL_HARMLESS = 18,
	BODY_RANDOM = 19,
	BODY_SECRET_HIDDEN = 20,
	BODY_VIRTUAL = 21,
	BODY_DEBUG = 22,
	BODY_SECURE_BOOT = 23,
	BODY_STORED = 24,
	BODY_FUSES = 25, /* left out where it would be 0 */
};

#define HELLO_PAIRS 21	      /* without BODY_FUSES */
#define OP_NUMBER_MAX 0xffff  /* unknown ones are answered too */
#define STATUS_MAX 0x7fffffff /* letters are ASCII: the top bit is clear */
#define DEBUG_MAX 4	      /* dbgstat, RFC 9711 4.2.9 */
#define STORED_MASK_MAX ((1u << STORED_COUNT) - 1)

/* ---------------------------------------------------------------- heads */

static void
put_head(struct cbor_out *out, const struct msg_head *head, size_t pairs)
{
	cbor_put_map(out, pairs);
	claim_put_uint(out, KEY_SESSION, head->session);
	claim_put_uint(out, KEY_SEQUENCE, head->sequence);
	claim_put_uint(out, KEY_OP, (uint64_t)head->op);
}

static void
get_head(struct cbor_in *in, struct msg_head *out)
{
	out->session = claim_get_uint(in, KEY_SESSION, 0, UINT64_MAX);
	out->sequence =
		(uint32_t)claim_get_uint(in, KEY_SEQUENCE, 0, UINT32_MAX);
	out->op = (enum msg_op)claim_get_uint(in, KEY_OP, 0, OP_NUMBER_MAX);
}

static bool
is_known(enum msg_op op)
{
	return op >= OP_HELLO && op <= OP_ATTEST;
}

/* -------------------------------------------------------------- request */

enum request_shape {
	REQUEST_EMPTY,
	REQUEST_PROTOCOL,
	REQUEST_NONCE,
	REQUEST_OBJECT,
	REQUEST_WHICH,
	REQUEST_FUSES,
};

static enum request_shape
request_shape(enum msg_op op)
{
	switch (op) {
	case OP_HELLO:
		return REQUEST_PROTOCOL;
	case OP_KEY:
	case OP_READ:
	case OP_PROBE:
	case OP_ATTEST:
		return REQUEST_NONCE;
	case OP_PERMIT:
	case OP_STORE:
		return REQUEST_OBJECT;
	case OP_FETCH:
		return REQUEST_WHICH;
	case OP_LOCK:
		return REQUEST_FUSES;
	case OP_PROGRAM:
	case OP_RELOAD:
	case OP_RESET:
		break;
	}
	return REQUEST_EMPTY;
}

/* The last pair of a body, in lock and hello. */
static void
put_fuses(struct cbor_out *out, uint8_t fuses)
{
	if (fuses != 0)
		claim_put_uint(out, BODY_FUSES, fuses);
}

static void
put_request_body(struct cbor_out *out, const struct request *req)
{
	switch (request_shape(req->head.op)) {
	case REQUEST_EMPTY:
		cbor_put_map(out, 0);
		return;
	case REQUEST_PROTOCOL:
		cbor_put_map(out, 1);
		claim_put_uint(out, BODY_PROTOCOL, req->protocol);
		return;
	case REQUEST_NONCE:
		cbor_put_map(out, 1);
		claim_put_bytes(out, BODY_NONCE,
				bytes_of(req->nonce.byte, NONCE_LEN));
		return;
	case REQUEST_OBJECT:
		cbor_put_map(out, 2);
		claim_put_bytes(out, BODY_CERT, req->cert);
		claim_put_bytes(out, BODY_OBJECT, req->object);
		return;
	case REQUEST_WHICH:
		cbor_put_map(out, 1);
		claim_put_uint(out, BODY_WHICH, (uint64_t)req->which);
		return;
	case REQUEST_FUSES:
		cbor_put_map(out, req->fuses != 0);
		put_fuses(out, req->fuses);
		return;
	}
}

enum status
request_encode(struct bytes *message, uint8_t *buf, size_t size,
	       const struct request *req)
{
	struct cbor_out out;

	cbor_out_init(&out, buf, size);
	put_head(&out, &req->head, 4);
	cbor_put_int(&out, KEY_REQUEST);
	put_request_body(&out, req);
	return cbor_out_end(&out, message);
}

static struct bytes
get_object(struct cbor_in *in, int64_t key)
{
	struct bytes object;

	cbor_expect_key(in, key);
	object = cbor_get_bytes(in);
	if (object.len < 1 || object.len > OBJECT_MAX)
		cbor_fail(in, ST_CBOR_TYPE);
	return object;
}

static void
get_request_body(struct cbor_in *in, struct request *out)
{
	switch (request_shape(out->head.op)) {
	case REQUEST_EMPTY:
		cbor_expect_map(in, 0);
		return;
	case REQUEST_PROTOCOL:
		cbor_expect_map(in, 1);
		out->protocol = (uint32_t)claim_get_uint(in, BODY_PROTOCOL, 0,
							 UINT32_MAX);
		return;
	case REQUEST_NONCE:
		cbor_expect_map(in, 1);
		claim_get_exact(in, BODY_NONCE, out->nonce.byte, NONCE_LEN);
		return;
	case REQUEST_OBJECT:
		cbor_expect_map(in, 2);
		out->cert = get_object(in, BODY_CERT);
		out->object = get_object(in, BODY_OBJECT);
		return;
	case REQUEST_WHICH:
		cbor_expect_map(in, 1);
		out->which = (enum stored)claim_get_uint(
			in, BODY_WHICH, STORED_TICKET_CERT, STORED_COUNT);
		return;
	case REQUEST_FUSES:
		/* a wrong count shows as a pair that is left over */
		if (cbor_get_map(in) != 0)
			out->fuses = (uint8_t)claim_get_uint(in, BODY_FUSES, 1,
							     FUSE_MASK_MAX);
		return;
	}
}

enum status
request_decode(struct request *out, struct bytes message)
{
	struct msg_head head = {0};
	struct cbor_in in;
	bool has_head;

	memset(out, 0, sizeof(*out));
	cbor_in_init(&in, message);
	cbor_expect_map(&in, 4);
	get_head(&in, &head);
	out->head = head;
	cbor_expect_key(&in, KEY_REQUEST);
	has_head = in.status == ST_OK;
	if (has_head && !is_known(head.op))
		return ST_MSG_UNKNOWN;
	get_request_body(&in, out);
	if (cbor_in_end(&in) == ST_OK)
		return ST_OK;
	memset(out, 0, sizeof(*out));
	out->head = head;
	return ST_MSG_FORMAT;
}

/* ---------------------------------------------------------------- reply */

enum reply_shape { REPLY_EMPTY, REPLY_HELLO, REPLY_OBJECT, REPLY_STATE };

static enum reply_shape
reply_shape(enum msg_op op)
{
	switch (op) {
	case OP_HELLO:
		return REPLY_HELLO;
	case OP_KEY:
	case OP_READ:
	case OP_PROBE:
	case OP_ATTEST:
	case OP_FETCH:
		return REPLY_OBJECT;
	case OP_PROGRAM:
	case OP_STORE:
	case OP_LOCK:
		return REPLY_STATE;
	case OP_PERMIT:
	case OP_RELOAD:
	case OP_RESET:
		break;
	}
	return REPLY_EMPTY;
}

/* A body comes with good news only. */
static enum reply_shape
shape_of(const struct reply *reply)
{
	return reply->status == ST_OK ? reply_shape(reply->head.op)
				      : REPLY_EMPTY;
}

static void
put_hello(struct cbor_out *out, const struct hello *h)
{
	cbor_put_map(out, h->fuses != 0 ? HELLO_PAIRS + 1 : HELLO_PAIRS);
	claim_put_uint(out, BODY_PROTOCOL, h->protocol);
	claim_put_uint(out, BODY_STATE, (uint64_t)h->state);
	claim_put_text(out, BODY_VERSION, h->version);
	claim_put_bool(out, BODY_FACTORY_BUILD, h->is_factory_build);
	claim_put_text(out, BODY_MODEL, h->model);
	claim_put_uint(out, BODY_LAYOUT, h->layout);
	claim_put_uint(out, BODY_CLASS, (uint64_t)h->class);
	claim_put_bytes(out, BODY_CHIP, chip_id_bytes(&h->chip));
	claim_put_uint(out, BODY_SECRET, (uint64_t)h->secret);
	claim_put_uint(out, BODY_BURNT_WORDS, h->burnt_words);
	claim_put_uint(out, BODY_WORD_KIND, (uint64_t)h->word_kind);
	claim_put_uint(out, BODY_MODEM_SLOTS, h->modem_slots);
	claim_put_uint(out, BODY_LOCK_UNITS, h->lock_units);
	claim_put_bool(out, BODY_LOCK_PERMANENT, h->is_lock_permanent);
	claim_put_bool(out, BODY_REFUSAL_HARMLESS, h->is_refusal_harmless);
	claim_put_bool(out, BODY_RANDOM, h->has_random);
	claim_put_bool(out, BODY_SECRET_HIDDEN, h->is_secret_hidden);
	claim_put_bool(out, BODY_VIRTUAL, h->is_virtual);
	claim_put_uint(out, BODY_DEBUG, h->debug);
	claim_put_bool(out, BODY_SECURE_BOOT, h->is_secure_boot);
	claim_put_uint(out, BODY_STORED, h->stored_mask);
	put_fuses(out, h->fuses);
}

static void
put_reply_body(struct cbor_out *out, const struct reply *reply)
{
	switch (shape_of(reply)) {
	case REPLY_EMPTY:
		return;
	case REPLY_HELLO:
		cbor_put_int(out, KEY_REPLY);
		put_hello(out, &reply->hello);
		return;
	case REPLY_OBJECT:
		cbor_put_int(out, KEY_REPLY);
		cbor_put_map(out, 1);
		claim_put_bytes(out, BODY_OBJECT, reply->object);
		return;
	case REPLY_STATE:
		cbor_put_int(out, KEY_REPLY);
		cbor_put_map(out, 1);
		claim_put_uint(out, BODY_STATE, (uint64_t)reply->state);
		return;
	}
}

enum status
reply_encode(struct bytes *message, uint8_t *buf, size_t size,
	     const struct reply *reply)
{
	struct cbor_out out;

	cbor_out_init(&out, buf, size);
	if (reply->is_progress) {
		put_head(&out, &reply->head, 4);
		cbor_put_int(&out, KEY_PROGRESS);
		cbor_put_array(&out, 2);
		cbor_put_uint(&out, reply->done);
		cbor_put_uint(&out, reply->total);
	} else {
		put_head(&out, &reply->head,
			 shape_of(reply) == REPLY_EMPTY ? 4 : 5);
		claim_put_uint(&out, KEY_STATUS, (uint64_t)reply->status);
		put_reply_body(&out, reply);
	}
	return cbor_out_end(&out, message);
}

/* The number that is next, which fits a byte. */
static uint8_t
get_byte(struct cbor_in *in, enum body_key key, uint8_t first, uint8_t last)
{
	return (uint8_t)claim_get_uint(in, key, first, last);
}

static void
get_properties(struct cbor_in *in, struct hello *out)
{
	out->word_kind = (enum word_kind)get_byte(in, BODY_WORD_KIND,
						  WORDS_ADDITIVE, WORDS_ONCE);
	out->modem_slots = get_byte(in, BODY_MODEM_SLOTS, 1, SLOTS_MAX);
	out->lock_units = get_byte(in, BODY_LOCK_UNITS, 1, LOCK_UNITS_MAX);
	out->is_lock_permanent = claim_get_bool(in, BODY_LOCK_PERMANENT);
	out->is_refusal_harmless = claim_get_bool(in, BODY_REFUSAL_HARMLESS);
	out->has_random = claim_get_bool(in, BODY_RANDOM);
	out->is_secret_hidden = claim_get_bool(in, BODY_SECRET_HIDDEN);
	out->is_virtual = claim_get_bool(in, BODY_VIRTUAL);
	out->debug = get_byte(in, BODY_DEBUG, 0, DEBUG_MAX);
	out->is_secure_boot = claim_get_bool(in, BODY_SECURE_BOOT);
}

static void
get_hello(struct cbor_in *in, struct hello *out)
{
	size_t pairs = cbor_get_map(in);

	out->protocol =
		(uint32_t)claim_get_uint(in, BODY_PROTOCOL, 0, UINT32_MAX);
	out->state = (enum device_state)get_byte(in, BODY_STATE, STATE_BLANK,
						 STATE_VOID);
	claim_get_text(in, BODY_VERSION, out->version, sizeof(out->version));
	out->is_factory_build = claim_get_bool(in, BODY_FACTORY_BUILD);
	claim_get_text(in, BODY_MODEL, out->model, sizeof(out->model));
	out->layout = get_byte(in, BODY_LAYOUT, 1, UINT8_MAX);
	out->class = (enum dev_class)get_byte(in, BODY_CLASS, CLASS_DEVELOPMENT,
					      CLASS_PRODUCTION);
	claim_get_chip(in, BODY_CHIP, &out->chip);
	out->secret = (enum field_state)get_byte(in, BODY_SECRET, FIELD_EMPTY,
						 FIELD_CLASH);
	out->burnt_words = get_byte(in, BODY_BURNT_WORDS, 0, IMAGE_OPEN_WORDS);
	get_properties(in, out);
	out->stored_mask = get_byte(in, BODY_STORED, 0, STORED_MASK_MAX);
	if (pairs > HELLO_PAIRS)
		out->fuses = get_byte(in, BODY_FUSES, 1, FUSE_MASK_MAX);
}

static void
get_progress(struct cbor_in *in, struct reply *out)
{
	cbor_expect_array(in, 2);
	out->done = (uint32_t)cbor_get_uint_max(in, UINT32_MAX);
	out->total = (uint32_t)cbor_get_uint_max(in, UINT32_MAX);
	out->is_progress = true;
}

static void
get_reply_body(struct cbor_in *in, struct reply *out)
{
	switch (shape_of(out)) {
	case REPLY_EMPTY:
		return;
	case REPLY_HELLO:
		cbor_expect_key(in, KEY_REPLY);
		get_hello(in, &out->hello);
		return;
	case REPLY_OBJECT:
		cbor_expect_key(in, KEY_REPLY);
		cbor_expect_map(in, 1);
		out->object = get_object(in, BODY_OBJECT);
		return;
	case REPLY_STATE:
		cbor_expect_key(in, KEY_REPLY);
		cbor_expect_map(in, 1);
		out->state = (enum device_state)get_byte(
			in, BODY_STATE, STATE_BLANK, STATE_VOID);
		return;
	}
}

static void
get_outcome(struct cbor_in *in, struct reply *out)
{
	out->status =
		(enum status)claim_get_uint(in, KEY_STATUS, 1, STATUS_MAX);
	get_reply_body(in, out);
}

enum status
reply_decode(struct reply *out, struct bytes message)
{
	struct msg_head head = {0};
	struct cbor_in in;

	memset(out, 0, sizeof(*out));
	cbor_in_init(&in, message);
	/* a wrong count shows as a pair that is missing or left over */
	(void)cbor_get_map(&in);
	get_head(&in, &head);
	out->head = head;
	if (cbor_try_key(&in, KEY_PROGRESS))
		get_progress(&in, out);
	else
		get_outcome(&in, out);
	if (cbor_in_end(&in) == ST_OK)
		return ST_OK;
	memset(out, 0, sizeof(*out));
	out->head = head;
	return ST_MSG_FORMAT;
}
