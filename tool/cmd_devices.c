/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "tool/lang.h"
#include "tool/slots.h"

#define OPT_FULL 0x200
#define HELLO_MS 5000

struct devices {
	struct slot_choice choice;
	bool is_full;
};

/* What was seen in one slot. */
struct seen {
	const struct station_slot *slot;
	enum status status;
	struct hello hello;
};

static error_t
parse_devices(int key, char *arg, struct argp_state *state)
{
	struct devices *devices = state->input;

	(void)arg;
	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &devices->choice;
		return 0;
	case OPT_FULL:
		devices->is_full = true;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static void
look_at(void *job, size_t i)
{
	struct seen *seen = (struct seen *)job + i;
	struct deadline deadline = deadline_in(HELLO_MS);
	struct device device;

	memset(&device, 0, sizeof(device));
	seen->status = device_open(&device, seen->slot->unit.agent, deadline);
	if (seen->status == ST_OK)
		seen->status = device_hello(&device, &seen->hello, deadline);
	device_close(&device);
}

/* What the ledger knows of the unit; nothing if it is not to be had. */
static void
show_known(struct output *out, struct ledger *ledger,
	   const struct chip_id *chip, bool is_full)
{
	struct ledger_unit unit;
	enum status st = ledger_find(ledger, chip, &unit);

	if (st != ST_OK) {
		row_text(out, "ledger",
			 st == ST_LEDGER_NONE ? NULL : status_name(st));
		row_list(out, "imei", NULL, 0);
		return;
	}
	row_text(out, "ledger", lang(number_state_name(unit.state)));
	row_identity(out, "imei", &unit.identity, is_full);
}

static void
show_seen(struct cli *cli, struct ledger *ledger, const struct seen *seen,
	  bool is_full)
{
	struct output *out = &cli->out;
	const struct hello *hello = &seen->hello;
	bool answers = seen->status == ST_OK;

	row_begin(out, "device");
	row_uint(out, "slot", (uint64_t)seen->slot->number);
	row_verdict(out, "answers", verdict_of(seen->status),
		    answers ? "yes" : status_name(seen->status));
	row_text(out, "model", answers ? hello->model : NULL);
	row_text(out, "class", answers ? text_class(hello->class) : NULL);
	row_text(out, "state",
		 answers ? text_device_state(hello->state) : NULL);
	if (answers) {
		row_hex(out, "chip", chip_id_bytes(&hello->chip));
		show_known(out, ledger, &hello->chip, is_full);
	} else {
		row_text(out, "chip", NULL);
		row_text(out, "ledger", NULL);
		row_list(out, "imei", NULL, 0);
	}
	row_end(out);
}

/* What the codes in the table say, each once. */
static void
explain_codes(struct output *out, const struct seen *seen, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		bool is_told = seen[i].status == ST_OK;

		for (size_t j = 0; j < i; j++)
			is_told = is_told || seen[j].status == seen[i].status;
		if (!is_told)
			output_say(out, "%s: %s", status_name(seen[i].status),
				   status_sentence(seen[i].status));
	}
}

static enum status
look_at_all(struct cli *cli, const struct cmd_station *opened,
	    const struct devices *devices)
{
	const struct station_slot *slot[STATION_SLOTS_MAX];
	struct seen *seen;
	size_t count;
	enum status st = slots_choose(cli, &opened->station, &devices->choice,
				      slot, &count);

	if (st == ST_OK)
		st = slots_take(cli, &opened->station, slot, count);
	if (st != ST_OK)
		return st;
	seen = calloc(count, sizeof(*seen));
	if (seen == NULL)
		return ST_STATION_MEMORY;
	for (size_t i = 0; i < count; i++) {
		seen[i].slot = slot[i];
		seen[i].status = ST_STATION_MEMORY;
	}
	slots_run(look_at, seen, count);
	table_begin(&cli->out);
	for (size_t i = 0; i < count; i++)
		show_seen(cli, opened->ledger, &seen[i], devices->is_full);
	table_end(&cli->out);
	explain_codes(&cli->out, seen, count);
	free(seen);
	return ST_OK;
}

enum status
cmd_devices(struct cli *cli, int argc, char **argv)
{
	static const struct argp_option options[] = {
		{"full", OPT_FULL, NULL, 0, "Show IMEIs in full", 0},
		{0},
	};
	static const struct argp_child children[] = {
		{&slot_choice_argp, 0, NULL, 0},
		{0},
	};
	static const struct argp argp = {
		.options = options,
		.parser = parse_devices,
		.doc = "Say who answers in each slot of the station.  Reads "
		       "only; an empty slot is no failure.\v"
		       "Example:\n  imeilock devices",
		.children = children,
	};
	struct devices devices = {.is_full = false};
	struct cmd_station opened;
	enum status st;

	cmd_parse(cli, argc, argv, &argp, &devices);
	st = cmd_open_station(&opened, cli);
	if (st != ST_OK)
		return st;
	st = look_at_all(cli, &opened, &devices);
	cmd_close_station(&opened);
	return st;
}
