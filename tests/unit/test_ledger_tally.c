/* SPDX-License-Identifier: Apache-2.0 */
/* How the units of a shift ended, from the events of the ledger. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include "support/ledgers.h"

#include <cmocka.h>

static void
came(struct ledgers *l, unsigned int n, enum status outcome)
{
	struct chip_id chip = chip_of(n);

	assert_int_equal(ledger_outcome(l->ledger, &tester, &chip, true,
					&outcome),
			 ST_OK);
}

static struct tally
tally_of(struct ledgers *l, uint64_t after)
{
	struct tally tally;

	assert_int_equal(ledger_tally(l->ledger, after, &tally), ST_OK);
	return tally;
}

static void
test_nothing(void **state)
{
	struct tally tally = tally_of(*state, 0);

	assert_int_equal(tally.units, 0);
	assert_int_equal(tally.first_units, 0);
}

/* A unit is counted once, by how it ended; the yield asks how it began. */
static void
test_each_class(void **state)
{
	struct ledgers *l = *state;
	struct tally tally;

	came(l, 1, ST_OK);
	came(l, 2, ST_LINK_TIMEOUT);
	came(l, 2, ST_OK);
	came(l, 3, ST_LINK_TIMEOUT);
	came(l, 4, ST_OTP_VOID);
	came(l, 5, ST_LEDGER_FAILED);
	tally = tally_of(l, 0);
	assert_int_equal(tally.units, 5);
	assert_int_equal(tally.good, 2);
	assert_int_equal(tally.again, 1);
	assert_int_equal(tally.red, 1);
	assert_int_equal(tally.engineer, 1);
	assert_int_equal(tally.first_units, 5);
	assert_int_equal(tally.first_good, 1);
}

/* What was before the shift is not of it: neither units, nor their firsts. */
static void
test_shift(void **state)
{
	struct ledgers *l = *state;
	struct tally tally;
	uint64_t after;

	came(l, 1, ST_LINK_TIMEOUT);
	came(l, 2, ST_OK);
	after = ledgers_events(l);
	assert_int_equal(tally_of(l, after).units, 0);
	came(l, 1, ST_OK);
	came(l, 3, ST_OK);
	tally = tally_of(l, after);
	assert_int_equal(tally.units, 2);
	assert_int_equal(tally.good, 2);
	assert_int_equal(tally.first_units, 1);
	assert_int_equal(tally.first_good, 1);
}

static void
test_verified(void **state)
{
	struct ledgers *l = *state;
	uint64_t first = 0, after, count;

	ledgers_fill(l, 10);
	ledgers_bring(l, 1, NUMBER_VERIFIED);
	after = ledgers_events(l);
	ledgers_bring(l, 2, NUMBER_VERIFIED);
	ledgers_bring(l, 3, NUMBER_LOCKED);
	assert_int_equal(ledger_count_verified(l->ledger, &first, &count),
			 ST_OK);
	assert_int_equal(count, 2);
	assert_int_equal(first, ledgers_events(l));
	assert_int_equal(ledger_count_verified(l->ledger, &after, &count),
			 ST_OK);
	assert_int_equal(count, 1);
	/* from there on */
	assert_int_equal(ledger_count_verified(l->ledger, &after, &count),
			 ST_OK);
	assert_int_equal(count, 0);
	assert_int_equal(after, ledgers_events(l));
	ledgers_bring(l, 4, NUMBER_VERIFIED);
	assert_int_equal(ledger_count_verified(l->ledger, &after, &count),
			 ST_OK);
	assert_int_equal(count, 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_LEDGER(test_nothing),
		WITH_LEDGER(test_each_class),
		WITH_LEDGER(test_shift),
		WITH_LEDGER(test_verified),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
