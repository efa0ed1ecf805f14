/* SPDX-License-Identifier: Apache-2.0 */
/* The boot check: good, and every reason that it gives. */
#include "boot/boot.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "support/bench.h"

static struct bench bench;
static struct record record;

static int
set_up(void **state)
{
	(void)state;
	bench_in(&bench, STATE_LOCKED);
	bench_record(&bench, &record);
	return 0;
}

/* With what bench and record say now. */
static enum status
check(void)
{
	uint8_t cert[OBJECT_MAX], object[OBJECT_MAX];

	return boot_check(&bench.fake.port, &bench.trust,
			  bench_sign_cert(cert, &bench),
			  bench_sign_record(object, &bench, &record));
}

static uint32_t *
copy_of(enum image_field field, enum image_copy copy)
{
	return bench.fake.cells.word + image_kill_word(field, copy);
}

static void
test_good(void **state)
{
	(void)state;
	assert_int_equal(check(), ST_OK);
	/* one that was signed again, by a certificate of another time */
	record.issued = 99;
	bench.cert.issued = 98;
	bench.cert.epoch = 0;
	assert_int_equal(check(), ST_OK);
}

static void
test_no_record(void **state)
{
	uint8_t cert[OBJECT_MAX], object[OBJECT_MAX];
	struct bytes none = bytes_of(NULL, 0);

	(void)state;
	assert_int_equal(boot_check(&bench.fake.port, &bench.trust,
				    bench_sign_cert(cert, &bench), none),
			 ST_BOOT_RECORD_ABSENT);
	assert_int_equal(boot_check(&bench.fake.port, &bench.trust, none,
				    bench_sign_record(object, &bench, &record)),
			 ST_BOOT_RECORD_ABSENT);
}

static void
test_not_locked(void **state)
{
	(void)state;
	bench.fake.cells.lock[1] = 0;
	assert_int_equal(check(), ST_AGENT_NOT_LOCKED);
	for (unsigned int s = STATE_BLANK; s < STATE_LOCKED; s++) {
		bench_in(&bench, (enum device_state)s);
		assert_int_equal(check(), ST_AGENT_NOT_LOCKED);
	}
}

static void
test_lock_failed(void **state)
{
	(void)state;
	bench.fake.cells.canary[2] = 4;
	assert_int_equal(check(), ST_AGENT_LOCK_FAILED);
}

/* Both copies of a field dead, or two that disagree. */
static void
test_void(void **state)
{
	(void)state;
	*copy_of(FIELD_IDENTITY_2, COPY_A) = 1;
	assert_int_equal(check(), ST_OK);
	*copy_of(FIELD_IDENTITY_2, COPY_B) = 1;
	assert_int_equal(check(), ST_OTP_VOID);
	set_up(NULL);
	copy_of(FIELD_IDENTITY_1, COPY_B)[1] = image_encode_word(0x1234567);
	copy_of(FIELD_IDENTITY_1, COPY_B)[2] =
		image_encode_complement(0x1234567);
	assert_int_equal(check(), ST_OTP_VOID);
	set_up(NULL);
	bench.fake.cells.word[image_kill_word(FIELD_IDENTITY_3, COPY_A)] = 0;
	assert_int_equal(check(), ST_OTP_VOID);
}

static void
test_words_that_are_not_read_well(void **state)
{
	(void)state;
	memset(bench.fake.health, WORD_CORRECTED, IMAGE_WORDS);
	assert_int_equal(check(), ST_OK);
	bench.fake.health[image_kill_word(FIELD_DIGEST, COPY_A) + 5] =
		WORD_UNREADABLE;
	assert_int_equal(check(), ST_OK);
	bench.fake.health[image_kill_word(FIELD_DIGEST, COPY_B) + 7] =
		WORD_UNREADABLE;
	assert_int_equal(check(), ST_OTP_VOID);
}

/* Each is signed as it should be, and says something else. */
static void
test_a_record_of_something_else(void **state)
{
	const struct record good = record;

	(void)state;
	record.chip.byte[0] ^= 1;
	assert_int_equal(check(), ST_BOOT_RECORD);
	record = good;
	sample_public(&record.device, SIGNER_DEVICE);
	assert_int_equal(check(), ST_BOOT_RECORD);
	record = good;
	record.identity.slot[0].body += 100;
	assert_int_equal(check(), ST_BOOT_RECORD);
	record = good;
	record.identity.primary ^= 1;
	assert_int_equal(check(), ST_BOOT_RECORD);
	record = good;
	record.class = CLASS_PRODUCTION;
	assert_int_equal(check(), ST_BOOT_RECORD);
	record = good;
	record.ledger.byte[0] ^= 1;
	assert_int_equal(check(), ST_BOOT_RECORD);
	record = good;
	record.model[0] = 'F';
	assert_int_equal(check(), ST_BOOT_RECORD);
}

static void
test_a_certificate_of_something_else(void **state)
{
	const struct cert good = bench.cert;

	(void)state;
	bench.cert.role = ROLE_LOG;
	assert_int_equal(check(), ST_BOOT_RECORD);
	bench.cert = good;
	bench.cert.class = CLASS_PRODUCTION;
	assert_int_equal(check(), ST_BOOT_RECORD);
	bench.cert = good;
	bench.cert.model[0] = 'F';
	assert_int_equal(check(), ST_BOOT_RECORD);
	bench.cert = good;
	bench.cert.interval[0].first = imei_of(1010000, 1235);
	assert_int_equal(check(), ST_BOOT_RECORD);
	bench.cert = good;
	bench.root = SIGNER_LINE;
	assert_int_equal(check(), ST_BOOT_RECORD);
	bench.root = SIGNER_ROOT;
	bench.line = SIGNER_ROOT;
	assert_int_equal(check(), ST_BOOT_RECORD);
}

/* P14: another agent's root or class, on the same fuses. */
static void
test_another_trust(void **state)
{
	(void)state;
	bench.trust.class = CLASS_PRODUCTION;
	assert_int_equal(check(), ST_BOOT_RECORD);
	bench.cert.class = CLASS_PRODUCTION;
	record.class = CLASS_PRODUCTION;
	assert_int_equal(check(), ST_BOOT_RECORD);
	set_up(NULL);
	sample_public(&bench.trust.root, SIGNER_DEVICE);
	assert_int_equal(check(), ST_BOOT_RECORD);
}

/* A digest in the fuses that is not the record's. */
static void
test_another_digest(void **state)
{
	struct image_payload payload;
	struct sha256 other;

	(void)state;
	memset(&other, 0x3d, sizeof(other));
	image_digest_payload(&payload, &other);
	for (unsigned int c = COPY_A; c < IMAGE_COPIES; c++)
		image_encode_copy(copy_of(FIELD_DIGEST, (enum image_copy)c),
				  FIELD_DIGEST, &payload);
	assert_int_equal(check(), ST_BOOT_DIGEST);
}

/* The board's flash and fuses in another SoC: the key is not the same. */
static void
test_another_chip(void **state)
{
	(void)state;
	bench.fake.chip.byte[7] ^= 0x40;
	assert_int_equal(check(), ST_BOOT_RECORD);
	record.chip = bench.fake.chip;
	assert_int_equal(check(), ST_BOOT_RECORD);
}

static void
test_power_that_is_gone(void **state)
{
	(void)state;
	bench.fake.is_gone = true;
	assert_int_equal(check(), ST_PORT_POWER);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_good, set_up),
		cmocka_unit_test_setup(test_no_record, set_up),
		cmocka_unit_test_setup(test_not_locked, set_up),
		cmocka_unit_test_setup(test_lock_failed, set_up),
		cmocka_unit_test_setup(test_void, set_up),
		cmocka_unit_test_setup(test_words_that_are_not_read_well,
				       set_up),
		cmocka_unit_test_setup(test_a_record_of_something_else, set_up),
		cmocka_unit_test_setup(test_a_certificate_of_something_else,
				       set_up),
		cmocka_unit_test_setup(test_another_trust, set_up),
		cmocka_unit_test_setup(test_another_digest, set_up),
		cmocka_unit_test_setup(test_another_chip, set_up),
		cmocka_unit_test_setup(test_power_that_is_gone, set_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
