/* SPDX-License-Identifier: Apache-2.0 */
#include "hsm/index.h"

#include <stdlib.h>

#define SIZE_MIN 1024

static size_t
place_of(const struct index *index, uint64_t key)
{
	/* neighbouring numbers must not land beside each other in runs */
	key ^= key >> 31;
	key *= UINT64_C(0x9e3779b97f4a7c15);
	key ^= key >> 29;
	return (size_t)key & (index->size - 1);
}

void
index_wipe(struct index *index)
{
	free(index->place);
	memset(index, 0, sizeof(*index));
}

void
index_put(struct index *index, uint64_t key, uint64_t value)
{
	size_t at = place_of(index, key);

	while (index->place[at].value != 0)
		at = (at + 1) & (index->size - 1);
	index->place[at] = (struct index_place){key, value};
	index->count++;
}

static bool
has_room(const struct index *index, size_t extra)
{
	return index->count + extra <= index->size / 4 * 3;
}

enum status
index_reserve(struct index *index, size_t extra)
{
	struct index larger = {NULL, SIZE_MIN, index->count};

	if (has_room(index, extra))
		return ST_OK;
	while (!has_room(&larger, extra))
		larger.size *= 2;
	larger.count = 0;
	larger.place = calloc(larger.size, sizeof(*larger.place));
	if (larger.place == NULL)
		return ST_STATION_MEMORY;
	for (size_t i = 0; i < index->size; i++)
		if (index->place[i].value != 0)
			index_put(&larger, index->place[i].key,
				  index->place[i].value);
	free(index->place);
	*index = larger;
	return ST_OK;
}

uint64_t
index_find(const struct index *index, uint64_t key, bool is_next,
	   size_t *cursor)
{
	size_t at;

	if (index->size == 0)
		return 0;
	at = is_next ? *cursor + 1 : place_of(index, key);
	at &= index->size - 1;
	while (index->place[at].value != 0 && index->place[at].key != key)
		at = (at + 1) & (index->size - 1);
	*cursor = at;
	return index->place[at].value;
}
