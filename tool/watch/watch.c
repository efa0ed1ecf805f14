/* SPDX-License-Identifier: Apache-2.0 */
#include "watch/watch.h"

void
watch_init(struct watch *watch, const struct watch_limits *limits, size_t count)
{
	memset(watch, 0, sizeof(*watch));
	watch->limits = *limits;
	watch->count = count;
	watch->paused_for = ST_OK;
	for (size_t i = 0; i < count; i++)
		watch->slot[i].status = ST_OK;
}

/* -------------------------------------------------------------------- seen */

static void
take_in(struct watch_slot *slot, const struct watch_look *look)
{
	slot->instance = look->instance;
	slot->is_gone = false;
	slot->asks = 0;
	if (!look->has_answered)
		return;
	slot->chip = look->chip;
	slot->session = look->session;
}

/* The one that waits is still the same, as far as can be told. */
static bool
is_waiting(const struct watch_slot *slot, const struct watch_look *look)
{
	return slot->place == WATCH_READY && slot->instance == look->instance &&
	       (!look->has_answered || slot->chip.len == 0 ||
		chip_id_equal(&slot->chip, &look->chip));
}

static enum watch_next
arrive(struct watch_slot *slot, const struct watch_look *look)
{
	if (!is_waiting(slot, look))
		slot->arrivals++;
	memset(&slot->chip, 0, sizeof(slot->chip));
	slot->session = 0;
	take_in(slot, look);
	slot->place = WATCH_READY;
	return WATCH_BEGIN;
}

static void
leave(struct watch_slot *slot)
{
	if (slot->place == WATCH_READY) {
		slot->place = slot->has_result ? WATCH_DONE : WATCH_EMPTY;
		/* the result is not that of who was here and never begun */
		slot->chip = slot->done;
		slot->session = 0;
	}
	slot->is_gone = true;
	slot->is_settled = true;
	slot->is_again = false;
	slot->asks = 0;
}

/* It is the one that was there, as far as can be told. */
static enum watch_next
keep(struct watch_slot *slot, const struct watch_look *look)
{
	take_in(slot, look);
	slot->is_settled = true;
	return WATCH_WAIT;
}

/* Somebody is there, and nobody knows whether it is the one that was. */
static enum watch_next
see_silent(struct watch_slot *slot, const struct watch_look *look)
{
	bool is_same = slot->instance == look->instance && !slot->is_gone;

	if (slot->is_settled && is_same)
		return WATCH_WAIT;
	if (!look->was_asked)
		return WATCH_ASK;
	/* its last reset may have been a moment ago */
	if (++slot->asks < WATCH_ASKS_MAX)
		return WATCH_WAIT;
	return slot->is_settled ? arrive(slot, look) : keep(slot, look);
}

/* He says that he is nobody's agent, as a boot loader does for a while. */
static bool
may_be_starting(struct watch_slot *slot, const struct watch_look *look)
{
	return look->chip.len == 0 && slot->chip.len != 0 &&
	       slot->status == ST_OK && ++slot->asks < WATCH_DENIALS_MAX;
}

static enum watch_next
see_answer(struct watch_slot *slot, const struct watch_look *look)
{
	if (may_be_starting(slot, look))
		return WATCH_WAIT;
	if (!slot->is_settled && slot->chip.len == 0)
		return keep(slot, look);
	if (!chip_id_equal(&slot->chip, &look->chip))
		return arrive(slot, look);
	/* one that is good keeps its verdict, whatever it was restarted for */
	if (!slot->is_settled || slot->status == ST_OK)
		return keep(slot, look);
	if (slot->is_gone || slot->session != look->session)
		return arrive(slot, look);
	return keep(slot, look);
}

static enum watch_next
see_done(struct watch_slot *slot, const struct watch_look *look)
{
	if (slot->is_again && slot->status != ST_OK)
		return arrive(slot, look);
	return look->has_answered ? see_answer(slot, look)
				  : see_silent(slot, look);
}

enum watch_next
watch_see(struct watch *watch, size_t i, const struct watch_look *look)
{
	struct watch_slot *slot = &watch->slot[i];

	if (slot->place == WATCH_WORKING)
		return WATCH_WAIT;
	if (!look->is_there) {
		if (look->is_told || ++slot->silent >= WATCH_GONE_LOOKS)
			leave(slot);
		return WATCH_WAIT;
	}
	slot->silent = 0;
	if (slot->place == WATCH_DONE)
		return see_done(slot, look);
	return arrive(slot, look);
}

/* --------------------------------------------------------------------- run */

static uint32_t
lower(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

enum watch_hold
watch_hold(const struct watch *watch, size_t i, uint32_t left)
{
	const struct watch_slot *slot = &watch->slot[i];

	if (watch->limits.stop_after != 0)
		left = lower(left, watch->limits.stop_after - watch->made);
	if (watch->is_paused)
		return WATCH_HOLD_LINE;
	if (slot->is_paused)
		return WATCH_HOLD_SLOT;
	if (watch->running >= left)
		return WATCH_HOLD_COUNT;
	return slot->needs_scan ? WATCH_HOLD_SCAN : WATCH_HOLD_NONE;
}

void
watch_begin(struct watch *watch, size_t i)
{
	struct watch_slot *slot = &watch->slot[i];

	slot->place = WATCH_WORKING;
	slot->is_again = false;
	watch->running++;
}

static void
count_refusal(struct watch *watch, struct watch_slot *slot, enum status status)
{
	slot->refused++;
	watch->refused++;
	if (watch->limits.slot != 0 && slot->refused >= watch->limits.slot)
		slot->is_paused = true;
	if (watch->is_paused)
		return;
	if (watch_is_line_fault(status) ||
	    (watch->limits.line != 0 && watch->refused >= watch->limits.line))
		watch_fault(watch, status);
}

void
watch_finish(struct watch *watch, size_t i, enum status status,
	     bool was_verified, const struct chip_id *chip)
{
	struct watch_slot *slot = &watch->slot[i];

	slot->place = WATCH_DONE;
	slot->has_result = true;
	slot->status = status;
	slot->is_settled = false;
	slot->is_gone = false;
	slot->silent = 0;
	slot->asks = 0;
	if (chip->len != 0)
		slot->chip = *chip;
	slot->done = slot->chip;
	watch->running--;
	if (status != ST_OK) {
		count_refusal(watch, slot, status);
		return;
	}
	slot->refused = 0;
	watch->refused = 0;
	watch->made += !was_verified;
}

/* -------------------------------------------------------------------- keys */

void
watch_pause(struct watch *watch)
{
	watch->is_paused = true;
	watch->paused_for = ST_OK;
}

void
watch_fault(struct watch *watch, enum status status)
{
	watch->is_paused = true;
	watch->paused_for = status;
}

void
watch_resume(struct watch *watch)
{
	watch->is_paused = false;
	watch->paused_for = ST_OK;
	watch->refused = 0;
	for (size_t i = 0; i < watch->count; i++) {
		watch->slot[i].is_paused = false;
		watch->slot[i].refused = 0;
	}
}

void
watch_again(struct watch *watch)
{
	for (size_t i = 0; i < watch->count; i++) {
		struct watch_slot *slot = &watch->slot[i];

		slot->is_again = slot->place == WATCH_DONE &&
				 slot->status != ST_OK && !slot->is_gone;
	}
}

bool
watch_is_over(const struct watch *watch)
{
	return watch->limits.stop_after != 0 &&
	       watch->made >= watch->limits.stop_after;
}

/* ------------------------------------------------------------------ faults */

#define LETTERS(a, b) ((unsigned int)(a) << 8 | (unsigned int)(b))

/* Codes of other modules than the signer's that stop the line, or say that
 * one of its parts is not there. */
static bool
is_listed(enum status status)
{
	static const enum status listed[] = {
		ST_LEDGER_OPEN,	      ST_LEDGER_FAILED,	    ST_LEDGER_SCHEMA,
		ST_LEDGER_ID,	      ST_LEDGER_EMPTY,	    ST_LEDGER_CHAIN,
		ST_LEDGER_SUMS,	      ST_LEDGER_BACKUP,	    ST_LEDGER_ROWS,
		ST_LEDGER_CHIP_KEY,   ST_LEDGER_CHIP_FEWER, ST_LEDGER_KEY_TWICE,
		ST_STATION_NOT_ARMED, ST_STATION_ENDED,	    ST_STATION_FILE,
		ST_STATION_MEMORY,    ST_VERIFY_AT_OTHER,
	};

	for (size_t i = 0; i < sizeof(listed) / sizeof(listed[0]); i++)
		if (listed[i] == status)
			return true;
	return false;
}

bool
watch_is_line_fault(enum status status)
{
	enum status_class class = status_class(status);

	if (class != ST_CLASS_STOP && class != ST_CLASS_BUG)
		return false;
	return (unsigned int)status >> 16 == LETTERS('H', 'S') ||
	       is_listed(status);
}
