/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The ceremony (root, request, certify, install), roles, classes and the PIN.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "support/signers.h"

static enum status
certify(struct signers *signers, struct interval interval)
{
	struct object cert;

	return hsm_certify(signers->root.hsm, object_bytes(&signers->request),
			   &interval, 1, 1, &cert);
}

static void
request(struct signers *signers)
{
	assert_int_equal(hsm_request(signers->line.hsm, CLASS_DEVELOPMENT,
				     SIGNERS_MODEL, &signers->ledger,
				     &signers->request),
			 ST_OK);
}

/* ---------------------------------------------------------------- certify */

static void
certificate_holds_what_was_asked(void **state)
{
	struct signers *signers = *state;
	struct interval interval[2] = {signers_interval(0, 99),
				       signers_interval(500, 599)};
	struct object object, again;
	struct cert cert, second;

	request(signers);
	assert_int_equal(hsm_certify(signers->root.hsm,
				     object_bytes(&signers->request), interval,
				     2, 7, &object),
			 ST_OK);
	assert_int_equal(cert_open(&cert, object_bytes(&object),
				   &signers->root_key),
			 ST_OK);
	assert_int_equal(cert.role, ROLE_LINE);
	assert_int_equal(cert.class, CLASS_DEVELOPMENT);
	assert_int_equal(cert.epoch, 7);
	assert_int_equal(cert.interval_count, 2);
	assert_memory_equal(cert.interval, interval, sizeof(interval));
	assert_string_equal(cert.model, SIGNERS_MODEL);
	assert_memory_equal(&cert.ledger, &signers->ledger,
			    sizeof(cert.ledger));
	/* for the same ledger and model again, under another id */
	assert_int_equal(hsm_certify(signers->root.hsm,
				     object_bytes(&signers->request), interval,
				     2, 7, &again),
			 ST_OK);
	assert_int_equal(cert_open(&second, object_bytes(&again),
				   &signers->root_key),
			 ST_OK);
	assert_memory_not_equal(cert.id, second.id, sizeof(cert.id));
}

static void
intervals_that_are_not_in_order_are_refused(void **state)
{
	struct signers *signers = *state;
	struct interval five[5], pair[2];
	struct object cert;
	uint64_t entries;

	request(signers);
	entries = place_entries(&signers->root);
	assert_int_equal(certify(signers, (struct interval){signers_imei(9),
							    signers_imei(8)}),
			 ST_HSM_INTERVAL);
	assert_int_equal(
		certify(signers,
			(struct interval){signers_imei(9),
					  imei_of(SIGNERS_TAC + 1, 1)}),
		ST_HSM_INTERVAL);
	assert_int_equal(certify(signers,
				 (struct interval){IMEI_NONE, signers_imei(8)}),
			 ST_HSM_INTERVAL);
	pair[0] = signers_interval(100, 199);
	pair[1] = signers_interval(199, 299);
	assert_int_equal(hsm_certify(signers->root.hsm,
				     object_bytes(&signers->request), pair, 2,
				     1, &cert),
			 ST_HSM_INTERVAL);
	pair[1] = signers_interval(0, 10);
	assert_int_equal(hsm_certify(signers->root.hsm,
				     object_bytes(&signers->request), pair, 2,
				     1, &cert),
			 ST_HSM_INTERVAL);
	assert_int_equal(hsm_certify(signers->root.hsm,
				     object_bytes(&signers->request), pair, 0,
				     1, &cert),
			 ST_HSM_INTERVAL);
	for (unsigned int i = 0; i < 5; i++)
		five[i] = signers_interval(10 * i, 10 * i + 1);
	assert_int_equal(hsm_certify(signers->root.hsm,
				     object_bytes(&signers->request), five, 5,
				     1, &cert),
			 ST_HSM_INTERVAL);
	assert_int_equal(place_entries(&signers->root), entries);
}

/* P14 */
static void
live_tac_is_refused_for_development(void **state)
{
	struct signers *signers = *state;
	struct interval live = {imei_of(35000001, 1), imei_of(35000001, 9)};

	request(signers);
	assert_int_equal(certify(signers, live), ST_HSM_TEST_TAC);
}

/* P1 */
static void
numbers_of_another_ledger_or_model_are_refused(void **state)
{
	struct signers *signers = *state;
	struct signer_place other;
	struct ledger_id ledger;
	uint64_t entries;

	signers_certify(signers, SIGNERS_MODEL, 100, 199);
	place_init(&other, signers->folder, "other");
	place_open(&other);
	memset(&ledger, 0x22, sizeof(ledger));
	assert_int_equal(hsm_request(other.hsm, CLASS_DEVELOPMENT,
				     SIGNERS_MODEL, &ledger, &signers->request),
			 ST_OK);
	place_close(&signers->root);
	place_open(&signers->root);
	entries = place_entries(&signers->root);
	assert_int_equal(certify(signers, signers_interval(0, 100)),
			 ST_HSM_OVERLAP);
	assert_int_equal(certify(signers, signers_interval(199, 300)),
			 ST_HSM_OVERLAP);
	assert_int_equal(certify(signers, signers_interval(0, 300)),
			 ST_HSM_OVERLAP);
	assert_int_equal(certify(signers, signers_interval(120, 130)),
			 ST_HSM_OVERLAP);
	assert_int_equal(place_entries(&signers->root), entries);
	assert_int_equal(certify(signers, signers_interval(200, 300)), ST_OK);
	assert_int_equal(hsm_request(signers->line.hsm, CLASS_DEVELOPMENT,
				     SIGNERS_OTHER_MODEL, &signers->ledger,
				     &signers->request),
			 ST_OK);
	assert_int_equal(certify(signers, signers_interval(150, 160)),
			 ST_HSM_OVERLAP);
	place_crash(&other);
}

static void
spoiled_request_is_refused(void **state)
{
	struct signers *signers = *state;

	request(signers);
	signers->request.byte[signers->request.len - 1] ^= 1;
	assert_int_equal(certify(signers, signers_interval(0, 9)),
			 ST_CRYPTO_SIGNATURE);
	signers->request.len -= 3;
	assert_int_equal(certify(signers, signers_interval(0, 9)),
			 ST_COSE_FORMAT);
}

/* ---------------------------------------------------------------- install */

static enum status
install(struct signers *signers)
{
	return hsm_install(signers->line.hsm, object_bytes(&signers->cert),
			   &signers->root_key);
}

static void
make_cert(struct signers *signers, uint32_t epoch)
{
	struct interval interval = signers_interval(0, 99);

	assert_int_equal(hsm_certify(signers->root.hsm,
				     object_bytes(&signers->request), &interval,
				     1, epoch, &signers->cert),
			 ST_OK);
}

static void
certificate_that_does_not_fit_is_refused(void **state)
{
	struct signers *signers = *state;
	struct public_key other_root = signers->root_key;
	struct signer_place other;
	uint64_t entries;

	request(signers);
	make_cert(signers, 1);
	entries = place_entries(&signers->line);
	memset(other_root.xy, 3, sizeof(other_root.xy));
	assert_int_equal(hsm_install(signers->line.hsm,
				     object_bytes(&signers->cert), &other_root),
			 ST_HSM_CERTIFICATE);
	assert_int_equal(hsm_install(signers->line.hsm,
				     object_bytes(&signers->request),
				     &signers->root_key),
			 ST_HSM_CERTIFICATE);
	/* for another station's key */
	place_init(&other, signers->folder, "other");
	place_open(&other);
	assert_int_equal(hsm_request(other.hsm, CLASS_DEVELOPMENT,
				     SIGNERS_MODEL, &signers->ledger,
				     &signers->request),
			 ST_OK);
	make_cert(signers, 1);
	assert_int_equal(install(signers), ST_HSM_CERTIFICATE);
	assert_int_equal(place_entries(&signers->line), entries);
	place_crash(&other);
}

static void
successor_is_from_the_same_root_and_not_older(void **state)
{
	struct signers *signers = *state;
	uint64_t entries;

	request(signers);
	make_cert(signers, 5);
	assert_int_equal(install(signers), ST_OK);
	entries = place_entries(&signers->line);
	assert_int_equal(install(signers), ST_OK);
	assert_int_equal(place_entries(&signers->line), entries);
	make_cert(signers, 4);
	assert_int_equal(install(signers), ST_HSM_CERT_OLD);
	make_cert(signers, 6);
	assert_int_equal(install(signers), ST_OK);
	unit_ticket_good(signers, 1);
	make_cert(signers, 6);
	assert_int_equal(install(signers), ST_OK);
	assert_int_equal(place_next(&signers->line), signers_imei(2).body);
}

/* ------------------------------------------------------------------ roles */

static void
request_is_the_same_each_time(void **state)
{
	struct signers *signers = *state;
	struct object first;
	struct ledger_id other;

	request(signers);
	first = signers->request;
	place_crash(&signers->line);
	place_open(&signers->line);
	request(signers);
	assert_int_equal(first.len, signers->request.len);
	assert_memory_equal(first.byte, signers->request.byte, first.len);
	memset(&other, 0x44, sizeof(other));
	assert_int_equal(hsm_request(signers->line.hsm, CLASS_DEVELOPMENT,
				     SIGNERS_MODEL, &other, &first),
			 ST_LEDGER_ID);
	assert_int_equal(hsm_request(signers->line.hsm, (enum dev_class)0,
				     SIGNERS_MODEL, &signers->ledger, &first),
			 ST_HSM_CLASS);
}

static void
each_role_has_its_requests(void **state)
{
	struct signers *signers = *state;
	struct interval interval = signers_interval(0, 9);
	struct identity identity = signers_identity(0, 1);
	struct public_key key;
	struct object object;
	struct unit unit;

	unit_init(&unit, 1, 1);
	assert_int_equal(unit_ticket(&unit, signers, &identity), ST_HSM_ROLE);
	assert_int_equal(install(signers), ST_HSM_ROLE);
	request(signers);
	assert_int_equal(unit_ticket(&unit, signers, &identity),
			 ST_HSM_CERTIFICATE);
	assert_int_equal(hsm_certify(signers->line.hsm,
				     object_bytes(&signers->request), &interval,
				     1, 1, &object),
			 ST_HSM_ROLE);
	assert_int_equal(hsm_root(signers->line.hsm, CLASS_DEVELOPMENT, &key),
			 ST_HSM_ROLE);
	assert_int_equal(hsm_root(signers->root.hsm, CLASS_DEVELOPMENT, &key),
			 ST_HSM_EXISTS);
	assert_int_equal(hsm_request(signers->root.hsm, CLASS_DEVELOPMENT,
				     SIGNERS_MODEL, &signers->ledger, &object),
			 ST_HSM_ROLE);
	unit_wipe(&unit);
}

/* The root's token is never at a station, even in another folder. */
static void
token_has_one_role(void **state)
{
	struct signers *signers = *state;
	struct signer_place other = signers->root;

	place_close(&signers->root);
	folder_path(other.folder, signers->folder, "elsewhere");
	place_open(&other);
	assert_int_equal(hsm_request(other.hsm, CLASS_DEVELOPMENT,
				     SIGNERS_MODEL, &signers->ledger,
				     &signers->request),
			 ST_HSM_ROLE);
	place_close(&other);
	place_open(&signers->root);
}

/* P14 */
static void
production_refuses_software_keys(void **state)
{
	struct signers *signers = *state;
	struct signer_place fresh;
	struct public_key key;
	struct object object;

	place_init(&fresh, signers->folder, "fresh");
	place_open(&fresh);
	assert_int_equal(hsm_root(fresh.hsm, CLASS_PRODUCTION, &key),
			 ST_HSM_NOT_HARDWARE);
	assert_int_equal(hsm_request(fresh.hsm, CLASS_PRODUCTION, SIGNERS_MODEL,
				     &signers->ledger, &object),
			 ST_HSM_NOT_HARDWARE);
	assert_int_equal(place_entries(&fresh), 0);
	place_crash(&fresh);
}

static void
station_has_a_line_for_each_model(void **state)
{
	struct signers *signers = *state;
	struct identity a = signers_identity(1, 1),
			b = signers_identity(501, 1);
	struct chain_head reg;
	struct hsm_status status;
	struct object object;
	struct unit unit;
	char model[8];

	signers_certify(signers, SIGNERS_MODEL, 0, 499);
	signers_certify(signers, SIGNERS_OTHER_MODEL, 500, 999);
	unit_init(&unit, 1, 1);
	assert_int_equal(unit_ticket(&unit, signers, &b), ST_HSM_INTERVAL);
	assert_int_equal(hsm_ticket(signers->line.hsm, SIGNERS_OTHER_MODEL,
				    object_bytes(&unit.key_token), &b,
				    &signers->head, &object, &reg),
			 ST_OK);
	/* one register for all lines */
	assert_int_equal(unit_ticket(&unit, signers, &a), ST_HSM_CHIP_TAKEN);
	for (unsigned int i = 2; i < HSM_LINES_MAX; i++) {
		snprintf(model, sizeof(model), "m-%u", i);
		assert_int_equal(hsm_request(signers->line.hsm,
					     CLASS_DEVELOPMENT, model,
					     &signers->ledger, &object),
				 ST_OK);
	}
	assert_int_equal(hsm_request(signers->line.hsm, CLASS_DEVELOPMENT,
				     "one more", &signers->ledger, &object),
			 ST_HSM_LINES);
	request(signers);
	place_crash(&signers->line);
	place_open(&signers->line);
	assert_int_equal(hsm_status(signers->line.hsm, &status), ST_OK);
	assert_int_equal(status.line_count, HSM_LINES_MAX);
	assert_non_null(hsm_find_line(&status, SIGNERS_OTHER_MODEL));
	assert_true(hsm_find_line(&status, SIGNERS_OTHER_MODEL)->has_cert);
	assert_false(hsm_find_line(&status, "m-2")->has_cert);
	assert_null(hsm_find_line(&status, "one more"));
	unit_wipe(&unit);
}

/* ------------------------------------------------------- folder and token */

static void
wrong_pin_is_tried_once(void **state)
{
	struct signers *signers = *state;
	struct signer_config config = {signers->line.folder,
				       signers->line.token, "wrong", NULL};
	char latch[FOLDER_PATH_MAX + 32];

	request(signers);
	place_close(&signers->line);
	assert_int_equal(signer_open(&signers->line.signer, &config),
			 ST_HSM_PIN);
	/* the right one is not tried either */
	assert_int_equal(place_open_status(&signers->line), ST_HSM_PIN);
	snprintf(latch, sizeof(latch), "%s/" SIGNER_PIN_REFUSED,
		 signers->line.folder);
	assert_int_equal(unlink(latch), 0);
	place_open(&signers->line);
}

static void
another_token_is_refused(void **state)
{
	struct signers *signers = *state;
	struct signer_config config = {signers->line.folder,
				       signers->root.token, SIGNERS_PIN, NULL};
	struct signer *signer;

	request(signers);
	place_close(&signers->line);
	assert_int_equal(signer_open(&signer, &config), ST_HSM_TOKEN_CHANGED);
	assert_null(signer);
	config.token = "soft:/nowhere/at/all";
	assert_int_equal(signer_open(&signer, &config), ST_HSM_TOKEN_ABSENT);
	config.token = "card:1";
	assert_int_equal(signer_open(&signer, &config), ST_HSM_ADDRESS);
	place_open(&signers->line);
}

static void
folder_is_its_owners_alone(void **state)
{
	struct signers *signers = *state;

	place_close(&signers->line);
	assert_int_equal(chmod(signers->line.folder, 0750), 0);
	assert_int_equal(place_open_status(&signers->line), ST_HSM_FOLDER);
	assert_int_equal(chmod(signers->line.folder, 0700), 0);
	place_open(&signers->line);
}

static void
nothing_is_signed_after_the_shutdown(void **state)
{
	struct signers *signers = *state;
	struct hsm_status status;

	request(signers);
	assert_int_equal(hsm_shutdown(signers->line.hsm), ST_OK);
	assert_int_equal(hsm_status(signers->line.hsm, &status),
			 ST_HSM_CONNECT);
	assert_int_equal(hsm_request(signers->line.hsm, CLASS_DEVELOPMENT,
				     SIGNERS_MODEL, &signers->ledger,
				     &signers->request),
			 ST_HSM_CONNECT);
}

int
main(void)
{
#define TEST(name)                                                             \
	cmocka_unit_test_setup_teardown(name, signers_set_up, signers_tear_down)
	const struct CMUnitTest tests[] = {
		TEST(certificate_holds_what_was_asked),
		TEST(intervals_that_are_not_in_order_are_refused),
		TEST(live_tac_is_refused_for_development),
		TEST(numbers_of_another_ledger_or_model_are_refused),
		TEST(spoiled_request_is_refused),
		TEST(certificate_that_does_not_fit_is_refused),
		TEST(successor_is_from_the_same_root_and_not_older),
		TEST(request_is_the_same_each_time),
		TEST(each_role_has_its_requests),
		TEST(token_has_one_role),
		TEST(production_refuses_software_keys),
		TEST(station_has_a_line_for_each_model),
		TEST(wrong_pin_is_tried_once),
		TEST(another_token_is_refused),
		TEST(folder_is_its_owners_alone),
		TEST(nothing_is_signed_after_the_shutdown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
