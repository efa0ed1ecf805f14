/* SPDX-License-Identifier: Apache-2.0 */
/* Parts that are faulty or lie: P4, P6 and P7 at the agent. */
#include "agent/agent.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "support/bench.h"

static struct bench bench;

/* Locked, and both read paths show the numbers. */
static void
assert_locked_and_right(void)
{
	struct device_view view;
	struct image image;
	uint8_t seen[IMEI_MI_LEN], want[IMEI_MI_LEN];

	assert_int_equal(bench_state(&bench), STATE_LOCKED);
	assert_int_equal(state_sense(&image, &bench.fake.port), ST_OK);
	assert_int_equal(state_judge(&view, &image, &bench.fake.port), ST_OK);
	assert_true(identity_equal(&view.image.identity, &bench.identity));
	for (unsigned int slot = 0; slot < 2; slot++) {
		imei_encode_mi(want, IMEI_TS24008, IMEI_FORM_CHECK,
			       bench.identity.slot[slot]);
		assert_int_equal(boot_decode(seen, &bench.fake.port, slot),
				 ST_OK);
		assert_memory_equal(seen, want, sizeof(want));
	}
}

static void
test_one_cell_that_never_burns(void **state)
{
	(void)state;
	for (unsigned int word = 0; word < IMAGE_WORDS; word++) {
		bench_init(&bench, WORDS_ADDITIVE, 2);
		bench.fake.stuck[word] = UINT32_C(1) << word % 32;
		bench_to(&bench, STATE_LOCKED);
		assert_locked_and_right();
	}
}

static void
test_one_word_that_never_burns(void **state)
{
	(void)state;
	for (unsigned int word = 0; word < IMAGE_WORDS; word++) {
		bench_init(&bench, WORDS_ONCE, 2);
		bench.fake.stuck[word] = UINT32_MAX;
		bench_to(&bench, STATE_LOCKED);
		assert_locked_and_right();
	}
}

/* One word from each copy: what is lost is said, and stays lost. */
static void
test_both_copies_that_never_burn(void **state)
{
	const struct {
		enum image_field field;
		enum device_state before;
		enum msg_op op;
	} lost[] = {
		{FIELD_SECRET, STATE_BLANK, OP_KEY},
		{FIELD_HEADER, STATE_KEYED, OP_PROGRAM},
		{FIELD_IDENTITY_1, STATE_KEYED, OP_PROGRAM},
		{FIELD_IDENTITY_2, STATE_KEYED, OP_PROGRAM},
		{FIELD_DIGEST, STATE_WRITTEN, OP_STORE},
		{FIELD_MARKER, STATE_RECORDED, OP_LOCK},
	};

	(void)state;
	for (unsigned int i = 0; i < sizeof(lost) / sizeof(lost[0]); i++) {
		enum status st;

		bench_init(&bench, WORDS_ADDITIVE, 2);
		for (unsigned int c = COPY_A; c < IMAGE_COPIES; c++)
			bench.fake.stuck[image_kill_word(lost[i].field,
							 (enum image_copy)c) +
					 1] = UINT32_C(0x50000000);
		bench_to(&bench, lost[i].before);
		if (lost[i].op == OP_PROGRAM) {
			assert_int_equal(bench_key(&bench), ST_OK);
			assert_int_equal(bench_permit_right(&bench), ST_OK);
		}
		st = lost[i].op == OP_STORE ? bench_store_right(&bench)
					    : bench_op(&bench, lost[i].op);
		assert_int_equal(st, ST_OTP_FIELD_LOST);
		assert_int_equal(bench_state(&bench), STATE_VOID);
		bench_mark(&bench);
		st = lost[i].op == OP_STORE ? bench_store_right(&bench)
					    : bench_op(&bench, lost[i].op);
		bench_assert_refused(&bench, st, ST_OTP_VOID);
	}
}

/* P7: what the driver says of a burn is not believed, good or bad. */
static void
test_a_status_that_lies(void **state)
{
	unsigned int burns;

	(void)state;
	for (unsigned int kind = WORDS_ADDITIVE; kind <= WORDS_ONCE; kind++) {
		bench_init(&bench, (enum word_kind)kind, 2);
		bench_to(&bench, STATE_LOCKED);
		burns = bench.fake.burns;
		for (unsigned int n = kind; n <= burns; n += 3) {
			bench_init(&bench, (enum word_kind)kind, 2);
			bench.fake.lie_at = n;
			bench_to(&bench, STATE_LOCKED);
			assert_locked_and_right();
			bench_init(&bench, (enum word_kind)kind, 2);
			bench.fake.deny_at = n;
			bench_to(&bench, STATE_LOCKED);
			assert_locked_and_right();
			assert_int_equal(bench.fake.burns, burns);
		}
	}
}

/* ----------------------------------------------------------------- locks */

static void
test_a_lock_that_does_not_take(void **state)
{
	const enum fake_lock kinds[] = {FAKE_LOCK_OPEN, FAKE_LOCK_UNREADABLE};

	(void)state;
	for (unsigned int i = 0; i < 6; i++) {
		bench_init(&bench, WORDS_ADDITIVE, 2);
		bench.fake.lock[i % 3] = kinds[i / 3];
		bench_to(&bench, STATE_RECORDED);
		assert_int_equal(bench_op(&bench, OP_LOCK), ST_OTP_LOCK);
		assert_int_equal(bench_state(&bench), STATE_LOCKING);
		assert_int_equal(bench_op(&bench, OP_LOCK), ST_OTP_LOCK);
		/* and it is good as soon as it does, or can be read */
		bench.fake.lock[i % 3] = FAKE_LOCK_GOOD;
		assert_int_equal(bench_op(&bench, OP_LOCK),
				 i < 3 ? ST_OK : ST_AGENT_LOCKED);
		assert_locked_and_right();
	}
}

static void
probe(struct probe_token *token)
{
	assert_int_equal(bench_op(&bench, OP_PROBE), ST_OK);
	assert_int_equal(probe_token_open(token, bench.reply.object), ST_OK);
	assert_int_equal(token->unit_count, bench.fake.info.lock_units);
}

/* P6: the canary finds it, and the identity is whole all the same. */
static void
test_a_lock_that_lies(void **state)
{
	struct probe_token token;

	(void)state;
	for (unsigned int unit = 0; unit < 3; unit++) {
		bench_init(&bench, WORDS_ADDITIVE, 2);
		bench.fake.lock[unit] = FAKE_LOCK_LIES;
		bench_to(&bench, STATE_LOCKED);
		assert_locked_and_right();
		probe(&token);
		assert_int_equal(token.state, STATE_LOCK_FAILED);
		for (unsigned int i = 0; i < 3; i++)
			assert_int_equal(token.canary[i],
					 i == unit ? CANARY_BURNT
						   : CANARY_HELD);
		bench_boot(&bench);
		assert_int_equal(bench_state(&bench), STATE_LOCK_FAILED);
		bench.fake.cells.canary[unit] = 0;
		assert_locked_and_right();
	}
}

/* A canary that cannot be read afterwards is no proof. */
static void
test_a_canary_that_cannot_be_read(void **state)
{
	struct probe_token token;

	(void)state;
	bench_in(&bench, STATE_LOCKED);
	bench.fake.is_canary_unreadable[2] = true;
	probe(&token);
	assert_int_equal(token.state, STATE_LOCK_FAILED);
	assert_int_equal(token.canary[2], CANARY_NOT_TRIED);
}

static void
test_no_canary_is_tried_but_on_a_locked_unit(void **state)
{
	struct probe_token token;

	(void)state;
	for (unsigned int s = STATE_KEYED; s <= STATE_VOID; s++) {
		if (s == STATE_LOCKED)
			continue;
		bench_in(&bench, (enum device_state)s);
		bench_mark(&bench);
		probe(&token);
		bench_assert_same(&bench);
		assert_int_equal(token.state, s);
		assert_int_equal(token.canary[0], CANARY_NOT_TRIED);
		assert_int_equal(bench.fake.canary_tries, 0);
	}
}

static void
test_no_canary_is_tried_where_that_may_harm(void **state)
{
	struct probe_token token;

	(void)state;
	for (unsigned int i = 0; i < 2; i++) {
		bench_in(&bench, STATE_LOCKED);
		bench.fake.info.is_lock_permanent = i == 0;
		bench.fake.info.is_refusal_harmless = i == 1;
		probe(&token);
		assert_true(token.is_status_only);
		assert_int_equal(token.canary[0], CANARY_NOT_TRIED);
		assert_int_equal(bench.fake.canary_tries, 0);
	}
}

/* ------------------------------------------------------------ other burns */

static bool
is_planned(unsigned int word, bool has_digest)
{
	return word < image_kill_word(FIELD_IDENTITY_3, COPY_A) ||
	       (has_digest && word >= image_kill_word(FIELD_DIGEST, COPY_A) &&
		word < image_kill_word(FIELD_MARKER, COPY_A));
}

static enum status
finish(enum device_state from)
{
	enum status st = ST_OK;

	if (from == STATE_WRITTEN)
		st = bench_store_right(&bench);
	return st == ST_OK ? bench_op(&bench, OP_LOCK) : st;
}

/*
 * P4, P5: one more burnt cell.  In what is planned it costs one copy at most;
 * anywhere else the unit is refused, before anything more is burnt.
 */
static void
burn_one_more(const struct bench *start, enum device_state from,
	      unsigned int word, unsigned int bit)
{
	bool is_kill = word == image_kill_word(FIELD_IDENTITY_3, COPY_A) ||
		       word == image_kill_word(FIELD_IDENTITY_3, COPY_B) ||
		       word == image_kill_word(FIELD_IDENTITY_4, COPY_A) ||
		       word == image_kill_word(FIELD_IDENTITY_4, COPY_B);
	/* the digest is still to come, or slots may be dying already */
	bool is_harmless = is_planned(word, true) ||
			   (is_kill && from == STATE_RECORDED);

	bench_copy(&bench, start);
	if ((bench.fake.cells.word[word] >> bit & 1) != 0)
		return;
	bench.fake.cells.word[word] |= UINT32_C(1) << bit;
	bench_mark(&bench);
	if (is_harmless) {
		assert_int_equal(finish(from), ST_OK);
		assert_locked_and_right();
	} else {
		bench_assert_refused(&bench, finish(from), ST_OTP_VOID);
	}
}

static void
test_one_more_burnt_cell(void **state)
{
	static struct bench start;

	(void)state;
	for (unsigned int i = 0; i < 2; i++) {
		enum device_state from = i == 0 ? STATE_WRITTEN
						: STATE_RECORDED;

		bench_in(&start, from);
		for (unsigned int word = IMAGE_FIRST_OPEN_WORD;
		     word < IMAGE_WORDS; word++)
			for (unsigned int bit = word % 5; bit < 32; bit += 11)
				burn_one_more(&start, from, word, bit);
	}
}

/* Two words of a slot that nobody wrote are a number of their own. */
static void
test_a_number_in_a_slot_that_is_not_populated(void **state)
{
	struct image_payload payload;

	(void)state;
	bench_in(&bench, STATE_RECORDED);
	image_identity_payload(&payload, imei_of(1010000, 999));
	image_encode_copy(bench.fake.cells.word +
				  image_kill_word(FIELD_IDENTITY_3, COPY_A),
			  FIELD_IDENTITY_3, &payload);
	bench_mark(&bench);
	bench_assert_refused(&bench, bench_op(&bench, OP_LOCK), ST_OTP_VOID);
}

static void
test_a_corrected_word_is_not_locked(void **state)
{
	struct evidence evidence;

	(void)state;
	for (unsigned int word = IMAGE_FIRST_OPEN_WORD; word < IMAGE_WORDS;
	     word += 7) {
		bench_in(&bench, STATE_RECORDED);
		bench.fake.health[word] = WORD_CORRECTED;
		bench_mark(&bench);
		bench_assert_refused(&bench, bench_op(&bench, OP_LOCK),
				     ST_OTP_CORRECTED);
		/* at boot it counts if it says what the record says */
		bench.fake.health[word] = WORD_GOOD;
		assert_int_equal(bench_op(&bench, OP_LOCK), ST_OK);
		bench.fake.health[word] = WORD_CORRECTED;
		assert_int_equal(bench_op(&bench, OP_ATTEST), ST_OK);
		assert_int_equal(evidence_open(&evidence, bench.reply.object),
				 ST_OK);
		assert_int_equal(evidence.boot, ST_OK);
	}
}

/* The modem would read something else: it is looked at before the lock. */
static void
test_lock_reloads_before_it_looks(void **state)
{
	unsigned int before;

	(void)state;
	bench_in(&bench, STATE_RECORDED);
	before = bench.fake.reloads;
	assert_int_equal(bench_op(&bench, OP_LOCK), ST_OK);
	assert_int_equal(bench.fake.reloads - before, 2);
}

static enum status (*honest_read)(void *ctx, unsigned int word, uint32_t *value,
				  enum word_health *health);
static unsigned int reads_of_slot_1;

/* Whoever reads slot 1 a second time sees another number, whole and valid. */
static enum status
two_faced_read(void *ctx, unsigned int word, uint32_t *value,
	       enum word_health *health)
{
	unsigned int first = image_kill_word(FIELD_IDENTITY_1, COPY_A);
	struct image_payload payload;
	uint32_t copy[5];
	enum status st = honest_read(ctx, word, value, health);

	if (word < first || word >= first + 10 || reads_of_slot_1++ % 30 < 20)
		return st;
	image_identity_payload(&payload, imei_of(1010000, 1777));
	image_encode_copy(copy, FIELD_IDENTITY_1, &payload);
	*value = copy[(word - first) % 5];
	return st;
}

/* P5: what the modem will read is held against what was judged. */
static void
test_no_lock_if_the_second_path_differs(void **state)
{
	(void)state;
	bench_in(&bench, STATE_RECORDED);
	honest_read = bench.fake.port.otp_read;
	bench.fake.port.otp_read = two_faced_read;
	reads_of_slot_1 = 0;
	bench_mark(&bench);
	/* sensed, sensed again after the reload, then by the modem's path */
	bench_assert_refused(&bench, bench_op(&bench, OP_LOCK), ST_OTP_INEXACT);
	assert_int_equal(reads_of_slot_1, 30);
}

static enum status
polite_canary(void *ctx, unsigned int unit)
{
	(void)ctx;
	(void)unit;
	return ST_OK;
}

/* A burn that was not refused proves no lock, though nothing came of it. */
static void
test_a_canary_burn_that_is_not_refused(void **state)
{
	struct probe_token token;

	(void)state;
	bench_in(&bench, STATE_LOCKED);
	bench.fake.port.canary_program = polite_canary;
	probe(&token);
	for (unsigned int unit = 0; unit < token.unit_count; unit++)
		assert_int_equal(token.canary[unit], CANARY_BURNT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_cell_that_never_burns),
		cmocka_unit_test(test_one_word_that_never_burns),
		cmocka_unit_test(test_both_copies_that_never_burn),
		cmocka_unit_test(test_a_status_that_lies),
		cmocka_unit_test(test_a_lock_that_does_not_take),
		cmocka_unit_test(test_a_lock_that_lies),
		cmocka_unit_test(test_a_canary_that_cannot_be_read),
		cmocka_unit_test(test_no_canary_is_tried_but_on_a_locked_unit),
		cmocka_unit_test(test_no_canary_is_tried_where_that_may_harm),
		cmocka_unit_test(test_one_more_burnt_cell),
		cmocka_unit_test(test_a_number_in_a_slot_that_is_not_populated),
		cmocka_unit_test(test_a_corrected_word_is_not_locked),
		cmocka_unit_test(test_lock_reloads_before_it_looks),
		cmocka_unit_test(test_no_lock_if_the_second_path_differs),
		cmocka_unit_test(test_a_canary_burn_that_is_not_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
