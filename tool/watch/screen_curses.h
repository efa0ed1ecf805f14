/* SPDX-License-Identifier: Apache-2.0 */
/*
 * screen_curses.h - a canvas on a terminal, and the keys that come from it.
 *
 * The one door to ncurses.  One screen a process; one thread uses it.
 */
#ifndef IMEILOCK_TOOL_SCREEN_CURSES_H
#define IMEILOCK_TOOL_SCREEN_CURSES_H

#include "watch/screen.h"

/* False where the terminal cannot do it; nothing was changed then. */
MUST_CHECK bool screen_open(bool has_colour);
/* The terminal as it was; a second call does nothing. */
void screen_close(void);
/*
 * The same as far as a signal's handler can, before it ends the process; for
 * stop_catch.
 */
void screen_break_off(bool is_end);

/* A canvas of the terminal's size now; it holds until the next call. */
struct screen_canvas *screen_canvas(void);
void screen_show(const struct screen_canvas *canvas);

/* The next key that was typed, waiting at most wait_ms; 0 if none. */
int screen_key(int wait_ms);

#endif
