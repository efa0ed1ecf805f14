/* SPDX-License-Identifier: Apache-2.0 */
/* Further fuses, burnt at the lock (docs/protocol.md, 5, lock); P5, P7, P8. */
#include "agent/agent.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "support/bench.h"

static struct bench bench;

static enum status
lock_with(uint8_t fuses)
{
	struct request req = {.head.op = OP_LOCK, .fuses = fuses};

	return bench_ask(&bench, &req);
}

/* A unit of two modem slots that is ready for the lock; both fuses open. */
static void
recorded(enum word_kind kind)
{
	bench_init(&bench, kind, 2);
	bench.fake.info.fuses = FUSES_ALL;
	bench_to(&bench, STATE_RECORDED);
}

static void
evidence(struct evidence *out)
{
	assert_int_equal(bench_op(&bench, OP_ATTEST), ST_OK);
	assert_int_equal(evidence_open(out, bench.reply.object), ST_OK);
}

static void
assert_shown(unsigned int fuses)
{
	struct evidence seen;

	bench_boot(&bench);
	evidence(&seen);
	assert_int_equal(seen.state, STATE_LOCKED);
	assert_int_equal(seen.boot, ST_OK);
	assert_int_equal(fuses_shown(seen.debug, seen.is_secure_boot), fuses);
}

static bool
is_marker_begun(void)
{
	unsigned int first = image_kill_word(FIELD_MARKER, COPY_A);

	for (unsigned int i = first; i < IMAGE_WORDS; i++)
		if (bench.fake.cells.word[i] != 0)
			return true;
	return false;
}

static void
test_hello_says_what_can_be_burnt(void **state)
{
	(void)state;
	bench_init(&bench, WORDS_ADDITIVE, 1);
	for (uint8_t fuses = 0; fuses <= FUSES_ALL; fuses++) {
		bench.fake.info.fuses = fuses;
		assert_int_equal(bench_op(&bench, OP_HELLO), ST_OK);
		assert_int_equal(bench.reply.hello.fuses, fuses);
	}
}

static void
test_burnt_at_the_lock(void **state)
{
	(void)state;
	for (uint8_t fuses = 0; fuses <= FUSES_ALL; fuses++) {
		recorded(WORDS_ADDITIVE);
		assert_int_equal(lock_with(fuses), ST_OK);
		assert_int_equal(bench.reply.state, STATE_LOCKED);
		assert_int_equal(bench.fake.cells.fuses, fuses);
		assert_int_equal(bench.fake.misuses, 0);
		assert_shown(fuses);
	}
}

/* What a chip came with is not burnt again. */
static void
test_one_that_shows_is_left_alone(void **state)
{
	(void)state;
	recorded(WORDS_ADDITIVE);
	bench.fake.debug = DEBUG_DISABLED_FULLY;
	assert_int_equal(lock_with(FUSES_ALL), ST_OK);
	assert_int_equal(bench.fake.fuse_burns, 1);
	assert_int_equal(bench.fake.cells.fuses, FUSE_SECURE_BOOT);
	/* closed until the next start is not closed */
	recorded(WORDS_ADDITIVE);
	bench.fake.debug = DEBUG_DISABLED_SINCE_BOOT;
	assert_int_equal(lock_with(FUSE_DEBUG_CLOSED), ST_OK);
	assert_int_equal(bench.fake.cells.fuses, FUSE_DEBUG_CLOSED);
}

static void
test_one_that_the_port_has_not(void **state)
{
	static const struct {
		uint8_t has, asked;
	} rows[] = {
		{0, 1}, {0, 3}, {1, 2}, {2, 1},
		{2, 3}, {3, 4}, {3, 7}, {3, 128},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		recorded(WORDS_ADDITIVE);
		bench.fake.info.fuses = rows[i].has;
		bench_mark(&bench);
		bench_assert_refused(&bench, lock_with(rows[i].asked),
				     ST_AGENT_FUSES);
		assert_int_equal(bench.fake.fuse_burns, 0);
	}
	/* a port that has none has no function for it either */
	bench.fake.info.fuses = 0;
	bench.fake.port.fuse_program = NULL;
	bench_assert_refused(&bench, lock_with(1), ST_AGENT_FUSES);
	assert_int_equal(lock_with(0), ST_OK);
}

/* P6: the state comes first, whatever is asked for. */
static void
test_not_in_another_state(void **state)
{
	static const uint8_t asked[] = {0, 3, 4};

	(void)state;
	for (unsigned int s = STATE_BLANK; s <= STATE_VOID; s++) {
		if (s == STATE_RECORDED || s == STATE_LOCKING)
			continue;
		bench_in(&bench, (enum device_state)s);
		bench.fake.info.fuses = FUSES_ALL;
		bench_mark(&bench);
		for (size_t i = 0; i < sizeof(asked); i++)
			bench_assert_refused(
				&bench, lock_with(asked[i]),
				s == STATE_LOCKED	 ? ST_AGENT_LOCKED
				: s == STATE_LOCK_FAILED ? ST_AGENT_LOCK_FAILED
				: s == STATE_VOID	 ? ST_OTP_VOID
							 : ST_AGENT_STATE);
		assert_int_equal(bench.fake.fuse_burns, 0);
	}
}

/* P5: everything was checked before. */
static void
test_not_before_the_checks(void **state)
{
	(void)state;
	recorded(WORDS_ADDITIVE);
	memset(bench.fake.store, 0xff, sizeof(bench.fake.store));
	bench_mark(&bench);
	bench_assert_refused(&bench, lock_with(FUSES_ALL), ST_AGENT_NO_RECORD);
	recorded(WORDS_ADDITIVE);
	bench.fake.health[image_kill_word(FIELD_IDENTITY_1, COPY_A) + 1] =
		WORD_CORRECTED;
	bench_mark(&bench);
	bench_assert_refused(&bench, lock_with(FUSES_ALL), ST_OTP_CORRECTED);
	assert_int_equal(bench.fake.fuse_burns, 0);
}

/* The marker was begun without them: they come when all was checked. */
static void
test_asked_for_when_the_marker_is_burnt(void **state)
{
	(void)state;
	bench_in(&bench, STATE_LOCKING);
	bench.fake.info.fuses = FUSES_ALL;
	memset(bench.fake.store, 0xff, sizeof(bench.fake.store));
	assert_int_equal(lock_with(FUSES_ALL), ST_AGENT_NO_RECORD);
	assert_int_equal(bench.fake.fuse_burns, 0);
	assert_int_equal(bench_store_right(&bench), ST_OK);
	assert_int_equal(lock_with(FUSES_ALL), ST_OK);
	assert_int_equal(bench.fake.cells.fuses, FUSES_ALL);
	assert_shown(FUSES_ALL);
}

/* P7: what the driver says is not believed, and a no is a no. */
static void
test_a_status_that_lies(void **state)
{
	(void)state;
	recorded(WORDS_ADDITIVE);
	bench.fake.fuse = FAKE_FUSE_LIES;
	assert_int_equal(lock_with(FUSES_ALL), ST_OK);
	/* for the station to see */
	assert_shown(0);

	recorded(WORDS_ADDITIVE);
	bench.fake.fuse = FAKE_FUSE_REFUSES;
	assert_int_equal(lock_with(FUSES_ALL), ST_PORT_REFUSED);
	assert_int_equal(bench_state(&bench), STATE_RECORDED);
	assert_false(is_marker_begun());
	assert_int_equal(bench.fake.fuse_burns, 1);

	recorded(WORDS_ADDITIVE);
	bench.fake.fuse = FAKE_FUSE_DENIES;
	assert_int_equal(lock_with(FUSE_DEBUG_CLOSED), ST_PORT_REFUSED);
	bench_boot(&bench);
	assert_int_equal(lock_with(FUSE_DEBUG_CLOSED), ST_OK);
	assert_int_equal(bench.fake.fuse_burns, 1);
	assert_shown(FUSE_DEBUG_CLOSED);
}

/* The order, whatever was cut: further fuses, marker, lock units. */
static void
assert_order(void)
{
	bool is_all = bench.fake.cells.fuses == FUSES_ALL;

	if (is_marker_begun())
		assert_true(is_all);
	for (unsigned int i = 0; i < bench.fake.info.lock_units; i++)
		if (bench.fake.cells.lock[i] != 0)
			assert_true(is_all && is_marker_begun());
}

static void
cut_everywhere(enum word_kind kind, enum fake_tear tear)
{
	static struct bench start;
	bool is_cut = true;
	unsigned int fuse_cuts = 0;

	recorded(kind);
	bench_copy(&start, &bench);
	for (unsigned int n = 1; is_cut; n++) {
		unsigned int before;
		enum status st;

		bench_copy(&bench, &start);
		bench.fake.cut_at = bench.fake.changes + n;
		bench.fake.tear = tear;
		before = bench.fake.fuse_burns;
		is_cut = lock_with(FUSES_ALL) == ST_PORT_POWER;
		assert_order();
		fuse_cuts += is_cut && bench.fake.fuse_burns > before &&
			     !is_marker_begun();
		bench_boot(&bench);
		st = bench_state(&bench) == STATE_LOCKED ? ST_AGENT_LOCKED
							 : ST_OK;
		assert_int_equal(lock_with(FUSES_ALL), st);
		assert_order();
		assert_shown(FUSES_ALL);
		assert_int_equal(bench.fake.misuses, 0);
	}
	/* each of the two, and before the first word of the marker */
	assert_in_range(fuse_cuts, 2, 3);
}

static void
test_cut_anywhere(void **state)
{
	(void)state;
	for (unsigned int tear = TEAR_BEFORE; tear < FAKE_TEARS; tear++) {
		cut_everywhere(WORDS_ADDITIVE, (enum fake_tear)tear);
		cut_everywhere(WORDS_ONCE, (enum fake_tear)tear);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hello_says_what_can_be_burnt),
		cmocka_unit_test(test_burnt_at_the_lock),
		cmocka_unit_test(test_one_that_shows_is_left_alone),
		cmocka_unit_test(test_one_that_the_port_has_not),
		cmocka_unit_test(test_not_in_another_state),
		cmocka_unit_test(test_not_before_the_checks),
		cmocka_unit_test(test_asked_for_when_the_marker_is_burnt),
		cmocka_unit_test(test_a_status_that_lies),
		cmocka_unit_test(test_cut_anywhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
