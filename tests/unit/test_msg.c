/* SPDX-License-Identifier: Apache-2.0 */
#include "support/messages.h"
#include "support/signed.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

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

/* The further fuses: left out where there are none. */
static bool
is_optional(struct bytes key)
{
	static const uint8_t fuses[] = {0x18, 25};

	return bytes_equal(key, bytes_of(fuses, sizeof(fuses)));
}

/* Every key is needed, at both levels, but for one, and no other is taken. */
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
			is_optional(body.key[i]) ? ST_OK : ST_MSG_FORMAT);
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

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_roundtrip),
		cmocka_unit_test(test_corrupted),
		cmocka_unit_test(test_truncated_or_longer),
		cmocka_unit_test(test_pairs),
		cmocka_unit_test(test_other_direction),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
