/* SPDX-License-Identifier: Apache-2.0 */
/*
 * screen.h - how a watched line looks on a terminal, as a picture in memory.
 *
 * A snapshot goes in, cells of characters and styles come out; who puts them on
 * a terminal is screen_curses.h.  All texts of the snapshot are in the language
 * already; control characters in them are shown escaped.
 *
 * A verdict is told three times: by a word, by a mark whose shape differs, and
 * by a style.  No two of them differ in red and green alone.
 */
#ifndef IMEILOCK_TOOL_SCREEN_H
#define IMEILOCK_TOOL_SCREEN_H

#include "ledger/tally.h"
#include "station/station.h"
#include "tool/text.h"
#include "watch/canvas.h"

#define SCREEN_STEPS 15 /* of a unit that is made from blank */
#define SCREEN_WORDS_MAX 63

/* Which label is to be compared next with a unit that is good. */
enum screen_due {
	DUE_NONE,
	DUE_HOUSING,
	DUE_BOX,
};

enum screen_what {
	SCREEN_EMPTY,
	SCREEN_WAITS, /* a unit is here, and words say what it waits for */
	SCREEN_WORKS, /* words say which step */
	SCREEN_DONE,
};

struct screen_slot {
	int number;
	enum screen_what what;
	bool is_gone; /* the unit that the verdict is about */
	bool is_paused;
	char words[SCREEN_WORDS_MAX + 1];
	char note[SCREEN_WORDS_MAX + 1]; /* what is still to be done, or "" */
	enum screen_due due; /* of the unit with this imei, even if the next
				one waits here already */
	enum verdict verdict;
	char imei[IMEI_LEN + 1]; /* as it may be shown */
	int64_t ms;
	unsigned int steps;
	struct tally sums;
};

enum screen_box {
	BOX_NONE,
	BOX_TEXT,  /* read it, and press a key */
	BOX_CLOSE, /* close the shift?  y or n */
};

struct screen {
	char operator_name[STATION_TEXT_MAX + 1];
	char shift[STATION_TEXT_MAX + 1];
	uint64_t made;
	uint64_t of_units;
	int64_t left_s; /* until the arming ends */
	enum screen_style state_style;
	char state[SCREEN_TEXT_MAX + 1]; /* of the line */
	enum screen_style said_style;
	char said[SCREEN_TEXT_MAX + 1]; /* of the last scan, or "" */
	struct tally sums;
	uint64_t units_an_hour;
	char left[SCREEN_TEXT_MAX + 1]; /* numbers left, per model */
	char keys[SCREEN_TEXT_MAX + 1];
	enum screen_box box;
	char box_text[SCREEN_TEXT_MAX + 1];
	size_t count;
	struct screen_slot slot[STATION_SLOTS_MAX];
};

/* "[ OK ]", "[AGAIN]", ...: what a verdict looks like. */
const char *screen_mark(enum verdict verdict);

/* Draw all of it; what does not fit is left out from the end. */
void screen_draw(struct screen_canvas *canvas, const struct screen *screen);

#endif
