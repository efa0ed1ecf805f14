/* SPDX-License-Identifier: Apache-2.0 */
/*
 * progress.h - a line a slot while units are made.
 *
 * On a terminal the lines are drawn again in place, at each step and twice a
 * second: number, step, seconds, IMEI.  Else each step is a line of its own
 * ("slot 2: lock"), or a row.  Threads may share it.
 */
#ifndef IMEILOCK_TOOL_PROGRESS_H
#define IMEILOCK_TOOL_PROGRESS_H

#include <pthread.h>

#include "tool/cmd.h"

#define PROGRESS_WORDS_MAX 31

struct progress_slot {
	int number;
	char words[PROGRESS_WORDS_MAX + 1];
	char imei[IMEI_LEN + 1]; /* of the primary, as it may be shown */
	bool is_done;
	int64_t elapsed_ms; /* since the beginning, until it was done */
};

struct progress {
	pthread_mutex_t lock;
	struct output *out;
	bool is_full; /* IMEIs are shown in full */
	bool is_drawn;
	int64_t begun_ms;
	bool has_clock; /* a thread that draws, until it is told to stop */
	bool is_stopping;
	pthread_t clock;
	pthread_cond_t stop;
	size_t count;
	struct progress_slot slot[STATION_SLOTS_MAX];
};

/* All slots are added before progress_start, which starts the clock. */
void progress_begin(struct progress *progress, struct output *out,
		    bool is_full);
void progress_add(struct progress *progress, int number);
void progress_start(struct progress *progress);
/* identity may be NULL */
void progress_step(struct progress *progress, int number, const char *words,
		   const struct identity *identity);
/* The last step of a slot. */
void progress_done(struct progress *progress, int number, const char *words,
		   const struct identity *identity);
void progress_stop(struct progress *progress); /* the last lines are drawn */
void progress_end(struct progress *progress);

#endif
