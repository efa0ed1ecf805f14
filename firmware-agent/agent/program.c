/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/burn.h"
#include "proto/decide.h"

/* The states in which an identity may still be programmed. */
#define OPEN_STATES                                                            \
	(1u << STATE_KEYED | 1u << STATE_WRITING | 1u << STATE_WRITTEN)

/* The ticket is for this very unit, and answers its last question. */
static enum status
check_unit(struct turn *turn, const struct ticket *ticket)
{
	struct agent *agent = turn->agent;
	struct crypto_key key;
	struct public_key device;
	enum status st;

	if (ticket->class != agent->trust->class)
		return ST_AGENT_CLASS;
	st = decide_equal(chip_id_bytes(&ticket->chip),
			  chip_id_bytes(&turn->chip), ST_AGENT_CHIP);
	if (st != ST_OK)
		return st;
	st = turn_key(turn, &key, &device);
	if (st != ST_OK)
		return st;
	crypto_key_close(&key);
	st = decide_equal(bytes_of(&ticket->device, sizeof(device)),
			  bytes_of(&device, sizeof(device)), ST_AGENT_KEY);
	if (st != ST_OK)
		return st;
	if (!agent->has_nonce)
		return ST_AGENT_NONCE;
	return decide_equal(bytes_of(&ticket->nonce, sizeof(ticket->nonce)),
			    bytes_of(&agent->device_nonce,
				     sizeof(ticket->nonce)),
			    ST_AGENT_NONCE);
}

/* What is burnt already agrees with the ticket. */
static enum status
check_pinned(const struct turn *turn, const struct identity *identity)
{
	const struct image_view *view = &turn->view.image;

	if (view->has_header &&
	    (view->header.slot_mask != identity_mask(identity) ||
	     view->header.primary != identity->primary ||
	     view->header.class != turn->agent->trust->class))
		return ST_AGENT_PINNED;
	for (unsigned int i = 0; i < SLOTS_MAX; i++)
		if (imei_is_valid(view->identity.slot[i]) &&
		    view->identity.slot[i].body != identity->slot[i].body)
			return ST_AGENT_PINNED;
	return ST_OK;
}

static enum status
check_identity(const struct turn *turn, const struct ticket *ticket,
	       const struct cert *cert)
{
	uint8_t slots = turn->agent->port->info->modem_slots;
	enum status st;

	if (identity_mask(&ticket->identity) >> slots != 0)
		return ST_AGENT_IDENTITY;
	st = decide_equal(bytes_of(&ticket->ledger, sizeof(ticket->ledger)),
			  bytes_of(&cert->ledger, sizeof(cert->ledger)),
			  ST_AGENT_CERTIFICATE);
	if (st != ST_OK)
		return st;
	st = cert_covers_all(cert, &ticket->identity, ST_AGENT_INTERVAL);
	return st != ST_OK ? st : check_pinned(turn, &ticket->identity);
}

enum status
request_permit(struct turn *turn)
{
	struct agent *agent = turn->agent;
	struct cert cert;
	struct ticket ticket;
	enum status st = turn_guard(turn, OPEN_STATES);

	agent->is_permitted = false;
	if (st != ST_OK)
		return st;
	st = turn_cert(turn, turn->req->cert, &cert);
	if (st != ST_OK)
		return st;
	st = ticket_open(&ticket, turn->req->object, &cert.key);
	if (st != ST_OK)
		return st;
	st = check_unit(turn, &ticket);
	if (st != ST_OK)
		return st;
	st = check_identity(turn, &ticket, &cert);
	if (st != ST_OK)
		return st;
	agent->has_nonce = false;
	st = turn_store(turn, STORED_TICKET);
	if (st != ST_OK)
		return st;
	agent->permitted = ticket.identity;
	agent->is_permitted = true;
	return ST_OK;
}

static enum status
burn_identity(struct turn *turn, const struct identity *identity)
{
	struct image_payload payload;
	enum status st;

	turn->burns_total = 2 * (2 + 4 * identity_count(identity));
	image_header_payload(&payload, identity, turn->agent->trust->class);
	st = burn_field(turn, FIELD_HEADER, &payload);
	for (unsigned int i = 0; i < SLOTS_MAX && st == ST_OK; i++) {
		if (!imei_is_valid(identity->slot[i]))
			continue;
		image_identity_payload(&payload, identity->slot[i]);
		st = burn_field(turn, (enum image_field)(FIELD_IDENTITY_1 + i),
				&payload);
	}
	return st;
}

enum status
request_program(struct turn *turn)
{
	struct agent *agent = turn->agent;
	const struct image_plan plan = {
		.class = agent->trust->class,
		.identity = agent->permitted,
	};
	enum status st = turn_guard(turn, OPEN_STATES);

	if (st != ST_OK)
		return st;
	if (!agent->is_permitted)
		return ST_AGENT_NO_PERMIT;
	st = burn_identity(turn, &agent->permitted);
	if (st == ST_OK)
		st = turn_sense(turn);
	turn->reply->state = turn->view.state;
	/* a digest that was begun belongs to a later step */
	if (st != ST_OK || turn->view.image.field[FIELD_DIGEST] != FIELD_EMPTY)
		return st;
	return image_exact(&agent->image, &plan);
}
