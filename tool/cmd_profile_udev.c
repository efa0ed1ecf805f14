/* SPDX-License-Identifier: Apache-2.0 */
/* Rules for udev, from profiles and the station's slots. */
#include <stdio.h>
#include <stdlib.h>

#include "profile/udev.h"
#include "station/fixture.h"
#include "tool/cmd.h"

#define OPT_SLOTS 0x200
#define PLACES_MAX ((size_t)STATION_SLOTS_MAX * (1 + SLOTS_MAX))

struct rules {
	bool has_slots;
	size_t path_count;
	const char *path[STATION_PROFILES_MAX];
	struct profile profile[STATION_PROFILES_MAX];
	struct station station;
	size_t count; /* of places */
	struct udev_place place[PLACES_MAX];
	char port[PLACES_MAX][USB_PORT_MAX + 1];
};

static error_t
parse_udev(int key, char *arg, struct argp_state *state)
{
	struct rules *rules = state->input;

	switch (key) {
	case OPT_SLOTS:
		rules->has_slots = true;
		return 0;
	case ARGP_KEY_ARG:
		if (rules->path_count == STATION_PROFILES_MAX)
			cmd_refuse(state, "more than %d files",
				   STATION_PROFILES_MAX);
		else
			rules->path[rules->path_count++] = arg;
		return 0;
	case ARGP_KEY_END:
		cmd_need(state, "FILE", rules->path[0]);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static enum status
load_profiles(struct cli *cli, struct rules *rules)
{
	char error[PROFILE_ERROR_MAX + 1];

	for (size_t i = 0; i < rules->path_count; i++) {
		const struct profile *profile = &rules->profile[i];
		enum status st =
			profile_load(&rules->profile[i], rules->path[i], error);

		if (st != ST_OK) {
			cmd_detail(cli, "%s", error);
			return st;
		}
		if (profile->usb_count + profile->adapter_count == 0) {
			cmd_detail(cli,
				   "%s says neither usb nor serial_adapters",
				   rules->path[i]);
			return ST_USAGE;
		}
	}
	return ST_OK;
}

/* A name for the port of an address, unless it has none, or has one. */
static void
add_place(struct rules *rules, size_t first, const char *address, int number,
	  unsigned int at)
{
	struct udev_place *place = &rules->place[rules->count];
	char *port = rules->port[rules->count];

	fixture_port(port, address);
	if (port[0] == '\0')
		return;
	for (size_t i = first; i < rules->count; i++)
		if (text_equal(rules->port[i], port))
			return;
	if (at == 0)
		(void)snprintf(place->name, sizeof(place->name), "slot%d",
			       number);
	else
		(void)snprintf(place->name, sizeof(place->name), "slot%d-at%u",
			       number, at);
	place->port = port;
	rules->count++;
}

static void
add_slot(struct rules *rules, const struct station_slot *slot)
{
	size_t first = rules->count;

	add_place(rules, first, slot->unit.agent, slot->number, 0);
	for (unsigned int i = 0; i < SLOTS_MAX; i++)
		add_place(rules, first, slot->unit.at[i], slot->number, i + 1);
}

static enum status
load_slots(struct cli *cli, struct rules *rules)
{
	enum status st = station_load(&rules->station, cli->folder);

	if (st != ST_OK) {
		cmd_detail(cli, "folder '%s'", cli->folder);
		return st;
	}
	for (size_t i = 0; i < rules->station.slot_count; i++)
		add_slot(rules, &rules->station.slot[i]);
	return ST_OK;
}

static enum status
put_rules(struct output *out, const struct rules *rules)
{
	char *text = NULL;
	size_t len;
	FILE *to = open_memstream(&text, &len);

	if (to == NULL)
		return ST_STATION_MEMORY;
	udev_rules(to, rules->profile, rules->path_count, rules->place,
		   rules->count);
	if (fclose(to) != 0) {
		free(text);
		return ST_STATION_MEMORY;
	}
	if (out->is_json) {
		row_begin(out, "rules");
		row_text(out, "rules", text);
		row_end(out);
	} else {
		(void)fputs(text, stdout);
	}
	free(text);
	return ST_OK;
}

enum status
cmd_profile_udev(struct cli *cli, int argc, char **argv)
{
	static const struct argp_option options[] = {
		{"slots", OPT_SLOTS, NULL, 0,
		 "Also name what is plugged into the station's slots: "
		 "/dev/imeilock/slot1, /dev/imeilock/slot1-if01",
		 0},
		{0},
	};
	static const struct argp argp = {
		.options = options,
		.parser = parse_udev,
		.args_doc = "FILE...",
		.doc = "Print rules for udev, made of the ids in profiles: the "
		       "devices are the group imeilock's, and other programs "
		       "keep off them.\v"
		       "Example:\n"
		       "  imeilock profile udev m1.yaml "
		       ">/etc/udev/rules.d/70-imeilock.rules",
	};
	struct rules *rules = calloc(1, sizeof(*rules));
	enum status st;

	if (rules == NULL)
		return ST_STATION_MEMORY;
	cmd_parse(cli, argc, argv, &argp, rules);
	st = load_profiles(cli, rules);
	if (st == ST_OK && rules->has_slots)
		st = load_slots(cli, rules);
	if (st == ST_OK)
		st = put_rules(&cli->out, rules);
	free(rules);
	return st;
}
