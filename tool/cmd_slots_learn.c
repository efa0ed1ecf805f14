/* SPDX-License-Identifier: Apache-2.0 */
/* Which USB port is which slot: asked for one by one, and watched. */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>

#include "station/fixture.h"
#include "station/learn.h"
#include "tool/lang.h"
#include "tool/slot_edit.h"
#include "tool/slot_text.h"
#include "tool/slots.h"

#define OPT_PROFILE 0x200
#define OPT_COUNT 0x201
#define OPT_SECONDS 0x202
#define OPT_AT 0x203
#define LOOK_MS 100
#define SECONDS_DEFAULT 60
#define SECONDS_MAX 3600

struct lesson {
	struct slot_choice choice;
	const char *path;
	size_t count; /* of slots that are not there yet; 0: not given */
	int64_t seconds;
	size_t at_count;
	char at[SLOTS_MAX][ADDRESS_MAX + 1];
	struct profile profile;
	struct station station;
	struct learn learn;
	struct usb_device device[USB_DEVICES_MAX];
};

static void
add_at(const struct argp_state *state, struct lesson *lesson, const char *text)
{
	if (lesson->at_count == SLOTS_MAX)
		cmd_refuse(state, "more than %d times --at", SLOTS_MAX);
	else
		slot_text_address(state, "--at", lesson->at[lesson->at_count++],
				  text);
}

static void
check_options(const struct argp_state *state, const struct lesson *lesson)
{
	size_t slots = lesson->choice.count != 0 ? lesson->choice.count
						 : lesson->count;

	cmd_need(state, "--profile", lesson->path);
	if (lesson->choice.count != 0 && lesson->count != 0)
		cmd_refuse(state, "either --count or --slot");
	if (lesson->at_count != 0 && slots > 1)
		cmd_refuse(state, "--at is for one slot at a time");
}

static error_t
parse_learn(int key, char *arg, struct argp_state *state)
{
	struct lesson *lesson = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &lesson->choice;
		lesson->seconds = SECONDS_DEFAULT;
		return 0;
	case OPT_PROFILE:
		lesson->path = arg;
		return 0;
	case OPT_COUNT:
		lesson->count =
			cmd_number(state, "--count", arg, 1, STATION_SLOTS_MAX);
		return 0;
	case OPT_SECONDS:
		lesson->seconds = (int64_t)cmd_number(state, "--seconds", arg,
						      1, SECONDS_MAX);
		return 0;
	case OPT_AT:
		add_at(state, lesson, arg);
		return 0;
	case ARGP_KEY_END:
		check_options(state, lesson);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static void
say_ask(struct output *out, const struct lesson *lesson, int number)
{
	if (out->is_json) {
		row_begin(out, "ask");
		row_uint(out, "slot", (uint64_t)number);
		row_end(out);
		return;
	}
	if (lesson->profile.usb_count == 0)
		output_say(out, "Slot %d: plug the USB plug of its adapter in.",
			   number);
	else
		output_say(out, "Slot %d: plug a unit in.", number);
	(void)fflush(stdout);
}

static void
say_device(struct output *out, enum learn_event event,
	   const struct usb_device *device)
{
	char id[USB_ID_LEN + 1];

	usb_id_format(id, (struct usb_id){device->vendor, device->product});
	if (out->is_json) {
		row_begin(out, event == LEARN_SEEN ? "seen" : "other");
		row_text(out, "port", device->port);
		row_text(out, "plugged_in", id);
		row_bool(out, "has_agent", device->has_agent);
		row_end(out);
		return;
	}
	if (event == LEARN_SEEN)
		output_say(out, "  %s at port %s; leave it plugged in.", id,
			   device->port);
	else
		output_say(out,
			   "  %s at port %s is not of the profile, or no agent "
			   "is on it; left alone.",
			   id, device->port);
	(void)fflush(stdout);
}

static enum status
look(struct lesson *lesson, size_t *count)
{
	return usb_port_list(lesson->device, USB_DEVICES_MAX, count);
}

/* Until something has settled, or nothing came in time. */
static enum status
watch(struct cli *cli, struct lesson *lesson, int number,
      struct usb_device *found)
{
	struct deadline deadline = deadline_in(lesson->seconds * 1000);
	size_t count;
	enum status st = look(lesson, &count);

	if (st == ST_OK)
		learn_begin(&lesson->learn, &lesson->profile,
			    lesson->at_count != 0, lesson->device, count);
	if (st == ST_OK)
		say_ask(&cli->out, lesson, number);
	while (st == ST_OK && deadline_left_ms(deadline) > 0) {
		enum learn_event event = LEARN_NOTHING;

		(void)poll(NULL, 0, LOOK_MS);
		st = look(lesson, &count);
		if (st == ST_OK)
			st = learn_look(&lesson->learn, lesson->device, count,
					deadline_now_ms(), &event, found);
		if (st == ST_OK && event == LEARN_SETTLED)
			return ST_OK;
		if (event == LEARN_SEEN || event == LEARN_OTHER)
			say_device(&cli->out, event, found);
	}
	return st == ST_OK ? ST_SLOT_NOTHING : st;
}

/* Why there was nothing, as far as it is known. */
static void
explain(struct cli *cli, const struct lesson *lesson, int number,
	enum status st)
{
	const struct learn *learn = &lesson->learn;

	cmd_detail(cli, "slot %d", number);
	if (st != ST_SLOT_NOTHING)
		return;
	for (size_t i = 0; i < learn->new_count; i++) {
		const struct usb_device *device = &learn->newcomer[i].device;
		unsigned int lacks = learn_lacks(learn, device);

		if (learn_fits(learn->profile, device) && lacks != 0)
			cmd_detail(cli,
				   "slot %d: what is plugged in at port %s has "
				   "%u serial ports, %u too few",
				   number, device->port, device->tty_count,
				   lacks);
	}
}

static enum status
check_reach(struct cli *cli, const struct lesson *lesson,
	    const struct unit_address *unit)
{
	const char *what;
	enum status st = profile_reaches(&lesson->profile, unit->agent, &what);

	for (unsigned int i = 0; st == ST_OK && i < SLOTS_MAX; i++)
		if (unit->at[i][0] != '\0')
			st = profile_reaches(&lesson->profile, unit->at[i],
					     &what);
	if (st != ST_OK)
		cmd_detail(cli, "%s", lang(what));
	return st;
}

static enum status
take(struct cli *cli, struct lesson *lesson, int number,
     const struct usb_device *device)
{
	struct station_slot slot = {.number = number};
	const struct station_slot *other =
		fixture_find(&lesson->station, device);
	enum status st;

	if (other != NULL && other->number != number) {
		cmd_detail(cli, "port %s is slot %d", device->port,
			   other->number);
		return ST_SLOT_TAKEN;
	}
	learn_addresses(&slot.unit, &lesson->profile, device);
	if (lesson->at_count != 0)
		memcpy(slot.unit.at, lesson->at, sizeof(slot.unit.at));
	st = check_reach(cli, lesson, &slot.unit);
	if (st == ST_OK)
		st = slot_edit_put(cli, &lesson->station, &slot);
	if (st == ST_OK)
		st = slot_edit_save(cli, &lesson->station);
	if (st != ST_OK)
		return st;
	row_begin(&cli->out, "slot");
	slot_text_row(&cli->out, &slot);
	row_end(&cli->out);
	if (slot.unit.at[lesson->profile.slots - 1][0] == '\0')
		output_warn(&cli->out,
			    "slot %d lacks AT ports, and without them no unit "
			    "is verified: give them with --at",
			    number);
	return ST_OK;
}

static enum status
learn_one(struct cli *cli, struct lesson *lesson, int number)
{
	struct usb_device device;
	enum status st = watch(cli, lesson, number, &device);

	if (st == ST_OK)
		return take(cli, lesson, number, &device);
	explain(cli, lesson, number, st);
	return st;
}

/* The lowest number that is no slot. */
static int
free_number(const struct station *station)
{
	int number = 1;

	while (fixture_slot(station, number) != NULL)
		number++;
	return number;
}

static enum status
learn_all(struct cli *cli, struct lesson *lesson)
{
	size_t count = lesson->count != 0 ? lesson->count : 1;
	enum status st = ST_OK;

	for (size_t i = 0; st == ST_OK && i < lesson->choice.count; i++)
		st = learn_one(cli, lesson, lesson->choice.number[i]);
	if (lesson->choice.count != 0)
		return st;
	if (lesson->station.slot_count + count > STATION_SLOTS_MAX) {
		cmd_detail(cli, "a station has at most %d slots",
			   STATION_SLOTS_MAX);
		return ST_USAGE;
	}
	for (size_t i = 0; st == ST_OK && i < count; i++)
		st = learn_one(cli, lesson, free_number(&lesson->station));
	return st;
}

static enum status
run_lesson(struct cli *cli, struct lesson *lesson)
{
	char error[PROFILE_ERROR_MAX + 1];
	enum status st = profile_load(&lesson->profile, lesson->path, error);

	if (st != ST_OK) {
		cmd_detail(cli, "%s", error);
		return st;
	}
	if (lesson->profile.usb_count + lesson->profile.adapter_count == 0) {
		cmd_detail(cli, "%s says neither usb nor serial_adapters",
			   lesson->path);
		return ST_USAGE;
	}
	st = slot_edit_begin(cli, &lesson->station);
	return st == ST_OK ? learn_all(cli, lesson) : st;
}

enum status
cmd_slots_learn(struct cli *cli, int argc, char **argv)
{
	static const struct argp_option options[] = {
		{"profile", OPT_PROFILE, "FILE", 0,
		 "The model whose units or adapters are plugged in", 0},
		{"count", OPT_COUNT, "N", 0,
		 "Learn N slots that are not there yet (default: 1)", 0},
		{"seconds", OPT_SECONDS, "S", 0,
		 "Wait so long for each (default: 60)", 0},
		{"at", OPT_AT, "ADDR", 0,
		 "The AT port of a modem slot, where it is elsewhere; again "
		 "for each",
		 0},
		{0},
	};
	static const struct argp_child children[] = {
		{&slot_choice_argp, 0, NULL, 0},
		{0},
	};
	static const struct argp argp = {
		.options = options,
		.parser = parse_learn,
		.doc = "Learn which USB port is which slot: plug a unit, or "
		       "the USB plug of a serial adapter, into each slot as "
		       "it is asked for. Each slot is kept once it is learned; "
		       "one that is named with --slot is learned anew. Refused "
		       "while the station is armed.\v"
		       "Example:\n"
		       "  imeilock slots learn --profile m1.yaml --count 4",
		.children = children,
	};
	struct lesson *lesson = calloc(1, sizeof(*lesson));
	enum status st;

	if (lesson == NULL)
		return ST_STATION_MEMORY;
	cmd_parse(cli, argc, argv, &argp, lesson);
	st = run_lesson(cli, lesson);
	free(lesson);
	return st;
}
