/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/crc.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void
test_known_values(void **state)
{
	static const uint8_t zeros[32];

	(void)state;
	assert_int_equal(crc32_of(text_bytes("123456789")), 0xcbf43926);
	assert_int_equal(crc32_of(bytes_of(NULL, 0)), 0);
	assert_int_equal(crc32_of(text_bytes("a")), 0xe8b7be43);
	assert_int_equal(crc32_of(bytes_of(zeros, sizeof(zeros))), 0x190a55ad);
}

static void
test_every_flipped_bit_is_found(void **state)
{
	uint8_t data[64];
	uint32_t crc;

	(void)state;
	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)(i * 37);
	crc = crc32_of(bytes_of(data, sizeof(data)));
	for (size_t bit = 0; bit < 8 * sizeof(data); bit++) {
		uint8_t flip = (uint8_t)(1u << (bit % 8));

		data[bit / 8] ^= flip;
		assert_int_not_equal(crc32_of(bytes_of(data, sizeof(data))),
				     crc);
		data[bit / 8] ^= flip;
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_known_values),
		cmocka_unit_test(test_every_flipped_bit_is_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
