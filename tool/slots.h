/* SPDX-License-Identifier: Apache-2.0 */
/*
 * slots.h - the slots of a station worked at once, one thread each.
 */
#ifndef IMEILOCK_TOOL_SLOTS_H
#define IMEILOCK_TOOL_SLOTS_H

#include "tool/cmd.h"

/* Slot numbers that were named with --slot; none means all. */
struct slot_choice {
	size_t count;
	int number[STATION_SLOTS_MAX];
};

extern const struct argp slot_choice_argp; /* input: struct slot_choice */

/*
 * The chosen slots of the station, in the order of the fixture.
 *   ST_USAGE  a number that the station does not have, or no slots at all
 */
MUST_CHECK enum status slots_choose(struct cli *cli,
				    const struct station *station,
				    const struct slot_choice *choice,
				    const struct station_slot **out,
				    size_t *count);

/*
 * Take the slots for this process until it ends: two that talk to one unit
 * would break each other's session.
 *   ST_STATION_BUSY  another process has one of them
 */
MUST_CHECK enum status slots_take(struct cli *cli,
				  const struct station *station,
				  const struct station_slot *const *slot,
				  size_t count);
/* All slots of the station, and those that it does not have yet. */
MUST_CHECK enum status slots_take_all(struct cli *cli,
				      const struct station *station);

/*
 * Call run(job, i) for i below count, each in a thread of its own that takes
 * no signals.  Where no thread can be made, it is not called: what job holds
 * for i must say so beforehand.  Returns when all are done, or parked.
 */
void slots_run(void (*run)(void *job, size_t i), void *job, size_t count);

/*
 * For a thread that must not go on: does not return.  The thread ends with
 * the process; its caller holds nothing that others wait for.
 */
_Noreturn void slots_park(void);

#endif
