/* SPDX-License-Identifier: Apache-2.0 */
/* What the agent draws, and what it never shows (docs/otp.md, 9). */
#include "agent/agent.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "support/bench.h"

static struct bench bench;

#define BOOTS 50

static void
test_sessions_and_nonces_are_never_the_same(void **state)
{
	uint64_t session[BOOTS];
	struct nonce nonce[2 * BOOTS];

	(void)state;
	bench_init(&bench, WORDS_ADDITIVE, 1);
	for (unsigned int i = 0; i < 2 * BOOTS; i++) {
		if (i % 2 == 0)
			bench_boot(&bench);
		session[i / 2] = bench.agent.session;
		assert_int_equal(bench_key(&bench), ST_OK);
		nonce[i] = bench.token.device_nonce;
		for (unsigned int before = 0; before < i; before++)
			assert_memory_not_equal(&nonce[before], &nonce[i],
						sizeof(nonce[i]));
		for (unsigned int before = 0; before < i / 2; before++)
			assert_true(session[before] != session[i / 2]);
	}
}

static void
test_no_start_without_a_session(void **state)
{
	static struct agent agent;

	(void)state;
	bench_init(&bench, WORDS_ADDITIVE, 1);
	bench.fake.has_no_random = true;
	assert_int_equal(agent_init(&agent, &bench.fake.port, &bench.trust),
			 ST_AGENT_RANDOM);
	assert_true(agent.session == 0);
}

static enum status
zero_random(void *ctx, void *out, size_t len)
{
	(void)ctx;
	memset(out, 0, len);
	return ST_OK;
}

static void
test_no_session_is_zero(void **state)
{
	static struct agent agent;

	(void)state;
	bench_init(&bench, WORDS_ADDITIVE, 1);
	bench.fake.port.random = zero_random;
	assert_int_equal(agent_init(&agent, &bench.fake.port, &bench.trust),
			 ST_AGENT_RANDOM);
}

static void
test_no_start_on_a_chip_without_a_number(void **state)
{
	static struct agent agent;

	(void)state;
	bench_init(&bench, WORDS_ADDITIVE, 1);
	memset(bench.fake.chip.byte, 0xff, CHIP_ID_MAX);
	assert_int_equal(agent_init(&agent, &bench.fake.port, &bench.trust),
			 ST_AGENT_CHIP_ID);
	memset(bench.fake.chip.byte, 0, CHIP_ID_MAX);
	assert_int_equal(agent_init(&agent, &bench.fake.port, &bench.trust),
			 ST_AGENT_CHIP_ID);
	bench.fake.chip.byte[0] = 1;
	bench.fake.chip.len = CHIP_ID_MIN - 1;
	assert_int_equal(agent_init(&agent, &bench.fake.port, &bench.trust),
			 ST_AGENT_CHIP_ID);
}

static void
test_no_secret_without_random(void **state)
{
	(void)state;
	bench_init(&bench, WORDS_ADDITIVE, 1);
	bench.fake.has_no_random = true;
	bench_mark(&bench);
	bench_assert_refused(&bench, bench_op(&bench, OP_KEY), ST_AGENT_RANDOM);
}

/* P2: a cut anywhere in `key` never ends in a second secret. */
static void
test_a_unit_gets_one_secret(void **state)
{
	unsigned int burns;

	(void)state;
	for (unsigned int kind = WORDS_ADDITIVE; kind <= WORDS_ONCE; kind++) {
		bench_init(&bench, (enum word_kind)kind, 1);
		bench_to(&bench, STATE_KEYED);
		burns = bench.fake.burns;
		for (unsigned int n = 1; n <= burns; n++) {
			struct public_key device;

			bench_init(&bench, (enum word_kind)kind, 1);
			bench.fake.cut_at = bench.fake.changes + n;
			bench.fake.tear = (enum fake_tear)(n % FAKE_TEARS);
			assert_int_equal(bench_op(&bench, OP_KEY),
					 ST_PORT_POWER);
			bench_boot(&bench);
			assert_int_equal(bench_key(&bench), ST_OK);
			device = bench.token.device;
			bench_boot(&bench);
			bench_mark(&bench);
			assert_int_equal(bench_key(&bench), ST_OK);
			bench_assert_same_fuses(&bench);
			assert_memory_equal(&device, &bench.token.device,
					    sizeof(device));
		}
	}
}

/* ------------------------------------------------------------- the secret */

static bool
contains(struct bytes all, const void *part, size_t len)
{
	for (size_t i = 0; i + len <= all.len; i++)
		if (memcmp(all.ptr + i, part, len) == 0)
			return true;
	return false;
}

static void
put_be(uint8_t *out, uint32_t word)
{
	for (unsigned int i = 0; i < 4; i++)
		out[i] = (uint8_t)(word >> (24 - 8 * i));
}

/* Neither a pair of its words, in either byte order, nor half of the secret:
 * eight bytes, which never come by chance. */
static void
assert_hides_secret(const struct bench *b, struct bytes reply)
{
	struct image_payload payload;
	uint8_t secret[IMAGE_SECRET_LEN];
	struct image image = {{0}, {0}};

	memcpy(image.word, b->fake.cells.word, sizeof(image.word));
	image_copy_payload(&payload, &image, FIELD_SECRET, COPY_A);
	image_payload_secret(secret, &payload);
	assert_false(contains(reply, secret, 8));
	assert_false(contains(reply, secret + 8, 8));
	for (unsigned int word = 0; word < IMAGE_FIRST_OPEN_WORD; word++) {
		uint8_t pair[8];

		if (image.word[word] == 0 || image.word[word + 1] == 0)
			continue;
		put_be(pair, image.word[word]);
		put_be(pair + 4, image.word[word + 1]);
		assert_false(contains(reply, pair, sizeof(pair)));
		assert_false(contains(reply, &image.word[word], 8));
	}
}

static void
test_no_reply_shows_the_secret(void **state)
{
	const enum device_state states[] = {
		STATE_KEYED,  STATE_WRITTEN,	 STATE_RECORDED,
		STATE_LOCKED, STATE_LOCK_FAILED, STATE_VOID,
	};

	(void)state;
	for (unsigned int i = 0; i < sizeof(states) / sizeof(states[0]); i++)
		for (unsigned int op = OP_HELLO; op <= OP_ATTEST; op++) {
			bench_in(&bench, states[i]);
			(void)bench_op(&bench, (enum msg_op)op);
			assert_hides_secret(&bench, bench.raw);
			/* nor does it stay in memory */
			assert_hides_secret(&bench,
					    bytes_of(&bench.agent,
						     sizeof(bench.agent)));
		}
}

/* Two units that differ in one bit of the secret: their words look the same,
 * and their keys have nothing in common. */
static void
test_read_is_the_same_for_any_secret(void **state)
{
	struct read_token first, second;
	uint32_t *word;

	(void)state;
	bench_in(&bench, STATE_WRITTEN);
	assert_int_equal(bench_op(&bench, OP_READ), ST_OK);
	assert_int_equal(read_token_open(&first, bench.reply.object), ST_OK);
	for (unsigned int c = COPY_A; c < IMAGE_COPIES; c++) {
		word = bench.fake.cells.word +
		       image_kill_word(FIELD_SECRET, (enum image_copy)c) + 1;
		word[0] ^= 1;
		word[1] ^= 1;
	}
	bench.fake.health[3] = WORD_CORRECTED;
	bench.fake.health[IMAGE_FIRST_OPEN_WORD - 1] = WORD_CORRECTED;
	assert_int_equal(bench_op(&bench, OP_READ), ST_OK);
	assert_int_equal(read_token_open(&second, bench.reply.object), ST_OK);
	assert_memory_equal(&first.image, &second.image, sizeof(first.image));
	assert_memory_not_equal(&first.device, &second.device,
				sizeof(first.device));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sessions_and_nonces_are_never_the_same),
		cmocka_unit_test(test_no_start_without_a_session),
		cmocka_unit_test(test_no_session_is_zero),
		cmocka_unit_test(test_no_start_on_a_chip_without_a_number),
		cmocka_unit_test(test_no_secret_without_random),
		cmocka_unit_test(test_a_unit_gets_one_secret),
		cmocka_unit_test(test_no_reply_shows_the_secret),
		cmocka_unit_test(test_read_is_the_same_for_any_secret),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
