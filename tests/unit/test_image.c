/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/image.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "support/image_maker.h"

static void
test_geometry(void **state)
{
	unsigned int words = 0;

	(void)state;
	for (unsigned int f = 0; f < IMAGE_FIELDS; f++) {
		assert_int_equal(image_kill_word((enum image_field)f, COPY_A),
				 words);
		words += 2 * image_copy_words((enum image_field)f);
	}
	assert_int_equal(words, IMAGE_WORDS);
	assert_int_equal(image_kill_word(FIELD_HEADER, COPY_A),
			 IMAGE_FIRST_OPEN_WORD);
}

static void
test_words_are_never_blank_nor_full(void **state)
{
	const uint32_t payloads[] = {0, 1, 0x0fffffff, 0x5555555, 0xaaaaaaa};

	(void)state;
	for (size_t i = 0; i < sizeof(payloads) / sizeof(payloads[0]); i++) {
		uint32_t word = image_encode_word(payloads[i]);
		uint32_t other = image_encode_complement(payloads[i]);

		assert_int_equal(word ^ other, UINT32_MAX);
		assert_true(word != 0 && word != UINT32_MAX);
		assert_true(other != 0 && other != UINT32_MAX);
	}
}

static void
test_payloads_come_back(void **state)
{
	struct image_payload payload;
	struct identity identity = image_maker_identity(2);
	struct image_header header;
	struct sha256 digest, again;
	uint8_t secret[IMAGE_SECRET_LEN], back[IMAGE_SECRET_LEN];

	(void)state;
	for (unsigned int i = 0; i < sizeof(secret); i++)
		secret[i] = (uint8_t)(i * 37 + 1);
	for (unsigned int i = 0; i < SHA256_LEN; i++)
		digest.byte[i] = (uint8_t)(i * 91 + 3);
	image_secret_payload(&payload, secret);
	image_payload_secret(back, &payload);
	assert_memory_equal(secret, back, sizeof(secret));
	image_digest_payload(&payload, &digest);
	assert_true(image_payload_digest(&again, &payload));
	assert_memory_equal(&digest, &again, sizeof(digest));
	payload.word[9] |= 1;
	assert_false(image_payload_digest(&again, &payload));
	image_header_payload(&payload, &identity, CLASS_PRODUCTION);
	assert_int_equal(payload.word[0], 0x1a6300 | identity.primary);
	assert_true(image_payload_header(&header, &payload));
	assert_int_equal(header.class, CLASS_PRODUCTION);
	assert_int_equal(header.slot_mask, 3);
}

static void
test_headers_that_we_never_burn(void **state)
{
	const uint32_t bad[] = {
		0,	   /* nothing */
		0x25a100,  /* another layout */
		0x15b100,  /* no class */
		0x15a000,  /* nothing populated */
		0x15a101,  /* primary not populated */
		0x15a104,  /* primary out of range */
		0x15a110,  /* a bit that is kept zero */
		0x815a100, /* layout 0x81 */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct image_payload payload = {{bad[i]}};
		struct image_header header;

		assert_false(image_payload_header(&header, &payload));
	}
}

static void
test_copy_states(void **state)
{
	struct image image = {{0}, {0}};
	unsigned int at = image_kill_word(FIELD_IDENTITY_1, COPY_B);

	(void)state;
	assert_int_equal(image_copy_state(&image, FIELD_IDENTITY_1, COPY_B),
			 COPY_BLANK);
	image.word[at + 1] = image_encode_word(0x1234567);
	assert_int_equal(image_copy_state(&image, FIELD_IDENTITY_1, COPY_B),
			 COPY_TORN);
	image.word[at + 2] = image_encode_complement(0x1234567);
	image.word[at + 3] = image_encode_word(0x7654321);
	image.word[at + 4] = image_encode_complement(0x7654321);
	assert_int_equal(image_copy_state(&image, FIELD_IDENTITY_1, COPY_B),
			 COPY_VALID);
	image.health[at + 3] = WORD_UNREADABLE;
	assert_int_equal(image_copy_state(&image, FIELD_IDENTITY_1, COPY_B),
			 COPY_DEAD);
	image.health[at + 3] = WORD_CORRECTED;
	assert_int_equal(image_copy_state(&image, FIELD_IDENTITY_1, COPY_B),
			 COPY_VALID);
	image.word[at + 4] |= image.word[at + 3];
	assert_int_equal(image_copy_state(&image, FIELD_IDENTITY_1, COPY_B),
			 COPY_DEAD);
	image.word[at + 4] = image_encode_complement(0x7654321);
	image.word[at] = 0x100;
	assert_int_equal(image_copy_state(&image, FIELD_IDENTITY_1, COPY_B),
			 COPY_DEAD);
	/* a tag that is not ours, with a fitting complement */
	image.word[at] = 0;
	image.word[at + 1] = 0x61234567;
	image.word[at + 2] = ~UINT32_C(0x61234567);
	assert_int_equal(image_copy_state(&image, FIELD_IDENTITY_1, COPY_B),
			 COPY_TORN);
}

/* A life of a unit, looked at after every single burn. */
static void
test_stages_in_order(void **state)
{
	const enum word_kind kinds[] = {WORDS_ADDITIVE, WORDS_ONCE};

	(void)state;
	for (unsigned int k = 0; k < 2; k++)
		for (unsigned int slots = 1; slots <= SLOTS_MAX; slots++) {
			struct image_maker maker;
			struct image_view view;
			enum image_stage last = IMAGE_BLANK;

			image_maker_init(&maker, kinds[k], slots);
			while (image_maker_step(&maker)) {
				image_view(&view, &maker.image);
				assert_int_not_equal(view.stage, IMAGE_VOID);
				assert_true(view.stage >= last);
				last = view.stage;
			}
			image_view(&view, &maker.image);
			assert_int_equal(view.stage, IMAGE_MARKED);
			assert_true(view.is_whole);
			assert_true(identity_equal(&view.identity,
						   &maker.plan.identity));
			assert_int_equal(image_exact(&maker.image, &maker.plan),
					 ST_OK);
		}
}

/* One burn torn at any place: the unit still ends well, never as another. */
static void
test_one_torn_burn_costs_no_unit(void **state)
{
	const enum word_kind kinds[] = {WORDS_ADDITIVE, WORDS_ONCE};

	(void)state;
	for (unsigned int k = 0; k < 2; k++)
		for (unsigned int cut = 0;; cut++) {
			struct image_maker maker;
			struct image_view view;

			image_maker_init(&maker, kinds[k], 1 + cut % 4);
			maker.tear_at = cut;
			maker.tear_mask = (uint32_t)random();
			image_maker_run(&maker);
			if (maker.burns <= cut)
				break;
			assert_false(maker.is_lost);
			image_view(&view, &maker.image);
			assert_true(view.is_whole);
			assert_int_equal(image_exact(&maker.image, &maker.plan),
					 ST_OK);
		}
}

static void
test_two_torn_burns_are_refused_or_right(void **state)
{
	unsigned int lost = 0;

	(void)state;
	for (unsigned int run = 0; run < 3000; run++) {
		struct image_maker maker;
		struct image_view view;

		image_maker_init(&maker, WORDS_ONCE, 1 + run % 4);
		maker.tear_at = (unsigned int)random() % 100;
		maker.tear_again_at = maker.tear_at + 1 +
				      (unsigned int)random() % 30;
		maker.tear_mask = (uint32_t)random();
		image_maker_run(&maker);
		image_view(&view, &maker.image);
		if (maker.is_lost) {
			lost++;
			assert_false(view.is_whole);
			continue;
		}
		assert_true(view.is_whole);
		assert_int_equal(image_exact(&maker.image, &maker.plan), ST_OK);
	}
	assert_true(lost > 0);
}

/* A kill word that is stuck at blank: a pair is burnt to (1,1) instead. */
static void
test_stuck_kill_word(void **state)
{
	struct image_maker maker;
	unsigned int kill = image_kill_word(FIELD_IDENTITY_3, COPY_A);

	(void)state;
	image_maker_init(&maker, WORDS_ONCE, 2);
	maker.stuck_word = kill;
	image_maker_run(&maker);
	assert_false(maker.is_lost);
	assert_int_equal(maker.image.word[kill], 0);
	assert_int_equal(image_exact(&maker.image, &maker.plan), ST_OK);
}

/* A cell that does not burn gives up its copy, and only that. */
static void
test_every_stuck_word(void **state)
{
	const enum word_kind kinds[] = {WORDS_ADDITIVE, WORDS_ONCE};

	(void)state;
	for (unsigned int k = 0; k < 2; k++)
		for (unsigned int word = 0; word < IMAGE_WORDS; word++) {
			struct image_maker maker;

			image_maker_init(&maker, kinds[k], 3);
			maker.stuck_word = word;
			image_maker_run(&maker);
			assert_false(maker.is_lost);
			assert_int_equal(image_exact(&maker.image, &maker.plan),
					 ST_OK);
		}
}

static void
run_to_written(struct image_maker *maker)
{
	struct image_view view;

	do {
		assert_true(image_maker_step(maker));
		image_view(&view, &maker->image);
	} while (!view.is_identity_whole);
}

static void
test_exact_finds_every_further_bit(void **state)
{
	struct image_maker maker;

	(void)state;
	image_maker_init(&maker, WORDS_ADDITIVE, 2);
	run_to_written(&maker);
	maker.plan.has_digest = false;
	maker.plan.is_marked = false;
	assert_int_equal(image_exact(&maker.image, &maker.plan), ST_OK);
	for (unsigned int bit = 32 * IMAGE_FIRST_OPEN_WORD;
	     bit < 32 * IMAGE_WORDS; bit++) {
		struct image more = maker.image;
		unsigned int word = bit / 32;
		enum copy_state before, after;

		more.word[word] |= UINT32_C(1) << bit % 32;
		if (more.word[word] == maker.image.word[word])
			continue;
		/* a copy of the plan that dies of it is dead as a class */
		before = image_maker_copy_of(&maker.image, word);
		after = image_maker_copy_of(&more, word);
		if (before == COPY_VALID) {
			assert_int_equal(after, COPY_DEAD);
			continue;
		}
		assert_int_equal(image_exact(&more, &maker.plan),
				 ST_OTP_INEXACT);
	}
}

static void
test_exact_refuses_corrected_words(void **state)
{
	struct image_maker maker;

	(void)state;
	image_maker_init(&maker, WORDS_ADDITIVE, 1);
	image_maker_run(&maker);
	maker.image.health[IMAGE_FIRST_OPEN_WORD + 9] = WORD_CORRECTED;
	assert_int_equal(image_exact(&maker.image, &maker.plan),
			 ST_OTP_CORRECTED);
}

static void
test_exact_refuses_another_plan(void **state)
{
	struct image_maker maker;
	struct image_plan plan;

	(void)state;
	image_maker_init(&maker, WORDS_ONCE, 2);
	image_maker_run(&maker);
	plan = maker.plan;
	plan.identity.slot[1].body++;
	assert_int_equal(image_exact(&maker.image, &plan), ST_OTP_INEXACT);
	plan = maker.plan;
	plan.identity.primary = 1;
	assert_int_equal(image_exact(&maker.image, &plan), ST_OTP_INEXACT);
	plan = maker.plan;
	plan.class = CLASS_PRODUCTION;
	assert_int_equal(image_exact(&maker.image, &plan), ST_OTP_INEXACT);
	plan = maker.plan;
	plan.digest.byte[31] ^= 1;
	assert_int_equal(image_exact(&maker.image, &plan), ST_OTP_INEXACT);
	plan = maker.plan;
	plan.is_marked = false;
	assert_int_equal(image_exact(&maker.image, &plan), ST_OTP_INEXACT);
}

static void
burn_copy(struct image *image, enum image_field field, enum image_copy copy,
	  struct imei imei)
{
	struct image_payload payload;

	image_identity_payload(&payload, imei);
	image_encode_copy(image->word + image_kill_word(field, copy), field,
			  &payload);
}

static void
test_combinations_that_are_void(void **state)
{
	struct image_maker maker;
	struct image image;
	struct image_view view;

	(void)state;
	image_maker_init(&maker, WORDS_ADDITIVE, 2);
	run_to_written(&maker);
	/* copies that disagree */
	image = maker.image;
	burn_copy(&image, FIELD_IDENTITY_1, COPY_B, imei_of(1010000, 77));
	image_view(&view, &image);
	assert_int_equal(view.stage, IMAGE_VOID);
	/* a populated slot without a copy */
	image = maker.image;
	image.word[image_kill_word(FIELD_IDENTITY_2, COPY_A)] = 1;
	image.word[image_kill_word(FIELD_IDENTITY_2, COPY_B)] = 1;
	image_view(&view, &image);
	assert_int_equal(view.stage, IMAGE_VOID);
	/* a number in a slot that the header does not have */
	image = maker.image;
	burn_copy(&image, FIELD_IDENTITY_4, COPY_A, imei_of(1010000, 77));
	image_view(&view, &image);
	assert_int_equal(view.stage, IMAGE_VOID);
	/* an unpopulated slot that dies before its time */
	image = maker.image;
	image.word[image_kill_word(FIELD_IDENTITY_3, COPY_A)] = IMAGE_KILL;
	image_view(&view, &image);
	assert_int_equal(view.stage, IMAGE_VOID);
	/* the marker before the digest */
	image = maker.image;
	image.word[image_kill_word(FIELD_MARKER, COPY_A) + 1] = 1u << 30;
	image_view(&view, &image);
	assert_int_equal(view.stage, IMAGE_VOID);
	/* digits that are none */
	image = maker.image;
	burn_copy(&image, FIELD_IDENTITY_1, COPY_A, imei_of(1010000, 1));
	image.word[image_kill_word(FIELD_IDENTITY_1, COPY_A) + 1] =
		image_encode_word(0xaaaaaaa);
	image.word[image_kill_word(FIELD_IDENTITY_1, COPY_A) + 2] =
		image_encode_complement(0xaaaaaaa);
	image_view(&view, &image);
	assert_int_equal(view.stage, IMAGE_VOID);
}

static void
test_secret_keeps_decided_cells(void **state)
{
	struct image image = {{0}, {0}};
	struct image_payload plan, seen;
	const uint8_t first[IMAGE_SECRET_LEN] = {0x12, 0x34, 0xff, 0x81};
	const uint8_t fresh[IMAGE_SECRET_LEN] = {0xfe, 0xdc, 0xba, 0x98};
	struct image_payload payload;

	(void)state;
	image_secret_payload(&payload, first);
	image.word[1] = image_encode_word(payload.word[0]) & 0x5a5a5a5a;
	image.word[2] = image_encode_complement(payload.word[0]) & 0x0ff00ff0;
	image_plan_secret(&plan, &image, WORDS_ADDITIVE, fresh);
	assert_int_equal(image.word[1] & ~image_encode_word(plan.word[0]), 0);
	assert_int_equal(image.word[2] & ~image_encode_complement(plan.word[0]),
			 0);
	image_secret_payload(&seen, fresh);
	assert_int_equal(plan.word[1], seen.word[1]);
	/* write-once: what is torn will be killed, so nothing of it stays */
	image_plan_secret(&plan, &image, WORDS_ONCE, fresh);
	assert_memory_equal(&plan, &seen, sizeof(plan));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_geometry),
		cmocka_unit_test(test_words_are_never_blank_nor_full),
		cmocka_unit_test(test_payloads_come_back),
		cmocka_unit_test(test_headers_that_we_never_burn),
		cmocka_unit_test(test_copy_states),
		cmocka_unit_test(test_stages_in_order),
		cmocka_unit_test(test_one_torn_burn_costs_no_unit),
		cmocka_unit_test(test_two_torn_burns_are_refused_or_right),
		cmocka_unit_test(test_stuck_kill_word),
		cmocka_unit_test(test_every_stuck_word),
		cmocka_unit_test(test_exact_finds_every_further_bit),
		cmocka_unit_test(test_exact_refuses_corrected_words),
		cmocka_unit_test(test_exact_refuses_another_plan),
		cmocka_unit_test(test_combinations_that_are_void),
		cmocka_unit_test(test_secret_keeps_decided_cells),
	};

	srandom(1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
