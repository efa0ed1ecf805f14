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

static void
sum_up(struct counts *counts, const struct counted *unit)
{
	tally_add(&counts->sum[0], unit->last, unit->is_first, unit->first);
	tally_add(&counts->sum[unit->slot], unit->last, unit->is_first,
		  unit->first);
}

static void
sum_down(struct counts *counts, const struct counted *unit)
{
	tally_take(&counts->sum[0], unit->last, unit->is_first, unit->first);
	tally_take(&counts->sum[unit->slot], unit->last, unit->is_first,
		   unit->first);
}

enum status
counts_add(struct counts *counts, const struct counted *unit)
{
	static const struct chip_id nobody;
	struct counted *silent = find(counts, &nobody, unit->slot);
	struct counted *old;
	enum status st = ST_OK;

	if (unit->chip.len != 0 && silent != NULL) {
		sum_down(counts, silent);
		*silent = counts->unit[--counts->count];
	}
	old = find(counts, &unit->chip, unit->slot);
	if (old == NULL) {
		st = append(counts, unit);
		old = st == ST_OK ? &counts->unit[counts->count - 1] : NULL;
	} else {
		sum_down(counts, old);
		old->slot = unit->slot;
		old->last = unit->last;
	}
	if (old != NULL)
		sum_up(counts, old);
	return st;
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
