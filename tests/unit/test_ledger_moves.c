/* SPDX-License-Identifier: Apache-2.0 */
/* Every pair of states, tried by raw SQL past all of the tool's code. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "support/ledgers.h"

#include <cmocka.h>

/* The table of docs/ledger.md: may a number go from one state to another? */
static bool
is_legal(enum number_state from, enum number_state to)
{
	static const enum number_state legal[][2] = {
		{NUMBER_FREE, NUMBER_LEASED},
		{NUMBER_FREE, NUMBER_RESERVED},
		{NUMBER_FREE, NUMBER_TICKETED},
		{NUMBER_FREE, NUMBER_QUARANTINED},
		{NUMBER_FREE, NUMBER_SCRAPPED},
		{NUMBER_LEASED, NUMBER_FREE},
		{NUMBER_LEASED, NUMBER_RESERVED},
		{NUMBER_LEASED, NUMBER_TICKETED},
		{NUMBER_LEASED, NUMBER_SCRAPPED},
		{NUMBER_RESERVED, NUMBER_FREE},
		{NUMBER_RESERVED, NUMBER_LEASED},
		{NUMBER_RESERVED, NUMBER_TICKETED},
		{NUMBER_RESERVED, NUMBER_SCRAPPED},
		{NUMBER_TICKETED, NUMBER_WRITTEN},
		{NUMBER_TICKETED, NUMBER_QUARANTINED},
		{NUMBER_WRITTEN, NUMBER_LOCKED},
		{NUMBER_WRITTEN, NUMBER_QUARANTINED},
		{NUMBER_LOCKED, NUMBER_VERIFIED},
		{NUMBER_LOCKED, NUMBER_QUARANTINED},
		{NUMBER_VERIFIED, NUMBER_QUARANTINED},
		{NUMBER_QUARANTINED, NUMBER_SCRAPPED},
	};

	for (size_t i = 0; i < sizeof(legal) / sizeof(legal[0]); i++)
		if (legal[i][0] == from && legal[i][1] == to)
			return true;
	return false;
}

/* Put the free number 900 of TAC_A into state: a unit's by the tool. */
static void
prepare(struct ledgers *l, enum number_state from)
{
	char sql[300];

	ledgers_bring(l, 1, from >= NUMBER_TICKETED ? from : NUMBER_TICKETED);
	if (from >= NUMBER_TICKETED || from == NUMBER_FREE)
		return;
	(void)snprintf(sql, sizeof(sql),
		       EVENT "INSERT INTO number (body, state, event) VALUES"
			     " (101700000900, '%s', " LAST ")",
		       number_state_name(from));
	assert_null(raw_sql(l->path, sql));
}

static void
move_sql(char *sql, size_t size, enum number_state from, enum number_state to)
{
	const char *body = from >= NUMBER_TICKETED ? "101700000001"
						   : "101700000900";
	bool is_bound = from >= NUMBER_TICKETED;
	bool is_binding = !is_bound && to >= NUMBER_TICKETED &&
			  to <= NUMBER_VERIFIED;
	const char *unit = is_binding ? "2" : "NULL";
	const char *slot = is_binding ? "1" : "NULL";
	char before[40] = "NULL";

	if (to == NUMBER_QUARANTINED)
		(void)snprintf(before, sizeof(before), "'%s'",
			       number_state_name(from));
	if (to == NUMBER_FREE)
		(void)snprintf(sql, size, "DELETE FROM number WHERE body = %s",
			       body);
	else if (from == NUMBER_FREE)
		(void)snprintf(sql, size,
			       "%sINSERT INTO number VALUES"
			       " (%s, '%s', %s, %s, %s, " LAST ")",
			       is_binding ? NEW_UNIT : "", body,
			       number_state_name(to), before, unit, slot);
	else
		(void)snprintf(sql, size,
			       "%sUPDATE number SET state = '%s', before = %s,"
			       " unit = %s, slot = %s, event = " LAST
			       " WHERE body = %s",
			       is_binding ? NEW_UNIT : "",
			       number_state_name(to), before,
			       is_bound ? "unit" : unit,
			       is_bound ? "slot" : slot, body);
}

/* Every pair of states but those of quarantine back, which test_quarantine
 * has; ticketed has a record, so that only the move is in question. */
static void
test_every_move(void **state)
{
	struct ledgers *l = NULL;
	char sql[1500];

	(void)state;
	for (int from = NUMBER_FREE; from < NUMBER_STATES; from++) {
		assert_int_equal(ledgers_setup((void **)&l), 0);
		ledgers_fill(l, 1000);
		prepare(l, (enum number_state)from);
		if (from == NUMBER_TICKETED)
			assert_null(
				raw_sql(l->path, EVENT
					"UPDATE unit SET record = x'11',"
					" record_cert = x'22', event = " LAST));
		for (int to = NUMBER_FREE; to < NUMBER_STATES; to++) {
			if (from == NUMBER_FREE && to == NUMBER_FREE)
				continue;
			if (from == NUMBER_QUARANTINED && to == NUMBER_VERIFIED)
				continue;
			move_sql(sql, sizeof(sql), (enum number_state)from,
				 (enum number_state)to);
			if (is_legal((enum number_state)from,
				     (enum number_state)to))
				raw_allowed(l, sql);
			else
				raw_refused(l, sql, "");
		}
		assert_int_equal(ledgers_teardown((void **)&l), 0);
	}
}

/* Back to where it was, and to nowhere else. */
static void
test_quarantine(void **state)
{
	static const enum number_state live[] = {NUMBER_TICKETED,
						 NUMBER_WRITTEN, NUMBER_LOCKED,
						 NUMBER_VERIFIED};
	struct ledgers *l = *state;
	char sql[300];

	ledgers_fill(l, 1000);
	for (unsigned int i = 0; i < 4; i++) {
		struct chip_id chip = chip_of(i);

		ledgers_bring(l, i, live[i]);
		assert_int_equal(ledger_move(l->ledger, &tester, &chip,
					     NUMBER_QUARANTINED, ST_OTP_INEXACT,
					     bytes_of(NULL, 0)),
				 ST_OK);
		for (unsigned int k = 0; k < 4; k++) {
			(void)snprintf(
				sql, sizeof(sql),
				EVENT_OF(
					"(SELECT chip FROM unit"
					" WHERE number = %u)") "UPDATE number SET state = '%s',"
							       " before = NULL, event = " LAST
							       " WHERE unit = %u",
				i + 1, number_state_name(live[k]), i + 1);
			if (i == k)
				raw_allowed(l, sql);
			else
				raw_refused(l, sql, "not a legal move");
		}
	}
	raw_refused(l,
		    "UPDATE number SET before = 'locked', event = " LAST
		    " WHERE unit = 1",
		    "not a legal move");
}

/* A number that was skipped waits for its chip, or is scrapped. */
static void
test_skipped(void **state)
{
	struct ledgers *l = *state;

	ledgers_fill(l, 1000);
	(void)ledgers_ticket(l, 1, 1);
	assert_null(raw_sql(l->path, EVENT
			    "INSERT INTO number VALUES (101700000900,"
			    " 'quarantined', 'free', NULL, NULL, " LAST ")"));
	raw_refused(l, "DELETE FROM number WHERE body = 101700000900",
		    "not given back");
	raw_allowed(l, "UPDATE number SET state = 'scrapped', before = NULL,"
		       " event = " LAST " WHERE body = 101700000900");
	raw_allowed(l, NEW_UNIT
		    "UPDATE number SET state = 'ticketed', before = NULL,"
		    " unit = 2, slot = 1, event = " LAST
		    " WHERE body = 101700000900");
	raw_refused(l,
		    NEW_UNIT
		    "UPDATE number SET state = 'written', before = NULL,"
		    " unit = 2, slot = 1, event = " LAST
		    " WHERE body = 101700000900",
		    "LEDGER_MOVE");
}

static void
test_scrapped_is_the_end(void **state)
{
	static const char *const ways[] = {
		"UPDATE number SET state = 'verified', event = " LAST,
		"UPDATE number SET state = 'quarantined', before = 'scrapped',"
		" event = " LAST,
		"UPDATE number SET state = 'quarantined', before = 'verified',"
		" event = " LAST,
		"UPDATE number SET event = " LAST,
		"UPDATE number SET unit = NULL, slot = NULL, event = " LAST,
		"DELETE FROM number",
		"INSERT OR REPLACE INTO number VALUES (101700000001,"
		" 'ticketed', NULL, 1, 1, " LAST ")",
	};
	struct ledgers *l = *state;

	ledgers_fill(l, 1000);
	ledgers_bring(l, 1, NUMBER_SCRAPPED);
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++)
		raw_refused(l, ways[i], "LEDGER_");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_move),
		WITH_LEDGER(test_quarantine),
		WITH_LEDGER(test_skipped),
		WITH_LEDGER(test_scrapped_is_the_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
