/* SPDX-License-Identifier: Apache-2.0 */
/*
 * beside.h - files beside the ledger's own.
 */
#ifndef IMEILOCK_TOOL_LEDGER_BESIDE_H
#define IMEILOCK_TOOL_LEDGER_BESIDE_H

#include <limits.h>

#include "proto/bytes.h"
#include "proto/status.h"

/* path and suffix in out; ST_LEDGER_OPEN when that is too long. */
MUST_CHECK enum status beside_name(char out[PATH_MAX], const char *path,
				   const char *suffix);
/* Remove it if it is there.  ST_LEDGER_FAILED */
MUST_CHECK enum status beside_remove(const char *path, const char *suffix);
/* What the folder of path lists is on the disk.  ST_LEDGER_FAILED */
MUST_CHECK enum status beside_sync(const char *path);

#endif
