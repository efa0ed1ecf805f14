/* SPDX-License-Identifier: Apache-2.0 */
#include "boot/state.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "support/fake_port.h"
#include "support/image_maker.h"

#define UNITS 3

static struct fake_port fake;
static struct image_maker maker;

static enum device_state
state_now(void)
{
	struct device_view view;
	struct image image;

	assert_int_equal(state_sense(&image, &fake.port), ST_OK);
	assert_int_equal(state_judge(&view, &image, &fake.port), ST_OK);
	return view.state;
}

/* Made up to the first burn of a stage, which is made too if begun. */
static void
make(unsigned int slots, enum maker_stage stage, bool begun)
{
	fake_port_init(&fake, WORDS_ADDITIVE, SLOTS_MAX, UNITS);
	image_maker_init(&maker, WORDS_ADDITIVE, slots);
	if (stage == MAKER_DONE)
		image_maker_run(&maker);
	while (maker.stage < stage) {
		struct image_maker before = maker;

		assert_true(image_maker_step(&maker));
		if (maker.stage >= stage && !begun)
			maker.image = before.image;
	}
	memcpy(fake.cells.word, maker.image.word, sizeof(fake.cells.word));
}

static void
make_locked(void)
{
	make(2, MAKER_DONE, false);
	fake_port_lock_all(&fake);
	assert_int_equal(state_now(), STATE_LOCKED);
}

static void
test_the_states_of_an_open_image(void **state)
{
	(void)state;
	fake_port_init(&fake, WORDS_ADDITIVE, SLOTS_MAX, UNITS);
	assert_int_equal(state_now(), STATE_BLANK);
	fake.cells.word[1] = 1;
	assert_int_equal(state_now(), STATE_BLANK);
	for (unsigned int slots = 1; slots <= SLOTS_MAX; slots++) {
		bool full = slots == SLOTS_MAX;

		make(slots, MAKER_HEADER, false);
		assert_int_equal(state_now(), STATE_KEYED);
		make(slots, MAKER_HEADER, true);
		assert_int_equal(state_now(), STATE_WRITING);
		make(slots, MAKER_IDENTITY, true);
		assert_int_equal(state_now(), STATE_WRITING);
		make(slots, MAKER_DIGEST, false);
		assert_int_equal(state_now(), STATE_WRITTEN);
		make(slots, MAKER_DIGEST, true);
		assert_int_equal(state_now(), STATE_WRITTEN);
		make(slots, full ? MAKER_MARKER : MAKER_KILL, false);
		assert_int_equal(state_now(), STATE_RECORDED);
		make(slots, MAKER_MARKER, false);
		assert_int_equal(state_now(), STATE_RECORDED);
		make(slots, MAKER_MARKER, true);
		assert_int_equal(state_now(), STATE_LOCKING);
		make(slots, MAKER_DONE, false);
		assert_int_equal(state_now(), STATE_LOCKING);
	}
}

static void
test_locked_is_every_unit(void **state)
{
	(void)state;
	for (unsigned int mask = 0; mask < 1u << UNITS; mask++) {
		make(2, MAKER_DONE, false);
		for (unsigned int unit = 0; unit < UNITS; unit++)
			fake.cells.lock[unit] = mask >> unit & 1;
		assert_int_equal(state_now(), mask == (1u << UNITS) - 1
						      ? STATE_LOCKED
						      : STATE_LOCKING);
	}
}

static void
test_one_and_eight_units(void **state)
{
	const uint8_t counts[] = {1, PORT_LOCK_UNITS_MAX};

	(void)state;
	for (unsigned int i = 0; i < 2; i++) {
		make_locked();
		fake.info.lock_units = counts[i];
		assert_int_equal(state_all_units(&fake.port),
				 (1u << counts[i]) - 1);
		fake_port_lock_all(&fake);
		assert_int_equal(state_now(), STATE_LOCKED);
		fake.cells.lock[counts[i] - 1] = 0;
		assert_int_equal(state_now(), STATE_LOCKING);
	}
}

/* Any lock on an image that is not marked and whole. */
static void
test_a_lock_before_its_time_is_void(void **state)
{
	const struct {
		enum maker_stage stage;
		bool begun;
	} early[] = {
		{MAKER_SECRET, false},	 {MAKER_HEADER, false},
		{MAKER_IDENTITY, false}, {MAKER_IDENTITY, true},
		{MAKER_DIGEST, false},	 {MAKER_KILL, false},
		{MAKER_MARKER, false},	 {MAKER_MARKER, true},
	};

	(void)state;
	for (unsigned int i = 0; i < sizeof(early) / sizeof(early[0]); i++) {
		make(2, early[i].stage, early[i].begun);
		fake.cells.lock[i % UNITS] = 1;
		assert_int_equal(state_now(), STATE_VOID);
		fake_port_lock_all(&fake);
		assert_int_equal(state_now(), STATE_VOID);
	}
}

static void
test_a_locked_image_that_is_not_whole_is_void(void **state)
{
	(void)state;
	for (unsigned int f = 0; f < IMAGE_FIELDS; f++) {
		make_locked();
		for (unsigned int c = COPY_A; c < IMAGE_COPIES; c++) {
			unsigned int at = image_kill_word((enum image_field)f,
							  (enum image_copy)c);

			/* one dead copy is survived; dead slots stay dead */
			assert_int_equal(state_now(), STATE_LOCKED);
			fake.cells.word[at] |= 1;
		}
		assert_int_equal(state_now(),
				 f == FIELD_IDENTITY_3 || f == FIELD_IDENTITY_4
					 ? STATE_LOCKED
					 : STATE_VOID);
	}
}

static void
test_void_images(void **state)
{
	unsigned int at;

	(void)state;
	/* a bit in a slot that is not populated */
	make(2, MAKER_DIGEST, false);
	at = image_kill_word(FIELD_IDENTITY_3, COPY_A);
	fake.cells.word[at + 1] = 1;
	assert_int_equal(state_now(), STATE_VOID);
	/* two copies that disagree */
	make(2, MAKER_DIGEST, false);
	at = image_kill_word(FIELD_IDENTITY_1, COPY_B);
	fake.cells.word[at + 1] = image_encode_word(0x1010001);
	fake.cells.word[at + 2] = image_encode_complement(0x1010001);
	assert_int_equal(state_now(), STATE_VOID);
	/* something behind the header of a chip that has no secret */
	make(2, MAKER_SECRET, false);
	memset(fake.cells.word, 0, sizeof(fake.cells.word));
	fake.cells.word[IMAGE_FIRST_OPEN_WORD + 1] = 1;
	assert_int_equal(state_now(), STATE_VOID);
	/* both copies of the secret cannot be read */
	make(2, MAKER_HEADER, false);
	fake.health[1] = WORD_UNREADABLE;
	assert_int_equal(state_now(), STATE_KEYED);
	fake.health[12] = WORD_UNREADABLE;
	assert_int_equal(state_now(), STATE_VOID);
}

static void
test_a_canary_decides_over_all(void **state)
{
	(void)state;
	for (unsigned int unit = 0; unit < UNITS; unit++) {
		make_locked();
		fake.cells.canary[unit] = 1;
		assert_int_equal(state_now(), STATE_LOCK_FAILED);
		make(2, MAKER_DIGEST, false);
		fake.cells.canary[unit] = UINT32_C(0x80000000);
		assert_int_equal(state_now(), STATE_LOCK_FAILED);
		fake.cells.word[image_kill_word(FIELD_IDENTITY_4, COPY_A) + 1] =
			1;
		assert_int_equal(state_now(), STATE_LOCK_FAILED);
	}
}

static void
test_what_cannot_be_read(void **state)
{
	(void)state;
	make_locked();
	fake.lock[UNITS - 1] = FAKE_LOCK_UNREADABLE;
	assert_int_equal(state_now(), STATE_LOCKING);
	make_locked();
	fake.is_canary_unreadable[0] = true;
	assert_int_equal(state_now(), STATE_LOCK_FAILED);
}

static void
test_power_that_is_gone_is_no_state(void **state)
{
	struct device_view view;
	struct image image;

	(void)state;
	make_locked();
	assert_int_equal(state_sense(&image, &fake.port), ST_OK);
	fake.is_gone = true;
	assert_int_equal(state_judge(&view, &image, &fake.port), ST_PORT_POWER);
	assert_int_equal(view.state, STATE_VOID);
	assert_int_equal(state_sense(&image, &fake.port), ST_PORT_POWER);
}

static void
test_burnt_words_are_those_behind_the_secret(void **state)
{
	struct image image;

	(void)state;
	make(2, MAKER_HEADER, false);
	assert_int_equal(state_sense(&image, &fake.port), ST_OK);
	assert_int_equal(state_burnt_words(&image), 0);
	image.word[IMAGE_FIRST_OPEN_WORD] = 1;
	image.word[IMAGE_WORDS - 1] = 1;
	assert_int_equal(state_burnt_words(&image), 2);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_states_of_an_open_image),
		cmocka_unit_test(test_locked_is_every_unit),
		cmocka_unit_test(test_one_and_eight_units),
		cmocka_unit_test(test_a_lock_before_its_time_is_void),
		cmocka_unit_test(test_a_locked_image_that_is_not_whole_is_void),
		cmocka_unit_test(test_void_images),
		cmocka_unit_test(test_a_canary_decides_over_all),
		cmocka_unit_test(test_what_cannot_be_read),
		cmocka_unit_test(test_power_that_is_gone_is_no_state),
		cmocka_unit_test(test_burnt_words_are_those_behind_the_secret),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
