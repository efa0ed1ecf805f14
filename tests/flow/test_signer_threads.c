/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Many that ask the signer at once: what is decided stays serial, what is
 * signed is right, and a token that fails meanwhile is mended by one thread.
 * P1, P2, P10, P12.  Built with the thread sanitizer this is where races are
 * looked for.
 */
#include <dlfcn.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "support/pkcs11_shim.h"
#include "support/signers.h"
#include "support/softhsm.h"

#define THREADS 8
#define UNITS 12 /* a thread */
#define ALL (THREADS * UNITS)
#define SIGN_MS 4
#define TRIES 50
#define FAULT_MS 400 /* to wait for a fault to be met */

struct world {
	struct signers *signers;
	struct public_key line; /* that signs */
	void *module;
	struct shim_control *shim;
	struct unit unit[ALL];
	struct identity identity[ALL];
	enum status ticket[ALL], record[ALL], again[ALL];
	struct object second[ALL]; /* ticket of the same unit */
	uint64_t reg[ALL];	   /* the register's length with its ticket */
	atomic_bool is_disturbed;  /* go on asking */
};

/* ----------------------------------------------------------------- world */

static void
load_shim(struct world *world)
{
	struct signer_place *line = &world->signers->line;
	char path[FOLDER_PATH_MAX];

	folder_path(path, getenv("IMEILOCK_BINARY_DIR"),
		    "bin/libpkcs11_shim.so");
	assert_true(snprintf(line->token, sizeof(line->token),
			     "pkcs11:token=station?module-path=%s",
			     path) < (int)sizeof(line->token));
	world->module = dlopen(path, RTLD_NOW);
	assert_non_null(world->module);
	world->shim = dlsym(world->module, "shim_control");
	assert_non_null(world->shim);
	memset(world->shim, 0, sizeof(*world->shim));
	world->shim->sign_ms = SIGN_MS;
}

/* All that a unit says is signed beforehand: a failed assertion in a thread
 * would end it anywhere. */
static void
make_units(struct world *world)
{
	for (unsigned int n = 0; n < ALL; n++) {
		struct unit *unit = &world->unit[n];
		struct image image;

		world->identity[n] = signers_identity(n, 1);
		unit_init(unit, n + 1, n + 1);
		unit_answer_key(unit);
		unit_burn(unit, &world->identity[n], MAKER_DIGEST, &image);
		unit_answer_read(unit, &image, FIELD_DONE);
	}
}

static int
set_up(void **state)
{
	struct world *world = calloc(1, sizeof(*world));
	char address[SOFTHSM_ADDRESS_MAX];
	struct cert cert;
	void *signers;

	assert_non_null(world);
	signers_set_up(&signers);
	world->signers = signers;
	place_crash(&world->signers->line);
	softhsm_make(address, world->signers->folder, "station", SIGNERS_PIN);
	load_shim(world);
	place_open(&world->signers->line);
	signers_certify(world->signers, SIGNERS_MODEL, 0, SIGNERS_COUNT - 1);
	assert_int_equal(cert_open(&cert, object_bytes(&world->signers->cert),
				   &world->signers->root_key),
			 ST_OK);
	world->line = cert.key;
	make_units(world);
	*state = world;
	return 0;
}

static int
tear_down(void **state)
{
	struct world *world = *state;
	void *signers = world->signers;

	for (unsigned int n = 0; n < ALL; n++)
		unit_wipe(&world->unit[n]);
	signers_tear_down(&signers);
	dlclose(world->module);
	free(world);
	return 0;
}

static void
fail_next(struct world *world, enum shim_call call, unsigned int times,
	  CK_RV rv)
{
	world->shim->times = 0;
	world->shim->call = call;
	world->shim->rv = rv;
	for (unsigned int i = 0; i < SHIM_CALLS; i++)
		world->shim->count[i] = 0;
	world->shim->times = times;
}

/* --------------------------------------------------------------- threads */

struct asker {
	struct world *world;
	unsigned int number;
	pthread_t thread;
};

static void
run_threads(struct world *world, void *(*ask)(void *))
{
	struct asker asker[THREADS];

	for (unsigned int i = 0; i < THREADS; i++) {
		asker[i].world = world;
		asker[i].number = i;
		assert_int_equal(pthread_create(&asker[i].thread, NULL, ask,
						&asker[i]),
				 0);
	}
	for (unsigned int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_join(asker[i].thread, NULL), 0);
}

static enum status
ask_ticket(struct world *world, unsigned int n, const struct identity *identity,
	   struct object *ticket)
{
	struct signers *signers = world->signers;
	struct chain_head reg;
	enum status status = hsm_ticket(signers->line.hsm, SIGNERS_MODEL,
					object_bytes(&world->unit[n].key_token),
					identity, &signers->head, ticket, &reg);

	world->reg[n] = reg.count;
	return status;
}

static enum status
ask_record(struct world *world, unsigned int n)
{
	return hsm_record(world->signers->line.hsm,
			  object_bytes(&world->unit[n].read_token),
			  bytes_of(NULL, 0), bytes_of(NULL, 0), SIGNERS_MODEL,
			  SIGNERS_FINAL, &world->unit[n].record);
}

/* What a disturbed token may lead to until it is left alone. */
static bool
is_passing(enum status status)
{
	return status == ST_HSM_TOKEN_FAILED || status == ST_HSM_TOKEN_ABSENT;
}

/* A whole unit; an error that passes is met by asking again, as a line does. */
static void
ask_unit(struct world *world, unsigned int n)
{
	unsigned int tries = 0;

	do
		world->ticket[n] = ask_ticket(world, n, &world->identity[n],
					      &world->unit[n].ticket);
	while (is_passing(world->ticket[n]) && ++tries < TRIES);
	do
		world->record[n] = ask_record(world, n);
	while (is_passing(world->record[n]) && ++tries < TRIES);
	do
		world->again[n] = ask_ticket(world, n, &world->identity[n],
					     &world->second[n]);
	while (is_passing(world->again[n]) && ++tries < TRIES);
}

static void *
ask_units(void *arg)
{
	const struct asker *asker = arg;

	do
		for (unsigned int i = 0; i < UNITS; i++)
			ask_unit(asker->world, asker->number * UNITS + i);
	while (asker->world->is_disturbed);
	return NULL;
}

/* --------------------------------------------------------------- judging */

static void
check_ticket(const struct world *world, unsigned int n,
	     const struct object *object)
{
	struct ticket ticket;

	assert_int_equal(ticket_open(&ticket, object_bytes(object),
				     &world->line),
			 ST_OK);
	assert_true(chip_id_equal(&ticket.chip, &world->unit[n].chip));
	assert_memory_equal(&ticket.device, &world->unit[n].device,
			    sizeof(ticket.device));
	assert_true(identity_equal(&ticket.identity, &world->identity[n]));
}

static void
check_record(const struct world *world, unsigned int n)
{
	struct bytes token = object_bytes(&world->unit[n].read_token);
	struct sha256 readback;
	struct record record;

	assert_int_equal(record_open(&record,
				     object_bytes(&world->unit[n].record),
				     &world->line),
			 ST_OK);
	assert_int_equal(crypto_sha256(&readback, &token, 1), ST_OK);
	assert_memory_equal(&record.readback, &readback, sizeof(readback));
	assert_true(chip_id_equal(&record.chip, &world->unit[n].chip));
	assert_true(identity_equal(&record.identity, &world->identity[n]));
}

static void
check_units(const struct world *world)
{
	for (unsigned int n = 0; n < ALL; n++) {
		assert_int_equal(world->ticket[n], ST_OK);
		assert_int_equal(world->record[n], ST_OK);
		assert_int_equal(world->again[n], ST_OK);
		check_ticket(world, n, &world->unit[n].ticket);
		check_ticket(world, n, &world->second[n]);
		check_record(world, n);
	}
}

/* By a reader that shares no code with the signer. */
static void
check_register(const struct world *world, unsigned int units,
	       unsigned int recorded)
{
	char command[2 * FOLDER_PATH_MAX + 64], out[1024];
	unsigned int seen = 0, seen_recorded = 0;
	FILE *pipe;
	size_t len;

	snprintf(command, sizeof(command),
		 "/usr/bin/python3 '%s/tests/support/register_check.py'"
		 " '%s/register'",
		 getenv("IMEILOCK_SOURCE_DIR"), world->signers->line.folder);
	pipe = popen(command, "r");
	assert_non_null(pipe);
	len = fread(out, 1, sizeof(out) - 1, pipe);
	out[len] = '\0';
	if (pclose(pipe) != 0)
		fail_msg("%s", out);
	assert_int_equal(sscanf(out, "%u %u", &seen, &seen_recorded), 2);
	assert_int_equal(seen, units);
	assert_int_equal(seen_recorded, recorded);
}

/* In good order, and good at the next start. */
static void
check_end(struct world *world, unsigned int next)
{
	struct signer_place *line = &world->signers->line;

	place_close(line);
	assert_int_equal(world->shim->misused, 0);
	place_open(line);
	assert_int_equal(place_next(line), signers_imei(next).body);
}

/* ----------------------------------------------------------------- tests */

static void
units_at_once_are_signed_at_once(void **state)
{
	struct world *world = *state;

	run_threads(world, ask_units);
	check_units(world);
	check_register(world, ALL, ALL);
	assert_in_range(world->shim->most_signing, 2, THREADS);
	print_message("signatures at once: %u, sessions: %u\n",
		      world->shim->most_signing, world->shim->sessions);
	check_end(world, ALL);
}

/* Threads race for each number, one chip each. */
static void *
race_for_numbers(void *arg)
{
	const struct asker *asker = arg;
	struct world *world = asker->world;

	for (unsigned int i = 0; i < UNITS; i++) {
		unsigned int n = asker->number * UNITS + i;

		world->ticket[n] = ask_ticket(world, n, &world->identity[i],
					      &world->unit[n].ticket);
	}
	return NULL;
}

/* P1 */
static void
number_goes_to_one_chip(void **state)
{
	struct world *world = *state;

	run_threads(world, race_for_numbers);
	for (unsigned int i = 0; i < UNITS; i++) {
		unsigned int given = 0;

		for (unsigned int t = 0; t < THREADS; t++) {
			enum status got = world->ticket[t * UNITS + i];

			given += got == ST_OK;
			assert_true(got == ST_OK || got == ST_HSM_IMEI_TAKEN);
		}
		assert_int_equal(given, 1);
	}
	check_register(world, UNITS, 0);
	check_end(world, UNITS);
}

/* Threads race for each chip, one number each. */
static void *
race_for_chips(void *arg)
{
	const struct asker *asker = arg;
	struct world *world = asker->world;

	for (unsigned int i = 0; i < UNITS; i++) {
		unsigned int n = asker->number * UNITS + i;
		struct chain_head reg;

		world->ticket[n] =
			hsm_ticket(world->signers->line.hsm, SIGNERS_MODEL,
				   object_bytes(&world->unit[i].key_token),
				   &world->identity[n], &world->signers->head,
				   &world->unit[n].ticket, &reg);
	}
	return NULL;
}

/* P2 */
static void
chip_has_one_number(void **state)
{
	struct world *world = *state;

	run_threads(world, race_for_chips);
	for (unsigned int i = 0; i < UNITS; i++) {
		unsigned int given = 0;

		for (unsigned int t = 0; t < THREADS; t++) {
			enum status got = world->ticket[t * UNITS + i];

			given += got == ST_OK;
			assert_true(got == ST_OK || got == ST_HSM_CHIP_TAKEN);
		}
		assert_int_equal(given, 1);
	}
	check_register(world, UNITS, 0);
}

/* What is remembered of the register is on the disk: each ticket's own. */
static void
ticket_tells_its_own_entry(void **state)
{
	struct world *world = *state;
	struct hsm_status status;

	run_threads(world, ask_units);
	assert_int_equal(hsm_status(world->signers->line.hsm, &status), ST_OK);
	for (unsigned int n = 0; n < ALL; n++) {
		assert_in_range(world->reg[n], 1, status.reg.count);
		for (unsigned int other = 0; other < n; other++)
			assert_int_not_equal(world->reg[n], world->reg[other]);
	}
}

/* ---------------------------------------------------------------- faults */

static void
pause_ms(long ms)
{
	struct timespec wait = {0, ms * 1000000};

	nanosleep(&wait, NULL);
}

static void *
disturb(void *arg)
{
	static const struct {
		enum shim_call call;
		unsigned int times;
		CK_RV rv;
	} faults[] = {
		{SHIM_SIGN, 1, CKR_SESSION_HANDLE_INVALID},
		{SHIM_SIGN_INIT, 3, CKR_KEY_HANDLE_INVALID},
		{SHIM_SIGN, 1, CKR_DEVICE_ERROR},
		{SHIM_SIGN, 8, CKR_DEVICE_REMOVED},
		{SHIM_SIGN_INIT, 8, CKR_USER_NOT_LOGGED_IN},
		{SHIM_SIGN, 1, CKR_HOST_MEMORY},
		{SHIM_SIGN, 2, CKR_GENERAL_ERROR},
		{SHIM_OPEN_SESSION, 1, CKR_FUNCTION_FAILED},
		{SHIM_SIGN, 20, CKR_SESSION_CLOSED},
		{SHIM_FIND, 2, CKR_DEVICE_ERROR},
		{SHIM_SIGN, 1, CKR_DEVICE_ERROR},
		{SHIM_INITIALIZE, 1, CKR_GENERAL_ERROR},
	};
	struct world *world = arg;
	unsigned int met = 0;

	for (unsigned int i = 0; i < sizeof(faults) / sizeof(*faults); i++) {
		fail_next(world, faults[i].call, faults[i].times, faults[i].rv);
		for (int ms = 0; ms < FAULT_MS && world->shim->times > 0;
		     ms += 5)
			pause_ms(5);
		met += world->shim->times == 0;
	}
	world->shim->times = 0;
	world->is_disturbed = false;
	print_message("faults met: %u\n", met);
	return NULL;
}

static void
faults_meanwhile_are_mended(void **state)
{
	struct world *world = *state;
	pthread_t thread;

	world->is_disturbed = true;
	assert_int_equal(pthread_create(&thread, NULL, disturb, world), 0);
	run_threads(world, ask_units);
	assert_int_equal(pthread_join(thread, NULL), 0);
	check_units(world);
	check_register(world, ALL, ALL);
	check_end(world, ALL);
}

/* One of them brings the module up, with one login; nobody is in it when it
 * is finalised. */
static void
token_that_was_away_is_mended_once(void **state)
{
	struct world *world = *state;

	run_threads(world, ask_units);
	fail_next(world, SHIM_SIGN, 3, CKR_DEVICE_REMOVED);
	run_threads(world, ask_units);
	check_units(world);
	print_message("brought up: %u times, logged in: %u times\n",
		      world->shim->count[SHIM_INITIALIZE],
		      world->shim->count[SHIM_LOGIN]);
	assert_in_range(world->shim->count[SHIM_INITIALIZE], 1, 3);
	assert_int_equal(world->shim->count[SHIM_LOGIN],
			 world->shim->count[SHIM_INITIALIZE]);
	check_end(world, ALL);
}

static void *
ask_one(void *arg)
{
	const struct asker *asker = arg;
	unsigned int n = asker->number;

	asker->world->ticket[n] = ask_ticket(asker->world, n,
					     &asker->world->identity[n],
					     &asker->world->unit[n].ticket);
	return NULL;
}

static void
token_that_stays_away_fails_all_in_time(void **state)
{
	struct world *world = *state;
	struct timespec begun, ended;

	fail_next(world, SHIM_SIGN, 1000, CKR_DEVICE_REMOVED);
	clock_gettime(CLOCK_MONOTONIC, &begun);
	run_threads(world, ask_one);
	clock_gettime(CLOCK_MONOTONIC, &ended);
	for (unsigned int n = 0; n < THREADS; n++)
		assert_int_equal(world->ticket[n], ST_HSM_TOKEN_ABSENT);
	print_message("given up after %ld s\n",
		      (long)(ended.tv_sec - begun.tv_sec));
	assert_in_range(world->shim->count[SHIM_INITIALIZE], 3, 5);
	world->shim->times = 0;
	run_threads(world, ask_one);
	for (unsigned int n = 0; n < THREADS; n++)
		assert_int_equal(world->ticket[n], ST_OK);
	check_end(world, THREADS);
}

static void
refused_pin_is_tried_once_by_all(void **state)
{
	struct world *world = *state;
	struct signer_place *line = &world->signers->line;

	run_threads(world, ask_one);
	/* drops the module, so that the next requests log in */
	fail_next(world, SHIM_SIGN, 1, CKR_HOST_MEMORY);
	assert_int_equal(ask_record(world, 0), ST_HSM_TOKEN_FAILED);
	fail_next(world, SHIM_LOGIN, 1000, CKR_PIN_INCORRECT);
	run_threads(world, ask_one);
	run_threads(world, ask_one);
	for (unsigned int n = 0; n < THREADS; n++)
		assert_int_equal(world->ticket[n], ST_HSM_PIN);
	assert_int_equal(world->shim->count[SHIM_LOGIN], 1);
	place_crash(line);
	assert_int_equal(place_open_status(line), ST_HSM_PIN);
	assert_int_equal(world->shim->count[SHIM_LOGIN], 1);
	world->shim->times = 0;
}

/* ----------------------------------------------- tokens that can do less */

static void
token_of_few_sessions_is_used_with_those(void **state)
{
	struct world *world = *state;

	world->shim->sessions_max = 3;
	run_threads(world, ask_units);
	check_units(world);
	assert_in_range(world->shim->most_signing, 2, 3);
	/* and less than it said */
	world->shim->sessions_max = 1;
	fail_next(world, SHIM_SIGN, 1, CKR_DEVICE_ERROR);
	run_threads(world, ask_units);
	check_units(world);
	assert_int_equal(world->shim->sessions, 1);
	check_end(world, ALL);
}

static void
module_without_threads_is_used_by_one(void **state)
{
	struct world *world = *state;
	struct signer_place *line = &world->signers->line;

	place_crash(line);
	world->shim->cannot_lock = true;
	world->shim->most_inside = 0;
	place_open(line);
	run_threads(world, ask_units);
	check_units(world);
	assert_int_equal(world->shim->most_inside, 1);
	assert_int_equal(world->shim->sessions, 1);
	check_register(world, ALL, ALL);
	check_end(world, ALL);
}

/* -------------------------------------------------------------- shutdown */

static void *
shut_down(void *arg)
{
	struct world *world = arg;

	pause_ms(60);
	return hsm_shutdown(world->signers->line.hsm) == ST_OK ? world : NULL;
}

/* What was decided before it is signed and given out, nothing is after it. */
static void
shutdown_waits_for_signatures(void **state)
{
	struct world *world = *state;
	struct signer_place *line = &world->signers->line;
	unsigned int given = 0, recorded = 0;
	pthread_t thread;
	void *done;

	world->shim->sign_ms = 10;
	assert_int_equal(pthread_create(&thread, NULL, shut_down, world), 0);
	run_threads(world, ask_units);
	assert_int_equal(pthread_join(thread, &done), 0);
	assert_non_null(done);
	for (unsigned int n = 0; n < ALL; n++) {
		if (world->ticket[n] == ST_OK) {
			check_ticket(world, n, &world->unit[n].ticket);
			given++;
		} else
			assert_int_equal(world->ticket[n], ST_HSM_CONNECT);
		if (world->record[n] != ST_OK)
			continue;
		check_record(world, n);
		recorded++;
	}
	assert_in_range(given, 1, ALL - 1);
	check_register(world, given, recorded);
	place_crash(line);
	assert_int_equal(world->shim->misused, 0);
	place_open(line);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(units_at_once_are_signed_at_once),
		TEST(number_goes_to_one_chip),
		TEST(chip_has_one_number),
		TEST(ticket_tells_its_own_entry),
		TEST(faults_meanwhile_are_mended),
		TEST(token_that_was_away_is_mended_once),
		TEST(token_that_stays_away_fails_all_in_time),
		TEST(refused_pin_is_tried_once_by_all),
		TEST(token_of_few_sessions_is_used_with_those),
		TEST(module_without_threads_is_used_by_one),
		TEST(shutdown_waits_for_signatures),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
