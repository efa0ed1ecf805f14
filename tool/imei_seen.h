/* SPDX-License-Identifier: Apache-2.0 */
/*
 * imei_seen.h - which IMEIs were seen before.
 *
 * A TAC with many numbers takes 125,000 bytes, a bit a number; one with few
 * takes a short list.
 */
#ifndef IMEILOCK_TOOL_IMEI_SEEN_H
#define IMEILOCK_TOOL_IMEI_SEEN_H

#include "proto/imei.h"

struct imei_seen;

/* NULL when there is no memory. */
struct imei_seen *imei_seen_open(void);
/* NULL is accepted. */
void imei_seen_close(struct imei_seen *seen);

/*
 * Note a valid imei.
 *   ST_IMEI_TWICE      it was noted before
 *   ST_STATION_MEMORY  it could not be noted
 */
MUST_CHECK enum status imei_seen_add(struct imei_seen *seen, struct imei imei);

#endif
