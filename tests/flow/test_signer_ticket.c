/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tickets: each refusal of the signer, and that nothing of a refused request is
 * registered.  P1, P2.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "support/signers.h"

static enum status
ticket_for_model(struct unit *unit, struct signers *signers, const char *model,
		 const struct identity *identity)
{
	struct chain_head reg;

	return hsm_ticket(signers->line.hsm, model,
			  object_bytes(&unit->key_token), identity,
			  &signers->head, &unit->ticket, &reg);
}

static void
ticket_holds_what_was_asked(void **state)
{
	struct signers *signers = *state;
	struct identity identity = signers_identity(0, 2);
	struct hsm_status status;
	struct chain_head reg;
	struct ticket ticket;
	struct unit unit;
	struct cert cert;

	unit_init(&unit, 1, 1);
	unit_answer_key(&unit);
	assert_int_equal(hsm_ticket(signers->line.hsm, SIGNERS_MODEL,
				    object_bytes(&unit.key_token), &identity,
				    &signers->head, &unit.ticket, &reg),
			 ST_OK);
	assert_int_equal(cert_open(&cert, object_bytes(&signers->cert),
				   &signers->root_key),
			 ST_OK);
	assert_int_equal(ticket_open(&ticket, object_bytes(&unit.ticket),
				     &cert.key),
			 ST_OK);
	assert_true(chip_id_equal(&ticket.chip, &unit.chip));
	assert_memory_equal(&ticket.device, &unit.device, sizeof(unit.device));
	assert_true(identity_equal(&ticket.identity, &identity));
	assert_int_equal(ticket.class, CLASS_DEVELOPMENT);
	assert_int_equal(ticket.nonce.byte[0], 2);
	assert_memory_equal(&ticket.ledger, &signers->ledger,
			    sizeof(ticket.ledger));
	assert_int_equal(hsm_status(signers->line.hsm, &status), ST_OK);
	assert_memory_equal(&status.reg, &reg, sizeof(reg));
	assert_memory_equal(&status.seen_ledger, &signers->head,
			    sizeof(signers->head));
	unit_wipe(&unit);
}

static void
same_unit_gets_a_ticket_again(void **state)
{
	struct signers *signers = *state;
	struct identity identity = signers_identity(5, 1);
	struct unit unit;

	unit_init(&unit, 1, 1);
	for (unsigned int i = 0; i < 3; i++) {
		assert_int_equal(unit_ticket(&unit, signers, &identity), ST_OK);
		signers_ledger_moves(signers);
	}
	place_close(&signers->line);
	place_open(&signers->line);
	assert_int_equal(unit_ticket(&unit, signers, &identity), ST_OK);
	place_crash(&signers->line);
	place_open(&signers->line);
	assert_int_equal(unit_ticket(&unit, signers, &identity), ST_OK);
	unit_wipe(&unit);
}

/* P1 */
static void
number_of_another_chip_is_refused(void **state)
{
	struct signers *signers = *state;
	struct identity pair = signers_identity(5, 2);
	struct identity second = signers_identity(6, 1);
	struct unit first, other;

	unit_init(&first, 1, 1);
	unit_init(&other, 2, 2);
	assert_int_equal(unit_ticket(&first, signers, &pair), ST_OK);
	assert_refused(signers, unit_ticket(&other, signers, &second),
		       ST_HSM_IMEI_TAKEN);
	assert_refused(signers, unit_ticket(&other, signers, &pair),
		       ST_HSM_IMEI_TAKEN);
	place_crash(&signers->line);
	place_open(&signers->line);
	assert_refused(signers, unit_ticket(&other, signers, &second),
		       ST_HSM_IMEI_TAKEN);
	unit_wipe(&first);
	unit_wipe(&other);
}

/* P2 */
static void
known_chip_with_another_key_or_number_is_refused(void **state)
{
	struct signers *signers = *state;
	struct identity identity = signers_identity(5, 1);
	struct identity larger = signers_identity(5, 2);
	struct identity other = signers_identity(7, 1);
	struct unit unit, clone;

	unit_init(&unit, 1, 1);
	unit_init(&clone, 1, 2);
	assert_int_equal(unit_ticket(&unit, signers, &identity), ST_OK);
	assert_refused(signers, unit_ticket(&clone, signers, &identity),
		       ST_HSM_CHIP_TAKEN);
	assert_refused(signers, unit_ticket(&clone, signers, &other),
		       ST_HSM_CHIP_TAKEN);
	assert_refused(signers, unit_ticket(&unit, signers, &other),
		       ST_HSM_CHIP_TAKEN);
	assert_refused(signers, unit_ticket(&unit, signers, &larger),
		       ST_HSM_CHIP_TAKEN);
	unit_wipe(&unit);
	unit_wipe(&clone);
}

static void
number_outside_the_certificate_is_refused(void **state)
{
	struct signers *signers = *state;
	struct identity above = signers_identity(SIGNERS_COUNT, 1);
	struct identity across = signers_identity(SIGNERS_COUNT - 1, 2);
	struct identity live = signers_identity(1, 1);
	struct unit unit;

	live.slot[0] = imei_of(35000001, 1);
	unit_init(&unit, 1, 1);
	assert_refused(signers, unit_ticket(&unit, signers, &above),
		       ST_HSM_INTERVAL);
	assert_refused(signers, unit_ticket(&unit, signers, &across),
		       ST_HSM_INTERVAL);
	assert_refused(signers, unit_ticket(&unit, signers, &live),
		       ST_HSM_INTERVAL);
	unit_wipe(&unit);
}

static void
spoiled_key_token_is_refused(void **state)
{
	struct signers *signers = *state;
	struct identity identity = signers_identity(0, 1);
	struct unit unit;

	unit_init(&unit, 1, 1);
	unit_answer_key(&unit);
	unit.key_token.byte[unit.key_token.len - 1] ^= 1;
	assert_refused(signers,
		       ticket_for_model(&unit, signers, SIGNERS_MODEL,
					&identity),
		       ST_CRYPTO_SIGNATURE);
	unit.key_token.len--;
	assert_refused(signers,
		       ticket_for_model(&unit, signers, SIGNERS_MODEL,
					&identity),
		       ST_COSE_FORMAT);
	unit.key_token.len = 0;
	assert_refused(signers,
		       ticket_for_model(&unit, signers, SIGNERS_MODEL,
					&identity),
		       ST_COSE_FORMAT);
	/* a token of another kind, well signed */
	unit_answer_read(&unit, &(struct image){{0}, {0}}, FIELD_DONE);
	unit.key_token = unit.read_token;
	assert_refused(signers,
		       ticket_for_model(&unit, signers, SIGNERS_MODEL,
					&identity),
		       ST_COSE_TYPE);
	unit_wipe(&unit);
}

static void
unit_of_another_class_is_refused(void **state)
{
	struct signers *signers = *state;
	struct identity identity = signers_identity(0, 1);
	struct unit unit;

	unit_init(&unit, 1, 1);
	unit.class = CLASS_PRODUCTION;
	assert_refused(signers, unit_ticket(&unit, signers, &identity),
		       ST_HSM_CLASS);
	unit_wipe(&unit);
}

static void
odd_chip_or_identity_is_refused(void **state)
{
	struct signers *signers = *state;
	struct identity identity = signers_identity(0, 1);
	struct identity twice = signers_identity(3, 2);
	struct unit unit;

	unit_init(&unit, 1, 1);
	twice.slot[1] = twice.slot[0];
	assert_refused(signers, unit_ticket(&unit, signers, &twice),
		       ST_AGENT_IDENTITY);
	memset(unit.chip.byte, 0xff, sizeof(unit.chip.byte));
	assert_refused(signers, unit_ticket(&unit, signers, &identity),
		       ST_AGENT_CHIP_ID);
	unit_wipe(&unit);
}

static void
model_without_certificate_is_refused(void **state)
{
	struct signers *signers = *state;
	struct identity identity = signers_identity(0, 1);
	struct unit unit;

	unit_init(&unit, 1, 1);
	unit_answer_key(&unit);
	assert_refused(signers,
		       ticket_for_model(&unit, signers, SIGNERS_OTHER_MODEL,
					&identity),
		       ST_HSM_CERTIFICATE);
	assert_refused(signers, ticket_for_model(&unit, signers, "", &identity),
		       ST_HSM_REQUEST);
	unit_wipe(&unit);
}

/* P12 */
static void
ledger_that_knows_less_is_refused(void **state)
{
	struct signers *signers = *state;
	struct identity identity = signers_identity(0, 1);
	struct chain_head old = signers->head;
	struct unit unit;

	unit_init(&unit, 1, 1);
	signers_ledger_moves(signers);
	assert_int_equal(unit_ticket(&unit, signers, &identity), ST_OK);
	signers->head.hash.byte[5] ^= 1;
	assert_refused(signers, unit_ticket(&unit, signers, &identity),
		       ST_HSM_LEDGER_OLD);
	signers->head = old;
	assert_refused(signers, unit_ticket(&unit, signers, &identity),
		       ST_HSM_LEDGER_OLD);
	place_crash(&signers->line);
	place_open(&signers->line);
	assert_refused(signers, unit_ticket(&unit, signers, &identity),
		       ST_HSM_LEDGER_OLD);
	unit_wipe(&unit);
}

int
main(void)
{
#define TEST(name)                                                             \
	cmocka_unit_test_setup_teardown(name, signers_set_up_certified,        \
					signers_tear_down)
	const struct CMUnitTest tests[] = {
		TEST(ticket_holds_what_was_asked),
		TEST(same_unit_gets_a_ticket_again),
		TEST(number_of_another_chip_is_refused),
		TEST(known_chip_with_another_key_or_number_is_refused),
		TEST(number_outside_the_certificate_is_refused),
		TEST(spoiled_key_token_is_refused),
		TEST(unit_of_another_class_is_refused),
		TEST(odd_chip_or_identity_is_refused),
		TEST(model_without_certificate_is_refused),
		TEST(ledger_that_knows_less_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
