/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdio.h>

#include "tool/lang.h"
#include "watch/watch_state.h"

struct unit_end
watch_end_of(const struct watch_unit *unit)
{
	return (struct unit_end){
		.slot = unit->slot->number,
		.result = &unit->result,
		.stopped_at = unit->is_stopped ? unit->stopped_at : NULL,
	};
}

/* Somebody may read a pipe as it comes. */
static void
flush(const struct output *out)
{
	if (!out->is_json)
		(void)fflush(stdout);
}

void
watch_say_begin(struct watch_run *run)
{
	struct output *out = &run->cli->out;

	if (run->is_quiet)
		return;
	output_say(out, "Plug the units in. Ctrl-C ends it.");
	flush(out);
}

void
watch_say_slot(struct watch_run *run, const struct watch_unit *unit,
	       const char *state)
{
	struct output *out = &run->cli->out;
	bool is_paused = run->watch.slot[unit->index].is_paused;

	if (run->is_quiet)
		return;
	if (out->is_json) {
		row_begin(out, "slot");
		row_uint(out, "slot", (uint64_t)unit->slot->number);
		row_text(out, "state", state);
		row_bool(out, "is_paused", is_paused);
		row_end(out);
		return;
	}
	output_say(out, "slot %d: %s", unit->slot->number, lang(state));
	if (text_equal(state, "paused"))
		output_say(out,
			   "slot %d had %" PRIu32 " refusals in a row: look at "
			   "its contacts and cable. It goes on when it is "
			   "told so, or when this is started again.",
			   unit->slot->number, run->watch.limits.slot);
	flush(out);
}

void
watch_say_step(struct watch_run *run, const struct watch_unit *unit)
{
	struct output *out = &run->cli->out;

	if (run->is_quiet)
		return;
	if (!out->is_json) {
		output_say(out, "slot %d: %s", unit->slot->number, unit->step);
		flush(out);
		return;
	}
	row_begin(out, "step");
	row_uint(out, "slot", (uint64_t)unit->slot->number);
	row_text(out, "step", unit->step);
	row_end(out);
}

void
watch_say_end(struct watch_run *run, const struct watch_unit *unit)
{
	struct output *out = &run->cli->out;
	struct unit_end end = watch_end_of(unit);

	if (run->is_quiet)
		return;
	if (out->is_json) {
		unit_show(out, &end, run->how.is_full);
		return;
	}
	if (unit_end_status(&end) == ST_OK)
		output_say(out, "slot %d: %s  %s  %.1f s", end.slot,
			   unit->labels_left != 0 ? lang("locked")
						  : unit_end_words(&end),
			   unit->imei, (double)unit->elapsed_ms / 1000);
	else
		output_say(out, "%s", unit->sentence);
	flush(out);
}

/* For people; IMEIs are masked unless --full. */
static void
set_said(struct watch_run *run, int slot, enum status st, const char *imei)
{
	if (st != ST_OK)
		(void)snprintf(run->said, sizeof(run->said),
			       lang("scan %s: %s: %s"), imei, status_name(st),
			       status_sentence(st));
	else if (imei[0] != '\0')
		(void)snprintf(run->said, sizeof(run->said),
			       lang("slot %d: its label is %s"), slot, imei);
	else
		(void)snprintf(run->said, sizeof(run->said),
			       lang("slot %d: scan its label now"), slot);
	run->said_status = st;
	if (st != ST_OK)
		memcpy(run->refusal, run->said, sizeof(run->refusal));
}

void
watch_say_scan(struct watch_run *run, const struct watch_unit *unit,
	       enum status status, const struct ledger_label *label)
{
	struct output *out = &run->cli->out;
	int slot = unit != NULL ? unit->slot->number : 0;
	char imei[IMEI_LEN + 1] = "";

	if (label != NULL && label->count != 0)
		(void)cmd_show_imei(imei, label->number[0], run->how.is_full);
	set_said(run, slot, status, imei);
	if (run->is_quiet)
		return;
	if (!out->is_json) {
		output_say(out, "%s", run->said);
		flush(out);
		return;
	}
	row_begin(out, "scan");
	row_uint(out, "slot", (uint64_t)slot);
	row_text(out, "imei", imei);
	row_status(out, "code", status);
	row_text(out, "sentence", status_sentence(status));
	row_end(out);
}

void
watch_say_line(struct watch_run *run)
{
	struct output *out = &run->cli->out;
	enum status st = run->watch.paused_for;

	if (run->is_quiet)
		return;
	if (out->is_json) {
		row_begin(out, "line");
		row_bool(out, "is_paused", run->watch.is_paused);
		row_status(out, "code", st);
		row_text(out, "sentence", status_sentence(st));
		row_end(out);
		return;
	}
	output_say(out, "The line is paused: nothing more is begun. %s: %s",
		   status_name(st), status_sentence(st));
	output_say(out, "It goes on when this is started again.");
	flush(out);
}

/* ------------------------------------------------------------------ at end */

static void
show_slot(struct output *out, const struct watch_run *run,
	  const struct watch_unit *unit)
{
	const struct tally *sums = &run->counts.sum[unit->slot->number];

	row_begin(out, "slot_sums");
	row_uint(out, "slot", (uint64_t)unit->slot->number);
	if (run->watch.slot[unit->index].has_result)
		row_verdict(out, "last", unit->verdict, NULL);
	else
		row_text(out, "last", NULL);
	row_identity(out, "imei", &unit->result.identity, run->how.is_full);
	row_uint(out, "units", sums->units);
	row_uint(out, "good", sums->good);
	row_uint(out, "again", sums->again);
	row_uint(out, "red", sums->red);
	row_uint(out, "engineer", sums->engineer);
	row_end(out);
}

static void
say_why(struct watch_run *run)
{
	struct output *out = &run->cli->out;

	if (run->is_ended)
		output_say(out, "The station's time or count is used up.");
	else if (watch_is_over(&run->watch))
		output_say(out, "%" PRIu32 " units are good, as asked.",
			   run->watch.made);
}

static void
show_stopped(struct output *out, const struct watch_run *run)
{
	for (size_t i = 0; i < run->watch.count; i++) {
		struct unit_end end = watch_end_of(&run->unit[i]);

		if (end.stopped_at == NULL)
			continue;
		if (out->is_json)
			unit_show(out, &end, run->how.is_full);
		unit_explain(out, &end);
	}
}

static void
warn_of_labels(struct output *out, const struct watch_run *run)
{
	for (size_t i = 0; i < run->watch.count; i++)
		if (run->unit[i].labels_left != 0)
			output_warn(out,
				    "slot %d: the unit is locked, and its "
				    "labels were not compared with it",
				    run->unit[i].slot->number);
}

void
watch_report(struct watch_run *run)
{
	struct output *out = &run->cli->out;

	show_stopped(out, run);
	warn_of_labels(out, run);
	say_why(run);
	table_begin(out);
	for (size_t i = 0; i < run->watch.count; i++)
		show_slot(out, run, &run->unit[i]);
	table_end(out);
	output_say(out, "%s", "");
	cmd_show_tally(out, &run->counts.sum[0],
		       deadline_now_ms() - run->begun_ms);
}
