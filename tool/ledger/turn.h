/* SPDX-License-Identifier: Apache-2.0 */
/*
 * turn.h - processes that write one ledger take turns.
 *
 * SQLite's own waiting lets one of several busy writers starve.  Here whoever
 * waits longest goes next: a process must hold the queue to wait for the door,
 * and gives the queue up when it is through.  Both are locks on bytes of an
 * empty file beside the ledger, PATH.lock; they end with the process that
 * holds them, and never need to be cleaned up.
 */
#ifndef IMEILOCK_TOOL_LEDGER_TURN_H
#define IMEILOCK_TOOL_LEDGER_TURN_H

#include "proto/bytes.h"
#include "proto/status.h"

struct turn {
	int fd;
};

/* ST_LEDGER_FAILED when the lock file cannot be made. */
MUST_CHECK enum status turn_open(struct turn *turn, const char *path);
void turn_close(struct turn *turn);

/* Wait at most wait_ms.  ST_LEDGER_BUSY, and nothing is held. */
MUST_CHECK enum status turn_take(struct turn *turn, int64_t wait_ms);
void turn_leave(struct turn *turn);

#endif
