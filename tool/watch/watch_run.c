/* SPDX-License-Identifier: Apache-2.0 */
#include "watch/watch_run.h"

#include <poll.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "tool/lang.h"
#include "tool/slots.h"
#include "tool/stop.h"
#include "watch/screen_curses.h"
#include "watch/watch_state.h"

/* How often a slot is looked at whose link tells who is there; and how long
 * between two questions where it does not. */
#define LOOK_MS 100
#define ASK_AGAIN_MS 400

static void
take_lock(struct watch_run *run)
{
	(void)pthread_mutex_lock(&run->lock);
}

static void
leave_lock(struct watch_run *run)
{
	(void)pthread_mutex_unlock(&run->lock);
}

/* Nothing more is begun. */
static bool
is_over(struct watch_run *run)
{
	bool is_end;

	take_lock(run);
	if (time(NULL) >= run->station->arms.ends)
		run->is_ended = true;
	is_end = run->is_ended || run->is_closing || watch_is_over(&run->watch);
	leave_lock(run);
	return is_end || stop_is_asked();
}

/* ------------------------------------------------------------------- rest */

/* In small pieces, so that a stop is heard. */
static void
rest(struct watch_run *run, const struct watch_unit *unit)
{
	uint64_t instance;
	bool is_told = link_look(unit->slot->unit.agent, &instance) !=
		       LINK_UNKNOWN;
	int64_t until = deadline_now_ms() + (is_told ? LOOK_MS : ASK_AGAIN_MS);

	while (deadline_now_ms() < until && !is_over(run))
		(void)poll(NULL, 0, LOOK_MS / 2);
}

/* ------------------------------------------------------------------- begin */

/* Other processes of this station make some as well. */
uint32_t
watch_made(const struct watch_run *run)
{
	uint32_t made = run->station->arms.made + run->watch.made;

	return made < run->made ? run->made : made;
}

/* Units that may still be made, those at work included. */
static uint32_t
units_left(struct watch_run *run)
{
	const struct station_arms *arms = &run->station->arms;
	uint32_t made = watch_made(run);

	if (made >= arms->units)
		run->is_ended = true;
	return made < arms->units ? arms->units - made : 0;
}

static const char *const hold_words[] = {
	[WATCH_HOLD_NONE] = "working",
	[WATCH_HOLD_LINE] = "waits: the line is paused",
	[WATCH_HOLD_SLOT] = "waits: the slot is paused",
	[WATCH_HOLD_COUNT] = "waits: enough units are at work",
	[WATCH_HOLD_SCAN] = "waiting for scan",
};

static void
note_hold(struct watch_run *run, struct watch_unit *unit, enum watch_hold hold)
{
	/* before its own label comes that of the unit before it */
	bool is_due = hold == WATCH_HOLD_SCAN && unit->labels_left != 0;

	if (unit->hold != hold || hold == WATCH_HOLD_NONE)
		watch_say_slot(run, unit,
			       is_due ? unit->note : hold_words[hold]);
	unit->hold = hold;
}

static void
start_unit(struct watch_run *run, struct watch_unit *unit)
{
	watch_take_label(run, unit);
	unit->note = "";
	watch_begin(&run->watch, unit->index);
	unit->place = WATCH_WORKING;
	unit->is_gone = false;
	unit->step[0] = '\0';
	unit->steps = 0;
	unit->imei[0] = '\0';
	unit->sentence[0] = '\0';
	unit->begun_ms = deadline_now_ms();
}

/* What the ledger says was made, which may be more than we know.  It may make us
 * wait, so it is asked without the lock. */
static enum status
count_made(struct watch_run *run, uint32_t *made)
{
	enum status st;

	(void)pthread_mutex_lock(&run->counting);
	st = station_count_made(&run->counted, run->station->flow.ledger);
	*made = run->counted.made;
	(void)pthread_mutex_unlock(&run->counting);
	return st;
}

static void
pause_for(struct watch_run *run, enum status st)
{
	watch_fault(&run->watch, st);
	watch_say_line(run);
}

static enum watch_hold
find_hold(struct watch_run *run, const struct watch_unit *unit)
{
	run->watch.slot[unit->index].needs_scan = run->how.is_scan &&
						  !watch_has_label(unit);
	return watch_hold(&run->watch, unit->index, units_left(run));
}

/* Nothing holds it, as far as we know without the ledger. */
static bool
may_begin(struct watch_run *run, struct watch_unit *unit)
{
	enum watch_hold hold;

	take_lock(run);
	hold = find_hold(run, unit);
	if (hold != WATCH_HOLD_NONE)
		note_hold(run, unit, hold);
	leave_lock(run);
	return hold == WATCH_HOLD_NONE;
}

static bool
begin(struct watch_run *run, struct watch_unit *unit)
{
	enum watch_hold hold;
	uint32_t made = 0;
	enum status st;

	if (!may_begin(run, unit))
		return false;
	st = count_made(run, &made);
	take_lock(run);
	if (made > run->made)
		run->made = made;
	hold = find_hold(run, unit);
	if (st != ST_OK && hold == WATCH_HOLD_NONE) {
		pause_for(run, st);
		hold = WATCH_HOLD_LINE;
	}
	note_hold(run, unit, hold);
	if (hold == WATCH_HOLD_NONE)
		start_unit(run, unit);
	leave_lock(run);
	return hold == WATCH_HOLD_NONE;
}

/* --------------------------------------------------------------------- run */

/* Between two steps nothing is under way, so this is where a run may stop. */
static void
at_step(void *ctx, int slot, const char *step, const struct identity *identity)
{
	struct watch_unit *unit = ctx;
	struct watch_run *run = unit->all;

	(void)slot;
	take_lock(run);
	show_escape(unit->step, sizeof(unit->step), lang(step));
	unit->steps++;
	if (identity != NULL && identity_check(identity) == ST_OK)
		(void)cmd_show_imei(unit->imei,
				    identity->slot[identity->primary],
				    run->how.is_full);
	if (stop_is_asked()) {
		show_escape(unit->stopped_at, sizeof(unit->stopped_at), step);
		unit->is_stopped = true;
		leave_lock(run);
		slots_park();
	}
	watch_say_step(run, unit);
	leave_lock(run);
}

static void
count_unit(struct watch_run *run, const struct watch_unit *unit)
{
	const struct flow_result *result = &unit->result;
	const struct counted counted = {
		.chip = run->watch.slot[unit->index].chip,
		.slot = unit->slot->number,
		.is_first = !result->was_known,
		.first = result->status,
		.last = result->status,
	};
	enum status st = counts_add(&run->counts, &counted);

	if (st != ST_OK)
		run->status = st;
}

static void
end_unit(struct watch_run *run, struct watch_unit *unit)
{
	const struct flow_result *result = &unit->result;
	struct unit_end end = watch_end_of(unit);
	bool was_paused = run->watch.is_paused;
	bool was_slot_paused = run->watch.slot[unit->index].is_paused;

	watch_finish(&run->watch, unit->index, result->status,
		     result->was_verified, &result->chip);
	unit->place = WATCH_DONE;
	unit->elapsed_ms = result->elapsed_ms;
	unit->verdict = verdict_of(result->status);
	unit_sentence(unit->sentence, &end);
	if (unit->sentence[0] != '\0')
		memcpy(run->refusal, unit->sentence, sizeof(run->refusal));
	count_unit(run, unit);
	watch_follow_label(run, unit);
	watch_say_end(run, unit);
	if (unit->note[0] != '\0')
		watch_say_slot(run, unit, unit->note);
	(void)units_left(run);
	if (run->watch.slot[unit->index].is_paused && !was_slot_paused)
		watch_say_slot(run, unit, "paused");
	if (run->watch.is_paused && !was_paused)
		watch_say_line(run);
}

static void
work(struct watch_run *run, struct watch_unit *unit)
{
	flow_run(&unit->result, &run->station->flow, &unit->flow);
	take_lock(run);
	end_unit(run, unit);
	leave_lock(run);
}

static void
run_slot(void *job, size_t i)
{
	struct watch_run *run = job;
	struct watch_unit *unit = &run->unit[i];

	while (!is_over(run)) {
		if (watch_look_at(run, unit) == WATCH_BEGIN && begin(run, unit))
			work(run, unit);
		else
			rest(run, unit);
	}
}

/* ------------------------------------------------------------------- watch */

static void
add_unit(struct watch_run *run, size_t i, const struct station_slot *slot)
{
	struct watch_unit *unit = &run->unit[i];

	unit->all = run;
	unit->index = i;
	unit->slot = slot;
	unit->note = "";
	unit->flow = (struct flow_slot){
		.number = slot->number,
		.unit = slot->unit,
		.step = at_step,
		.ctx = unit,
	};
	unit->result.status = ST_STATION_MEMORY;
	unit->result.step = "";
	identity_init(&unit->result.identity);
}

static bool
is_any_stopped(const struct watch_run *run)
{
	for (size_t i = 0; i < run->watch.count; i++)
		if (run->unit[i].is_stopped)
			return true;
	return false;
}

/* A unit that was stopped is as little good as any other. */
static enum status
worst_of(const struct watch_run *run)
{
	enum status worst = counts_worst(&run->counts);

	if (verdict_of(run->status) > verdict_of(worst))
		worst = run->status;
	for (size_t i = 0; i < run->watch.count; i++) {
		const struct watch_unit *unit = &run->unit[i];
		enum status st = ST_OK;

		if (unit->is_stopped)
			st = ST_STATION_STOPPED;
		else if (!unit->was_looked_at && !stop_is_asked())
			st = ST_STATION_MEMORY; /* no thread was made for it */
		if (verdict_of(st) > verdict_of(worst))
			worst = st;
	}
	return worst;
}

static struct watch_run *
make_run(struct cli *cli, struct station_run *station,
	 const struct watch_how *how)
{
	struct watch_run *run = calloc(1, sizeof(*run));

	if (run == NULL)
		return NULL;
	(void)pthread_mutex_init(&run->lock, NULL);
	(void)pthread_mutex_init(&run->scanning, NULL);
	(void)pthread_mutex_init(&run->counting, NULL);
	run->cli = cli;
	run->station = station;
	run->how = *how;
	run->counted = station->arms;
	run->made = station->arms.made;
	run->status = ST_OK;
	run->begun_ms = deadline_now_ms();
	return run;
}

static void
free_run(struct watch_run *run)
{
	counts_free(&run->counts);
	(void)pthread_mutex_destroy(&run->lock);
	(void)pthread_mutex_destroy(&run->scanning);
	(void)pthread_mutex_destroy(&run->counting);
	station_run_close(run->station);
	free(run);
}

static bool
is_any_label_due(struct watch_run *run)
{
	bool is_due = false;

	take_lock(run);
	for (size_t i = 0; i < run->watch.count; i++)
		is_due |= run->unit[i].labels_left != 0;
	leave_lock(run);
	return is_due;
}

/* Of the last units: until somebody asks for the end, or nothing can come. */
static void
await_labels(struct watch_run *run, struct watch_scanner *scanner)
{
	while (!watch_scanner_is_deaf(scanner) && !stop_is_asked() &&
	       is_any_label_due(run))
		(void)poll(NULL, 0, LOOK_MS);
}

static void
work_at_slots(struct watch_run *run)
{
	struct watch_screen *screen = NULL;
	struct watch_scanner *scanner = NULL;

	if (run->cli->out.is_terminal && !run->how.is_plain) {
		stop_catch(screen_break_off);
		run->is_quiet = true; /* before it has a thread */
		screen = watch_screen_start(run);
	}
	if (screen == NULL) {
		run->is_quiet = false;
		stop_catch(NULL);
	}
	watch_say_begin(run);
	/* on a screen, what is typed are keys as well, and it hears them */
	if (run->how.is_scan && (screen == NULL || run->how.scanner != NULL))
		scanner = watch_scanner_start(
			run, run->how.scanner == NULL ? STDIN_FILENO : -1);
	slots_run(run_slot, run, run->watch.count);
	if (screen == NULL)
		await_labels(run, scanner);
	watch_screen_end(screen);
	watch_scanner_end(scanner);
	run->is_quiet = false;
}

/* Threads that were stopped still hold ledger and signer. */
static enum status
end_run(struct watch_run *run, const struct station_slot *const *slot,
	enum status worst)
{
	struct cli *cli = run->cli;
	size_t count = run->watch.count;
	bool is_closing = run->is_closing;
	enum status st = ST_OK;

	if (is_any_stopped(run))
		return worst;
	free_run(run);
	if (is_closing)
		st = cmd_close_shift(cli, slot, count);
	if (st != ST_OK)
		output_error(&cli->out, st, cli->detail);
	return verdict_of(st) > verdict_of(worst) ? st : worst;
}

enum status
watch_provision(struct cli *cli, struct station_run *station,
		const struct station_slot *const *slot, size_t count,
		const struct watch_how *how)
{
	struct watch_run *run = make_run(cli, station, how);
	enum status worst;

	if (run == NULL)
		return ST_STATION_MEMORY;
	watch_init(&run->watch, &how->limits, count);
	for (size_t i = 0; i < count; i++)
		add_unit(run, i, slot[i]);
	work_at_slots(run);
	watch_report(run);
	worst = worst_of(run);
	cli->is_reported = true;
	cmd_warn_low(cli, station->flow.ledger, station->profile,
		     station->arms.profile_count);
	return end_run(run, slot, worst);
}
