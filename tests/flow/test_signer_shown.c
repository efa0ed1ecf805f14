/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Records for units whose ticket another signer of the same ledger gave.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "support/signers.h"

static const struct bytes nothing = {NULL, 0};

struct elsewhere {
	struct signer_place place;
	struct object cert;
	struct unit unit;
};

/* Another station with a key of ledger id, and a unit that began there. */
static void
begin_elsewhere(struct elsewhere *out, struct signers *signers, uint8_t id)
{
	struct interval interval = signers_interval(id == 0x11 ? 0 : 2000,
						    id == 0x11 ? 999 : 2999);
	struct identity identity = signers_identity(id == 0x11 ? 40 : 2040, 1);
	struct ledger_id ledger;
	struct chain_head reg;
	struct object asked;
	struct image image;

	place_init(&out->place, signers->folder, "elsewhere");
	place_open(&out->place);
	memset(&ledger, id, sizeof(ledger));
	assert_int_equal(hsm_request(out->place.hsm, CLASS_DEVELOPMENT,
				     SIGNERS_MODEL, &ledger, &asked),
			 ST_OK);
	assert_int_equal(hsm_certify(signers->root.hsm, object_bytes(&asked),
				     &interval, 1, 1, &out->cert),
			 ST_OK);
	assert_int_equal(hsm_install(out->place.hsm, object_bytes(&out->cert),
				     &signers->root_key),
			 ST_OK);
	unit_init(&out->unit, 40, 40);
	unit_answer_key(&out->unit);
	assert_int_equal(hsm_ticket(out->place.hsm, SIGNERS_MODEL,
				    object_bytes(&out->unit.key_token),
				    &identity, &signers->head,
				    &out->unit.ticket, &reg),
			 ST_OK);
	unit_burn(&out->unit, &identity, MAKER_DIGEST, &image);
	unit_answer_read(&out->unit, &image, FIELD_DONE);
	place_close(&out->place);
}

static enum status
record_shown(struct signers *signers, struct elsewhere *from)
{
	return hsm_record(signers->line.hsm,
			  object_bytes(&from->unit.read_token),
			  object_bytes(&from->unit.ticket),
			  object_bytes(&from->cert), SIGNERS_MODEL,
			  SIGNERS_FINAL, &from->unit.record);
}

static void
ticket_of_the_same_ledger_is_believed(void **state)
{
	struct signers *signers = *state;
	struct identity taken = signers_identity(40, 1);
	struct elsewhere from;
	struct unit other;

	begin_elsewhere(&from, signers, 0x11);
	assert_int_equal(unit_record(&from.unit, signers), ST_HSM_NO_TICKET);
	assert_int_equal(record_shown(signers, &from), ST_OK);
	/* from now on this register knows it, too */
	assert_int_equal(unit_record(&from.unit, signers), ST_OK);
	unit_init(&other, 41, 41);
	assert_int_equal(unit_ticket(&other, signers, &taken),
			 ST_HSM_IMEI_TAKEN);
	place_crash(&signers->line);
	place_open(&signers->line);
	assert_int_equal(unit_ticket(&other, signers, &taken),
			 ST_HSM_IMEI_TAKEN);
	assert_int_equal(unit_ticket(&from.unit, signers, &taken), ST_OK);
	unit_wipe(&other);
	unit_wipe(&from.unit);
}

static void
ticket_that_does_not_fit_is_refused(void **state)
{
	struct signers *signers = *state;
	struct identity taken = signers_identity(40, 1);
	struct elsewhere from, good;
	uint64_t entries;
	struct unit other;

	begin_elsewhere(&good, signers, 0x11);
	entries = place_entries(&signers->line);
	from = good;
	from.unit.ticket.byte[from.unit.ticket.len - 1] ^= 1;
	assert_int_equal(record_shown(signers, &from), ST_CRYPTO_SIGNATURE);
	from = good;
	from.cert.byte[from.cert.len - 1] ^= 1;
	assert_int_equal(record_shown(signers, &from), ST_CRYPTO_SIGNATURE);
	from = good;
	from.unit.ticket.len = 0;
	assert_int_equal(record_shown(signers, &from), ST_HSM_NO_TICKET);
	/* another chip's */
	from = good;
	unit_init(&other, 41, 41);
	unit_answer_read(&other, &(struct image){{0}, {0}}, FIELD_DONE);
	from.unit.read_token = other.read_token;
	assert_int_equal(record_shown(signers, &from), ST_HSM_NO_TICKET);
	assert_int_equal(place_entries(&signers->line), entries);
	/* a number that is another chip's here */
	assert_int_equal(unit_ticket(&other, signers, &taken), ST_OK);
	assert_int_equal(record_shown(signers, &good), ST_HSM_IMEI_TAKEN);
	unit_wipe(&other);
	unit_wipe(&good.unit);
}

static void
ticket_of_another_ledger_is_refused(void **state)
{
	struct signers *signers = *state;
	struct elsewhere from;

	begin_elsewhere(&from, signers, 0x22);
	assert_int_equal(record_shown(signers, &from), ST_HSM_CERTIFICATE);
	assert_int_equal(hsm_record(signers->line.hsm,
				    object_bytes(&from.unit.read_token),
				    object_bytes(&from.unit.ticket), nothing,
				    SIGNERS_MODEL, SIGNERS_FINAL,
				    &from.unit.record),
			 ST_HSM_NO_TICKET);
	unit_wipe(&from.unit);
}

int
main(void)
{
#define TEST(name)                                                             \
	cmocka_unit_test_setup_teardown(name, signers_set_up_certified,        \
					signers_tear_down)
	const struct CMUnitTest tests[] = {
		TEST(ticket_of_the_same_ledger_is_believed),
		TEST(ticket_that_does_not_fit_is_refused),
		TEST(ticket_of_another_ledger_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
