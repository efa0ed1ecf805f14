/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/imei.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define EXAMPLE ((struct imei){UINT64_C(26053179311383)}) /* TS 23.003 B.3 */
#define HIGHEST ((struct imei){IMEI_BODY_MAX})
#define LOWEST ((struct imei){1})
#define TOO_HIGH ((struct imei){IMEI_BODY_MAX + 1})
#define ZERO ((struct imei){0})

#define assert_none(imei) assert_true((imei).body == IMEI_NONE.body)

/* ---------------------------------------------------------------- value */

static void
test_valid(void **state)
{
	(void)state;
	assert_true(imei_is_valid(EXAMPLE));
	assert_true(imei_is_valid(LOWEST));
	assert_true(imei_is_valid(HIGHEST));
	assert_false(imei_is_valid(TOO_HIGH));
	assert_false(imei_is_valid(ZERO));
	assert_false(imei_is_valid(IMEI_NONE));
}

static void
test_of(void **state)
{
	(void)state;
	assert_true(imei_of(26053179, 311383).body == EXAMPLE.body);
	assert_true(imei_of(0, 1).body == 1);
	assert_true(imei_of(1, 0).body == 1000000);
	assert_true(imei_of(IMEI_TAC_MAX, IMEI_SNR_MAX).body == IMEI_BODY_MAX);
	assert_none(imei_of(0, 0));
	assert_none(imei_of(IMEI_TAC_MAX + 1, 0));
	assert_none(imei_of(1, IMEI_SNR_MAX + 1));
	assert_none(imei_of(UINT32_MAX, UINT32_MAX));
	assert_int_equal(imei_tac(EXAMPLE), 26053179);
	assert_int_equal(imei_snr(EXAMPLE), 311383);
}

static void
test_check_digit(void **state)
{
	(void)state;
	assert_int_equal(imei_check_digit(EXAMPLE), 7);
	assert_int_equal(imei_check_digit(HIGHEST), 4);
	assert_int_equal(imei_check_digit(LOWEST), 8);
	assert_int_equal(imei_check_digit(imei_of(0, 5)), 9);
	assert_int_equal(imei_check_digit(imei_of(440100, 0)), 6);
}

static void
test_reporting_body(void **state)
{
	(void)state;
	for (uint32_t body = 0; body < 100; body++) {
		struct imei imei = imei_of(body * 1000000 + 1, 0);

		assert_int_equal(imei_is_test(imei), body < 10 && body != 1);
		assert_int_equal(imei_is_known_rbi(imei),
				 body == 1 || body == 35 || body == 86 ||
					 body == 99);
	}
}

/* ----------------------------------------------------------------- text */

static void
assert_parse(const char *text, size_t len, enum status expected)
{
	struct imei imei = EXAMPLE;

	assert_int_equal(imei_parse(&imei, text, len), expected);
	if (expected != ST_OK)
		assert_none(imei);
}

static void
test_parse(void **state)
{
	(void)state;
	assert_parse("260531793113837", 15, ST_OK);
	assert_parse("260531793113837x", 15, ST_OK);
	assert_parse("260531793113837", 14, ST_IMEI_FORMAT);
	assert_parse("260531793113837\n", 16, ST_IMEI_FORMAT);
	assert_parse("260531793113837\0", 16, ST_IMEI_FORMAT);
	assert_parse("", 0, ST_IMEI_FORMAT);
	assert_parse("26053179311383 ", 15, ST_IMEI_FORMAT);
	assert_parse("+60531793113837", 15, ST_IMEI_FORMAT);
	assert_parse("26053179/113837", 15, ST_IMEI_FORMAT);
	assert_parse("26053179:113837", 15, ST_IMEI_FORMAT);
	assert_parse("26053179\0"
		     "113837",
		     15, ST_IMEI_FORMAT);
	assert_parse("26053179\xb3"
		     "113837",
		     15, ST_IMEI_FORMAT);
	assert_parse("260531793113830", 15, ST_IMEI_SPARE);
	assert_parse("260531793113838", 15, ST_IMEI_CHECK);
	assert_parse("000000000000000", 15, ST_IMEI_ZERO);
	assert_parse("000000000000007", 15, ST_IMEI_ZERO);
	assert_parse("999999999999994", 15, ST_OK);
}

/* A check digit finds each wrong digit and nearly each swap of neighbours. */
static void
test_parse_finds_slips(void **state)
{
	char text[IMEI_LEN + 1];

	(void)state;
	imei_format(text, EXAMPLE);
	for (size_t i = 0; i < IMEI_LEN; i++) {
		char right = text[i];

		for (char digit = '0'; digit <= '9'; digit++) {
			struct imei imei;

			text[i] = digit;
			assert_int_equal(imei_parse(&imei, text, IMEI_LEN) ==
						 ST_OK,
					 digit == right);
		}
		text[i] = right;
	}
	assert_parse("260531793113873", 15, ST_IMEI_CHECK);
	assert_parse("620531793113837", 15, ST_IMEI_CHECK);
}

static void
test_parse_network(void **state)
{
	enum imei_form form;
	struct imei imei;

	(void)state;
	assert_int_equal(
		imei_parse_network(&imei, &form, "260531793113837", 15), ST_OK);
	assert_int_equal(form, IMEI_FORM_CHECK);
	assert_int_equal(
		imei_parse_network(&imei, &form, "260531793113830", 15), ST_OK);
	assert_int_equal(form, IMEI_FORM_SPARE);
	assert_true(imei.body == EXAMPLE.body);
	assert_int_equal(imei_parse_network(&imei, &form, "260531793113831",
					    15),
			 ST_IMEI_CHECK);
	assert_none(imei);
	assert_int_equal(imei_parse_network(&imei, &form, "000000000000000",
					    15),
			 ST_IMEI_ZERO);
	assert_none(imei);
}

static void
test_check_digit_zero_is_no_spare(void **state)
{
	char text[IMEI_LEN + 1];
	enum imei_form form;
	struct imei imei = EXAMPLE;

	(void)state;
	while (imei_check_digit(imei) != 0)
		imei.body++;
	imei_format(text, imei);
	assert_int_equal(text[IMEI_BODY_LEN], '0');
	assert_int_equal(imei_parse(&imei, text, IMEI_LEN), ST_OK);
	assert_int_equal(imei_parse_network(&imei, &form, text, IMEI_LEN),
			 ST_OK);
	assert_int_equal(form, IMEI_FORM_CHECK);
}

static void
test_parse_body(void **state)
{
	struct imei imei;

	(void)state;
	assert_int_equal(imei_parse_body(&imei, "26053179311383", 14), ST_OK);
	assert_true(imei.body == EXAMPLE.body);
	assert_int_equal(imei_parse_body(&imei, "260531793113837", 15),
			 ST_IMEI_FORMAT);
	assert_none(imei);
	assert_int_equal(imei_parse_body(&imei, "2605317931138a", 14),
			 ST_IMEI_FORMAT);
	assert_int_equal(imei_parse_body(&imei, "00000000000000", 14),
			 ST_IMEI_ZERO);
	assert_none(imei);
}

static void
test_parse_presentation(void **state)
{
	static const char *const wrong[] = {
		"26-053179-31138-37", "26 053179 311383 7",
		"26--05317931138377", "2-6053179-311383-7",
		"26-053179-311383--", "-26053179-311383-7",
	};
	struct imei imei;

	(void)state;
	assert_int_equal(imei_parse_presentation(&imei, "26-053179-311383-7",
						 18),
			 ST_OK);
	assert_true(imei.body == EXAMPLE.body);
	assert_int_equal(imei_parse_presentation(&imei, "26-053179-311383-0",
						 18),
			 ST_IMEI_SPARE);
	assert_none(imei);
	assert_int_equal(imei_parse_presentation(&imei, "26-053179-311383-7",
						 17),
			 ST_IMEI_FORMAT);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_int_equal(imei_parse_presentation(&imei, wrong[i], 18),
				 ST_IMEI_FORMAT);
}

static void
test_parse_urn(void **state)
{
	static const char *const wrong[] = {
		"urn:gsma:imei:26053179-311383-7",
		"urn:gsma:imei:260531793-11383-0",
		"urn:gsma:imei:26053179-3113830-",
		"urn:gsma:meid:26053179-311383-0",
		"URN:gsma:imei:26053179-311383-0",
		"urn:gsma:imei:2605317x-311383-0",
	};
	struct imei imei;

	(void)state;
	assert_int_equal(imei_parse_urn(&imei,
					"urn:gsma:imei:26053179-311383-0", 31),
			 ST_OK);
	assert_true(imei.body == EXAMPLE.body);
	assert_int_equal(imei_parse_urn(&imei,
					"urn:gsma:imei:26053179-311383-0", 30),
			 ST_IMEI_FORMAT);
	assert_int_equal(imei_parse_urn(&imei,
					"urn:gsma:imei:00000000-000000-0", 31),
			 ST_IMEI_ZERO);
	assert_none(imei);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_int_equal(imei_parse_urn(&imei, wrong[i], 31),
				 ST_IMEI_FORMAT);
}

static void
test_format(void **state)
{
	char text[IMEI_URN_LEN];

	(void)state;
	imei_format(text, EXAMPLE);
	assert_string_equal(text, "260531793113837");
	imei_format(text, LOWEST);
	assert_string_equal(text, "000000000000018");
	imei_format_body(text, EXAMPLE);
	assert_string_equal(text, "26053179311383");
	imei_format_presentation(text, EXAMPLE);
	assert_string_equal(text, "26-053179-311383-7");
	imei_format_masked(text, EXAMPLE);
	assert_string_equal(text, "26053179*****37");
	imei_format_urn(text, EXAMPLE);
	assert_string_equal(text, "urn:gsma:imei:26053179-311383-0");
}

static void
test_format_none(void **state)
{
	const struct imei none[] = {IMEI_NONE, ZERO, TOO_HIGH};
	char text[IMEI_URN_LEN];

	(void)state;
	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
		imei_format(text, none[i]);
		assert_string_equal(text, "");
		imei_format_body(text, none[i]);
		assert_string_equal(text, "");
		imei_format_presentation(text, none[i]);
		assert_string_equal(text, "");
		imei_format_masked(text, none[i]);
		assert_string_equal(text, "");
		imei_format_urn(text, none[i]);
		assert_string_equal(text, "");
		imeisv_format(text, (struct imeisv){none[i], 1});
		assert_string_equal(text, "");
	}
}

static void
test_imeisv_text(void **state)
{
	char text[IMEISV_LEN + 1];
	struct imeisv sv;

	(void)state;
	assert_int_equal(imeisv_parse(&sv, "2605317931138398", 16), ST_OK);
	assert_true(sv.imei.body == EXAMPLE.body);
	assert_int_equal(sv.svn, IMEI_SVN_MAX);
	imeisv_format(text, sv);
	assert_string_equal(text, "2605317931138398");
	assert_int_equal(imeisv_parse(&sv, "2605317931138399", 16),
			 ST_IMEI_SVN);
	assert_none(sv.imei);
	assert_int_equal(imeisv_parse(&sv, "0000000000000001", 16),
			 ST_IMEI_ZERO);
	assert_int_equal(imeisv_parse(&sv, "260531793113830", 15),
			 ST_IMEI_FORMAT);
	assert_int_equal(imeisv_parse(&sv, "260531793113830a", 16),
			 ST_IMEI_FORMAT);
	assert_none(sv.imei);
	imeisv_format(text, (struct imeisv){EXAMPLE, 99});
	assert_string_equal(text, "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_valid),
		cmocka_unit_test(test_of),
		cmocka_unit_test(test_check_digit),
		cmocka_unit_test(test_reporting_body),
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_parse_finds_slips),
		cmocka_unit_test(test_parse_network),
		cmocka_unit_test(test_check_digit_zero_is_no_spare),
		cmocka_unit_test(test_parse_body),
		cmocka_unit_test(test_parse_presentation),
		cmocka_unit_test(test_parse_urn),
		cmocka_unit_test(test_format),
		cmocka_unit_test(test_format_none),
		cmocka_unit_test(test_imeisv_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
