/* SPDX-License-Identifier: Apache-2.0 */
/* The station's slots: where they are, and what else is plugged in. */
#include <stdio.h>
#include <stdlib.h>

#include "station/fixture.h"
#include "tool/lang.h"
#include "tool/slot_edit.h"
#include "tool/slot_text.h"

#define OPT_PROFILE 0x200

/* ------------------------------------------------------------------ list */

struct list {
	size_t path_count;
	const char *path[STATION_PROFILES_MAX];
	size_t count;
	struct profile profile[STATION_PROFILES_MAX];
	size_t device_count;
	struct usb_device device[USB_DEVICES_MAX];
};

static error_t
parse_list(int key, char *arg, struct argp_state *state)
{
	struct list *list = state->input;

	if (key != OPT_PROFILE)
		return ARGP_ERR_UNKNOWN;
	if (list->path_count == STATION_PROFILES_MAX)
		cmd_refuse(state, "more than %d times --profile",
			   STATION_PROFILES_MAX);
	else
		list->path[list->path_count++] = arg;
	return 0;
}

static enum status
load_profile(struct cli *cli, struct list *list, const char *path)
{
	char error[PROFILE_ERROR_MAX + 1];
	enum status st = profile_load(&list->profile[list->count], path, error);

	if (st == ST_OK)
		list->count++;
	else
		cmd_detail(cli, "%s", error);
	return st;
}

/* Those that were named, or those that the station is armed with. */
static enum status
load_profiles(struct cli *cli, struct list *list, const struct station *station)
{
	struct station_arms arms;
	enum status st = ST_OK;

	for (size_t i = 0; st == ST_OK && i < list->path_count; i++)
		st = load_profile(cli, list, list->path[i]);
	if (list->path_count != 0 || station_arms_load(&arms, station) != ST_OK)
		return st;
	for (size_t i = 0; st == ST_OK && i < arms.profile_count; i++)
		st = load_profile(cli, list, arms.profile[i]);
	return st;
}

static bool
is_wanted(const struct list *list, const struct usb_device *device)
{
	struct usb_id id = {device->vendor, device->product};

	for (size_t i = 0; i < list->count; i++)
		if (usb_id_in(list->profile[i].usb, list->profile[i].usb_count,
			      id) ||
		    usb_id_in(list->profile[i].adapter,
			      list->profile[i].adapter_count, id))
			return true;
	return device->has_agent;
}

/* What is plugged in at the agent's address, as words; NULL: who knows. */
static const char *
words_of_place(char id[USB_ID_LEN + 1], const struct list *list,
	       const char *address)
{
	char port[USB_PORT_MAX + 1];
	size_t count = 0;
	uint64_t instance;
	enum link_presence presence;

	for (size_t i = 0; i < list->device_count; i++) {
		const struct usb_device *device = &list->device[i];

		if (!fixture_leads_to(address, device))
			continue;
		usb_id_format(id,
			      (struct usb_id){device->vendor, device->product});
		count++;
	}
	if (count != 0)
		return count == 1 ? id : lang("two devices");
	fixture_port(port, address);
	presence = port[0] != '\0' ? LINK_ABSENT
				   : link_look(address, &instance);
	if (presence == LINK_UNKNOWN)
		return NULL;
	return presence == LINK_ABSENT ? lang("nothing") : lang("something");
}

static void
show_slots(struct output *out, const struct station *station,
	   const struct list *list)
{
	if (station->slot_count == 0) {
		output_say(out, "The station has no slots yet.");
		return;
	}
	table_begin(out);
	for (size_t i = 0; i < station->slot_count; i++) {
		char id[USB_ID_LEN + 1];

		row_begin(out, "slot");
		slot_text_row(out, &station->slot[i]);
		row_text(out, "plugged_in",
			 words_of_place(id, list, station->slot[i].unit.agent));
		row_end(out);
	}
	table_end(out);
}

static void
show_others(struct output *out, const struct station *station,
	    const struct list *list)
{
	size_t count = 0;

	for (size_t i = 0; i < list->device_count; i++) {
		const struct usb_device *device = &list->device[i];
		char id[USB_ID_LEN + 1];

		if (!is_wanted(list, device) ||
		    fixture_find(station, device) != NULL)
			continue;
		if (count++ == 0)
			table_begin(out);
		usb_id_format(id,
			      (struct usb_id){device->vendor, device->product});
		row_begin(out, "port");
		row_text(out, "port", device->port);
		row_text(out, "plugged_in", id);
		row_bool(out, "has_agent", device->has_agent);
		row_uint(out, "serial_ports", device->tty_count);
		row_text(out, "meaning", lang("no slot; left alone"));
		row_end(out);
	}
	if (count != 0)
		table_end(out);
}

static enum status
list_all(struct cli *cli, struct list *list)
{
	struct cmd_station opened;
	enum status st = cmd_open_station(&opened, cli);

	if (st != ST_OK)
		return st;
	st = load_profiles(cli, list, &opened.station);
	/* a computer without USB has no devices there */
	if (st == ST_OK && usb_port_list(list->device, USB_DEVICES_MAX,
					 &list->device_count) != ST_OK)
		output_warn(&cli->out, "USB ports cannot be looked at");
	if (st == ST_OK) {
		show_slots(&cli->out, &opened.station, list);
		show_others(&cli->out, &opened.station, list);
	}
	cmd_close_station(&opened);
	return st;
}

enum status
cmd_slots_list(struct cli *cli, int argc, char **argv)
{
	static const struct argp_option options[] = {
		{"profile", OPT_PROFILE, "FILE", 0,
		 "Also show what has an id of this profile; again for each "
		 "(default: the armed ones)",
		 0},
		{0},
	};
	static const struct argp argp = {
		.options = options,
		.parser = parse_list,
		.doc = "Show each slot and what is plugged in there, then "
		       "agents and devices of the profiles at ports that are "
		       "no slot. Those are left alone: nothing is opened.\v"
		       "Example:\n  imeilock slots list",
	};
	struct list *list = calloc(1, sizeof(*list));
	enum status st;

	if (list == NULL)
		return ST_STATION_MEMORY;
	cmd_parse(cli, argc, argv, &argp, list);
	st = list_all(cli, list);
	free(list);
	return st;
}

/* ------------------------------------------------------------ set, remove */

struct change {
	size_t count;
	struct station_slot slot[STATION_SLOTS_MAX];
};

static struct station_slot *
next_slot(const struct argp_state *state, struct change *change)
{
	if (change->count == STATION_SLOTS_MAX)
		cmd_refuse(state, "more than %d slots", STATION_SLOTS_MAX);
	else
		change->count++;
	return &change->slot[change->count - 1];
}

static void
check_twice(const struct argp_state *state, const struct change *change)
{
	for (size_t i = 0; i + 1 < change->count; i++)
		if (change->slot[i].number ==
		    change->slot[change->count - 1].number)
			cmd_refuse(state, "slot %d is given twice",
				   change->slot[i].number);
}

static error_t
parse_set(int key, char *arg, struct argp_state *state)
{
	struct change *change = state->input;

	switch (key) {
	case ARGP_KEY_ARG:
		slot_text_parse(state, "SLOT", next_slot(state, change), arg);
		check_twice(state, change);
		return 0;
	case ARGP_KEY_NO_ARGS:
		cmd_need(state, SLOT_TEXT_FORM, NULL);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static error_t
parse_remove(int key, char *arg, struct argp_state *state)
{
	struct change *change = state->input;

	switch (key) {
	case ARGP_KEY_ARG:
		next_slot(state, change)->number =
			(int)cmd_number(state, lang("the number of a slot"),
					arg, 1, STATION_SLOTS_MAX);
		check_twice(state, change);
		return 0;
	case ARGP_KEY_NO_ARGS:
		cmd_need(state, "N", NULL);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static void
show_changed(struct output *out, const struct station *station,
	     const struct change *change)
{
	for (size_t i = 0; i < change->count; i++) {
		row_begin(out, "slot");
		slot_text_row(out,
			      fixture_slot(station, change->slot[i].number));
		row_end(out);
	}
}

enum status
cmd_slots_set(struct cli *cli, int argc, char **argv)
{
	static const struct argp argp = {
		.parser = parse_set,
		.args_doc = SLOT_TEXT_FORM "...",
		.doc = "Give slots their addresses: a number, the address of "
		       "the agent, and the AT port of each modem slot. A slot "
		       "that is there gets new ones. Refused while the station "
		       "is armed.\v"
		       "Example:\n"
		       "  imeilock slots set 3=usb:0000:00:14.0/2.3,"
		       "serial:0000:00:14.0/2.3#0",
	};
	struct change change = {.count = 0};
	struct station station;
	enum status st;

	cmd_parse(cli, argc, argv, &argp, &change);
	st = slot_edit_begin(cli, &station);
	for (size_t i = 0; st == ST_OK && i < change.count; i++)
		st = slot_edit_put(cli, &station, &change.slot[i]);
	if (st == ST_OK)
		st = slot_edit_save(cli, &station);
	if (st == ST_OK)
		show_changed(&cli->out, &station, &change);
	return st;
}

enum status
cmd_slots_remove(struct cli *cli, int argc, char **argv)
{
	static const struct argp argp = {
		.parser = parse_remove,
		.args_doc = "N...",
		.doc = "Take slots out of the station; what the ledger knows "
		       "of their units stays. Refused while the station is "
		       "armed.\v"
		       "Example:\n  imeilock slots remove 3",
	};
	struct change change = {.count = 0};
	struct station station;
	enum status st;

	cmd_parse(cli, argc, argv, &argp, &change);
	st = slot_edit_begin(cli, &station);
	for (size_t i = 0; st == ST_OK && i < change.count; i++) {
		if (fixture_remove(&station, change.slot[i].number))
			continue;
		cmd_detail(cli, "the station has no slot %d",
			   change.slot[i].number);
		return ST_USAGE;
	}
	if (st == ST_OK)
		st = slot_edit_save(cli, &station);
	for (size_t i = 0; st == ST_OK && i < change.count; i++)
		output_say(&cli->out, "Slot %d is no slot any more.",
			   change.slot[i].number);
	return st;
}
