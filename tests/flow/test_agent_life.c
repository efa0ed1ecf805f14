/* SPDX-License-Identifier: Apache-2.0 */
/* The good life of a unit, from blank to locked (docs/protocol.md, 7). */
#include "agent/agent.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "support/bench.h"

static struct bench bench;

/* All of AT+CGSN in each slot: the second read path. */
static void
assert_second_path(const struct identity *identity)
{
	for (unsigned int slot = 0; slot < SLOTS_MAX; slot++) {
		char out[AT_ANSWER_MAX], want[AT_ANSWER_MAX],
			imei[IMEI_LEN + 1];
		size_t len;

		at_answer(out, &len, &bench.fake.port, slot,
			  text_bytes("AT+CGSN"));
		if (imei_is_valid(identity->slot[slot])) {
			imei_format(imei, identity->slot[slot]);
			snprintf(want, sizeof(want), "\r\n%s\r\n\r\nOK\r\n",
				 imei);
		} else {
			snprintf(want, sizeof(want), "\r\nERROR\r\n");
		}
		assert_int_equal(len, strlen(want));
		assert_memory_equal(out, want, len);
	}
}

/* P4, P10: the words in the read token decode to exactly the identity. */
static void
assert_read_exact(bool has_digest, bool is_marked)
{
	struct image_plan plan = {
		.class = CLASS_DEVELOPMENT,
		.identity = bench.identity,
		.has_digest = has_digest,
		.is_marked = is_marked,
	};
	struct read_token token;
	struct record record;

	assert_int_equal(bench_op(&bench, OP_RELOAD), ST_OK);
	assert_int_equal(bench_op(&bench, OP_READ), ST_OK);
	assert_int_equal(read_token_open(&token, bench.reply.object), ST_OK);
	assert_int_equal(token.secret, FIELD_DONE);
	bench_record(&bench, &record);
	assert_int_equal(record_digest(&plan.digest, &record), ST_OK);
	assert_int_equal(image_exact(&token.image, &plan), ST_OK);
	assert_memory_equal(&token.device, &bench.token.device,
			    sizeof(token.device));
}

static void
assert_evidence(enum device_state state, enum status boot)
{
	uint8_t all = (uint8_t)((1u << bench.fake.info.lock_units) - 1);
	struct evidence evidence;

	assert_int_equal(bench_op(&bench, OP_ATTEST), ST_OK);
	assert_int_equal(evidence_open(&evidence, bench.reply.object), ST_OK);
	assert_int_equal(evidence.state, state);
	assert_int_equal(evidence.boot, boot);
	assert_int_equal(evidence.unit_count, bench.fake.info.lock_units);
	assert_int_equal(evidence.locked_mask, state == STATE_LOCKED ? all : 0);
	assert_int_equal(evidence.blank_canary_mask, all);
	assert_true(evidence.is_factory_build);
	assert_string_equal(evidence.model, "fake");
	assert_memory_equal(&evidence.device, &bench.token.device,
			    sizeof(evidence.device));
	if (state >= STATE_WRITTEN)
		assert_true(
			identity_equal(&evidence.identity, &bench.identity));
}

/* What a good probe answers, on any number of lock units. */
static void
assert_probe_held(void)
{
	struct probe_token token;

	assert_int_equal(bench_op(&bench, OP_PROBE), ST_OK);
	assert_int_equal(probe_token_open(&token, bench.reply.object), ST_OK);
	assert_int_equal(token.state, STATE_LOCKED);
	assert_false(token.is_status_only);
	assert_int_equal(token.unit_count, bench.fake.info.lock_units);
	for (unsigned int unit = 0; unit < token.unit_count; unit++)
		assert_int_equal(token.canary[unit], CANARY_HELD);
	assert_int_equal(bench.fake.canary_tries, token.unit_count);
}

static void
assert_stored_objects(void)
{
	struct record record;
	struct sha256 hash, claimed;
	struct evidence evidence;
	struct public_key line;

	for (unsigned int which = 1; which <= STORED_COUNT; which++)
		assert_int_equal(bench_fetch(&bench, (enum stored)which),
				 ST_OK);
	sample_public(&line, SIGNER_LINE);
	assert_int_equal(record_open(&record, bench.reply.object, &line),
			 ST_OK);
	assert_int_equal(crypto_sha256(&hash, &bench.reply.object, 1), ST_OK);
	assert_int_equal(bench_op(&bench, OP_ATTEST), ST_OK);
	assert_int_equal(evidence_open(&evidence, bench.reply.object), ST_OK);
	assert_true(evidence.has_record);
	claimed = evidence.record;
	assert_memory_equal(&claimed, &hash, sizeof(hash));
}

static void
live(enum word_kind kind, unsigned int slots, uint8_t units)
{
	struct public_key device;

	bench_init(&bench, kind, slots);
	bench.fake.info.lock_units = units;
	assert_int_equal(bench_state(&bench), STATE_BLANK);
	assert_int_equal(bench.reply.hello.word_kind, kind);
	assert_int_equal(bench.reply.hello.modem_slots, slots);
	assert_int_equal(bench.reply.hello.burnt_words, 0);
	assert_int_equal(bench.reply.hello.secret, FIELD_EMPTY);
	assert_int_equal(bench_key(&bench), ST_OK);
	device = bench.token.device;
	assert_int_equal(bench_state(&bench), STATE_KEYED);
	assert_int_equal(bench_permit_right(&bench), ST_OK);
	assert_int_equal(bench_op(&bench, OP_PROGRAM), ST_OK);
	assert_int_equal(bench.reply.state, STATE_WRITTEN);
	assert_true(bench.progress_count > 0);
	assert_read_exact(false, false);
	assert_second_path(&bench.identity);
	assert_evidence(STATE_WRITTEN, ST_AGENT_NOT_LOCKED);
	assert_int_equal(bench_store_right(&bench), ST_OK);
	assert_int_equal(bench.reply.state, STATE_RECORDED);
	assert_read_exact(true, false);
	assert_int_equal(bench_op(&bench, OP_LOCK), ST_OK);
	assert_int_equal(bench.reply.state, STATE_LOCKED);
	assert_int_equal(bench_op(&bench, OP_RESET), ST_OK);
	assert_true(bench.agent.is_reset_due);
	bench_boot(&bench);
	assert_probe_held();
	bench_boot(&bench);
	assert_read_exact(true, true);
	assert_second_path(&bench.identity);
	assert_evidence(STATE_LOCKED, ST_OK);
	assert_stored_objects();
	assert_int_equal(bench_key(&bench), ST_OK);
	assert_memory_equal(&device, &bench.token.device, sizeof(device));
}

static void
test_a_good_life(void **state)
{
	(void)state;
	for (unsigned int slots = 1; slots <= SLOTS_MAX; slots++) {
		live(WORDS_ADDITIVE, slots, 3);
		live(WORDS_ONCE, slots, 3);
	}
	live(WORDS_ADDITIVE, 2, 1);
	live(WORDS_ONCE, 2, PORT_LOCK_UNITS_MAX);
}

/* Two of four modem slots, and the primary is the second of them. */
static void
test_some_of_the_slots(void **state)
{
	(void)state;
	bench_init(&bench, WORDS_ADDITIVE, SLOTS_MAX);
	bench.identity.slot[0] = IMEI_NONE;
	bench.identity.slot[2] = IMEI_NONE;
	bench_to(&bench, STATE_LOCKED);
	assert_read_exact(true, true);
	assert_second_path(&bench.identity);
	assert_evidence(STATE_LOCKED, ST_OK);
}

/* P2: the key is bound to secret and chip. */
static void
test_no_two_units_have_the_same_key(void **state)
{
	struct public_key first, second;

	(void)state;
	bench_init(&bench, WORDS_ADDITIVE, 1);
	bench_to(&bench, STATE_KEYED);
	first = bench.token.device;
	bench.fake.chip.byte[0] ^= 1;
	assert_int_equal(bench_key(&bench), ST_OK);
	second = bench.token.device;
	assert_memory_not_equal(&first, &second, sizeof(first));
	bench_init(&bench, WORDS_ADDITIVE, 1);
	bench.fake.random_state = 99;
	bench_to(&bench, STATE_KEYED);
	second = bench.token.device;
	assert_memory_not_equal(&first, &second, sizeof(first));
}

/* Whatever was done is done once; a second call finds nothing to burn. */
static void
test_a_second_time_burns_nothing(void **state)
{
	(void)state;
	for (unsigned int kind = WORDS_ADDITIVE; kind <= WORDS_ONCE; kind++) {
		bench_init(&bench, (enum word_kind)kind, 2);
		bench_to(&bench, STATE_WRITTEN);
		bench_mark(&bench);
		assert_int_equal(bench_key(&bench), ST_OK);
		assert_int_equal(bench_permit_right(&bench), ST_OK);
		assert_int_equal(bench_op(&bench, OP_PROGRAM), ST_OK);
		assert_int_equal(bench_op(&bench, OP_PROGRAM), ST_OK);
		bench_assert_same_fuses(&bench);
		bench_to(&bench, STATE_RECORDED);
		bench_mark(&bench);
		assert_int_equal(bench_store_right(&bench), ST_OK);
		bench_assert_same_fuses(&bench);
		bench_to(&bench, STATE_LOCKED);
		bench_mark(&bench);
		assert_int_equal(bench_key(&bench), ST_OK);
		assert_int_equal(bench_store_right(&bench), ST_OK);
		bench_assert_same_fuses(&bench);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_good_life),
		cmocka_unit_test(test_some_of_the_slots),
		cmocka_unit_test(test_no_two_units_have_the_same_key),
		cmocka_unit_test(test_a_second_time_burns_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
