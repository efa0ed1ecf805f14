/* SPDX-License-Identifier: Apache-2.0 */
/*
 * terminal.h - a terminal as a stream of bytes; for the links pty and serial.
 */
#ifndef IMEILOCK_TOOL_LINK_TERMINAL_H
#define IMEILOCK_TOOL_LINK_TERMINAL_H

#include "link/link.h"

/*
 * Open a character device that is a terminal, for this process alone among
 * those that ask by this function.  *fd is -1 on failure.
 *   ST_LINK_OPEN    it is not there
 *   ST_LINK_PERMISSION  this user may not
 *   ST_LINK_BUSY    somebody else has it
 *   ST_LINK_TTY     it is something else
 */
MUST_CHECK enum status terminal_open(int *fd, const char *path);

/* What an open that failed with such an errno means. */
MUST_CHECK enum status terminal_refusal(int error);

/*
 * Eight bits, no echo, no signals, nothing translated; hardware flow control or
 * none; and the modem lines stay as they are when it is closed, since with some
 * boards they are wired to the reset.  What came before is dropped.  False if
 * the driver did not take it.
 */
MUST_CHECK bool terminal_make_raw(int fd, bool has_rtscts);

/* As link_send and link_receive, of a raw terminal that does not block. */
MUST_CHECK enum status terminal_send(int fd, struct bytes data,
				     struct deadline deadline);
MUST_CHECK enum status terminal_receive(int fd, uint8_t *buf, size_t size,
					size_t *len, struct deadline deadline);

/* Before a close: what nobody has taken yet is dropped, or the close would wait
 * for that.  -1 is allowed */
void terminal_drop_unsent(int fd);

#endif
