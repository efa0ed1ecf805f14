/* SPDX-License-Identifier: Apache-2.0 */
/* P3: no ticket, no burn; P2 and P14 where the agent holds them. */
#include "agent/agent.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "support/bench.h"

static struct bench bench;
static struct ticket ticket;

/* A keyed unit that asked for a ticket, and the right one. */
static void
start(unsigned int slots)
{
	bench_init(&bench, WORDS_ADDITIVE, slots);
	bench_to(&bench, STATE_KEYED);
	assert_int_equal(bench_key(&bench), ST_OK);
	bench_ticket(&bench, &ticket);
	bench_mark(&bench);
}

static int
set_up(void **state)
{
	(void)state;
	start(2);
	return 0;
}

/* The ticket is refused; nothing was permitted, stored or burnt. */
static void
assert_refused(enum status expected)
{
	bench_mark(&bench);
	bench_assert_refused(&bench, bench_permit(&bench, &ticket), expected);
	bench_assert_refused(&bench, bench_op(&bench, OP_PROGRAM),
			     ST_AGENT_NO_PERMIT);
}

/* What was refused did not use up the nonce. */
static void
assert_still_asked(void)
{
	bench_ticket(&bench, &ticket);
	assert_int_equal(bench_permit(&bench, &ticket), ST_OK);
	assert_int_equal(bench_op(&bench, OP_PROGRAM), ST_OK);
}

static void
test_another_chip(void **state)
{
	(void)state;
	ticket.chip.byte[CHIP_ID_MAX - 1] ^= 1;
	assert_refused(ST_AGENT_CHIP);
	ticket.chip = bench.fake.chip;
	ticket.chip.len--;
	ticket.chip.byte[ticket.chip.len] = 0;
	assert_refused(ST_AGENT_CHIP);
	assert_still_asked();
}

static void
test_another_key(void **state)
{
	(void)state;
	sample_public(&ticket.device, SIGNER_DEVICE);
	assert_refused(ST_AGENT_KEY);
	assert_still_asked();
}

static void
test_a_nonce_that_was_never_asked(void **state)
{
	(void)state;
	ticket.nonce.byte[NONCE_LEN - 1] ^= 0x80;
	assert_refused(ST_AGENT_NONCE);
	memset(&ticket.nonce, 0, sizeof(ticket.nonce));
	assert_refused(ST_AGENT_NONCE);
	assert_still_asked();
}

static void
test_the_nonce_before_the_last(void **state)
{
	(void)state;
	assert_int_equal(bench_key(&bench), ST_OK);
	assert_refused(ST_AGENT_NONCE);
	assert_still_asked();
}

static void
test_a_used_nonce(void **state)
{
	(void)state;
	assert_int_equal(bench_permit(&bench, &ticket), ST_OK);
	assert_refused(ST_AGENT_NONCE);
	/* for whatever it is asked once more */
	ticket.identity.slot[0].body++;
	ticket.identity.slot[1].body++;
	assert_refused(ST_AGENT_NONCE);
}

static void
test_a_nonce_from_before_a_reset(void **state)
{
	(void)state;
	bench_boot(&bench);
	assert_refused(ST_AGENT_NONCE);
	assert_int_equal(bench_key(&bench), ST_OK);
	assert_refused(ST_AGENT_NONCE);
}

/* No nonce was asked since the start: zeros are none. */
static void
test_no_question_no_answer(void **state)
{
	(void)state;
	bench_boot(&bench);
	memset(&ticket.nonce, 0, sizeof(ticket.nonce));
	assert_refused(ST_AGENT_NONCE);
}

static void
test_a_foreign_root(void **state)
{
	(void)state;
	bench.root = SIGNER_DEVICE;
	assert_refused(ST_AGENT_CERTIFICATE);
	/* a line key is no root */
	bench.root = SIGNER_LINE;
	assert_refused(ST_AGENT_CERTIFICATE);
	bench.root = SIGNER_ROOT;
	assert_still_asked();
}

static void
test_a_ticket_of_another_key(void **state)
{
	(void)state;
	bench.line = SIGNER_DEVICE;
	assert_refused(ST_CRYPTO_SIGNATURE);
	/* the root signs certificates, no tickets */
	bench.line = SIGNER_ROOT;
	assert_refused(ST_CRYPTO_SIGNATURE);
	bench.line = SIGNER_LINE;
	assert_still_asked();
}

static void
test_a_log_key(void **state)
{
	(void)state;
	bench.cert.role = ROLE_LOG;
	assert_refused(ST_AGENT_CERTIFICATE);
}

static void
test_another_class(void **state)
{
	(void)state;
	bench.cert.class = CLASS_PRODUCTION;
	assert_refused(ST_AGENT_CLASS);
	ticket.class = CLASS_PRODUCTION;
	assert_refused(ST_AGENT_CLASS);
	bench.cert.class = CLASS_DEVELOPMENT;
	assert_refused(ST_AGENT_CLASS);
}

/* A production agent, and all that development has. */
static void
test_development_is_no_production(void **state)
{
	(void)state;
	bench.trust.class = CLASS_PRODUCTION;
	bench_boot(&bench);
	assert_int_equal(bench_key(&bench), ST_OK);
	assert_int_equal(bench.token.class, CLASS_PRODUCTION);
	ticket.nonce = bench.token.device_nonce;
	assert_refused(ST_AGENT_CLASS);
	bench.cert.class = CLASS_PRODUCTION;
	assert_refused(ST_AGENT_CLASS);
	ticket.class = CLASS_PRODUCTION;
	assert_int_equal(bench_permit(&bench, &ticket), ST_OK);
}

static void
test_another_model(void **state)
{
	(void)state;
	bench.cert.model[0] = 'F';
	assert_refused(ST_AGENT_CERTIFICATE);
	memcpy(bench.cert.model, "fake ", sizeof("fake "));
	assert_refused(ST_AGENT_CERTIFICATE);
}

static void
test_an_old_epoch(void **state)
{
	(void)state;
	bench.cert.epoch = bench.trust.min_epoch - 1;
	assert_refused(ST_AGENT_CERTIFICATE);
	bench.cert.epoch = bench.trust.min_epoch + 1;
	assert_still_asked();
}

static void
test_another_ledger(void **state)
{
	(void)state;
	ticket.ledger.byte[LEDGER_ID_LEN - 1] ^= 1;
	assert_refused(ST_AGENT_CERTIFICATE);
	assert_still_asked();
}

static void
test_numbers_outside_of_the_interval(void **state)
{
	const struct interval *interval = &bench.cert.interval[0];

	(void)state;
	ticket.identity.slot[1].body = interval->last.body + 1;
	assert_refused(ST_AGENT_INTERVAL);
	ticket.identity.slot[1].body = interval->first.body - 1;
	assert_refused(ST_AGENT_INTERVAL);
	ticket.identity.slot[0] = ticket.identity.slot[1];
	ticket.identity.slot[1] = interval->last;
	assert_refused(ST_AGENT_INTERVAL);
	ticket.identity.slot[0] = interval->first;
	assert_int_equal(bench_permit(&bench, &ticket), ST_OK);
}

/* Each number in one of the two; what lies between them is in none. */
static void
test_two_intervals(void **state)
{
	struct interval *second = &bench.cert.interval[1];

	(void)state;
	bench.cert.interval_count = 2;
	second->first = imei_of(1010000, 5000);
	second->last = imei_of(1010000, 5000);
	ticket.identity.slot[1] = imei_of(1010000, 3000);
	assert_refused(ST_AGENT_INTERVAL);
	ticket.identity.slot[1] = imei_of(1010000, 5001);
	assert_refused(ST_AGENT_INTERVAL);
	ticket.identity.slot[1] = imei_of(1010000, 5000);
	assert_int_equal(bench_permit(&bench, &ticket), ST_OK);
}

static void
test_more_slots_than_there_are(void **state)
{
	(void)state;
	for (unsigned int slot = 2; slot < SLOTS_MAX; slot++) {
		bench_ticket(&bench, &ticket);
		ticket.identity.slot[slot] = imei_of(1010000, 1500);
		assert_refused(ST_AGENT_IDENTITY);
		ticket.identity.slot[0] = IMEI_NONE;
		assert_refused(ST_AGENT_IDENTITY);
	}
	assert_still_asked();
}

/* An object of another kind, though the right key signed it. */
static void
test_other_objects_are_no_tickets(void **state)
{
	uint8_t cert[OBJECT_MAX], object[OBJECT_MAX];
	struct record record;
	struct request req = {.head.op = OP_PERMIT};

	(void)state;
	bench_mark(&bench);
	bench_record(&bench, &record);
	req.cert = bench_sign_cert(cert, &bench);
	req.object = bench_sign_record(object, &bench, &record);
	bench_assert_refused(&bench, bench_ask(&bench, &req), ST_COSE_TYPE);
	req.object = req.cert;
	bench_assert_refused(&bench, bench_ask(&bench, &req), ST_COSE_TYPE);
	req.cert = bench_sign_record(object, &bench, &record);
	bench_assert_refused(&bench, bench_ask(&bench, &req),
			     ST_AGENT_CERTIFICATE);
	req.object.len--;
	req.cert = bench_sign_cert(cert, &bench);
	bench_assert_refused(&bench, bench_ask(&bench, &req), ST_COSE_FORMAT);
}

static void
test_program_needs_a_permit(void **state)
{
	(void)state;
	bench_assert_refused(&bench, bench_op(&bench, OP_PROGRAM),
			     ST_AGENT_NO_PERMIT);
}

/* The stored ticket is a copy for the file, and permits nothing. */
static void
test_a_permit_survives_no_reset(void **state)
{
	(void)state;
	assert_int_equal(bench_permit(&bench, &ticket), ST_OK);
	bench_boot(&bench);
	assert_int_equal(bench.reply.hello.stored_mask, 3);
	bench_mark(&bench);
	bench_assert_refused(&bench, bench_op(&bench, OP_PROGRAM),
			     ST_AGENT_NO_PERMIT);
}

static void
test_a_new_question_voids_a_permit(void **state)
{
	(void)state;
	assert_int_equal(bench_permit(&bench, &ticket), ST_OK);
	assert_int_equal(bench_key(&bench), ST_OK);
	bench_mark(&bench);
	bench_assert_refused(&bench, bench_op(&bench, OP_PROGRAM),
			     ST_AGENT_NO_PERMIT);
	/* so does one that the chip's random source fails at */
	assert_int_equal(bench_permit_right(&bench), ST_OK);
	bench.fake.has_no_random = true;
	bench_mark(&bench);
	bench_assert_refused(&bench, bench_op(&bench, OP_KEY), ST_AGENT_RANDOM);
	bench_assert_refused(&bench, bench_op(&bench, OP_PROGRAM),
			     ST_AGENT_NO_PERMIT);
	/* and the question that it was asked in place of */
	bench.fake.has_no_random = false;
	assert_int_equal(bench_key(&bench), ST_OK);
	bench.fake.has_no_random = true;
	assert_int_equal(bench_op(&bench, OP_KEY), ST_AGENT_RANDOM);
	bench_assert_refused(&bench, bench_permit_right(&bench),
			     ST_AGENT_NONCE);
}

/* What cannot be stored is not permitted, and the nonce is gone. */
static void
test_a_store_that_fails(void **state)
{
	(void)state;
	bench.fake.has_no_store = true;
	assert_refused(ST_AGENT_STORE);
	bench.fake.has_no_store = false;
	assert_refused(ST_AGENT_NONCE);
	assert_int_equal(bench_key(&bench), ST_OK);
	bench.fake.is_store_deaf = true;
	bench_ticket(&bench, &ticket);
	assert_refused(ST_AGENT_STORE);
}

/* ------------------------------------------------------ what is burnt pins */

/* Power goes at a burn of program; then another identity is tried. */
static void
cut_and_try_another(enum word_kind kind, unsigned int burn, bool *pinned)
{
	enum status st;

	bench_init(&bench, kind, 2);
	bench_to(&bench, STATE_KEYED);
	assert_int_equal(bench_key(&bench), ST_OK);
	assert_int_equal(bench_permit_right(&bench), ST_OK);
	bench.fake.cut_at = bench.fake.changes + burn;
	bench.fake.tear = TEAR_BEFORE;
	assert_int_equal(bench_op(&bench, OP_PROGRAM), ST_PORT_POWER);
	bench_boot(&bench);
	assert_int_equal(bench_key(&bench), ST_OK);
	bench_ticket(&bench, &ticket);
	ticket.identity.slot[0].body += 100;
	ticket.identity.slot[1].body += 100;
	bench_mark(&bench);
	st = bench_permit(&bench, &ticket);
	bench_assert_same_fuses(&bench);
	*pinned = st == ST_AGENT_PINNED;
	if (!*pinned)
		assert_int_equal(st, ST_OK);
	/* the same identity is always welcome */
	assert_int_equal(bench_key(&bench), ST_OK);
	assert_int_equal(bench_permit_right(&bench), ST_OK);
	assert_int_equal(bench_op(&bench, OP_PROGRAM), ST_OK);
	assert_int_equal(bench.reply.state, STATE_WRITTEN);
}

/* Burns of program: header 2 and 2, then slot 1 and 2, 4 and 4 each. */
#define PROGRAM_BURNS (4 + 2 * 8)
#define SLOT_1_COPY_A (4 + 4)

static void
test_one_copy_of_a_slot_pins_its_number(void **state)
{
	(void)state;
	for (unsigned int kind = WORDS_ADDITIVE; kind <= WORDS_ONCE; kind++)
		for (unsigned int burn = 1; burn <= PROGRAM_BURNS; burn++) {
			bool pinned;

			cut_and_try_another((enum word_kind)kind, burn,
					    &pinned);
			assert_int_equal(pinned, burn > SLOT_1_COPY_A);
		}
}

static void
test_the_header_pins_mask_primary_and_class(void **state)
{
	(void)state;
	assert_int_equal(bench_permit(&bench, &ticket), ST_OK);
	bench.fake.cut_at = bench.fake.changes + 3; /* one copy is done */
	assert_int_equal(bench_op(&bench, OP_PROGRAM), ST_PORT_POWER);
	bench_boot(&bench);
	assert_int_equal(bench_key(&bench), ST_OK);
	bench_ticket(&bench, &ticket);
	ticket.identity.primary = 0;
	assert_refused(ST_AGENT_PINNED);
	ticket.identity.slot[1] = IMEI_NONE;
	assert_refused(ST_AGENT_PINNED);
	bench_ticket(&bench, &ticket);
	ticket.identity.slot[0] = IMEI_NONE;
	assert_refused(ST_AGENT_PINNED);
	bench.trust.class = CLASS_PRODUCTION;
	bench.cert.class = CLASS_PRODUCTION;
	bench_ticket(&bench, &ticket);
	assert_refused(ST_AGENT_PINNED);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_another_chip, set_up),
		cmocka_unit_test_setup(test_another_key, set_up),
		cmocka_unit_test_setup(test_a_nonce_that_was_never_asked,
				       set_up),
		cmocka_unit_test_setup(test_the_nonce_before_the_last, set_up),
		cmocka_unit_test_setup(test_a_used_nonce, set_up),
		cmocka_unit_test_setup(test_a_nonce_from_before_a_reset,
				       set_up),
		cmocka_unit_test_setup(test_no_question_no_answer, set_up),
		cmocka_unit_test_setup(test_a_foreign_root, set_up),
		cmocka_unit_test_setup(test_a_ticket_of_another_key, set_up),
		cmocka_unit_test_setup(test_a_log_key, set_up),
		cmocka_unit_test_setup(test_another_class, set_up),
		cmocka_unit_test_setup(test_development_is_no_production,
				       set_up),
		cmocka_unit_test_setup(test_another_model, set_up),
		cmocka_unit_test_setup(test_an_old_epoch, set_up),
		cmocka_unit_test_setup(test_another_ledger, set_up),
		cmocka_unit_test_setup(test_numbers_outside_of_the_interval,
				       set_up),
		cmocka_unit_test_setup(test_two_intervals, set_up),
		cmocka_unit_test_setup(test_more_slots_than_there_are, set_up),
		cmocka_unit_test_setup(test_other_objects_are_no_tickets,
				       set_up),
		cmocka_unit_test_setup(test_program_needs_a_permit, set_up),
		cmocka_unit_test_setup(test_a_permit_survives_no_reset, set_up),
		cmocka_unit_test_setup(test_a_new_question_voids_a_permit,
				       set_up),
		cmocka_unit_test_setup(test_a_store_that_fails, set_up),
		cmocka_unit_test(test_one_copy_of_a_slot_pins_its_number),
		cmocka_unit_test_setup(
			test_the_header_pins_mask_primary_and_class, set_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
