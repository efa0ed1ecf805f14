/* SPDX-License-Identifier: Apache-2.0 */
/*
 * signed.h - what tests of the signed objects share: opening samples, and
 * taking their maps apart to spoil them.  A wrong step fails the cmocka test.
 */
#ifndef IMEILOCK_TESTS_SIGNED_H
#define IMEILOCK_TESTS_SIGNED_H

#include "support/samples.h"

#define PAIRS_MAX 32

/* What opening said; the payload of what came out is in again. */
struct opened {
	enum status status;
	bool is_cleared;
	uint8_t buf[PAYLOAD_MAX];
	struct bytes again;
};

void open_with(struct opened *out, const struct sample_kind *kind,
	       struct bytes object, enum sample_signer signer);

/* Open under the right key; what comes out of a failure must be cleared. */
enum status open_status(const struct sample_kind *kind, struct bytes object);

/* Sign any payload with the right key, and open it. */
enum status payload_status(const struct sample_kind *kind,
			   struct bytes payload);

/* Call check with the small and the large sample of each kind. */
void each_kind(void (*check)(const struct sample_kind *kind,
			     struct bytes object, struct bytes payload));

/* A map taken apart into the encodings of its keys and values. */
struct pairs {
	size_t count;
	struct bytes key[PAIRS_MAX];
	struct bytes value[PAIRS_MAX];
};

void pairs_split(struct pairs *out, struct bytes map);
struct bytes pairs_join(uint8_t *buf, size_t size, const struct pairs *pairs);
/* All but one. */
void pairs_drop(struct pairs *out, const struct pairs *pairs, size_t at);
/* One more, before the first key whose first byte is not lower. */
void pairs_insert(struct pairs *out, const struct pairs *pairs,
		  struct bytes key, struct bytes value);

#endif
