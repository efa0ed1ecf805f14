/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/cbor.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

/* The bytes of a literal. */
#define RAW(literal) bytes_of("" literal, sizeof(literal) - 1)

#define assert_check(literal, expected)                                        \
	assert_int_equal(cbor_check(RAW(literal)), expected)

static void
test_check_accepts(void **state)
{
	(void)state;
	assert_check("\x00", ST_OK);
	assert_check("\x17", ST_OK);
	assert_check("\x18\x18", ST_OK);
	assert_check("\x19\x01\x00", ST_OK);
	assert_check("\x1a\x00\x01\x00\x00", ST_OK);
	assert_check("\x1b\x00\x00\x00\x01\x00\x00\x00\x00", ST_OK);
	assert_check("\x3b\xff\xff\xff\xff\xff\xff\xff\xff", ST_OK);
	assert_check("\x40", ST_OK);
	assert_check("\x60", ST_OK);
	assert_check("\x80", ST_OK);
	assert_check("\xa0", ST_OK);
	assert_check("\xf4", ST_OK);
	assert_check("\xf5", ST_OK);
	assert_check("\xf6", ST_OK);
	assert_check("\xd2\x00", ST_OK);
	assert_check("\xa3\x01\x00\x20\x00\x61\x61\x00", ST_OK);
}

static void
test_check_refuses_longer_heads(void **state)
{
	(void)state;
	assert_check("\x18\x17", ST_CBOR_ORDER);
	assert_check("\x19\x00\xff", ST_CBOR_ORDER);
	assert_check("\x1a\x00\x00\xff\xff", ST_CBOR_ORDER);
	assert_check("\x1b\x00\x00\x00\x00\xff\xff\xff\xff", ST_CBOR_ORDER);
	assert_check("\x38\x00", ST_CBOR_ORDER);
	assert_check("\x58\x01\x00", ST_CBOR_ORDER);
	assert_check("\x78\x01\x61", ST_CBOR_ORDER);
	assert_check("\x98\x01\x00", ST_CBOR_ORDER);
	assert_check("\xb8\x01\x00\x00", ST_CBOR_ORDER);
	assert_check("\xd8\x12\x00", ST_CBOR_ORDER);
}

static void
test_check_refuses_cut_short(void **state)
{
	(void)state;
	assert_int_equal(cbor_check(bytes_of(NULL, 0)), ST_CBOR_FORMAT);
	assert_check("\x18", ST_CBOR_FORMAT);
	assert_check("\x19\x01", ST_CBOR_FORMAT);
	assert_check("\x1b\x01\x02\x03\x04\x05\x06\x07", ST_CBOR_FORMAT);
	assert_check("\x41", ST_CBOR_FORMAT);
	assert_check("\x62\x61", ST_CBOR_FORMAT);
	assert_check("\x82\x00", ST_CBOR_FORMAT);
	assert_check("\xa1\x00", ST_CBOR_FORMAT);
	assert_check("\xd2", ST_CBOR_FORMAT);
}

static void
test_check_refuses_lying_lengths(void **state)
{
	(void)state;
	assert_check("\x5b\xff\xff\xff\xff\xff\xff\xff\xff", ST_CBOR_FORMAT);
	assert_check("\x7b\xff\xff\xff\xff\xff\xff\xff\xff"
		     "a",
		     ST_CBOR_FORMAT);
	assert_check("\x9b\xff\xff\xff\xff\xff\xff\xff\xff\x00",
		     ST_CBOR_FORMAT);
	assert_check("\xbb\x80\x00\x00\x00\x00\x00\x00\x00\x00\x00",
		     ST_CBOR_FORMAT);
	assert_check("\x5a\xff\xff\xff\xff\x00", ST_CBOR_FORMAT);
}

static void
test_check_refuses_other_types(void **state)
{
	(void)state;
	assert_check("\xf7", ST_CBOR_FORMAT);
	assert_check("\xe0", ST_CBOR_FORMAT);
	assert_check("\xf8\x20", ST_CBOR_FORMAT);
	assert_check("\xf8\x14", ST_CBOR_FORMAT);
	assert_check("\xf9\x3c\x00", ST_CBOR_FORMAT);
	assert_check("\xfa\x47\xc3\x50\x00", ST_CBOR_FORMAT);
	assert_check("\xfb\x3f\xf1\x99\x99\x99\x99\x99\x9a", ST_CBOR_FORMAT);
	assert_check("\xff", ST_CBOR_FORMAT);
	assert_check("\x9f\xff", ST_CBOR_FORMAT);
	assert_check("\xbf\xff", ST_CBOR_FORMAT);
	assert_check("\x5f\x40\xff", ST_CBOR_FORMAT);
	assert_check("\x7f\x60\xff", ST_CBOR_FORMAT);
	for (unsigned int major = 0; major < 8; major++)
		for (unsigned int info = 28; info < 32; info++) {
			uint8_t item[10] = {(uint8_t)(major << 5 | info)};

			assert_int_equal(
				cbor_check(bytes_of(item, sizeof(item))),
				ST_CBOR_FORMAT);
		}
}

static void
test_check_map_order(void **state)
{
	(void)state;
	assert_check("\xa2\x01\x00\x02\x00", ST_OK);
	assert_check("\xa2\x02\x00\x01\x00", ST_CBOR_ORDER);
	assert_check("\xa2\x01\x00\x01\x00", ST_CBOR_ORDER);
	/* By bytes, not by value or length: 24, then -1, then "" */
	assert_check("\xa3\x18\x18\x00\x20\x00\x60\x00", ST_OK);
	assert_check("\xa2\x20\x00\x18\x18\x00", ST_CBOR_ORDER);
	assert_check("\xa2\x62"
		     "aa\x00\x61"
		     "b\x00",
		     ST_CBOR_ORDER);
	assert_check("\xa2\x61"
		     "b\x00\x62"
		     "aa\x00",
		     ST_OK);
	/* A map within is looked at as well. */
	assert_check("\xa1\x01\xa2\x02\x00\x01\x00", ST_CBOR_ORDER);
	assert_check("\x81\xa2\x01\x00\x01\x00", ST_CBOR_ORDER);
}

static void
test_check_trailing(void **state)
{
	(void)state;
	assert_check("\x00\x00", ST_CBOR_TRAILING);
	assert_check("\x80\xff", ST_CBOR_TRAILING);
	assert_check("\xa1\x00\x00\x00", ST_CBOR_TRAILING);
}

/* count heads, one within the other, around a zero. */
static enum status
nested(uint8_t head, size_t count)
{
	uint8_t data[3000];
	size_t len = 0;

	for (size_t i = 0; i < count; i++) {
		data[len++] = head;
		if (head == 0xa1)
			data[len++] = 0x00;
	}
	data[len++] = 0x00;
	return cbor_check(bytes_of(data, len));
}

static void
test_check_depth(void **state)
{
	const uint8_t heads[] = {0x81, 0xa1, 0xd2};

	(void)state;
	for (size_t i = 0; i < sizeof(heads); i++) {
		assert_int_equal(nested(heads[i], CBOR_DEPTH_MAX), ST_OK);
		assert_int_equal(nested(heads[i], CBOR_DEPTH_MAX + 1),
				 ST_CBOR_DEPTH);
		assert_int_equal(nested(heads[i], 1000), ST_CBOR_DEPTH);
	}
	assert_check("\x81\x81\x81\x81\x81\x81\x81\x80", ST_OK);
	assert_check("\x81\x81\x81\x81\x81\x81\x81\x81\x80", ST_CBOR_DEPTH);
}

static void
test_check_utf8(void **state)
{
	(void)state;
	assert_check("\x61\x7f", ST_OK);
	assert_check("\x62\xc2\x80", ST_OK);
	assert_check("\x63\xe0\xa0\x80", ST_OK);
	assert_check("\x63\xed\x9f\xbf", ST_OK);
	assert_check("\x63\xef\xbf\xbf", ST_OK);
	assert_check("\x64\xf0\x90\x80\x80", ST_OK);
	assert_check("\x64\xf4\x8f\xbf\xbf", ST_OK);
	assert_check("\x61\x80", ST_CBOR_FORMAT);
	assert_check("\x61\xc2", ST_CBOR_FORMAT);
	assert_check("\x62\xc1\xbf", ST_CBOR_FORMAT);
	assert_check("\x62\xc2\x41", ST_CBOR_FORMAT);
	assert_check("\x63\xe0\x9f\xbf", ST_CBOR_FORMAT);
	assert_check("\x63\xed\xa0\x80", ST_CBOR_FORMAT);
	assert_check("\x63\xe1\x80\x41", ST_CBOR_FORMAT);
	assert_check("\x64\xf0\x8f\xbf\xbf", ST_CBOR_FORMAT);
	assert_check("\x64\xf4\x90\x80\x80", ST_CBOR_FORMAT);
	assert_check("\x64\xf5\x80\x80\x80", ST_CBOR_FORMAT);
	assert_check("\x61\xff", ST_CBOR_FORMAT);
	/* The sequence may not go on in the next item. */
	assert_check("\x82\x61\xc3\x61\xbc", ST_CBOR_FORMAT);
}

/* Every text of up to two bytes ends in a verdict, within its bytes. */
static void
test_check_any_short_input(void **state)
{
	(void)state;
	for (unsigned int n = 0; n < 0x10000; n++) {
		uint8_t data[2] = {(uint8_t)(n >> 8), (uint8_t)n};
		struct cbor_in in;
		enum status status = cbor_check(bytes_of(data, 2));

		cbor_in_init(&in, bytes_of(data, 2));
		assert_int_equal(in.status, status);
		(void)cbor_get_raw(&in);
		assert_int_equal(cbor_in_end(&in), status);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_check_accepts),
		cmocka_unit_test(test_check_refuses_longer_heads),
		cmocka_unit_test(test_check_refuses_cut_short),
		cmocka_unit_test(test_check_refuses_lying_lengths),
		cmocka_unit_test(test_check_refuses_other_types),
		cmocka_unit_test(test_check_map_order),
		cmocka_unit_test(test_check_trailing),
		cmocka_unit_test(test_check_depth),
		cmocka_unit_test(test_check_utf8),
		cmocka_unit_test(test_check_any_short_input),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
