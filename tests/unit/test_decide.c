/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/decide.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define NO ST_AGENT_MISMATCH

static void
test_equal(void **state)
{
	uint8_t a[40];
	uint8_t b[40];

	(void)state;
	for (size_t i = 0; i < sizeof(a); i++)
		a[i] = b[i] = (uint8_t)(i * 29 + 1);
	for (size_t len = 0; len <= sizeof(a); len++)
		assert_int_equal(decide_equal(bytes_of(a, len),
					      bytes_of(b, len), NO),
				 ST_OK);
	for (size_t bit = 0; bit < 8 * sizeof(a); bit++) {
		uint8_t flip = (uint8_t)(1u << (bit % 8));

		b[bit / 8] ^= flip;
		assert_int_equal(decide_equal(bytes_of(a, sizeof(a)),
					      bytes_of(b, sizeof(b)), NO),
				 NO);
		b[bit / 8] ^= flip;
	}
}

/* Pairs of wrong bytes that sums or exclusive-ors would let through. */
static void
test_equal_finds_two_that_cancel(void **state)
{
	const uint8_t a[] = {0x10, 0x20, 0x30, 0x40};
	const uint8_t b[] = {0x11, 0x21, 0x30, 0x40};
	const uint8_t c[] = {0xef, 0xdf, 0xcf, 0xbf};
	const uint8_t d[] = {0x20, 0x10, 0x30, 0x40};

	(void)state;
	assert_int_equal(decide_equal(bytes_of(a, 4), bytes_of(b, 4), NO), NO);
	assert_int_equal(decide_equal(bytes_of(a, 4), bytes_of(c, 4), NO), NO);
	assert_int_equal(decide_equal(bytes_of(a, 4), bytes_of(d, 4), NO), NO);
}

static void
test_equal_minds_the_length(void **state)
{
	uint8_t a[300] = {0};

	(void)state;
	for (size_t len = 1; len <= sizeof(a); len++) {
		assert_int_equal(
			decide_equal(bytes_of(a, len), bytes_of(a, 0), NO), NO);
		assert_int_equal(decide_equal(bytes_of(a, len - 1),
					      bytes_of(a, len), NO),
				 NO);
		assert_int_equal(decide_equal(bytes_of(a, len),
					      bytes_of(a, len - 1), NO),
				 NO);
	}
	assert_int_equal(decide_equal(bytes_of(NULL, 0), bytes_of(NULL, 0), NO),
			 ST_OK);
	assert_int_equal(decide_equal(bytes_of(NULL, 0), bytes_of(a, 1), NO),
			 NO);
}

static void
test_within(void **state)
{
	const uint64_t edge[] = {0,
				 1,
				 2,
				 99999999999999,
				 UINT32_MAX,
				 UINT64_C(1) << 32,
				 INT64_MAX,
				 (uint64_t)INT64_MAX + 1,
				 UINT64_MAX - 1,
				 UINT64_MAX};
	const size_t count = sizeof(edge) / sizeof(edge[0]);

	(void)state;
	for (size_t i = 0; i < count * count * count; i++) {
		uint64_t value = edge[i % count];
		uint64_t first = edge[i / count % count];
		uint64_t last = edge[i / count / count];
		bool is_within = first <= value && value <= last;

		assert_int_equal(decide_within(value, first, last, NO),
				 is_within ? ST_OK : NO);
	}
}

static void
test_state(void **state)
{
	(void)state;
	for (unsigned int s = 0; s < 32; s++) {
		assert_int_equal(decide_state(s, UINT32_MAX, NO), ST_OK);
		assert_int_equal(decide_state(s, 0, NO), NO);
		for (unsigned int bit = 0; bit < 32; bit++)
			assert_int_equal(decide_state(s, UINT32_C(1) << bit,
						      NO),
					 s == bit ? ST_OK : NO);
	}
}

static void
test_state_out_of_range(void **state)
{
	const unsigned int outside[] = {32, 33, 64, 0x80000000u, UINT32_MAX};

	(void)state;
	for (size_t i = 0; i < sizeof(outside) / sizeof(outside[0]); i++) {
		assert_int_equal(decide_state(outside[i], UINT32_MAX, NO), NO);
		assert_int_equal(decide_state(outside[i], 0, NO), NO);
	}
}

static void
test_both(void **state)
{
	uint32_t ok = (uint32_t)ST_OK;

	(void)state;
	assert_int_equal(decide_both(ST_OK, ST_OK, NO), ST_OK);
	assert_int_equal(decide_both(ST_OK, NO, NO), NO);
	assert_int_equal(decide_both(NO, ST_OK, NO), NO);
	assert_int_equal(decide_both(NO, NO, NO), NO);
	assert_int_equal(decide_both((enum status)0, (enum status)0, NO), NO);
	for (unsigned int bit = 0; bit < 32; bit++) {
		enum status near = (enum status)(ok ^ UINT32_C(1) << bit);

		assert_int_equal(decide_both(near, ST_OK, NO), NO);
		assert_int_equal(decide_both(ST_OK, near, NO), NO);
		assert_int_equal(decide_both(near, near, NO), NO);
	}
}

/* The caller's code comes back, whichever it is. */
static void
test_the_code_is_the_callers(void **state)
{
	const enum status codes[] = {ST_AGENT_CHIP, ST_CRYPTO_SIGNATURE,
				     ST_BOOT_UNDECIDED};

	(void)state;
	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
		assert_int_equal(decide_both(ST_OK, NO, codes[i]), codes[i]);
		assert_int_equal(decide_within(2, 3, 4, codes[i]), codes[i]);
		assert_int_equal(decide_state(1, 1, codes[i]), codes[i]);
		assert_int_equal(decide_equal(bytes_of("a", 1),
					      bytes_of("b", 1), codes[i]),
				 codes[i]);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_equal),
		cmocka_unit_test(test_equal_finds_two_that_cancel),
		cmocka_unit_test(test_equal_minds_the_length),
		cmocka_unit_test(test_within),
		cmocka_unit_test(test_state),
		cmocka_unit_test(test_state_out_of_range),
		cmocka_unit_test(test_both),
		cmocka_unit_test(test_the_code_is_the_callers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
