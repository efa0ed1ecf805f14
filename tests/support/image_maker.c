/* SPDX-License-Identifier: Apache-2.0 */
#include "support/image_maker.h"

#include <stdlib.h>

struct identity
image_maker_identity(unsigned int slots)
{
	struct identity identity;

	identity_init(&identity);
	for (unsigned int i = 0; i < slots; i++)
		identity.slot[i] = imei_of(1010000, 123456 + i);
	return identity;
}

void
image_maker_init(struct image_maker *maker, enum word_kind kind,
		 unsigned int slots)
{
	memset(maker, 0, sizeof(*maker));
	maker->kind = kind;
	maker->plan.class = CLASS_DEVELOPMENT;
	maker->plan.identity = image_maker_identity(slots);
	maker->plan.has_digest = true;
	maker->plan.is_marked = true;
	memset(maker->plan.digest.byte, 0xa7, SHA256_LEN);
	maker->tear_at = MAKER_NEVER;
	maker->tear_again_at = MAKER_NEVER;
	maker->stuck_word = MAKER_NEVER;
}

/* After a restart only the cells are left. */
static void
restart(struct image_maker *maker)
{
	memset(&maker->tried, 0, sizeof(maker->tried));
	maker->stage = MAKER_SECRET;
	maker->slot = 0;
	maker->has_secret = false;
}

static void
burn(struct image_maker *maker, const struct image_burn *burn)
{
	uint32_t *cell = &maker->image.word[burn->word];
	unsigned int now = maker->burns++;

	if (now == maker->tear_at || now == maker->tear_again_at) {
		if (burn->word != maker->stuck_word)
			*cell |= burn->value & maker->tear_mask;
		maker->tear_mask = ~maker->tear_mask;
		restart(maker);
		return;
	}
	if (burn->word != maker->stuck_word)
		*cell |= burn->value;
	if (*cell != burn->value)
		image_tried_add(&maker->tried, burn->word);
}

static enum status
next_secret(struct image_burn *out, struct image_maker *maker)
{
	uint8_t fresh[IMAGE_SECRET_LEN];

	if (!maker->has_secret) {
		for (unsigned int i = 0; i < sizeof(fresh); i++)
			fresh[i] = (uint8_t)random();
		image_plan_secret(&maker->secret, &maker->image, maker->kind,
				  fresh);
		maker->has_secret = true;
	}
	return image_next_burn(out, &maker->image, maker->kind, &maker->tried,
			       FIELD_SECRET, &maker->secret);
}

static enum status
next_slot(struct image_burn *out, struct image_maker *maker)
{
	bool kill = maker->stage == MAKER_KILL;

	for (; maker->slot < SLOTS_MAX; maker->slot++) {
		struct imei imei = maker->plan.identity.slot[maker->slot];
		enum image_field field =
			(enum image_field)(FIELD_IDENTITY_1 + maker->slot);
		struct image_payload payload;
		enum status st = ST_OTP_DONE;

		if (kill && !imei_is_valid(imei)) {
			st = image_next_kill(out, &maker->image, maker->kind,
					     &maker->tried, field);
		} else if (!kill && imei_is_valid(imei)) {
			image_identity_payload(&payload, imei);
			st = image_next_burn(out, &maker->image, maker->kind,
					     &maker->tried, field, &payload);
		}
		if (st != ST_OTP_DONE)
			return st;
	}
	return ST_OTP_DONE;
}

static enum status
next_field(struct image_burn *out, struct image_maker *maker)
{
	struct image_payload payload;
	enum image_field field = FIELD_HEADER;

	if (maker->stage == MAKER_SECRET)
		return next_secret(out, maker);
	if (maker->stage == MAKER_IDENTITY || maker->stage == MAKER_KILL)
		return next_slot(out, maker);
	if (maker->stage == MAKER_HEADER) {
		image_header_payload(&payload, &maker->plan.identity,
				     maker->plan.class);
	} else if (maker->stage == MAKER_DIGEST) {
		field = FIELD_DIGEST;
		image_digest_payload(&payload, &maker->plan.digest);
	} else {
		field = FIELD_MARKER;
		image_marker_payload(&payload);
	}
	return image_next_burn(out, &maker->image, maker->kind, &maker->tried,
			       field, &payload);
}

bool
image_maker_step(struct image_maker *maker)
{
	while (maker->stage != MAKER_DONE && !maker->is_lost) {
		struct image_burn next;
		enum status st = next_field(&next, maker);

		if (st == ST_OK) {
			burn(maker, &next);
			return true;
		}
		maker->is_lost = st != ST_OTP_DONE;
		maker->stage = (enum maker_stage)(maker->stage + 1);
		maker->slot = 0;
	}
	return false;
}

void
image_maker_run(struct image_maker *maker)
{
	while (image_maker_step(maker))
		;
}

enum copy_state
image_maker_copy_of(const struct image *image, unsigned int word)
{
	for (unsigned int f = 0; f < IMAGE_FIELDS; f++)
		for (unsigned int c = COPY_A; c < IMAGE_COPIES; c++) {
			enum image_field field = (enum image_field)f;
			enum image_copy copy = (enum image_copy)c;
			unsigned int first = image_kill_word(field, copy);

			if (word >= first &&
			    word < first + image_copy_words(field))
				return image_copy_state(image, field, copy);
		}
	abort();
}
