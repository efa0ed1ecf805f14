/* SPDX-License-Identifier: Apache-2.0 */
/*
 * verify_list.h - the units that a run of verify is about: from --unit and
 * --at, or from a file.
 *
 * In a file a line is a unit: the agent's address, and behind it, after
 * spaces or tabs, the AT port of each modem slot in order, at most
 * SLOTS_MAX.  Empty lines, and those that begin with #, say nothing.
 */
#ifndef IMEILOCK_TOOL_VERIFY_LIST_H
#define IMEILOCK_TOOL_VERIFY_LIST_H

#include "tool/cmd.h"

#define VERIFY_LIST_MAX 65536

struct verify_list {
	struct unit_address *unit;
	size_t count;
	size_t room;
};

/*
 * agent is NULL for a phone that has none.
 *   ST_USAGE (too long, too many), ST_STATION_MEMORY; *why says what is wrong
 */
MUST_CHECK enum status verify_list_add(struct verify_list *list,
				       const char *agent, const char **why);
/* One more AT port for the last unit. */
MUST_CHECK enum status verify_list_add_at(struct verify_list *list,
					  const char *at, const char **why);
/*
 * Append the units of a file, "-" for the input.
 *   ST_USAGE  a line cannot be read: the detail says which and why
 *   ST_STATION_FILE
 */
MUST_CHECK enum status verify_list_read(struct cli *cli,
					struct verify_list *list,
					const char *path);
/* ST_USAGE if an address stands there twice: the detail says which. */
MUST_CHECK enum status verify_list_check(struct cli *cli,
					 const struct verify_list *list);
void verify_list_free(struct verify_list *list);

#endif
