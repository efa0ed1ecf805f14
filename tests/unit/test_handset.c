/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_handset.c - a whole virtual unit in one process: hello, the device key,
 * resets, AT ports, and cuts while the key is made.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "support/handset_unit.h"

static const char *const models[] = {"virtual-additive", "virtual-once"};

/* What it sent since the last request. */
static uint8_t out[4 * FRAME_WIRE_MAX];
static size_t out_len;

static void
collect(void *ctx, struct bytes data)
{
	(void)ctx;
	assert_true(data.len <= sizeof(out) - out_len);
	memcpy(out + out_len, data.ptr, data.len);
	out_len += data.len;
}

/* One request in, and the last reply that came out; false if none did. */
static bool
ask(struct request *req, struct reply *reply)
{
	static struct frame_reader reader;
	uint8_t buf[FRAME_MESSAGE_MAX], wire[FRAME_WIRE_MAX];
	struct bytes message;
	bool is_answered = false;
	size_t len;

	unit.handset.out = collect;
	out_len = 0;
	assert_int_equal(request_encode(&message, buf, sizeof(buf), req),
			 ST_OK);
	assert_int_equal(frame_encode(wire, sizeof(wire), &len, message),
			 ST_OK);
	handset_bytes_in(&unit.handset, bytes_of(wire, len));
	frame_reader_init(&reader);
	for (size_t i = 0; i < out_len; i++)
		if (frame_reader_take(&reader, out[i], &message) == ST_OK) {
			assert_int_equal(reply_decode(reply, message), ST_OK);
			is_answered = !reply->is_progress;
		}
	return is_answered;
}

static bool
ask_hello(struct reply *reply)
{
	struct request req = {
		.head = {.sequence = 1, .op = OP_HELLO},
		.protocol = PROTOCOL_VERSION,
	};

	return ask(&req, reply);
}

static bool
ask_key(uint64_t session, struct reply *reply)
{
	struct request req = {
		.head = {.session = session, .sequence = 2, .op = OP_KEY},
	};

	memset(req.nonce.byte, 7, sizeof(req.nonce.byte));
	return ask(&req, reply);
}

static enum device_state
state_now(void)
{
	struct reply reply;

	assert_true(ask_hello(&reply));
	assert_int_equal(reply.status, ST_OK);
	return reply.hello.state;
}

/* hello and key; false if the power went away. */
static bool
make_key(struct public_key *key)
{
	struct key_token token;
	struct reply reply;

	if (!ask_hello(&reply) || !ask_key(reply.head.session, &reply))
		return false;
	assert_int_equal(reply.status, ST_OK);
	assert_int_equal(key_token_open(&token, reply.object), ST_OK);
	*key = token.device;
	return true;
}

static void
a_new_unit_is_blank(void **state)
{
	struct reply reply;

	(void)state;
	unit_power_up();
	assert_true(ask_hello(&reply));
	assert_int_equal(reply.status, ST_OK);
	assert_int_equal(reply.hello.state, STATE_BLANK);
	assert_string_equal(reply.hello.model, "virtual-additive");
	assert_int_equal(reply.hello.modem_slots, 2);
	assert_true(reply.hello.is_virtual);
	assert_true(reply.hello.is_factory_build);
	assert_int_equal(unit.handset.chip.power.count[STEP_FRAME], 1);
}

static void
sessions_differ_over_resets(void **state)
{
	struct reply first, second;

	(void)state;
	unit_power_up();
	assert_true(ask_hello(&first));
	assert_int_equal(handset_reset(&unit.handset), ST_OK);
	assert_true(ask_hello(&second));
	assert_int_not_equal(first.head.session, second.head.session);
}

static void
a_reset_loses_what_follows(void **state)
{
	struct request req = {.head = {.sequence = 2, .op = OP_RESET}};
	struct reply reply;

	(void)state;
	unit_power_up();
	assert_true(ask_hello(&reply));
	req.head.session = reply.head.session;
	assert_true(ask(&req, &reply));
	assert_int_equal(reply.status, ST_OK);
	assert_true(ask_key(req.head.session, &reply));
	assert_int_equal(reply.status, ST_MSG_SESSION);
}

/* The same key over resets and power cycles, for each model. */
static void
a_key_stays(void **state)
{
	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct public_key first, again;

		unit.options.model = models[i];
		unit_power_up();
		assert_true(make_key(&first));
		assert_int_equal(state_now(), STATE_KEYED);
		assert_int_equal(handset_reset(&unit.handset), ST_OK);
		assert_true(make_key(&again));
		assert_memory_equal(&first, &again, sizeof(first));
		unit_power_up();
		assert_true(make_key(&again));
		assert_memory_equal(&first, &again, sizeof(first));
		assert_int_equal(
			unit.handset.chip.counters.value[COUNTER_SECOND_WRITES],
			0);
		unit_renew();
	}
}

/* A cut anywhere while the key is made: the next start ends it well. */
static void
cut_while_the_key_is_made(const char *model, enum step_kind kind,
			  uint32_t steps)
{
	struct public_key key;

	unit.options.model = model;
	for (uint32_t at = 1; at <= steps; at++)
		for (unsigned int i = STEP_BEFORE; i <= STEP_AFTER; i++) {
			unit.options.cut = (struct power_cut){
				kind, at, (enum step_extent)i, at};
			unit_power_up();
			assert_false(make_key(&key) && i != STEP_AFTER);
			assert_true(unit.handset.chip.power.is_gone);
			assert_int_equal(handset_reset(&unit.handset), ST_OK);
			assert_true(make_key(&key));
			assert_int_equal(state_now(), STATE_KEYED);
			unit_renew();
		}
	memset(&unit.options.cut, 0, sizeof(unit.options.cut));
}

static void
cuts_while_the_key_is_made(void **state)
{
	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct public_key key;
		uint32_t steps;

		unit.options.model = models[i];
		unit_power_up(); /* dry: how many steps are there? */
		assert_true(make_key(&key));
		steps = unit.handset.chip.power.count[STEP_OTP_PROGRAM];
		assert_true(steps > 10);
		unit_renew();
		cut_while_the_key_is_made(models[i], STEP_OTP_PROGRAM, steps);
		cut_while_the_key_is_made(models[i], STEP_FRAME, 2);
	}
}

static void
without_power_nothing_answers(void **state)
{
	struct reply reply;
	char answer[AT_ANSWER_MAX];
	size_t len;

	(void)state;
	unit.options.cut = (struct power_cut){STEP_FRAME, 1, STEP_AFTER, 0};
	unit_power_up();
	assert_true(ask_hello(&reply));
	assert_false(ask_hello(&reply));
	assert_int_equal(out_len, 0);
	handset_at_in(&unit.handset, 0, '\r', answer, &len);
	assert_int_equal(len, 0);
	assert_int_equal(handset_reset(&unit.handset), ST_OK);
	assert_true(ask_hello(&reply));
}

static void
noise_is_not_answered(void **state)
{
	uint8_t noise[3000];
	struct reply reply;
	uint64_t seed = 1;

	(void)state;
	unit_power_up();
	out_len = 0;
	unit.handset.out = collect;
	for (unsigned int round = 0; round < 50; round++) {
		for (size_t i = 0; i < sizeof(noise); i++)
			noise[i] = (uint8_t)power_chance(&seed);
		handset_bytes_in(&unit.handset, bytes_of(noise, sizeof(noise)));
	}
	assert_int_equal(out_len, 0);
	handset_bytes_in(&unit.handset, bytes_of("", 1));
	assert_true(ask_hello(&reply));
}

/* What a line sent to the AT port of slot is answered with. */
static void
assert_at(unsigned int slot, const char *line, const char *expected)
{
	char answer[AT_ANSWER_MAX];
	size_t len = 0;

	for (; *line != '\0'; line++)
		handset_at_in(&unit.handset, slot, (uint8_t)*line, answer,
			      &len);
	assert_int_equal(len, strlen(expected));
	assert_memory_equal(answer, expected, len);
}

static void
at_lines(void **state)
{
	char too_long[200];

	(void)state;
	unit_power_up();
	assert_at(0, "AT\r", "\r\nOK\r\n");
	assert_at(0, "\n\r\n\r", "");
	assert_at(0, "AT+CGSN=1\r", "\r\nERROR\r\n"); /* nothing burnt */
	assert_at(1, "AT\r\n", "");
	assert_at(1, "AT\r", "\r\nOK\r\n");
	memset(too_long, 'A', sizeof(too_long));
	too_long[sizeof(too_long) - 2] = '\r';
	too_long[sizeof(too_long) - 1] = '\0';
	assert_at(0, too_long, "\r\nERROR\r\n");
	assert_at(0, "AT\r", "\r\nOK\r\n");
	/* a line of another slot is not mixed in */
	assert_at(0, "A", "");
	assert_at(1, "XX", "");
	assert_at(0, "T\r", "\r\nOK\r\n");
}

#define TEST(name)                                                             \
	cmocka_unit_test_setup_teardown(name, unit_set_up, unit_tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_new_unit_is_blank),
		TEST(sessions_differ_over_resets),
		TEST(a_reset_loses_what_follows),
		TEST(a_key_stays),
		TEST(cuts_while_the_key_is_made),
		TEST(without_power_nothing_answers),
		TEST(noise_is_not_answered),
		TEST(at_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
