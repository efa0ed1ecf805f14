/* SPDX-License-Identifier: Apache-2.0 */
/* ledger_check finds what was done to the file past every guard, and where. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "support/ledgers.h"

#include <cmocka.h>

/* The first thing that is wrong. */
struct wrong {
	char what[40];
	char place[160];
	unsigned int looks;
};

static void
take_look(void *ctx, const struct ledger_look *look)
{
	struct wrong *wrong = ctx;

	wrong->looks++;
	if (look->status == ST_OK) {
		assert_string_equal(look->place, "");
	} else if (wrong->what[0] == '\0') {
		(void)snprintf(wrong->what, sizeof(wrong->what), "%s",
			       look->what);
		(void)snprintf(wrong->place, sizeof(wrong->place), "%s",
			       look->place);
	}
}

/* Units in every state, links, boards, remainders, skipped numbers. */
static void
fill(struct ledgers *l)
{
	struct interval more =
		interval_of(BODY(TAC_A + 1, 0), BODY(TAC_A + 1, 99));
	struct chip_id first = chip_of(1), second = chip_of(2);
	struct public_key key = key_of(7);
	struct chip_id seventh = chip_of(7);
	struct ledger_binding binding = {MODEL, 2, &seventh, &key, "B-7", NULL};
	struct chain_head reg = {3, {{3}}};
	struct ledger_unit unit;
	enum status told = ST_FRAME_CRC;

	ledgers_fill(l, 7);
	assert_int_equal(ledger_add_interval(l->ledger, &tester, MODEL, &more),
			 ST_OK);
	for (unsigned int n = 1; n <= 6; n++)
		ledgers_bring(l, n,
			      (enum number_state)(NUMBER_SCRAPPED + 1 - n));
	assert_int_equal(ledger_see(l->ledger, &tester, &second, STATE_LOCKED,
				    60),
			 ST_OK);
	assert_int_equal(ledger_bind(l->ledger, &tester, &binding, &unit),
			 ST_OK);
	assert_int_equal(ledger_replace(l->ledger, &tester, &decided, &first,
					&seventh),
			 ST_OK);
	assert_int_equal(ledger_outcome(l->ledger, &tester, &second, true,
					&told),
			 ST_OK);
	assert_int_equal(ledger_skip_to(l->ledger, &tester, &more,
					(struct imei){BODY(TAC_A + 1, 9)}),
			 ST_OK);
	assert_int_equal(ledger_remember_register(l->ledger, &reg), ST_OK);
}

static void
test_good(void **state)
{
	struct ledgers *l = *state;
	struct wrong wrong = {.looks = 0};

	assert_int_equal(ledger_check(l->ledger, take_look, &wrong), ST_OK);
	fill(l);
	wrong.looks = 0;
	UNCHANGED(l, ledger_check(l->ledger, take_look, &wrong), ST_OK);
	assert_int_equal(wrong.looks, 15);
	assert_string_equal(wrong.what, "");
	assert_int_equal(ledgers_check(l), 0);
}

/* Run sql with every trigger out of the way, and put them back. */
static void
tamper(struct ledgers *l, const char *sql)
{
	struct ledger *other;
	char script[4000];
	int len = snprintf(
		script, sizeof(script),
		"PRAGMA foreign_keys = OFF; PRAGMA ignore_check_constraints ="
		" ON; PRAGMA writable_schema = ON; BEGIN;"
		" CREATE TEMP TABLE kept AS SELECT * FROM sqlite_schema"
		" WHERE type = 'trigger';"
		" DELETE FROM sqlite_schema WHERE type = 'trigger'; COMMIT;"
		" PRAGMA writable_schema = RESET; %s;"
		" PRAGMA writable_schema = ON; INSERT INTO sqlite_schema"
		" SELECT * FROM kept; PRAGMA writable_schema = RESET",
		sql);
	const char *said;

	assert_in_range(len, 1, sizeof(script) - 1);
	said = raw_sql(l->path, script);
	if (said != NULL)
		fail_msg("%s: %s", sql, said);
	assert_int_equal(ledger_open_read(&other, l->path), ST_OK);
	ledger_close(other);
}

static void
test_tampered(void **state)
{
	static const struct {
		const char *sql;
		enum status status;
		const char *what;
		const char *place;
	} ways[] = {
		{"UPDATE event SET operator = 'x' WHERE number = 4",
		 ST_LEDGER_CHAIN, "chain", "event 4"},
		{"DELETE FROM event WHERE number = 7", ST_LEDGER_CHAIN, "chain",
		 "event 7"},
		{"UPDATE number SET state = 'verified' WHERE unit = 4",
		 ST_LEDGER_ROWS, "numbers", "number 00101700****04, event"},
		{"UPDATE number SET before = 'locked' WHERE state ="
		 " 'quarantined' AND unit = 2",
		 ST_LEDGER_ROWS, "numbers", "number 00101700****02"},
		{"UPDATE number SET event = event - 1 WHERE unit = 3",
		 ST_LEDGER_ROWS, "numbers", "number 00101700****03"},
		{"DELETE FROM number WHERE body = 101701000008", ST_LEDGER_ROWS,
		 "numbers", "event"},
		{"DELETE FROM number WHERE unit = 3", ST_LEDGER_ROWS, "units",
		 "unit 3"},
		{"UPDATE number SET body = body + 500 WHERE unit = 6",
		 ST_LEDGER_ROWS, "units", "unit 6"},
		{"UPDATE unit SET device_key = zeroblob(64) WHERE number = 5",
		 ST_LEDGER_ROWS, "units", "unit 5"},
		{"UPDATE unit SET model = 'm' WHERE number = 5", ST_LEDGER_ROWS,
		 "units", "unit 5"},
		{"UPDATE unit SET seen = 9 WHERE number = 5", ST_LEDGER_ROWS,
		 "seen", "unit 5"},
		{"UPDATE unit SET burnt_words = 59 WHERE number = 2",
		 ST_LEDGER_ROWS, "seen", "unit 2"},
		{"UPDATE unit SET record = x'00' WHERE number = 3",
		 ST_LEDGER_ROWS, "records", "unit 3"},
		{"UPDATE unit SET record = NULL, record_cert = NULL"
		 " WHERE number = 3",
		 ST_LEDGER_ROWS, "records", "unit 3"},
		{"UPDATE unit SET board = 'B-8' WHERE number = 7",
		 ST_LEDGER_ROWS, "boards", "unit 7"},
		{"UPDATE attempt SET retries = 2", ST_LEDGER_ROWS, "attempts",
		 "chip c1000000"},
		{"DELETE FROM attempt", ST_LEDGER_ROWS, "attempts", "event"},
		{"DELETE FROM replacement", ST_LEDGER_ROWS, "replacements",
		 "event"},
		{"UPDATE replacement SET chip = x'c2c2c2c2c2c2c2c2'",
		 ST_LEDGER_ROWS, "replacements", "unit 1"},
		{"UPDATE register SET count = 4", ST_LEDGER_ROWS, "register",
		 "event"},
		{"UPDATE interval SET last = last + 1 WHERE number = 2",
		 ST_LEDGER_ROWS, "intervals", "interval 2"},
		{"DELETE FROM interval WHERE number = 2", ST_LEDGER_ROWS,
		 "intervals", "event 3"},
		{"UPDATE ledger SET class = 'production'", ST_LEDGER_ROWS, "id",
		 "event 1"},
		{"UPDATE unit SET event = 999 WHERE number = 1",
		 ST_LEDGER_FAILED, "links", "table unit, row 1"},
	};
	struct ledgers *l = NULL;

	(void)state;
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		struct wrong wrong = {.looks = 0};

		assert_int_equal(ledgers_setup((void **)&l), 0);
		fill(l);
		tamper(l, ways[i].sql);
		UNCHANGED(l, ledger_check(l->ledger, take_look, &wrong),
			  ways[i].status);
		if (strcmp(wrong.what, ways[i].what) != 0 ||
		    strncmp(wrong.place, ways[i].place,
			    strlen(ways[i].place)) != 0)
			fail_msg("%s: %s: %s", ways[i].sql, wrong.what,
				 wrong.place);
		assert_int_equal(wrong.looks, 15);
		assert_int_equal(ledgers_teardown((void **)&l), 0);
	}
}

/* A move that no state allows, with an event that says so and a true chain. */
static void
test_illegal_move(void **state)
{
	struct ledgers *l = *state;
	struct wrong wrong = {.looks = 0};

	ledgers_fill(l, 7);
	ledgers_bring(l, 1, NUMBER_SCRAPPED);
	tamper(l, "INSERT INTO event SELECT max(number) + 1, 0, 'verified', '',"
		  " 0, '', (SELECT chip FROM unit), NULL, '{}', zeroblob(32)"
		  " FROM event; UPDATE number SET state = 'verified',"
		  " event = (SELECT max(number) FROM event)");
	assert_int_equal(ledger_check(l->ledger, take_look, &wrong),
			 ST_LEDGER_CHAIN);
	assert_int_not_equal(ledgers_check(l), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_LEDGER(test_good),
		cmocka_unit_test(test_tampered),
		WITH_LEDGER(test_illegal_move),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
