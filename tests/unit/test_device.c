/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_device.c - the client of an agent: lost replies, progress, restarts,
 * and units that are not there.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "support/device_talk.h"

static void
hello_and_an_exchange(void **state)
{
	struct fixture fixture;
	struct reply reply;

	(void)state;
	fixture_open(&fixture, act_answer);
	assert_string_equal(fixture.hello.model, "virtual-additive");
	assert_int_equal(lock_within(&fixture, &reply, LONG_MS), ST_OK);
	assert_int_equal(reply.status, ST_OK);
	assert_int_equal(reply.state, STATE_RECORDED);
	assert_int_equal(fixture.script.requests, 1);
	assert_int_equal(fixture.device.exchanges, 2);
	fixture_close(&fixture);
	/* closed twice, or never opened */
	device_close(&fixture.device);
	assert_int_equal(lock_within(&fixture, &reply, LONG_MS),
			 ST_LINK_CLOSED);
}

static void
act_refuse(int fd, struct script *script, const struct request *req)
{
	struct reply reply;

	(void)script;
	reply_of(&reply, req);
	reply.status = ST_AGENT_LOCKED;
	send_reply(fd, &reply);
}

static void
the_agents_own_code(void **state)
{
	struct request req = {.head.op = OP_LOCK};
	struct fixture fixture;
	struct reply reply;

	(void)state;
	fixture_open(&fixture, act_refuse);
	assert_int_equal(lock_within(&fixture, &reply, LONG_MS), ST_OK);
	assert_int_equal(reply.status, ST_AGENT_LOCKED);
	assert_int_equal(device_call(&fixture.device, &req, &reply,
				     deadline_in(LONG_MS)),
			 ST_AGENT_LOCKED);
	fixture_close(&fixture);
}

static void
act_lose_first(int fd, struct script *script, const struct request *req)
{
	if (script->requests > 1)
		act_answer(fd, script, req);
}

static void
a_lost_reply_is_asked_for_again(void **state)
{
	struct fixture fixture;
	struct reply reply;
	struct deadline start;

	(void)state;
	fixture_open(&fixture, act_lose_first);
	start = deadline_in(LONG_MS);
	assert_int_equal(lock_within(&fixture, &reply, LONG_MS), ST_OK);
	assert_in_range(LONG_MS - deadline_left_ms(start), 900, LONG_MS - 1);
	assert_int_equal(fixture.script.requests, 2);
	assert_false(fixture.script.is_changed);
	fixture_close(&fixture);
}

static void
silence_is_bounded(void **state)
{
	struct deadline start = deadline_in(LONG_MS);
	struct fixture fixture;
	struct reply reply;

	(void)state;
	fixture_open(&fixture, act_nothing);
	assert_int_equal(lock_within(&fixture, &reply, 300), ST_LINK_TIMEOUT);
	assert_in_range(LONG_MS - deadline_left_ms(start), 299, LONG_MS - 1);
	assert_int_equal(reply.status, 0);
	fixture_close(&fixture);
}

static void
act_slow_with_progress(int fd, struct script *script, const struct request *req)
{
	struct reply reply;

	reply_of(&reply, req);
	reply.is_progress = true;
	reply.total = 9;
	for (reply.done = 1; reply.done <= 3; reply.done++) {
		usleep(600000);
		send_reply(fd, &reply);
	}
	act_answer(fd, script, req);
}

static void
progress_keeps_it_waiting(void **state)
{
	struct fixture fixture;
	struct reply reply;

	(void)state;
	fixture_open(&fixture, act_slow_with_progress);
	assert_int_equal(lock_within(&fixture, &reply, LONG_MS), ST_OK);
	assert_int_equal(fixture.script.requests, 1);
	assert_int_equal(fixture.script.progress_count, 3);
	assert_int_equal(fixture.script.progress_last, 3);
	fixture_close(&fixture);
}

static void
act_hang_up(int fd, struct script *script, const struct request *req)
{
	(void)script;
	(void)req;
	shutdown(fd, SHUT_RDWR);
}

static void
a_unit_that_goes_away_is_told(void **state)
{
	struct fixture fixture;
	struct reply reply;

	(void)state;
	fixture_open(&fixture, act_hang_up);
	assert_int_equal(lock_within(&fixture, &reply, LONG_MS),
			 ST_LINK_CLOSED);
	fixture_close(&fixture);
	assert_int_equal(device_open(&fixture.device, "unix:/nonexistent/x",
				     deadline_in(LONG_MS)),
			 ST_LINK_OPEN);
	device_close(&fixture.device);
}

static void
act_other_session(int fd, struct script *script, const struct request *req)
{
	struct reply reply;

	(void)script;
	reply_of(&reply, req);
	reply.status = ST_MSG_SESSION;
	send_reply(fd, &reply);
}

static void
a_restart_is_told(void **state)
{
	struct fixture fixture;
	struct reply reply;

	(void)state;
	fixture_open(&fixture, act_other_session);
	assert_int_equal(lock_within(&fixture, &reply, LONG_MS),
			 ST_MSG_SESSION);
	assert_int_equal(fixture.device.session, 0);
	assert_int_equal(device_hello(&fixture.device, &fixture.hello,
				      deadline_in(LONG_MS)),
			 ST_OK);
	assert_int_equal(fixture.device.session, SESSION);
	fixture_close(&fixture);
}

static void
act_hello_late(int fd, struct script *script, const struct request *req)
{
	if (script->hellos >= 3)
		act_hello(fd, script, req);
}

static void
hello_waits_for_the_unit(void **state)
{
	struct fixture fixture;

	(void)state;
	fixture_start(&fixture, act_answer, act_hello_late);
	assert_int_equal(device_hello(&fixture.device, &fixture.hello,
				      deadline_in(LONG_MS)),
			 ST_OK);
	assert_int_equal(fixture.script.hellos, 3);
	fixture_close(&fixture);
	fixture_start(&fixture, act_answer, act_nothing);
	assert_int_equal(device_hello(&fixture.device, &fixture.hello,
				      deadline_in(300)),
			 ST_LINK_TIMEOUT);
	fixture_close(&fixture);
}

static void
act_hello_protocol(int fd, struct script *script, const struct request *req)
{
	struct reply reply;

	(void)script;
	hello_reply(&reply, req);
	reply.hello.protocol = PROTOCOL_VERSION + 1;
	send_reply(fd, &reply);
}

static void
act_hello_layout(int fd, struct script *script, const struct request *req)
{
	struct reply reply;

	(void)script;
	hello_reply(&reply, req);
	reply.hello.layout = IMAGE_LAYOUT + 1;
	send_reply(fd, &reply);
}

static void
act_hello_no_session(int fd, struct script *script, const struct request *req)
{
	struct reply reply;

	(void)script;
	hello_reply(&reply, req);
	reply.head.session = 0;
	send_reply(fd, &reply);
}

static void
hello_refuses_what_it_does_not_know(void **state)
{
	static const struct {
		act_fn *act;
		enum status expected;
	} cases[] = {
		{act_hello_protocol, ST_MSG_PROTOCOL},
		{act_hello_layout, ST_MSG_PROTOCOL},
		{act_hello_no_session, ST_MSG_REPLY},
		{act_refuse, ST_AGENT_LOCKED},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		static const struct hello none;
		struct fixture fixture;

		fixture_start(&fixture, act_answer, cases[i].act);
		assert_int_equal(device_hello(&fixture.device, &fixture.hello,
					      deadline_in(300)),
				 cases[i].expected);
		assert_int_equal(fixture.device.session, 0);
		assert_memory_equal(&fixture.hello, &none, sizeof(none));
		fixture_close(&fixture);
	}
}

/* A port that can tell that nothing is plugged in yet. */
static void
what_restarts_is_waited_for(void **state)
{
	int64_t begun = deadline_now_ms();
	struct link *link;

	(void)state;
	assert_int_equal(device_await(&link, "usb:none.0/1", 100,
				      deadline_in(60000)),
			 ST_LINK_OPEN);
	assert_true(deadline_now_ms() - begun >= 100);
	/* no longer than there is time, and not at all where nobody can tell */
	assert_int_equal(device_await(&link, "usb:none.0/1", 1000000,
				      deadline_in(50)),
			 ST_LINK_OPEN);
	assert_int_equal(device_await(&link, "unix:/nonexistent", 1000000,
				      deadline_in(1000000)),
			 ST_LINK_OPEN);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hello_and_an_exchange),
		cmocka_unit_test(the_agents_own_code),
		cmocka_unit_test(a_lost_reply_is_asked_for_again),
		cmocka_unit_test(silence_is_bounded),
		cmocka_unit_test(progress_keeps_it_waiting),
		cmocka_unit_test(a_unit_that_goes_away_is_told),
		cmocka_unit_test(a_restart_is_told),
		cmocka_unit_test(hello_waits_for_the_unit),
		cmocka_unit_test(what_restarts_is_waited_for),
		cmocka_unit_test(hello_refuses_what_it_does_not_know),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
