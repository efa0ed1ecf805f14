/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kinds.h - the kinds of link there are; for link.c and their own files.
 *
 * fault:SPEC:ADDRESS is a link that fails on purpose, for tests.  It counts
 * frames: what ends in a zero byte and is not empty.  SPEC is a list with
 * commas, "" for none:
 *
 *   cut@N       the link is dead before frame N
 *   tear@N      half of frame N goes through, then it is dead
 *   after@N     dead behind frame N
 *   repeat@N    frame N comes twice
 *   corrupt@N   one byte of frame N is another
 *   drop@N      frame N is lost
 *   delay@N=MS  frame N, and what follows it, comes MS milliseconds later
 *
 * With "s:" or "r:" before it, N counts frames that are sent or received; else
 * all of them as they come.  From a dead link comes ST_LINK_CLOSED.  With a
 * SPEC that is not empty, received bytes are held until their frame is whole:
 * this is for agents, not for AT ports.
 *
 * tape:record=FILE:ADDRESS writes down what goes over another link, and
 * tape:replay=FILE plays the unit's part.  FILE is text, one event a line: "> "
 * and hex for what was sent in one call, "< " and hex for what was received in
 * one, "timeout" and "closed" for a receive that ended so.  A replay is strict:
 * whatever is sent or awaited in another order or with other bytes than
 * recorded is ST_LINK_TAPE.  A session with the tool's fresh nonces in it
 * therefore does not play twice; hello, fetch and AT ports do.
 */
#ifndef IMEILOCK_TOOL_LINK_KINDS_H
#define IMEILOCK_TOOL_LINK_KINDS_H

#include "link/link.h"

extern const struct link_ops link_unix_ops;
extern const struct link_ops link_fault_ops;
extern const struct link_ops link_tape_ops;
extern const struct link_ops link_pty_ops;
extern const struct link_ops link_serial_ops;
extern const struct link_ops link_usb_ops;

#endif
