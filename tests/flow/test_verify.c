/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_verify.c - `verify` and the question for a reset against units that
 * lie: P7, P14 and docs/record.md, 4.3 and 4.4.
 */
#include "station/verify.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "station/ask.h"
#include "support/bench_unit.h"

#define LONG_MS 10000

static struct bench_unit unit;
static struct verify_report report;
static uint8_t fuses_asked; /* that the evidence must show */

/* What the lies change. */
static struct {
	void (*evidence)(struct evidence *evidence);
	void (*hello)(struct hello *hello);
	enum bench_signer probe_key;
} lies;

static int
set_up(void **state)
{
	(void)state;
	fuses_asked = 0;
	memset(&unit, 0, sizeof(unit));
	memset(&lies, 0, sizeof(lies));
	bench_init(&unit.bench, WORDS_ADDITIVE, 2);
	return 0;
}

/* A unit that production takes. */
static void
make_production(void)
{
	unit.bench.trust.class = CLASS_PRODUCTION;
	unit.bench.cert.class = CLASS_PRODUCTION;
	unit.bench.fake.debug = DEBUG_DISABLED_PERMANENTLY;
	unit.bench.fake.is_secure_boot = true;
	unit.bench.fake.info.is_secret_hidden = true;
	unit.bench.fake.info.is_virtual = false;
	bench_boot(&unit.bench);
}

static const struct verify_line *
find(const char *check)
{
	for (size_t i = 0; i < report.line_count; i++)
		if (text_equal(report.line[i].check, check))
			return &report.line[i];
	return NULL;
}

static void
look(bool accept_development)
{
	struct verify_options options = {
		.root = &unit.bench.trust.root,
		.root_count = 1,
		.accept_development = accept_development,
		.probe_canaries = true,
		.fuses = fuses_asked,
	};

	bench_unit_start(&unit);
	verify_unit(&report, &unit.address, &options, deadline_in(LONG_MS));
	bench_unit_stop(&unit);
}

static void
assert_bad(const char *check, enum status status)
{
	const struct verify_line *line = find(check);

	assert_int_equal(report.verdict, status);
	assert_non_null(line);
	assert_int_equal(line->weight, VERIFY_BAD);
	assert_int_equal(line->status, status);
}

/* ------------------------------------------------------------------ lies */

static void
lie_in_evidence(const struct request *req, struct reply *reply,
		uint8_t object[OBJECT_MAX])
{
	uint8_t payload[PAYLOAD_MAX];
	struct evidence evidence;
	struct cbor_out out;

	(void)req;
	if (evidence_open(&evidence, reply->object) != ST_OK)
		return;
	lies.evidence(&evidence);
	cbor_out_init(&out, payload, sizeof(payload));
	evidence_encode(&out, &evidence);
	bench_unit_sign(&unit, reply, object, &KIND_EVIDENCE, &out,
			BENCH_OWN_KEY);
}

/* Another box answers the probe, under its own key. */
static void
lie_in_probe(struct reply *reply, uint8_t object[OBJECT_MAX])
{
	uint8_t payload[PAYLOAD_MAX];
	struct probe_token token;
	struct cbor_out out;

	if (probe_token_open(&token, reply->object) != ST_OK)
		return;
	bench_unit_public(&unit, &token.device, lies.probe_key);
	cbor_out_init(&out, payload, sizeof(payload));
	probe_token_encode(&out, &token);
	bench_unit_sign(&unit, reply, object, &KIND_PROBE_TOKEN, &out,
			lies.probe_key);
}

static void
lie(struct bench_unit *from, const struct request *req, struct reply *reply,
    uint8_t object[OBJECT_MAX])
{
	(void)from;
	if (reply->status != ST_OK)
		return;
	if (req->head.op == OP_HELLO && lies.hello != NULL)
		lies.hello(&reply->hello);
	else if (req->head.op == OP_ATTEST && lies.evidence != NULL)
		lie_in_evidence(req, reply, object);
	else if (req->head.op == OP_PROBE && lies.probe_key != BENCH_OWN_KEY)
		lie_in_probe(reply, object);
}

/* ----------------------------------------------------------------- good */

static void
good_units_are_good(void **state)
{
	(void)state;
	bench_to(&unit.bench, STATE_LOCKED);
	look(true);
	assert_int_equal(report.verdict, ST_OK);
	set_up(NULL);
	make_production();
	bench_to(&unit.bench, STATE_LOCKED);
	look(false);
	assert_int_equal(report.verdict, ST_OK);
	/* and signing anew what is true changes nothing */
	unit.lie = lie;
	look(false);
	assert_int_equal(report.verdict, ST_OK);
}

static void
units_that_are_not_locked(void **state)
{
	static const enum device_state states[] = {
		STATE_BLANK, STATE_KEYED, STATE_WRITTEN, STATE_RECORDED};

	(void)state;
	for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++) {
		set_up(NULL);
		bench_to(&unit.bench, states[i]);
		look(true);
		assert_int_equal(report.verdict, ST_AGENT_NOT_LOCKED);
	}
}

/* ------------------------------------------------------------ production */

/* P14: what a production unit must be is in its evidence, and it is asked. */
static void
production_demands(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 6; i++) {
		struct port_info *info = &unit.bench.fake.info;

		set_up(NULL);
		make_production();
		bench_to(&unit.bench, STATE_LOCKED);
		info->is_virtual = i == 0;
		info->is_lock_permanent = i != 1;
		info->is_secret_hidden = i != 2;
		info->has_random = i != 3;
		unit.bench.fake.is_secure_boot = i != 4;
		if (i == 5)
			unit.bench.fake.debug = DEBUG_DISABLED;
		look(false);
		assert_bad("demands", ST_VERIFY_DEMAND);
	}
}

/* Whatever the class: each of them, and not the other one. */
static void
further_fuses_that_must_show(void **state)
{
	(void)state;
	bench_to(&unit.bench, STATE_LOCKED);
	for (unsigned int shown = 0; shown <= FUSES_ALL; shown++)
		for (unsigned int i = 0; i <= FUSES_ALL; i++) {
			unit.bench.fake.debug =
				(shown & FUSE_DEBUG_CLOSED) != 0
					? DEBUG_DISABLED_FULLY
					: DEBUG_DISABLED_SINCE_BOOT;
			unit.bench.fake.is_secure_boot =
				(shown & FUSE_SECURE_BOOT) != 0;
			fuses_asked = (uint8_t)i;
			look(true);
			if ((i & ~shown) != 0)
				assert_bad("demands", ST_VERIFY_DEMAND);
			else
				assert_int_equal(report.verdict, ST_OK);
		}
}

static void
a_development_unit_may_be_all_that(void **state)
{
	(void)state;
	unit.bench.fake.info.is_virtual = true;
	unit.bench.fake.info.is_secret_hidden = false;
	bench_to(&unit.bench, STATE_LOCKED);
	look(true);
	assert_int_equal(report.verdict, ST_OK);
}

static void
be_production(struct hello *hello)
{
	hello->class = CLASS_PRODUCTION;
}

static void
a_development_unit_that_says_production(void **state)
{
	(void)state;
	bench_to(&unit.bench, STATE_LOCKED);
	unit.lie = lie;
	lies.hello = be_production;
	look(false);
	assert_bad("certificate", ST_VERIFY_RECORD);
}

/* ------------------------------------------------------- hello and tokens */

static void
be_verify_only(struct hello *hello)
{
	hello->is_factory_build = false;
}

static void
have_more_units(struct hello *hello)
{
	hello->lock_units++;
}

static void
be_another_model(struct evidence *evidence)
{
	evidence->model[0] = 'F';
}

static void
have_one_unit(struct evidence *evidence)
{
	evidence->unit_count = 1;
	evidence->locked_mask = 1;
	evidence->blank_canary_mask = 1;
}

static void
look_at_liar(void (*hello)(struct hello *hello),
	     void (*evidence)(struct evidence *evidence))
{
	set_up(NULL);
	bench_to(&unit.bench, STATE_LOCKED);
	unit.lie = lie;
	lies.hello = hello;
	lies.evidence = evidence;
	look(true);
}

static void
evidence_and_hello_must_agree(void **state)
{
	(void)state;
	/* it would get around the probe */
	look_at_liar(be_verify_only, NULL);
	assert_bad("evidence", ST_VERIFY_EVIDENCE);
	look_at_liar(NULL, be_another_model);
	assert_bad("evidence", ST_VERIFY_EVIDENCE);
	/* it would hide the units that are open */
	look_at_liar(NULL, have_one_unit);
	assert_bad("evidence", ST_VERIFY_EVIDENCE);
	look_at_liar(have_more_units, NULL);
	assert_int_not_equal(report.verdict, ST_OK);
}

static void
the_probe_is_answered_by_another_box(void **state)
{
	(void)state;
	bench_to(&unit.bench, STATE_LOCKED);
	unit.lie = lie;
	lies.probe_key = BENCH_OTHER_KEY;
	look(true);
	assert_bad("fuses", ST_VERIFY_TOKEN);
}

/* docs/record.md, 4.3: a record that the line key signed, and no agent would
 * have taken. */
static struct bytes
foreign_record(uint8_t object[OBJECT_MAX])
{
	struct record record;

	bench_record(&unit.bench, &record);
	record.model[0] = 'F';
	return bench_sign_record(object, &unit.bench, &record);
}

static void
have_foreign_record(struct evidence *evidence)
{
	uint8_t object[OBJECT_MAX];
	struct bytes record = foreign_record(object);

	(void)!crypto_sha256(&evidence->record, &record, 1);
}

static void
lie_in_store(struct bench_unit *from, const struct request *req,
	     struct reply *reply, uint8_t object[OBJECT_MAX])
{
	if (req->head.op == OP_FETCH && req->which == STORED_RECORD)
		reply->object = foreign_record(object);
	else
		lie(from, req, reply, object);
}

static void
a_record_for_another_model(void **state)
{
	(void)state;
	bench_to(&unit.bench, STATE_LOCKED);
	unit.lie = lie_in_store;
	lies.evidence = have_foreign_record;
	look(true);
	assert_bad("record", ST_VERIFY_RECORD);
}

/* ----------------------------------------------------------------- reset */

static enum status
reset(void)
{
	struct device device;
	struct hello hello;
	enum status st;

	bench_unit_start(&unit);
	st = device_open(&device, unit.address.agent, deadline_in(LONG_MS));
	if (st == ST_OK)
		st = device_hello(&device, &hello, deadline_in(LONG_MS));
	if (st == ST_OK)
		st = ask_reset(&hello, &device, &unit.bench.fake.chip,
			       deadline_in(LONG_MS));
	device_close(&device);
	bench_unit_stop(&unit);
	return st;
}

static void
a_reset_is_seen_by_its_new_session(void **state)
{
	(void)state;
	assert_int_equal(reset(), ST_OK);
	assert_int_equal(unit.resets, 1);
	unit.is_reset_deaf = true;
	assert_int_equal(reset(), ST_VERIFY_RESET);
	assert_int_equal(unit.resets, 1);
}

static void
a_reset_whose_reply_is_lost(void **state)
{
	(void)state;
	unit.is_reset_mute = true;
	assert_int_equal(reset(), ST_OK);
	assert_int_equal(unit.resets, 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(good_units_are_good, set_up),
		cmocka_unit_test_setup(units_that_are_not_locked, set_up),
		cmocka_unit_test_setup(production_demands, set_up),
		cmocka_unit_test_setup(further_fuses_that_must_show, set_up),
		cmocka_unit_test_setup(a_development_unit_may_be_all_that,
				       set_up),
		cmocka_unit_test_setup(a_development_unit_that_says_production,
				       set_up),
		cmocka_unit_test_setup(evidence_and_hello_must_agree, set_up),
		cmocka_unit_test_setup(the_probe_is_answered_by_another_box,
				       set_up),
		cmocka_unit_test_setup(a_record_for_another_model, set_up),
		cmocka_unit_test_setup(a_reset_is_seen_by_its_new_session,
				       set_up),
		cmocka_unit_test_setup(a_reset_whose_reply_is_lost, set_up),
	};

	assert_int_equal(crypto_init(), ST_OK);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
