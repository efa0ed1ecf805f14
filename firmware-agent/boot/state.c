/* SPDX-License-Identifier: Apache-2.0 */
#include "boot/state.h"

uint8_t
state_all_units(const struct port *port)
{
	return (uint8_t)((1u << port->info->lock_units) - 1u);
}

enum status
state_sense(struct image *out, const struct port *port)
{
	memset(out, 0, sizeof(*out));
	for (unsigned int word = 0; word < IMAGE_WORDS; word++) {
		enum word_health health = WORD_UNREADABLE;
		enum status st = port->otp_read(port->ctx, word,
						&out->word[word], &health);

		if (st == ST_PORT_POWER)
			return st;
		out->health[word] =
			(uint8_t)(st != ST_OK ? WORD_UNREADABLE : health);
	}
	return ST_OK;
}

static enum status
read_units(struct device_view *out, const struct port *port)
{
	for (unsigned int unit = 0; unit < port->info->lock_units; unit++) {
		bool locked = false;
		uint32_t canary = 1;
		enum status lock_st, canary_st;

		lock_st = port->lock_read(port->ctx, unit, &locked);
		canary_st = port->canary_read(port->ctx, unit, &canary);
		if (lock_st == ST_PORT_POWER || canary_st == ST_PORT_POWER)
			return ST_PORT_POWER;
		if (lock_st == ST_OK && locked)
			out->locked_mask |= (uint8_t)(1u << unit);
		if (canary_st == ST_OK && canary == 0)
			out->blank_canary_mask |= (uint8_t)(1u << unit);
	}
	return ST_OK;
}

/* The marker is begun: what the locks add to that. */
static enum device_state
marked_state(const struct device_view *view, uint8_t all)
{
	if (view->locked_mask == 0)
		return STATE_LOCKING;
	if (!view->image.is_whole)
		return STATE_VOID;
	return view->locked_mask == all ? STATE_LOCKED : STATE_LOCKING;
}

static enum device_state
state_of(const struct device_view *view, uint8_t all)
{
	if (view->blank_canary_mask != all)
		return STATE_LOCK_FAILED;
	if (view->image.stage == IMAGE_MARKED)
		return marked_state(view, all);
	if (view->locked_mask != 0)
		return STATE_VOID;
	switch (view->image.stage) {
	case IMAGE_BLANK:
		return STATE_BLANK;
	case IMAGE_KEYED:
		return STATE_KEYED;
	case IMAGE_WRITING:
		return STATE_WRITING;
	case IMAGE_WRITTEN:
		return STATE_WRITTEN;
	case IMAGE_RECORDED:
		return STATE_RECORDED;
	case IMAGE_MARKED:
	case IMAGE_VOID:
		break;
	}
	return STATE_VOID;
}

enum status
state_judge(struct device_view *out, const struct image *image,
	    const struct port *port)
{
	enum status st;

	memset(out, 0, sizeof(*out));
	image_view(&out->image, image);
	out->state = STATE_VOID;
	st = read_units(out, port);
	if (st != ST_OK)
		return st;
	out->state = state_of(out, state_all_units(port));
	return ST_OK;
}

uint8_t
state_burnt_words(const struct image *image)
{
	unsigned int burnt = 0;

	for (unsigned int word = IMAGE_FIRST_OPEN_WORD; word < IMAGE_WORDS;
	     word++)
		burnt += image->word[word] != 0;
	return (uint8_t)burnt;
}
