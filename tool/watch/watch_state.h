/* SPDX-License-Identifier: Apache-2.0 */
/*
 * watch_state.h - one watch, as watch_run.c and its parts share it.
 *
 * Everything but what is marked as a thread's own is under the lock.
 */
#ifndef IMEILOCK_TOOL_WATCH_STATE_H
#define IMEILOCK_TOOL_WATCH_STATE_H

#include <pthread.h>

#include "tool/unit_show.h"
#include "watch/watch_count.h"
#include "watch/watch_run.h"

#define WATCH_STEP_MAX 31

struct watch_run;

struct watch_unit {
	struct watch_run *all;
	size_t index;
	const struct station_slot *slot;
	struct flow_slot flow;	   /* the thread's own */
	struct flow_result result; /* the same, while it is at work */
	bool was_looked_at;
	bool is_stopped; /* in the middle of a unit; its thread is parked */
	char stopped_at[WATCH_STEP_MAX + 1];

	/* its label, where one is scanned */
	struct ledger_label label; /* count 0: it was not yet */
	unsigned int label_want;   /* numbers that it has */
	uint32_t label_arrival;	   /* of watch_slot: whom it was scanned for */
	int64_t label_ms;	   /* when it was scanned */
	int64_t fitted_ms;	   /* when one was found to fit; 0: none was */
	struct ledger_label bound; /* of the unit at work, the thread's own */
	unsigned int labels_left;  /* to be compared with a unit that is good */

	/* what is said of it */
	enum watch_place place; /* when it was said last */
	bool is_gone;
	enum watch_hold hold;
	char step[WATCH_STEP_MAX + 1];
	unsigned int steps;
	char imei[IMEI_LEN + 1]; /* of the primary, as it may be shown */
	int64_t begun_ms;
	int64_t elapsed_ms;
	enum verdict verdict;
	char sentence[UNIT_SENTENCE_MAX + 1];
	const char *note; /* what is still to be done with it, or "" */
};

struct watch_run {
	pthread_mutex_t lock;
	pthread_mutex_t scanning; /* one scan after the other; before lock */
	struct cli *cli;
	struct station_run *station;
	struct watch_how how;
	bool is_quiet;	 /* a screen shows it all */
	bool is_ended;	 /* the arming's count or time is used up */
	bool is_over;	 /* all slots have ended */
	bool is_closing; /* the shift is closed when units are finished */
	uint32_t made;	 /* of the arming, as far as is known */
	pthread_mutex_t counting;    /* for counted, and the ledger behind it */
	struct station_arms counted; /* how far the ledger was counted */
	int64_t begun_ms;
	enum status status; /* of the watch itself */
	struct watch watch;
	struct counts counts;
	int scan_slot; /* the next label is for this slot; 0: for any; below:
			  for none until a slot's code is scanned */
	char said[UNIT_SENTENCE_MAX + 1]; /* of the last scan */
	enum status said_status;
	char refusal[UNIT_SENTENCE_MAX + 1]; /* the last one, or "" */
	struct watch_unit unit[STATION_SLOTS_MAX];
};

/* Units made since the station was armed, as far as is known. */
uint32_t watch_made(const struct watch_run *run);

/* ------------------------------------------- watch_look.c: who is there */

/* Look at a slot that is not at work, and say on the way who came or left. */
enum watch_next watch_look_at(struct watch_run *run, struct watch_unit *unit);

/* ------------------------------------------------- watch_scan.c: labels */

/* A label was scanned, and so long ago that nothing more of it comes. */
bool watch_has_label(const struct watch_unit *unit);
/* A label goes with the unit that it was scanned for, when that one leaves before
 * it is begun: the next one there has another. */
void watch_keep_label(struct watch_run *run, struct watch_unit *unit);
/* The unit is begun with the label that was scanned. */
void watch_take_label(struct watch_run *run, struct watch_unit *unit);
/* It is done: which labels are to be compared with it, or destroyed. */
void watch_follow_label(struct watch_run *run, struct watch_unit *unit);
/* A line that was scanned.  The ledger may make the caller wait, and nobody
 * else. */
void watch_scan(struct watch_run *run, const char *text);

/* ------------------------------------------------- watch_scanner.c */

struct watch_scanner;

/* Of lines at input, or of the scanner that there is for input -1; NULL where no
 * thread can be made. */
struct watch_scanner *watch_scanner_start(struct watch_run *run, int input);
/* Nothing more comes from there; NULL is allowed. */
bool watch_scanner_is_deaf(struct watch_scanner *scanner);
void watch_scanner_end(struct watch_scanner *scanner); /* NULL is allowed */

/* ------------------------------------------------ watch_screen.c: a screen */

struct watch_screen;

/* NULL where there is none, or it cannot be had. */
struct watch_screen *watch_screen_start(struct watch_run *run);
/* Unless somebody asked for the end, he is waited for: nobody has read the
 * last verdicts yet.  NULL is allowed. */
void watch_screen_end(struct watch_screen *screen);

/* ---------------------------------------------- watch_say.c: lines and rows */

struct unit_end watch_end_of(const struct watch_unit *unit);

void watch_say_begin(struct watch_run *run);
/* A slot changed: who is there, or why it waits. */
void watch_say_slot(struct watch_run *run, const struct watch_unit *unit,
		    const char *state);
void watch_say_step(struct watch_run *run, const struct watch_unit *unit);
/* What became of a scan; unit and label may be NULL. */
void watch_say_scan(struct watch_run *run, const struct watch_unit *unit,
		    enum status status, const struct ledger_label *label);
void watch_say_end(struct watch_run *run, const struct watch_unit *unit);
/* The line was paused, or goes on. */
void watch_say_line(struct watch_run *run);

/* At the end of all: sums a slot, units that were stopped, the tally. */
void watch_report(struct watch_run *run);

#endif
