/* SPDX-License-Identifier: Apache-2.0 */
/*
 * watch_run.h - `provision --watch`: slots that are looked at, and units that
 * are run as they come, each slot in a thread of its own.
 *
 * What is begun when: watch.h.  A run is flow_run as it is.
 */
#ifndef IMEILOCK_TOOL_WATCH_RUN_H
#define IMEILOCK_TOOL_WATCH_RUN_H

#include "tool/cmd.h"
#include "watch/watch.h"

/* Refusals in a row, unless it is said otherwise. */
#define WATCH_SLOT_LIMIT 3
#define WATCH_LINE_LIMIT 5

struct watch_how {
	struct watch_limits limits;
	bool is_full;	     /* IMEIs are shown in full */
	bool is_plain;	     /* lines also on a terminal */
	bool is_scan;	     /* a unit is begun when its label was scanned */
	bool is_match;	     /* and its box's label is scanned in the end */
	const char *scanner; /* address of a scanner; NULL: it types */
};

/*
 * Work at the slots, which were taken, until asked to stop, until as many are
 * good as were asked for, or until the arming's time or count is used up.
 * station is open; it is closed here unless threads were stopped in the middle
 * of a unit.  Says how it ended; the code is that of the worst unit.
 */
MUST_CHECK enum status watch_provision(struct cli *cli,
				       struct station_run *station,
				       const struct station_slot *const *slot,
				       size_t count,
				       const struct watch_how *how);

#endif
