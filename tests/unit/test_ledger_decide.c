/* SPDX-License-Identifier: Apache-2.0 */
/* What people decide: quarantine, release, scrap, replace; and boards. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "support/ledgers.h"

#include <cmocka.h>

static struct ledger_unit
find(struct ledgers *l, unsigned int n)
{
	struct chip_id chip = chip_of(n);
	struct ledger_unit unit;

	assert_int_equal(ledger_find(l->ledger, &chip, &unit), ST_OK);
	return unit;
}

static enum status
quarantine(struct ledgers *l, unsigned int n)
{
	struct chip_id chip = chip_of(n);

	return ledger_quarantine(l->ledger, &tester, &decided, &chip);
}

static enum status
release(struct ledgers *l, unsigned int n, unsigned int key)
{
	struct chip_id chip = chip_of(n);
	struct public_key public = key_of(key);

	return ledger_release(l->ledger, &tester, &decided, &chip, &public);
}

static enum status
scrap(struct ledgers *l, unsigned int n)
{
	struct chip_id chip = chip_of(n);

	return ledger_scrap(l->ledger, &tester, &decided, &chip);
}

static enum status
replace(struct ledgers *l, unsigned int old, unsigned int new_chip)
{
	struct chip_id a = chip_of(old), b = chip_of(new_chip);

	return ledger_replace(l->ledger, &tester, &decided, &a, &b);
}

static enum status
bind(struct ledgers *l, unsigned int n, const char *board)
{
	struct chip_id chip = chip_of(n);
	struct public_key key = key_of(n);
	struct ledger_binding binding = {MODEL, 2, &chip, &key, board, NULL};
	struct ledger_unit unit;
	enum status status = ledger_bind(l->ledger, &tester, &binding, &unit);

	if (status == ST_OK && board != NULL)
		assert_string_equal(unit.board, board);
	return status;
}

/* The detail of the last event. */
static void
take_detail(void *ctx, const struct ledger_event *event)
{
	(void)snprintf(ctx, 500, "%s %s %s", event->kind, event->operator_name,
		       event->detail);
}

static void
assert_last(struct ledgers *l, const char *want)
{
	char text[500] = "";

	assert_int_equal(ledger_history(l->ledger, NULL, take_detail, text),
			 ST_OK);
	assert_string_equal(text, want);
}

/* ---------------------------------------------------------------- decisions */

static void
test_quarantine_and_release(void **state)
{
	static const enum number_state live[] = {NUMBER_TICKETED,
						 NUMBER_WRITTEN, NUMBER_LOCKED,
						 NUMBER_VERIFIED};
	struct ledgers *l = *state;

	ledgers_fill(l, 100);
	UNCHANGED(l, quarantine(l, 1), ST_LEDGER_NONE);
	for (unsigned int n = 0; n < 4; n++) {
		ledgers_bring(l, n, live[n]);
		UNCHANGED(l, release(l, n, n), ST_LEDGER_NOT_QUARANTINED);
		assert_int_equal(quarantine(l, n), ST_OK);
		assert_last(l, "quarantined Ada {\"reason\":\"LE12\","
			       "\"second\":\"Bo\",\"why\":\"board is dead\"}");
		UNCHANGED(l, quarantine(l, n), ST_LEDGER_QUARANTINED);
		assert_int_equal(find(l, n).before, live[n]);
		assert_int_equal(release(l, n, n), ST_OK);
		assert_int_equal(find(l, n).state, live[n]);
		assert_int_equal(find(l, n).before, 0);
	}
	assert_last(l, "released Ada {\"to\":\"verified\",\"second\":\"Bo\","
		       "\"why\":\"board is dead\"}");
	/* P2: another key is told of, and stays where it is */
	assert_int_equal(quarantine(l, 3), ST_OK);
	assert_int_equal(release(l, 3, 4), ST_LEDGER_CHIP_KEY);
	assert_int_equal(find(l, 3).state, NUMBER_QUARANTINED);
	assert_int_equal(ledgers_check(l), 0);
}

/* A unit in the red bin for its retries gets three more. */
static void
test_release_forgives(void **state)
{
	struct ledgers *l = *state;
	struct chip_id chip = chip_of(1);

	ledgers_fill(l, 100);
	(void)ledgers_ticket(l, 1, 1);
	for (unsigned int i = 1; i <= 3; i++) {
		enum status told = ST_OTP_PROGRAM;

		assert_int_equal(ledger_outcome(l->ledger, &tester, &chip, true,
						&told),
				 ST_OK);
		assert_int_equal(told,
				 i < 3 ? ST_OTP_PROGRAM : ST_STATION_REPEATED);
	}
	assert_int_equal(quarantine(l, 1), ST_OK);
	assert_int_equal(find(l, 1).unit_retries, 3);
	assert_int_equal(release(l, 1, 1), ST_OK);
	assert_int_equal(find(l, 1).unit_retries, 0);
	assert_int_equal(ledgers_check(l), 0);
}

static void
test_scrap(void **state)
{
	struct ledgers *l = *state;
	struct chip_id chip = chip_of(1);
	struct public_key key = key_of(1);
	struct ledger_unit unit;
	uint64_t events;

	ledgers_fill(l, 100);
	UNCHANGED(l, scrap(l, 1), ST_LEDGER_NONE);
	ledgers_bring(l, 1, NUMBER_VERIFIED);
	events = ledgers_events(l);
	assert_int_equal(scrap(l, 1), ST_OK);
	assert_int_equal(ledgers_events(l), events + 2);
	assert_last(l, "scrapped Ada {\"second\":\"Bo\","
		       "\"why\":\"board is dead\"}");
	assert_int_equal(find(l, 1).state, NUMBER_SCRAPPED);
	UNCHANGED(l, scrap(l, 1), ST_LEDGER_SCRAPPED);
	UNCHANGED(l, release(l, 1, 1), ST_LEDGER_SCRAPPED);
	UNCHANGED(l, quarantine(l, 1), ST_LEDGER_SCRAPPED);
	UNCHANGED(l,
		  ledger_ticket(l->ledger, &tester, MODEL, 1, &chip, &key,
				&unit),
		  ST_LEDGER_SCRAPPED);
	assert_int_equal(ledgers_check(l), 0);
}

static void
test_two_persons(void **state)
{
	static const struct ledger_decision wrong[] = {
		{"why", ""},	 {"why", "   "},  {"why", "Ada"},
		{"why", "ada "}, {"why", " ADA"}, {"", "Bo"},
		{" ", "Bo"},
	};
	const struct ledger_who nobody = {"", 0, "1"};
	struct ledgers *l = *state;
	struct chip_id chip = chip_of(1), other = chip_of(2);
	struct public_key key = key_of(1);
	char text[LEDGER_WHY_MAX + 2];
	struct ledger_decision longest = {text, "Bo"};

	ledgers_fill(l, 100);
	ledgers_bring(l, 1, NUMBER_QUARANTINED);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		UNCHANGED(l,
			  ledger_release(l->ledger, &tester, &wrong[i], &chip,
					 &key),
			  ST_LEDGER_SECOND);
		UNCHANGED(l, ledger_scrap(l->ledger, &tester, &wrong[i], &chip),
			  ST_LEDGER_SECOND);
		UNCHANGED(l,
			  ledger_replace(l->ledger, &tester, &wrong[i], &chip,
					 &other),
			  ST_LEDGER_SECOND);
	}
	UNCHANGED(l, ledger_scrap(l->ledger, &nobody, &decided, &chip),
		  ST_LEDGER_SECOND);
	UNCHANGED(l, ledger_quarantine(l->ledger, &tester, &wrong[5], &chip),
		  ST_LEDGER_SECOND);
	memset(text, '"', sizeof(text));
	text[LEDGER_WHY_MAX + 1] = '\0';
	UNCHANGED(l, ledger_scrap(l->ledger, &tester, &longest, &chip),
		  ST_LEDGER_SECOND);
	text[LEDGER_WHY_MAX] = '\0';
	assert_int_equal(ledger_scrap(l->ledger, &tester, &longest, &chip),
			 ST_OK);
	assert_int_equal(ledgers_check(l), 0);
}

/* ------------------------------------------------------------------ replace */

static void
test_replace(void **state)
{
	struct ledgers *l = *state;
	struct chip_id first = chip_of(1), third = chip_of(3);
	struct ledger_unit unit;

	ledgers_fill(l, 100);
	UNCHANGED(l, replace(l, 1, 2), ST_LEDGER_NONE);
	ledgers_bring(l, 1, NUMBER_LOCKED);
	/* by a chip that is a unit already, and then by one that is none yet */
	ledgers_bring(l, 2, NUMBER_VERIFIED);
	UNCHANGED(l, replace(l, 1, 1), ST_LEDGER_SCRAPPED);
	assert_int_equal(replace(l, 1, 2), ST_OK);
	assert_last(l, "replaces Ada {\"old\":\"c10000000100000000000000\","
		       "\"second\":\"Bo\",\"why\":\"board is dead\"}");
	assert_int_equal(find(l, 1).state, NUMBER_SCRAPPED);
	unit = find(l, 2);
	assert_true(chip_id_equal(&unit.replaces, &first));
	assert_int_equal(unit.replaced_by.len, 0);
	assert_int_equal(replace(l, 2, 3), ST_OK);
	unit = find(l, 2);
	assert_true(chip_id_equal(&unit.replaced_by, &third));
	(void)ledgers_ticket(l, 3, 1);
	assert_int_equal(find(l, 3).replaces.len, third.len);
	assert_int_equal(ledgers_check(l), 0);
}

static void
test_replace_refused(void **state)
{
	struct ledgers *l = *state;
	struct chip_id zeros = {.len = 12}, chip = chip_of(1);

	ledgers_fill(l, 100);
	ledgers_bring(l, 1, NUMBER_LOCKED);
	ledgers_bring(l, 2, NUMBER_SCRAPPED);
	ledgers_bring(l, 3, NUMBER_TICKETED);
	UNCHANGED(l, replace(l, 1, 2), ST_LEDGER_SCRAPPED);
	UNCHANGED(l,
		  ledger_replace(l->ledger, &tester, &decided, &chip, &zeros),
		  ST_AGENT_CHIP_ID);
	/* one that was scrapped before is linked all the same */
	assert_int_equal(replace(l, 2, 3), ST_OK);
	UNCHANGED(l, replace(l, 2, 4), ST_LEDGER_REPLACED);
	UNCHANGED(l, replace(l, 1, 3), ST_LEDGER_REPLACED);
	assert_int_equal(ledgers_check(l), 0);
}

static void
test_replace_model(void **state)
{
	struct ledgers *l = *state;
	struct interval interval =
		interval_of(BODY(TAC_A + 1, 0), BODY(TAC_A + 1, 9));
	struct chip_id chip = chip_of(2), third = chip_of(3);
	struct public_key key = key_of(2), other = key_of(3);
	struct ledger_unit unit;

	ledgers_fill(l, 100);
	assert_int_equal(ledger_add_interval(l->ledger, &tester, "other",
					     &interval),
			 ST_OK);
	ledgers_bring(l, 1, NUMBER_LOCKED);
	assert_int_equal(ledger_ticket(l->ledger, &tester, "other", 1, &chip,
				       &key, &unit),
			 ST_OK);
	UNCHANGED(l, replace(l, 1, 2), ST_LEDGER_MODEL);
	assert_int_equal(replace(l, 1, 3), ST_OK);
	UNCHANGED(l,
		  ledger_ticket(l->ledger, &tester, "other", 1, &third, &other,
				&unit),
		  ST_LEDGER_MODEL);
	assert_int_equal(ledgers_check(l), 0);
}

/* ------------------------------------------------------------------- boards */

static void
test_boards(void **state)
{
	struct ledgers *l = *state;
	struct ledger_unit unit;
	struct chip_id chip = chip_of(1);

	ledgers_fill(l, 100);
	assert_int_equal(bind(l, 1, "B-1"), ST_OK);
	UNCHANGED(l, bind(l, 1, "B-1"), ST_OK);
	UNCHANGED(l, bind(l, 1, NULL), ST_OK);
	UNCHANGED(l, bind(l, 1, "B-2"), ST_LEDGER_BOARD_OTHER);
	UNCHANGED(l, bind(l, 2, "B-1"), ST_LEDGER_BOARD_TAKEN);
	/* one that came without is given its board later, once */
	assert_int_equal(bind(l, 2, NULL), ST_OK);
	UNCHANGED(l, bind(l, 2, "B-1"), ST_LEDGER_BOARD_TAKEN);
	assert_int_equal(bind(l, 2, "b-1"), ST_OK);
	UNCHANGED(l, bind(l, 2, "B-2"), ST_LEDGER_BOARD_OTHER);
	assert_int_equal(ledger_find_board(l->ledger, "B-1", &unit), ST_OK);
	assert_true(chip_id_equal(&unit.chip, &chip));
	/* a quarantined unit lives */
	assert_int_equal(quarantine(l, 1), ST_OK);
	UNCHANGED(l, bind(l, 3, "B-1"), ST_LEDGER_BOARD_TAKEN);
	assert_int_equal(scrap(l, 1), ST_OK);
	assert_int_equal(ledger_find_board(l->ledger, "B-1", &unit),
			 ST_LEDGER_NONE);
	assert_string_equal(find(l, 1).board, "B-1");
	assert_int_equal(bind(l, 3, "B-1"), ST_OK);
	assert_int_equal(ledgers_check(l), 0);
}

static void
test_board_texts(void **state)
{
	static const char *const wrong[] = {"",	   " B",    "B ",
					    "B\n", "B\x7f", "B\xc3\xa4"};
	char text[BOARD_MAX + 2];
	struct ledgers *l = *state;

	ledgers_fill(l, 100);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		assert_false(ledger_is_board(wrong[i]));
		UNCHANGED(l, bind(l, 1, wrong[i]), ST_LEDGER_MOVE);
	}
	memset(text, '~', sizeof(text));
	text[BOARD_MAX + 1] = '\0';
	assert_false(ledger_is_board(text));
	UNCHANGED(l, bind(l, 1, text), ST_LEDGER_MOVE);
	text[BOARD_MAX] = '\0';
	assert_true(ledger_is_board(text));
	assert_int_equal(bind(l, 1, text), ST_OK);
	assert_int_equal(bind(l, 2, "a b\"'\\;"), ST_OK);
	assert_int_equal(ledgers_check(l), 0);
}

/* ------------------------------------------------------ past the tool's code */

static void
test_guards(void **state)
{
	struct ledgers *l = *state;

	ledgers_fill(l, 100);
	assert_int_equal(bind(l, 1, "B-1"), ST_OK);
	assert_int_equal(bind(l, 2, NULL), ST_OK);
	ledgers_bring(l, 3, NUMBER_SCRAPPED);
	raw_refused(l,
		    "UPDATE unit SET board = 'B-2', event = " LAST
		    " WHERE number = 1",
		    "keeps its board");
	raw_refused(l,
		    "UPDATE unit SET board = NULL, event = " LAST
		    " WHERE number = 1",
		    "keeps its board");
	raw_refused(
		l,
		EVENT_OF(
			"(SELECT chip FROM unit WHERE number = 2)") "UPDATE unit SET board = 'B-1', event = " LAST
								    " WHERE number = 2",
		"another unit's");
	raw_refused(l,
		    "INSERT INTO replacement VALUES (1, x'c2c2c2c2c2c2c2c2',"
		    " " LAST ")",
		    "is scrapped");
	raw_refused(l,
		    "INSERT INTO replacement VALUES (3, x'c2c2c2c2c2c2c2c2',"
		    " " LAST ")",
		    "needs its own event");
	raw_refused(l, "INSERT INTO replacement VALUES (3, zeroblob(8), 1)",
		    "");
	assert_int_equal(replace(l, 3, 9), ST_OK);
	raw_refused(l, "UPDATE replacement SET chip = x'c2c2c2c2c2c2c2c2'",
		    "never changed");
	raw_refused(l, "DELETE FROM replacement", "never removed");
	raw_refused(l,
		    "INSERT OR REPLACE INTO replacement SELECT unit,"
		    " x'c2c2c2c2c2c2c2c2', " LAST " FROM replacement",
		    "made once");
	assert_int_equal(ledgers_check(l), 0);
}

/* --------------------------------------------------------------- units left */

static uint64_t
left(struct ledgers *l, const char *model, unsigned int slots)
{
	uint64_t units;

	assert_int_equal(ledger_units_left(l->ledger, model, slots, &units),
			 ST_OK);
	return units;
}

static void
test_units_left(void **state)
{
	struct ledgers *l = *state;
	struct interval interval =
		interval_of(BODY(TAC_A + 1, 0), BODY(TAC_A + 1, 4));
	unsigned int slots;

	assert_int_equal(left(l, MODEL, 1), 0);
	ledgers_fill(l, 9);
	assert_int_equal(ledger_add_interval(l->ledger, &tester, MODEL,
					     &interval),
			 ST_OK);
	assert_int_equal(ledger_model_slots(l->ledger, MODEL, &slots),
			 ST_LEDGER_NONE);
	/* no unit reaches from one TAC into the next */
	assert_int_equal(left(l, MODEL, 1), 14);
	assert_int_equal(left(l, MODEL, 2), 4 + 2);
	assert_int_equal(left(l, MODEL, 4), 2 + 1);
	assert_int_equal(left(l, "other", 2), 0);
	for (unsigned int n = 1; n <= 6; n++) {
		(void)ledgers_ticket(l, n, 2);
		assert_int_equal(left(l, MODEL, 2), 6 - n);
	}
	assert_int_equal(left(l, MODEL, 1), 1);
	assert_int_equal(ledger_model_slots(l->ledger, MODEL, &slots), ST_OK);
	assert_int_equal(slots, 2);
}

/* ------------------------------------------------------------------ numbers */

static void
take_number(void *ctx, const struct ledger_number *number)
{
	char line[100];

	assert_string_equal(number->model, MODEL);
	assert_true((number->chip.len > 0) == (number->given > 1700000000));
	assert_true(number->moved > 1700000000);
	(void)snprintf(line, sizeof(line), "%llu %s %s %u %d %s;",
		       (unsigned long long)(number->imei.body % 1000),
		       number_state_name(number->state),
		       number_state_name(number->before), number->slot,
		       number->is_primary, number->board);
	strncat(ctx, line, 400);
}

static void
test_numbers(void **state)
{
	struct ledgers *l = *state;
	struct interval interval = interval_of(BODY(TAC_A, 1), BODY(TAC_A, 9));
	char text[600] = "";

	ledgers_fill(l, 9);
	assert_int_equal(bind(l, 1, "B"), ST_OK);
	assert_int_equal(quarantine(l, 1), ST_OK);
	assert_int_equal(ledger_skip_to(l->ledger, &tester, &interval,
					(struct imei){BODY(TAC_A, 4)}),
			 ST_OK);
	assert_int_equal(ledger_numbers(l->ledger, take_number, text), ST_OK);
	assert_string_equal(text, "1 quarantined ticketed 1 1 B;"
				  "2 quarantined ticketed 2 0 B;"
				  "3 quarantined free 0 0 ;");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_LEDGER(test_quarantine_and_release),
		WITH_LEDGER(test_release_forgives),
		WITH_LEDGER(test_scrap),
		WITH_LEDGER(test_two_persons),
		WITH_LEDGER(test_replace),
		WITH_LEDGER(test_replace_refused),
		WITH_LEDGER(test_replace_model),
		WITH_LEDGER(test_boards),
		WITH_LEDGER(test_board_texts),
		WITH_LEDGER(test_guards),
		WITH_LEDGER(test_units_left),
		WITH_LEDGER(test_numbers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
