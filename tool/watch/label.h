/* SPDX-License-Identifier: Apache-2.0 */
/*
 * label.h - what a bar code scanner types: a slot's code, or the numbers of a
 * label.
 *
 *   SLOT-3, slot:3           a slot; in any case
 *   260531793113837          one number, with its check digit
 *   260531793113837 26053..  several, apart by spaces, commas or semicolons
 */
#ifndef IMEILOCK_TOOL_LABEL_H
#define IMEILOCK_TOOL_LABEL_H

#include "ledger/ledger.h"

#define LABEL_LINE_MAX 127

/* One of the two. */
struct label_scan {
	int slot;		   /* 0: it is a label */
	struct ledger_label label; /* ascending, each number once */
};

/*
 *   ST_STATION_SCAN  neither
 *   ST_IMEI_*        digits that are no IMEI
 *   ST_LEDGER_LABEL_PAIR  more numbers than a unit can have
 */
MUST_CHECK enum status label_parse(struct label_scan *out, const char *text);

/* One more number, at its place.  ST_LEDGER_LABEL_PAIR: there is no room */
MUST_CHECK enum status label_add(struct ledger_label *label,
				 struct imei number);
/* They are the numbers of identity: its lowest one, and those behind it. */
bool label_is_of(const struct ledger_label *label,
		 const struct identity *identity);
/* All of its numbers are of identity, whichever they are. */
bool label_is_part_of(const struct ledger_label *label,
		      const struct identity *identity);

/* Lines as they come, byte by byte; they end in CR or LF. */
struct label_lines {
	char text[LABEL_LINE_MAX + 1];
	size_t len;
};

/* The line that byte ends, or NULL; it holds until the next call.  Of a line
 * that is too long the start is kept, which is no label then either. */
const char *label_lines_take(struct label_lines *lines, char byte);

#endif
