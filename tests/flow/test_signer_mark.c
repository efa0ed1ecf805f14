/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Crashes and old copies: what the mark in the token and the register know of
 * each other.  P1, P8, P12.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "hsm/mark.h"
#include "hsm/signer_state.h"
#include "support/signers.h"

static uint64_t
body(unsigned int n)
{
	return signers_imei(n).body;
}

static enum status
try_ticket(struct signers *signers, unsigned int chip, unsigned int number)
{
	struct identity identity = signers_identity(number, 1);
	struct unit unit;
	enum status status;

	unit_init(&unit, chip, chip);
	signers_ledger_moves(signers);
	status = unit_ticket(&unit, signers, &identity);
	unit_wipe(&unit);
	return status;
}

static void
next_goes_up_with_each_ticket(void **state)
{
	struct signers *signers = *state;

	assert_int_equal(place_next(&signers->line), body(0));
	unit_ticket_good(signers, 0);
	assert_int_equal(place_next(&signers->line), body(1));
	unit_ticket_good(signers, 1);
	assert_int_equal(place_next(&signers->line), body(2));
	unit_ticket_good(signers, 1);
	assert_int_equal(place_next(&signers->line), body(2));
}

static void
next_is_exact_after_an_orderly_close(void **state)
{
	struct signers *signers = *state;

	for (unsigned int i = 0; i < 3; i++)
		unit_ticket_good(signers, i);
	place_close(&signers->line);
	place_open(&signers->line);
	assert_int_equal(place_next(&signers->line), body(3));
	/* and again, with nothing between */
	place_close(&signers->line);
	place_open(&signers->line);
	assert_int_equal(place_next(&signers->line), body(3));
}

static void
next_is_the_mark_after_a_crash(void **state)
{
	struct signers *signers = *state;

	for (unsigned int i = 0; i < 3; i++)
		unit_ticket_good(signers, i);
	place_crash(&signers->line);
	place_open(&signers->line);
	assert_int_equal(place_next(&signers->line), body(MARK_AHEAD));
	unit_ticket_good(signers, MARK_AHEAD);
	place_crash(&signers->line);
	place_open(&signers->line);
	assert_int_equal(place_next(&signers->line), body(2 * MARK_AHEAD));
	place_close(&signers->line);
	place_open(&signers->line);
	assert_int_equal(place_next(&signers->line), body(2 * MARK_AHEAD));
}

/* A number that the ledger bound before a crash is still its chip's. */
static void
number_below_the_mark_after_a_crash_is_given(void **state)
{
	struct signers *signers = *state;

	unit_ticket_good(signers, 0);
	place_crash(&signers->line);
	place_open(&signers->line);
	unit_ticket_good(signers, 1);
}

static void
mark_stays_ahead_of_every_ticket(void **state)
{
	struct signers *signers = *state;

	for (unsigned int i = 0; i < 200; i++) {
		unit_ticket_good(signers, i);
		assert_in_range(signers->line.signer->key[0].mark.next[0],
				body(i) + 1, body(i) + MARK_AHEAD);
	}
}

static void
last_number_uses_the_interval_up(void **state)
{
	struct signers *signers = *state;
	struct hsm_status status;

	unit_ticket_good(signers, SIGNERS_COUNT - 1);
	assert_int_equal(hsm_status(signers->line.hsm, &status), ST_OK);
	assert_int_equal(status.line[0].next[0].body, IMEI_NONE.body);
	assert_int_equal(status.line[0].next[1].body, IMEI_NONE.body);
	place_crash(&signers->line);
	place_open(&signers->line);
	assert_int_equal(hsm_status(signers->line.hsm, &status), ST_OK);
	assert_int_equal(status.line[0].next[0].body, IMEI_NONE.body);
}

/* ------------------------------------------------------------ old copies */

/* Register and ledger of before some tickets; the token knows better. */
static void
both_old_goes_on_from_the_mark(void **state)
{
	struct signers *signers = *state;
	struct chain_head old;

	unit_ticket_good(signers, 0);
	place_close(&signers->line);
	place_save(&signers->line, "old");
	old = signers->head;
	place_open(&signers->line);
	for (unsigned int i = 1; i < 100; i++)
		unit_ticket_good(signers, i);
	place_close(&signers->line);
	place_restore(&signers->line, "old");
	signers->head = old;
	place_open(&signers->line);
	assert_int_equal(place_next(&signers->line), body(100));
	/* chip 200 does not get what may be chip 50's */
	assert_int_equal(try_ticket(signers, 200, 50), ST_HSM_SKIPPED);
	assert_int_equal(try_ticket(signers, 200, 99), ST_HSM_SKIPPED);
	/* what the old copy knows goes on */
	unit_ticket_good(signers, 0);
	unit_ticket_good(signers, 100);
	/* and this does not wear off */
	place_close(&signers->line);
	place_open(&signers->line);
	assert_int_equal(place_next(&signers->line), body(101));
	assert_int_equal(try_ticket(signers, 200, 50), ST_HSM_SKIPPED);
}

static void
both_old_after_a_crash_goes_on_from_the_mark(void **state)
{
	struct signers *signers = *state;

	unit_ticket_good(signers, 0);
	place_crash(&signers->line);
	place_save(&signers->line, "old");
	place_open(&signers->line);
	unit_ticket_good(signers, 64);
	unit_ticket_good(signers, 65);
	place_crash(&signers->line);
	place_restore(&signers->line, "old");
	place_open(&signers->line);
	assert_int_equal(place_next(&signers->line), body(128));
	assert_int_equal(try_ticket(signers, 200, 64), ST_HSM_SKIPPED);
	assert_int_equal(try_ticket(signers, 200, 128), ST_OK);
}

/* Even if nothing was done but to start: by one entry. */
static void
copy_of_just_before_is_found(void **state)
{
	struct signers *signers = *state;

	unit_ticket_good(signers, 0);
	place_close(&signers->line);
	place_save(&signers->line, "old");
	place_open(&signers->line);
	place_crash(&signers->line);
	place_restore(&signers->line, "old");
	place_open(&signers->line);
	assert_int_equal(signers->line.signer->skip_count, 1);
}

/* A copy of the whole station, at work with the same token. */
static void
copy_at_work(struct signer_place *copy, struct signers *signers)
{
	place_close(&signers->line);
	place_save(&signers->line, "copy");
	place_init(copy, signers->folder, "line");
	strcat(copy->folder, ".copy");
	place_open(&signers->line);
}

static enum status
ticket_of_copy(struct signer_place *copy, struct signers *signers,
	       unsigned int chip, unsigned int number)
{
	struct hsm *own = signers->line.hsm;
	enum status status;

	signers->line.hsm = copy->hsm;
	status = try_ticket(signers, chip, number);
	signers->line.hsm = own;
	return status;
}

/* Neither gives away a number that the other one may have given. */
static void
copy_at_work_is_found(void **state)
{
	struct signers *signers = *state;
	struct signer_place copy;

	copy_at_work(&copy, signers);
	for (unsigned int i = 0; i < 60; i++)
		unit_ticket_good(signers, i);
	place_open(&copy);
	assert_int_equal(place_next(&copy), body(64));
	assert_int_equal(ticket_of_copy(&copy, signers, 200, 63),
			 ST_HSM_SKIPPED);
	assert_int_equal(ticket_of_copy(&copy, signers, 200, 64), ST_OK);
	for (unsigned int i = 60; i < 64; i++)
		unit_ticket_good(signers, i);
	assert_int_equal(try_ticket(signers, 201, 64), ST_HSM_MARK);
	assert_int_equal(ticket_of_copy(&copy, signers, 202, 65), ST_OK);
	place_crash(&copy);
	place_crash(&signers->line);
	assert_int_equal(place_open_status(&signers->line),
			 ST_HSM_REGISTER_OLD);
}

static void
copy_that_only_started_is_found(void **state)
{
	struct signers *signers = *state;
	struct signer_place copy;

	copy_at_work(&copy, signers);
	place_open(&copy);
	assert_int_equal(try_ticket(signers, 201, 0), ST_HSM_MARK);
	assert_int_equal(ticket_of_copy(&copy, signers, 200, 0), ST_OK);
	place_crash(&copy);
}

/* The ledger is new: it finds a register that has fewer entries. */
static void
old_register_is_shorter_than_the_ledger_remembers(void **state)
{
	struct signers *signers = *state;
	struct hsm_status before;
	struct sha256 hash;

	place_close(&signers->line);
	place_save(&signers->line, "old");
	place_open(&signers->line);
	for (unsigned int i = 0; i < 20; i++)
		unit_ticket_good(signers, i);
	assert_int_equal(hsm_status(signers->line.hsm, &before), ST_OK);
	assert_int_equal(hsm_register_at(signers->line.hsm, before.reg.count,
					 &hash),
			 ST_OK);
	assert_memory_equal(&hash, &before.reg.hash, sizeof(hash));
	place_close(&signers->line);
	place_restore(&signers->line, "old");
	place_open(&signers->line);
	assert_int_equal(hsm_register_at(signers->line.hsm, before.reg.count,
					 &hash),
			 ST_HSM_REGISTER_OLD);
}

/* An old copy went on, and then the newer one was put back. */
static void
two_branches_are_found(void **state)
{
	struct signers *signers = *state;

	place_close(&signers->line);
	place_save(&signers->line, "old");
	place_open(&signers->line);
	for (unsigned int i = 0; i < 30; i++)
		unit_ticket_good(signers, i);
	place_close(&signers->line);
	place_save(&signers->line, "new");
	place_restore(&signers->line, "old");
	place_open(&signers->line);
	place_close(&signers->line);
	place_restore(&signers->line, "new");
	assert_int_equal(place_open_status(&signers->line),
			 ST_HSM_REGISTER_OLD);
}

/* The ledger knows better than the old copy: the token hears nothing of it, and
 * the right register goes on where it was. */
static void
old_register_that_is_expected_newer_moves_nothing(void **state)
{
	struct signers *signers = *state;
	struct hsm_status before;
	struct chain_head expect;

	place_close(&signers->line);
	place_save(&signers->line, "old");
	place_open(&signers->line);
	unit_ticket_good(signers, 0);
	assert_int_equal(hsm_status(signers->line.hsm, &before), ST_OK);
	place_close(&signers->line);
	place_save(&signers->line, "new");
	expect = before.reg;
	signers->line.expect = &expect;
	place_restore(&signers->line, "old");
	assert_int_equal(place_open_status(&signers->line),
			 ST_HSM_REGISTER_OLD);
	place_restore(&signers->line, "new");
	expect.hash.byte[0] ^= 1;
	assert_int_equal(place_open_status(&signers->line),
			 ST_HSM_REGISTER_OLD);
	expect = before.reg;
	place_open(&signers->line);
	assert_int_equal(place_next(&signers->line), body(1));
	unit_ticket_good(signers, 1);
}

static void
remove_folder(const struct signer_place *place)
{
	char name[FOLDER_PATH_MAX + 32];

	snprintf(name, sizeof(name), "%s.removed", place->folder);
	assert_int_equal(rename(place->folder, name), 0);
}

static void
lost_register_is_found(void **state)
{
	struct signers *signers = *state;

	place_close(&signers->line);
	remove_folder(&signers->line);
	place_open(&signers->line);
	assert_int_equal(hsm_request(signers->line.hsm, CLASS_DEVELOPMENT,
				     SIGNERS_MODEL, &signers->ledger,
				     &signers->request),
			 ST_HSM_REGISTER_OLD);
	assert_int_equal(place_entries(&signers->line), 0);
}

static void
copy_of_before_the_certificate_is_refused(void **state)
{
	struct signers *signers = *state;

	/* a second line, added after the copy */
	place_close(&signers->line);
	place_save(&signers->line, "old");
	place_open(&signers->line);
	signers_certify(signers, SIGNERS_OTHER_MODEL, 2000, 2999);
	place_close(&signers->line);
	place_restore(&signers->line, "old");
	place_open(&signers->line);
	assert_int_equal(hsm_request(signers->line.hsm, CLASS_DEVELOPMENT,
				     SIGNERS_OTHER_MODEL, &signers->ledger,
				     &signers->request),
			 ST_HSM_REGISTER_OLD);
}

/* The certificate of the same line changed after the copy. */
static void
copy_of_before_a_successor_is_refused(void **state)
{
	struct signers *signers = *state;

	place_close(&signers->line);
	place_save(&signers->line, "old");
	place_open(&signers->line);
	signers_certify(signers, SIGNERS_MODEL, 2000, 2999);
	place_close(&signers->line);
	place_restore(&signers->line, "old");
	assert_int_equal(place_open_status(&signers->line),
			 ST_HSM_REGISTER_OLD);
}

static void
old_root_register_is_refused(void **state)
{
	struct signers *signers = *state;

	place_close(&signers->root);
	place_save(&signers->root, "old");
	place_open(&signers->root);
	signers_certify(signers, SIGNERS_OTHER_MODEL, 2000, 2999);
	place_close(&signers->root);
	place_restore(&signers->root, "old");
	assert_int_equal(place_open_status(&signers->root),
			 ST_HSM_REGISTER_OLD);
}

static void
lost_root_register_is_found(void **state)
{
	struct signers *signers = *state;
	struct public_key key;

	place_close(&signers->root);
	remove_folder(&signers->root);
	place_open(&signers->root);
	assert_int_equal(hsm_root(signers->root.hsm, CLASS_DEVELOPMENT, &key),
			 ST_HSM_EXISTS);
	assert_int_equal(place_entries(&signers->root), 0);
}

/* --------------------------------------------- a token that does not keep up */

static struct token_ops faulty;
static unsigned int calls_until_fault;

static enum status
failing_mark_write(struct token *token, const char *label, struct bytes mark)
{
	if (calls_until_fault == 0)
		return ST_HSM_TOKEN_FAILED;
	calls_until_fault--;
	return token_software.mark_write(token, label, mark);
}

static enum status
forgetting_mark_write(struct token *token, const char *label, struct bytes mark)
{
	(void)token;
	(void)label;
	(void)mark;
	return ST_OK;
}

static void
make_faulty(struct signers *signers)
{
	faulty = token_software;
	signers->line.signer->ops = &faulty;
}

/* No ticket for a number that the mark is not ahead of. */
static void
ticket_needs_the_mark(void **state)
{
	struct signers *signers = *state;

	make_faulty(signers);
	faulty.mark_write = failing_mark_write;
	calls_until_fault = 0;
	assert_int_equal(try_ticket(signers, 0, 0), ST_HSM_TOKEN_FAILED);
	faulty.mark_write = forgetting_mark_write;
	assert_int_equal(try_ticket(signers, 0, 0), ST_HSM_MARK);
	make_faulty(signers);
	unit_ticket_good(signers, 0);
	faulty.mark_write = failing_mark_write;
	/* 63 more are below the mark */
	for (unsigned int i = 1; i < MARK_AHEAD; i++)
		unit_ticket_good(signers, i);
	assert_int_equal(try_ticket(signers, 900, MARK_AHEAD),
			 ST_HSM_TOKEN_FAILED);
}

static void
close_that_cannot_move_the_mark_is_a_crash(void **state)
{
	struct signers *signers = *state;

	unit_ticket_good(signers, 0);
	make_faulty(signers);
	faulty.mark_write = failing_mark_write;
	calls_until_fault = 0;
	assert_int_equal(hsm_shutdown(signers->line.hsm), ST_HSM_TOKEN_FAILED);
	place_crash(&signers->line);
	place_open(&signers->line);
	assert_int_equal(place_next(&signers->line), body(MARK_AHEAD));
}

/* What is signed stands in the register first. */
static uint64_t entries_at_signing;
static struct signers *signing;

static enum status
watching_sign(struct token *token, const char *label,
	      const struct sha256 *digest, struct signature *out)
{
	struct chain_head head;

	register_head(signing->line.signer->reg, &head);
	entries_at_signing = head.count;
	assert_int_equal(register_last_kind(signing->line.signer->reg),
			 ENTRY_TICKET);
	return token_software.sign(token, label, digest, out);
}

static void
register_comes_before_the_signature(void **state)
{
	struct signers *signers = *state;

	make_faulty(signers);
	signing = signers;
	faulty.sign = watching_sign;
	unit_ticket_good(signers, 0);
	assert_int_equal(place_entries(&signers->line), entries_at_signing);
}

static enum status
lying_sign(struct token *token, const char *label, const struct sha256 *digest,
	   struct signature *out)
{
	enum status status = token_software.sign(token, label, digest, out);

	out->rs[40] ^= 4;
	return status;
}

static void
bad_signature_is_not_given_out(void **state)
{
	struct signers *signers = *state;

	make_faulty(signers);
	faulty.sign = lying_sign;
	assert_int_equal(try_ticket(signers, 0, 0), ST_HSM_SIGNATURE);
	/* the number is chip 0's all the same */
	faulty.sign = token_software.sign;
	assert_int_equal(try_ticket(signers, 1, 0), ST_HSM_IMEI_TAKEN);
	assert_int_equal(try_ticket(signers, 0, 0), ST_OK);
}

int
main(void)
{
#define TEST(name)                                                             \
	cmocka_unit_test_setup_teardown(name, signers_set_up_certified,        \
					signers_tear_down)
	const struct CMUnitTest tests[] = {
		TEST(next_goes_up_with_each_ticket),
		TEST(next_is_exact_after_an_orderly_close),
		TEST(next_is_the_mark_after_a_crash),
		TEST(number_below_the_mark_after_a_crash_is_given),
		TEST(mark_stays_ahead_of_every_ticket),
		TEST(last_number_uses_the_interval_up),
		TEST(both_old_goes_on_from_the_mark),
		TEST(both_old_after_a_crash_goes_on_from_the_mark),
		TEST(copy_of_just_before_is_found),
		TEST(copy_at_work_is_found),
		TEST(copy_that_only_started_is_found),
		TEST(old_register_is_shorter_than_the_ledger_remembers),
		TEST(two_branches_are_found),
		TEST(old_register_that_is_expected_newer_moves_nothing),
		TEST(lost_register_is_found),
		TEST(copy_of_before_the_certificate_is_refused),
		TEST(copy_of_before_a_successor_is_refused),
		TEST(old_root_register_is_refused),
		TEST(lost_root_register_is_found),
		TEST(ticket_needs_the_mark),
		TEST(close_that_cannot_move_the_mark_is_a_crash),
		TEST(register_comes_before_the_signature),
		TEST(bad_signature_is_not_given_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
