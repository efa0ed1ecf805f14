/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/turn.h"

/* One attempt, judged by what the canary holds afterwards. */
static enum status
probe_unit(const struct port *port, unsigned int unit, uint8_t *result)
{
	uint32_t canary = 1;
	enum status tried = port->canary_program(port->ctx, unit);
	enum status seen;

	if (tried == ST_PORT_POWER)
		return tried;
	seen = port->canary_read(port->ctx, unit, &canary);
	if (seen == ST_PORT_POWER)
		return seen;
	*result = (uint8_t)(tried == ST_PORT_REFUSED && seen == ST_OK &&
					    canary == 0
				    ? CANARY_HELD
				    : CANARY_BURNT);
	return ST_OK;
}

static enum status
probe_units(struct turn *turn, struct probe_token *token)
{
	const struct port *port = turn->agent->port;
	const struct port_info *info = port->info;

	token->unit_count = info->lock_units;
	token->is_status_only = !info->is_lock_permanent ||
				!info->is_refusal_harmless;
	memset(token->canary, CANARY_NOT_TRIED, token->unit_count);
	if (token->is_status_only || turn->view.state != STATE_LOCKED)
		return ST_OK;
	for (unsigned int unit = 0; unit < info->lock_units; unit++) {
		enum status st = probe_unit(port, unit, &token->canary[unit]);

		if (st != ST_OK)
			return st;
	}
	return turn_sense(turn);
}

static enum status
sign_probe(struct turn *turn, const struct crypto_key *key,
	   const struct public_key *device)
{
	uint8_t payload[PAYLOAD_MAX];
	struct probe_token token = {
		.nonce = turn->req->nonce,
		.class = turn->agent->trust->class,
		.chip = turn->chip,
		.device = *device,
	};
	struct cbor_out out;
	enum status st = probe_units(turn, &token);

	if (st != ST_OK)
		return st;
	token.state = turn->view.state;
	cbor_out_init(&out, payload, sizeof(payload));
	probe_token_encode(&out, &token);
	return turn_sign(turn, &KIND_PROBE_TOKEN, &out, key);
}

enum status
request_probe(struct turn *turn)
{
	struct crypto_key key;
	struct public_key device;
	enum status st = turn_key(turn, &key, &device);

	if (st != ST_OK)
		return st;
	st = sign_probe(turn, &key, &device);
	crypto_key_close(&key);
	return st;
}
