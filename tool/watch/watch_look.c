/* SPDX-License-Identifier: Apache-2.0 */
/* Who is in a slot: told by its link, or asked for. */
#include "watch/watch_state.h"

#define ANSWER_MS 600

/* A quiet hello: what it says, and whether anybody says it. */
static void
ask(const struct watch_unit *unit, struct watch_look *look)
{
	struct deadline deadline = deadline_in(ANSWER_MS);
	struct device device;
	struct hello hello;
	enum status st;

	memset(&device, 0, sizeof(device));
	st = device_open(&device, unit->slot->unit.agent, deadline);
	if (st == ST_OK)
		st = device_hello(&device, &hello, deadline);
	device_close(&device);
	look->was_asked = true;
	/* what is no agent of ours is there all the same, and gets a verdict */
	look->has_answered = st != ST_LINK_OPEN && st != ST_LINK_CLOSED &&
			     st != ST_LINK_TIMEOUT;
	if (st != ST_OK)
		return;
	look->chip = hello.chip;
	look->session = device.session;
}

static void
look_once(const struct watch_unit *unit, struct watch_look *look)
{
	enum link_presence presence;

	memset(look, 0, sizeof(*look));
	presence = link_look(unit->slot->unit.agent, &look->instance);
	look->is_told = presence != LINK_UNKNOWN;
	look->is_there = presence == LINK_PRESENT;
	if (presence != LINK_UNKNOWN)
		return;
	ask(unit, look);
	look->is_there = look->has_answered;
}

static enum watch_next
see(struct watch_run *run, struct watch_unit *unit,
    const struct watch_look *look)
{
	const struct watch_slot *slot = &run->watch.slot[unit->index];
	enum watch_next next;

	(void)pthread_mutex_lock(&run->lock);
	next = watch_see(&run->watch, unit->index, look);
	watch_keep_label(run, unit);
	unit->was_looked_at = true;
	if (next != WATCH_BEGIN && slot->is_gone && !unit->is_gone) {
		unit->hold = WATCH_HOLD_NONE;
		watch_say_slot(run, unit, "empty");
	}
	unit->is_gone = slot->is_gone;
	unit->place = slot->place;
	(void)pthread_mutex_unlock(&run->lock);
	return next;
}

enum watch_next
watch_look_at(struct watch_run *run, struct watch_unit *unit)
{
	struct watch_look look;
	enum watch_next next;

	look_once(unit, &look);
	next = see(run, unit, &look);
	if (next != WATCH_ASK)
		return next;
	ask(unit, &look);
	return see(run, unit, &look);
}
