/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From one valid locked image no sequence of one-way burns reaches a different
 * valid image (docs/otp.md, section 8).
 */
#include "proto/image.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "support/image_maker.h"

/*
 * Exhaustive on words: a pair is valid in a bit position only as (0,1) or
 * (1,0).  Over all 4 x 4 ways to go from one cell pair to a superset of it, a
 * position that changes becomes (1,1), and nothing leaves (1,1).
 */
static void
test_every_cell_pair(void **state)
{
	(void)state;
	for (unsigned int before = 0; before < 4; before++)
		for (unsigned int after = 0; after < 4; after++) {
			bool was_valid = before == 1 || before == 2;

			if ((before & ~after) != 0 || before == after)
				continue;
			if (was_valid)
				assert_int_equal(after, 3);
			assert_int_not_equal(before, 3);
		}
}

/* Exhaustive on images: each single further burn of every locked image kind. */
static void
test_every_single_burn(void **state)
{
	(void)state;
	for (unsigned int slots = 1; slots <= SLOTS_MAX; slots++) {
		struct image_maker maker;

		image_maker_init(&maker, WORDS_ADDITIVE, slots);
		image_maker_run(&maker);
		for (unsigned int bit = 0; bit < 32 * IMAGE_WORDS; bit++) {
			struct image more = maker.image;

			more.word[bit / 32] |= UINT32_C(1) << bit % 32;
			if (more.word[bit / 32] == maker.image.word[bit / 32])
				continue;
			assert_int_equal(image_maker_copy_of(&more, bit / 32),
					 COPY_DEAD);
		}
	}
}

static void
check_never_another(const struct image *locked, const struct image *burnt)
{
	struct image_view before, after;

	image_view(&before, locked);
	image_view(&after, burnt);
	for (unsigned int slot = 0; slot < SLOTS_MAX; slot++)
		if (imei_is_valid(after.identity.slot[slot]))
			assert_int_equal(after.identity.slot[slot].body,
					 before.identity.slot[slot].body);
	if (!after.is_whole)
		return;
	assert_true(identity_equal(&before.identity, &after.identity));
	assert_memory_equal(&before.digest, &after.digest,
			    sizeof(before.digest));
	assert_int_equal(before.header.class, after.header.class);
	assert_int_equal(before.header.slot_mask, after.header.slot_mask);
}

/* A search on images: random burns, one after the other, until all is lost. */
static void
test_random_sequences(void **state)
{
	(void)state;
	for (unsigned int run = 0; run < 400; run++) {
		struct image_maker maker;
		struct image image;

		image_maker_init(&maker, WORDS_ONCE, 1 + run % SLOTS_MAX);
		maker.tear_at = run % 120; /* some copies are dead already */
		maker.tear_mask = (uint32_t)random();
		image_maker_run(&maker);
		assert_false(maker.is_lost);
		image = maker.image;
		for (unsigned int i = 0; i < 60; i++) {
			unsigned int bit = (unsigned int)random() %
					   (32 * IMAGE_WORDS);

			image.word[bit / 32] |= UINT32_C(1) << bit % 32;
			check_never_another(&maker.image, &image);
		}
	}
}

/* A forger who knows the layout: he burns what another identity needs. */
static void
test_another_identity_burnt_on_top(void **state)
{
	(void)state;
	for (unsigned int slots = 1; slots <= SLOTS_MAX; slots++) {
		struct image_maker maker, other;
		struct image image;

		image_maker_init(&maker, WORDS_ADDITIVE, slots);
		image_maker_init(&other, WORDS_ADDITIVE, slots);
		other.plan.identity.slot[0] = imei_of(1010000, 999999);
		image_maker_run(&maker);
		image_maker_run(&other);
		image = maker.image;
		for (unsigned int word = 0; word < IMAGE_WORDS; word++)
			image.word[word] |= other.image.word[word];
		check_never_another(&maker.image, &image);
		assert_int_equal(image_copy_state(&image, FIELD_IDENTITY_1,
						  COPY_A),
				 COPY_DEAD);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_cell_pair),
		cmocka_unit_test(test_every_single_burn),
		cmocka_unit_test(test_random_sequences),
		cmocka_unit_test(test_another_identity_burnt_on_top),
	};

	srandom(7);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
