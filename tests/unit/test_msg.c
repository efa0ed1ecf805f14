/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/frame.h"
#include "support/signed.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define MESSAGE_SIZE (2 * FRAME_MESSAGE_MAX)

static struct bytes
encoded_request(uint8_t buf[MESSAGE_SIZE], const struct request *req)
{
	struct bytes message;

	assert_int_equal(request_encode(&message, buf, MESSAGE_SIZE, req),
			 ST_OK);
	return message;
}

static struct bytes
encoded_reply(uint8_t buf[MESSAGE_SIZE], const struct reply *reply)
{
	struct bytes message;

	assert_int_equal(reply_encode(&message, buf, MESSAGE_SIZE, reply),
			 ST_OK);
	return message;
}

static bool
is_none(struct request *req)
{
	memset(&req->head, 0, sizeof(req->head));
	return bytes_are(bytes_of(req, sizeof(*req)), 0);
}

/*
 * What decodes encodes to the same bytes again: there is one form of each
 * message.  What does not decode is cleared but for its head.
 */
static enum status
request_status(struct bytes message)
{
	uint8_t buf[MESSAGE_SIZE];
	struct request req;
	enum status status;

	memset(&req, 0xa5, sizeof(req));
	status = request_decode(&req, message);
	if (status != ST_OK)
		assert_true(is_none(&req));
	else
		assert_true(bytes_equal(encoded_request(buf, &req), message));
	return status;
}

static enum status
reply_status(struct bytes message)
{
	uint8_t buf[MESSAGE_SIZE];
	struct reply reply;
	enum status status;

	memset(&reply, 0xa5, sizeof(reply));
	status = reply_decode(&reply, message);
	if (status == ST_OK) {
		assert_true(bytes_equal(encoded_reply(buf, &reply), message));
		return status;
	}
	memset(&reply.head, 0, sizeof(reply.head));
	assert_true(bytes_are(bytes_of(&reply, sizeof(reply)), 0));
	return status;
}

struct direction {
	struct bytes (*sample)(uint8_t buf[MESSAGE_SIZE], enum msg_op op,
			       enum sample_size size);
	enum status (*decode)(struct bytes message);
};

static struct bytes
request_sample(uint8_t buf[MESSAGE_SIZE], enum msg_op op, enum sample_size size)
{
	struct request req;

	sample_msg_request(&req, op, size);
	return encoded_request(buf, &req);
}

static struct bytes
reply_sample(uint8_t buf[MESSAGE_SIZE], enum msg_op op, enum sample_size size)
{
	struct reply reply;

	sample_msg_reply(&reply, op, size);
	return encoded_reply(buf, &reply);
}

static const struct direction directions[] = {
	{request_sample, request_status},
	{reply_sample, reply_status},
};

static void
each_message(void (*check)(const struct direction *direction,
			   struct bytes message))
{
	for (int op = OP_HELLO; op <= OP_ATTEST; op++)
		for (int i = 0; i < 4; i++) {
			const struct direction *direction = &directions[i / 2];
			uint8_t buf[MESSAGE_SIZE];

			check(direction,
			      direction->sample(buf, (enum msg_op)op,
						(enum sample_size)(i % 2)));
		}
}

static void
check_roundtrip(const struct direction *direction, struct bytes message)
{
	assert_int_equal(direction->decode(message), ST_OK);
	assert_int_equal(cbor_check(message), ST_OK);
	assert_true(message.len <= FRAME_MESSAGE_MAX);
}

static void
test_roundtrip(void **state)
{
	(void)state;
	each_message(check_roundtrip);
}

/* The checks are in direction->decode: no third outcome. */
static void
check_corrupted(const struct direction *direction, struct bytes message)
{
	uint8_t buf[MESSAGE_SIZE];

	memcpy(buf, message.ptr, message.len);
	for (size_t i = 0; i < message.len * 8; i++) {
		uint8_t flip = (uint8_t)(1u << (i % 8));
		enum status status;

		buf[i / 8] ^= flip;
		status = direction->decode(bytes_of(buf, message.len));
		assert_true(status == ST_OK || status == ST_MSG_FORMAT ||
			    status == ST_MSG_UNKNOWN);
		buf[i / 8] ^= flip;
	}
}

static void
test_corrupted(void **state)
{
	(void)state;
	each_message(check_corrupted);
}

static void
check_lengths(const struct direction *direction, struct bytes message)
{
	uint8_t buf[MESSAGE_SIZE + 1] = {0};

	memcpy(buf, message.ptr, message.len);
	for (size_t len = 0; len < message.len; len++)
		assert_int_equal(direction->decode(bytes_of(buf, len)),
				 ST_MSG_FORMAT);
	assert_int_equal(direction->decode(bytes_of(buf, message.len + 1)),
			 ST_MSG_FORMAT);
}

static void
test_truncated_or_longer(void **state)
{
	(void)state;
	each_message(check_lengths);
}

/* Every key is needed, at both levels, and no other is taken. */
static void
check_pairs(const struct direction *direction, struct bytes message)
{
	static const uint8_t last[] = {0x19, 0x7f, 0xff}, null = 0xf6;
	struct pairs pairs, spoiled;
	uint8_t buf[MESSAGE_SIZE];

	pairs_split(&pairs, message);
	for (size_t i = 0; i < pairs.count; i++) {
		pairs_drop(&spoiled, &pairs, i);
		assert_int_equal(direction->decode(pairs_join(buf, sizeof(buf),
							      &spoiled)),
				 ST_MSG_FORMAT);
		spoiled = pairs;
		spoiled.value[i] = bytes_of(&null, 1);
		assert_int_equal(direction->decode(pairs_join(buf, sizeof(buf),
							      &spoiled)),
				 ST_MSG_FORMAT);
	}
	pairs_insert(&spoiled, &pairs, bytes_of(last, sizeof(last)),
		     bytes_of(&null, 1));
	assert_int_equal(
		direction->decode(pairs_join(buf, sizeof(buf), &spoiled)),
		ST_MSG_FORMAT);
}

static void
check_body_pairs(const struct direction *direction, struct bytes message)
{
	static const uint8_t last[] = {0x19, 0x7f, 0xff}, null = 0xf6;
	struct pairs pairs, body, spoiled;
	uint8_t buf[MESSAGE_SIZE], body_buf[MESSAGE_SIZE];
	struct bytes *value;

	pairs_split(&pairs, message);
	value = &pairs.value[pairs.count - 1];
	if (value->len < 3 || value->ptr[0] >> 5 != 5)
		return;
	pairs_split(&body, *value);
	for (size_t i = 0; i < body.count; i++) {
		pairs_drop(&spoiled, &body, i);
		*value = pairs_join(body_buf, sizeof(body_buf), &spoiled);
		assert_int_equal(
			direction->decode(pairs_join(buf, sizeof(buf), &pairs)),
			ST_MSG_FORMAT);
	}
	pairs_insert(&spoiled, &body, bytes_of(last, sizeof(last)),
		     bytes_of(&null, 1));
	*value = pairs_join(body_buf, sizeof(body_buf), &spoiled);
	assert_int_equal(
		direction->decode(pairs_join(buf, sizeof(buf), &pairs)),
		ST_MSG_FORMAT);
}

static void
test_pairs(void **state)
{
	(void)state;
	each_message(check_pairs);
	each_message(check_body_pairs);
}

static void
test_other_direction(void **state)
{
	uint8_t buf[MESSAGE_SIZE];

	(void)state;
	for (int op = OP_HELLO; op <= OP_ATTEST; op++) {
		assert_int_equal(reply_status(request_sample(
					 buf, (enum msg_op)op, SAMPLE_SMALL)),
				 ST_MSG_FORMAT);
		assert_int_equal(request_status(reply_sample(
					 buf, (enum msg_op)op, SAMPLE_SMALL)),
				 ST_MSG_FORMAT);
	}
}

/* -------------------------------------------------------------- requests */

static void
test_request_fields(void **state)
{
	uint8_t buf[MESSAGE_SIZE];
	struct request sent, got;

	(void)state;
	sample_msg_request(&sent, OP_STORE, SAMPLE_LARGE);
	assert_int_equal(request_decode(&got, encoded_request(buf, &sent)),
			 ST_OK);
	assert_true(got.head.session == UINT64_MAX);
	assert_true(got.head.sequence == UINT32_MAX);
	assert_int_equal(got.head.op, OP_STORE);
	assert_true(bytes_equal(got.cert, sent.cert));
	assert_true(bytes_equal(got.object, sent.object));
	assert_true(got.cert.ptr > buf && got.cert.ptr < buf + sizeof(buf));
}

/* Whatever its body is: a later protocol may have a request we do not know. */
static void
test_request_unknown(void **state)
{
	uint8_t buf[MESSAGE_SIZE];
	struct request req;

	(void)state;
	sample_msg_request(&req, (enum msg_op)(OP_ATTEST + 1), SAMPLE_LARGE);
	assert_int_equal(request_decode(&req, encoded_request(buf, &req)),
			 ST_MSG_UNKNOWN);
	assert_true(req.head.session == UINT64_MAX);
	assert_true(req.head.sequence == UINT32_MAX);
	assert_int_equal(req.head.op, OP_ATTEST + 1);
	req.head.op = (enum msg_op)0;
	assert_int_equal(request_status(encoded_request(buf, &req)),
			 ST_MSG_UNKNOWN);
	req.head.op = (enum msg_op)0x10000;
	assert_int_equal(request_status(encoded_request(buf, &req)),
			 ST_MSG_FORMAT);
}

static void
test_request_keeps_the_head(void **state)
{
	uint8_t buf[MESSAGE_SIZE];
	struct request req;

	(void)state;
	sample_msg_request(&req, OP_FETCH, SAMPLE_LARGE);
	req.which = (enum stored)(STORED_COUNT + 1);
	assert_int_equal(request_decode(&req, encoded_request(buf, &req)),
			 ST_MSG_FORMAT);
	assert_int_equal(req.head.op, OP_FETCH);
	assert_true(req.head.session == UINT64_MAX);
	assert_int_equal(req.which, 0);
}

static void
test_request_ranges(void **state)
{
	static uint8_t zeros[OBJECT_MAX + 1];
	uint8_t buf[MESSAGE_SIZE];
	struct request req;

	(void)state;
	sample_msg_request(&req, OP_FETCH, SAMPLE_LARGE);
	req.which = (enum stored)0;
	assert_int_equal(request_status(encoded_request(buf, &req)),
			 ST_MSG_FORMAT);
	sample_msg_request(&req, OP_PERMIT, SAMPLE_SMALL);
	req.cert = bytes_of(NULL, 0);
	assert_int_equal(request_status(encoded_request(buf, &req)),
			 ST_MSG_FORMAT);
	req.cert = bytes_of(zeros, sizeof(zeros));
	assert_int_equal(request_status(encoded_request(buf, &req)),
			 ST_MSG_FORMAT);
	req.cert = bytes_of(zeros, OBJECT_MAX);
	assert_int_equal(request_status(encoded_request(buf, &req)), ST_OK);
}

static void
test_no_room(void **state)
{
	uint8_t buf[8];
	struct request req;
	struct reply reply;
	struct bytes message;

	(void)state;
	sample_msg_request(&req, OP_KEY, SAMPLE_LARGE);
	assert_int_equal(request_encode(&message, buf, sizeof(buf), &req),
			 ST_CBOR_SPACE);
	sample_msg_reply(&reply, OP_HELLO, SAMPLE_LARGE);
	assert_int_equal(reply_encode(&message, buf, sizeof(buf), &reply),
			 ST_CBOR_SPACE);
}

/* --------------------------------------------------------------- replies */

static void
test_hello_fields(void **state)
{
	uint8_t buf[MESSAGE_SIZE];
	struct reply sent, got;

	(void)state;
	for (int size = 0; size < SAMPLE_SIZES; size++) {
		sample_msg_reply(&sent, OP_HELLO, (enum sample_size)size);
		assert_int_equal(reply_decode(&got, encoded_reply(buf, &sent)),
				 ST_OK);
		assert_memory_equal(&got, &sent, sizeof(got));
	}
}

/* An outcome that is not good has no body, whatever the operation. */
static void
test_reply_failed(void **state)
{
	uint8_t buf[MESSAGE_SIZE];
	struct reply reply;

	(void)state;
	for (int op = OP_HELLO; op <= OP_ATTEST + 1; op++) {
		sample_msg_reply(&reply, (enum msg_op)op, SAMPLE_LARGE);
		reply.status = ST_AGENT_LOCKED;
		assert_int_equal(reply_decode(&reply,
					      encoded_reply(buf, &reply)),
				 ST_OK);
		assert_int_equal(reply.status, ST_AGENT_LOCKED);
		assert_null(reply.object.ptr);
		assert_int_equal(reply.state, 0);
		assert_int_equal(reply.hello.protocol, 0);
	}
}

/* The same bytes with another status: a body where none may be, or none. */
static void
test_reply_body_and_status(void **state)
{
	const uint64_t statuses[] = {ST_AGENT_LOCKED, ST_OK, 0, 0x80000000};
	struct bytes status[4];
	uint8_t buf[MESSAGE_SIZE], out[MESSAGE_SIZE], numbers[64];
	struct cbor_out cbor;
	struct pairs pairs;

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		cbor_out_init(&cbor, numbers + 16 * i, 16);
		cbor_put_uint(&cbor, statuses[i]);
		assert_int_equal(cbor_out_end(&cbor, &status[i]), ST_OK);
	}
	pairs_split(&pairs, reply_sample(buf, OP_LOCK, SAMPLE_SMALL));
	pairs.value[3] = status[0];
	assert_int_equal(reply_status(pairs_join(out, sizeof(out), &pairs)),
			 ST_MSG_FORMAT);
	pairs.count = 4;
	assert_int_equal(reply_status(pairs_join(out, sizeof(out), &pairs)),
			 ST_OK);
	for (size_t i = 1; i < 4; i++) {
		pairs.value[3] = status[i];
		assert_int_equal(
			reply_status(pairs_join(out, sizeof(out), &pairs)),
			ST_MSG_FORMAT);
	}
}

static void
test_progress(void **state)
{
	uint8_t buf[MESSAGE_SIZE];
	struct reply reply = {.head = {7, 8, OP_PROGRAM},
			      .is_progress = true,
			      .done = 3,
			      .total = UINT32_MAX};

	(void)state;
	assert_int_equal(reply_decode(&reply, encoded_reply(buf, &reply)),
			 ST_OK);
	assert_true(reply.is_progress);
	assert_int_equal(reply.done, 3);
	assert_true(reply.total == UINT32_MAX);
	assert_int_not_equal(reply.status, ST_OK);
	assert_int_equal(reply_status(encoded_reply(buf, &reply)), ST_OK);
}

static void
hello_refused(const struct reply *reply)
{
	uint8_t buf[MESSAGE_SIZE];

	assert_int_equal(reply_status(encoded_reply(buf, reply)),
			 ST_MSG_FORMAT);
}

#define HELLO(change)                                                          \
	do {                                                                   \
		struct reply r;                                                \
		sample_msg_reply(&r, OP_HELLO, SAMPLE_LARGE);                  \
		r.hello.change;                                                \
		hello_refused(&r);                                             \
	} while (0)

static void
test_hello_ranges(void **state)
{
	(void)state;
	HELLO(class = CLASS_NONE);
	HELLO(class = (enum dev_class)3);
	HELLO(state = (enum device_state)0);
	HELLO(state = (enum device_state)(STATE_VOID + 1));
	HELLO(secret = (enum field_state)(FIELD_CLASH + 1));
	HELLO(chip.len = CHIP_ID_MIN - 1);
	HELLO(model[0] = '\0');
	HELLO(model[1] = '\x1b');
	HELLO(version[0] = '\n');
	HELLO(layout = 0);
	HELLO(burnt_words = IMAGE_OPEN_WORDS + 1);
	HELLO(word_kind = (enum word_kind)0);
	HELLO(word_kind = (enum word_kind)3);
	HELLO(modem_slots = 0);
	HELLO(modem_slots = SLOTS_MAX + 1);
	HELLO(lock_units = 0);
	HELLO(lock_units = 9);
	HELLO(debug = 5);
	HELLO(stored_mask = 0x10);
}

static void
test_state_ranges(void **state)
{
	uint8_t buf[MESSAGE_SIZE];
	struct reply reply;

	(void)state;
	sample_msg_reply(&reply, OP_LOCK, SAMPLE_LARGE);
	reply.state = (enum device_state)0;
	assert_int_equal(reply_status(encoded_reply(buf, &reply)),
			 ST_MSG_FORMAT);
	reply.state = (enum device_state)(STATE_VOID + 1);
	assert_int_equal(reply_status(encoded_reply(buf, &reply)),
			 ST_MSG_FORMAT);
	sample_msg_reply(&reply, OP_FETCH, SAMPLE_LARGE);
	reply.object = bytes_of(NULL, 0);
	assert_int_equal(reply_status(encoded_reply(buf, &reply)),
			 ST_MSG_FORMAT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_roundtrip),
		cmocka_unit_test(test_corrupted),
		cmocka_unit_test(test_truncated_or_longer),
		cmocka_unit_test(test_pairs),
		cmocka_unit_test(test_other_direction),
		cmocka_unit_test(test_request_fields),
		cmocka_unit_test(test_request_unknown),
		cmocka_unit_test(test_request_keeps_the_head),
		cmocka_unit_test(test_request_ranges),
		cmocka_unit_test(test_no_room),
		cmocka_unit_test(test_hello_fields),
		cmocka_unit_test(test_reply_failed),
		cmocka_unit_test(test_reply_body_and_status),
		cmocka_unit_test(test_progress),
		cmocka_unit_test(test_hello_ranges),
		cmocka_unit_test(test_state_ranges),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
