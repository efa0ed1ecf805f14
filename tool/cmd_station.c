/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "tool/slot_text.h"

#define OPT_CLASS 0x200
#define OPT_SLOT 0x201
#define OPT_SIGNER 0x202

/* ------------------------------------------------------------------ init */

static void
add_slot(const struct argp_state *state, struct station *station,
	 const char *text)
{
	struct station_slot slot;

	slot_text_parse(state, "--slot", &slot, text);
	for (size_t i = 0; i < station->slot_count; i++)
		if (station->slot[i].number == slot.number)
			cmd_refuse(state, "slot %d is given twice",
				   slot.number);
		else if (text_equal(station->slot[i].unit.agent,
				    slot.unit.agent))
			cmd_refuse(state, "two slots have one agent: %d and %d",
				   station->slot[i].number, slot.number);
	if (station->slot_count < STATION_SLOTS_MAX)
		station->slot[station->slot_count++] = slot;
}

static error_t
parse_init(int key, char *arg, struct argp_state *state)
{
	struct station *station = state->input;

	switch (key) {
	case OPT_CLASS:
		station->class = text_class_parse(arg);
		if (station->class == CLASS_NONE)
			cmd_refuse(state, "--class is development or "
					  "production");
		return 0;
	case OPT_SLOT:
		add_slot(state, station, arg);
		return 0;
	case OPT_SIGNER:
		cmd_copy(state, "--signer", station->signer,
			 sizeof(station->signer), arg);
		if (arg[0] != '/')
			cmd_refuse(state, "--signer is a path from /");
		return 0;
	case ARGP_KEY_END:
		if (station->class == CLASS_NONE)
			cmd_refuse(state, "--class is missing");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static void
show_station(struct cli *cli, const struct station *station)
{
	row_begin(&cli->out, "station");
	row_text(&cli->out, "folder", station->folder);
	row_text(&cli->out, "class", text_class(station->class));
	row_hex(&cli->out, "ledger",
		bytes_of(station->ledger.byte, LEDGER_ID_LEN));
	row_uint(&cli->out, "slots", station->slot_count);
	if (station->signer[0] != '\0')
		row_text(&cli->out, "signer", station->signer);
	row_end(&cli->out);
}

enum status
cmd_station_init(struct cli *cli, int argc, char **argv)
{
	static const struct argp_option options[] = {
		{"class", OPT_CLASS, "CLASS", 0, "development or production",
		 0},
		{"slot", OPT_SLOT, SLOT_TEXT_FORM, 0,
		 "A slot of the fixture: its number, the address of the agent, "
		 "and the AT port of each modem slot; again for each slot",
		 0},
		{"signer", OPT_SIGNER, "PATH", 0,
		 "The socket of a signer that runs as a service; without it "
		 "'station arm' starts one",
		 0},
		{0},
	};
	static const struct argp argp = {
		.options = options,
		.parser = parse_init,
		.doc = "Make the station's folder with a new ledger.  What is "
		       "there already is kept, and refused.\v"
		       "Example:\n"
		       "  imeilock -s line1 station init --class development \\\n"
		       "    --slot 1=unix:h1/agent.sock,unix:h1/at1.sock",
	};
	struct station station = {.class = CLASS_NONE};
	char file[ADDRESS_MAX + 1];
	size_t len;
	enum status st;

	cmd_parse(cli, argc, argv, &argp, &station);
	len = strlen(cli->folder);
	if (len > ADDRESS_MAX)
		return ST_STATION_PATH;
	memcpy(station.folder, cli->folder, len + 1);
	cmd_detail(cli, "%s", station.folder);
	st = station_path(&station, "station.json", file);
	if (st == ST_OK)
		st = cmd_expect_none(cli, file);
	if (st == ST_OK)
		st = station_init(&station);
	if (st == ST_OK)
		show_station(cli, &station);
	return st;
}

/* ------------------------------------------------------------------ show */

static void
show_slots(struct cli *cli, const struct station *station)
{
	table_begin(&cli->out);
	for (size_t i = 0; i < station->slot_count; i++) {
		row_begin(&cli->out, "slot");
		slot_text_row(&cli->out, &station->slot[i]);
		row_end(&cli->out);
	}
	table_end(&cli->out);
}

static void
show_arms(struct cli *cli, const struct station_arms *arms)
{
	const char *profile[STATION_PROFILES_MAX];

	for (size_t i = 0; i < arms->profile_count; i++)
		profile[i] = arms->profile[i];
	row_begin(&cli->out, "armed");
	row_text(&cli->out, "operator", arms->operator_name);
	row_text(&cli->out, "shift", arms->shift);
	row_list(&cli->out, "profiles", profile, arms->profile_count);
	row_uint(&cli->out, "made", arms->made);
	row_uint(&cli->out, "of_units", arms->units);
	row_time(&cli->out, "ends", (uint64_t)arms->ends);
	row_end(&cli->out);
}

enum status
cmd_show_shift(struct cli *cli, struct ledger *ledger,
	       const struct station_arms *arms)
{
	int64_t now = (int64_t)time(NULL);
	struct tally tally;
	enum status st = ledger_tally(ledger, arms->after, &tally);

	if (st != ST_OK)
		return st;
	cmd_show_tally(&cli->out, &tally,
		       now > arms->begun ? (now - arms->begun) * 1000 : 0);
	return ST_OK;
}

static enum status
show_armed(struct cli *cli, const struct cmd_station *opened)
{
	struct station_arms arms;
	enum status st = station_arms_load(&arms, &opened->station);

	if (st == ST_STATION_NOT_ARMED) {
		output_say(&cli->out, "The station is not armed.");
		return ST_OK;
	}
	if (st == ST_OK)
		st = station_count_made(&arms, opened->ledger);
	if (st != ST_OK)
		return st;
	show_arms(cli, &arms);
	st = cmd_show_shift(cli, opened->ledger, &arms);
	if (st != ST_OK)
		return st;
	cmd_warn_low_armed(cli, opened->ledger, &arms);
	return ST_OK;
}

enum status
cmd_station_show(struct cli *cli, int argc, char **argv)
{
	static const struct argp argp = {
		.doc = "Show the station, its slots, and whether it is armed."
		       "\vExample:\n  imeilock station show",
	};
	struct cmd_station opened;
	enum status st;

	cmd_parse(cli, argc, argv, &argp, NULL);
	st = cmd_open_station(&opened, cli);
	if (st != ST_OK)
		return st;
	show_station(cli, &opened.station);
	if (opened.station.slot_count > 0)
		show_slots(cli, &opened.station);
	st = show_armed(cli, &opened);
	cmd_close_station(&opened);
	return st;
}
