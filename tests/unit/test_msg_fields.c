/* SPDX-License-Identifier: Apache-2.0 */
#include "support/messages.h"
#include "support/signed.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

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

/* Left out is none, and there is no other way to say it. */
static void
test_lock_fuses(void **state)
{
	static const uint8_t zero = 0, large[] = {0x19, 1, 0};
	static const struct bytes wrong[] = {{&zero, 1}, {large, 3}};
	uint8_t buf[MESSAGE_SIZE], out[MESSAGE_SIZE], inner[MESSAGE_SIZE];
	struct pairs pairs, body;
	struct request req;
	struct bytes message;

	(void)state;
	for (unsigned int mask = 0; mask <= FUSE_MASK_MAX; mask++) {
		sample_msg_request(&req, OP_LOCK, SAMPLE_SMALL);
		req.fuses = (uint8_t)mask;
		message = encoded_request(buf, &req);
		assert_int_equal(request_decode(&req, message), ST_OK);
		assert_int_equal(req.fuses, mask);
	}
	pairs_split(&pairs, message);
	pairs_split(&body, pairs.value[3]);
	assert_int_equal(body.count, 1);
	for (size_t i = 0; i < 2; i++) {
		body.value[0] = wrong[i];
		pairs.value[3] = pairs_join(inner, sizeof(inner), &body);
		assert_int_equal(
			request_status(pairs_join(out, sizeof(out), &pairs)),
			ST_MSG_FORMAT);
	}
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
	struct reply reply;

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		cbor_out_init(&cbor, numbers + 16 * i, 16);
		cbor_put_uint(&cbor, statuses[i]);
		assert_int_equal(cbor_out_end(&cbor, &status[i]), ST_OK);
	}
	sample_msg_reply(&reply, OP_LOCK, SAMPLE_SMALL);
	pairs_split(&pairs, encoded_reply(buf, &reply));
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
		cmocka_unit_test(test_request_fields),
		cmocka_unit_test(test_request_unknown),
		cmocka_unit_test(test_request_keeps_the_head),
		cmocka_unit_test(test_request_ranges),
		cmocka_unit_test(test_lock_fuses),
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
