/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What can happen to a token, through the whole signer: each cause has its own
 * code, class and sentence, and what needs no help is mended without it.  The
 * table in docs/hsm.md, 7, says the same.
 */
#include <dlfcn.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "support/pkcs11_shim.h"
#include "support/signers.h"
#include "support/softhsm.h"

#define KEY "imeilock line " SIGNERS_MODEL
#define RELOADS_MAX 3	 /* as docs/hsm.md, 7, has it */
#define LONGEST_MS 60000 /* a bound for a slow machine, no measure */

struct world {
	struct signers *signers;
	void *module;
	struct shim_control *shim;
	unsigned int units; /* that got a ticket */
};

static void
load_shim(struct world *world)
{
	char path[FOLDER_PATH_MAX];

	folder_path(path, getenv("IMEILOCK_BINARY_DIR"),
		    "bin/libpkcs11_shim.so");
	strcpy(world->signers->line.token, "pkcs11:token=station?module-path=");
	assert_true(strlen(path) + strlen(world->signers->line.token) <
		    sizeof(world->signers->line.token));
	strcat(world->signers->line.token, path);
	world->module = dlopen(path, RTLD_NOW);
	assert_non_null(world->module);
	world->shim = dlsym(world->module, "shim_control");
	assert_non_null(world->shim);
	memset(world->shim, 0, sizeof(*world->shim));
}

static int
set_up(void **state)
{
	struct world *world = calloc(1, sizeof(*world));
	char address[SOFTHSM_ADDRESS_MAX];
	void *signers;

	assert_non_null(world);
	signers_set_up(&signers);
	world->signers = signers;
	place_crash(&world->signers->line);
	softhsm_make(address, world->signers->folder, "station", SIGNERS_PIN);
	load_shim(world);
	place_open(&world->signers->line);
	signers_certify(world->signers, SIGNERS_MODEL, 0, SIGNERS_COUNT - 1);
	*state = world;
	return 0;
}

static int
tear_down(void **state)
{
	struct world *world = *state;
	void *signers = world->signers;

	signers_tear_down(&signers);
	dlclose(world->module);
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

/* The next unit asks for its ticket. */
static enum status
ask(struct world *world)
{
	struct identity identity = signers_identity(world->units, 1);
	struct unit unit;
	enum status status;

	unit_init(&unit, world->units + 1, world->units + 1);
	status = unit_ticket(&unit, world->signers, &identity);
	unit_wipe(&unit);
	if (status == ST_OK)
		world->units++;
	return status;
}

static long
now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Good, and how long it took. */
static void
ask_good(struct world *world, const char *after)
{
	long begin = now_ms(), took;

	assert_int_equal(ask(world), ST_OK);
	took = now_ms() - begin;
	print_message("back in service after %s: %ld ms, %u tries\n", after,
		      took, world->shim->count[SHIM_INITIALIZE]);
	assert_true(took < LONGEST_MS);
	assert_in_range(world->shim->count[SHIM_INITIALIZE], 0, RELOADS_MAX);
}

/* ------------------------------------------------ mended without any help */

static void
lost_session_and_handles_are_found_again(void **state)
{
	static const struct {
		CK_RV rv;
		const char *name;
	} lost[] = {
		{CKR_SESSION_HANDLE_INVALID, "a lost session"},
		{CKR_SESSION_CLOSED, "a closed session"},
		{CKR_USER_NOT_LOGGED_IN, "a lost login"},
		{CKR_OBJECT_HANDLE_INVALID, "a lost object handle"},
		{CKR_KEY_HANDLE_INVALID, "a lost key handle"},
		{CKR_OPERATION_ACTIVE, "an operation left behind"},
	};
	struct world *world = *state;

	for (unsigned int i = 0; i < 6; i++) {
		fail_next(world, SHIM_SIGN_INIT, 1, lost[i].rv);
		ask_good(world, lost[i].name);
		assert_int_equal(world->shim->count[SHIM_OPEN_SESSION], 1);
		assert_int_equal(world->shim->count[SHIM_INITIALIZE], 0);
	}
}

/* Away for one, two or three of the tries that the back-off allows. */
static void
token_that_comes_back_is_used_again(void **state)
{
	static const CK_RV values[] = {CKR_DEVICE_REMOVED, CKR_DEVICE_ERROR,
				       CKR_GENERAL_ERROR};
	struct world *world = *state;

	for (unsigned int away = 1; away <= RELOADS_MAX; away++) {
		fail_next(world, SHIM_SIGN_INIT, away, values[away - 1]);
		ask_good(world, "a token that was away");
		assert_int_equal(world->shim->count[SHIM_INITIALIZE], away);
	}
}

/* The real thing: the library is finalised behind the signer's back. */
static void
restarted_module_is_used_again(void **state)
{
	struct world *world = *state;
	CK_FUNCTION_LIST *list;
	CK_RV (*get)(CK_FUNCTION_LIST **);
	void *module = dlopen(SOFTHSM_MODULE, RTLD_NOW | RTLD_LOCAL);
	void *symbol;

	assert_non_null(module);
	symbol = dlsym(module, "C_GetFunctionList");
	assert_non_null(symbol);
	memcpy(&get, &symbol, sizeof(get));
	assert_int_equal(get(&list), CKR_OK);
	memset(world->shim, 0, sizeof(*world->shim));
	assert_int_equal(list->C_Finalize(NULL), CKR_OK);
	ask_good(world, "a module that was restarted");
	assert_in_range(world->shim->count[SHIM_INITIALIZE], 1, RELOADS_MAX);
	dlclose(module);
}

static void
move(struct world *world, const char *from, const char *to)
{
	char old[FOLDER_PATH_MAX], new[FOLDER_PATH_MAX];

	folder_path(old, world->signers->folder, from);
	folder_path(new, world->signers->folder, to);
	assert_int_equal(rename(old, new), 0);
}

/* ------------------------------------------------------ it needs somebody */

static void
refuses(struct world *world, enum status status, enum status_class class)
{
	assert_int_equal(ask(world), status);
	assert_int_equal(status_class(status), class);
}

/* Out of SoftHSM's sight. */
static void
take_away(struct world *world)
{
	char tokens[FOLDER_PATH_MAX];

	move(world, "tokens", "drawer");
	folder_path(tokens, world->signers->folder, "tokens");
	assert_int_equal(mkdir(tokens, 0700), 0);
}

static void
put_back(struct world *world)
{
	char tokens[FOLDER_PATH_MAX];

	folder_path(tokens, world->signers->folder, "tokens");
	assert_int_equal(rmdir(tokens), 0);
	move(world, "drawer", "tokens");
}

static void
token_gone(void **state)
{
	struct world *world = *state;

	take_away(world);
	fail_next(world, SHIM_SIGN_INIT, 1, CKR_DEVICE_REMOVED);
	refuses(world, ST_HSM_TOKEN_ABSENT, ST_CLASS_STOP);
	refuses(world, ST_HSM_TOKEN_ABSENT, ST_CLASS_STOP);
	put_back(world);
	memset(world->shim, 0, sizeof(*world->shim));
	ask_good(world, "a token that was plugged in again");
	place_crash(&world->signers->line);
	take_away(world);
	assert_int_equal(place_open_status(&world->signers->line),
			 ST_HSM_TOKEN_ABSENT);
	put_back(world);
	place_open(&world->signers->line);
}

static void
token_that_fails(void **state)
{
	struct world *world = *state;

	fail_next(world, SHIM_SIGN, 99, CKR_DEVICE_ERROR);
	refuses(world, ST_HSM_TOKEN_FAILED, ST_CLASS_RETRY);
	assert_int_equal(world->shim->count[SHIM_SIGN], 1 + RELOADS_MAX);
	fail_next(world, SHIM_SIGN, 99, CKR_SESSION_CLOSED);
	refuses(world, ST_HSM_TOKEN_FAILED, ST_CLASS_RETRY);
	fail_next(world, SHIM_SIGN, 0, CKR_OK);
	ask_good(world, "a token that failed");
}

static void
another_token(void **state)
{
	struct world *world = *state;

	fail_next(world, SHIM_SIGN_INIT, 1, CKR_DEVICE_REMOVED);
	world->shim->is_other_token = true;
	refuses(world, ST_HSM_TOKEN_CHANGED, ST_CLASS_STOP);
	assert_int_equal(world->shim->count[SHIM_LOGIN], 0);
	world->shim->is_other_token = false;
	ask_good(world, "the right token's return");
}

static void
token_initialised_anew(void **state)
{
	struct world *world = *state;
	char address[SOFTHSM_ADDRESS_MAX];

	move(world, "tokens", "drawer");
	softhsm_make(address, world->signers->folder, "station", SIGNERS_PIN);
	fail_next(world, SHIM_SIGN_INIT, 1, CKR_DEVICE_REMOVED);
	refuses(world, ST_HSM_TOKEN_CHANGED, ST_CLASS_STOP);
	place_crash(&world->signers->line);
	assert_int_equal(place_open_status(&world->signers->line),
			 ST_HSM_TOKEN_CHANGED);
}

static void
key_gone(void **state)
{
	struct world *world = *state;

	softhsm_delete("station", SIGNERS_PIN, KEY);
	fail_next(world, SHIM_SIGN_INIT, 1, CKR_KEY_HANDLE_INVALID);
	assert_int_equal(ask(world), ST_HSM_KEY_LOST);
	assert_int_equal(status_class(ST_HSM_KEY_LOST), ST_CLASS_STOP);
	place_crash(&world->signers->line);
	assert_int_equal(place_open_status(&world->signers->line),
			 ST_HSM_KEY_LOST);
	/* another one in its place does not help */
	softhsm_keygen("station", SIGNERS_PIN, KEY, "EC:prime256v1", true);
	assert_int_equal(place_open_status(&world->signers->line),
			 ST_HSM_KEY_UNFIT);
}

static void
two_keys(void **state)
{
	struct world *world = *state;

	softhsm_keygen("station", SIGNERS_PIN, KEY, "EC:prime256v1", false);
	place_crash(&world->signers->line);
	assert_int_equal(place_open_status(&world->signers->line),
			 ST_HSM_KEY_TWICE);
	assert_int_equal(status_class(ST_HSM_KEY_TWICE), ST_CLASS_STOP);
}

static void
key_that_may_not_sign(void **state)
{
	struct world *world = *state;

	fail_next(world, SHIM_SIGN_INIT, 99, CKR_KEY_FUNCTION_NOT_PERMITTED);
	assert_int_equal(ask(world), ST_HSM_KEY_UNFIT);
	assert_int_equal(world->shim->count[SHIM_SIGN_INIT], 1);
}

static void
mechanism_missing(void **state)
{
	struct world *world = *state;

	fail_next(world, SHIM_SIGN_INIT, 99, CKR_MECHANISM_INVALID);
	assert_int_equal(ask(world), ST_HSM_MECHANISM);
	assert_int_equal(status_class(ST_HSM_MECHANISM), ST_CLASS_STOP);
	place_crash(&world->signers->line);
	fail_next(world, SHIM_MECHANISM, 99, CKR_MECHANISM_INVALID);
	assert_int_equal(place_open_status(&world->signers->line),
			 ST_HSM_MECHANISM);
	assert_int_equal(world->shim->count[SHIM_LOGIN], 0);
	world->shim->times = 0;
	world->shim->is_verify_only = true;
	assert_int_equal(place_open_status(&world->signers->line),
			 ST_HSM_MECHANISM);
}

static void
module_missing(void **state)
{
	struct world *world = *state;

	place_crash(&world->signers->line);
	strcpy(world->signers->line.token,
	       "pkcs11:token=station?module-path=/nowhere.so");
	assert_int_equal(place_open_status(&world->signers->line),
			 ST_HSM_MODULE);
}

static void
signature_not_valid(void **state)
{
	struct world *world = *state;

	memset(world->shim->signature, 0x11, sizeof(world->shim->signature));
	world->shim->signature_len = sizeof(world->shim->signature);
	refuses(world, ST_HSM_SIGNATURE, ST_CLASS_STOP);
	world->shim->signature_len = 0;
	assert_int_equal(ask(world), ST_OK);
}

/* ---------------------------------------------------------------- the PIN */

static void
remove_latch(struct world *world)
{
	char latch[FOLDER_PATH_MAX + 32];

	snprintf(latch, sizeof(latch), "%s/" SIGNER_PIN_REFUSED,
		 world->signers->line.folder);
	assert_int_equal(unlink(latch), 0);
}

/* Wrong, locked or expired: each is tried once, kept over a restart with its
 * own code, and gone with the file. */
static void
refused_pin_is_latched(void **state)
{
	static const struct {
		CK_RV rv;
		enum status status;
	} pins[] = {
		{CKR_PIN_INCORRECT, ST_HSM_PIN},
		{CKR_PIN_LOCKED, ST_HSM_PIN_LOCKED},
		{CKR_PIN_EXPIRED, ST_HSM_PIN_EXPIRED},
	};
	struct world *world = *state;
	struct signer_place *line = &world->signers->line;

	for (unsigned int i = 0; i < 3; i++) {
		/* drops the module, so that the next request logs in */
		fail_next(world, SHIM_SIGN, 1, CKR_HOST_MEMORY);
		assert_int_equal(ask(world), ST_HSM_TOKEN_FAILED);
		fail_next(world, SHIM_LOGIN, 99, pins[i].rv);
		assert_int_equal(ask(world), pins[i].status);
		assert_int_equal(ask(world), pins[i].status);
		place_crash(line);
		assert_int_equal(place_open_status(line), pins[i].status);
		assert_int_equal(world->shim->count[SHIM_LOGIN], 1);
		assert_int_equal(status_class(pins[i].status), ST_CLASS_STOP);
		world->shim->times = 0;
		remove_latch(world);
		place_open(line);
		assert_int_equal(ask(world), ST_OK);
	}
}

/* ---------------------------------------------------------- certificates */

static enum status
install(struct world *world, const struct ledger_id *ledger, uint32_t epoch)
{
	struct interval interval = signers_interval(2000, 2009);
	struct signers *signers = world->signers;
	struct signer_place other;
	struct object request, cert;

	place_init(&other, signers->folder, "other");
	place_open(&other);
	assert_int_equal(hsm_request(other.hsm, CLASS_DEVELOPMENT,
				     SIGNERS_MODEL, ledger, &request),
			 ST_OK);
	if (memcmp(ledger, &signers->ledger, sizeof(*ledger)) == 0)
		request = signers->request;
	assert_int_equal(hsm_certify(signers->root.hsm, object_bytes(&request),
				     &interval, 1, epoch, &cert),
			 ST_OK);
	place_crash(&other);
	return hsm_install(signers->line.hsm, object_bytes(&cert),
			   &signers->root_key);
}

static void
certificates_that_do_not_fit(void **state)
{
	struct world *world = *state;
	struct ledger_id other = {{0x22}};

	assert_int_equal(install(world, &other, 1), ST_HSM_CERT_LEDGER);
	assert_int_equal(status_class(ST_HSM_CERT_LEDGER), ST_CLASS_STOP);
}

static void
certificate_that_was_superseded(void **state)
{
	struct world *world = *state;

	assert_int_equal(install(world, &world->signers->ledger, 0),
			 ST_HSM_CERT_OLD);
	assert_int_equal(status_class(ST_HSM_CERT_OLD), ST_CLASS_STOP);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(lost_session_and_handles_are_found_again),
		TEST(token_that_comes_back_is_used_again),
		TEST(restarted_module_is_used_again),
		TEST(token_gone),
		TEST(token_that_fails),
		TEST(another_token),
		TEST(token_initialised_anew),
		TEST(key_gone),
		TEST(two_keys),
		TEST(key_that_may_not_sign),
		TEST(mechanism_missing),
		TEST(module_missing),
		TEST(signature_not_valid),
		TEST(refused_pin_is_latched),
		TEST(certificates_that_do_not_fit),
		TEST(certificate_that_was_superseded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
