/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/burn.h"

static enum status
burn_secret(struct turn *turn)
{
	const struct port *port = turn->agent->port;
	uint8_t fresh[IMAGE_SECRET_LEN];
	struct image_payload payload;
	enum status st = turn_guard(turn, 1u << STATE_BLANK);

	if (st != ST_OK)
		return st;
	st = port->random(port->ctx, fresh, sizeof(fresh));
	if (st != ST_OK)
		return st == ST_PORT_POWER ? st : ST_AGENT_RANDOM;
	image_plan_secret(&payload, &turn->agent->image, port->info->word_kind,
			  fresh);
	st = burn_field(turn, FIELD_SECRET, &payload);
	bytes_wipe(fresh, sizeof(fresh));
	bytes_wipe(&payload, sizeof(payload));
	return st != ST_OK ? st : turn_sense(turn);
}

/* A ticket must answer this nonce; the one before is void. */
static enum status
ask_nonce(struct agent *agent)
{
	agent->has_nonce = false;
	agent->is_permitted = false;
	if (agent->port->random(agent->port->ctx, &agent->device_nonce,
				sizeof(agent->device_nonce)) != ST_OK)
		return ST_AGENT_RANDOM;
	agent->has_nonce = true;
	return ST_OK;
}

static enum status
sign_key(struct turn *turn, const struct crypto_key *key,
	 const struct public_key *device)
{
	uint8_t payload[PAYLOAD_MAX];
	const struct key_token token = {
		.nonce = turn->req->nonce,
		.class = turn->agent->trust->class,
		.chip = turn->chip,
		.device = *device,
		.device_nonce = turn->agent->device_nonce,
		.origin = turn->agent->port->info->has_random ? ORIGIN_CHIP
							      : ORIGIN_INJECTED,
	};
	struct cbor_out out;

	cbor_out_init(&out, payload, sizeof(payload));
	key_token_encode(&out, &token);
	return turn_sign(turn, &KIND_KEY_TOKEN, &out, key);
}

enum status
request_key(struct turn *turn)
{
	struct crypto_key key;
	struct public_key device;
	enum status st = ST_OK;

	if (turn->view.image.field[FIELD_SECRET] != FIELD_DONE)
		st = burn_secret(turn);
	if (st != ST_OK)
		return st;
	st = turn_key(turn, &key, &device);
	if (st != ST_OK)
		return st;
	st = ask_nonce(turn->agent);
	if (st == ST_OK)
		st = sign_key(turn, &key, &device);
	crypto_key_close(&key);
	return st;
}
