/* SPDX-License-Identifier: Apache-2.0 */
/*
 * index.h - a map from 64-bit keys to 64-bit values, for millions of entries.
 *
 * Open addressing, at most three quarters full, 16 bytes a place.  A key may
 * stand there several times (two chip ids may share a hash): look at each.
 */
#ifndef IMEILOCK_HSM_INDEX_H
#define IMEILOCK_HSM_INDEX_H

#include "proto/bytes.h"
#include "proto/status.h"

struct index_place {
	uint64_t key;
	uint64_t value; /* 0: free */
};

struct index {
	struct index_place *place;
	size_t size; /* places, a power of two, or 0 */
	size_t count;
};

/* A cleared struct index is empty. */
void index_wipe(struct index *index);

/* Make room for extra more keys.  ST_STATION_MEMORY */
MUST_CHECK enum status index_reserve(struct index *index, size_t extra);

/* Room must have been reserved; value is not 0. */
void index_put(struct index *index, uint64_t key, uint64_t value);

/*
 * The first value of key, or 0; *cursor starts anywhere the caller likes if
 * is_next is false, and goes on behind the last one found if it is true.
 */
uint64_t index_find(const struct index *index, uint64_t key, bool is_next,
		    size_t *cursor);

#endif
