/* SPDX-License-Identifier: Apache-2.0 */
/* What a ledger knows of one unit, from ticket to scrap. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "support/ledgers.h"

#include <cmocka.h>

#define NO_BYTES bytes_of(NULL, 0)

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
see(struct ledgers *l, unsigned int n, enum device_state device,
    unsigned int burnt)
{
	struct chip_id chip = chip_of(n);

	return ledger_see(l->ledger, &tester, &chip, device, burnt);
}

static void
test_see(void **state)
{
	struct ledgers *l = *state;
	struct ledger_unit unit;
	uint64_t events;

	ledgers_fill(l, 100);
	assert_int_equal(see(l, 1, STATE_BLANK, 0), ST_LEDGER_NONE);
	(void)ledgers_ticket(l, 1, 1);
	assert_int_equal(see(l, 1, STATE_WRITING, 4), ST_OK);
	events = ledgers_events(l);
	assert_int_equal(see(l, 1, STATE_WRITING, 4), ST_OK);
	assert_int_equal(ledgers_events(l), events);
	assert_int_equal(see(l, 1, STATE_WRITTEN, 30), ST_OK);
	assert_int_equal(see(l, 1, STATE_LOCKED, 60), ST_OK);
	assert_int_equal(see(l, 1, STATE_LOCKING, 60), ST_OK);
	unit = find(l, 1);
	assert_int_equal(unit.seen, STATE_LOCKED);
	assert_int_equal(unit.burnt_words, 60);
	/* P2: fewer fuses than before */
	assert_int_equal(see(l, 1, STATE_LOCKED, 59), ST_LEDGER_CHIP_FEWER);
	assert_int_equal(find(l, 1).state, NUMBER_QUARANTINED);
	assert_int_equal(see(l, 1, STATE_LOCKED, 59), ST_LEDGER_CHIP_FEWER);
	assert_int_equal(ledgers_check(l), 0);
}

static enum status
record(struct ledgers *l, unsigned int n, const char *text)
{
	struct chip_id chip = chip_of(n);
	struct bytes bytes = bytes_of(text, strlen(text));

	return ledger_record(l->ledger, &tester, &chip, bytes,
			     bytes_of("cert", 4));
}

static void
test_record(void **state)
{
	struct ledgers *l = *state;
	struct ledger_unit unit;
	char large[OBJECT_MAX + 2];
	uint64_t events;

	memset(large, 'x', sizeof(large));
	large[OBJECT_MAX + 1] = '\0';
	ledgers_fill(l, 100);
	assert_int_equal(record(l, 1, "one"), ST_LEDGER_NONE);
	(void)ledgers_ticket(l, 1, 2);
	assert_int_equal(record(l, 1, ""), ST_LEDGER_MOVE);
	assert_int_equal(record(l, 1, large), ST_LEDGER_MOVE);
	assert_int_equal(find(l, 1).state, NUMBER_TICKETED);
	large[OBJECT_MAX] = '\0';
	assert_int_equal(record(l, 1, large), ST_OK);
	events = ledgers_events(l);
	assert_int_equal(record(l, 1, large), ST_OK);
	assert_int_equal(ledgers_events(l), events);
	/* signed again before the lock: the last one counts */
	assert_int_equal(record(l, 1, "two"), ST_OK);
	unit = find(l, 1);
	assert_int_equal(unit.state, NUMBER_WRITTEN);
	assert_int_equal(unit.record.len, 3);
	assert_memory_equal(unit.record.byte, "two", 3);
	assert_memory_equal(unit.record_cert.byte, "cert", 4);
	assert_int_equal(move(l, 1, NUMBER_LOCKED), ST_OK);
	assert_int_equal(record(l, 1, "two"), ST_OK);
	assert_int_equal(record(l, 1, "three"), ST_LEDGER_MOVE);
	assert_int_equal(ledgers_check(l), 0);
}

static void
test_move(void **state)
{
	struct ledgers *l = *state;
	struct chip_id chip = chip_of(1);
	uint64_t events;

	ledgers_fill(l, 100);
	assert_int_equal(move(l, 1, NUMBER_LOCKED), ST_LEDGER_NONE);
	(void)ledgers_ticket(l, 1, 2);
	assert_int_equal(move(l, 1, NUMBER_LOCKED), ST_LEDGER_MOVE);
	assert_int_equal(move(l, 1, NUMBER_VERIFIED), ST_LEDGER_MOVE);
	assert_int_equal(record(l, 1, "r"), ST_OK);
	assert_int_equal(move(l, 1, NUMBER_VERIFIED), ST_LEDGER_MOVE);
	assert_int_equal(move(l, 1, NUMBER_LOCKED), ST_OK);
	events = ledgers_events(l);
	assert_int_equal(move(l, 1, NUMBER_LOCKED), ST_OK);
	assert_int_equal(ledgers_events(l), events);
	/* P7: verified rests on evidence */
	assert_int_equal(ledger_move(l->ledger, &tester, &chip, NUMBER_VERIFIED,
				     ST_OK, NO_BYTES),
			 ST_LEDGER_MOVE);
	assert_int_equal(move(l, 1, NUMBER_VERIFIED), ST_OK);
	assert_int_equal(move(l, 1, NUMBER_LOCKED), ST_LEDGER_MOVE);
	assert_int_equal(move(l, 1, NUMBER_WRITTEN), ST_LEDGER_MOVE);
	assert_int_equal(move(l, 1, NUMBER_FREE), ST_LEDGER_MOVE);
	assert_int_equal(move(l, 1, NUMBER_SCRAPPED), ST_LEDGER_MOVE);
	assert_int_equal(move(l, 1, NUMBER_QUARANTINED), ST_OK);
	assert_int_equal(move(l, 1, NUMBER_QUARANTINED), ST_OK);
	assert_int_equal(move(l, 1, NUMBER_VERIFIED), ST_LEDGER_QUARANTINED);
	assert_int_equal(record(l, 1, "r"), ST_LEDGER_QUARANTINED);
	assert_int_equal(ledgers_check(l), 0);
}

/* P13: the engineer looked at it, so the count begins anew. */
static void
test_release_forgets_retries(void **state)
{
	struct ledgers *l = *state;
	struct chip_id chip = chip_of(1);
	struct public_key key = key_of(1);
	enum status outcome;

	ledgers_fill(l, 10);
	(void)ledgers_ticket(l, 1, 1);
	for (int i = 0; i < 3; i++) {
		outcome = ST_OTP_READ;
		assert_int_equal(ledger_outcome(l->ledger, &tester, &chip, true,
						&outcome),
				 ST_OK);
	}
	assert_int_equal(outcome, ST_STATION_REPEATED);
	assert_int_equal(ledger_move(l->ledger, &tester, &chip,
				     NUMBER_QUARANTINED, outcome,
				     bytes_of(NULL, 0)),
			 ST_OK);
	assert_int_equal(ledger_release(l->ledger, &tester, &chip, &key),
			 ST_OK);
	outcome = ST_OTP_READ;
	assert_int_equal(ledger_outcome(l->ledger, &tester, &chip, true,
					&outcome),
			 ST_OK);
	assert_int_equal(outcome, ST_OTP_READ);
	assert_int_equal(ledgers_check(l), 0);
}

static void
test_release_and_scrap(void **state)
{
	struct ledgers *l = *state;
	struct chip_id chip = chip_of(1);
	struct public_key key = key_of(1), other = key_of(2);

	ledgers_fill(l, 100);
	ledgers_bring(l, 1, NUMBER_VERIFIED);
	assert_int_equal(ledger_release(l->ledger, &tester, &chip, &key),
			 ST_LEDGER_MOVE);
	assert_int_equal(ledger_scrap(l->ledger, &tester, &chip),
			 ST_LEDGER_MOVE);
	assert_int_equal(move(l, 1, NUMBER_QUARANTINED), ST_OK);
	assert_int_equal(ledger_release(l->ledger, &tester, &chip, &other),
			 ST_LEDGER_CHIP_KEY);
	assert_int_equal(find(l, 1).state, NUMBER_QUARANTINED);
	assert_int_equal(ledger_release(l->ledger, &tester, &chip, &key),
			 ST_OK);
	assert_int_equal(find(l, 1).state, NUMBER_VERIFIED);
	assert_int_equal(find(l, 1).before, 0);
	assert_int_equal(move(l, 1, NUMBER_QUARANTINED), ST_OK);
	assert_int_equal(ledger_scrap(l->ledger, &tester, &chip), ST_OK);
	assert_int_equal(ledger_scrap(l->ledger, &tester, &chip), ST_OK);
	assert_int_equal(ledger_release(l->ledger, &tester, &chip, &key),
			 ST_LEDGER_MOVE);
	assert_int_equal(move(l, 1, NUMBER_QUARANTINED), ST_LEDGER_SCRAPPED);
	assert_int_equal(record(l, 1, "r"), ST_LEDGER_SCRAPPED);
	assert_int_equal(ledgers_check(l), 0);
}

/* P13: the third RETRY in a row for a cause in the unit is told as REWORK. */
static enum status
outcome(struct ledgers *l, unsigned int n, bool in_unit, enum status status)
{
	struct chip_id chip = chip_of(n);

	assert_int_equal(ledger_outcome(l->ledger, &tester, &chip, in_unit,
					&status),
			 ST_OK);
	return status;
}

static void
test_outcome(void **state)
{
	struct ledgers *l = *state;
	struct chip_id none = {.len = 0};
	enum status told = ST_FRAME_CRC;

	ledgers_fill(l, 100);
	assert_int_equal(outcome(l, 1, true, ST_FRAME_CRC), ST_FRAME_CRC);
	assert_int_equal(outcome(l, 1, false, ST_FRAME_CRC), ST_FRAME_CRC);
	assert_int_equal(outcome(l, 1, true, ST_FRAME_CRC), ST_FRAME_CRC);
	assert_int_equal(outcome(l, 1, true, ST_OTP_INEXACT), ST_OTP_INEXACT);
	(void)ledgers_ticket(l, 1, 1);
	assert_int_equal(find(l, 1).unit_retries, 2);
	ledgers_reopen(l);
	assert_int_equal(outcome(l, 1, true, ST_FRAME_CRC),
			 ST_STATION_REPEATED);
	assert_int_equal(outcome(l, 1, true, ST_FRAME_CRC),
			 ST_STATION_REPEATED);
	assert_int_equal(outcome(l, 2, true, ST_FRAME_CRC), ST_FRAME_CRC);
	assert_int_equal(outcome(l, 1, true, ST_OK), ST_OK);
	assert_int_equal(find(l, 1).unit_retries, 0);
	assert_int_equal(outcome(l, 1, true, ST_FRAME_CRC), ST_FRAME_CRC);
	assert_int_equal(ledger_outcome(l->ledger, &tester, &none, true, &told),
			 ST_AGENT_CHIP_ID);
	assert_int_equal(told, ST_FRAME_CRC);
	assert_int_equal(ledgers_check(l), 0);
}

static void
count_unit(void *ctx, const struct ledger_unit *unit)
{
	unsigned int *count = ctx;
	struct chip_id chip = chip_of(++*count);

	assert_true(chip_id_equal(&unit->chip, &chip));
	assert_int_equal(identity_count(&unit->identity), 2);
}

static void
test_units(void **state)
{
	struct ledgers *l = *state;
	unsigned int count = 0;

	ledgers_fill(l, 100);
	for (unsigned int n = 1; n <= 5; n++)
		(void)ledgers_ticket(l, n, 2);
	assert_int_equal(ledger_units(l->ledger, count_unit, &count), ST_OK);
	assert_int_equal(count, 5);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_LEDGER(test_see),
		WITH_LEDGER(test_record),
		WITH_LEDGER(test_move),
		WITH_LEDGER(test_release_and_scrap),
		WITH_LEDGER(test_release_forgets_retries),
		WITH_LEDGER(test_outcome),
		WITH_LEDGER(test_units),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
