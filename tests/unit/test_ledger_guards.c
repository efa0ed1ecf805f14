/* SPDX-License-Identifier: Apache-2.0 */
/* What the database itself keeps, tried by raw SQL past the tool's code. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "support/ledgers.h"

#include <cmocka.h>

struct way {
	const char *sql;
	const char *why;
};

static void
refuse_all(struct ledgers *l, const struct way *way, size_t count)
{
	ledgers_fill(l, 1000);
	(void)ledgers_ticket(l, 1, 2);
	ledgers_bring(l, 2, NUMBER_LOCKED);
	for (size_t i = 0; i < count; i++)
		raw_refused(l, way[i].sql, way[i].why);
	assert_int_equal(ledgers_check(l), 0);
}

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* P12 */
static void
test_events_stay(void **state)
{
	static const struct way ways[] = {
		{"UPDATE event SET operator = 'Bob'", "never changed"},
		{"UPDATE event SET hash = zeroblob(32) WHERE number = 1",
		 "never changed"},
		{"UPDATE OR REPLACE event SET number = 1 WHERE number = 2",
		 "never changed"},
		{"DELETE FROM event WHERE number = 1", "never removed"},
		{"DELETE FROM event", "never removed"},
		{"INSERT OR REPLACE INTO event VALUES (1, 0, 'x', '', 0, '',"
		 " NULL, NULL, '{}', zeroblob(32))",
		 "one after another"},
		{"INSERT INTO event VALUES (99, 0, 'x', '', 0, '', NULL, NULL,"
		 " '{}', zeroblob(32))",
		 "one after another"},
		{"INSERT INTO event SELECT max(number) + 1, 0, 'x', '', 0, '',"
		 " NULL, NULL, 'no json', zeroblob(32) FROM event",
		 "CHECK"},
		{"INSERT INTO event SELECT max(number) + 1, 0, 'x', '', 0, '',"
		 " NULL, NULL, '{}', zeroblob(31) FROM event",
		 "CHECK"},
	};

	refuse_all(*state, ways, COUNT(ways));
}

/* P1, P2 */
static void
test_bindings_stay(void **state)
{
	static const struct way ways[] = {
		{"UPDATE number SET unit = 2, event = " LAST
		 " WHERE body = 101700000001",
		 "keeps its unit"},
		{"UPDATE OR REPLACE number SET unit = 2, slot = 1,"
		 " event = " LAST " WHERE body = 101700000001",
		 "keeps its unit"},
		{"UPDATE number SET slot = 3, event = " LAST
		 " WHERE body = 101700000001",
		 "keeps its unit"},
		{"UPDATE number SET body = 101700000900, event = " LAST
		 " WHERE body = 101700000001",
		 "keeps its unit"},
		{"UPDATE unit SET chip = x'aaaaaaaaaaaaaaaa', event = " LAST
		 " WHERE number = 1",
		 "a unit keeps"},
		{"UPDATE OR REPLACE unit SET chip = (SELECT chip FROM unit"
		 " WHERE number = 2), event = " LAST " WHERE number = 1",
		 "a unit keeps"},
		{"UPDATE unit SET device_key = zeroblob(64), event = " LAST
		 " WHERE number = 1",
		 "a unit keeps"},
		{"UPDATE unit SET model = 'other', event = " LAST
		 " WHERE number = 1",
		 "a unit keeps"},
		{"UPDATE unit SET slots = 1, event = " LAST " WHERE number = 1",
		 "a unit keeps"},
		{"UPDATE unit SET primary_slot = 2, event = " LAST
		 " WHERE number = 1",
		 "a unit keeps"},
		{"DELETE FROM number WHERE body = 101700000001",
		 "not given back"},
		{"DELETE FROM number", "not given back"},
		{"DELETE FROM unit", "never removed"},
		{"INSERT OR REPLACE INTO unit SELECT number, chip, zeroblob(64),"
		 " model, slots, primary_slot, seen, burnt_words, record,"
		 " record_cert, board, " LAST " FROM unit WHERE number = 1",
		 "numbered in order"},
		{"INSERT OR REPLACE INTO unit SELECT 3, chip, zeroblob(64),"
		 " model, slots, primary_slot, seen, burnt_words, record,"
		 " record_cert, board, " LAST " FROM unit WHERE number = 1",
		 "is another unit's"},
		{"INSERT OR REPLACE INTO unit SELECT 3, x'aaaaaaaaaaaaaaaa',"
		 " device_key, model, slots, primary_slot, seen, burnt_words,"
		 " record, record_cert, board, " LAST
		 " FROM unit WHERE number = 1",
		 "is another unit's"},
	};

	refuse_all(*state, ways, COUNT(ways));
}

static void
test_units_are_whole(void **state)
{
	static const struct way ways[] = {
		/* a number more than the unit has slots, or past its ticket */
		{"INSERT INTO number VALUES (101700000900, 'ticketed', NULL,"
		 " 1, 3, " LAST ")",
		 "does not fit"},
		{EVENT_OF(
			 "(SELECT chip FROM unit WHERE number = 2)") "INSERT INTO number VALUES (101700000004, 'ticketed', NULL,"
								     " 2, 2, " LAST
								     ")",
		 "does not fit"},
		/* another model's number */
		{"INSERT INTO number VALUES (101799999999, 'leased', NULL,"
		 " NULL, NULL, " LAST ")",
		 "LEDGER_INTERVAL"},
		/* not bound, or bound without a ticket */
		{"INSERT INTO number VALUES (101700000900, 'ticketed', NULL,"
		 " NULL, NULL, " LAST ")",
		 "CHECK"},
		{"INSERT INTO number VALUES (101700000900, 'written', NULL,"
		 " 1, 3, " LAST ")",
		 "not a move of a free number"},
		{"INSERT INTO number VALUES (101700000900, 'free', NULL,"
		 " NULL, NULL, " LAST ")",
		 "LEDGER_MOVE"},
		{"INSERT INTO number VALUES (101700000900, 'scrapped', NULL,"
		 " 1, 3, " LAST ")",
		 "not a move of a free number"},
		{"INSERT INTO number VALUES (0, 'leased', NULL, NULL, NULL,"
		 " " LAST ")",
		 "LEDGER_INTERVAL"},
		/* written without a record */
		{"UPDATE number SET state = 'written', event = " LAST
		 " WHERE unit = 1",
		 "whole and has a record"},
		/* chips that are refused everywhere */
		{EVENT_OF(
			 "zeroblob(8)") "INSERT INTO unit VALUES (3, zeroblob(8), zeroblob(64), 'm',"
					" 1, 1, 1, 0, NULL, NULL, NULL, " LAST
					")",
		 "CHECK"},
		{EVENT_OF(
			 "x'ffffffffffffffff'") "INSERT INTO unit VALUES (3, x'ffffffffffffffff',"
						" zeroblob(64), 'm', 1, 1, 1, 0, NULL, NULL, NULL, " LAST
						")",
		 "CHECK"},
	};

	refuse_all(*state, ways, COUNT(ways));
}

#define TWO_SLOTS                                                              \
	EVENT_OF("x'c3c3c3c3c3c3c3c3'")                                        \
	"INSERT INTO unit VALUES (1, x'c3c3c3c3c3c3c3c3', zeroblob(64),"       \
	" 'model-a', 2, 1, 1, 0, x'11', x'22', NULL, " LAST "); "
#define NUMBERS(first, second)                                                 \
	"INSERT INTO number VALUES (" first ", 'ticketed', NULL, 1, 1, " LAST  \
	"); "                                                                  \
	"INSERT INTO number VALUES (" second ", 'ticketed', NULL, 1, 2, " LAST \
	"); "
#define WRITE                                                                  \
	EVENT_OF("x'c3c3c3c3c3c3c3c3'")                                        \
	"UPDATE number SET state = 'written', event = " LAST

/* The numbers of a unit are neighbours within one TAC, in slot order. */
static void
test_neighbours(void **state)
{
	struct ledgers *l = *state;
	struct interval end = interval_of(BODY(TAC_A, 999990),
					  BODY(TAC_A, 999999)),
			next = interval_of(BODY(TAC_A + 1, 0),
					   BODY(TAC_A + 1, 9));

	ledgers_fill(l, 1000);
	assert_int_equal(ledger_add_interval(l->ledger, &tester, MODEL, &end),
			 ST_OK);
	assert_int_equal(ledger_add_interval(l->ledger, &tester, MODEL, &next),
			 ST_OK);
	raw_allowed(l, TWO_SLOTS NUMBERS("101700000900", "101700000901") WRITE);
	raw_refused(l, TWO_SLOTS NUMBERS("101700000900", "101700000902"),
		    "does not fit");
	raw_refused(l, TWO_SLOTS NUMBERS("101700000901", "101700000900"),
		    "does not fit");
	raw_refused(l, TWO_SLOTS NUMBERS("101700999999", "101701000000"),
		    "does not fit");
	raw_refused(l,
		    TWO_SLOTS
		    "INSERT INTO number VALUES (101700000900, 'ticketed',"
		    " NULL, 1, 1, " LAST "); " WRITE,
		    "whole and has a record");
	raw_refused(
		l,
		TWO_SLOTS NUMBERS("101700000900", "101700000901") EVENT_OF(
			"x'c3c3c3c3c3c3c3c3'") "INSERT INTO number VALUES (101700000902, 'ticketed', NULL, 1,"
					       " 2, " LAST ")",
		"the slot has a number");
}

#define LEASED(body)                                                           \
	"INSERT INTO number VALUES (" body                                     \
	", 'leased', NULL, NULL, NULL, " LAST "); "
#define EVENT_3 EVENT_OF("x'c3c3c3c3c3c3c3c3'")
#define BIND(body, slot)                                                       \
	EVENT_3 "UPDATE OR REPLACE number SET state = 'ticketed', unit = 1,"   \
		" slot = " slot ", event = " LAST " WHERE body = " body "; "
#define QUARANTINE                                                             \
	EVENT_3 "UPDATE number SET state = 'quarantined', before = state,"     \
		" event = " LAST " WHERE unit = 1; " EVENT_3
#define TWO_LEASED(second) TWO_SLOTS LEASED("101700000900") LEASED(second)

/* A number that was leased is bound by the same rules as a free one. */
static void
test_binding_leased(void **state)
{
	struct ledgers *l = *state;

	ledgers_fill(l, 1000);
	raw_allowed(l, TWO_LEASED("101700000901") BIND("101700000900", "1")
			       BIND("101700000901", "2") WRITE);
	raw_refused(l,
		    TWO_LEASED("101700000902") BIND("101700000900", "1")
			    BIND("101700000902", "2"),
		    "does not fit");
	raw_refused(l,
		    TWO_LEASED("101700000901") BIND("101700000900", "1")
			    BIND("101700000901", "1"),
		    "the slot has a number");
	raw_refused(l,
		    TWO_LEASED("101700000901") BIND("101700000900", "1")
			    QUARANTINE BIND("101700000901", "2"),
		    "past its ticket");
	raw_refused(l,
		    TWO_LEASED("101700000901") BIND("101700000900", "1")
			    QUARANTINE
		    "INSERT INTO number VALUES (101700000902, 'ticketed',"
		    " NULL, 1, 2, " LAST ")",
		    "");
	raw_refused(l,
		    TWO_SLOTS "INSERT INTO number VALUES (101700000900,"
			      " 'ticketed', NULL, 1, 1, " LAST "); " QUARANTINE
			      "INSERT INTO number VALUES (101700000901,"
			      " 'ticketed', NULL, 1, 2, " LAST ")",
		    "past its ticket");
}

/* REPLACE removes rows without a word, so each insert looks for itself. */
static void
test_replace(void **state)
{
	struct ledgers *l = *state;

	ledgers_fill(l, 1000);
	(void)ledgers_ticket(l, 1, 1);
	raw_refused(l,
		    "INSERT OR REPLACE INTO number VALUES (101700000900,"
		    " 'ticketed', NULL, 1, 1, " LAST ")",
		    "the slot has a number");
	raw_refused(l,
		    "INSERT INTO number VALUES (101700000900, 'scrapped',"
		    " NULL, NULL, NULL, " LAST
		    "); INSERT OR REPLACE INTO number VALUES (101700000900,"
		    " 'leased', NULL, NULL, NULL, " LAST ")",
		    "not free");
}

static void
test_what_was_seen_stays(void **state)
{
	static const struct way ways[] = {
		{EVENT_OF(
			 "(SELECT chip FROM unit WHERE number = 2)") "UPDATE unit SET record = x'33', event = " LAST
								     " WHERE number = 2",
		 "a record is kept"},
		{EVENT_OF(
			 "(SELECT chip FROM unit WHERE number = 2)") "UPDATE unit SET record = NULL, record_cert = NULL,"
								     " event = " LAST
								     " WHERE number = 2",
		 "a record is kept"},
		{"UPDATE unit SET seen = 0, event = " LAST " WHERE number = 1",
		 "not taken back"},
		{"UPDATE unit SET burnt_words = -1, event = " LAST
		 " WHERE number = 1",
		 "not taken back"},
	};

	refuse_all(*state, ways, COUNT(ways));
}

static void
test_the_rest_stays(void **state)
{
	static const struct way ways[] = {
		{"UPDATE ledger SET class = 'production'", "keeps its id"},
		{"UPDATE ledger SET id = zeroblob(16)", "keeps its id"},
		{"DELETE FROM ledger", "keeps its id"},
		{"INSERT OR REPLACE INTO ledger VALUES (1, zeroblob(16),"
		 " 'production')",
		 "one id"},
		{"UPDATE interval SET last = 101700001999", "never changed"},
		{"DELETE FROM interval", "never removed"},
		{"INSERT OR REPLACE INTO interval VALUES (1, 'model-a',"
		 " 101800000000, 101800000009, " LAST ")",
		 "numbered in order"},
		{"INSERT INTO interval VALUES (2, 'model-a', 101700001000,"
		 " 101700002000, " LAST ")",
		 "LEDGER_OVERLAP"},
		{"INSERT INTO interval VALUES (2, 'other', 101700002000,"
		 " 101700003000, " LAST ")",
		 "LEDGER_TAC_MODEL"},
		{"INSERT INTO interval VALUES (2, 'other', 35170000002000,"
		 " 35170000003000, " LAST ")",
		 "LEDGER_TEST_TAC"},
		{"UPDATE register SET count = 0, event = " LAST, "only grows"},
		{"DELETE FROM register", "never removed"},
		{"INSERT OR REPLACE INTO register VALUES (1, 9, zeroblob(32),"
		 " " LAST ")",
		 "one register"},
	};

	refuse_all(*state, ways, COUNT(ways));
}

static void
test_attempts(void **state)
{
	struct ledgers *l = *state;
	struct chip_id chip = chip_of(1);
	enum status told = ST_FRAME_CRC;

	ledgers_fill(l, 10);
	(void)ledgers_ticket(l, 1, 1);
	assert_int_equal(ledger_outcome(l->ledger, &tester, &chip, true, &told),
			 ST_OK);
	raw_allowed(l, "UPDATE attempt SET retries = 2, event = " LAST);
	raw_allowed(l, "UPDATE attempt SET retries = 0, event = " LAST);
	raw_refused(l, "UPDATE attempt SET retries = 3, event = " LAST,
		    "up by one or to zero");
	raw_refused(l, "UPDATE attempt SET retries = -1, event = " LAST,
		    "up by one or to zero");
	raw_refused(l, "DELETE FROM attempt", "never removed");
	raw_refused(l,
		    "INSERT OR REPLACE INTO attempt SELECT chip, 0, " LAST
		    " FROM attempt",
		    "counted already");
}

/* No change without an event of its own, about the same chip. */
static void
test_needs_an_event(void **state)
{
	static const char *const changes[] = {
		"UPDATE number SET state = 'verified'",
		"UPDATE number SET state = 'verified', event = " LAST " - 1",
		"UPDATE number SET state = 'verified', event = " LAST " + 1",
		"UPDATE unit SET seen = 9",
		"UPDATE register SET count = 7",
		"INSERT INTO number VALUES (101700000900, 'leased', NULL,"
		" NULL, NULL, 1)",
		"INSERT INTO interval VALUES (2, 'model-a', 101800000000,"
		" 101800000009, 1)",
		"INSERT INTO attempt VALUES (x'aaaaaaaaaaaaaaaa', 1, 1)",
		"UPDATE attempt SET retries = 2",
		"INSERT INTO unit VALUES (2, x'aaaaaaaaaaaaaaaa', zeroblob(64),"
		" 'model-a', 1, 1, 1, 0, NULL, NULL, NULL, " LAST ")",
	};
	struct ledgers *l = *state;
	struct chip_id chip = chip_of(1);
	enum status told = ST_FRAME_CRC;

	ledgers_fill(l, 1000);
	ledgers_bring(l, 1, NUMBER_LOCKED);
	assert_int_equal(ledger_outcome(l->ledger, &tester, &chip, true, &told),
			 ST_OK);
	for (size_t i = 0; i < COUNT(changes); i++)
		raw_refused(l, changes[i], "needs its own event");
	raw_refused(
		l,
		EVENT_OF(
			"x'aaaaaaaaaaaaaaaa'") "UPDATE number SET state = 'verified', event = " LAST,
		"needs its own event");
	raw_refused(
		l,
		EVENT_OF(
			"x'aaaaaaaaaaaaaaaa'") "UPDATE unit SET seen = 9, event = " LAST,
		"needs its own event");
	raw_allowed(l, "UPDATE number SET state = 'verified', event = " LAST);
	raw_refused(l,
		    "UPDATE number SET state = 'quarantined',"
		    " before = 'verified', event = " LAST,
		    "remembers where it was");
	raw_allowed(l, "UPDATE unit SET seen = 9, event = " LAST);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_LEDGER(test_events_stay),
		WITH_LEDGER(test_bindings_stay),
		WITH_LEDGER(test_units_are_whole),
		WITH_LEDGER(test_neighbours),
		WITH_LEDGER(test_binding_leased),
		WITH_LEDGER(test_replace),
		WITH_LEDGER(test_what_was_seen_stays),
		WITH_LEDGER(test_the_rest_stays),
		WITH_LEDGER(test_attempts),
		WITH_LEDGER(test_needs_an_event),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
