/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers that a label names, in place of the next ones. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "support/ledgers.h"

#include <cmocka.h>

static struct ledger_label
label_of(unsigned int count, uint64_t a, uint64_t b)
{
	struct ledger_label label = {.count = count};

	label.number[0].body = BODY(TAC_A, a);
	if (count > 1)
		label.number[1].body = BODY(TAC_A, b);
	return label;
}

/* Bind chip n with this label, after asking whether that may be. */
static enum status
bind(struct ledgers *l, unsigned int n, unsigned int slots,
     struct ledger_label label, struct ledger_unit *unit)
{
	struct chip_id chip = chip_of(n);
	struct public_key key = key_of(n);
	struct ledger_binding binding = {MODEL, slots, &chip,
					 &key,	NULL,  &label};
	enum status asked = ledger_check_label(l->ledger, &binding);
	enum status st = ledger_bind(l->ledger, &tester, &binding, unit);

	assert_int_equal(asked, st);
	return st;
}

static void
assert_refused(struct ledgers *l, unsigned int n, unsigned int slots,
	       struct ledger_label label, enum status code)
{
	struct ledger_unit unit;

	UNCHANGED(l, bind(l, n, slots, label, &unit), code);
}

static void
test_exactly_that_number(void **state)
{
	struct ledgers *l = *state;
	struct ledger_unit unit;

	ledgers_fill(l, 100);
	assert_int_equal(bind(l, 1, 1, label_of(1, 41, 0), &unit), ST_OK);
	assert_int_equal(unit.identity.slot[0].body, BODY(TAC_A, 41));
	assert_int_equal(unit.state, NUMBER_TICKETED);
	/* out of order, and what lies between stays free for its labels */
	assert_int_equal(bind(l, 2, 1, label_of(1, 7, 0), &unit), ST_OK);
	assert_int_equal(unit.identity.slot[0].body, BODY(TAC_A, 7));
	/* who has no label never gets a number that a label may be out for */
	unit = ledgers_ticket(l, 3, 1);
	assert_int_equal(unit.identity.slot[0].body, BODY(TAC_A, 42));
	/* the same chip comes back: the same number, with its label */
	assert_int_equal(bind(l, 1, 1, label_of(1, 41, 0), &unit), ST_OK);
	assert_int_equal(unit.identity.slot[0].body, BODY(TAC_A, 41));
	assert_int_equal(ledgers_check(l), 0);
}

static void
test_taken(void **state)
{
	struct ledgers *l = *state;
	struct ledger_unit unit;

	ledgers_fill(l, 100);
	assert_int_equal(bind(l, 1, 1, label_of(1, 5, 0), &unit), ST_OK);
	assert_refused(l, 2, 1, label_of(1, 5, 0), ST_LEDGER_TAKEN);
	unit = ledgers_ticket(l, 3, 1);
	assert_int_equal(unit.identity.slot[0].body, BODY(TAC_A, 6));
	assert_refused(l, 2, 1, label_of(1, 6, 0), ST_LEDGER_TAKEN);
	ledgers_bring(l, 3, NUMBER_VERIFIED);
	assert_refused(l, 2, 1, label_of(1, 6, 0), ST_LEDGER_TAKEN);
	/* one of the two is */
	assert_refused(l, 2, 2, label_of(2, 4, 5), ST_LEDGER_TAKEN);
}

static void
test_void(void **state)
{
	struct ledgers *l = *state;
	struct ledger_unit unit;
	struct interval all = interval_of(BODY(TAC_A, 1), BODY(TAC_A, 100));
	struct chip_id chip = chip_of(1);

	ledgers_fill(l, 100);
	assert_int_equal(bind(l, 1, 1, label_of(1, 1, 0), &unit), ST_OK);
	ledgers_bring(l, 1, NUMBER_QUARANTINED);
	assert_refused(l, 2, 1, label_of(1, 1, 0), ST_LEDGER_LABEL_VOID);
	assert_int_equal(ledger_scrap(l->ledger, &tester, &decided, &chip),
			 ST_OK);
	assert_refused(l, 2, 1, label_of(1, 1, 0), ST_LEDGER_LABEL_VOID);
	/* skipped because of the token's mark */
	assert_int_equal(ledger_skip_to(l->ledger, &tester, &all,
					(struct imei){BODY(TAC_A, 9)}),
			 ST_OK);
	assert_refused(l, 2, 1, label_of(1, 8, 0), ST_LEDGER_LABEL_VOID);
}

static void
test_outside(void **state)
{
	struct ledgers *l = *state;
	struct interval other =
		interval_of(BODY(TAC_A + 1, 1), BODY(TAC_A + 1, 9));
	struct ledger_label label = label_of(1, 101, 0);
	char model[MODEL_MAX + 1];

	ledgers_fill(l, 100);
	assert_int_equal(ledger_add_interval(l->ledger, &tester, "model-b",
					     &other),
			 ST_OK);
	assert_refused(l, 1, 1, label, ST_LEDGER_LABEL_OUTSIDE);
	assert_int_equal(ledger_label_model(l->ledger, label.number[0], model),
			 ST_LEDGER_LABEL_OUTSIDE);
	/* the second number would be */
	assert_refused(l, 1, 2, label_of(1, 100, 0), ST_LEDGER_LABEL_OUTSIDE);
	/* of another model */
	label.number[0].body = BODY(TAC_A + 1, 2);
	assert_refused(l, 1, 1, label, ST_LEDGER_LABEL_OUTSIDE);
	assert_int_equal(ledger_label_model(l->ledger, label.number[0], model),
			 ST_OK);
	assert_string_equal(model, "model-b");
}

static void
test_pairs(void **state)
{
	struct ledgers *l = *state;
	struct ledger_unit unit;
	struct ledger_label none = {.count = 0};

	ledgers_fill(l, 100);
	assert_int_equal(bind(l, 1, 2, label_of(2, 1, 2), &unit), ST_OK);
	assert_int_equal(unit.identity.slot[1].body, BODY(TAC_A, 2));
	/* the primary alone is enough, the second alone is nobody's */
	assert_int_equal(bind(l, 2, 2, label_of(1, 3, 0), &unit), ST_OK);
	assert_int_equal(unit.identity.slot[1].body, BODY(TAC_A, 4));
	assert_refused(l, 3, 2, label_of(1, 6, 0), ST_LEDGER_LABEL_PAIR);
	/* of two labels */
	assert_refused(l, 3, 2, label_of(2, 5, 7), ST_LEDGER_LABEL_PAIR);
	assert_refused(l, 3, 1, label_of(2, 5, 6), ST_LEDGER_LABEL_PAIR);
	assert_refused(l, 3, 1, none, ST_LEDGER_LABEL_PAIR);
	/* both say so, wherever they stand */
	assert_int_equal(bind(l, 3, 2, label_of(2, 6, 7), &unit), ST_OK);
	/* a unit that is known, with both numbers, or its first */
	assert_int_equal(bind(l, 2, 2, label_of(2, 3, 4), &unit), ST_OK);
	assert_int_equal(bind(l, 3, 2, label_of(1, 6, 0), &unit), ST_OK);
	assert_int_equal(ledgers_check(l), 0);
}

/* P2: same chip, same identity. */
static void
test_other_label(void **state)
{
	struct ledgers *l = *state;
	struct ledger_unit unit;

	ledgers_fill(l, 100);
	assert_int_equal(bind(l, 1, 2, label_of(1, 1, 0), &unit), ST_OK);
	assert_refused(l, 1, 2, label_of(1, 3, 0), ST_LEDGER_LABEL_OTHER);
	assert_refused(l, 1, 2, label_of(1, 2, 0), ST_LEDGER_LABEL_OTHER);
	assert_refused(l, 1, 2, label_of(2, 1, 3), ST_LEDGER_LABEL_OTHER);
	/* also one that got its number without */
	(void)ledgers_ticket(l, 2, 1);
	assert_refused(l, 2, 1, label_of(1, 50, 0), ST_LEDGER_LABEL_OTHER);
	assert_int_equal(ledgers_check(l), 0);
}

static void
count_unit(void *ctx, const struct ledger_unit *unit)
{
	unsigned int *count = ctx;

	assert_int_equal(unit->state, NUMBER_VERIFIED);
	(*count)++;
}

/* Verified units without their label at place. */
static unsigned int
unlabelled(struct ledgers *l, enum ledger_label_place place)
{
	unsigned int count = 0;

	assert_int_equal(
		ledger_unlabelled(l->ledger, place, count_unit, &count), ST_OK);
	return count;
}

static enum status
put_label(struct ledgers *l, unsigned int n, enum ledger_label_place place,
	  enum status outcome)
{
	struct chip_id chip = chip_of(n);

	return ledger_labelled(l->ledger, &tester, &chip, place, outcome);
}

/* What was compared is in the ledger, and only its own label counts. */
static void
test_compared(void **state)
{
	struct ledgers *l = *state;
	struct chip_id second = chip_of(2);

	ledgers_fill(l, 100);
	UNCHANGED(l, put_label(l, 1, LEDGER_LABEL_HOUSING, ST_OK),
		  ST_LEDGER_NONE);
	ledgers_bring(l, 3, NUMBER_LOCKED);
	UNCHANGED(l, put_label(l, 3, LEDGER_LABEL_HOUSING, ST_OK),
		  ST_LEDGER_MOVE);
	assert_int_equal(unlabelled(l, LEDGER_LABEL_HOUSING), 0);
	ledgers_bring(l, 1, NUMBER_VERIFIED);
	ledgers_bring(l, 2, NUMBER_VERIFIED);
	assert_int_equal(unlabelled(l, LEDGER_LABEL_HOUSING), 2);
	/* another one's: it is noted, and the unit still lacks its own */
	assert_int_equal(
		put_label(l, 1, LEDGER_LABEL_HOUSING, ST_STATION_LABEL), ST_OK);
	assert_int_equal(unlabelled(l, LEDGER_LABEL_HOUSING), 2);
	assert_int_equal(put_label(l, 1, LEDGER_LABEL_HOUSING, ST_OK), ST_OK);
	assert_int_equal(unlabelled(l, LEDGER_LABEL_HOUSING), 1);
	assert_int_equal(unlabelled(l, LEDGER_LABEL_BOX), 2);
	assert_int_equal(put_label(l, 1, LEDGER_LABEL_BOX, ST_OK), ST_OK);
	assert_int_equal(unlabelled(l, LEDGER_LABEL_BOX), 1);
	/* one that is stopped has no label to wait for */
	assert_int_equal(ledger_quarantine(l->ledger, &tester, &decided,
					   &second),
			 ST_OK);
	assert_int_equal(unlabelled(l, LEDGER_LABEL_BOX), 0);
	UNCHANGED(l, put_label(l, 2, LEDGER_LABEL_BOX, ST_OK),
		  ST_LEDGER_QUARANTINED);
	assert_int_equal(ledgers_check(l), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_exactly_that_number,
						ledgers_setup,
						ledgers_teardown),
		cmocka_unit_test_setup_teardown(test_taken, ledgers_setup,
						ledgers_teardown),
		cmocka_unit_test_setup_teardown(test_void, ledgers_setup,
						ledgers_teardown),
		cmocka_unit_test_setup_teardown(test_outside, ledgers_setup,
						ledgers_teardown),
		cmocka_unit_test_setup_teardown(test_pairs, ledgers_setup,
						ledgers_teardown),
		cmocka_unit_test_setup_teardown(test_other_label, ledgers_setup,
						ledgers_teardown),
		cmocka_unit_test_setup_teardown(test_compared, ledgers_setup,
						ledgers_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
