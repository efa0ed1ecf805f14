/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_flow_hostile.c - one station's flow, ledger and signer in one process
 * against units that lie, and against mistakes of the operator: P2, P7, P13.
 */
#include "station/flow.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "support/bench_unit.h"
#include "support/signers.h"

#define UNITS 2

struct shop {
	struct signers *signers;
	struct ledger *ledger;
	struct profile profile;
	struct flow_station station;
	struct bench_unit unit[UNITS];
	struct flow_result result;
};

static struct shop shop;

/* ----------------------------------------------------------------- set up */

static void
make_ledger(void)
{
	const struct ledger_who who = {"tester", 0, "test"};
	struct interval interval = signers_interval(0, SIGNERS_COUNT - 1);
	char path[FOLDER_PATH_MAX];

	folder_path(path, shop.signers->folder, "ledger.db");
	assert_int_equal(ledger_create(path, CLASS_DEVELOPMENT,
				       &shop.signers->ledger),
			 ST_OK);
	assert_int_equal(ledger_open(&shop.ledger, path), ST_OK);
	assert_int_equal(ledger_add_interval(shop.ledger, &who, SIGNERS_MODEL,
					     &interval),
			 ST_OK);
}

static void
make_unit(struct bench_unit *unit, unsigned int n)
{
	memset(unit, 0, sizeof(*unit));
	bench_init(&unit->bench, WORDS_ADDITIVE, 1);
	unit->bench.fake.info.model = SIGNERS_MODEL;
	unit->bench.fake.chip.byte[1] = (uint8_t)n;
	unit->bench.fake.random_state = 1000 + n;
	unit->bench.trust.root = shop.signers->root_key;
	unit->bench.trust.min_epoch = 1;
	bench_boot(&unit->bench);
}

static int
set_up(void **state)
{
	memset(&shop, 0, sizeof(shop));
	signers_set_up((void **)&shop.signers);
	make_ledger();
	signers_certify(shop.signers, SIGNERS_MODEL, 0, SIGNERS_COUNT - 1);
	shop.profile = (struct profile){
		.model = SIGNERS_MODEL,
		.class = CLASS_DEVELOPMENT,
		.layout = IMAGE_LAYOUT,
		.slots = 1,
		.time_budget_s = 20,
		.final_process = SIGNERS_FINAL,
	};
	shop.station = (struct flow_station){
		.ledger = shop.ledger,
		.hsm = shop.signers->line.hsm,
		.class = CLASS_DEVELOPMENT,
		.ledger_id = shop.signers->ledger,
		.root = shop.signers->root_key,
		.profile = &shop.profile,
		.profile_count = 1,
		.operator_name = "tester",
		.version = "test",
	};
	assert_int_equal(hsm_status(shop.station.hsm, &shop.station.signer),
			 ST_OK);
	for (unsigned int n = 0; n < UNITS; n++)
		make_unit(&shop.unit[n], n + 1);
	*state = NULL;
	return 0;
}

static int
tear_down(void **state)
{
	void *signers = shop.signers;

	(void)state;
	ledger_close(shop.ledger);
	return signers_tear_down(&signers);
}

/* ------------------------------------------------------------------- runs */

static enum status
run_with(struct bench_unit *unit, const struct unit_address *address)
{
	struct flow_slot slot = {.number = 1, .unit = *address};

	flow_run(&shop.result, &shop.station, &slot);
	(void)unit;
	return shop.result.status;
}

static enum status
run(struct bench_unit *unit)
{
	enum status st;

	bench_unit_start(unit);
	st = run_with(unit, &unit->address);
	bench_unit_stop(unit);
	return st;
}

static enum number_state
state_of(const struct bench_unit *unit)
{
	struct ledger_unit known;

	if (ledger_find(shop.ledger, &unit->bench.fake.chip, &known) != ST_OK)
		return NUMBER_FREE;
	return known.state;
}

static void
units_are_made(void **state)
{
	(void)state;
	for (unsigned int n = 0; n < UNITS; n++) {
		assert_int_equal(run(&shop.unit[n]), ST_OK);
		assert_int_equal(state_of(&shop.unit[n]), NUMBER_VERIFIED);
		assert_false(shop.result.was_verified);
		assert_int_equal(run(&shop.unit[n]), ST_OK);
		assert_true(shop.result.was_verified);
	}
}

/* The record that must not fit has another chip id, and that must be one. */
static void
chip_ids_next_to_none(void **state)
{
	static const uint8_t first[] = {0x01, 0xfe};

	(void)state;
	for (unsigned int n = 0; n < 2; n++) {
		struct chip_id *chip = &shop.unit[n].bench.fake.chip;

		memset(chip->byte, n == 0 ? 0x00 : 0xff, chip->len);
		chip->byte[0] = first[n];
		bench_boot(&shop.unit[n].bench);
		assert_int_equal(run(&shop.unit[n]), ST_OK);
	}
}

/* ------------------------------------------------------- the probe's token */

static enum bench_signer probe_key;
static uint8_t probe_units;

static void
lie_in_probe(struct bench_unit *unit, const struct request *req,
	     struct reply *reply, uint8_t object[OBJECT_MAX])
{
	uint8_t payload[PAYLOAD_MAX];
	struct probe_token token;
	struct cbor_out out;

	if (req->head.op != OP_PROBE || reply->status != ST_OK ||
	    probe_token_open(&token, reply->object) != ST_OK)
		return;
	bench_unit_public(unit, &token.device, probe_key);
	if (probe_units != 0)
		token.unit_count = probe_units;
	cbor_out_init(&out, payload, sizeof(payload));
	probe_token_encode(&out, &token);
	bench_unit_sign(unit, reply, object, &KIND_PROBE_TOKEN, &out,
			probe_key);
}

static void
another_box_answers_the_probe(void **state)
{
	struct bench_unit *unit = &shop.unit[0];

	(void)state;
	unit->lie = lie_in_probe;
	probe_units = 0;
	probe_key = BENCH_OTHER_KEY;
	assert_int_equal(run(unit), ST_STATION_IDENTITY);
	assert_int_equal(state_of(unit), NUMBER_LOCKED);
	/* the truth, signed anew, is good */
	probe_key = BENCH_OWN_KEY;
	assert_int_equal(run(unit), ST_OK);
}

static void
not_all_canaries_were_tried(void **state)
{
	struct bench_unit *unit = &shop.unit[0];

	(void)state;
	unit->lie = lie_in_probe;
	probe_key = BENCH_OWN_KEY;
	probe_units = 1;
	assert_int_equal(run(unit), ST_VERIFY_TOKEN);
	assert_int_equal(state_of(unit), NUMBER_LOCKED);
}

/* ------------------------------------------------------ operator's mistakes */

/* P13: crossed cables are nothing against either unit. */
static void
at_port_of_another_unit(void **state)
{
	struct bench_unit *one = &shop.unit[0], *two = &shop.unit[1];
	struct unit_address crossed;

	(void)state;
	assert_int_equal(run(one), ST_OK);
	bench_unit_start(one);
	bench_unit_start(two);
	crossed = two->address;
	memcpy(crossed.at, one->address.at, sizeof(crossed.at));
	assert_int_equal(run_with(two, &crossed), ST_VERIFY_AT_OTHER);
	assert_int_equal(state_of(two), NUMBER_TICKETED);
	assert_int_equal(run_with(two, &two->address), ST_OK);
	/* also when both are locked and verified */
	assert_int_equal(run_with(two, &crossed), ST_VERIFY_AT_OTHER);
	assert_int_equal(state_of(two), NUMBER_VERIFIED);
	assert_int_equal(state_of(one), NUMBER_VERIFIED);
	bench_unit_stop(one);
	bench_unit_stop(two);
}

/* -------------------------------------------------------------- back in time */

static void
say_blank(struct bench_unit *unit, const struct request *req,
	  struct reply *reply, uint8_t object[OBJECT_MAX])
{
	(void)unit;
	(void)object;
	if (req->head.op == OP_HELLO)
		reply->hello.state = STATE_BLANK;
}

/* P2: its number was bound to a secret that it says it never had. */
static void
a_known_chip_comes_back_blank(void **state)
{
	struct bench_unit *unit = &shop.unit[0];

	(void)state;
	unit->bench.trust.min_epoch = 2; /* it refuses the ticket */
	bench_boot(&unit->bench);
	assert_int_equal(run(unit), ST_AGENT_CERTIFICATE);
	assert_int_equal(state_of(unit), NUMBER_TICKETED);
	unit->lie = say_blank;
	assert_int_equal(run(unit), ST_LEDGER_CHIP_FEWER);
	assert_int_equal(state_of(unit), NUMBER_QUARANTINED);
}

static unsigned int hellos;

static void
stumble(struct bench_unit *unit, const struct request *req, struct reply *reply,
	uint8_t object[OBJECT_MAX])
{
	(void)unit;
	(void)object;
	if (req->head.op != OP_HELLO)
		return;
	hellos++;
	if (hellos == 1)
		reply->hello.burnt_words--;
	else if (hellos == 3)
		reply->hello.state = STATE_VOID;
	else if (hellos == 5)
		reply->hello.state = STATE_LOCKING;
}

/* P13: one bad look is no reason to lose a number. */
static void
a_look_that_failed_for_once(void **state)
{
	struct bench_unit *unit = &shop.unit[0];

	(void)state;
	assert_int_equal(run(unit), ST_OK);
	unit->lie = stumble;
	for (hellos = 0; hellos < 6;) {
		assert_int_equal(run(unit), ST_OK);
		assert_int_equal(state_of(unit), NUMBER_VERIFIED);
		assert_int_equal(hellos % 2, 0);
	}
}

/* ---------------------------------------------------------------- demands */

static void
say_random(struct bench_unit *unit, const struct request *req,
	   struct reply *reply, uint8_t object[OBJECT_MAX])
{
	(void)unit;
	(void)object;
	if (req->head.op == OP_HELLO)
		reply->hello.has_random = true;
}

/* P14: what hello says is not signed, the key's origin is; no number is bound
 * to such a key. */
static void
an_injected_key(void **state)
{
	struct bench_unit *unit = &shop.unit[0];

	(void)state;
	shop.profile.demand_random = true;
	unit->bench.fake.info.has_random = false;
	unit->lie = say_random;
	assert_int_equal(run(unit), ST_PROFILE_DEMAND);
	assert_int_equal(state_of(unit), NUMBER_FREE);
}

static void
say_closed(struct bench_unit *unit, const struct request *req,
	   struct reply *reply, uint8_t object[OBJECT_MAX])
{
	(void)unit;
	(void)object;
	if (req->head.op == OP_HELLO)
		reply->hello.debug = DEBUG_DISABLED_PERMANENTLY;
}

/* P7, P14: nor is what it says of debug and secure boot. */
static void
a_hello_that_says_closed(void **state)
{
	struct bench_unit *unit = &shop.unit[0];

	(void)state;
	shop.profile.demand_debug_closed = true;
	assert_int_equal(run(unit), ST_PROFILE_DEMAND);
	assert_int_equal(state_of(unit), NUMBER_FREE);
	unit->lie = say_closed;
	assert_int_equal(run(unit), ST_VERIFY_DEMAND);
	assert_int_not_equal(state_of(unit), NUMBER_VERIFIED);
}

static void
say_it_can_burn(struct bench_unit *unit, const struct request *req,
		struct reply *reply, uint8_t object[OBJECT_MAX])
{
	(void)unit;
	(void)object;
	if (req->head.op == OP_HELLO)
		reply->hello.fuses = FUSE_MASK_MAX;
}

static void
fuses_that_are_burnt_at_the_lock(void **state)
{
	struct bench_unit *unit = &shop.unit[0];
	struct fake_port *fake = &unit->bench.fake;

	(void)state;
	shop.profile.lock_fuses = FUSES_ALL;
	shop.profile.demand_debug_closed = true;
	fake->info.fuses = FUSE_SECURE_BOOT;
	assert_int_equal(run(unit), ST_PROFILE_FUSES);
	assert_int_equal(state_of(unit), NUMBER_FREE);
	unit->lie = say_it_can_burn;
	assert_int_equal(run(unit), ST_AGENT_FUSES);
	assert_int_equal(fake->cells.fuses, 0);
	assert_int_not_equal(state_of(unit), NUMBER_VERIFIED);
	unit->lie = NULL;
	fake->info.fuses = FUSES_ALL;
	assert_int_equal(run(unit), ST_OK);
	assert_int_equal(fake->cells.fuses, FUSES_ALL);
	/* the probe asked for none of them, nor does a second run */
	assert_int_equal(run(unit), ST_OK);
	assert_int_equal(fake->fuse_burns, 2);
}

/* ------------------------------------------------------------ third RETRY */

static void
fail_to_reload(struct bench_unit *unit, const struct request *req,
	       struct reply *reply, uint8_t object[OBJECT_MAX])
{
	(void)unit;
	(void)object;
	if (req->head.op == OP_RELOAD)
		reply->status = ST_OTP_READ;
}

static void
fail_to_answer(struct bench_unit *unit, const struct request *req,
	       struct reply *reply, uint8_t object[OBJECT_MAX])
{
	(void)unit;
	(void)object;
	if (req->head.op == OP_RELOAD)
		reply->head.sequence--;
}

/* P13: causes in the unit are counted, those of the link are not. */
static void
third_retry(void **state)
{
	struct bench_unit *unit = &shop.unit[0];

	(void)state;
	shop.profile.time_budget_s = 1;
	unit->lie = fail_to_answer;
	for (unsigned int i = 0; i < 3; i++)
		assert_int_equal(run(unit), ST_MSG_REPLY);
	shop.profile.time_budget_s = 20;
	unit->lie = fail_to_reload;
	for (unsigned int i = 0; i < 2; i++)
		assert_int_equal(run(unit), ST_OTP_READ);
	assert_int_equal(state_of(unit), NUMBER_TICKETED);
	assert_int_equal(run(unit), ST_STATION_REPEATED);
	assert_int_equal(state_of(unit), NUMBER_QUARANTINED);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(units_are_made),
		TEST(chip_ids_next_to_none),
		TEST(another_box_answers_the_probe),
		TEST(not_all_canaries_were_tried),
		TEST(at_port_of_another_unit),
		TEST(a_known_chip_comes_back_blank),
		TEST(a_look_that_failed_for_once),
		TEST(an_injected_key),
		TEST(a_hello_that_says_closed),
		TEST(fuses_that_are_burnt_at_the_lock),
		TEST(third_retry),
	};

	assert_int_equal(crypto_init(), ST_OK);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
