/* SPDX-License-Identifier: Apache-2.0 */
/*
 * slot_edit.h - a change of the station's slots, from one look at its file to
 * the next, with nobody else at work.
 */
#ifndef IMEILOCK_TOOL_SLOT_EDIT_H
#define IMEILOCK_TOOL_SLOT_EDIT_H

#include "tool/cmd.h"

/*
 * Take the whole station for this process, and read its file.
 *   ST_STATION_FOLDER, ST_STATION_BUSY
 *   ST_STATION_ARMED  slots of an armed station are not changed
 */
MUST_CHECK enum status slot_edit_begin(struct cli *cli,
				       struct station *station);

/* ST_SLOT_TAKEN, with the other slot in the detail. */
MUST_CHECK enum status slot_edit_put(struct cli *cli, struct station *station,
				     const struct station_slot *slot);

/* Write the file and go on having the station.  ST_STATION_ARMED,
 * ST_STATION_FILE, ST_STATION_BUSY */
MUST_CHECK enum status slot_edit_save(struct cli *cli,
				      const struct station *station);

#endif
