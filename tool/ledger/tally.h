/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tally.h - how the units of a run or a shift ended, counted.
 */
#ifndef IMEILOCK_TOOL_LEDGER_TALLY_H
#define IMEILOCK_TOOL_LEDGER_TALLY_H

#include "proto/bytes.h"
#include "proto/status.h"

/* How many units; each stands in one of good, again, red, engineer. */
struct tally {
	uint64_t units;
	uint64_t good;
	uint64_t again;	   /* run again */
	uint64_t red;	   /* red bin */
	uint64_t engineer; /* call the engineer, or our bug */
	/* units that had never come before, and those of them that were good
	 * at once: the first-pass yield is their ratio */
	uint64_t first_units;
	uint64_t first_good;
};

/* One unit, by its last outcome and, if it came for the first time, by what
 * its first outcome was. */
void tally_add(struct tally *tally, enum status last, bool is_first,
	       enum status first);
/* The same unit is no longer counted. */
void tally_take(struct tally *tally, enum status last, bool is_first,
		enum status first);

#endif
