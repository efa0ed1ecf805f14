/* SPDX-License-Identifier: Apache-2.0 */
/*
 * image_maker.h - brings an image from blank to marked, burn by burn, as an
 * agent would, over cells that may tear or stick.
 */
#ifndef IMEILOCK_TESTS_IMAGE_MAKER_H
#define IMEILOCK_TESTS_IMAGE_MAKER_H

#include "proto/image.h"

/* Fields in burn order, then the kills, then the marker. */
enum maker_stage {
	MAKER_SECRET,
	MAKER_HEADER,
	MAKER_IDENTITY,
	MAKER_DIGEST,
	MAKER_KILL,
	MAKER_MARKER,
	MAKER_DONE,
};

#define MAKER_NEVER UINT32_MAX

struct image_maker {
	struct image image;
	struct image_plan plan;
	enum word_kind kind;
	enum maker_stage stage;
	unsigned int slot;
	unsigned int burns;
	struct image_tried tried;
	struct image_payload secret;
	bool has_secret;
	bool is_lost;
	/* burn number at which only the cells in tear_mask come out, and the
	 * unit restarts */
	unsigned int tear_at, tear_again_at;
	uint32_t tear_mask;
	unsigned int stuck_word; /* never burns */
};

struct identity image_maker_identity(unsigned int slots);
void image_maker_init(struct image_maker *maker, enum word_kind kind,
		      unsigned int slots);
/* One burn; false when nothing is left, or a field is lost. */
bool image_maker_step(struct image_maker *maker);
void image_maker_run(struct image_maker *maker);
/* The state of the copy that a word belongs to. */
enum copy_state image_maker_copy_of(const struct image *image,
				    unsigned int word);

#endif
