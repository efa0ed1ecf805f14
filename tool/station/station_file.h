/* SPDX-License-Identifier: Apache-2.0 */
/*
 * station_file.h - station.json and armed.json: the only place that knows
 * how they look.  For station.c.
 */
#ifndef IMEILOCK_TOOL_STATION_STATION_FILE_H
#define IMEILOCK_TOOL_STATION_STATION_FILE_H

#include "station/station.h"

/* ST_STATION_FILE; an existing file is kept if keep says so. */
MUST_CHECK enum status station_file_save(const struct station *station,
					 bool keep);
/* folder is set; the rest is filled in.  ST_STATION_FOLDER */
MUST_CHECK enum status station_file_load(struct station *station);

MUST_CHECK enum status station_arms_save(const struct station *station,
					 const struct station_arms *arms);
MUST_CHECK enum status station_arms_remove(const struct station *station);

#endif
