/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_device_hostile.c - the client of an agent against peers that repeat,
 * mix up and invent replies: it takes its own, and waits for nothing for ever.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

#include <cmocka.h>

#include "support/device_talk.h"

static void
act_twice(int fd, struct script *script, const struct request *req)
{
	act_answer(fd, script, req);
	act_answer(fd, script, req);
}

static void
repeated_replies_do_no_harm(void **state)
{
	struct fixture fixture;
	struct reply reply;

	(void)state;
	fixture_open(&fixture, act_twice);
	for (unsigned int i = 0; i < 20; i++) {
		uint32_t sequence = fixture.device.sequence;

		assert_int_equal(lock_within(&fixture, &reply, LONG_MS), ST_OK);
		assert_int_equal(reply.head.sequence, sequence + 1);
	}
	assert_int_equal(fixture.script.requests, 20);
	fixture_close(&fixture);
}

/* Everything that a reply may be and not be ours; then ours. */
static void
act_foreign_first(int fd, struct script *script, const struct request *req)
{
	struct reply reply;

	reply_of(&reply, req);
	reply.status = ST_AGENT_LOCKED;
	reply.head.sequence--;
	send_reply(fd, &reply);
	reply.head.sequence += 2;
	send_reply(fd, &reply);
	reply.head.sequence--;
	reply.head.session++;
	send_reply(fd, &reply);
	reply.head.session--;
	reply.head.op = OP_PROGRAM;
	send_reply(fd, &reply);
	reply.is_progress = true;
	send_reply(fd, &reply);
	act_answer(fd, script, req);
}

static void
foreign_replies_are_passed_over(void **state)
{
	struct fixture fixture;
	struct reply reply;

	(void)state;
	fixture_open(&fixture, act_foreign_first);
	assert_int_equal(lock_within(&fixture, &reply, LONG_MS), ST_OK);
	assert_int_equal(reply.status, ST_OK);
	assert_int_equal(reply.state, STATE_RECORDED);
	assert_int_equal(fixture.script.requests, 1);
	assert_int_equal(fixture.script.progress_count, 0);
	fixture_close(&fixture);
}

static void
act_noise_first(int fd, struct script *script, const struct request *req)
{
	uint8_t noise[256];

	for (size_t i = 0; i < sizeof(noise); i++)
		noise[i] = (uint8_t)(i * 7 + 3);
	peer_send(fd, bytes_of(noise, sizeof(noise)));
	peer_send(fd, bytes_of("\0", 1));
	act_answer(fd, script, req);
}

static void
noise_is_passed_over(void **state)
{
	struct fixture fixture;
	struct reply reply;

	(void)state;
	fixture_open(&fixture, act_noise_first);
	assert_int_equal(lock_within(&fixture, &reply, LONG_MS), ST_OK);
	assert_int_equal(fixture.script.requests, 1);
	fixture_close(&fixture);
}

static bool
is_client_there(int fd)
{
	uint8_t byte;

	return recv(fd, &byte, 1, MSG_DONTWAIT | MSG_PEEK) != 0;
}

static void
act_noise_for_ever(int fd, struct script *script, const struct request *req)
{
	uint8_t noise[512];

	(void)script;
	(void)req;
	memset(noise, 0x5a, sizeof(noise));
	for (unsigned int i = 0; i < 100000 && is_client_there(fd); i++)
		peer_send(fd, bytes_of(noise, sizeof(noise)));
}

static void
act_foreign_for_ever(int fd, struct script *script, const struct request *req)
{
	struct reply reply;

	(void)script;
	reply_of(&reply, req);
	reply.head.sequence++;
	for (unsigned int i = 0; i < 1000000 && is_client_there(fd); i++)
		send_reply(fd, &reply);
}

static void
what_never_ends_is_bounded(void **state)
{
	static const struct {
		act_fn *act;
		enum status said;
	} rows[] = {
		{act_noise_for_ever, ST_LINK_TIMEOUT},
		{act_foreign_for_ever, ST_MSG_REPLY},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct fixture fixture;
		struct reply reply;
		struct deadline start;

		fixture_open(&fixture, rows[i].act);
		start = deadline_in(LONG_MS);
		assert_int_equal(lock_within(&fixture, &reply, 300),
				 rows[i].said);
		assert_in_range(LONG_MS - deadline_left_ms(start), 299,
				LONG_MS - 1);
		fixture_close(&fixture);
	}
}

static void
act_progress_for_ever(int fd, struct script *script, const struct request *req)
{
	struct reply reply;

	(void)script;
	reply_of(&reply, req);
	reply.is_progress = true;
	reply.total = 9;
	for (unsigned int i = 0; i < 1000000 && is_client_there(fd); i++)
		send_reply(fd, &reply);
}

static void
progress_does_not_move_the_deadline(void **state)
{
	struct deadline start = deadline_in(LONG_MS);
	struct fixture fixture;
	struct reply reply;

	(void)state;
	fixture_open(&fixture, act_progress_for_ever);
	assert_int_equal(lock_within(&fixture, &reply, 300), ST_LINK_TIMEOUT);
	assert_in_range(LONG_MS - deadline_left_ms(start), 299, LONG_MS - 1);
	fixture_close(&fixture);
}

/* A good frame around something that is no reply. */
static void
act_unreadable(int fd, struct script *script, const struct request *req)
{
	(void)script;
	(void)req;
	peer_send_message(fd, bytes_of("\x83\x01\x02\x03", 4));
}

static void
act_unreadable_once(int fd, struct script *script, const struct request *req)
{
	if (script->requests == 1)
		act_unreadable(fd, script, req);
	else
		act_answer(fd, script, req);
}

static void
an_unreadable_reply_is_asked_for_once_more(void **state)
{
	struct deadline start = deadline_in(LONG_MS);
	struct fixture fixture;
	struct reply reply;

	(void)state;
	fixture_open(&fixture, act_unreadable_once);
	assert_int_equal(lock_within(&fixture, &reply, LONG_MS), ST_OK);
	assert_int_equal(fixture.script.requests, 2);
	fixture_close(&fixture);

	fixture_open(&fixture, act_unreadable);
	assert_int_equal(lock_within(&fixture, &reply, LONG_MS), ST_MSG_REPLY);
	assert_int_equal(fixture.script.requests, 2);
	fixture_close(&fixture);
	/* it did not wait for that */
	assert_in_range(LONG_MS - deadline_left_ms(start), 0, 1999);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(repeated_replies_do_no_harm),
		cmocka_unit_test(foreign_replies_are_passed_over),
		cmocka_unit_test(noise_is_passed_over),
		cmocka_unit_test(what_never_ends_is_bounded),
		cmocka_unit_test(progress_does_not_move_the_deadline),
		cmocka_unit_test(an_unreadable_reply_is_asked_for_once_more),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
