/* SPDX-License-Identifier: Apache-2.0 */
/* The sums of a watch are kept; here they are counted anew each time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "watch/watch_count.h"

#include <cmocka.h>

#define SLOTS 5

static const enum status outcomes[] = {ST_OK, ST_LINK_TIMEOUT, ST_VERIFY_AT,
				       ST_LEDGER_CHAIN, ST_LINK_CLOSED};

static struct counted
unit_of(uint8_t chip, int slot, enum status status)
{
	struct counted unit = {
		.slot = slot,
		.is_first = chip % 3 != 0,
		.first = status,
		.last = status,
	};

	if (chip != 0) {
		unit.chip.len = CHIP_ID_MIN;
		unit.chip.byte[0] = chip;
	}
	return unit;
}

static void
assert_sums(const struct counts *counts)
{
	struct tally all = {0};

	for (int slot = 1; slot <= SLOTS; slot++) {
		struct tally sum = {0};

		for (size_t i = 0; i < counts->count; i++) {
			const struct counted *unit = &counts->unit[i];

			if (unit->slot != slot)
				continue;
			tally_add(&sum, unit->last, unit->is_first,
				  unit->first);
			tally_add(&all, unit->last, unit->is_first,
				  unit->first);
		}
		assert_memory_equal(&counts->sum[slot], &sum, sizeof(sum));
	}
	assert_memory_equal(&counts->sum[0], &all, sizeof(all));
}

static void
test_a_unit_that_comes_again(void **state)
{
	struct counted first = unit_of(1, 1, ST_LINK_TIMEOUT);
	struct counted again = unit_of(1, 2, ST_OK);
	struct counts counts = {0};

	(void)state;
	assert_int_equal(counts_add(&counts, &first), ST_OK);
	assert_int_equal(counts.sum[1].again, 1);
	assert_int_equal(counts_worst(&counts), ST_LINK_TIMEOUT);
	assert_int_equal(counts_add(&counts, &again), ST_OK);
	assert_int_equal(counts.sum[0].units, 1);
	assert_int_equal(counts.sum[0].good, 1);
	/* it was not good at once, and is counted where it was last */
	assert_int_equal(counts.sum[2].first_units, 1);
	assert_int_equal(counts.sum[2].first_good, 0);
	assert_int_equal(counts.sum[1].units, 0);
	assert_int_equal(counts_worst(&counts), ST_OK);
	counts_free(&counts);
}

static void
test_who_never_said_who_he_is(void **state)
{
	struct counted silent = unit_of(0, 3, ST_LINK_TIMEOUT);
	struct counted known = unit_of(7, 3, ST_OK);
	struct counts counts = {0};

	(void)state;
	for (int i = 0; i < 3; i++)
		assert_int_equal(counts_add(&counts, &silent), ST_OK);
	assert_int_equal(counts.sum[3].units, 1);
	assert_int_equal(counts_add(&counts, &known), ST_OK);
	assert_int_equal(counts.sum[3].units, 1);
	assert_int_equal(counts.sum[3].good, 1);
	assert_sums(&counts);
	counts_free(&counts);
}

static void
test_many(void **state)
{
	struct counts counts = {0};

	(void)state;
	srand(1);
	for (int i = 0; i < 3000; i++) {
		struct counted unit = unit_of((uint8_t)(rand() % 200),
					      1 + rand() % SLOTS,
					      outcomes[(size_t)rand() % 5]);

		assert_int_equal(counts_add(&counts, &unit), ST_OK);
		assert_sums(&counts);
	}
	assert_true(counts.count >= 199);
	counts_free(&counts);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_unit_that_comes_again),
		cmocka_unit_test(test_who_never_said_who_he_is),
		cmocka_unit_test(test_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
