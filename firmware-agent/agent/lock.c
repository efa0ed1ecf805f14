/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/burn.h"
#include "proto/decide.h"

/* The digits that the modem will read are those of the image. */
static enum status
check_second_path(const struct turn *turn)
{
	for (unsigned int i = 0; i < SLOTS_MAX; i++) {
		struct imei ours = turn->view.image.identity.slot[i];
		uint8_t want[IMEI_MI_LEN], seen[IMEI_MI_LEN];
		enum status st;

		if (!imei_is_valid(ours))
			continue;
		imei_encode_mi(want, IMEI_TS24008, IMEI_FORM_CHECK, ours);
		st = boot_decode(seen, turn->agent->port, i);
		if (st != ST_OK)
			return st;
		st = decide_equal(bytes_of(want, sizeof(want)),
				  bytes_of(seen, sizeof(seen)), ST_OTP_INEXACT);
		if (st != ST_OK)
			return st;
	}
	return ST_OK;
}

/* The record in the store is good under the root and fits chip and fuses. */
static enum status
check_record(struct turn *turn)
{
	struct bytes cert = turn->stored.object[STORED_RECORD_CERT - 1];
	struct bytes record = turn->stored.object[STORED_RECORD - 1];
	struct sha256 digest;
	enum status st;

	if (record.len == 0)
		return ST_AGENT_NO_RECORD;
	st = turn_record(turn, cert, record, &digest);
	if (st != ST_OK)
		return st;
	return decide_equal(bytes_of(&digest, sizeof(digest)),
			    bytes_of(&turn->view.image.digest, sizeof(digest)),
			    ST_AGENT_MISMATCH);
}

static enum status
check_image(const struct turn *turn)
{
	const struct image_plan plan = {
		.class = turn->agent->trust->class,
		.identity = turn->view.image.identity,
		.has_digest = true,
		.digest = turn->view.image.digest,
		.is_marked = turn->view.image.is_marked,
	};
	enum status first = image_exact(&turn->agent->image, &plan);

	if (first != ST_OK)
		return first;
	return decide_both(first, image_exact(&turn->agent->image, &plan),
			   ST_OTP_INEXACT);
}

/* Everything once more, from the cells. */
static enum status
check_all(struct turn *turn)
{
	const struct port *port = turn->agent->port;
	enum status st = port->otp_reload(port->ctx);

	if (st == ST_OK)
		st = turn_sense(turn);
	if (st == ST_OK)
		st = turn_guard(turn,
				1u << STATE_RECORDED | 1u << STATE_LOCKING);
	if (st == ST_OK)
		st = check_image(turn);
	if (st == ST_OK)
		st = check_second_path(turn);
	return st == ST_OK ? check_record(turn) : st;
}

/* A slot without a number can never get one. */
static enum status
kill_empty_slots(struct turn *turn)
{
	uint8_t mask = turn->view.image.header.slot_mask;
	enum status st = ST_OK;

	for (unsigned int i = 0; i < SLOTS_MAX && st == ST_OK; i++)
		if ((mask >> i & 1) == 0)
			st = burn_kill(
				turn, (enum image_field)(FIELD_IDENTITY_1 + i));
	return st;
}

/* Whether they took is seen from outside, after a reset. */
static enum status
burn_fuses(struct turn *turn)
{
	const struct port *port = turn->agent->port;
	unsigned int shown = fuses_shown(port->debug_state(port->ctx),
					 port->is_secure_boot(port->ctx));
	unsigned int left = turn->req->fuses & ~shown;

	for (unsigned int fuse = 1; fuse <= left; fuse <<= 1) {
		enum status st;

		if ((left & fuse) == 0)
			continue;
		st = port->fuse_program(port->ctx, (enum further_fuse)fuse);
		if (st != ST_OK)
			return st;
	}
	return ST_OK;
}

/* What was begun of the marker is finished, so that it can be compared. */
static enum status
burn_marker(struct turn *turn)
{
	struct image_payload marker;

	image_marker_payload(&marker);
	return burn_field(turn, FIELD_MARKER, &marker);
}

static enum status
lock_units(struct turn *turn)
{
	const struct port *port = turn->agent->port;

	for (unsigned int unit = 0; unit < port->info->lock_units; unit++) {
		enum status st;

		if ((turn->view.locked_mask >> unit & 1) != 0)
			continue;
		st = port->lock(port->ctx, unit);
		if (st == ST_PORT_POWER)
			return st;
	}
	return turn_sense(turn);
}

/* All that is burnt before the first lock unit is. */
static enum status
burn_before_lock(struct turn *turn)
{
	bool was_begun = turn->view.image.field[FIELD_MARKER] != FIELD_EMPTY;
	enum status st = was_begun ? ST_OK : check_all(turn);

	if (st == ST_OK)
		st = kill_empty_slots(turn);
	if (st == ST_OK && !was_begun)
		st = burn_fuses(turn);
	if (st == ST_OK)
		st = burn_marker(turn);
	if (st == ST_OK)
		st = check_all(turn);
	/* what was not checked before is checked now: then those that an
	 * earlier run was not asked for */
	if (st == ST_OK && was_begun)
		st = burn_fuses(turn);
	return st;
}

enum status
request_lock(struct turn *turn)
{
	const struct port_info *info = turn->agent->port->info;
	enum status st =
		turn_guard(turn, 1u << STATE_RECORDED | 1u << STATE_LOCKING);

	if (st == ST_OK && (turn->req->fuses & ~info->fuses) != 0)
		st = ST_AGENT_FUSES;
	if (st == ST_OK)
		st = burn_before_lock(turn);
	if (st == ST_OK)
		st = lock_units(turn);
	turn->reply->state = turn->view.state;
	if (st != ST_OK)
		return st;
	return turn->view.state == STATE_LOCKED ? ST_OK : ST_OTP_LOCK;
}
