/* SPDX-License-Identifier: Apache-2.0 */
/*
 * diag.h - CBOR in diagnostic notation (RFC 8949 8).
 */
#ifndef IMEILOCK_TOOL_DIAG_H
#define IMEILOCK_TOOL_DIAG_H

#include "proto/cbor.h"

/*
 * *text is the caller's to free; NULL on failure.
 *   ST_CBOR_*          not one item of the deterministic subset
 *   ST_STATION_MEMORY
 */
MUST_CHECK enum status diag_print(char **text, struct bytes cbor);

#endif
