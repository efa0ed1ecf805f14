/* SPDX-License-Identifier: Apache-2.0 */
/*
 * imei_scan.h - lists of IMEIs, a block of lines at a time.
 *
 * Says nothing that imei_parse does not say: a line that is taken here is one
 * that imei_parse takes, with the same result, and why a line is refused is
 * asked of imei_parse alone.
 */
#ifndef IMEILOCK_TOOL_IMEI_SCAN_H
#define IMEILOCK_TOOL_IMEI_SCAN_H

#include "proto/imei.h"

/*
 * Take lines from *text, as long as each is an IMEI of 15 digits and ends in
 * LF or CR LF before end, and there are at most max.  Moves *text behind them
 * and returns how many.  A line within the last 16 bytes before end may be
 * left although it is good.
 */
size_t imei_scan(struct imei *out, size_t max, const char **text,
		 const char *end);

#endif
