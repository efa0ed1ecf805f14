/* SPDX-License-Identifier: Apache-2.0 */
/* The screen of a watch: a thread that draws what is so, and takes keys. */
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "tool/lang.h"
#include "tool/stop.h"
#include "watch/label.h"
#include "watch/screen_curses.h"
#include "watch/watch_state.h"

#define DRAW_MS 100
#define LEFT_MS 3000 /* how often the ledger is asked for what is left */

struct watch_screen {
	struct watch_run *run;
	pthread_t thread;
	atomic_bool is_stopping;
	struct screen screen;
	int64_t left_at_ms;
	struct label_lines lines;      /* what is typed by a scanner */
	int typed[2];		       /* a pipe: to whom takes them in */
	struct watch_scanner *scanner; /* that one, where labels are scanned */
};

/* ---------------------------------------------------------------- snapshot */

static void
copy(char *out, size_t size, const char *text)
{
	(void)snprintf(out, size, "%s", text);
}

static const char *
wait_words(enum watch_hold hold)
{
	switch (hold) {
	case WATCH_HOLD_LINE:
		return lang("line is paused");
	case WATCH_HOLD_SLOT:
		return lang("slot is paused");
	case WATCH_HOLD_COUNT:
		return lang("enough at work");
	case WATCH_HOLD_SCAN:
		return lang("scan the label");
	case WATCH_HOLD_NONE:
	default:
		return "";
	}
}

static enum screen_what
what_of(enum watch_place place)
{
	switch (place) {
	case WATCH_READY:
		return SCREEN_WAITS;
	case WATCH_WORKING:
		return SCREEN_WORKS;
	case WATCH_DONE:
		return SCREEN_DONE;
	case WATCH_EMPTY:
	default:
		return SCREEN_EMPTY;
	}
}

static enum screen_due
due_of(const struct watch_run *run, const struct watch_unit *unit)
{
	if (unit->labels_left == 0)
		return DUE_NONE;
	return unit->labels_left == 1 && run->how.is_match ? DUE_BOX
							   : DUE_HOUSING;
}

static void
take_slot(struct screen_slot *out, const struct watch_run *run,
	  const struct watch_unit *unit)
{
	const struct watch_slot *slot = &run->watch.slot[unit->index];

	memset(out, 0, sizeof(*out));
	out->number = unit->slot->number;
	out->what = what_of(slot->place);
	out->is_gone = slot->is_gone;
	out->is_paused = slot->is_paused;
	copy(out->words, sizeof(out->words),
	     slot->place == WATCH_WORKING ? unit->step
					  : wait_words(unit->hold));
	out->due = due_of(run, unit);
	/* "destroy the label" is not for the next unit */
	if (slot->place == WATCH_DONE || out->due != DUE_NONE)
		copy(out->note, sizeof(out->note), lang(unit->note));
	out->verdict = unit->verdict;
	copy(out->imei, sizeof(out->imei), unit->imei);
	out->ms = slot->place == WATCH_WORKING
			  ? deadline_now_ms() - unit->begun_ms
			  : unit->elapsed_ms;
	out->steps = unit->steps;
	out->sums = run->counts.sum[unit->slot->number];
}

static void
take_state(struct screen *out, const struct watch_run *run)
{
	const struct watch *watch = &run->watch;

	copy(out->said, sizeof(out->said), run->said);
	out->said_style = run->said_status == ST_OK ? STYLE_PLAIN : STYLE_BAR;
	out->state_style = STYLE_BAR;
	if (run->is_over)
		copy(out->state, sizeof(out->state),
		     lang("This is the end: q leaves, c closes the shift."));
	else if (stop_is_asked())
		copy(out->state, sizeof(out->state),
		     lang("Stopping after the running steps; Ctrl-C again to "
			  "break off."));
	else if (run->is_closing || run->is_ended || watch_is_over(watch))
		copy(out->state, sizeof(out->state),
		     lang("Nothing more is begun; units at work are "
			  "finished."));
	else if (watch->is_paused && watch->paused_for == ST_OK)
		copy(out->state, sizeof(out->state),
		     lang("The line is paused: p goes on."));
	else if (watch->is_paused)
		(void)snprintf(out->state, sizeof(out->state),
			       lang("The line is paused, p goes on: %s: %s"),
			       status_name(watch->paused_for),
			       status_sentence(watch->paused_for));
	else
		out->state[0] = '\0';
	if (out->state[0] == '\0')
		out->state_style = STYLE_PLAIN;
}

static void
take_arms(struct screen *out, struct watch_run *run)
{
	const struct station_arms *arms = &run->station->arms;
	int64_t left = arms->ends - (int64_t)time(NULL);
	int64_t ms = deadline_now_ms() - run->begun_ms;

	copy(out->operator_name, sizeof(out->operator_name),
	     arms->operator_name);
	copy(out->shift, sizeof(out->shift), arms->shift);
	out->made = watch_made(run);
	out->of_units = arms->units;
	out->left_s = left > 0 ? left : 0;
	out->sums = run->counts.sum[0];
	out->units_an_hour = ms >= 1000 ? out->sums.good * UINT64_C(3600000) /
						  (uint64_t)ms
					: 0;
}

static void
take_all(struct screen *out, struct watch_run *run)
{
	(void)pthread_mutex_lock(&run->lock);
	take_arms(out, run);
	take_state(out, run);
	out->count = run->watch.count;
	for (size_t i = 0; i < out->count; i++)
		take_slot(&out->slot[i], run, &run->unit[i]);
	(void)pthread_mutex_unlock(&run->lock);
	copy(out->keys, sizeof(out->keys),
	     lang("p pause  a again  r last refusal  c close the shift  "
		  "q quit"));
}

/* Numbers left of each armed model; not under the lock, since the ledger may
 * make us wait. */
static void
take_left(struct screen *out, const struct station_run *station)
{
	size_t len = 0;

	out->left[0] = '\0';
	for (size_t i = 0; i < station->arms.profile_count; i++) {
		const struct profile *profile = &station->profile[i];
		uint64_t units;

		if (ledger_units_left(station->flow.ledger, profile->model,
				      profile->slots, &units) != ST_OK ||
		    len >= sizeof(out->left))
			continue;
		len += (size_t)snprintf(
			out->left + len, sizeof(out->left) - len,
			lang("%s%s: numbers for %" PRIu64 " units"),
			len > 0 ? "  " : "", profile->model, units);
	}
}

/* -------------------------------------------------------------------- keys */

static void
open_refusal(struct screen *screen, struct watch_run *run)
{
	(void)pthread_mutex_lock(&run->lock);
	copy(screen->box_text, sizeof(screen->box_text),
	     run->refusal[0] != '\0' ? run->refusal
				     : lang("Nothing was refused yet."));
	(void)pthread_mutex_unlock(&run->lock);
	screen->box = BOX_TEXT;
}

static void
toggle_pause(struct watch_run *run)
{
	bool has_paused_slot = false;

	(void)pthread_mutex_lock(&run->lock);
	for (size_t i = 0; i < run->watch.count; i++)
		has_paused_slot |= run->watch.slot[i].is_paused;
	if (run->watch.is_paused || has_paused_slot)
		watch_resume(&run->watch);
	else
		watch_pause(&run->watch);
	(void)pthread_mutex_unlock(&run->lock);
}

static void
close_box(struct screen *screen, struct watch_run *run, int key)
{
	if (screen->box == BOX_CLOSE && key == 'y') {
		(void)pthread_mutex_lock(&run->lock);
		run->is_closing = true;
		(void)pthread_mutex_unlock(&run->lock);
	}
	screen->box = BOX_NONE;
}

static void
take_key(struct watch_screen *self, int key)
{
	struct screen *screen = &self->screen;
	struct watch_run *run = self->run;

	if (screen->box != BOX_NONE) {
		close_box(screen, run, key);
	} else if (key == 'p') {
		toggle_pause(run);
	} else if (key == 'a') {
		(void)pthread_mutex_lock(&run->lock);
		watch_again(&run->watch);
		(void)pthread_mutex_unlock(&run->lock);
	} else if (key == 'r') {
		open_refusal(screen, run);
	} else if (key == 'c') {
		copy(screen->box_text, sizeof(screen->box_text),
		     lang("Close the shift? Units at work are finished, "
			  "nothing more is begun, and the signer ends."));
		screen->box = BOX_CLOSE;
	} else if (key == 'q') {
		stop_ask();
	}
}

/* ------------------------------------------------------------------ thread */

static void
draw(struct watch_screen *self)
{
	int64_t now_ms = deadline_now_ms();
	struct screen_canvas *canvas = screen_canvas();

	if (now_ms >= self->left_at_ms) {
		take_left(&self->screen, self->run->station);
		self->left_at_ms = now_ms + LEFT_MS;
	}
	take_all(&self->screen, self->run);
	screen_draw(canvas, &self->screen);
	screen_show(canvas);
}

/* A scanner types faster than anybody, and no label or slot begins with the
 * letter of a key; so a line is the scanner's from its first character on. */
static void
take_typed(struct watch_screen *self, int key)
{
	const char *line;

	if (!self->run->how.is_scan || self->screen.box != BOX_NONE ||
	    (self->lines.len == 0 && strchr("paqrc", key) != NULL)) {
		take_key(self, key);
		return;
	}
	line = label_lines_take(&self->lines, (char)key);
	/* the ledger may make a scan wait, and the screen does not */
	if (line != NULL)
		(void)!dprintf(self->typed[1], "%s\n", line);
}

static void *
run_screen(void *arg)
{
	struct watch_screen *self = arg;

	while (!atomic_load(&self->is_stopping)) {
		int key;

		draw(self);
		key = screen_key(DRAW_MS);
		while (key != 0) {
			take_typed(self, key);
			key = screen_key(0);
		}
	}
	draw(self);
	return NULL;
}

static bool
open_typed(struct watch_screen *self)
{
	if (pipe2(self->typed, O_CLOEXEC | O_NONBLOCK) != 0)
		return false;
	self->scanner = watch_scanner_start(self->run, self->typed[0]);
	return self->scanner != NULL;
}

static void
close_typed(struct watch_screen *self)
{
	watch_scanner_end(self->scanner);
	for (size_t i = 0; i < 2; i++)
		if (self->typed[i] >= 0)
			(void)close(self->typed[i]);
}

static struct watch_screen *
open_self(struct watch_run *run)
{
	struct watch_screen *self = calloc(1, sizeof(*self));

	if (self == NULL)
		return NULL;
	self->run = run;
	self->typed[0] = self->typed[1] = -1;
	if ((!run->how.is_scan || open_typed(self)) &&
	    screen_open(run->cli->out.has_colour))
		return self;
	close_typed(self);
	free(self);
	return NULL;
}

struct watch_screen *
watch_screen_start(struct watch_run *run)
{
	struct watch_screen *self = open_self(run);
	sigset_t all, before;
	int failed;

	if (self == NULL)
		return NULL;
	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	failed = pthread_create(&self->thread, NULL, run_screen, self);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (failed == 0)
		return self;
	screen_close();
	close_typed(self);
	free(self);
	return NULL;
}

static bool
is_asked(struct watch_run *run)
{
	bool is_closing;

	(void)pthread_mutex_lock(&run->lock);
	is_closing = run->is_closing;
	run->is_over = true;
	(void)pthread_mutex_unlock(&run->lock);
	return is_closing || stop_is_asked();
}

void
watch_screen_end(struct watch_screen *self)
{
	if (self == NULL)
		return;
	while (!is_asked(self->run))
		(void)poll(NULL, 0, DRAW_MS);
	atomic_store(&self->is_stopping, true);
	(void)pthread_join(self->thread, NULL);
	screen_close();
	close_typed(self);
	free(self);
}
