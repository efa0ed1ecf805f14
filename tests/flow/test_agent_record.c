/* SPDX-License-Identifier: Apache-2.0 */
/* P5: what store and lock ask of a record. */
#include "agent/agent.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "support/bench.h"

static struct bench bench;
static struct record record;

static void
start(enum device_state state)
{
	bench_init(&bench, WORDS_ADDITIVE, 2);
	bench_to(&bench, state);
	bench_record(&bench, &record);
	bench_mark(&bench);
}

static void
assert_refused(enum status expected)
{
	bench_assert_refused(&bench, bench_store(&bench, &record), expected);
}

/* Each member that fuses and chip know, made different. */
static void
misfit(unsigned int which)
{
	bench_record(&bench, &record);
	switch (which) {
	case 0:
		record.chip.byte[3] ^= 1;
		break;
	case 1:
		record.chip.len--;
		record.chip.byte[record.chip.len] = 0;
		break;
	case 2:
		sample_public(&record.device, SIGNER_DEVICE);
		break;
	case 3:
		record.identity.slot[0].body++;
		record.identity.slot[1].body++;
		break;
	case 4:
		record.identity.slot[1].body++;
		break;
	case 5:
		record.identity.slot[0] = IMEI_NONE;
		break;
	case 6:
		record.identity.slot[2] = imei_of(1010000, 1700);
		break;
	case 7:
		record.identity.primary ^= 1;
		break;
	default:
		record.class = CLASS_PRODUCTION;
		break;
	}
}

#define MISFITS 9

static void
test_a_misfit_is_told_before_its_signature(void **state)
{
	const enum device_state states[] = {STATE_WRITTEN, STATE_RECORDED,
					    STATE_LOCKED};

	(void)state;
	for (unsigned int i = 0; i < 3; i++) {
		start(states[i]);
		for (unsigned int which = 0; which < MISFITS; which++) {
			misfit(which);
			assert_refused(ST_AGENT_MISMATCH);
			bench.line = SIGNER_DEVICE;
			assert_refused(ST_AGENT_MISMATCH);
			bench.line = SIGNER_LINE;
		}
		assert_int_equal(bench_store_right(&bench), ST_OK);
		assert_int_equal(bench.reply.state, states[i] == STATE_LOCKED
							    ? STATE_LOCKED
							    : STATE_RECORDED);
	}
}

/* docs/record.md 4.3, with what the device adds to it */
static void
test_what_a_record_must_be_signed_by(void **state)
{
	const enum device_state states[] = {STATE_WRITTEN, STATE_RECORDED,
					    STATE_LOCKED};

	(void)state;
	for (unsigned int i = 0; i < 3; i++) {
		struct cert good;

		start(states[i]);
		good = bench.cert;
		bench.line = SIGNER_DEVICE;
		assert_refused(ST_CRYPTO_SIGNATURE);
		bench.line = SIGNER_LINE;
		bench.root = SIGNER_DEVICE;
		assert_refused(ST_AGENT_CERTIFICATE);
		bench.root = SIGNER_ROOT;
		bench.cert.role = ROLE_LOG;
		assert_refused(ST_AGENT_CERTIFICATE);
		bench.cert = good;
		bench.cert.class = CLASS_PRODUCTION;
		assert_refused(ST_AGENT_CLASS);
		bench.cert = good;
		bench.cert.model[0] = 'F';
		assert_refused(ST_AGENT_CERTIFICATE);
		bench.cert = good;
		bench.cert.epoch = bench.trust.min_epoch - 1;
		assert_refused(ST_AGENT_CERTIFICATE);
		bench.cert = good;
		bench.cert.ledger.byte[0] ^= 1;
		assert_refused(ST_AGENT_CERTIFICATE);
		bench.cert = good;
		bench.cert.interval[0].first = imei_of(1010000, 1235);
		assert_refused(ST_AGENT_INTERVAL);
		bench.cert = good;
		record.model[0] = 'F';
		assert_refused(ST_AGENT_CERTIFICATE);
	}
}

/* A unit that development wrote, in the hands of a production agent. */
static void
test_classes_do_not_mix(void **state)
{
	(void)state;
	start(STATE_WRITTEN);
	bench.trust.class = CLASS_PRODUCTION;
	bench_boot(&bench);
	assert_refused(ST_AGENT_CLASS);
	bench.cert.class = CLASS_PRODUCTION;
	assert_refused(ST_AGENT_CLASS);
	record.class = CLASS_PRODUCTION;
	assert_refused(ST_AGENT_MISMATCH);
}

static void
test_a_record_that_is_signed_again_fits(void **state)
{
	uint8_t buf[OBJECT_MAX];
	struct bytes stored;

	(void)state;
	start(STATE_LOCKED);
	record.issued = 4711;
	memset(&record.readback, 0x3c, sizeof(record.readback));
	memcpy(record.final_process, "again", sizeof("again"));
	stored = bench_sign_record(buf, &bench, &record);
	assert_int_equal(bench_store(&bench, &record), ST_OK);
	bench_assert_same_fuses(&bench);
	assert_int_equal(bench_fetch(&bench, STORED_RECORD), ST_OK);
	/* signatures are drawn anew: all but the last 64 bytes */
	assert_int_equal(bench.reply.object.len, stored.len);
	assert_memory_equal(bench.reply.object.ptr, stored.ptr,
			    stored.len - ES256_SIG_LEN);
}

/* P11: it can be brought back at any time, and the boot check is good again */
static void
test_a_lost_record_comes_back(void **state)
{
	struct evidence evidence;

	(void)state;
	start(STATE_LOCKED);
	memset(bench.fake.store, 0xff, sizeof(bench.fake.store));
	assert_int_equal(bench_fetch(&bench, STORED_RECORD),
			 ST_AGENT_NONE_STORED);
	assert_int_equal(bench_op(&bench, OP_ATTEST), ST_OK);
	assert_int_equal(evidence_open(&evidence, bench.reply.object), ST_OK);
	assert_int_equal(evidence.boot, ST_BOOT_RECORD_ABSENT);
	assert_false(evidence.has_record);
	assert_int_equal(bench_store_right(&bench), ST_OK);
	assert_int_equal(bench_op(&bench, OP_ATTEST), ST_OK);
	assert_int_equal(evidence_open(&evidence, bench.reply.object), ST_OK);
	assert_int_equal(evidence.boot, ST_OK);
}

static void
test_nothing_is_burnt_before_it_is_stored(void **state)
{
	(void)state;
	start(STATE_WRITTEN);
	bench.fake.has_no_store = true;
	assert_refused(ST_AGENT_STORE);
	bench.fake.has_no_store = false;
	bench.fake.is_store_deaf = true;
	assert_refused(ST_AGENT_STORE);
	bench.fake.is_store_deaf = false;
	assert_int_equal(bench_store(&bench, &record), ST_OK);
}

/* Too late for a digest, so it is not stored either. */
static void
test_a_failed_unit_without_a_digest_takes_no_record(void **state)
{
	(void)state;
	start(STATE_WRITTEN);
	bench.fake.cells.canary[0] = 1;
	bench_mark(&bench);
	assert_refused(ST_AGENT_LOCK_FAILED);
}

/* ------------------------------------------------------------------ lock */

static void
assert_lock_refused(enum status expected)
{
	bench_mark(&bench);
	bench_assert_refused(&bench, bench_op(&bench, OP_LOCK), expected);
}

static void
test_no_lock_before_a_record(void **state)
{
	(void)state;
	start(STATE_KEYED);
	assert_lock_refused(ST_AGENT_STATE);
	start(STATE_WRITTEN);
	assert_lock_refused(ST_AGENT_STATE);
}

static void
test_no_lock_when_the_store_was_erased(void **state)
{
	(void)state;
	start(STATE_RECORDED);
	memset(bench.fake.store, 0xff, sizeof(bench.fake.store));
	assert_lock_refused(ST_AGENT_NO_RECORD);
	assert_int_equal(bench_store_right(&bench), ST_OK);
	assert_int_equal(bench_op(&bench, OP_LOCK), ST_OK);
}

/* Whoever can write the flash puts another record there. */
static void
put_in_store(const struct record *other)
{
	uint8_t loaded[STORE_OBJECTS_MAX], cert[OBJECT_MAX], buf[OBJECT_MAX];
	struct store_view view;

	assert_int_equal(store_load(&view, loaded, &bench.fake.port), ST_OK);
	view.object[STORED_RECORD_CERT - 1] = bench_sign_cert(cert, &bench);
	view.object[STORED_RECORD - 1] = bench_sign_record(buf, &bench, other);
	assert_int_equal(store_save(&view, view.object, &bench.fake.port),
			 ST_OK);
}

static void
test_no_lock_with_a_record_that_was_exchanged(void **state)
{
	(void)state;
	start(STATE_RECORDED);
	for (unsigned int which = 0; which < MISFITS; which++) {
		misfit(which);
		put_in_store(&record);
		bench_mark(&bench);
		assert_int_not_equal(bench_op(&bench, OP_LOCK), ST_OK);
		bench_assert_same(&bench);
	}
	bench_record(&bench, &record);
	bench.line = SIGNER_DEVICE;
	put_in_store(&record);
	assert_lock_refused(ST_CRYPTO_SIGNATURE);
	bench.line = SIGNER_LINE;
	bench.root = SIGNER_DEVICE;
	put_in_store(&record);
	assert_lock_refused(ST_AGENT_CERTIFICATE);
	bench.root = SIGNER_ROOT;
	bench.cert.ledger.byte[0] ^= 1;
	put_in_store(&record);
	assert_lock_refused(ST_AGENT_CERTIFICATE);
	bench.cert.ledger.byte[0] ^= 1;
	record.model[0] = 'F';
	put_in_store(&record);
	assert_lock_refused(ST_AGENT_CERTIFICATE);
	record.model[0] = 'f';
	put_in_store(&record);
	assert_int_equal(bench_op(&bench, OP_LOCK), ST_OK);
}

/* A record of another unit whose digest was burnt here by other means. */
static void
test_no_lock_with_the_record_of_another_chip(void **state)
{
	(void)state;
	start(STATE_RECORDED);
	bench.fake.chip.byte[0] ^= 1;
	assert_lock_refused(ST_AGENT_MISMATCH);
	bench.fake.chip.byte[0] ^= 1;
	assert_int_equal(bench_op(&bench, OP_LOCK), ST_OK);
}

/* The digest in the fuses is that of nothing that is known. */
static void
test_another_digest_is_burnt(void **state)
{
	struct image_payload payload;
	struct sha256 other;

	(void)state;
	start(STATE_RECORDED);
	memset(&other, 0x3d, sizeof(other));
	image_digest_payload(&payload, &other);
	for (unsigned int c = COPY_A; c < IMAGE_COPIES; c++)
		image_encode_copy(bench.fake.cells.word +
					  image_kill_word(FIELD_DIGEST,
							  (enum image_copy)c),
				  FIELD_DIGEST, &payload);
	bench_mark(&bench);
	assert_refused(ST_AGENT_MISMATCH);
	assert_lock_refused(ST_AGENT_MISMATCH);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_misfit_is_told_before_its_signature),
		cmocka_unit_test(test_what_a_record_must_be_signed_by),
		cmocka_unit_test(test_classes_do_not_mix),
		cmocka_unit_test(test_a_record_that_is_signed_again_fits),
		cmocka_unit_test(test_a_lost_record_comes_back),
		cmocka_unit_test(test_nothing_is_burnt_before_it_is_stored),
		cmocka_unit_test(
			test_a_failed_unit_without_a_digest_takes_no_record),
		cmocka_unit_test(test_no_lock_before_a_record),
		cmocka_unit_test(test_no_lock_when_the_store_was_erased),
		cmocka_unit_test(test_no_lock_with_a_record_that_was_exchanged),
		cmocka_unit_test(test_no_lock_with_the_record_of_another_chip),
		cmocka_unit_test(test_another_digest_is_burnt),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
