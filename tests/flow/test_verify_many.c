/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_verify_many.c - units that are looked at together: none shows what
 * another one shows (P1).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "station/verify.h"

#include <cmocka.h>

#define UNITS 4

static struct verify_report report[UNITS];
static struct verify_report *const list[UNITS] = {&report[0], &report[1],
						  &report[2], &report[3]};
static const size_t number[UNITS] = {11, 12, 13, 14};

/* Four good units of two numbers each. */
static int
set_up(void **state)
{
	(void)state;
	memset(report, 0, sizeof(report));
	for (uint8_t i = 0; i < UNITS; i++) {
		identity_init(&report[i].identity);
		report[i].verdict = ST_OK;
		report[i].has_hello = true;
		report[i].hello.chip.len = 8;
		report[i].hello.chip.byte[0] = (uint8_t)(i + 1);
		report[i].identity.slot[0].body = 440100000000 + 2u * i;
		report[i].identity.slot[1].body = 440100000001 + 2u * i;
	}
	return 0;
}

static void
look(void)
{
	assert_int_equal(verify_unique(list, number, UNITS), ST_OK);
}

static void
assert_line(size_t unit, enum status status, const char *detail)
{
	const struct verify_line *line = &report[unit].line[0];

	assert_int_equal(report[unit].line_count, 1);
	assert_string_equal(line->check, "unique");
	assert_int_equal(line->status, status);
	assert_int_equal(report[unit].verdict, status);
	assert_int_equal(line->weight,
			 status == ST_OK ? VERIFY_GOOD : VERIFY_BAD);
	assert_string_equal(line->detail, detail);
}

#define ALONE "no other unit here shows its IMEI or chip id"

static void
test_all_differ(void **state)
{
	(void)state;
	look();
	for (size_t i = 0; i < UNITS; i++)
		assert_line(i, ST_OK, ALONE);
}

static void
test_same_imei_in_any_slot(void **state)
{
	(void)state;
	report[3].identity.slot[2] = report[1].identity.slot[0];
	look();
	assert_line(0, ST_OK, ALONE);
	assert_line(1, ST_VERIFY_TWICE, "unit 14 shows the same IMEI");
	assert_line(2, ST_OK, ALONE);
	assert_line(3, ST_VERIFY_TWICE, "unit 12 shows the same IMEI");
}

static void
test_same_chip(void **state)
{
	(void)state;
	report[2].hello.chip = report[0].hello.chip;
	look();
	assert_line(0, ST_VERIFY_TWICE, "unit 13 shows the same chip id");
	assert_line(2, ST_VERIFY_TWICE, "unit 11 shows the same chip id");
	assert_line(1, ST_OK, ALONE);
}

static void
test_three_of_one_kind(void **state)
{
	(void)state;
	report[1].hello.chip = report[0].hello.chip;
	report[3].hello.chip = report[0].hello.chip;
	look();
	assert_line(0, ST_VERIFY_TWICE, "unit 12 shows the same chip id");
	assert_line(1, ST_VERIFY_TWICE, "unit 11 shows the same chip id");
	assert_line(3, ST_VERIFY_TWICE, "unit 12 shows the same chip id");
	assert_line(2, ST_OK, ALONE);
}

/* An id that begins like another one, and the longest one. */
static void
test_chips_are_compared_whole(void **state)
{
	(void)state;
	report[1].hello.chip = report[0].hello.chip;
	report[1].hello.chip.len = 9;
	report[2].hello.chip.len = CHIP_ID_MAX;
	report[3].hello.chip = report[2].hello.chip;
	report[3].hello.chip.byte[CHIP_ID_MAX - 1] ^= 1;
	look();
	for (size_t i = 0; i < UNITS; i++)
		assert_line(i, ST_OK, ALONE);
}

/* What a unit says twice itself is no second unit; units that said nothing
 * share nothing. */
static void
test_silent_units(void **state)
{
	(void)state;
	report[0].identity.slot[2] = report[0].identity.slot[0];
	for (size_t i = 1; i < 3; i++) {
		memset(&report[i], 0, sizeof(report[i]));
		identity_init(&report[i].identity);
		report[i].verdict = ST_LINK_OPEN;
	}
	look();
	assert_line(0, ST_OK, ALONE);
	assert_line(3, ST_OK, ALONE);
	for (size_t i = 1; i < 3; i++) {
		assert_int_equal(report[i].line_count, 0);
		assert_int_equal(report[i].verdict, ST_LINK_OPEN);
	}
}

/* A bad unit is still one of the two. */
static void
test_takes_the_place_of_another_verdict(void **state)
{
	(void)state;
	report[1].verdict = ST_VERIFY_CANARY;
	report[1].hello.chip = report[0].hello.chip;
	look();
	assert_line(0, ST_VERIFY_TWICE, "unit 12 shows the same chip id");
	assert_line(1, ST_VERIFY_TWICE, "unit 11 shows the same chip id");
}

/* Every line that a unit can get has room, and this one after them. */
static void
test_has_room(void **state)
{
	(void)state;
	for (int i = 0; i < VERIFY_LINES_MAX - 1; i++)
		verify_note(&report[0], "x", VERIFY_GOOD, ST_OK, "");
	look();
	assert_int_equal(report[0].line_count, VERIFY_LINES_MAX);
	assert_string_equal(report[0].line[VERIFY_LINES_MAX - 1].check,
			    "unique");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_all_differ, set_up),
		cmocka_unit_test_setup(test_same_imei_in_any_slot, set_up),
		cmocka_unit_test_setup(test_same_chip, set_up),
		cmocka_unit_test_setup(test_three_of_one_kind, set_up),
		cmocka_unit_test_setup(test_chips_are_compared_whole, set_up),
		cmocka_unit_test_setup(test_silent_units, set_up),
		cmocka_unit_test_setup(test_takes_the_place_of_another_verdict,
				       set_up),
		cmocka_unit_test_setup(test_has_room, set_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
