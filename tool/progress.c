/* SPDX-License-Identifier: Apache-2.0 */
#include "tool/progress.h"

#include <stdio.h>
#include <time.h>

#include "tool/lang.h"

#define TICK_NS 500000000
#define WORDS_WIDTH 17 /* of a step, or a verdict */

void
progress_begin(struct progress *progress, struct output *out, bool is_full)
{
	memset(progress, 0, sizeof(*progress));
	(void)pthread_mutex_init(&progress->lock, NULL);
	(void)pthread_cond_init(&progress->stop, NULL);
	progress->out = out;
	progress->is_full = is_full;
}

void
progress_add(struct progress *progress, int number)
{
	if (progress->count < STATION_SLOTS_MAX)
		progress->slot[progress->count++].number = number;
}

static struct progress_slot *
find_slot(struct progress *progress, int number)
{
	for (size_t i = 0; i < progress->count; i++)
		if (progress->slot[i].number == number)
			return &progress->slot[i];
	return NULL;
}

static void
draw(struct progress *progress)
{
	int64_t now_ms = deadline_now_ms() - progress->begun_ms;

	if (progress->is_drawn)
		(void)printf("\033[%zuA", progress->count);
	progress->is_drawn = true;
	for (size_t i = 0; i < progress->count; i++) {
		const struct progress_slot *slot = &progress->slot[i];
		int64_t ms = slot->is_done ? slot->elapsed_ms : now_ms;

		size_t width = show_width(slot->words);

		(void)printf("\033[2K%s %2d  %s%*s %6.1f s  %s\n", lang("slot"),
			     slot->number, slot->words,
			     width < WORDS_WIDTH ? (int)(WORDS_WIDTH - width)
						 : 0,
			     "", (double)ms / 1000, slot->imei);
	}
	(void)fflush(stdout);
}

static void
put_step(struct output *out, const struct progress_slot *slot)
{
	if (!out->is_json) {
		output_say(out, "slot %d: %s", slot->number, slot->words);
		(void)fflush(stdout);
		return;
	}
	row_begin(out, "step");
	row_uint(out, "slot", (uint64_t)slot->number);
	row_text(out, "step", slot->words);
	row_end(out);
}

/* A unit that hangs is seen by its seconds. */
static void *
run_clock(void *arg)
{
	struct progress *progress = arg;

	(void)pthread_mutex_lock(&progress->lock);
	while (!progress->is_stopping) {
		struct timespec until;

		draw(progress);
		(void)clock_gettime(CLOCK_REALTIME, &until);
		until.tv_nsec += TICK_NS;
		until.tv_sec += until.tv_nsec / 1000000000;
		until.tv_nsec %= 1000000000;
		(void)pthread_cond_timedwait(&progress->stop, &progress->lock,
					     &until);
	}
	draw(progress);
	(void)pthread_mutex_unlock(&progress->lock);
	return NULL;
}

void
progress_start(struct progress *progress)
{
	progress->begun_ms = deadline_now_ms();
	if (progress->out->is_terminal)
		progress->has_clock = pthread_create(&progress->clock, NULL,
						     run_clock, progress) == 0;
}

void
progress_stop(struct progress *progress)
{
	if (!progress->has_clock)
		return;
	(void)pthread_mutex_lock(&progress->lock);
	progress->is_stopping = true;
	(void)pthread_cond_signal(&progress->stop);
	(void)pthread_mutex_unlock(&progress->lock);
	(void)pthread_join(progress->clock, NULL);
	progress->has_clock = false;
}

static void
step(struct progress *progress, int number, const char *words,
     const struct identity *identity, bool is_done)
{
	struct progress_slot *slot = find_slot(progress, number);

	if (slot == NULL)
		return;
	(void)pthread_mutex_lock(&progress->lock);
	show_escape(slot->words, sizeof(slot->words), lang(words));
	slot->is_done = is_done;
	slot->elapsed_ms = deadline_now_ms() - progress->begun_ms;
	if (identity != NULL && identity_check(identity) == ST_OK)
		(void)cmd_show_imei(slot->imei,
				    identity->slot[identity->primary],
				    progress->is_full);
	if (progress->out->is_terminal)
		draw(progress);
	else
		put_step(progress->out, slot);
	(void)pthread_mutex_unlock(&progress->lock);
}

void
progress_step(struct progress *progress, int number, const char *words,
	      const struct identity *identity)
{
	step(progress, number, words, identity, false);
}

void
progress_done(struct progress *progress, int number, const char *words,
	      const struct identity *identity)
{
	step(progress, number, words, identity, true);
}

void
progress_end(struct progress *progress)
{
	progress_stop(progress);
	(void)pthread_cond_destroy(&progress->stop);
	(void)pthread_mutex_destroy(&progress->lock);
}
