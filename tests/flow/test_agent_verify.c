/* SPDX-License-Identifier: Apache-2.0 */
/* The verify-only build, on fuses that others burnt. */
#include "agent/agent.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "boot/device_key.h"
#include "support/bench.h"
#include "support/image_maker.h"

static struct bench bench;
static struct image_maker maker;
static struct record record;

/* The record of the unit whose secret stands in maker. */
static void
make_record(void)
{
	struct image image = {{0}, {0}};
	struct crypto_key key;

	image_encode_copy(image.word, FIELD_SECRET, &maker.secret);
	image.word[image_kill_word(FIELD_SECRET, COPY_B)] = IMAGE_KILL;
	assert_int_equal(device_key_open(&key, &image, &bench.fake.chip),
			 ST_OK);
	assert_int_equal(crypto_key_public(&bench.token.device, &key), ST_OK);
	crypto_key_close(&key);
	bench_record(&bench, &record);
}

static void
put_in_store(void)
{
	const struct store_view empty = {.sequence = 0};
	uint8_t cert[OBJECT_MAX], object[OBJECT_MAX];
	struct bytes objects[STORED_COUNT] = {{NULL, 0}};

	objects[STORED_RECORD_CERT - 1] = bench_sign_cert(cert, &bench);
	objects[STORED_RECORD - 1] = bench_sign_record(object, &bench, &record);
	assert_int_equal(store_save(&empty, objects, &bench.fake.port), ST_OK);
}

/* All the burns before stage. */
static void
make(enum maker_stage stage)
{
	const uint8_t secret[IMAGE_SECRET_LEN] = {1, 2, 3, 4};

	bench_init(&bench, WORDS_ADDITIVE, 2);
	image_maker_init(&maker, WORDS_ADDITIVE, 2);
	maker.plan.identity = bench.identity;
	maker.has_secret = true;
	image_secret_payload(&maker.secret, secret);
	make_record();
	assert_int_equal(record_digest(&maker.plan.digest, &record), ST_OK);
	while (maker.stage < stage) {
		memcpy(bench.fake.cells.word, maker.image.word,
		       sizeof(bench.fake.cells.word));
		if (!image_maker_step(&maker))
			break;
	}
	if (stage != MAKER_DONE)
		return;
	put_in_store();
	fake_port_lock_all(&bench.fake);
}

static void
test_programming_requests_are_unknown(void **state)
{
	static const enum msg_op ops[] = {OP_KEY,   OP_PERMIT, OP_PROGRAM,
					  OP_STORE, OP_LOCK,   OP_PROBE};

	(void)state;
	for (unsigned int stage = MAKER_SECRET; stage <= MAKER_DONE; stage++) {
		make((enum maker_stage)stage);
		bench_boot(&bench);
		assert_false(bench.reply.hello.is_factory_build);
		for (unsigned int i = 0; i < sizeof(ops) / sizeof(ops[0]);
		     i++) {
			enum status st;

			bench_mark(&bench);
			if (ops[i] == OP_PERMIT)
				st = bench_permit_right(&bench);
			else if (ops[i] == OP_STORE)
				st = bench_store_right(&bench);
			else
				st = bench_op(&bench, ops[i]);
			bench_assert_refused(&bench, st, ST_MSG_UNKNOWN);
			assert_int_equal(bench.fake.canary_tries, 0);
		}
	}
}

static void
test_all_that_looks_is_there(void **state)
{
	static const enum msg_op ops[] = {OP_HELLO, OP_RELOAD, OP_READ,
					  OP_FETCH, OP_ATTEST, OP_RESET};

	(void)state;
	make(MAKER_DONE);
	assert_int_equal(bench_state(&bench), STATE_LOCKED);
	bench_mark(&bench);
	for (unsigned int i = 0; i < sizeof(ops) / sizeof(ops[0]); i++)
		assert_int_equal(bench_op(&bench, ops[i]), ST_OK);
	assert_true(bench.agent.is_reset_due);
	bench_assert_same(&bench);
}

/* Good evidence, from a build that could not have made the unit. */
static void
test_evidence(void **state)
{
	struct evidence evidence;

	(void)state;
	make(MAKER_DONE);
	assert_int_equal(bench_op(&bench, OP_ATTEST), ST_OK);
	assert_int_equal(evidence_open(&evidence, bench.reply.object), ST_OK);
	assert_int_equal(evidence.boot, ST_OK);
	assert_int_equal(evidence.state, STATE_LOCKED);
	assert_false(evidence.is_factory_build);
	assert_true(identity_equal(&evidence.identity, &bench.identity));
	assert_memory_equal(&evidence.device, &record.device,
			    sizeof(record.device));
}

/* On a blank unit it burns no secret, whatever it is asked. */
static void
test_a_blank_unit_stays_blank(void **state)
{
	(void)state;
	make(MAKER_SECRET);
	bench_mark(&bench);
	for (unsigned int op = OP_HELLO; op <= OP_ATTEST; op++)
		(void)bench_op(&bench, (enum msg_op)op);
	bench_assert_same(&bench);
	assert_int_equal(bench.fake.changes, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_programming_requests_are_unknown),
		cmocka_unit_test(test_all_that_looks_is_there),
		cmocka_unit_test(test_evidence),
		cmocka_unit_test(test_a_blank_unit_stays_blank),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
