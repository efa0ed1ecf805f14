/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/agent.h"

#include "agent/turn.h"

/* What a port declares is within what the agent is made for. */
static bool
is_port_sound(const struct port *port)
{
	const struct port_info *info = port->info;

	return info->lock_units >= 1 &&
	       info->lock_units <= PORT_LOCK_UNITS_MAX &&
	       info->modem_slots >= 1 && info->modem_slots <= SLOTS_MAX &&
	       (info->fuses & ~FUSES_ALL) == 0 &&
	       port->store_sector_size >= PORT_STORE_SECTOR_MIN;
}

enum status
agent_init(struct agent *agent, const struct port *port,
	   const struct boot_trust *trust)
{
	struct chip_id chip;
	enum status st;

	memset(agent, 0, sizeof(*agent));
	agent->port = port;
	agent->trust = trust;
	if (!is_port_sound(port))
		return ST_AGENT_PORT;
	st = crypto_init();
	if (st != ST_OK)
		return st;
	st = port->chip_id(port->ctx, &chip);
	if (st != ST_OK)
		return st;
	st = chip_id_check(&chip);
	if (st != ST_OK)
		return st;
	st = port->random(port->ctx, &agent->session, sizeof(agent->session));
	/* 0 is the session of a hello */
	return st == ST_OK && agent->session != 0 ? ST_OK : ST_AGENT_RANDOM;
}

enum status
turn_sense(struct turn *turn)
{
	struct agent *agent = turn->agent;
	enum status st = state_sense(&agent->image, agent->port);

	if (st != ST_OK)
		return st;
	return state_judge(&turn->view, &agent->image, agent->port);
}

/* What every handler finds ready. */
static enum status
prepare(struct turn *turn)
{
	struct agent *agent = turn->agent;
	enum status st = agent->port->chip_id(agent->port->ctx, &turn->chip);

	if (st != ST_OK)
		return st;
	st = turn_sense(turn);
	if (st != ST_OK)
		return st;
	return store_load(&turn->stored, agent->store, agent->port);
}

static enum status
serve(struct agent *agent, const struct request *req, struct reply *reply)
{
	struct turn turn = {.agent = agent, .req = req, .reply = reply};
	turn_fn handler = agent_requests[req->head.op];
	enum status st;

	if (handler == NULL)
		return ST_MSG_UNKNOWN;
	st = prepare(&turn);
	if (st == ST_OK)
		st = handler(&turn);
	/* the secret stays in its fuses between requests */
	bytes_wipe(agent->image.word,
		   IMAGE_FIRST_OPEN_WORD * sizeof(agent->image.word[0]));
	return st;
}

/*
 * Is this the next request (ST_OK), the last one again (ST_AGENT_PROGRESS:
 * its reply is still there), or neither?
 */
static enum status
check_order(struct agent *agent, const struct request *req,
	    const struct sha256 *hash)
{
	if (req->head.op == OP_HELLO)
		return ST_OK;
	if (req->head.session != agent->session)
		return ST_MSG_SESSION;
	if (req->head.sequence > agent->last_sequence)
		return ST_OK;
	if (req->head.sequence < agent->last_sequence)
		return ST_MSG_SEQUENCE;
	return memcmp(hash, &agent->last_request, sizeof(*hash)) == 0
		       ? ST_AGENT_PROGRESS
		       : ST_MSG_REUSED;
}

static struct bytes
encode_reply(uint8_t *buf, size_t size, const struct reply *full)
{
	struct reply plain = {.head = full->head, .status = ST_CBOR_SPACE};
	struct bytes out;

	if (reply_encode(&out, buf, size, full) == ST_OK ||
	    reply_encode(&out, buf, size, &plain) == ST_OK)
		return out;
	return bytes_of(NULL, 0);
}

/* Serve a request that is in order, and keep the reply. */
static struct bytes
answer(struct agent *agent, const struct request *req,
       const struct sha256 *hash)
{
	struct reply reply;
	struct bytes out;

	memset(&reply, 0, sizeof(reply));
	reply.head = req->head;
	if (req->head.op == OP_HELLO)
		reply.head.session = agent->session;
	reply.status = serve(agent, req, &reply);
	out = encode_reply(agent->last_reply, sizeof(agent->last_reply),
			   &reply);
	agent->last_reply_len = out.len;
	agent->last_sequence = req->head.sequence;
	agent->last_request = *hash;
	return out;
}

void
agent_handle(struct agent *agent, struct bytes message, struct bytes *reply)
{
	struct request req;
	struct sha256 hash;
	struct reply refusal;
	enum status st = request_decode(&req, message);

	if (st == ST_OK)
		st = crypto_sha256(&hash, &message, 1);
	if (st == ST_OK)
		st = check_order(agent, &req, &hash);
	if (st == ST_OK) {
		*reply = answer(agent, &req, &hash);
		return;
	}
	if (st == ST_AGENT_PROGRESS) {
		*reply = bytes_of(agent->last_reply, agent->last_reply_len);
		return;
	}
	memset(&refusal, 0, sizeof(refusal));
	refusal.head = req.head;
	refusal.status = st;
	*reply = encode_reply(agent->object, sizeof(agent->object), &refusal);
}
