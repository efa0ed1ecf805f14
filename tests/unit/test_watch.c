/* SPDX-License-Identifier: Apache-2.0 */
/* Which unit is begun when, as looks at slots come in. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "watch/watch.h"

#include <cmocka.h>

#define LEFT 100 /* units that may still be made, where it does not matter */

static const struct watch_look nobody = {.is_there = false};
static const struct watch_look unplugged = {.is_told = true};

static struct chip_id
chip(uint8_t n)
{
	struct chip_id id = {.len = 8, .byte = {n, 1}};

	return id;
}

/* Somebody answered, where only asking tells. */
static struct watch_look
answer(uint8_t n, uint64_t session)
{
	return (struct watch_look){
		.is_there = true,
		.was_asked = true,
		.has_answered = true,
		.chip = chip(n),
		.session = session,
	};
}

/* Somebody is plugged in, as the link tells. */
static struct watch_look
plug(uint64_t instance)
{
	return (struct watch_look){
		.is_there = true,
		.is_told = true,
		.instance = instance,
	};
}

static struct watch_look
plug_answer(uint64_t instance, uint8_t n)
{
	struct watch_look look = answer(n, 1);

	look.is_told = true;
	look.instance = instance;
	return look;
}

static struct watch_look
plug_silent(uint64_t instance)
{
	struct watch_look look = plug(instance);

	look.was_asked = true;
	return look;
}

static struct watch
made(uint32_t slot_limit, uint32_t line_limit, uint32_t stop_after)
{
	const struct watch_limits limits = {slot_limit, line_limit, stop_after};
	struct watch watch;

	watch_init(&watch, &limits, 4);
	return watch;
}

static enum watch_next
see(struct watch *watch, size_t i, struct watch_look look)
{
	return watch_see(watch, i, &look);
}

/* One whole run of chip n in slot i. */
static void
run(struct watch *watch, size_t i, uint8_t n, enum status status)
{
	struct chip_id id = chip(n);

	assert_int_equal(watch_hold(watch, i, LEFT), WATCH_HOLD_NONE);
	watch_begin(watch, i);
	watch_finish(watch, i, status, false, &id);
}

static void
go(struct watch *watch, size_t i, unsigned int looks)
{
	for (unsigned int n = 0; n < looks; n++)
		assert_int_equal(see(watch, i, nobody), WATCH_WAIT);
}

/* -------------------------------------------------- where only asking tells */

static void
test_result_stays_until_the_next_unit(void **state)
{
	struct watch watch = made(0, 0, 0);

	(void)state;
	go(&watch, 0, 10);
	assert_int_equal(watch.slot[0].place, WATCH_EMPTY);
	assert_int_equal(see(&watch, 0, answer(1, 7)), WATCH_BEGIN);
	run(&watch, 0, 1, ST_OK);
	assert_int_equal(see(&watch, 0, answer(1, 7)), WATCH_WAIT);
	go(&watch, 0, 100);
	assert_true(watch.slot[0].is_gone);
	assert_int_equal(watch.slot[0].place, WATCH_DONE);
	assert_int_equal(watch.slot[0].status, ST_OK);
	assert_int_equal(see(&watch, 0, answer(2, 9)), WATCH_BEGIN);
	assert_int_equal(watch.slot[0].place, WATCH_READY);
}

static void
test_good_unit_that_restarts_keeps_its_verdict(void **state)
{
	struct watch watch = made(0, 0, 0);

	(void)state;
	assert_int_equal(see(&watch, 0, answer(1, 7)), WATCH_BEGIN);
	run(&watch, 0, 1, ST_OK);
	assert_int_equal(see(&watch, 0, answer(1, 8)), WATCH_WAIT);
	go(&watch, 0, 20);
	assert_int_equal(see(&watch, 0, answer(1, 9)), WATCH_WAIT);
	assert_false(watch.slot[0].is_gone);
	assert_int_equal(watch.slot[0].place, WATCH_DONE);
}

/* A boot loader that shows itself for a while is no other unit; one that stays
 * what it is is. */
static void
test_good_unit_that_shows_its_boot_loader(void **state)
{
	struct watch watch = made(0, 0, 0);
	struct watch_look loader = plug_answer(2, 0);

	(void)state;
	memset(&loader.chip, 0, sizeof(loader.chip));
	assert_int_equal(see(&watch, 0, plug(1)), WATCH_BEGIN);
	run(&watch, 0, 1, ST_OK);
	assert_int_equal(see(&watch, 0, plug_answer(1, 1)), WATCH_WAIT);
	for (int i = 1; i < WATCH_DENIALS_MAX; i++)
		assert_int_equal(see(&watch, 0, loader), WATCH_WAIT);
	assert_int_equal(see(&watch, 0, plug_answer(3, 1)), WATCH_WAIT);
	for (int i = 1; i < WATCH_DENIALS_MAX; i++)
		assert_int_equal(see(&watch, 0, loader), WATCH_WAIT);
	assert_int_equal(see(&watch, 0, loader), WATCH_BEGIN);
	/* of who is not good there is no verdict to keep */
	run(&watch, 0, 1, ST_OTP_READ);
	assert_int_equal(see(&watch, 0, plug_answer(4, 1)), WATCH_WAIT);
	assert_int_equal(see(&watch, 0, loader), WATCH_BEGIN);
}

static void
test_run_again_needs_a_plug_or_a_key(void **state)
{
	struct watch watch = made(0, 0, 0);

	(void)state;
	assert_int_equal(see(&watch, 0, answer(1, 7)), WATCH_BEGIN);
	run(&watch, 0, 1, ST_OTP_READ);
	for (int i = 0; i < 10; i++)
		assert_int_equal(see(&watch, 0, answer(1, 8)), WATCH_WAIT);
	/* a moment of noise is no unplugging */
	go(&watch, 0, WATCH_GONE_LOOKS - 1);
	assert_int_equal(see(&watch, 0, answer(1, 8)), WATCH_WAIT);
	go(&watch, 0, WATCH_GONE_LOOKS);
	assert_int_equal(see(&watch, 0, answer(1, 8)), WATCH_BEGIN);
	run(&watch, 0, 1, ST_OTP_READ);
	assert_int_equal(see(&watch, 0, answer(1, 8)), WATCH_WAIT);
	/* it was without power for less than the looks take */
	assert_int_equal(see(&watch, 0, answer(1, 10)), WATCH_BEGIN);
	run(&watch, 0, 1, ST_OTP_READ);
	assert_int_equal(see(&watch, 0, answer(1, 10)), WATCH_WAIT);
	watch_again(&watch);
	assert_int_equal(see(&watch, 0, answer(1, 10)), WATCH_BEGIN);
	run(&watch, 0, 1, ST_OK);
	watch_again(&watch);
	assert_int_equal(see(&watch, 0, answer(1, 10)), WATCH_WAIT);
}

/* What a run that never heard of a chip says of nobody in particular. */
static void
test_a_unit_without_a_chip_id_is_not_run_for_ever(void **state)
{
	const struct chip_id none = {.len = 0};
	struct watch_look strange = answer(0, 0);
	struct watch watch = made(0, 0, 0);

	(void)state;
	memset(&strange.chip, 0, sizeof(strange.chip));
	assert_int_equal(see(&watch, 0, strange), WATCH_BEGIN);
	watch_begin(&watch, 0);
	watch_finish(&watch, 0, ST_MSG_PROTOCOL, false, &none);
	for (int i = 0; i < 10; i++)
		assert_int_equal(see(&watch, 0, strange), WATCH_WAIT);
	/* its agent was mended */
	assert_int_equal(see(&watch, 0, answer(1, 1)), WATCH_BEGIN);
	watch_begin(&watch, 0);
	/* refused before the run took note of the chip id */
	watch_finish(&watch, 0, ST_PROFILE_NONE, false, &none);
	for (int i = 0; i < 10; i++)
		assert_int_equal(see(&watch, 0, answer(1, 1)), WATCH_WAIT);
}

static void
test_exchanged_while_it_failed(void **state)
{
	struct watch watch = made(0, 0, 0);

	(void)state;
	assert_int_equal(see(&watch, 0, answer(1, 7)), WATCH_BEGIN);
	run(&watch, 0, 1, ST_LINK_CLOSED);
	assert_int_equal(see(&watch, 0, answer(2, 3)), WATCH_BEGIN);
}

static void
test_gone_before_its_turn(void **state)
{
	struct watch watch = made(0, 0, 0);

	(void)state;
	watch_pause(&watch);
	assert_int_equal(see(&watch, 0, answer(1, 7)), WATCH_BEGIN);
	assert_int_equal(watch_hold(&watch, 0, LEFT), WATCH_HOLD_LINE);
	go(&watch, 0, WATCH_GONE_LOOKS);
	assert_int_equal(watch.slot[0].place, WATCH_EMPTY);
	watch_resume(&watch);
	assert_int_equal(see(&watch, 0, answer(1, 7)), WATCH_BEGIN);
	run(&watch, 0, 1, ST_OTP_VOID);
	go(&watch, 0, WATCH_GONE_LOOKS);
	watch_pause(&watch);
	assert_int_equal(see(&watch, 0, answer(2, 7)), WATCH_BEGIN);
	go(&watch, 0, WATCH_GONE_LOOKS);
	/* the last verdict is that of the one before */
	assert_int_equal(watch.slot[0].place, WATCH_DONE);
	assert_int_equal(watch.slot[0].status, ST_OTP_VOID);
}

static void
test_gone_before_its_turn_behind_a_good_one(void **state)
{
	struct watch watch = made(0, 0, 0);

	(void)state;
	assert_int_equal(see(&watch, 0, answer(1, 7)), WATCH_BEGIN);
	run(&watch, 0, 1, ST_OK);
	assert_int_equal(see(&watch, 0, answer(1, 8)), WATCH_WAIT);
	assert_int_equal(see(&watch, 0, answer(2, 1)), WATCH_BEGIN);
	go(&watch, 0, WATCH_GONE_LOOKS);
	assert_int_equal(watch.slot[0].status, ST_OK);
	/* the good one keeps its verdict */
	assert_int_equal(see(&watch, 0, answer(1, 9)), WATCH_WAIT);
	go(&watch, 0, WATCH_GONE_LOOKS);
	assert_int_equal(see(&watch, 0, answer(2, 2)), WATCH_BEGIN);
	go(&watch, 0, WATCH_GONE_LOOKS);
	/* and the other one never had it */
	assert_int_equal(see(&watch, 0, answer(2, 3)), WATCH_BEGIN);
}

/* ------------------------------------------------------ where the link tells */

static void
test_told_by_the_link(void **state)
{
	struct watch watch = made(0, 0, 0);

	(void)state;
	assert_int_equal(see(&watch, 0, unplugged), WATCH_WAIT);
	assert_int_equal(see(&watch, 0, plug(1)), WATCH_BEGIN);
	run(&watch, 0, 1, ST_OK);
	/* it restarted twice in its run: who is there now? */
	assert_int_equal(see(&watch, 0, plug(3)), WATCH_ASK);
	assert_int_equal(see(&watch, 0, plug_answer(3, 1)), WATCH_WAIT);
	for (int i = 0; i < 10; i++)
		assert_int_equal(see(&watch, 0, plug(3)), WATCH_WAIT);
	/* it restarts once more, and is asked once */
	assert_int_equal(see(&watch, 0, unplugged), WATCH_WAIT);
	assert_true(watch.slot[0].is_gone);
	assert_int_equal(see(&watch, 0, plug(4)), WATCH_ASK);
	assert_int_equal(see(&watch, 0, plug_answer(4, 1)), WATCH_WAIT);
	assert_int_equal(see(&watch, 0, plug(4)), WATCH_WAIT);
	/* the next */
	assert_int_equal(see(&watch, 0, plug(5)), WATCH_ASK);
	assert_int_equal(see(&watch, 0, plug_answer(5, 2)), WATCH_BEGIN);
}

static void
test_told_run_again(void **state)
{
	struct watch watch = made(0, 0, 0);

	(void)state;
	assert_int_equal(see(&watch, 0, plug(1)), WATCH_BEGIN);
	run(&watch, 0, 1, ST_OTP_READ);
	assert_int_equal(see(&watch, 0, plug(1)), WATCH_ASK);
	assert_int_equal(see(&watch, 0, plug_answer(1, 1)), WATCH_WAIT);
	assert_int_equal(see(&watch, 0, plug(1)), WATCH_WAIT);
	assert_int_equal(see(&watch, 0, unplugged), WATCH_WAIT);
	assert_int_equal(see(&watch, 0, plug(2)), WATCH_ASK);
	assert_int_equal(see(&watch, 0, plug_answer(2, 1)), WATCH_BEGIN);
	run(&watch, 0, 1, ST_OTP_READ);
	assert_int_equal(see(&watch, 0, plug(2)), WATCH_ASK);
	assert_int_equal(see(&watch, 0, plug_answer(2, 1)), WATCH_WAIT);
	watch_again(&watch);
	assert_int_equal(see(&watch, 0, plug(2)), WATCH_BEGIN);
}

/* Whoever is plugged in and says nothing gets a verdict in the end. */
static void
test_told_and_silent(void **state)
{
	struct watch watch = made(0, 0, 0);
	unsigned int asks = 0;

	(void)state;
	assert_int_equal(see(&watch, 0, plug(1)), WATCH_BEGIN);
	run(&watch, 0, 1, ST_OK);
	while (see(&watch, 0, plug(1)) == WATCH_ASK) {
		assert_int_equal(see(&watch, 0, plug_silent(1)), WATCH_WAIT);
		asks++;
	}
	assert_int_equal(asks, WATCH_ASKS_MAX);
	assert_int_equal(watch.slot[0].place, WATCH_DONE);
	for (asks = 0; watch.slot[0].place == WATCH_DONE; asks++) {
		assert_int_equal(see(&watch, 0, plug(2)), WATCH_ASK);
		(void)see(&watch, 0, plug_silent(2));
	}
	assert_int_equal(asks, WATCH_ASKS_MAX);
	assert_int_equal(watch.slot[0].place, WATCH_READY);
}

/* ------------------------------------------------------------------- limits */

static void
test_never_more_than_are_left(void **state)
{
	struct watch watch = made(0, 0, 0);
	struct chip_id id = chip(1);

	(void)state;
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(see(&watch, i, answer((uint8_t)i, 1)),
				 WATCH_BEGIN);
	assert_int_equal(watch_hold(&watch, 0, 2), WATCH_HOLD_NONE);
	watch_begin(&watch, 0);
	assert_int_equal(watch_hold(&watch, 1, 2), WATCH_HOLD_NONE);
	watch_begin(&watch, 1);
	assert_int_equal(watch_hold(&watch, 2, 2), WATCH_HOLD_COUNT);
	/* one that failed leaves its place to another */
	watch_finish(&watch, 0, ST_OTP_READ, false, &id);
	assert_int_equal(watch_hold(&watch, 2, 2), WATCH_HOLD_NONE);
	watch_begin(&watch, 2);
	watch_finish(&watch, 1, ST_OK, false, &id);
	assert_int_equal(watch_hold(&watch, 0, 1), WATCH_HOLD_COUNT);
}

static void
test_stop_after(void **state)
{
	struct watch watch = made(0, 0, 2);
	struct chip_id id = chip(1);

	(void)state;
	for (size_t i = 0; i < 3; i++)
		(void)see(&watch, i, answer((uint8_t)i, 1));
	watch_begin(&watch, 0);
	/* one that was good before is not one of them */
	watch_finish(&watch, 0, ST_OK, true, &id);
	assert_int_equal(watch.made, 0);
	watch_begin(&watch, 1);
	watch_begin(&watch, 2);
	assert_int_equal(watch_hold(&watch, 0, LEFT), WATCH_HOLD_COUNT);
	watch_finish(&watch, 1, ST_OK, false, &id);
	assert_false(watch_is_over(&watch));
	assert_int_equal(watch_hold(&watch, 0, LEFT), WATCH_HOLD_COUNT);
	watch_finish(&watch, 2, ST_OK, false, &id);
	assert_true(watch_is_over(&watch));
	assert_int_equal(watch_hold(&watch, 0, LEFT), WATCH_HOLD_COUNT);
}

static void
test_slot_pauses(void **state)
{
	struct watch watch = made(2, 0, 0);

	(void)state;
	run(&watch, 0, 1, ST_OTP_READ);
	run(&watch, 1, 2, ST_OTP_READ);
	assert_false(watch.slot[0].is_paused);
	run(&watch, 0, 3, ST_OK);
	run(&watch, 0, 4, ST_OTP_READ);
	assert_int_equal(watch_hold(&watch, 0, LEFT), WATCH_HOLD_NONE);
	run(&watch, 0, 5, ST_VERIFY_CANARY);
	assert_int_equal(watch_hold(&watch, 0, LEFT), WATCH_HOLD_SLOT);
	assert_int_equal(watch_hold(&watch, 1, LEFT), WATCH_HOLD_NONE);
	watch_resume(&watch);
	assert_int_equal(watch_hold(&watch, 0, LEFT), WATCH_HOLD_NONE);
	run(&watch, 0, 6, ST_OTP_READ);
	assert_int_equal(watch_hold(&watch, 0, LEFT), WATCH_HOLD_NONE);
}

static void
test_line_pauses(void **state)
{
	struct watch watch = made(0, 3, 0);

	(void)state;
	run(&watch, 0, 1, ST_OTP_READ);
	run(&watch, 1, 2, ST_OTP_READ);
	run(&watch, 2, 3, ST_OK);
	run(&watch, 0, 4, ST_OTP_READ);
	run(&watch, 1, 5, ST_OTP_READ);
	assert_false(watch.is_paused);
	run(&watch, 2, 6, ST_LINK_TIMEOUT);
	assert_true(watch.is_paused);
	assert_int_equal(watch.paused_for, ST_LINK_TIMEOUT);
	for (size_t i = 0; i < watch.count; i++)
		assert_int_equal(watch_hold(&watch, i, LEFT), WATCH_HOLD_LINE);
	watch_resume(&watch);
	assert_int_equal(watch_hold(&watch, 0, LEFT), WATCH_HOLD_NONE);
}

/* What one unit met, all would meet. */
static void
test_line_faults(void **state)
{
	static const enum status of_the_line[] = {
		ST_HSM_CONNECT,	 ST_HSM_LEDGER_OLD,   ST_LEDGER_FAILED,
		ST_LEDGER_EMPTY, ST_LEDGER_KEY_TWICE, ST_VERIFY_AT_OTHER,
		ST_STATION_FILE};
	static const enum status of_a_unit[] = {ST_OK,
						ST_OTP_VOID,
						ST_LINK_ADDRESS,
						ST_LEDGER_QUARANTINED,
						ST_PROFILE_NONE,
						ST_VERIFY_TOKEN,
						ST_STATION_ELSEWHERE,
						ST_HSM_TOKEN_FAILED};

	(void)state;
	for (size_t i = 0; i < sizeof(of_the_line) / sizeof(of_the_line[0]);
	     i++) {
		struct watch watch = made(0, 0, 0);

		run(&watch, 0, 1, of_the_line[i]);
		assert_true(watch.is_paused);
		assert_int_equal(watch.paused_for, of_the_line[i]);
	}
	for (size_t i = 0; i < sizeof(of_a_unit) / sizeof(of_a_unit[0]); i++)
		assert_false(watch_is_line_fault(of_a_unit[i]));
}

static void
test_waits_for_its_label(void **state)
{
	struct watch watch = made(0, 0, 0);

	(void)state;
	watch.slot[0].needs_scan = true;
	assert_int_equal(see(&watch, 0, answer(1, 1)), WATCH_BEGIN);
	assert_int_equal(watch_hold(&watch, 0, LEFT), WATCH_HOLD_SCAN);
	watch.slot[0].needs_scan = false;
	assert_int_equal(watch_hold(&watch, 0, LEFT), WATCH_HOLD_NONE);
}

/* A label that was scanned for one must not go to the next. */
static void
test_arrivals_are_told_apart(void **state)
{
	struct watch watch = made(0, 0, 0);
	const struct watch_slot *slot = &watch.slot[0];

	(void)state;
	assert_int_equal(see(&watch, 0, plug(1)), WATCH_BEGIN);
	assert_int_equal(see(&watch, 0, plug(1)), WATCH_BEGIN);
	assert_int_equal(slot->arrivals, 1);
	/* exchanged between two looks */
	assert_int_equal(see(&watch, 0, plug(2)), WATCH_BEGIN);
	assert_int_equal(slot->arrivals, 2);
	assert_int_equal(see(&watch, 0, unplugged), WATCH_WAIT);
	assert_int_equal(see(&watch, 0, plug(3)), WATCH_BEGIN);
	assert_int_equal(slot->arrivals, 3);
	run(&watch, 0, 1, ST_LINK_TIMEOUT);
	assert_int_equal(see(&watch, 0, plug_answer(3, 1)), WATCH_WAIT);
	assert_int_equal(slot->arrivals, 3);
	watch_again(&watch);
	assert_int_equal(see(&watch, 0, plug(3)), WATCH_BEGIN);
	assert_int_equal(slot->arrivals, 4);
	/* where only asking tells */
	assert_int_equal(see(&watch, 1, answer(1, 7)), WATCH_BEGIN);
	assert_int_equal(see(&watch, 1, answer(1, 7)), WATCH_BEGIN);
	assert_int_equal(see(&watch, 1, answer(2, 7)), WATCH_BEGIN);
	assert_int_equal(watch.slot[1].arrivals, 2);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_result_stays_until_the_next_unit),
		cmocka_unit_test(
			test_good_unit_that_restarts_keeps_its_verdict),
		cmocka_unit_test(test_good_unit_that_shows_its_boot_loader),
		cmocka_unit_test(test_run_again_needs_a_plug_or_a_key),
		cmocka_unit_test(
			test_a_unit_without_a_chip_id_is_not_run_for_ever),
		cmocka_unit_test(test_exchanged_while_it_failed),
		cmocka_unit_test(test_gone_before_its_turn),
		cmocka_unit_test(test_gone_before_its_turn_behind_a_good_one),
		cmocka_unit_test(test_told_by_the_link),
		cmocka_unit_test(test_told_run_again),
		cmocka_unit_test(test_told_and_silent),
		cmocka_unit_test(test_never_more_than_are_left),
		cmocka_unit_test(test_stop_after),
		cmocka_unit_test(test_slot_pauses),
		cmocka_unit_test(test_line_pauses),
		cmocka_unit_test(test_line_faults),
		cmocka_unit_test(test_waits_for_its_label),
		cmocka_unit_test(test_arrivals_are_told_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
