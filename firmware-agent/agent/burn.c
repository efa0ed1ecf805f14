/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/burn.h"

static void
tell_progress(struct turn *turn)
{
	struct agent *agent = turn->agent;
	uint8_t buf[64];
	struct bytes message;
	struct reply reply = {
		.head = turn->req->head,
		.is_progress = true,
		.done = turn->burns_done,
		.total = turn->burns_total,
	};

	if (agent->progress == NULL || turn->burns_total == 0)
		return;
	/* some dozen messages a unit say enough */
	if (turn->burns_done % 8 != 0)
		return;
	if (reply_encode(&message, buf, sizeof(buf), &reply) == ST_OK)
		agent->progress(agent->progress_ctx, message);
}

/* Burn one word and look at what came of it. */
static enum status
burn_word(struct turn *turn, const struct image_burn *burn,
	  struct image_tried *tried)
{
	const struct port *port = turn->agent->port;
	struct image *image = &turn->agent->image;
	enum word_health health = WORD_UNREADABLE;
	enum status st = port->otp_program(port->ctx, burn->word, burn->value);

	if (st == ST_PORT_POWER)
		return st;
	st = port->otp_read(port->ctx, burn->word, &image->word[burn->word],
			    &health);
	if (st == ST_PORT_POWER)
		return st;
	image->health[burn->word] =
		(uint8_t)(st != ST_OK ? WORD_UNREADABLE : health);
	if (image->word[burn->word] != burn->value)
		image_tried_add(tried, burn->word);
	turn->burns_done++;
	tell_progress(turn);
	return ST_OK;
}

/* Without a payload both copies are killed. */
static enum status
next_burn(struct image_burn *out, const struct turn *turn,
	  const struct image_tried *tried, enum image_field field,
	  const struct image_payload *payload)
{
	const struct image *image = &turn->agent->image;
	enum word_kind kind = turn->agent->port->info->word_kind;

	return payload == NULL ? image_next_kill(out, image, kind, tried, field)
			       : image_next_burn(out, image, kind, tried, field,
						 payload);
}

/* Each word is burnt once to its plan and once to kill, at most. */
#define BURNS_MAX (2 * IMAGE_WORDS)

static enum status
burn_all(struct turn *turn, enum image_field field,
	 const struct image_payload *payload)
{
	struct image_tried tried = {{0}};

	for (unsigned int i = 0; i < BURNS_MAX; i++) {
		struct image_burn burn;
		enum status st = next_burn(&burn, turn, &tried, field, payload);

		if (st != ST_OK)
			return st == ST_OTP_DONE ? ST_OK : st;
		st = burn_word(turn, &burn, &tried);
		if (st != ST_OK)
			return st;
	}
	return ST_OTP_PROGRAM;
}

enum status
burn_field(struct turn *turn, enum image_field field,
	   const struct image_payload *payload)
{
	return burn_all(turn, field, payload);
}

enum status
burn_kill(struct turn *turn, enum image_field field)
{
	return burn_all(turn, field, NULL);
}
