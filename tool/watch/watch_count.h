/* SPDX-License-Identifier: Apache-2.0 */
/*
 * watch_count.h - the units of a watch and how each ended last.
 *
 * A unit that comes again is no other one.  Who never said who he is counts
 * for his slot until somebody there does.
 */
#ifndef IMEILOCK_TOOL_WATCH_COUNT_H
#define IMEILOCK_TOOL_WATCH_COUNT_H

#include "ledger/tally.h"
#include "proto/identity.h"
#include "station/station.h"

struct counted {
	struct chip_id chip; /* len 0: it never said */
	int slot;	     /* where it was last */
	bool is_first;	     /* it had never come to this line before */
	enum status first;
	enum status last;
};

struct counts {
	struct counted *unit;
	size_t count;
	size_t room;
	/* by the number of the slot; 0: of all */
	struct tally sum[STATION_SLOTS_MAX + 1];
};

/* ST_STATION_MEMORY */
MUST_CHECK enum status counts_add(struct counts *counts,
				  const struct counted *unit);
/* The last outcome of the unit that ended worst; ST_OK if there is none. */
enum status counts_worst(const struct counts *counts);
void counts_free(struct counts *counts);

#endif
