/* SPDX-License-Identifier: Apache-2.0 */
/* Sessions, sequences, repetition (docs/protocol.md, 3), and garbage. */
#include "agent/agent.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "support/bench.h"

static struct bench bench;

static int
set_up(void **state)
{
	(void)state;
	bench_in(&bench, STATE_KEYED);
	assert_int_equal(bench_key(&bench), ST_OK);
	return 0;
}

/* A request as it is, with the head that is given. */
static enum status
ask_with_head(struct request *req, uint64_t session, uint32_t sequence)
{
	uint8_t buf[2 * FRAME_MESSAGE_MAX];
	struct bytes message;

	req->head.session = session;
	req->head.sequence = sequence;
	assert_int_equal(request_encode(&message, buf, sizeof(buf), req),
			 ST_OK);
	bench_send(&bench, message);
	assert_int_equal(bench.reply.head.sequence, sequence);
	assert_int_equal(bench.reply.head.op, req->head.op);
	return bench.reply.status;
}

/* P8: a reply that was lost is asked for again, and nothing burns twice. */
static void
test_a_repeated_request_gets_the_stored_reply(void **state)
{
	uint8_t first[FRAME_MESSAGE_MAX];
	unsigned int changes;
	size_t len;

	(void)state;
	assert_int_equal(bench_permit_right(&bench), ST_OK);
	bench_send(&bench, bench.message);
	assert_int_equal(bench.reply.status, ST_OK);
	assert_int_equal(bench_op(&bench, OP_PROGRAM), ST_OK);
	len = bench.raw.len;
	memcpy(first, bench.raw.ptr, len);
	changes = bench.fake.changes;
	bench_mark(&bench);
	for (unsigned int i = 0; i < 3; i++) {
		bench_send(&bench, bench.message);
		assert_int_equal(bench.raw.len, len);
		assert_memory_equal(bench.raw.ptr, first, len);
	}
	assert_int_equal(bench.fake.changes, changes);
	bench_assert_same(&bench);
}

/* A repeated `key` draws no new nonce: the token that was lost still counts. */
static void
test_a_repeated_key_is_the_same_question(void **state)
{
	uint8_t message[FRAME_MESSAGE_MAX];
	struct bytes again;

	(void)state;
	memcpy(message, bench.message.ptr, bench.message.len);
	again = bytes_of(message, bench.message.len);
	bench_send(&bench, again);
	assert_int_equal(bench.reply.status, ST_OK);
	assert_int_equal(bench_permit_right(&bench), ST_OK);
	/* and an old one is too late */
	bench_send(&bench, again);
	assert_int_equal(bench.reply.status, ST_MSG_SEQUENCE);
	assert_int_equal(bench_op(&bench, OP_PROGRAM), ST_OK);
}

static void
test_the_same_sequence_with_another_body(void **state)
{
	struct request other = {.head.op = OP_PROGRAM};
	uint8_t first[FRAME_MESSAGE_MAX];
	size_t len;

	(void)state;
	assert_int_equal(bench_permit_right(&bench), ST_OK);
	len = bench.raw.len;
	memcpy(first, bench.raw.ptr, len);
	bench_mark(&bench);
	bench_assert_refused(&bench,
			     ask_with_head(&other, bench.agent.session,
					   bench.sequence),
			     ST_MSG_REUSED);
	other.head.op = OP_FETCH;
	other.which = STORED_TICKET;
	bench_assert_refused(&bench,
			     ask_with_head(&other, bench.agent.session,
					   bench.sequence),
			     ST_MSG_REUSED);
	/* the stored reply is still the one of the first */
	bench_send(&bench, bench.message);
	assert_int_equal(bench.raw.len, len);
	assert_memory_equal(bench.raw.ptr, first, len);
	assert_int_equal(bench_op(&bench, OP_PROGRAM), ST_OK);
}

static void
test_a_lower_sequence(void **state)
{
	struct request req = {.head.op = OP_PROGRAM};

	(void)state;
	assert_int_equal(bench_permit_right(&bench), ST_OK);
	bench_mark(&bench);
	for (uint32_t sequence = 0; sequence < bench.sequence; sequence++)
		bench_assert_refused(&bench,
				     ask_with_head(&req, bench.agent.session,
						   sequence),
				     ST_MSG_SEQUENCE);
	/* nor did any of them change the stored reply */
	bench_send(&bench, bench.message);
	assert_int_equal(bench.reply.head.op, OP_PERMIT);
	assert_int_equal(bench.reply.status, ST_OK);
	/* any higher one will do */
	bench.sequence = UINT32_MAX;
	assert_int_equal(ask_with_head(&req, bench.agent.session,
				       bench.sequence),
			 ST_OK);
}

static void
test_a_foreign_session(void **state)
{
	struct request req = {.head.op = OP_PROGRAM};
	uint64_t session = bench.agent.session;

	(void)state;
	assert_int_equal(bench_permit_right(&bench), ST_OK);
	bench_mark(&bench);
	bench_assert_refused(&bench, ask_with_head(&req, session + 1, 99),
			     ST_MSG_SESSION);
	bench_assert_refused(&bench, ask_with_head(&req, 0, 100),
			     ST_MSG_SESSION);
	/* the request of before a restart, for all that it was right */
	assert_int_equal(bench_op(&bench, OP_FETCH), ST_AGENT_NONE_STORED);
	bench_boot(&bench);
	bench_assert_refused(&bench, ask_with_head(&req, session, 1000),
			     ST_MSG_SESSION);
	assert_true(bench.reply.head.session == session);
}

static void
test_hello_begins_the_count_anew(void **state)
{
	struct request hello = {.head.op = OP_HELLO,
				.protocol = PROTOCOL_VERSION};
	struct request reload = {.head.op = OP_RELOAD};
	uint64_t session = bench.agent.session;

	(void)state;
	assert_int_equal(ask_with_head(&reload, session, 5000), ST_OK);
	assert_int_equal(ask_with_head(&hello, 0, 3), ST_OK);
	assert_true(bench.reply.head.session == session);
	assert_int_equal(ask_with_head(&reload, session, 2), ST_MSG_SEQUENCE);
	assert_int_equal(ask_with_head(&reload, session, 3), ST_MSG_REUSED);
	assert_int_equal(ask_with_head(&reload, session, 4), ST_OK);
	assert_int_equal(ask_with_head(&hello, 0, 0), ST_OK);
	assert_int_equal(ask_with_head(&reload, session, 1), ST_OK);
}

/* It is no reset: what was asked and permitted stays. */
static void
test_hello_voids_no_permit(void **state)
{
	(void)state;
	assert_int_equal(bench_permit_right(&bench), ST_OK);
	assert_int_equal(bench_state(&bench), STATE_KEYED);
	assert_int_equal(bench_op(&bench, OP_PROGRAM), ST_OK);
}

static void
test_another_version_of_the_protocol(void **state)
{
	struct request hello = {.head.op = OP_HELLO};

	(void)state;
	hello.protocol = 0;
	assert_int_equal(ask_with_head(&hello, 0, 1), ST_MSG_PROTOCOL);
	hello.protocol = UINT32_MAX;
	assert_int_equal(ask_with_head(&hello, 0, 1), ST_MSG_PROTOCOL);
}

/* ---------------------------------------------------------------- garbage */

static uint64_t noise = 1;

static uint8_t
next_noise(void)
{
	noise = noise * UINT64_C(6364136223846793005) + 1;
	return (uint8_t)(noise >> 56);
}

/* P3: nothing that comes over the wire burns or stores by itself. */
static void
send_harmless(struct bytes message)
{
	bench_send(&bench, message);
	bench_assert_same(&bench);
}

static void
test_noise_of_any_length(void **state)
{
	uint8_t message[FRAME_MESSAGE_MAX];

	(void)state;
	bench_mark(&bench);
	for (size_t len = 0; len <= sizeof(message); len++) {
		for (size_t i = 0; i < len; i++)
			message[i] = next_noise();
		send_harmless(bytes_of(message, len));
		assert_int_equal(bench.reply.status, ST_MSG_FORMAT);
		memset(message, (int)(len & 0xff), len);
		send_harmless(bytes_of(message, len));
		assert_int_not_equal(bench.reply.status, ST_OK);
	}
}

/* Each bit, each byte cut off, and a byte more, of a request that is right in
 * all but that nothing was permitted. */
static void
maul(struct bytes request)
{
	uint8_t message[FRAME_MESSAGE_MAX + 1];

	memcpy(message, request.ptr, request.len);
	message[request.len] = 0;
	for (size_t bit = 0; bit < 8 * request.len; bit++) {
		message[bit / 8] ^= (uint8_t)(1u << bit % 8);
		send_harmless(bytes_of(message, request.len));
		message[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	for (size_t len = 0; len < request.len; len++) {
		send_harmless(bytes_of(message, len));
		assert_int_equal(bench.reply.status, ST_MSG_FORMAT);
	}
	send_harmless(bytes_of(message, request.len + 1));
	assert_int_equal(bench.reply.status, ST_MSG_FORMAT);
}

static void
test_mauled_requests(void **state)
{
	static const enum msg_op ops[] = {OP_PROGRAM, OP_LOCK, OP_KEY, OP_FETCH,
					  OP_HELLO};
	struct ticket ticket;

	(void)state;
	for (unsigned int i = 0; i < sizeof(ops) / sizeof(ops[0]); i++) {
		(void)bench_op(&bench, ops[i]);
		bench_mark(&bench);
		maul(bench.message);
	}
	/* a ticket whose nonce is not the last one */
	bench_ticket(&bench, &ticket);
	ticket.nonce.byte[0] ^= 1;
	assert_int_equal(bench_permit(&bench, &ticket), ST_AGENT_NONCE);
	maul(bench.message);
}

static void
test_operations_that_there_are_not(void **state)
{
	struct request req = {.head.op = OP_HELLO};

	(void)state;
	bench_mark(&bench);
	req.head.op = (enum msg_op)0;
	assert_int_equal(ask_with_head(&req, bench.agent.session, 100),
			 ST_MSG_UNKNOWN);
	for (unsigned int op = OP_ATTEST + 1; op <= 0xffff; op += 251) {
		req.head.op = (enum msg_op)op;
		bench_assert_refused(
			&bench, ask_with_head(&req, bench.agent.session, 100),
			ST_MSG_UNKNOWN);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(
			test_a_repeated_request_gets_the_stored_reply, set_up),
		cmocka_unit_test_setup(test_a_repeated_key_is_the_same_question,
				       set_up),
		cmocka_unit_test_setup(test_the_same_sequence_with_another_body,
				       set_up),
		cmocka_unit_test_setup(test_a_lower_sequence, set_up),
		cmocka_unit_test_setup(test_a_foreign_session, set_up),
		cmocka_unit_test_setup(test_hello_begins_the_count_anew,
				       set_up),
		cmocka_unit_test_setup(test_hello_voids_no_permit, set_up),
		cmocka_unit_test_setup(test_another_version_of_the_protocol,
				       set_up),
		cmocka_unit_test_setup(test_noise_of_any_length, set_up),
		cmocka_unit_test_setup(test_mauled_requests, set_up),
		cmocka_unit_test_setup(test_operations_that_there_are_not,
				       set_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
