/* SPDX-License-Identifier: Apache-2.0 */
/* Every request in every state (docs/protocol.md, 4 and 5); P6. */
#include "agent/agent.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "support/bench.h"

static struct bench bench;

#define GOOD ST_OK
#define STATE ST_AGENT_STATE
#define LOCKED ST_AGENT_LOCKED
#define FAILED ST_AGENT_LOCK_FAILED
#define GONE ST_OTP_VOID
#define PERMIT ST_AGENT_NO_PERMIT
#define NONE ST_AGENT_NONE_STORED

/* By state, from blank to void; requests are right in all else. */
static const struct {
	enum msg_op op;
	enum status status[STATE_VOID];
} table[] = {
	{OP_HELLO, {GOOD, GOOD, GOOD, GOOD, GOOD, GOOD, GOOD, GOOD, GOOD}},
	{OP_KEY, {GOOD, GOOD, GOOD, GOOD, GOOD, GOOD, GOOD, GOOD, GOOD}},
	{OP_PERMIT,
	 {STATE, GOOD, GOOD, GOOD, STATE, STATE, LOCKED, FAILED, GONE}},
	{OP_PROGRAM,
	 {STATE, PERMIT, PERMIT, PERMIT, STATE, STATE, LOCKED, FAILED, GONE}},
	{OP_RELOAD, {GOOD, GOOD, GOOD, GOOD, GOOD, GOOD, GOOD, GOOD, GOOD}},
	{OP_READ, {STATE, GOOD, GOOD, GOOD, GOOD, GOOD, GOOD, GOOD, GOOD}},
	{OP_STORE, {STATE, STATE, STATE, GOOD, GOOD, GOOD, GOOD, GOOD, GONE}},
	{OP_FETCH, {NONE, NONE, NONE, NONE, GOOD, GOOD, GOOD, GOOD, GOOD}},
	{OP_LOCK,
	 {STATE, STATE, STATE, STATE, GOOD, GOOD, LOCKED, FAILED, GONE}},
	{OP_RESET, {GOOD, GOOD, GOOD, GOOD, GOOD, GOOD, GOOD, GOOD, GOOD}},
	{OP_PROBE, {STATE, GOOD, GOOD, GOOD, GOOD, GOOD, GOOD, GOOD, GOOD}},
	{OP_ATTEST, {STATE, GOOD, GOOD, GOOD, GOOD, GOOD, GOOD, GOOD, GOOD}},
};

/* Whether a request that was served may have burnt something. */
static bool
may_burn(enum msg_op op, enum device_state state)
{
	return (op == OP_KEY && state == STATE_BLANK) ||
	       (op == OP_STORE && state == STATE_WRITTEN) || op == OP_LOCK;
}

static bool
may_store(enum msg_op op)
{
	return op == OP_PERMIT || op == OP_STORE;
}

static enum status
ask(enum msg_op op)
{
	if (op == OP_PERMIT)
		return bench_permit_right(&bench);
	if (op == OP_STORE)
		return bench_store_right(&bench);
	return bench_op(&bench, op);
}

/* The very same bytes once more: the same reply, and nothing is done. */
static void
assert_repeats(void)
{
	uint8_t first[FRAME_MESSAGE_MAX];
	size_t len = bench.raw.len;
	unsigned int changes = bench.fake.changes;

	memcpy(first, bench.raw.ptr, len);
	bench_mark(&bench);
	bench_send(&bench, bench.message);
	assert_int_equal(bench.raw.len, len);
	assert_memory_equal(bench.raw.ptr, first, len);
	bench_assert_same(&bench);
	assert_int_equal(bench.fake.changes, changes);
}

static void
check(unsigned int row, enum device_state state)
{
	enum msg_op op = table[row].op;
	enum status want = table[row].status[state - 1];

	bench_in(&bench, state);
	if (op == OP_PERMIT && state != STATE_BLANK)
		assert_int_equal(bench_key(&bench), ST_OK);
	bench_mark(&bench);
	assert_int_equal(ask(op), want);
	if (want != ST_OK || !may_burn(op, state))
		bench_assert_same_fuses(&bench);
	if (want != ST_OK || !may_store(op))
		assert_memory_equal(bench.store, bench.fake.store,
				    sizeof(bench.store));
	if (op != OP_HELLO)
		assert_repeats();
}

static void
test_every_request_in_every_state(void **state)
{
	(void)state;
	for (unsigned int row = 0; row < OP_ATTEST; row++)
		for (unsigned int s = STATE_BLANK; s <= STATE_VOID; s++)
			check(row, (enum device_state)s);
}

/* Without a secret, `key` cannot help a unit that is void or failed. */
static void
test_no_key_for_a_spoiled_blank(void **state)
{
	(void)state;
	bench_init(&bench, WORDS_ADDITIVE, 2);
	bench.fake.cells.word[IMAGE_FIRST_OPEN_WORD + 1] = 1;
	bench_mark(&bench);
	bench_assert_refused(&bench, bench_op(&bench, OP_KEY), ST_OTP_VOID);
	bench_init(&bench, WORDS_ADDITIVE, 2);
	bench.fake.cells.canary[0] = 1;
	bench_mark(&bench);
	bench_assert_refused(&bench, bench_op(&bench, OP_KEY),
			     ST_AGENT_LOCK_FAILED);
	bench_init(&bench, WORDS_ADDITIVE, 2);
	bench.fake.cells.lock[0] = 1;
	bench_mark(&bench);
	bench_assert_refused(&bench, bench_op(&bench, OP_KEY), ST_OTP_VOID);
}

/* P6, the probe: right in everything, but the unit is locked. */
static void
test_a_locked_unit_answers_locked(void **state)
{
	struct record other;

	(void)state;
	bench_in(&bench, STATE_LOCKED);
	assert_int_equal(bench_key(&bench), ST_OK);
	bench_mark(&bench);
	bench_assert_refused(&bench, bench_permit_right(&bench),
			     ST_AGENT_LOCKED);
	bench_assert_refused(&bench, bench_op(&bench, OP_PROGRAM),
			     ST_AGENT_LOCKED);
	bench_assert_refused(&bench, bench_op(&bench, OP_LOCK),
			     ST_AGENT_LOCKED);
	bench_record(&bench, &other);
	other.identity.slot[0].body += 100;
	bench_assert_refused(&bench, bench_store(&bench, &other),
			     ST_AGENT_MISMATCH);
}

/* P6: the hardware and the coding refuse whoever goes around the agent. */
static void
test_no_burn_makes_a_locked_unit_another(void **state)
{
	static struct bench locked;
	struct identity identity;

	(void)state;
	bench_in(&locked, STATE_LOCKED);
	identity = locked.identity;
	for (unsigned int i = 0; i < 32 * IMAGE_OPEN_WORDS; i++) {
		unsigned int word = IMAGE_FIRST_OPEN_WORD + i / 32;
		const struct device_view *view;
		struct image image;
		struct device_view seen;

		bench_copy(&bench, &locked);
		assert_int_equal(bench.fake.port.otp_program(&bench.fake, word,
							     UINT32_MAX),
				 ST_PORT_REFUSED);
		bench.fake.cells.word[word] |= UINT32_C(1) << i % 32;
		assert_int_equal(state_sense(&image, &bench.fake.port), ST_OK);
		assert_int_equal(state_judge(&seen, &image, &bench.fake.port),
				 ST_OK);
		view = &seen;
		if (view->state == STATE_LOCKED)
			assert_true(identity_equal(&view->image.identity,
						   &identity));
		else
			assert_int_equal(view->state, STATE_VOID);
	}
}

/* The state is what the silicon says, whatever was said before. */
static void
test_the_state_is_sensed_for_each_request(void **state)
{
	(void)state;
	bench_in(&bench, STATE_KEYED);
	assert_int_equal(bench_key(&bench), ST_OK);
	assert_int_equal(bench_permit_right(&bench), ST_OK);
	bench.fake.cells.canary[0] = 1;
	bench_mark(&bench);
	bench_assert_refused(&bench, bench_op(&bench, OP_PROGRAM),
			     ST_AGENT_LOCK_FAILED);
}

/* No agent starts on a port that declares more than it can serve. */
static void
test_a_port_that_is_not_sound(void **state)
{
	static const struct {
		uint8_t slots, lock_units;
		size_t sector;
		enum status expected;
	} rows[] = {
		{1, 1, PORT_STORE_SECTOR_MIN, ST_OK},
		{0, 1, PORT_STORE_SECTOR_MIN, ST_AGENT_PORT},
		{SLOTS_MAX + 1, 1, PORT_STORE_SECTOR_MIN, ST_AGENT_PORT},
		{1, 0, PORT_STORE_SECTOR_MIN, ST_AGENT_PORT},
		{1, PORT_LOCK_UNITS_MAX + 1, PORT_STORE_SECTOR_MIN,
		 ST_AGENT_PORT},
		{1, 1, PORT_STORE_SECTOR_MIN - 1, ST_AGENT_PORT},
	};
	struct agent agent;

	(void)state;
	bench_init(&bench, WORDS_ADDITIVE, 1);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		bench.fake.info.modem_slots = rows[i].slots;
		bench.fake.info.lock_units = rows[i].lock_units;
		bench.fake.port.store_sector_size = rows[i].sector;
		assert_int_equal(agent_init(&agent, &bench.fake.port,
					    &bench.trust),
				 rows[i].expected);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_port_that_is_not_sound),
		cmocka_unit_test(test_every_request_in_every_state),
		cmocka_unit_test(test_no_key_for_a_spoiled_blank),
		cmocka_unit_test(test_a_locked_unit_answers_locked),
		cmocka_unit_test(test_no_burn_makes_a_locked_unit_another),
		cmocka_unit_test(test_the_state_is_sensed_for_each_request),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
