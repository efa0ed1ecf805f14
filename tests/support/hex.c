/* SPDX-License-Identifier: Apache-2.0 */
#include "support/hex.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static unsigned int
digit_of(char letter)
{
	static const char digits[] = "0123456789abcdef";
	const char *found = memchr(digits, letter, 16);

	assert_non_null(found);
	return (unsigned int)(found - digits);
}

struct bytes
hex_bytes(uint8_t *buf, size_t size, const char *text)
{
	size_t len = strlen(text) / 2;

	assert_int_equal(strlen(text) % 2, 0);
	assert_true(len <= size);
	for (size_t i = 0; i < len; i++)
		buf[i] = (uint8_t)(digit_of(text[2 * i]) << 4 |
				   digit_of(text[2 * i + 1]));
	return bytes_of(buf, len);
}

void
hex_exact(void *out, size_t len, const char *text)
{
	assert_int_equal(hex_bytes(out, len, text).len, len);
}
