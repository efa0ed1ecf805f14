/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/frame.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static struct frame_reader reader;

static int
setup(void **state)
{
	(void)state;
	frame_reader_init(&reader);
	return 0;
}

/* Feed all of wire; only its last byte may make an outcome. */
static enum status
take_all(struct bytes *message, struct bytes wire)
{
	enum status status = ST_FRAME_MORE;

	for (size_t i = 0; i < wire.len; i++) {
		assert_int_equal(status, ST_FRAME_MORE);
		status = frame_reader_take(&reader, wire.ptr[i], message);
	}
	return status;
}

static void
check_roundtrip(struct bytes message)
{
	uint8_t wire[FRAME_WIRE_MAX];
	struct bytes back;
	size_t len;

	assert_int_equal(frame_encode(wire, sizeof(wire), &len, message),
			 ST_OK);
	assert_true(len <= FRAME_WIRE_MAX);
	assert_null(memchr(wire, 0, len - 1));
	assert_int_equal(wire[len - 1], 0);
	assert_int_equal(take_all(&back, bytes_of(wire, len)), ST_OK);
	assert_true(bytes_equal(back, message));
}

static void
test_roundtrip_of_every_length(void **state)
{
	uint8_t data[FRAME_MESSAGE_MAX];

	(void)state;
	for (size_t len = 0; len <= sizeof(data); len++) {
		memset(data, 0x00, sizeof(data));
		check_roundtrip(bytes_of(data, len));
		memset(data, 0xff, sizeof(data));
		check_roundtrip(bytes_of(data, len));
		for (size_t i = 0; i < len; i++)
			data[i] = (uint8_t)(i * 7 + len);
		check_roundtrip(bytes_of(data, len));
	}
}

/* A zero before, at and behind each place where a block of 254 may end. */
static void
test_roundtrip_around_full_blocks(void **state)
{
	uint8_t data[600];

	(void)state;
	for (size_t zero = 0; zero < 600; zero++) {
		memset(data, 0x55, sizeof(data));
		data[zero] = 0;
		for (size_t len = zero + 1; len < zero + 4 && len <= 600; len++)
			check_roundtrip(bytes_of(data, len));
		check_roundtrip(bytes_of(data, sizeof(data)));
	}
}

static void
test_wire_form(void **state)
{
	/* crc32("") is 0: four zeros make five codes of 1 */
	const uint8_t empty[] = {1, 1, 1, 1, 1, 0};
	/* crc32("a") is e8b7be43 */
	const uint8_t a[] = {6, 'a', 0x43, 0xbe, 0xb7, 0xe8, 0};
	uint8_t wire[FRAME_WIRE_MAX];
	size_t len;

	(void)state;
	assert_int_equal(frame_encode(wire, sizeof(wire), &len,
				      bytes_of(NULL, 0)),
			 ST_OK);
	assert_int_equal(len, sizeof(empty));
	assert_memory_equal(wire, empty, len);
	assert_int_equal(frame_encode(wire, sizeof(wire), &len,
				      bytes_of("a", 1)),
			 ST_OK);
	assert_int_equal(len, sizeof(a));
	assert_memory_equal(wire, a, len);
}

static void
test_encode_refuses_what_does_not_fit(void **state)
{
	uint8_t data[FRAME_MESSAGE_MAX + 1] = {0};
	uint8_t wire[FRAME_WIRE_MAX + 8];
	size_t len = 99;

	(void)state;
	assert_int_equal(frame_encode(wire, sizeof(wire), &len,
				      bytes_of(data, sizeof(data))),
			 ST_FRAME_SIZE);
	assert_int_equal(len, 0);
	assert_int_equal(frame_encode(wire, FRAME_WIRE_MAX - 1, &len,
				      bytes_of(data, FRAME_MESSAGE_MAX)),
			 ST_FRAME_SIZE);
	assert_int_equal(frame_encode(wire, 0, &len, bytes_of(data, 0)),
			 ST_FRAME_SIZE);
	assert_int_equal(frame_encode(wire, FRAME_WIRE_MAX, &len,
				      bytes_of(data, FRAME_MESSAGE_MAX)),
			 ST_OK);
}

static void
test_empty_frames_are_silent(void **state)
{
	struct bytes message;

	(void)state;
	for (unsigned int i = 0; i < 5; i++)
		assert_int_equal(frame_reader_take(&reader, 0, &message),
				 ST_FRAME_MORE);
	check_roundtrip(bytes_of("after", 5));
}

static void
test_every_flipped_bit_is_found(void **state)
{
	uint8_t wire[FRAME_WIRE_MAX];
	struct bytes message;
	size_t len;

	(void)state;
	assert_int_equal(frame_encode(wire, sizeof(wire), &len,
				      bytes_of("a\0bc\0\0defghi", 12)),
			 ST_OK);
	for (size_t bit = 0; bit < 8 * len; bit++) {
		uint8_t flip = (uint8_t)(1u << (bit % 8));

		wire[bit / 8] ^= flip;
		for (size_t i = 0; i < len; i++)
			assert_int_not_equal(frame_reader_take(&reader, wire[i],
							       &message),
					     ST_OK);
		wire[bit / 8] ^= flip;
		/* A zero ends whatever the flip made of it. */
		assert_int_not_equal(frame_reader_take(&reader, 0, &message),
				     ST_OK);
		check_roundtrip(bytes_of("next", 4));
	}
}

static void
test_short_frames(void **state)
{
	const uint8_t one[] = {1, 0};
	const uint8_t three[] = {4, 1, 2, 3, 0};
	const uint8_t cut[] = {9, 1, 2, 3, 0};
	struct bytes message;

	(void)state;
	assert_int_equal(take_all(&message, bytes_of(one, sizeof(one))),
			 ST_FRAME_CRC);
	assert_int_equal(take_all(&message, bytes_of(three, sizeof(three))),
			 ST_FRAME_CRC);
	assert_int_equal(take_all(&message, bytes_of(cut, sizeof(cut))),
			 ST_FRAME_SIZE);
	assert_null(message.ptr);
	check_roundtrip(bytes_of("next", 4));
}

static void
test_endless_noise_is_dropped(void **state)
{
	const uint8_t noise[] = {1, 2, 0x7f, 0xff};
	struct bytes message;

	(void)state;
	for (size_t i = 0; i < sizeof(noise); i++) {
		for (unsigned int n = 0; n < 5000; n++)
			assert_int_equal(frame_reader_take(&reader, noise[i],
							   &message),
					 ST_FRAME_MORE);
		assert_int_equal(frame_reader_take(&reader, 0, &message),
				 ST_FRAME_SIZE);
		check_roundtrip(bytes_of("next", 4));
	}
}

/* One byte more than the longest message, with a CRC that is right. */
static void
test_one_byte_too_long(void **state)
{
	struct bytes message;
	unsigned int left = FRAME_RAW_MAX + 1;

	(void)state;
	while (left > 0) {
		unsigned int block = left < 254 ? left : 254;

		assert_int_equal(frame_reader_take(&reader,
						   (uint8_t)(block + 1),
						   &message),
				 ST_FRAME_MORE);
		for (unsigned int i = 0; i < block; i++)
			assert_int_equal(frame_reader_take(&reader, 0x42,
							   &message),
					 ST_FRAME_MORE);
		left -= block;
	}
	assert_int_equal(frame_reader_take(&reader, 0, &message),
			 ST_FRAME_SIZE);
	check_roundtrip(bytes_of("next", 4));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_roundtrip_of_every_length, setup),
		cmocka_unit_test_setup(test_roundtrip_around_full_blocks,
				       setup),
		cmocka_unit_test_setup(test_wire_form, setup),
		cmocka_unit_test_setup(test_encode_refuses_what_does_not_fit,
				       setup),
		cmocka_unit_test_setup(test_empty_frames_are_silent, setup),
		cmocka_unit_test_setup(test_every_flipped_bit_is_found, setup),
		cmocka_unit_test_setup(test_short_frames, setup),
		cmocka_unit_test_setup(test_endless_noise_is_dropped, setup),
		cmocka_unit_test_setup(test_one_byte_too_long, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
