/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wait.h - waiting for a file descriptor; for kinds of link that have one.
 */
#ifndef IMEILOCK_TOOL_LINK_WAIT_H
#define IMEILOCK_TOOL_LINK_WAIT_H

#include "link/link.h"

/* events as poll has them.  ST_OK: it is ready, or gone, and the next call
 * tells which.  ST_LINK_TIMEOUT, ST_LINK_CLOSED */
MUST_CHECK enum status wait_for(int fd, short events, struct deadline deadline);

#endif
