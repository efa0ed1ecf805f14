/* SPDX-License-Identifier: Apache-2.0 */
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "tool/lang.h"
#include "tool/progress.h"
#include "tool/slots.h"
#include "tool/units.h"

#define OPT_FULL 0x200
#define OPT_BOARD 0x201

struct provision {
	struct slot_choice choice;
	bool is_full;
	const char *board[STATION_SLOTS_MAX + 1]; /* by slot, or NULL */
};

/* One slot's run, and where it was stopped if it was. */
struct unit_run {
	struct flow_slot slot;
	struct flow_result result;
	struct provision_run *all;
	bool is_stopped;
	char stopped_at[PROGRESS_WORDS_MAX + 1];
};

struct provision_run {
	struct station_run station;
	struct progress progress;
	size_t count;
	struct unit_run unit[STATION_SLOTS_MAX];
};

/* Set once, by the first Ctrl-C; a second one ends the process at once, which
 * a unit survives like any cut. */
static atomic_int is_stopping;
/* In a language that a signal's handler does not look up. */
static const char *stop_text;

static void
ask_to_stop(int number)
{
	ssize_t n;

	(void)number;
	atomic_store(&is_stopping, 1);
	n = write(STDERR_FILENO, stop_text, strlen(stop_text));
	(void)n;
}

static void
catch_stop(void)
{
	struct sigaction action;

	stop_text = lang("\nStopping after the running steps; again to break "
			 "off.\n");
	memset(&action, 0, sizeof(action));
	action.sa_handler = ask_to_stop;
	action.sa_flags = SA_RESTART | (int)SA_RESETHAND;
	(void)sigemptyset(&action.sa_mask);
	(void)sigaction(SIGINT, &action, NULL);
	(void)sigaction(SIGTERM, &action, NULL);
}

/* From the slot's own thread: between two steps nothing is under way, so this
 * is where a run may stop. */
static void
at_step(void *ctx, int slot, const char *step, const struct identity *identity)
{
	struct unit_run *unit = ctx;

	if (atomic_load(&is_stopping) != 0) {
		show_escape(unit->stopped_at, sizeof(unit->stopped_at), step);
		if (identity != NULL)
			unit->result.identity = *identity;
		unit->is_stopped = true;
		progress_done(&unit->all->progress, slot, "stopped", identity);
		slots_park();
	}
	progress_step(&unit->all->progress, slot, step, identity);
}

static void
run_unit(void *job, size_t i)
{
	struct provision_run *run = job;
	struct unit_run *unit = &run->unit[i];

	flow_run(&unit->result, &run->station.flow, &unit->slot);
	progress_done(&run->progress, unit->slot.number,
		      verdict_words(verdict_of(unit->result.status)),
		      &unit->result.identity);
}

/* ---------------------------------------------------------------- report */

static enum status
unit_status(const struct unit_run *unit)
{
	return unit->is_stopped ? ST_STATION_STOPPED : unit->result.status;
}

static const char *
unit_words(const struct unit_run *unit)
{
	enum status st = unit_status(unit);

	if (st == ST_OK && unit->result.was_verified)
		return lang("good (was locked already, nothing changed)");
	return verdict_words(verdict_of(st));
}

static void
show_unit(struct output *out, const struct unit_run *unit, bool is_full)
{
	const struct flow_result *result = &unit->result;
	enum status st = unit_status(unit);

	row_begin(out, "unit");
	row_uint(out, "slot", (uint64_t)unit->slot.number);
	row_verdict(out, "verdict", verdict_of(st),
		    out->is_json ? NULL : unit_words(unit));
	row_identity(out, "imei", &result->identity, is_full);
	row_seconds(out, "seconds", result->elapsed_ms);
	row_status(out, "code", st);
	if (out->is_json) {
		row_bool(out, "is_unchanged",
			 st == ST_OK && result->was_verified);
		row_text(out, "model", result->model);
		row_hex(out, "chip", chip_id_bytes(&result->chip));
		row_text(out, "step",
			 unit->is_stopped ? unit->stopped_at : result->step);
		row_text(out, "detail", result->detail);
		row_text(out, "sentence", status_sentence(st));
		row_uint(out, "exchanges", result->exchanges);
		row_uint(out, "bytes", result->bytes);
		row_uint(out, "exit", (uint64_t)verdict_of(st));
	}
	row_end(out);
}

/* What the operator does with a unit that is not good. */
static void
explain_unit(struct output *out, const struct unit_run *unit)
{
	enum status st = unit_status(unit);
	const char *detail = unit->is_stopped ? "" : unit->result.detail;
	const char *step = unit->is_stopped ? unit->stopped_at
					    : unit->result.step;

	if (st == ST_OK)
		return;
	output_say(out, "slot %d: %s: %s: %s%s%s%s (step: %s)",
		   unit->slot.number, verdict_words(verdict_of(st)),
		   status_name(st), status_sentence(st),
		   detail[0] != '\0' ? " [" : "", detail,
		   detail[0] != '\0' ? "]" : "",
		   lang(step != NULL && step[0] != '\0' ? step : "none"));
}

static void
tally(struct cli *cli, const struct provision_run *run, int64_t ms)
{
	struct tally sums = {.units = 0};

	for (size_t i = 0; i < run->count; i++) {
		enum status st = unit_status(&run->unit[i]);

		tally_add(&sums, st, !run->unit[i].result.was_known, st);
	}
	cmd_show_tally(&cli->out, &sums, ms);
}

/* The worst outcome is the command's. */
static enum status
report(struct cli *cli, const struct provision_run *run, bool is_full,
       int64_t ms)
{
	enum status worst = ST_OK;

	table_begin(&cli->out);
	for (size_t i = 0; i < run->count; i++) {
		enum status st = unit_status(&run->unit[i]);

		show_unit(&cli->out, &run->unit[i], is_full);
		if (verdict_of(st) > verdict_of(worst))
			worst = st;
	}
	table_end(&cli->out);
	for (size_t i = 0; i < run->count; i++)
		explain_unit(&cli->out, &run->unit[i]);
	output_say(&cli->out, "%s", "");
	tally(cli, run, ms);
	cli->is_reported = true;
	return worst;
}

/* ------------------------------------------------------------------- run */

static void
add_unit(struct provision_run *run, const struct station_slot *slot,
	 const char *board)
{
	struct unit_run *unit = &run->unit[run->count++];

	unit->slot = (struct flow_slot){
		.number = slot->number,
		.unit = slot->unit,
		.board = board,
		.step = at_step,
		.ctx = unit,
	};
	unit->all = run;
	unit->result.status = ST_STATION_MEMORY;
	unit->result.step = "";
	identity_init(&unit->result.identity);
}

/* Not more at once than the station may still make. */
static void
plan(struct provision_run *run, const struct station_slot **slot, size_t count,
     const struct provision *what)
{
	const struct station_arms *arms = &run->station.arms;
	uint32_t left = arms->units - arms->made;

	for (size_t i = 0; i < count; i++) {
		add_unit(run, slot[i], what->board[slot[i]->number]);
		progress_add(&run->progress, slot[i]->number);
		if (i >= left)
			run->unit[i].result.status = ST_STATION_ENDED;
	}
}

static bool
is_any_stopped(const struct provision_run *run)
{
	for (size_t i = 0; i < run->count; i++)
		if (run->unit[i].is_stopped)
			return true;
	return false;
}

static enum status
run_slots(struct cli *cli, struct provision_run *run,
	  const struct station_slot **slot, size_t count,
	  const struct provision *what)
{
	uint32_t left = run->station.arms.units - run->station.arms.made;
	int64_t begun = deadline_now_ms();
	enum status st;

	progress_begin(&run->progress, &cli->out, what->is_full);
	plan(run, slot, count, what);
	catch_stop();
	progress_start(&run->progress);
	slots_run(run_unit, run, count < left ? count : left);
	progress_stop(&run->progress);
	st = report(cli, run, what->is_full, deadline_now_ms() - begun);
	cmd_warn_low(cli, run->station.flow.ledger, run->station.profile,
		     run->station.arms.profile_count);
	/* threads that were stopped still hold ledger and signer */
	if (!is_any_stopped(run)) {
		progress_end(&run->progress);
		station_run_close(&run->station);
		free(run);
	}
	return st;
}

/* A barcode for a slot that is not worked at is a mistake. */
static enum status
check_boards(struct cli *cli, const struct provision *what,
	     const struct station_slot **slot, size_t count)
{
	for (int number = 1; number <= STATION_SLOTS_MAX; number++) {
		bool is_chosen = what->board[number] == NULL;

		for (size_t i = 0; i < count; i++)
			is_chosen = is_chosen || slot[i]->number == number;
		if (is_chosen)
			continue;
		cmd_detail(cli, "--board for slot %d, which is not worked at",
			   number);
		return ST_USAGE;
	}
	return ST_OK;
}

static enum status
provision(struct cli *cli, const struct provision *what)
{
	const struct station_slot *slot[STATION_SLOTS_MAX];
	struct provision_run *run;
	struct station station;
	size_t count;
	enum status st = station_load(&station, cli->folder);

	if (st != ST_OK) {
		cmd_detail(cli, "folder '%s'", cli->folder);
		return st;
	}
	st = slots_choose(cli, &station, &what->choice, slot, &count);
	if (st == ST_OK)
		st = check_boards(cli, what, slot, count);
	if (st == ST_OK)
		st = slots_take(cli, &station, slot, count);
	if (st != ST_OK)
		return st;
	run = calloc(1, sizeof(*run));
	if (run == NULL)
		return ST_STATION_MEMORY;
	st = station_open(&run->station, &station, IMEILOCK_VERSION);
	if (st != ST_OK) {
		free(run);
		return st;
	}
	return run_slots(cli, run, slot, count, what);
}

/* N=TEXT */
static void
add_board(const struct argp_state *state, struct provision *what,
	  const char *text)
{
	const char *equal = strchr(text, '=');
	char number[8] = "";
	uint64_t slot;

	if (equal == NULL || (size_t)(equal - text) >= sizeof(number)) {
		cmd_refuse(state, "--board is N=TEXT");
		return;
	}
	memcpy(number, text, (size_t)(equal - text));
	slot = cmd_number(state, "the slot of --board", number, 1,
			  STATION_SLOTS_MAX);
	if (what->board[slot] != NULL)
		cmd_refuse(state, "slot %s has two boards", number);
	for (size_t i = 1; i <= STATION_SLOTS_MAX; i++)
		if (what->board[i] != NULL &&
		    text_equal(what->board[i], equal + 1))
			cmd_refuse(state, "two slots have one board");
	what->board[slot] = unit_board(state, equal + 1);
}

static error_t
parse_provision(int key, char *arg, struct argp_state *state)
{
	struct provision *what = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &what->choice;
		return 0;
	case OPT_FULL:
		what->is_full = true;
		return 0;
	case OPT_BOARD:
		add_board(state, what, arg);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

enum status
cmd_provision(struct cli *cli, int argc, char **argv)
{
	static const struct argp_option options[] = {
		{"full", OPT_FULL, NULL, 0, "Show IMEIs in full", 0},
		{"board", OPT_BOARD, "N=TEXT", 0,
		 "The barcode of the board in slot N, which the ledger keeps; "
		 "again for each slot",
		 0},
		{0},
	};
	static const struct argp_child children[] = {
		{&slot_choice_argp, 0, NULL, 0},
		{0},
	};
	static const struct argp argp = {
		.options = options,
		.parser = parse_provision,
		.doc = "Write, lock and prove the units in the slots of an "
		       "armed station.  IRREVERSIBLE.  A unit that comes "
		       "back carries on where it was.  The exit code is that "
		       "of the worst unit; Ctrl-C stops after the running "
		       "steps.\vExample:\n  imeilock provision\n"
		       "  imeilock provision --slot 1 --slot 3",
		.children = children,
	};
	struct provision what = {.is_full = false};

	cmd_parse(cli, argc, argv, &argp, &what);
	return provision(cli, &what);
}
