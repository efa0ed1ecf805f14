/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_device_line.c - the client of an agent behind a serial line: slow ones,
 * on which nothing is asked twice that is on its way, and such as bring what
 * never was a reply.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "support/device_talk.h"

#define NOBODY 65534
#define SLOW 9600
#define QUICK 0
#define CERT 221
#define LARGE 690
#define TOGETHER 768

static uint8_t large[TOGETHER];

static void
open_behind(struct fixture *fixture, unsigned int baud, act_fn *act)
{
	fixture_start_behind(fixture, baud, act, act_hello);
	assert_int_equal(device_hello(&fixture->device, &fixture->hello,
				      deadline_in(LONG_MS)),
			 ST_OK);
	assert_int_equal(fixture->script.hellos, 1);
}

/* ----------------------------------------------------------------- slow */

static void
act_fetch(int fd, struct script *script, const struct request *req)
{
	struct reply reply;

	(void)script;
	reply_of(&reply, req);
	reply.object = bytes_of(large, sizeof(large));
	send_reply(fd, &reply);
}

/* One that signs for as long as a small processor does. */
static void
act_late(int fd, struct script *script, const struct request *req)
{
	usleep(600000);
	act_answer(fd, script, req);
}

static void
nothing_is_asked_twice(void **state)
{
	struct request store = {
		.head.op = OP_STORE,
		.cert = bytes_of(large, CERT),
		.object = bytes_of(large, LARGE),
	};
	struct request fetch = {
		.head.op = OP_FETCH,
		.which = STORED_RECORD,
	};
	struct fixture fixture;
	struct reply reply;

	(void)state;
	/* it is nearly a second on its way, and then the unit works */
	open_behind(&fixture, SLOW, act_late);
	assert_int_equal(device_exchange(&fixture.device, &store, &reply,
					 deadline_in(LONG_MS)),
			 ST_OK);
	assert_int_equal(fixture.script.requests, 1);
	fixture_close(&fixture);

	open_behind(&fixture, SLOW, act_fetch);
	assert_int_equal(device_exchange(&fixture.device, &fetch, &reply,
					 deadline_in(LONG_MS)),
			 ST_OK);
	assert_int_equal(reply.object.len, sizeof(large));
	assert_int_equal(fixture.script.requests, 1);
	fixture_close(&fixture);
}

static void
act_fetch_slowly(int fd, struct script *script, const struct request *req)
{
	if (script->requests == 1)
		usleep(900000);
	act_fetch(fd, script, req);
}

/* It begins just before it would be asked for again, and takes a second. */
static void
a_reply_that_arrives_is_waited_for(void **state)
{
	struct request fetch = {.head.op = OP_FETCH, .which = STORED_RECORD};
	struct fixture fixture;
	struct reply reply;

	(void)state;
	open_behind(&fixture, SLOW, act_fetch_slowly);
	assert_int_equal(device_exchange(&fixture.device, &fetch, &reply,
					 deadline_in(LONG_MS)),
			 ST_OK);
	assert_int_equal(fixture.script.requests, 1);
	fixture_close(&fixture);
}

static void
act_lose_first(int fd, struct script *script, const struct request *req)
{
	if (script->requests > 1)
		act_answer(fd, script, req);
}

static void
what_is_lost_is_asked_for_again(void **state)
{
	struct fixture fixture;
	struct reply reply;

	(void)state;
	open_behind(&fixture, SLOW, act_lose_first);
	assert_int_equal(lock_within(&fixture, &reply, LONG_MS), ST_OK);
	assert_int_equal(fixture.script.requests, 2);
	assert_false(fixture.script.is_changed);
	fixture_close(&fixture);
}

/* -------------------------------------------------------------- hostile */

static bool
is_client_there(int fd)
{
	uint8_t byte;

	return recv(fd, &byte, 1, MSG_DONTWAIT | MSG_PEEK) != 0;
}

/* No zero ends it. */
static void
act_endless(int fd, struct script *script, const struct request *req)
{
	uint8_t noise[512];

	(void)script;
	(void)req;
	memset(noise, 0x5a, sizeof(noise));
	for (unsigned int i = 0; i < 100000 && is_client_there(fd); i++)
		peer_send(fd, bytes_of(noise, sizeof(noise)));
}

/* Nothing but ends. */
static void
act_zeros(int fd, struct script *script, const struct request *req)
{
	static const uint8_t zeros[512];

	(void)script;
	(void)req;
	for (unsigned int i = 0; i < 100000 && is_client_there(fd); i++)
		peer_send(fd, bytes_of(zeros, sizeof(zeros)));
}

static void
act_trickle(int fd, struct script *script, const struct request *req)
{
	(void)script;
	(void)req;
	for (unsigned int i = 0; i < 50 && is_client_there(fd); i++) {
		peer_send(fd, bytes_of("x", 1));
		usleep(200000);
	}
}

static void
what_never_ends_is_given_up(void **state)
{
	static act_fn *const acts[] = {act_endless, act_zeros, act_trickle,
				       act_nothing};

	(void)state;
	for (size_t i = 0; i < sizeof(acts) / sizeof(acts[0]); i++) {
		struct fixture fixture;
		struct reply reply;
		struct deadline start;

		open_behind(&fixture, QUICK, acts[i]);
		start = deadline_in(LONG_MS);
		assert_int_not_equal(lock_within(&fixture, &reply, 1500),
				     ST_OK);
		assert_in_range(LONG_MS - deadline_left_ms(start), 1499,
				LONG_MS - 1);
		fixture_close(&fixture);
		/* closing did not wait either */
		assert_in_range(LONG_MS - deadline_left_ms(start), 1499,
				LONG_MS - 1);
	}
}

static void
act_among_noise(int fd, struct script *script, const struct request *req)
{
	static const uint8_t noise[] = "\xff\xfe boot: \r\n OK \x01\x02";

	for (unsigned int i = 0; i < 200; i++)
		peer_send(fd, bytes_of(noise, sizeof(noise) - 1));
	peer_send(fd, bytes_of("\0", 1));
	act_answer(fd, script, req);
	peer_send(fd, bytes_of(noise, sizeof(noise)));
}

static void
noise_around_a_reply_does_no_harm(void **state)
{
	struct fixture fixture;
	struct reply reply;

	(void)state;
	open_behind(&fixture, QUICK, act_among_noise);
	for (unsigned int i = 1; i <= 5; i++) {
		assert_int_equal(lock_within(&fixture, &reply, LONG_MS), ST_OK);
		assert_int_equal(fixture.script.requests, i);
	}
	fixture_close(&fixture);
}

/* ---------------------------------------------------------- permissions */

static void
a_terminal_may_be_denied(void **state)
{
	struct fixture fixture;
	struct link *link;

	(void)state;
	open_behind(&fixture, QUICK, act_answer);
	device_close(&fixture.device);
	assert_int_equal(chmod(strchr(fixture.address, '/'), 0), 0);
	/* the superuser may everything */
	if (geteuid() == 0)
		assert_int_equal(seteuid(NOBODY), 0);
	assert_int_equal(link_open(&link, fixture.address,
				   deadline_in(LONG_MS)),
			 ST_LINK_PERMISSION);
	assert_null(link);
	if (getuid() == 0)
		assert_int_equal(seteuid(0), 0);
	fixture_close(&fixture);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_asked_twice),
		cmocka_unit_test(a_reply_that_arrives_is_waited_for),
		cmocka_unit_test(what_is_lost_is_asked_for_again),
		cmocka_unit_test(what_never_ends_is_given_up),
		cmocka_unit_test(noise_around_a_reply_does_no_harm),
		cmocka_unit_test(a_terminal_may_be_denied),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
