/* SPDX-License-Identifier: Apache-2.0 */
#include "watch/watch_count.h"

#include <stdlib.h>

#include "tool/text.h"

/* The unit of this chip, or, without a chip, who never said it in this slot. */
static struct counted *
find(const struct counts *counts, const struct chip_id *chip, int slot)
{
	for (size_t i = 0; i < counts->count; i++) {
		struct counted *unit = &counts->unit[i];

		if (chip_id_equal(&unit->chip, chip) &&
		    (chip->len != 0 || unit->slot == slot))
			return unit;
	}
	return NULL;
}

static enum status
append(struct counts *counts, const struct counted *unit)
{
	size_t room = counts->room == 0 ? 64 : 2 * counts->room;
	struct counted *grown;

	if (counts->count == counts->room) {
		grown = realloc(counts->unit, room * sizeof(*grown));
		if (grown == NULL)
			return ST_STATION_MEMORY;
		counts->unit = grown;
		counts->room = room;
	}
	counts->unit[counts->count++] = *unit;
	return ST_OK;
}

enum status
counts_add(struct counts *counts, const struct counted *unit)
{
	static const struct chip_id nobody;
	struct counted *silent = find(counts, &nobody, unit->slot);
	struct counted *old;

	if (unit->chip.len != 0 && silent != NULL)
		*silent = counts->unit[--counts->count];
	old = find(counts, &unit->chip, unit->slot);
	if (old == NULL)
		return append(counts, unit);
	old->slot = unit->slot;
	old->last = unit->last;
	return ST_OK;
}

void
counts_sum(const struct counts *counts, int slot, struct tally *out)
{
	memset(out, 0, sizeof(*out));
	for (size_t i = 0; i < counts->count; i++) {
		const struct counted *unit = &counts->unit[i];

		if (slot == 0 || unit->slot == slot)
			tally_add(out, unit->last, unit->is_first, unit->first);
	}
}

enum status
counts_worst(const struct counts *counts)
{
	enum status worst = ST_OK;

	for (size_t i = 0; i < counts->count; i++)
		if (verdict_of(counts->unit[i].last) > verdict_of(worst))
			worst = counts->unit[i].last;
	return worst;
}

void
counts_free(struct counts *counts)
{
	free(counts->unit);
	memset(counts, 0, sizeof(*counts));
}
