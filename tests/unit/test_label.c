/* SPDX-License-Identifier: Apache-2.0 */
/* What a scanner types. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "watch/label.h"

#include <cmocka.h>

#define ONE "260531793113837" /* TS 23.003, annex B */
#define ONE_BODY UINT64_C(26053179311383)
#define NEXT "260531793113845"

static void
test_slots(void **state)
{
	static const struct {
		const char *text;
		int slot;
	} good[] = {{"SLOT-3", 3},
		    {"slot:3", 3},
		    {"Slot-32", 32},
		    {" slot-07 ", 7}};
	static const char *const bad[] = {"SLOT-",  "slot:0",	"slot-x",
					  "slot 3", "SLOT-123", "slot-3 4",
					  "3"};
	struct label_scan scan;

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_int_equal(label_parse(&scan, good[i].text), ST_OK);
		assert_int_equal(scan.slot, good[i].slot);
		assert_int_equal(scan.label.count, 0);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_not_equal(label_parse(&scan, bad[i]), ST_OK);
		assert_int_equal(scan.slot, 0);
	}
}

static void
test_numbers(void **state)
{
	static const char *const both[] = {ONE " " NEXT, NEXT "," ONE,
					   ONE "; " NEXT " ", ONE NEXT};
	struct label_scan scan;

	(void)state;
	assert_int_equal(label_parse(&scan, " " ONE "\t"), ST_OK);
	assert_int_equal(scan.slot, 0);
	assert_int_equal(scan.label.count, 1);
	assert_int_equal(scan.label.number[0].body, ONE_BODY);
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(label_parse(&scan, both[i]), ST_OK);
		assert_int_equal(scan.label.count, 2);
		assert_int_equal(scan.label.number[0].body, ONE_BODY);
		assert_int_equal(scan.label.number[1].body, ONE_BODY + 1);
	}
	assert_int_equal(label_parse(&scan, both[3]), ST_IMEI_FORMAT);
	/* scanned twice */
	assert_int_equal(label_parse(&scan, ONE " " ONE), ST_OK);
	assert_int_equal(scan.label.count, 1);
}

static void
test_refused(void **state)
{
	static const struct {
		const char *text;
		enum status code;
	} bad[] = {
		{"", ST_STATION_SCAN},
		{"  ", ST_STATION_SCAN},
		{"hello", ST_STATION_SCAN},
		{"26053179311383x", ST_STATION_SCAN},
		{"IMEI:" ONE, ST_STATION_SCAN},
		{"\033[A", ST_STATION_SCAN},
		{"260531793113838", ST_IMEI_CHECK},
		{"260531793113830", ST_IMEI_SPARE},
		{"26053179311383", ST_IMEI_FORMAT},
		{"000000000000000", ST_IMEI_ZERO},
		{ONE " 1", ST_IMEI_FORMAT},
		{ONE " SLOT-3", ST_STATION_SCAN},
		{"260531793113837 260531793113845 260531793113852 "
		 "260531793113860 260531793113878",
		 ST_LEDGER_LABEL_PAIR},
	};
	struct label_scan scan;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(label_parse(&scan, bad[i].text), bad[i].code);
		assert_int_equal(scan.label.count, 0);
	}
}

static void
test_lines(void **state)
{
	static const char typed[] = "SLOT-1\r\n\n" ONE "\rx";
	struct label_lines lines = {.len = 0};
	const char *line = NULL;
	int count = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(typed) - 1; i++) {
		line = label_lines_take(&lines, typed[i]);
		if (line != NULL)
			assert_string_equal(line,
					    count++ == 0 ? "SLOT-1" : ONE);
	}
	assert_int_equal(count, 2);
	/* longer than any label, and it is none */
	for (int i = 0; i < 1000; i++)
		assert_null(label_lines_take(&lines, '1'));
	line = label_lines_take(&lines, '\n');
	assert_int_equal(strlen(line), LABEL_LINE_MAX);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_slots),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
