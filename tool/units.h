/* SPDX-License-Identifier: Apache-2.0 */
/*
 * units.h - which ledger, and which unit of it, a command is about.
 */
#ifndef IMEILOCK_TOOL_UNITS_H
#define IMEILOCK_TOOL_UNITS_H

#include "tool/cmd.h"

/* One of the two: an argument, or --board. */
struct unit_choice {
	const char *what;  /* an IMEI or a chip id; NULL for none */
	const char *board; /* of a living unit; NULL for none */
};

extern const struct argp unit_choice_argp; /* input: struct unit_choice */

/* --board TEXT, or argp_error: printable ASCII of the right length. */
const char *unit_board(const struct argp_state *state, const char *text);

/* A chip id in hexadecimal; false if text is none. */
MUST_CHECK bool unit_chip(struct chip_id *out, const char *text);

/*
 * Find the unit that choice names.  If what it names is a chip id, *chip is
 * set, also when there is no such unit.
 *   ST_LEDGER_NONE, ST_IMEI_*
 */
MUST_CHECK enum status unit_find_choice(struct cli *cli, struct ledger *ledger,
					const struct unit_choice *choice,
					struct chip_id *chip,
					struct ledger_unit *unit);

/*
 * The station's ledger, or, with file, that ledger or backup for reading
 * alone; a backup is said to be one.  cmd_close_station closes either.
 */
MUST_CHECK enum status unit_open_ledger(struct cmd_station *out,
					struct cli *cli, const char *file);

#endif
