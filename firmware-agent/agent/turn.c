/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/turn.h"

#include "boot/device_key.h"
#include "proto/decide.h"

enum status
turn_guard(const struct turn *turn, uint32_t allowed)
{
	enum status otherwise = ST_AGENT_STATE;

	if (turn->view.state == STATE_LOCKED)
		otherwise = ST_AGENT_LOCKED;
	else if (turn->view.state == STATE_LOCK_FAILED)
		otherwise = ST_AGENT_LOCK_FAILED;
	else if (turn->view.state == STATE_VOID)
		otherwise = ST_OTP_VOID;
	return decide_state(turn->view.state, allowed, otherwise);
}

enum status
turn_key(struct turn *turn, struct crypto_key *key, struct public_key *device)
{
	enum status st = device_key_open(key, &turn->agent->image, &turn->chip);

	if (st != ST_OK)
		return st;
	st = crypto_key_public(device, key);
	if (st != ST_OK)
		crypto_key_close(key);
	return st;
}

enum status
turn_sign(struct turn *turn, const struct cose_kind *kind,
	  const struct cbor_out *payload, const struct crypto_key *key)
{
	struct cbor_out out;
	struct bytes encoded;
	enum status st = cbor_out_end(payload, &encoded);

	if (st != ST_OK)
		return st;
	cbor_out_init(&out, turn->agent->object, sizeof(turn->agent->object));
	st = object_sign(&out, kind, encoded, key);
	if (st != ST_OK)
		return st;
	return cbor_out_end(&out, &turn->reply->object);
}

enum status
turn_cert(const struct turn *turn, struct bytes object, struct cert *out)
{
	const struct boot_trust *trust = turn->agent->trust;
	enum status st = cert_open(out, object, &trust->root);

	if (st != ST_OK)
		return st == ST_CRYPTO_FAILED ? st : ST_AGENT_CERTIFICATE;
	if (out->class != trust->class)
		return ST_AGENT_CLASS;
	if (out->role != ROLE_LINE || out->epoch < trust->min_epoch ||
	    !text_equal(out->model, turn->agent->port->info->model))
		return ST_AGENT_CERTIFICATE;
	return ST_OK;
}

enum status
turn_store(struct turn *turn, enum stored which)
{
	struct agent *agent = turn->agent;
	struct bytes object[STORED_COUNT];
	unsigned int at = which - 1;
	enum status st;

	if (bytes_equal(turn->stored.object[at - 1], turn->req->cert) &&
	    bytes_equal(turn->stored.object[at], turn->req->object))
		return ST_OK;
	memcpy(object, turn->stored.object, sizeof(object));
	object[at - 1] = turn->req->cert;
	object[at] = turn->req->object;
	st = store_save(&turn->stored, object, agent->port);
	if (st != ST_OK)
		return st;
	/* the flash's word for it is not enough */
	st = store_load(&turn->stored, agent->store, agent->port);
	if (st != ST_OK)
		return st;
	return bytes_equal(turn->stored.object[at - 1], turn->req->cert) &&
			       bytes_equal(turn->stored.object[at],
					   turn->req->object)
		       ? ST_OK
		       : ST_AGENT_STORE;
}
