/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_handset.c - a whole virtual unit in one process, through its sockets
 * and without them: hello, the device key, resets, AT ports, cuts.
 */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cmocka.h>

#include "port/virtual/serve.h"
#include "station/device.h"
#include "support/folder.h"

#define LONG_MS 10000

struct fixture {
	char folder[FOLDER_MAX];
	struct handset handset;
	struct port_virtual_options options;
	struct boot_trust trust;
	/* when it is served */
	struct server server;
	pthread_t thread;
	int stop_fd;
	enum status served;
	struct device device;
	/* when it is not: what it sent */
	uint8_t out[4 * FRAME_WIRE_MAX];
	size_t out_len;
};

static const char *const models[] = {"virtual-additive", "virtual-once"};

static struct fixture fixture;

static int
set_up(void **state)
{
	(void)state;
	memset(&fixture, 0, sizeof(fixture));
	folder_make(fixture.folder);
	fixture.options.model = "virtual-additive";
	fixture.options.slots = 2;
	fixture.trust.class = CLASS_DEVELOPMENT;
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	handset_close(&fixture.handset);
	folder_remove(fixture.folder);
	return 0;
}

static void
power_up(void)
{
	handset_close(&fixture.handset);
	assert_int_equal(handset_open(&fixture.handset, fixture.folder,
				      &fixture.options, &fixture.trust),
			 ST_OK);
}

/* Another chip, in an empty folder. */
static void
fresh_unit(void)
{
	handset_close(&fixture.handset);
	folder_remove(fixture.folder);
	folder_make(fixture.folder);
}

/* -------------------------------------------------------- without sockets */

static void
collect(void *ctx, struct bytes data)
{
	(void)ctx;
	assert_true(data.len <= sizeof(fixture.out) - fixture.out_len);
	memcpy(fixture.out + fixture.out_len, data.ptr, data.len);
	fixture.out_len += data.len;
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

	fixture.handset.out = collect;
	fixture.out_len = 0;
	assert_int_equal(request_encode(&message, buf, sizeof(buf), req),
			 ST_OK);
	assert_int_equal(frame_encode(wire, sizeof(wire), &len, message),
			 ST_OK);
	handset_bytes_in(&fixture.handset, bytes_of(wire, len));
	frame_reader_init(&reader);
	for (size_t i = 0; i < fixture.out_len; i++)
		if (frame_reader_take(&reader, fixture.out[i], &message) ==
		    ST_OK) {
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
	power_up();
	assert_true(ask_hello(&reply));
	assert_int_equal(reply.status, ST_OK);
	assert_int_equal(reply.hello.state, STATE_BLANK);
	assert_string_equal(reply.hello.model, "virtual-additive");
	assert_int_equal(reply.hello.modem_slots, 2);
	assert_true(reply.hello.is_virtual);
	assert_true(reply.hello.is_factory_build);
	assert_int_equal(fixture.handset.chip.power.count[STEP_FRAME], 1);
}

static void
sessions_differ_over_resets(void **state)
{
	struct reply first, second;

	(void)state;
	power_up();
	assert_true(ask_hello(&first));
	assert_int_equal(handset_reset(&fixture.handset), ST_OK);
	assert_true(ask_hello(&second));
	assert_int_not_equal(first.head.session, second.head.session);
}

static void
a_reset_loses_what_follows(void **state)
{
	struct request req = {.head = {.sequence = 2, .op = OP_RESET}};
	struct reply reply;

	(void)state;
	power_up();
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

		fixture.options.model = models[i];
		power_up();
		assert_true(make_key(&first));
		assert_int_equal(state_now(), STATE_KEYED);
		assert_int_equal(handset_reset(&fixture.handset), ST_OK);
		assert_true(make_key(&again));
		assert_memory_equal(&first, &again, sizeof(first));
		power_up();
		assert_true(make_key(&again));
		assert_memory_equal(&first, &again, sizeof(first));
		assert_int_equal(fixture.handset.chip.counters
					 .value[COUNTER_SECOND_WRITES],
				 0);
		fresh_unit();
	}
}

/* A cut anywhere while the key is made: the next start ends it well. */
static void
cut_while_the_key_is_made(const char *model, enum step_kind kind,
			  uint32_t steps)
{
	struct public_key key;

	fixture.options.model = model;
	for (uint32_t at = 1; at <= steps; at++)
		for (unsigned int i = STEP_BEFORE; i <= STEP_AFTER; i++) {
			fixture.options.cut = (struct power_cut){
				kind, at, (enum step_extent)i, at};
			power_up();
			assert_false(make_key(&key) && i != STEP_AFTER);
			assert_true(fixture.handset.chip.power.is_gone);
			assert_int_equal(handset_reset(&fixture.handset),
					 ST_OK);
			assert_true(make_key(&key));
			assert_int_equal(state_now(), STATE_KEYED);
			fresh_unit();
		}
	memset(&fixture.options.cut, 0, sizeof(fixture.options.cut));
}

static void
cuts_while_the_key_is_made(void **state)
{
	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct public_key key;
		uint32_t steps;

		fixture.options.model = models[i];
		power_up(); /* dry: how many steps are there? */
		assert_true(make_key(&key));
		steps = fixture.handset.chip.power.count[STEP_OTP_PROGRAM];
		assert_true(steps > 10);
		fresh_unit();
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
	fixture.options.cut = (struct power_cut){STEP_FRAME, 1, STEP_AFTER, 0};
	power_up();
	assert_true(ask_hello(&reply));
	assert_false(ask_hello(&reply));
	assert_int_equal(fixture.out_len, 0);
	handset_at_in(&fixture.handset, 0, '\r', answer, &len);
	assert_int_equal(len, 0);
	assert_int_equal(handset_reset(&fixture.handset), ST_OK);
	assert_true(ask_hello(&reply));
}

static void
noise_is_not_answered(void **state)
{
	uint8_t noise[3000];
	struct reply reply;
	uint64_t seed = 1;

	(void)state;
	power_up();
	fixture.handset.out = collect;
	for (unsigned int round = 0; round < 50; round++) {
		for (size_t i = 0; i < sizeof(noise); i++)
			noise[i] = (uint8_t)power_chance(&seed);
		handset_bytes_in(&fixture.handset,
				 bytes_of(noise, sizeof(noise)));
	}
	assert_int_equal(fixture.out_len, 0);
	handset_bytes_in(&fixture.handset, bytes_of("", 1));
	assert_true(ask_hello(&reply));
}

/* What a line sent to the AT port of slot is answered with. */
static void
assert_at(unsigned int slot, const char *line, const char *expected)
{
	char answer[AT_ANSWER_MAX];
	size_t len = 0;

	for (; *line != '\0'; line++)
		handset_at_in(&fixture.handset, slot, (uint8_t)*line, answer,
			      &len);
	assert_int_equal(len, strlen(expected));
	assert_memory_equal(answer, expected, len);
}

static void
at_lines(void **state)
{
	char too_long[200];

	(void)state;
	power_up();
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

/* ------------------------------------------------------------ with sockets */

static void *
run(void *ctx)
{
	(void)ctx;
	fixture.served = serve_run(&fixture.server, fixture.stop_fd);
	return NULL;
}

static void
serve_start(void)
{
	power_up();
	fixture.stop_fd = eventfd(0, EFD_CLOEXEC);
	assert_true(fixture.stop_fd >= 0);
	assert_int_equal(serve_open(&fixture.server, &fixture.handset,
				    fixture.folder),
			 ST_OK);
	assert_int_equal(pthread_create(&fixture.thread, NULL, run, NULL), 0);
}

static void
serve_stop(void)
{
	assert_int_equal(eventfd_write(fixture.stop_fd, 1), 0);
	pthread_join(fixture.thread, NULL);
	serve_close(&fixture.server);
	close(fixture.stop_fd);
}

static void
address_of(char out[FOLDER_PATH_MAX + 8], const char *name)
{
	snprintf(out, FOLDER_PATH_MAX + 8, "unix:%s/%s", fixture.folder, name);
}

static void
open_device(struct device *device)
{
	char address[FOLDER_PATH_MAX + 8];

	address_of(address, "agent.sock");
	assert_int_equal(device_open(device, address, deadline_in(LONG_MS)),
			 ST_OK);
}

static enum status
hello(struct device *device)
{
	struct hello out;

	return device_hello(device, &out, deadline_in(LONG_MS));
}

static void
a_reset_keeps_the_sockets(void **state)
{
	struct request req = {.head.op = OP_RESET};
	struct device device;
	struct reply reply;
	uint64_t session;

	(void)state;
	serve_start();
	open_device(&device);
	assert_int_equal(hello(&device), ST_OK);
	session = device.session;
	assert_int_equal(device_call(&device, &req, &reply,
				     deadline_in(LONG_MS)),
			 ST_OK);
	assert_int_equal(hello(&device), ST_OK);
	assert_int_not_equal(device.session, session);
	device_close(&device);
	serve_stop();
	assert_int_equal(fixture.served, ST_OK);
}

static void
a_new_client_replaces_the_old(void **state)
{
	struct device first, second;

	(void)state;
	serve_start();
	open_device(&first);
	assert_int_equal(hello(&first), ST_OK);
	open_device(&second);
	assert_int_equal(hello(&second), ST_OK);
	assert_int_equal(hello(&first), ST_LINK_CLOSED);
	assert_int_equal(hello(&second), ST_OK);
	device_close(&first);
	device_close(&second);
	serve_stop();
}

static void
at_ports_of_each_slot(void **state)
{
	char address[FOLDER_PATH_MAX + 8];
	enum imei_form form;
	struct imei imei;

	(void)state;
	serve_start();
	address_of(address, "at1.sock");
	assert_int_equal(at_read_imei(&imei, &form, address,
				      deadline_in(LONG_MS)),
			 ST_VERIFY_AT_FORM);
	address_of(address, "at2.sock");
	assert_int_equal(at_read_imei(&imei, &form, address,
				      deadline_in(LONG_MS)),
			 ST_VERIFY_AT_FORM);
	address_of(address, "at3.sock");
	assert_int_equal(at_read_imei(&imei, &form, address,
				      deadline_in(LONG_MS)),
			 ST_LINK_OPEN);
	serve_stop();
}

static void
a_cut_ends_the_service(void **state)
{
	struct device device;
	struct hello out;

	(void)state;
	fixture.options.cut = (struct power_cut){STEP_FRAME, 2, STEP_TORN, 0};
	serve_start();
	open_device(&device);
	assert_int_equal(hello(&device), ST_OK);
	assert_int_equal(device_hello(&device, &out, deadline_in(500)),
			 ST_LINK_TIMEOUT);
	pthread_join(fixture.thread, NULL);
	assert_int_equal(fixture.served, ST_PORT_POWER);
	serve_close(&fixture.server);
	assert_int_equal(hello(&device), ST_LINK_CLOSED);
	device_close(&device);
	close(fixture.stop_fd);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

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
		TEST(a_reset_keeps_the_sockets),
		TEST(a_new_client_replaces_the_old),
		TEST(at_ports_of_each_slot),
		TEST(a_cut_ends_the_service),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
