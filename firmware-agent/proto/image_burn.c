/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/image.h"

#define ALL_ONES UINT32_C(0xffffffff)

/* What a step of the plan looks at. */
struct burner {
	const struct image *image;
	enum word_kind kind;
	const struct image_tried *tried;
	enum image_field field;
};

void
image_tried_add(struct image_tried *tried, unsigned int word)
{
	tried->word[word / 8] |= (uint8_t)(1u << word % 8);
}

static bool
is_tried(const struct burner *b, unsigned int word)
{
	return (b->tried->word[word / 8] >> word % 8 & 1) != 0;
}

static bool
may_burn(const struct burner *b, unsigned int word, uint32_t value)
{
	uint32_t have = b->image->word[word];

	if (is_tried(b, word))
		return false;
	return have == 0 || (b->kind == WORDS_ADDITIVE && (have & ~value) == 0);
}

static enum status
burn(struct image_burn *out, unsigned int word, uint32_t value)
{
	out->word = word;
	out->value = value;
	return ST_OK;
}

/* Burn a pair to (1,1): the one that is still blank last, so that a cell of
 * the other is set already. */
static enum status
next_pair_kill(struct image_burn *out, const struct burner *b,
	       enum image_copy copy)
{
	unsigned int kill = image_kill_word(b->field, copy);
	unsigned int end = kill + image_copy_words(b->field);

	for (unsigned int word = kill + 1; word < end; word += 2) {
		unsigned int other = word + 1;

		if (b->image->word[word] != 0 && may_burn(b, other, ALL_ONES))
			return burn(out, other, ALL_ONES);
		if (b->image->word[other] != 0 && may_burn(b, word, ALL_ONES))
			return burn(out, word, ALL_ONES);
		if (may_burn(b, word, ALL_ONES) && may_burn(b, other, ALL_ONES))
			return burn(out, word, ALL_ONES);
	}
	return ST_OTP_FIELD_LOST;
}

/* The next burn that makes a copy dead; ST_OTP_DONE if it is. */
static enum status
next_copy_kill(struct image_burn *out, const struct burner *b,
	       enum image_copy copy)
{
	unsigned int kill = image_kill_word(b->field, copy);

	if (image_copy_state(b->image, b->field, copy) == COPY_DEAD)
		return ST_OTP_DONE;
	if (may_burn(b, kill, IMAGE_KILL))
		return burn(out, kill, IMAGE_KILL);
	return next_pair_kill(out, b, copy);
}

/* The next burn that makes a copy equal the plan, or else dead. */
static enum status
next_copy_burn(struct image_burn *out, const struct burner *b,
	       enum image_copy copy, const struct image_payload *payload)
{
	uint32_t want[1 + 2 * IMAGE_PAYLOAD_MAX];
	unsigned int kill = image_kill_word(b->field, copy);

	if (image_copy_state(b->image, b->field, copy) == COPY_DEAD)
		return ST_OTP_DONE;
	image_encode_copy(want, b->field, payload);
	/* a conflict first: nothing is added to a copy that will die */
	for (unsigned int i = 1; i < image_copy_words(b->field); i++)
		if (b->image->word[kill + i] != want[i] &&
		    !may_burn(b, kill + i, want[i]))
			return next_copy_kill(out, b, copy);
	for (unsigned int i = 1; i < image_copy_words(b->field); i++)
		if (b->image->word[kill + i] != want[i])
			return burn(out, kill + i, want[i]);
	return ST_OTP_DONE;
}

enum status
image_next_burn(struct image_burn *out, const struct image *image,
		enum word_kind kind, const struct image_tried *tried,
		enum image_field field, const struct image_payload *payload)
{
	struct burner b = {image, kind, tried, field};
	enum status st = next_copy_burn(out, &b, COPY_A, payload);

	if (st != ST_OTP_DONE)
		return st;
	st = next_copy_burn(out, &b, COPY_B, payload);
	if (st != ST_OTP_DONE)
		return st;
	return image_field_state(image, field) == FIELD_DONE
		       ? ST_OTP_DONE
		       : ST_OTP_FIELD_LOST;
}

enum status
image_next_kill(struct image_burn *out, const struct image *image,
		enum word_kind kind, const struct image_tried *tried,
		enum image_field field)
{
	struct burner b = {image, kind, tried, field};
	enum status st = next_copy_kill(out, &b, COPY_A);

	return st != ST_OTP_DONE ? st : next_copy_kill(out, &b, COPY_B);
}

/* Decided cell pairs of an additive copy stay; the others are fresh. */
static void
keep_decided(struct image_payload *payload, const struct image *image,
	     enum image_copy copy)
{
	unsigned int at = image_kill_word(FIELD_SECRET, copy) + 1;

	for (unsigned int i = 0; i < image_payload_words(FIELD_SECRET); i++) {
		uint32_t ones = image->word[at + 2 * i];
		uint32_t zeros = image->word[at + 2 * i + 1];

		payload->word[i] = (payload->word[i] | ones) & ~zeros &
				   UINT32_C(0x0fffffff);
	}
}

void
image_plan_secret(struct image_payload *out, const struct image *image,
		  enum word_kind kind, const uint8_t fresh[IMAGE_SECRET_LEN])
{
	for (unsigned int c = COPY_A; c < IMAGE_COPIES; c++)
		if (image_copy_state(image, FIELD_SECRET, (enum image_copy)c) ==
		    COPY_VALID) {
			image_copy_payload(out, image, FIELD_SECRET,
					   (enum image_copy)c);
			return;
		}
	image_secret_payload(out, fresh);
	if (kind != WORDS_ADDITIVE)
		return;
	/* copy A, or B if A is dead */
	for (unsigned int c = COPY_A; c < IMAGE_COPIES; c++)
		if (image_copy_state(image, FIELD_SECRET, (enum image_copy)c) !=
		    COPY_DEAD) {
			keep_decided(out, image, (enum image_copy)c);
			return;
		}
}
