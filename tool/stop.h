/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stop.h - Ctrl-C, and what else asks a run to stop after its running steps.
 *
 * The first asks; a second one ends the process at once, which a unit survives
 * like any cut.
 */
#ifndef IMEILOCK_TOOL_STOP_H
#define IMEILOCK_TOOL_STOP_H

#include <stdbool.h>

/*
 * From now on SIGINT, SIGTERM and SIGHUP ask, and say so on the error stream.
 * restore, if not NULL, is called instead of saying so, and before a second one
 * ends the process; it is for whoever holds the terminal, and is called from a
 * signal's handler: with false when it was asked, with true at the end.
 */
void stop_catch(void (*restore)(bool is_end));
void stop_ask(void);
bool stop_is_asked(void);

#endif
