/* SPDX-License-Identifier: Apache-2.0 */
/*
 * watch.h - a line that takes units as they are plugged in: which one is begun
 * and when, as a value.
 *
 * No threads, no I/O, no clock: what was seen goes in, what is to be done next
 * comes out.  A result stays until the next unit is in its slot.
 */
#ifndef IMEILOCK_TOOL_WATCH_H
#define IMEILOCK_TOOL_WATCH_H

#include "station/station.h"

/* Looks in a row without an answer, where only asking tells who is there, until
 * a unit counts as gone. */
#define WATCH_GONE_LOOKS 3
/* Asked so often without an answer, whoever is there is begun after all, so
 * that he gets a verdict. */
#define WATCH_ASKS_MAX 30

/* Where a good unit was, so many answers of what is no agent of ours may be its
 * boot loader's. */
#define WATCH_DENIALS_MAX 10

enum watch_place {
	WATCH_EMPTY,   /* nobody was here yet */
	WATCH_READY,   /* the next unit is here and waits for its turn */
	WATCH_WORKING, /* it is run */
	WATCH_DONE,    /* its result is shown, wherever it is now */
};

/* Why a unit that is ready is not begun. */
enum watch_hold {
	WATCH_HOLD_NONE,
	WATCH_HOLD_LINE,  /* the line is paused */
	WATCH_HOLD_SLOT,  /* the slot is */
	WATCH_HOLD_COUNT, /* as many units are at work as may still be made */
	WATCH_HOLD_SCAN,  /* its label was not scanned yet */
};

/* What was seen of a slot. */
struct watch_look {
	bool is_there;
	bool is_told;	   /* by the link itself: absent is gone, at once */
	uint64_t instance; /* of what is there; another one was plugged in */
	bool was_asked;	   /* hello */
	bool has_answered;
	struct chip_id chip; /* who answered; len 0: it cannot be told */
	uint64_t session;
};

enum watch_next {
	WATCH_WAIT,
	WATCH_ASK,   /* find out who it is with hello, and look again */
	WATCH_BEGIN, /* it is ready: run it, unless watch_hold says why not */
};

struct watch_slot {
	enum watch_place place;
	bool needs_scan; /* until its label was scanned */
	bool is_paused;
	bool is_gone;	 /* since it was done */
	bool is_settled; /* it was seen since it was done */
	bool is_again;	 /* asked to be run again where it is */
	bool has_result;
	enum status status; /* of the last run */
	unsigned int silent;
	unsigned int asks;
	unsigned int refused; /* runs in a row that did not end well */
	uint64_t instance;
	uint64_t session;
	uint32_t arrivals; /* units that came to wait here, this one included */
	struct chip_id chip; /* who is here, or was last */
	struct chip_id done; /* whom the result is about */
};

/* 0: no limit. */
struct watch_limits {
	uint32_t slot;	     /* refusals in a row that pause a slot */
	uint32_t line;	     /* the same for the line */
	uint32_t stop_after; /* good units, then it ends */
};

struct watch {
	struct watch_limits limits;
	size_t count;
	bool is_paused;
	enum status paused_for; /* ST_OK: by a key */
	uint32_t refused;
	uint32_t running;
	uint32_t made; /* units that were not good before and are now */
	struct watch_slot slot[STATION_SLOTS_MAX];
};

void watch_init(struct watch *watch, const struct watch_limits *limits,
		size_t count);

/* A slot that is not at work was looked at. */
enum watch_next watch_see(struct watch *watch, size_t i,
			  const struct watch_look *look);

/* left: how many units the line may still make, those at work included. */
enum watch_hold watch_hold(const struct watch *watch, size_t i, uint32_t left);

void watch_begin(struct watch *watch, size_t i);
/*
 * A run has ended; chip may be of length 0 if it never said who it is.  A third
 * refusal in a row may pause slot or line, and so does one that speaks of the
 * line itself.
 */
void watch_finish(struct watch *watch, size_t i, enum status status,
		  bool was_verified, const struct chip_id *chip);

void watch_pause(struct watch *watch);
/* The same for a reason of the line's own. */
void watch_fault(struct watch *watch, enum status status);
/* Line and slots go on, and count refusals anew. */
void watch_resume(struct watch *watch);
/* Units that stand there with another verdict than good are run again. */
void watch_again(struct watch *watch);

/* As many as were asked for are good. */
bool watch_is_over(const struct watch *watch);

/* It speaks of ledger, signer, arming or fixture, not of the unit: the next
 * unit would fare no better, or must wait until an engineer has looked. */
bool watch_is_line_fault(enum status status);

#endif
