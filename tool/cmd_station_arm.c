/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "tool/lang.h"
#include "tool/slots.h"

#define OPT_OPERATOR 0x200
#define OPT_SHIFT 0x201
#define OPT_PROFILE 0x202
#define OPT_UNITS 0x203
#define OPT_HOURS 0x204
#define OPT_CONFIRM 0x205
#define UNITS_MAX 1000000
#define HOURS_MAX 24

static const char confirm_words[] = "arm production";

struct arm {
	struct cmd_token token;
	struct station_arms arms;
	const char *profile[STATION_PROFILES_MAX];
	const char *confirm;
};

static void
add_profile(const struct argp_state *state, struct arm *arm, const char *path)
{
	if (arm->arms.profile_count == STATION_PROFILES_MAX)
		cmd_refuse(state, "more than %d times --profile",
			   STATION_PROFILES_MAX);
	else
		arm->profile[arm->arms.profile_count++] = path;
}

static void
check_arm(const struct argp_state *state, const struct arm *arm)
{
	if (arm->arms.operator_name[0] == '\0')
		cmd_refuse(state, "--operator is missing");
	if (arm->arms.shift[0] == '\0')
		cmd_refuse(state, "--shift is missing");
	if (arm->arms.profile_count == 0)
		cmd_refuse(state, "--profile is missing");
	if (arm->arms.units == 0)
		cmd_refuse(state, "--units is missing");
	if (arm->arms.ends == 0)
		cmd_refuse(state, "--hours is missing");
}

static error_t
parse_arm(int key, char *arg, struct argp_state *state)
{
	struct arm *arm = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &arm->token;
		return 0;
	case OPT_OPERATOR:
		cmd_copy(state, "--operator", arm->arms.operator_name,
			 sizeof(arm->arms.operator_name), arg);
		return 0;
	case OPT_SHIFT:
		cmd_copy(state, "--shift", arm->arms.shift,
			 sizeof(arm->arms.shift), arg);
		return 0;
	case OPT_PROFILE:
		add_profile(state, arm, arg);
		return 0;
	case OPT_UNITS:
		arm->arms.units = (uint32_t)cmd_number(state, "--units", arg, 1,
						       UNITS_MAX);
		return 0;
	case OPT_HOURS:
		arm->arms.ends = (int64_t)time(NULL) +
				 3600 * (int64_t)cmd_number(state, "--hours",
							    arg, 1, HOURS_MAX);
		return 0;
	case OPT_CONFIRM:
		arm->confirm = arg;
		return 0;
	case ARGP_KEY_END:
		check_arm(state, arm);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

/* Profiles are read again by each run, from wherever that is started. */
static enum status
resolve_profiles(struct cli *cli, struct arm *arm)
{
	for (size_t i = 0; i < arm->arms.profile_count; i++) {
		char *path = realpath(arm->profile[i], NULL);
		size_t len = path != NULL ? strlen(path) : 0;

		if (path == NULL || len > ADDRESS_MAX) {
			cmd_detail(cli, "%s: %s", arm->profile[i],
				   path == NULL ? strerror(errno)
						: lang("its path is too long"));
			free(path);
			return ST_STATION_FILE;
		}
		memcpy(arm->arms.profile[i], path, len + 1);
		free(path);
	}
	return ST_OK;
}

/* Production is armed in words, once, by somebody who means it. */
static enum status
confirm(struct cli *cli, const struct station *station, const struct arm *arm)
{
	char question[ADDRESS_MAX + 128];
	char typed[32];
	enum status st;

	if (station->class != CLASS_PRODUCTION)
		return ST_OK;
	if (arm->confirm == NULL) {
		(void)snprintf(question, sizeof(question),
			       lang("Fuses of up to %u units will be burnt "
				    "for good. Type '%s': "),
			       (unsigned int)arm->arms.units, confirm_words);
		st = cmd_ask(cli, question, true, typed, sizeof(typed));
		if (st != ST_OK)
			return st;
	}
	if (text_equal(arm->confirm != NULL ? arm->confirm : typed,
		       confirm_words))
		return ST_OK;
	cmd_detail(cli, "not confirmed with '%s', nothing was armed",
		   confirm_words);
	return ST_USAGE;
}

static enum status
arm_station(struct cli *cli, const struct station *station,
	    const struct arm *arm)
{
	struct station_arm how = {
		.arms = &arm->arms,
		.token = arm->token.token,
		.pin_fd = -1,
	};
	char error[PROFILE_ERROR_MAX + 1] = "";
	enum status st = station->signer[0] != '\0'
				 ? cmd_no_token(cli, &arm->token)
				 : cmd_pin(cli, &arm->token, &how.pin_fd);

	if (st != ST_OK)
		return st;
	st = station_arm(station, &how, IMEILOCK_VERSION, error);
	if (st != ST_OK)
		cmd_detail(cli, "%s", error);
	else if (error[0] != '\0')
		output_warn(&cli->out, "%s", error);
	return st;
}

/* It is armed now, so what cannot be told here is no failure. */
static void
warn_low(struct cli *cli, const struct arm *arm)
{
	struct cmd_station opened;

	if (cmd_open_station(&opened, cli) != ST_OK)
		return;
	cmd_warn_low_armed(cli, opened.ledger, &arm->arms);
	cmd_close_station(&opened);
}

static enum status
run_arm(struct cli *cli, struct arm *arm)
{
	struct station station;
	enum status st = station_load(&station, cli->folder);

	if (st != ST_OK) {
		cmd_detail(cli, "folder '%s'", cli->folder);
		return st;
	}
	st = resolve_profiles(cli, arm);
	if (st == ST_OK)
		st = confirm(cli, &station, arm);
	if (st == ST_OK)
		st = arm_station(cli, &station, arm);
	if (st != ST_OK)
		return st;
	row_begin(&cli->out, "armed");
	row_text(&cli->out, "class", text_class(station.class));
	row_text(&cli->out, "operator", arm->arms.operator_name);
	row_text(&cli->out, "shift", arm->arms.shift);
	row_uint(&cli->out, "units", arm->arms.units);
	row_time(&cli->out, "ends", (uint64_t)arm->arms.ends);
	row_end(&cli->out);
	warn_low(cli, arm);
	return ST_OK;
}

enum status
cmd_station_arm(struct cli *cli, int argc, char **argv)
{
	static const struct argp_option options[] = {
		{"operator", OPT_OPERATOR, "NAME", 0, "Who answers for it", 0},
		{"shift", OPT_SHIFT, "NAME", 0, "The shift", 0},
		{"profile", OPT_PROFILE, "FILE", 0,
		 "A model that may be made; again for each", 0},
		{"units", OPT_UNITS, "N", 0, "How many units may be made", 0},
		{"hours", OPT_HOURS, "H", 0, "How long, at most 24", 0},
		{"confirm", OPT_CONFIRM, "WORDS", 0,
		 "For production: exactly \"arm production\"; without it, it "
		 "is asked for on the terminal",
		 0},
		{0},
	};
	static const struct argp_child children[] = {
		{&cmd_token_argp, 0, NULL, 0},
		{0},
	};
	static const struct argp argp = {
		.options = options,
		.parser = parse_arm,
		.doc = "Arm the station: check profiles, certificate, ledger "
		       "and token, and start the signer.\v"
		       "Example:\n"
		       "  imeilock station arm --operator kim --shift early \\\n"
		       "    --profile m1.yaml --units 500 --hours 8 \\\n"
		       "    --token " CMD_EXAMPLE_TOKEN("line1"),
		.children = children,
	};
	struct arm arm = {.arms = {.units = 0}};

	cmd_parse(cli, argc, argv, &argp, &arm);
	return run_arm(cli, &arm);
}

/* ----------------------------------------------------------------- close */

/* All slots of the station but those that this process has already. */
static enum status
take_rest(struct cli *cli, const struct station *station,
	  const struct station_slot *const *held, size_t held_count)
{
	const struct station_slot *rest[STATION_SLOTS_MAX];
	size_t count = 0;

	for (size_t i = 0; i < station->slot_count; i++) {
		bool is_held = false;

		for (size_t k = 0; k < held_count; k++)
			is_held |= held[k]->number == station->slot[i].number;
		if (!is_held)
			rest[count++] = &station->slot[i];
	}
	return slots_take(cli, station, rest, count);
}

enum status
cmd_close_shift(struct cli *cli, const struct station_slot *const *held,
		size_t held_count)
{
	struct cmd_station opened;
	struct station_arms arms;
	enum status st, closed, was_armed;

	st = cmd_open_station(&opened, cli);
	if (st != ST_OK)
		return st;
	was_armed = station_arms_load(&arms, &opened.station);
	closed = take_rest(cli, &opened.station, held, held_count);
	if (closed == ST_OK)
		closed = station_close(&opened.station, IMEILOCK_VERSION);
	st = cmd_show_sums(cli, opened.ledger, UINT32_MAX);
	if (st == ST_OK && was_armed == ST_OK)
		st = cmd_show_shift(cli, opened.ledger, &arms);
	cmd_close_station(&opened);
	if (st == ST_OK && closed == ST_OK)
		output_say(&cli->out, "The station is closed.");
	return closed != ST_OK ? closed : st;
}

enum status
cmd_station_close(struct cli *cli, int argc, char **argv)
{
	static const struct argp argp = {
		.doc = "End the signer in order, and show for each interval "
		       "how many numbers are in each state and that they add "
		       "up, and how the units of the shift ended.\vExample:\n  imeilock station close",
	};

	cmd_parse(cli, argc, argv, &argp, NULL);
	return cmd_close_shift(cli, NULL, 0);
}
