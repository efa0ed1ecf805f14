/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Records: each refusal of the signer, and that nothing of a refused request is
 * registered.  P4, P10.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "support/signers.h"

struct ready {
	struct unit unit;
	struct identity identity;
	struct image image;
};

/* A unit with a ticket, burnt up to stage. */
static void
make_ready(struct ready *ready, struct signers *signers, enum maker_stage stage)
{
	ready->identity = signers_identity(10, 2);
	unit_init(&ready->unit, 1, 1);
	signers_ledger_moves(signers);
	assert_int_equal(unit_ticket(&ready->unit, signers, &ready->identity),
			 ST_OK);
	unit_burn(&ready->unit, &ready->identity, stage, &ready->image);
	unit_answer_read(&ready->unit, &ready->image, FIELD_DONE);
}

static void
record_speaks_of_what_was_read(void **state)
{
	static const enum maker_stage stages[] = {MAKER_DIGEST, MAKER_KILL,
						  MAKER_MARKER, MAKER_DONE};
	struct signers *signers = *state;
	struct sha256 readback;
	struct record record;
	struct ready ready;
	struct cert cert;
	struct bytes token;

	assert_int_equal(cert_open(&cert, object_bytes(&signers->cert),
				   &signers->root_key),
			 ST_OK);
	for (unsigned int i = 0; i < 4; i++) {
		make_ready(&ready, signers, stages[i]);
		assert_int_equal(unit_record(&ready.unit, signers), ST_OK);
		assert_int_equal(record_open(&record,
					     object_bytes(&ready.unit.record),
					     &cert.key),
				 ST_OK);
		token = object_bytes(&ready.unit.read_token);
		assert_int_equal(crypto_sha256(&readback, &token, 1), ST_OK);
		assert_memory_equal(&record.readback, &readback,
				    sizeof(readback));
		assert_true(identity_equal(&record.identity, &ready.identity));
		assert_true(chip_id_equal(&record.chip, &ready.unit.chip));
		assert_string_equal(record.model, SIGNERS_MODEL);
		assert_string_equal(record.final_process, SIGNERS_FINAL);
		unit_wipe(&ready.unit);
	}
}

static void
record_without_ticket_is_refused(void **state)
{
	struct signers *signers = *state;
	struct identity identity = signers_identity(10, 1);
	struct image image;
	struct unit unit;

	unit_init(&unit, 1, 1);
	unit_burn(&unit, &identity, MAKER_DIGEST, &image);
	unit_answer_read(&unit, &image, FIELD_DONE);
	assert_refused(signers, unit_record(&unit, signers), ST_HSM_NO_TICKET);
	unit_wipe(&unit);
}

static void
record_for_another_key_is_refused(void **state)
{
	struct signers *signers = *state;
	struct ready ready;
	struct unit clone;

	make_ready(&ready, signers, MAKER_DIGEST);
	unit_init(&clone, 1, 9);
	unit_answer_read(&clone, &ready.image, FIELD_DONE);
	assert_refused(signers, unit_record(&clone, signers),
		       ST_HSM_CHIP_TAKEN);
	unit_wipe(&clone);
	unit_wipe(&ready.unit);
}

/* One burnt bit, in each word of a field that must be blank. */
static void
check_field_is_blank(struct ready *ready, struct signers *signers,
		     enum image_field field, enum image_copy copy)
{
	unsigned int first = image_kill_word(field, copy) + 1;

	for (unsigned int i = 1; i < image_copy_words(field); i++, first++) {
		struct image image = ready->image;

		assert_int_equal(image.word[first], 0);
		image.word[first] = 1u << (i % 32);
		unit_answer_read(&ready->unit, &image, FIELD_DONE);
		assert_refused(signers, unit_record(&ready->unit, signers),
			       ST_HSM_READBACK);
	}
}

/* P4, P10 */
static void
image_that_is_not_exact_is_refused(void **state)
{
	static const enum image_field blank[] = {
		FIELD_IDENTITY_3, FIELD_IDENTITY_4, FIELD_DIGEST, FIELD_MARKER};
	struct signers *signers = *state;
	struct ready ready;

	make_ready(&ready, signers, MAKER_DIGEST);
	for (unsigned int i = 0; i < 4; i++) {
		check_field_is_blank(&ready, signers, blank[i], COPY_A);
		check_field_is_blank(&ready, signers, blank[i], COPY_B);
	}
	unit_answer_read(&ready.unit, &ready.image, FIELD_PARTIAL);
	assert_refused(signers, unit_record(&ready.unit, signers),
		       ST_HSM_READBACK);
	ready.image.health[IMAGE_FIRST_OPEN_WORD + 1] = WORD_CORRECTED;
	unit_answer_read(&ready.unit, &ready.image, FIELD_DONE);
	assert_refused(signers, unit_record(&ready.unit, signers),
		       ST_OTP_CORRECTED);
	unit_wipe(&ready.unit);
}

static void
other_identity_or_digest_is_refused(void **state)
{
	struct signers *signers = *state;
	struct identity other = signers_identity(20, 2);
	struct image image;
	struct ready ready;
	struct unit stranger;

	make_ready(&ready, signers, MAKER_DIGEST);
	unit_burn(&ready.unit, &other, MAKER_DIGEST, &image);
	unit_answer_read(&ready.unit, &image, FIELD_DONE);
	assert_refused(signers, unit_record(&ready.unit, signers),
		       ST_HSM_READBACK);
	/* the right identity with the digest of another chip */
	unit_init(&stranger, 77, 77);
	unit_burn(&stranger, &ready.identity, MAKER_KILL, &image);
	unit_answer_read(&ready.unit, &image, FIELD_DONE);
	assert_refused(signers, unit_record(&ready.unit, signers),
		       ST_HSM_READBACK);
	/* not burnt as far as that */
	unit_burn(&ready.unit, &ready.identity, MAKER_IDENTITY, &image);
	unit_answer_read(&ready.unit, &image, FIELD_DONE);
	assert_refused(signers, unit_record(&ready.unit, signers),
		       ST_HSM_READBACK);
	unit_wipe(&stranger);
	unit_wipe(&ready.unit);
}

static void
spoiled_read_token_is_refused(void **state)
{
	struct signers *signers = *state;
	struct ready ready;

	make_ready(&ready, signers, MAKER_DIGEST);
	ready.unit.read_token.byte[ready.unit.read_token.len - 1] ^= 1;
	assert_refused(signers, unit_record(&ready.unit, signers),
		       ST_CRYPTO_SIGNATURE);
	ready.unit.read_token = ready.unit.key_token;
	assert_refused(signers, unit_record(&ready.unit, signers),
		       ST_COSE_TYPE);
	ready.unit.class = CLASS_PRODUCTION;
	unit_answer_read(&ready.unit, &ready.image, FIELD_DONE);
	assert_refused(signers, unit_record(&ready.unit, signers),
		       ST_HSM_CLASS);
	unit_wipe(&ready.unit);
}

static void
odd_texts_are_refused(void **state)
{
	static const char *const odd[] = {"", "a\nb", "caf\xc3\xa9",
					  "12345678901234567890123456789012"};
	struct signers *signers = *state;
	struct bytes none = {NULL, 0};
	struct object record;
	struct ready ready;

	make_ready(&ready, signers, MAKER_DIGEST);
	for (unsigned int i = 0; i < 4; i++)
		assert_refused(signers,
			       hsm_record(signers->line.hsm,
					  object_bytes(&ready.unit.read_token),
					  none, none, SIGNERS_MODEL, odd[i],
					  &record),
			       ST_HSM_REQUEST);
	assert_refused(signers,
		       hsm_record(signers->line.hsm,
				  object_bytes(&ready.unit.read_token), none,
				  none, SIGNERS_OTHER_MODEL, SIGNERS_FINAL,
				  &record),
		       ST_HSM_CERTIFICATE);
	unit_wipe(&ready.unit);
}

int
main(void)
{
#define TEST(name)                                                             \
	cmocka_unit_test_setup_teardown(name, signers_set_up_certified,        \
					signers_tear_down)
	const struct CMUnitTest tests[] = {
		TEST(record_speaks_of_what_was_read),
		TEST(record_without_ticket_is_refused),
		TEST(record_for_another_key_is_refused),
		TEST(image_that_is_not_exact_is_refused),
		TEST(other_identity_or_digest_is_refused),
		TEST(spoiled_read_token_is_refused),
		TEST(odd_texts_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
