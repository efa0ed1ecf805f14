/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "tool/lang.h"
#include "tool/progress.h"
#include "tool/slots.h"
#include "tool/stop.h"
#include "tool/unit_show.h"
#include "tool/units.h"
#include "watch/watch_run.h"

#define OPT_FULL 0x200
#define OPT_BOARD 0x201
#define OPT_WATCH 0x202
#define OPT_STOP_AFTER 0x203
#define OPT_SLOT_LIMIT 0x204
#define OPT_LINE_LIMIT 0x205
#define OPT_PLAIN 0x206
#define OPT_SCAN 0x207
#define OPT_SCANNER 0x208
#define OPT_MATCH 0x209
#define LIMIT_MAX 1000

struct provision {
	struct slot_choice choice;
	bool is_full;
	const char *board[STATION_SLOTS_MAX + 1]; /* by slot, or NULL */
	bool is_watch;
	const char *watch_option; /* one that is for --watch alone, or NULL */
	struct watch_how how;
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

/* From the slot's own thread: between two steps nothing is under way, so this
 * is where a run may stop. */
static void
at_step(void *ctx, int slot, const char *step, const struct identity *identity)
{
	struct unit_run *unit = ctx;

	if (stop_is_asked()) {
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

static struct unit_end
end_of(const struct unit_run *unit)
{
	return (struct unit_end){
		.slot = unit->slot.number,
		.result = &unit->result,
		.stopped_at = unit->is_stopped ? unit->stopped_at : NULL,
	};
}

static enum status
unit_status(const struct unit_run *unit)
{
	struct unit_end end = end_of(unit);

	return unit_end_status(&end);
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
		struct unit_end end = end_of(&run->unit[i]);

		unit_show(&cli->out, &end, is_full);
		if (verdict_of(unit_end_status(&end)) > verdict_of(worst))
			worst = unit_end_status(&end);
	}
	table_end(&cli->out);
	for (size_t i = 0; i < run->count; i++) {
		struct unit_end end = end_of(&run->unit[i]);

		unit_explain(&cli->out, &end);
	}
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
	stop_catch(NULL);
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

/* What of the station is still at work when it returns lives on. */
static enum status
watch(struct cli *cli, struct provision_run *run,
      const struct station_slot **slot, size_t count,
      const struct provision *what)
{
	struct watch_how how = what->how;
	bool is_closed;
	enum status st;

	how.is_full = what->is_full;
	st = watch_provision(cli, &run->station, slot, count, &how);
	is_closed = run->station.flow.ledger == NULL;
	if (is_closed)
		free(run);
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
	return what->is_watch ? watch(cli, run, slot, count, what)
			      : run_slots(cli, run, slot, count, what);
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

/* A board's barcode is one unit's, and what is about many needs --watch. */
static void
check_together(const struct argp_state *state, const struct provision *what)
{
	if (!what->is_watch && what->watch_option != NULL)
		cmd_refuse(state, "%s needs --watch", what->watch_option);
	if (what->how.is_match && !what->how.is_scan)
		cmd_refuse(state, "--match needs --scan");
	for (size_t i = 1; what->is_watch && i <= STATION_SLOTS_MAX; i++)
		if (what->board[i] != NULL)
			cmd_refuse(state, "--board is not for --watch");
}

static uint32_t
watch_number(const struct argp_state *state, struct provision *what,
	     const char *name, const char *text, uint64_t first)
{
	what->watch_option = name;
	return (uint32_t)cmd_number(state, name, text, first,
				    first == 0 ? LIMIT_MAX : UINT32_MAX);
}

static void
take_scanner(const struct argp_state *state, struct provision *what,
	     const char *address)
{
	const char *why;

	what->watch_option = "--scanner";
	what->how.is_scan = true;
	what->how.scanner = address;
	if (cmd_check_address(address, strlen(address), &why) != ST_OK)
		cmd_refuse(state, "--scanner: %s", lang(why));
}

static error_t
parse_watch(int key, char *arg, const struct argp_state *state,
	    struct provision *what)
{
	struct watch_limits *limits = &what->how.limits;

	switch (key) {
	case OPT_WATCH:
		what->is_watch = true;
		return 0;
	case OPT_PLAIN:
		what->watch_option = "--plain";
		what->how.is_plain = true;
		return 0;
	case OPT_SCAN:
		what->watch_option = "--scan";
		what->how.is_scan = true;
		return 0;
	case OPT_SCANNER:
		take_scanner(state, what, arg);
		return 0;
	case OPT_MATCH:
		what->watch_option = "--match";
		what->how.is_match = true;
		return 0;
	case OPT_STOP_AFTER:
		limits->stop_after =
			watch_number(state, what, "--stop-after", arg, 1);
		return 0;
	case OPT_SLOT_LIMIT:
		limits->slot =
			watch_number(state, what, "--slot-limit", arg, 0);
		return 0;
	case OPT_LINE_LIMIT:
		limits->line =
			watch_number(state, what, "--line-limit", arg, 0);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
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
	case ARGP_KEY_END:
		check_together(state, what);
		return 0;
	default:
		return parse_watch(key, arg, state, what);
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
		{"watch", OPT_WATCH, NULL, 0,
		 "Go on, and take units as they are plugged in", 1},
		{"stop-after", OPT_STOP_AFTER, "COUNT", 0,
		 "With --watch: end when so many units are good", 1},
		{"slot-limit", OPT_SLOT_LIMIT, "COUNT", 0,
		 "With --watch: refusals in a row that pause a slot (default "
		 "3; 0: never)",
		 1},
		{"line-limit", OPT_LINE_LIMIT, "COUNT", 0,
		 "With --watch: refusals in a row that pause the line (default "
		 "5; 0: never)",
		 1},
		{"plain", OPT_PLAIN, NULL, 0,
		 "With --watch: lines instead of a screen", 1},
		{"scan", OPT_SCAN, NULL, 0,
		 "With --watch: a unit gets the number of its label, which is "
		 "scanned first; lines on the input",
		 1},
		{"scanner", OPT_SCANNER, "ADDR", 0,
		 "With --watch: the same, with a scanner at this address", 1},
		{"match", OPT_MATCH, NULL, 0,
		 "With --scan: in the end the box's label is compared as well",
		 1},
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
		       "  imeilock provision --slot 1 --slot 3\n"
		       "  imeilock provision --watch",
		.children = children,
	};
	struct provision what = {
		.how.limits = {WATCH_SLOT_LIMIT, WATCH_LINE_LIMIT, 0},
	};

	cmd_parse(cli, argc, argv, &argp, &what);
	return provision(cli, &what);
}
