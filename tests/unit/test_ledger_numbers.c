/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers of a ledger: intervals, sums, tickets (P1, P2, P9). */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "support/ledgers.h"

#include <cmocka.h>

static enum status
ticket(struct ledgers *l, unsigned int chip, unsigned int key,
       unsigned int slots)
{
	struct chip_id id = chip_of(chip);
	struct public_key public = key_of(key);
	struct ledger_unit unit;

	return ledger_ticket(l->ledger, &tester, MODEL, slots, &id, &public,
			     &unit);
}

static struct ledger_unit
find(struct ledgers *l, unsigned int n)
{
	struct chip_id chip = chip_of(n);
	struct ledger_unit unit;

	assert_int_equal(ledger_find(l->ledger, &chip, &unit), ST_OK);
	return unit;
}

static enum status
move(struct ledgers *l, unsigned int n, enum number_state state)
{
	struct chip_id chip = chip_of(n);

	return ledger_move(l->ledger, &tester, &chip, state, ST_VERIFY_CANARY,
			   bytes_of("evidence", 8));
}

static enum status
add(struct ledgers *l, const char *model, uint64_t first, uint64_t last)
{
	struct interval interval = interval_of(first, last);

	return ledger_add_interval(l->ledger, &tester, model, &interval);
}

/* -------------------------------------------------------------- intervals */

static void
test_interval_refused(void **state)
{
	struct ledgers *l = *state;
	uint64_t events = ledgers_events(l);

	ledgers_fill(l, 100);
	assert_int_equal(add(l, MODEL, BODY(TAC_A, 100), BODY(TAC_A, 200)),
			 ST_LEDGER_OVERLAP);
	assert_int_equal(add(l, MODEL, BODY(TAC_A, 50), BODY(TAC_A, 60)),
			 ST_LEDGER_OVERLAP);
	assert_int_equal(add(l, MODEL, BODY(TAC_A, 0), BODY(TAC_A, 999999)),
			 ST_LEDGER_OVERLAP);
	assert_int_equal(add(l, "other", BODY(TAC_A, 500), BODY(TAC_A, 600)),
			 ST_LEDGER_TAC_MODEL);
	assert_int_equal(add(l, MODEL, BODY(TAC_A + 1, 0), BODY(TAC_A + 2, 0)),
			 ST_LEDGER_INTERVAL);
	assert_int_equal(add(l, MODEL, BODY(TAC_A + 1, 9), BODY(TAC_A + 1, 8)),
			 ST_LEDGER_INTERVAL);
	assert_int_equal(add(l, MODEL, 0, 9), ST_LEDGER_INTERVAL);
	assert_int_equal(add(l, MODEL, 9, UINT64_MAX), ST_LEDGER_INTERVAL);
	assert_int_equal(add(l, "", BODY(TAC_A + 1, 0), BODY(TAC_A + 1, 9)),
			 ST_LEDGER_MOVE);
	assert_int_equal(ledgers_events(l), events + 1);
	assert_int_equal(ledgers_check(l), 0);
}

/* P14: development has test TACs only, production none. */
static void
test_interval_class(void **state)
{
	static const uint64_t live[] = {1, 10, 35, 86, 91, 98, 99};
	static const uint64_t test[] = {0, 2, 3, 9};
	struct ledgers *l = *state;
	struct ledger_id id;
	uint64_t body;

	for (size_t i = 0; i < sizeof(live) / sizeof(live[0]); i++) {
		body = BODY(live[i] * 1000000 + 17, 1);
		assert_int_equal(add(l, MODEL, body, body + 9),
				 ST_LEDGER_TEST_TAC);
	}
	ledger_close(l->ledger);
	folder_path(l->path, l->folder, "production.db");
	assert_int_equal(ledger_create(l->path, CLASS_PRODUCTION, &id), ST_OK);
	assert_int_equal(ledger_open(&l->ledger, l->path), ST_OK);
	for (size_t i = 0; i < sizeof(live) / sizeof(live[0]); i++) {
		body = BODY(live[i] * 1000000 + 17, 1);
		assert_int_equal(add(l, MODEL, body, body + 9), ST_OK);
	}
	for (size_t i = 0; i < sizeof(test) / sizeof(test[0]); i++) {
		body = BODY(test[i] * 1000000 + 17, 1);
		assert_int_equal(add(l, MODEL, body, body + 9),
				 ST_LEDGER_TEST_TAC);
	}
	assert_int_equal(ledgers_check(l), 0);
}

static void
read_intervals(struct ledgers *l, struct ledger_interval *out, size_t count)
{
	size_t got = count;

	assert_int_equal(ledger_intervals(l->ledger, out, &got), ST_OK);
	assert_int_equal(got, count);
}

/* P9: every number is in exactly one state, and the sums add up. */
static void
test_sums(void **state)
{
	struct ledgers *l = *state;
	struct ledger_interval interval;
	size_t count = 0;
	uint64_t sum = 0;

	ledgers_fill(l, 100);
	for (unsigned int i = NUMBER_TICKETED; i < NUMBER_STATES; i++)
		ledgers_bring(l, i, (enum number_state)i);
	read_intervals(l, &interval, 1);
	assert_string_equal(interval.model, MODEL);
	assert_int_equal(interval.next.body, BODY(TAC_A, 7));
	for (unsigned int i = NUMBER_TICKETED; i < NUMBER_STATES; i++)
		assert_int_equal(interval.count[i], 1);
	assert_int_equal(interval.count[NUMBER_FREE], 94);
	for (unsigned int i = NUMBER_FREE; i < NUMBER_STATES; i++)
		sum += interval.count[i];
	assert_int_equal(sum, 100);
	assert_int_equal(ledger_intervals(l->ledger, &interval, &count),
			 ST_CBOR_SPACE);
	assert_int_equal(ledgers_check(l), 0);
}

/* A remainder too short for a unit is scrapped when the next range opens, and
 * not before. */
static void
test_remainder(void **state)
{
	struct ledgers *l = *state;
	struct ledger_interval interval[2];
	struct ledger_unit unit;
	uint64_t events;

	ledgers_fill(l, 5);
	(void)ledgers_ticket(l, 1, 2);
	(void)ledgers_ticket(l, 2, 2);
	events = ledgers_events(l);
	assert_int_equal(ticket(l, 3, 3, 2), ST_LEDGER_EMPTY);
	assert_int_equal(ledgers_events(l), events);
	read_intervals(l, interval, 1);
	assert_int_equal(interval[0].count[NUMBER_FREE], 1);
	assert_int_equal(interval[0].next.body, BODY(TAC_A, 5));

	assert_int_equal(add(l, MODEL, BODY(TAC_A + 1, 0), BODY(TAC_A + 1, 3)),
			 ST_OK);
	unit = ledgers_ticket(l, 3, 2);
	assert_int_equal(unit.identity.slot[0].body, BODY(TAC_A + 1, 0));
	read_intervals(l, interval, 2);
	assert_int_equal(interval[0].count[NUMBER_SCRAPPED], 1);
	assert_int_equal(interval[0].count[NUMBER_FREE], 0);
	assert_false(imei_is_valid(interval[0].next));
	assert_int_equal(ledgers_check(l), 0);
}

/* Another model's numbers are not taken. */
static void
test_model_has_its_own(void **state)
{
	struct ledgers *l = *state;

	assert_int_equal(
		add(l, "other", BODY(TAC_A + 1, 0), BODY(TAC_A + 1, 9)), ST_OK);
	assert_int_equal(ticket(l, 1, 1, 1), ST_LEDGER_EMPTY);
}

static enum status
skip_to(struct ledgers *l, uint64_t first, uint64_t last, struct imei next)
{
	struct interval certified = interval_of(first, last);

	return ledger_skip_to(l->ledger, &tester, &certified, next);
}

/* What the token's mark knows as used is not handed out again. */
static void
test_skip(void **state)
{
	struct ledgers *l = *state;
	struct ledger_interval interval[2];
	struct ledger_unit unit;
	uint64_t first = BODY(TAC_A, 1), last = BODY(TAC_A, 20), events;

	ledgers_fill(l, 10);
	assert_int_equal(add(l, MODEL, BODY(TAC_A, 11), BODY(TAC_A, 20)),
			 ST_OK);
	(void)ledgers_ticket(l, 1, 1);
	events = ledgers_events(l);
	assert_int_equal(skip_to(l, first, last, (struct imei){first}), ST_OK);
	assert_int_equal(skip_to(l, first, last, (struct imei){first + 1}),
			 ST_OK);
	assert_int_equal(ledgers_events(l), events);

	assert_int_equal(skip_to(l, first, last, (struct imei){first + 5}),
			 ST_OK);
	read_intervals(l, interval, 2);
	assert_int_equal(interval[0].count[NUMBER_QUARANTINED], 4);
	unit = ledgers_ticket(l, 2, 1);
	assert_int_equal(unit.identity.slot[0].body, first + 5);

	/* over the edge between two intervals of one certified range */
	assert_int_equal(
		skip_to(l, first, last, (struct imei){BODY(TAC_A, 13)}), ST_OK);
	read_intervals(l, interval, 2);
	assert_int_equal(interval[0].count[NUMBER_QUARANTINED], 8);
	assert_int_equal(interval[1].count[NUMBER_QUARANTINED], 2);
	assert_int_equal(skip_to(l, first, last, (struct imei){last + 2}),
			 ST_LEDGER_INTERVAL);
	assert_int_equal(skip_to(l, first, last, IMEI_NONE), ST_OK);
	assert_int_equal(ticket(l, 3, 3, 1), ST_LEDGER_EMPTY);
	assert_int_equal(ledgers_check(l), 0);
}

/* ---------------------------------------------------------------- tickets */

/* P1, and TS 23.003: in sequence, the lowest number primary. */
static void
test_ticket_sequence(void **state)
{
	struct ledgers *l = *state;
	struct ledger_unit unit;

	ledgers_fill(l, 100);
	for (unsigned int n = 0; n < 25; n++) {
		unit = ledgers_ticket(l, n, 4);
		assert_int_equal(unit.state, NUMBER_TICKETED);
		assert_string_equal(unit.model, MODEL);
		assert_int_equal(unit.identity.primary, 0);
		for (unsigned int i = 0; i < 4; i++)
			assert_int_equal(unit.identity.slot[i].body,
					 BODY(TAC_A, 4 * n + i + 1));
	}
	assert_int_equal(ticket(l, 99, 99, 1), ST_LEDGER_EMPTY);
	assert_int_equal(ledgers_check(l), 0);
}

/* P2: same chip, same identity, also over a restart. */
static void
test_ticket_again(void **state)
{
	struct ledgers *l = *state;
	struct ledger_unit first, again;
	struct imei stranger = {BODY(TAC_A, 50)};
	uint64_t events;

	ledgers_fill(l, 100);
	first = ledgers_ticket(l, 1, 2);
	events = ledgers_events(l);
	ledgers_reopen(l);
	again = ledgers_ticket(l, 1, 2);
	assert_true(identity_equal(&first.identity, &again.identity));
	assert_int_equal(ledgers_events(l), events);
	assert_int_equal(ledger_find_imei(l->ledger, first.identity.slot[1],
					  &again),
			 ST_OK);
	assert_true(chip_id_equal(&first.chip, &again.chip));
	assert_int_equal(ledger_find_imei(l->ledger, stranger, &again),
			 ST_LEDGER_NONE);
	assert_int_equal(ledger_find_imei(l->ledger, IMEI_NONE, &again),
			 ST_LEDGER_NONE);
	assert_int_equal(again.chip.len, 0);
}

/* P2: the same chip with another key stops, and its number is quarantined. */
static void
test_ticket_other_key(void **state)
{
	struct ledgers *l = *state;
	struct ledger_unit unit;

	ledgers_fill(l, 100);
	ledgers_bring(l, 1, NUMBER_LOCKED);
	assert_int_equal(ticket(l, 1, 2, 1), ST_LEDGER_CHIP_KEY);
	unit = find(l, 1);
	assert_int_equal(unit.state, NUMBER_QUARANTINED);
	assert_int_equal(unit.before, NUMBER_LOCKED);
	assert_int_equal(ticket(l, 1, 1, 1), ST_LEDGER_QUARANTINED);
	assert_int_equal(ticket(l, 1, 2, 1), ST_LEDGER_CHIP_KEY);
	assert_int_equal(move(l, 1, NUMBER_VERIFIED), ST_LEDGER_QUARANTINED);
	assert_int_equal(ledgers_check(l), 0);
}

static void
test_ticket_refused(void **state)
{
	struct ledgers *l = *state;
	struct chip_id zeros = {.len = 12}, chip = chip_of(1);
	struct public_key key = key_of(1);
	struct ledger_unit unit;

	ledgers_fill(l, 100);
	(void)ledgers_ticket(l, 1, 2);
	assert_int_equal(ticket(l, 2, 1, 2), ST_LEDGER_KEY_TWICE);
	assert_int_equal(ticket(l, 1, 1, 1), ST_PROFILE_SLOTS);
	assert_int_equal(ticket(l, 3, 3, 0), ST_PROFILE_SLOTS);
	assert_int_equal(ticket(l, 3, 3, 5), ST_PROFILE_SLOTS);
	assert_int_equal(ledger_ticket(l->ledger, &tester, "other", 2, &chip,
				       &key, &unit),
			 ST_LEDGER_MODEL);
	assert_int_equal(unit.chip.len, 0);
	assert_int_equal(ledger_ticket(l->ledger, &tester, MODEL, 1, &zeros,
				       &key, &unit),
			 ST_AGENT_CHIP_ID);
	ledgers_bring(l, 7, NUMBER_SCRAPPED);
	assert_int_equal(ticket(l, 7, 7, 1), ST_LEDGER_SCRAPPED);
	assert_int_equal(ticket(l, 7, 8, 1), ST_LEDGER_SCRAPPED);
	assert_int_equal(ledgers_check(l), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_LEDGER(test_interval_refused),
		WITH_LEDGER(test_interval_class),
		WITH_LEDGER(test_sums),
		WITH_LEDGER(test_remainder),
		WITH_LEDGER(test_model_has_its_own),
		WITH_LEDGER(test_skip),
		WITH_LEDGER(test_ticket_sequence),
		WITH_LEDGER(test_ticket_again),
		WITH_LEDGER(test_ticket_other_key),
		WITH_LEDGER(test_ticket_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
