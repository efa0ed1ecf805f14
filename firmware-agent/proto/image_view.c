/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/image.h"

static enum field_state
valid_pair_state(const struct image *image, enum image_field field)
{
	struct image_payload a, b;

	image_copy_payload(&a, image, field, COPY_A);
	image_copy_payload(&b, image, field, COPY_B);
	return memcmp(&a, &b, sizeof(a)) == 0 ? FIELD_DONE : FIELD_CLASH;
}

enum field_state
image_field_state(const struct image *image, enum image_field field)
{
	enum copy_state a = image_copy_state(image, field, COPY_A);
	enum copy_state b = image_copy_state(image, field, COPY_B);

	if (a == COPY_VALID && b == COPY_VALID)
		return valid_pair_state(image, field);
	if (a == COPY_DEAD && b == COPY_DEAD)
		return FIELD_KILLED;
	if (a == COPY_BLANK && b == COPY_BLANK)
		return FIELD_EMPTY;
	if ((a == COPY_VALID && b == COPY_DEAD) ||
	    (a == COPY_DEAD && b == COPY_VALID))
		return FIELD_DONE;
	return FIELD_PARTIAL;
}

/* The payload of the first valid copy, if there is one. */
static bool
any_payload(struct image_payload *out, const struct image *image,
	    enum image_field field)
{
	for (unsigned int c = COPY_A; c < IMAGE_COPIES; c++) {
		enum image_copy copy = (enum image_copy)c;

		if (image_copy_state(image, field, copy) == COPY_VALID) {
			image_copy_payload(out, image, field, copy);
			return true;
		}
	}
	return false;
}

/* False if something decodable holds what we never burn. */
static bool
view_header(struct image_view *view, const struct image *image)
{
	struct image_payload payload;

	if (!any_payload(&payload, image, FIELD_HEADER))
		return true;
	view->has_header = image_payload_header(&view->header, &payload);
	if (view->has_header)
		view->identity.primary = view->header.primary;
	return view->has_header;
}

static bool
view_identity(struct image_view *view, const struct image *image)
{
	bool good = true;

	for (unsigned int slot = 0; slot < SLOTS_MAX; slot++) {
		enum image_field field =
			(enum image_field)(FIELD_IDENTITY_1 + slot);
		struct image_payload payload;

		if (!any_payload(&payload, image, field))
			continue;
		good &= imei_decode_bcd(&view->identity.slot[slot],
					payload.word[0],
					payload.word[1]) == ST_OK;
	}
	return good;
}

static bool
view_digest(struct image_view *view, const struct image *image)
{
	struct image_payload payload;

	if (!any_payload(&payload, image, FIELD_DIGEST))
		return true;
	view->has_digest = image_payload_digest(&view->digest, &payload);
	return view->has_digest;
}

static bool
view_marker(struct image_view *view, const struct image *image)
{
	struct image_payload payload, ours;

	if (!any_payload(&payload, image, FIELD_MARKER))
		return true;
	image_marker_payload(&ours);
	view->is_marked = view->field[FIELD_MARKER] == FIELD_DONE;
	return memcmp(&payload, &ours, sizeof(ours)) == 0;
}

static bool
is_populated(const struct image_view *view, unsigned int slot)
{
	return (view->header.slot_mask >> slot & 1) != 0;
}

/* Everything from a field on is blank. */
static bool
is_empty_from(const struct image_view *view, unsigned int field)
{
	for (; field < IMAGE_FIELDS; field++)
		if (view->field[field] != FIELD_EMPTY)
			return false;
	return true;
}

/*
 * Walk the populated slots in burn order: *whole says if all are done, and
 * false is returned if a later one was begun before an earlier was done.
 */
static bool
walk_populated(const struct image_view *view, bool *whole)
{
	*whole = true;
	for (unsigned int slot = 0; slot < SLOTS_MAX; slot++) {
		enum field_state state = view->field[FIELD_IDENTITY_1 + slot];

		if (!is_populated(view, slot))
			continue;
		if (!*whole && state != FIELD_EMPTY)
			return false;
		if (state == FIELD_KILLED)
			return false;
		*whole &= state == FIELD_DONE;
	}
	return true;
}

/* Unpopulated slots: blank before the digest, then dying, dead at the marker;
 * no copy of them may ever be valid or torn. */
static bool
walk_unpopulated(const struct image_view *view, const struct image *image,
		 bool *dead)
{
	bool begun = false;

	*dead = true;
	for (unsigned int slot = 0; slot < SLOTS_MAX; slot++) {
		enum image_field field =
			(enum image_field)(FIELD_IDENTITY_1 + slot);

		if (is_populated(view, slot))
			continue;
		for (unsigned int c = COPY_A; c < IMAGE_COPIES; c++) {
			enum copy_state state = image_copy_state(
				image, field, (enum image_copy)c);

			if (state == COPY_VALID || state == COPY_TORN)
				return false;
			*dead &= state == COPY_DEAD;
			begun |= state == COPY_DEAD;
		}
	}
	return !begun || view->field[FIELD_DIGEST] == FIELD_DONE;
}

static bool
is_lost(enum field_state state)
{
	return state == FIELD_KILLED || state == FIELD_CLASH;
}

static bool
has_losses(const struct image_view *view)
{
	for (unsigned int slot = 0; slot < SLOTS_MAX; slot++)
		if (view->field[FIELD_IDENTITY_1 + slot] == FIELD_CLASH)
			return true;
	return is_lost(view->field[FIELD_SECRET]) ||
	       is_lost(view->field[FIELD_HEADER]) ||
	       is_lost(view->field[FIELD_DIGEST]) ||
	       is_lost(view->field[FIELD_MARKER]);
}

/* The stage of an image whose header is done. */
static enum image_stage
stage_behind_header(struct image_view *view, const struct image *image)
{
	bool whole, dead;

	if (!walk_populated(view, &whole) ||
	    !walk_unpopulated(view, image, &dead))
		return IMAGE_VOID;
	view->is_identity_whole = whole;
	if (!whole)
		return is_empty_from(view, FIELD_DIGEST) ? IMAGE_WRITING
							 : IMAGE_VOID;
	if (view->field[FIELD_DIGEST] != FIELD_DONE)
		return is_empty_from(view, FIELD_MARKER) ? IMAGE_WRITTEN
							 : IMAGE_VOID;
	if (view->field[FIELD_MARKER] == FIELD_EMPTY)
		return IMAGE_RECORDED;
	view->is_whole = dead && view->is_marked;
	return dead ? IMAGE_MARKED : IMAGE_VOID;
}

static enum image_stage
stage_of(struct image_view *view, const struct image *image)
{
	if (has_losses(view))
		return IMAGE_VOID;
	if (view->field[FIELD_SECRET] != FIELD_DONE)
		return is_empty_from(view, FIELD_HEADER) ? IMAGE_BLANK
							 : IMAGE_VOID;
	if (view->field[FIELD_HEADER] == FIELD_EMPTY)
		return is_empty_from(view, FIELD_IDENTITY_1) ? IMAGE_KEYED
							     : IMAGE_VOID;
	if (view->field[FIELD_HEADER] != FIELD_DONE)
		return is_empty_from(view, FIELD_IDENTITY_1) ? IMAGE_WRITING
							     : IMAGE_VOID;
	return stage_behind_header(view, image);
}

void
image_view_open(struct image_view *out, const struct image *image,
		enum field_state secret)
{
	bool good;

	memset(out, 0, sizeof(*out));
	identity_init(&out->identity);
	out->field[FIELD_SECRET] = secret;
	for (unsigned int f = FIELD_HEADER; f < IMAGE_FIELDS; f++)
		out->field[f] = image_field_state(image, (enum image_field)f);
	for (unsigned int w = IMAGE_FIRST_OPEN_WORD; w < IMAGE_WORDS; w++)
		out->is_corrected |= image->health[w] == WORD_CORRECTED;
	good = view_header(out, image);
	good &= view_identity(out, image);
	good &= view_digest(out, image);
	good &= view_marker(out, image);
	out->stage = good ? stage_of(out, image) : IMAGE_VOID;
}

void
image_view(struct image_view *out, const struct image *image)
{
	image_view_open(out, image, image_field_state(image, FIELD_SECRET));
}

/* ---------------------------------------------------------- exact compare */

/* Valid copies equal want bit for bit, dead ones count, nothing else does. */
static bool
is_field_exact(const struct image *image, enum image_field field,
	       const struct image_payload *want)
{
	uint32_t words[1 + 2 * IMAGE_PAYLOAD_MAX];
	unsigned int valid = 0;

	image_encode_copy(words, field, want);
	for (unsigned int c = COPY_A; c < IMAGE_COPIES; c++) {
		enum image_copy copy = (enum image_copy)c;
		enum copy_state state = image_copy_state(image, field, copy);

		if (state == COPY_DEAD)
			continue;
		if (state != COPY_VALID ||
		    memcmp(words, image->word + image_kill_word(field, copy),
			   image_copy_words(field) * sizeof(words[0])) != 0)
			return false;
		valid++;
	}
	return valid > 0;
}

/* A field that the plan leaves out: blank, or dead where that is allowed. */
static bool
is_field_unused(const struct image *image, enum image_field field,
		bool may_be_blank, bool may_be_dead)
{
	for (unsigned int c = COPY_A; c < IMAGE_COPIES; c++) {
		enum copy_state state =
			image_copy_state(image, field, (enum image_copy)c);
		bool good = (state == COPY_BLANK && may_be_blank) ||
			    (state == COPY_DEAD && may_be_dead);

		if (!good)
			return false;
	}
	return true;
}

static bool
is_slot_exact(const struct image *image, const struct image_plan *plan,
	      unsigned int slot)
{
	enum image_field field = (enum image_field)(FIELD_IDENTITY_1 + slot);
	struct image_payload want;

	if (!imei_is_valid(plan->identity.slot[slot]))
		return is_field_unused(image, field, !plan->is_marked,
				       plan->has_digest);
	image_identity_payload(&want, plan->identity.slot[slot]);
	return is_field_exact(image, field, &want);
}

static bool
is_tail_exact(const struct image *image, const struct image_plan *plan)
{
	struct image_payload want;
	bool good;

	image_digest_payload(&want, &plan->digest);
	good = plan->has_digest
		       ? is_field_exact(image, FIELD_DIGEST, &want)
		       : is_field_unused(image, FIELD_DIGEST, true, false);
	image_marker_payload(&want);
	good &= plan->is_marked
			? is_field_exact(image, FIELD_MARKER, &want)
			: is_field_unused(image, FIELD_MARKER, true, false);
	return good;
}

enum status
image_exact(const struct image *image, const struct image_plan *plan)
{
	struct image_payload want;
	bool good;

	for (unsigned int w = IMAGE_FIRST_OPEN_WORD; w < IMAGE_WORDS; w++)
		if (image->health[w] == WORD_CORRECTED)
			return ST_OTP_CORRECTED;
	image_header_payload(&want, &plan->identity, plan->class);
	good = is_field_exact(image, FIELD_HEADER, &want);
	for (unsigned int slot = 0; slot < SLOTS_MAX; slot++)
		good &= is_slot_exact(image, plan, slot);
	good &= is_tail_exact(image, plan);
	return good ? ST_OK : ST_OTP_INEXACT;
}
