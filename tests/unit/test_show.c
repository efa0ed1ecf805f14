/* SPDX-License-Identifier: Apache-2.0 */
/* Text from outside on the way to a screen: show_escape and diag_print. */
#include "tool/diag.h"
#include "tool/show.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static void
check_escape(const char *text, const char *expected)
{
	char out[64];

	show_escape(out, sizeof(out), text);
	assert_string_equal(out, expected);
}

static void
test_plain_text_stays(void **state)
{
	(void)state;
	check_escape("", "");
	check_escape("model-1 100% \"x\" \\", "model-1 100% \"x\" \\");
	check_escape("M\xc3\xbcller \xe2\x82\xac \xf0\x9f\x93\xb1",
		     "M\xc3\xbcller \xe2\x82\xac \xf0\x9f\x93\xb1");
}

static void
test_control_characters(void **state)
{
	(void)state;
	check_escape("a\033[2Jb\r\n\t\x7f", "a\\x1b[2Jb\\x0d\\x0a\\x09\\x7f");
	/* C1, and what turns the direction of writing */
	check_escape("\xc2\x9b"
		     "2J",
		     "\\xc2\\x9b2J");
	check_escape("\xe2\x80\xae", "\\xe2\\x80\\xae");
	check_escape("\xe2\x81\xa6", "\\xe2\\x81\\xa6");
}

static void
test_no_utf8(void **state)
{
	(void)state;
	check_escape("\x80", "\\x80");
	check_escape("\xff\xfe", "\\xff\\xfe");
	check_escape("\xc3", "\\xc3");
	check_escape("\xc0\xaf", "\\xc0\\xaf");
	check_escape("\xe0\x80\x80", "\\xe0\\x80\\x80");
	check_escape("\xed\xa0\x80", "\\xed\\xa0\\x80");
	check_escape("\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80");
	check_escape("\xf0\x80\x80\x80", "\\xf0\\x80\\x80\\x80");
	check_escape("\xe2\x82", "\\xe2\\x82");
}

/* Cut to size, never in the middle of a character or an escape. */
static void
test_cut(void **state)
{
	char out[64];

	(void)state;
	for (size_t size = 1; size < sizeof(out); size++) {
		memset(out, '#', sizeof(out));
		show_escape(out, size, "\xe2\x82\xac\033\xe2\x82\xac\033");
		assert_true(strlen(out) < size);
		assert_true(size == sizeof(out) || out[size] == '#');
	}
}

static void
check_diag(const char *hex, const char *expected)
{
	uint8_t bytes[64];
	size_t len;
	char *text;

	assert_true(text_hex_parse(bytes, sizeof(bytes), &len, hex));
	assert_int_equal(diag_print(&text, bytes_of(bytes, len)), ST_OK);
	assert_string_equal(text, expected);
	free(text);
}

/* RFC 8949 appendix A, the part that is deterministic and has no floats. */
static void
test_diag(void **state)
{
	(void)state;
	check_diag("00", "0");
	check_diag("1903e8", "1000");
	check_diag("1bffffffffffffffff", "18446744073709551615");
	check_diag("20", "-1");
	check_diag("3903e7", "-1000");
	check_diag("f4", "false");
	check_diag("f5", "true");
	check_diag("f6", "null");
	check_diag("c11a514b67b0", "1(1363896240)");
	check_diag("40", "h''");
	check_diag("4401020304", "h'01020304'");
	check_diag("60", "\"\"");
	check_diag("62225c", "\"\\\"\\\\\"");
	check_diag("8301820203820405", "[1, [2, 3], [4, 5]]");
	check_diag("a0", "{}");
	check_diag("a201020304", "{1: 2, 3: 4}");
	check_diag("a26161016162820203", "{\"a\": 1, \"b\": [2, 3]}");
}

static void
check_no_diag(const char *hex, enum status expected)
{
	uint8_t bytes[64];
	size_t len;
	char *text;

	assert_true(text_hex_parse(bytes, sizeof(bytes), &len, hex));
	assert_int_equal(diag_print(&text, bytes_of(bytes, len)), expected);
	assert_null(text);
}

static void
test_no_diag(void **state)
{
	(void)state;
	check_no_diag("0000", ST_CBOR_TRAILING);
	check_no_diag("1800", ST_CBOR_ORDER);
	check_no_diag("9fff", ST_CBOR_FORMAT);
	check_no_diag("f90000", ST_CBOR_FORMAT);
	check_no_diag("83", ST_CBOR_FORMAT);
	check_no_diag("8181818181818181818100", ST_CBOR_DEPTH);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plain_text_stays),
		cmocka_unit_test(test_control_characters),
		cmocka_unit_test(test_no_utf8),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_diag),
		cmocka_unit_test(test_no_diag),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
