/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What each return value of a PKCS#11 module does (docs/hsm.md, 7), and the
 * signer of a production class, which wants hardware.
 */
#include <dlfcn.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "hsm/token.h"
#include "support/pkcs11_shim.h"
#include "support/signers.h"
#include "support/softhsm.h"

#define LABEL "imeilock line model-a"

struct world {
	char folder[FOLDER_MAX];
	char address[FOLDER_PATH_MAX + 64];
	void *module;
	struct shim_control *shim;
	struct token *token;
};

static void
open_token(struct world *world)
{
	assert_int_equal(token_pkcs11.open(&world->token, world->address, NULL,
					   SIGNERS_PIN),
			 ST_OK);
}

static int
set_up(void **state)
{
	struct world *world = calloc(1, sizeof(*world));
	char address[SOFTHSM_ADDRESS_MAX], path[FOLDER_PATH_MAX];

	assert_non_null(world);
	assert_int_equal(crypto_init(), ST_OK);
	folder_make(world->folder);
	softhsm_make(address, world->folder, "station", SIGNERS_PIN);
	folder_path(path, getenv("IMEILOCK_BINARY_DIR"),
		    "bin/libpkcs11_shim.so");
	snprintf(world->address, sizeof(world->address),
		 "pkcs11:token=station?module-path=%s", path);
	world->module = dlopen(path, RTLD_NOW);
	assert_non_null(world->module);
	world->shim = dlsym(world->module, "shim_control");
	assert_non_null(world->shim);
	memset(world->shim, 0, sizeof(*world->shim));
	open_token(world);
	assert_int_equal(token_pkcs11.generate(world->token, LABEL), ST_OK);
	*state = world;
	return 0;
}

static int
tear_down(void **state)
{
	struct world *world = *state;

	if (world->token != NULL)
		token_pkcs11.close(world->token);
	dlclose(world->module);
	folder_remove(world->folder);
	free(world);
	return 0;
}

/* The next times calls give rv. */
static void
fail_next(struct world *world, enum shim_call call, unsigned int times,
	  CK_RV rv)
{
	memset(world->shim->count, 0, sizeof(world->shim->count));
	world->shim->call = call;
	world->shim->times = times;
	world->shim->rv = rv;
}

static enum status
sign(struct world *world)
{
	struct sha256 digest = {{5}};
	struct public_key key;
	struct signature sig;
	enum status status =
		token_pkcs11.sign(world->token, LABEL, &digest, &sig);

	if (status != ST_OK)
		return status;
	assert_int_equal(token_pkcs11.public_key(world->token, LABEL, &key),
			 ST_OK);
	return crypto_verify(&key, &digest, &sig);
}

static void
key_is_looked_up_once(void **state)
{
	struct world *world = *state;
	struct sha256 digest = {{5}};
	struct signature sig;

	assert_int_equal(sign(world), ST_OK);
	fail_next(world, SHIM_SIGN, 0, CKR_OK);
	for (unsigned int i = 0; i < 10; i++)
		assert_int_equal(token_pkcs11.sign(world->token, LABEL, &digest,
						   &sig),
				 ST_OK);
	assert_int_equal(world->shim->count[SHIM_FIND], 0);
	assert_int_equal(world->shim->count[SHIM_LOGIN], 0);
	assert_int_equal(world->shim->count[SHIM_SIGN], 10);
}

static void
lost_session_is_renewed_once(void **state)
{
	static const CK_RV values[] = {
		CKR_SESSION_HANDLE_INVALID, CKR_SESSION_CLOSED,
		CKR_USER_NOT_LOGGED_IN,	    CKR_OBJECT_HANDLE_INVALID,
		CKR_KEY_HANDLE_INVALID,	    CKR_OPERATION_ACTIVE};
	struct world *world = *state;

	for (unsigned int i = 0; i < 6; i++) {
		assert_int_equal(sign(world), ST_OK);
		fail_next(world, SHIM_SIGN_INIT, 1, values[i]);
		assert_int_equal(sign(world), ST_OK);
		assert_int_equal(world->shim->count[SHIM_OPEN_SESSION], 1);
		assert_int_equal(world->shim->count[SHIM_INITIALIZE], 0);
		fail_next(world, SHIM_SIGN, 9, values[i]);
		assert_int_equal(sign(world), ST_HSM_TOKEN_FAILED);
		assert_int_equal(world->shim->count[SHIM_SIGN], 2);
		world->shim->times = 0;
	}
}

static void
lost_token_is_loaded_anew(void **state)
{
	static const CK_RV values[] = {
		CKR_DEVICE_REMOVED,    CKR_DEVICE_ERROR,
		CKR_TOKEN_NOT_PRESENT, CKR_GENERAL_ERROR,
		CKR_FUNCTION_FAILED,   CKR_CRYPTOKI_NOT_INITIALIZED};
	struct world *world = *state;

	for (unsigned int i = 0; i < 6; i++) {
		assert_int_equal(sign(world), ST_OK);
		fail_next(world, SHIM_SIGN, 1, values[i]);
		assert_int_equal(sign(world), ST_OK);
		assert_int_equal(world->shim->count[SHIM_INITIALIZE], 1);
		assert_int_equal(world->shim->count[SHIM_LOGIN], 1);
	}
	fail_next(world, SHIM_INITIALIZE, 1, CKR_DEVICE_ERROR);
	token_pkcs11.close(world->token);
	open_token(world);
}

static void
token_that_stays_away_is_given_up(void **state)
{
	struct world *world = *state;

	assert_int_equal(sign(world), ST_OK);
	fail_next(world, SHIM_SIGN, 99, CKR_DEVICE_REMOVED);
	assert_int_equal(sign(world), ST_HSM_TOKEN_ABSENT);
	assert_int_equal(world->shim->count[SHIM_SIGN], 4);
	world->shim->times = 0;
	assert_int_equal(sign(world), ST_OK);
}

static void
what_cannot_help_is_not_repeated(void **state)
{
	static const struct {
		CK_RV rv;
		enum status status;
	} stops[] = {
		{CKR_KEY_FUNCTION_NOT_PERMITTED, ST_HSM_KEY_UNFIT},
		{CKR_MECHANISM_INVALID, ST_HSM_MECHANISM},
		{CKR_PIN_EXPIRED, ST_HSM_PIN_EXPIRED},
		{CKR_HOST_MEMORY, ST_HSM_TOKEN_FAILED},
		{CKR_VENDOR_DEFINED + 3, ST_HSM_TOKEN_FAILED},
	};
	struct world *world = *state;

	for (unsigned int i = 0; i < 5; i++) {
		assert_int_equal(sign(world), ST_OK);
		fail_next(world, SHIM_SIGN_INIT, 9, stops[i].rv);
		assert_int_equal(sign(world), stops[i].status);
		assert_int_equal(world->shim->count[SHIM_SIGN_INIT], 1);
		world->shim->times = 0;
	}
}

/* A PIN that was refused at a new login is not tried a second time. */
static void
refused_pin_is_not_tried_again(void **state)
{
	static const CK_RV values[] = {CKR_PIN_INCORRECT, CKR_PIN_LOCKED,
				       CKR_PIN_EXPIRED};
	static const enum status statuses[] = {ST_HSM_PIN, ST_HSM_PIN_LOCKED,
					       ST_HSM_PIN_EXPIRED};
	struct world *world = *state;

	for (unsigned int i = 0; i < 3; i++) {
		token_pkcs11.close(world->token);
		fail_next(world, SHIM_LOGIN, 9, values[i]);
		assert_int_equal(token_pkcs11.open(&world->token,
						   world->address, NULL,
						   SIGNERS_PIN),
				 statuses[i]);
		assert_int_equal(world->shim->count[SHIM_LOGIN], 1);
		world->shim->times = 0;
		open_token(world);
	}
}

static void
pin_refused_in_the_middle_is_latched(void **state)
{
	struct world *world = *state;

	assert_int_equal(sign(world), ST_OK);
	/* drops the module, so that the next request logs in */
	fail_next(world, SHIM_SIGN, 9, CKR_HOST_MEMORY);
	assert_int_equal(sign(world), ST_HSM_TOKEN_FAILED);
	fail_next(world, SHIM_LOGIN, 9, CKR_PIN_INCORRECT);
	for (unsigned int i = 0; i < 3; i++)
		assert_int_equal(sign(world), ST_HSM_PIN);
	assert_int_equal(world->shim->count[SHIM_LOGIN], 1);
	world->shim->times = 0;
}

static void
already_logged_in_is_success(void **state)
{
	struct world *world = *state;

	fail_next(world, SHIM_LOGIN, 1, CKR_USER_ALREADY_LOGGED_IN);
	token_pkcs11.close(world->token);
	open_token(world);
	assert_int_equal(world->shim->count[SHIM_LOGIN], 1);
}

static void
exchanged_token_is_not_shown_the_pin(void **state)
{
	struct world *world = *state;

	assert_int_equal(sign(world), ST_OK);
	fail_next(world, SHIM_SIGN, 1, CKR_DEVICE_REMOVED);
	world->shim->is_other_token = true;
	assert_int_equal(sign(world), ST_HSM_TOKEN_CHANGED);
	assert_int_equal(world->shim->count[SHIM_LOGIN], 0);
	world->shim->is_other_token = false;
	assert_int_equal(sign(world), ST_OK);
}

static void
key_is_not_made_twice(void **state)
{
	struct world *world = *state;
	struct public_key key;

	fail_next(world, SHIM_GENERATE, 9, CKR_DEVICE_ERROR);
	assert_int_equal(token_pkcs11.generate(world->token, "other"),
			 ST_HSM_TOKEN_FAILED);
	assert_int_equal(world->shim->count[SHIM_GENERATE], 1);
	assert_int_equal(token_pkcs11.public_key(world->token, "other", &key),
			 ST_HSM_KEY_ABSENT);
}

static void
mark_is_written_in_spite_of_faults(void **state)
{
	struct world *world = *state;
	struct bytes mark = bytes_of("mark", 4);
	uint8_t buf[TOKEN_MARK_MAX];
	size_t len;

	fail_next(world, SHIM_CREATE, 1, CKR_SESSION_CLOSED);
	assert_int_equal(token_pkcs11.mark_write(world->token, LABEL, mark),
			 ST_OK);
	fail_next(world, SHIM_FIND, 1, CKR_DEVICE_ERROR);
	assert_int_equal(token_pkcs11.mark_read(world->token, LABEL, buf,
						sizeof(buf), &len),
			 ST_OK);
	assert_true(bytes_equal(mark, bytes_of(buf, len)));
}

static void
short_halves_are_filled_up(void **state)
{
	struct world *world = *state;
	struct sha256 digest = {{5}};
	struct signature sig;

	memset(world->shim->signature, 0xaa, 30);
	memset(world->shim->signature + 30, 0xbb, 30);
	world->shim->signature_len = 60;
	assert_int_equal(token_pkcs11.sign(world->token, LABEL, &digest, &sig),
			 ST_OK);
	assert_true(bytes_are(bytes_of(sig.rs, 2), 0));
	assert_true(bytes_are(bytes_of(sig.rs + 2, 30), 0xaa));
	assert_true(bytes_are(bytes_of(sig.rs + 32, 2), 0));
	assert_true(bytes_are(bytes_of(sig.rs + 34, 30), 0xbb));
	world->shim->signature_len = 61;
	assert_int_equal(token_pkcs11.sign(world->token, LABEL, &digest, &sig),
			 ST_HSM_SIGNATURE);
}

/* P14: hardware, as far as the slot says. */
static void
production_wants_hardware(void **state)
{
	struct world *world = *state;
	struct signer_place place;
	struct public_key key;

	token_pkcs11.close(world->token);
	world->token = NULL;
	place_init(&place, world->folder, "signer");
	strcpy(place.token, world->address);
	place_open(&place);
	assert_int_equal(hsm_root(place.hsm, CLASS_PRODUCTION, &key),
			 ST_HSM_NOT_HARDWARE);
	place_close(&place);
	world->shim->is_hardware = true;
	place_open(&place);
	assert_int_equal(hsm_root(place.hsm, CLASS_PRODUCTION, &key), ST_OK);
	place_close(&place);
	world->shim->is_hardware = false;
	assert_int_equal(place_open_status(&place), ST_HSM_NOT_HARDWARE);
}

/* P14, in a station with a token of its own. */
static void
production_wants_live_numbers(void **state)
{
	struct world *world = *state;
	struct interval test = signers_interval(0, 9);
	struct interval live = {imei_of(35000001, 0), imei_of(35000001, 9)};
	struct ledger_id ledger = {{1}};
	struct signer_place root, line;
	struct object request, cert;
	struct public_key key;

	world->shim->is_hardware = true;
	softhsm_add("line", SIGNERS_PIN);
	token_pkcs11.close(world->token);
	world->token = NULL;
	place_init(&root, world->folder, "root");
	strcpy(root.token, world->address);
	place_init(&line, world->folder, "line");
	snprintf(line.token, sizeof(line.token), "pkcs11:token=line%s",
		 strchr(world->address, '?'));
	place_open(&root);
	place_open(&line);
	assert_int_equal(hsm_root(root.hsm, CLASS_PRODUCTION, &key), ST_OK);
	assert_int_equal(hsm_request(line.hsm, CLASS_PRODUCTION, SIGNERS_MODEL,
				     &ledger, &request),
			 ST_OK);
	assert_int_equal(hsm_certify(root.hsm, object_bytes(&request), &test, 1,
				     1, &cert),
			 ST_HSM_TEST_TAC);
	assert_int_equal(hsm_certify(root.hsm, object_bytes(&request), &live, 1,
				     1, &cert),
			 ST_OK);
	assert_int_equal(hsm_install(line.hsm, object_bytes(&cert), &key),
			 ST_OK);
	place_close(&line);
	place_close(&root);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(key_is_looked_up_once),
		TEST(lost_session_is_renewed_once),
		TEST(lost_token_is_loaded_anew),
		TEST(token_that_stays_away_is_given_up),
		TEST(what_cannot_help_is_not_repeated),
		TEST(refused_pin_is_not_tried_again),
		TEST(pin_refused_in_the_middle_is_latched),
		TEST(already_logged_in_is_success),
		TEST(exchanged_token_is_not_shown_the_pin),
		TEST(key_is_not_made_twice),
		TEST(mark_is_written_in_spite_of_faults),
		TEST(short_halves_are_filled_up),
		TEST(production_wants_hardware),
		TEST(production_wants_live_numbers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
