/* SPDX-License-Identifier: Apache-2.0 */
/* The requests that only look: every build has them. */
#include "agent/turn.h"

#include "proto/decide.h"

#ifndef AGENT_VERSION
#define AGENT_VERSION "0.1.0"
#endif

static void
copy_text(char *out, size_t size, const char *text)
{
	struct bytes from = text_bytes(text);
	size_t len = from.len < size ? from.len : size - 1;

	memset(out, 0, size);
	memcpy(out, text, len);
}

static uint8_t
stored_mask(const struct store_view *stored)
{
	unsigned int mask = 0;

	for (unsigned int i = 0; i < STORED_COUNT; i++)
		if (stored->object[i].len != 0)
			mask |= 1u << i;
	return (uint8_t)mask;
}

static void
hello_declared(struct hello *out, const struct port *port)
{
	const struct port_info *info = port->info;

	copy_text(out->model, sizeof(out->model), info->model);
	out->word_kind = info->word_kind;
	out->modem_slots = info->modem_slots;
	out->lock_units = info->lock_units;
	out->is_lock_permanent = info->is_lock_permanent;
	out->is_refusal_harmless = info->is_refusal_harmless;
	out->has_random = info->has_random;
	out->is_secret_hidden = info->is_secret_hidden;
	out->is_virtual = info->is_virtual;
	out->debug = (uint8_t)port->debug_state(port->ctx);
	out->is_secure_boot = port->is_secure_boot(port->ctx);
	out->fuses = info->fuses;
}

enum status
request_hello(struct turn *turn)
{
	struct hello *out = &turn->reply->hello;

	if (turn->req->protocol != PROTOCOL_VERSION)
		return ST_MSG_PROTOCOL;
	hello_declared(out, turn->agent->port);
	out->protocol = PROTOCOL_VERSION;
	copy_text(out->version, sizeof(out->version), AGENT_VERSION);
	out->is_factory_build = agent_is_factory_build;
	out->layout = IMAGE_LAYOUT;
	out->class = turn->agent->trust->class;
	out->chip = turn->chip;
	out->state = turn->view.state;
	out->secret = turn->view.image.field[FIELD_SECRET];
	out->burnt_words = state_burnt_words(&turn->agent->image);
	out->stored_mask = stored_mask(&turn->stored);
	return ST_OK;
}

enum status
request_reload(struct turn *turn)
{
	const struct port *port = turn->agent->port;

	return port->otp_reload(port->ctx);
}

enum status
request_reset(struct turn *turn)
{
	turn->agent->is_reset_due = true;
	return ST_OK;
}

enum status
request_fetch(struct turn *turn)
{
	struct bytes object = turn->stored.object[turn->req->which - 1];

	if (object.len == 0)
		return ST_AGENT_NONE_STORED;
	turn->reply->object = object;
	return ST_OK;
}

/* The image without the words of the secret, which are never shown. */
static void
copy_open_words(struct image *out, const struct image *image)
{
	memset(out, 0, sizeof(*out));
	memcpy(out->word + IMAGE_FIRST_OPEN_WORD,
	       image->word + IMAGE_FIRST_OPEN_WORD,
	       IMAGE_OPEN_WORDS * sizeof(out->word[0]));
	memcpy(out->health + IMAGE_FIRST_OPEN_WORD,
	       image->health + IMAGE_FIRST_OPEN_WORD, IMAGE_OPEN_WORDS);
}

static enum status
sign_read(struct turn *turn, const struct crypto_key *key,
	  const struct public_key *device)
{
	uint8_t payload[PAYLOAD_MAX];
	struct read_token token = {
		.nonce = turn->req->nonce,
		.class = turn->agent->trust->class,
		.chip = turn->chip,
		.device = *device,
		.layout = IMAGE_LAYOUT,
		.secret = turn->view.image.field[FIELD_SECRET],
	};
	struct cbor_out out;

	copy_open_words(&token.image, &turn->agent->image);
	cbor_out_init(&out, payload, sizeof(payload));
	read_token_encode(&out, &token);
	return turn_sign(turn, &KIND_READ_TOKEN, &out, key);
}

enum status
request_read(struct turn *turn)
{
	struct crypto_key key;
	struct public_key device;
	enum status st = turn_key(turn, &key, &device);

	if (st != ST_OK)
		return st;
	st = sign_read(turn, &key, &device);
	crypto_key_close(&key);
	return st;
}

static void
attest_silicon(struct evidence *out, const struct turn *turn)
{
	const struct port *port = turn->agent->port;

	out->class = turn->agent->trust->class;
	out->chip = turn->chip;
	out->identity = turn->view.image.identity;
	out->state = turn->view.state;
	out->layout = IMAGE_LAYOUT;
	out->debug = (uint8_t)port->debug_state(port->ctx);
	out->is_secure_boot = port->is_secure_boot(port->ctx);
	out->origin = port->info->has_random ? ORIGIN_CHIP : ORIGIN_INJECTED;
	out->is_secret_hidden = port->info->is_secret_hidden;
	out->is_lock_permanent = port->info->is_lock_permanent;
	out->is_virtual = port->info->is_virtual;
	out->unit_count = port->info->lock_units;
	out->locked_mask = turn->view.locked_mask;
	out->blank_canary_mask = turn->view.blank_canary_mask;
	copy_text(out->model, sizeof(out->model), port->info->model);
	copy_text(out->version, sizeof(out->version), AGENT_VERSION);
	out->is_factory_build = agent_is_factory_build;
}

static enum status
attest_stored(struct evidence *out, const struct turn *turn)
{
	struct bytes cert = turn->stored.object[STORED_RECORD_CERT - 1];
	struct bytes record = turn->stored.object[STORED_RECORD - 1];

	out->boot =
		boot_check(turn->agent->port, turn->agent->trust, cert, record);
	out->has_record = record.len != 0;
	if (!out->has_record)
		return ST_OK;
	return crypto_sha256(&out->record, &record, 1);
}

static enum status
sign_evidence(struct turn *turn, const struct crypto_key *key,
	      const struct public_key *device)
{
	uint8_t payload[PAYLOAD_MAX];
	struct evidence evidence;
	struct cbor_out out;
	enum status st;

	memset(&evidence, 0, sizeof(evidence));
	evidence.nonce = turn->req->nonce;
	evidence.device = *device;
	attest_silicon(&evidence, turn);
	st = attest_stored(&evidence, turn);
	if (st != ST_OK)
		return st;
	cbor_out_init(&out, payload, sizeof(payload));
	evidence_encode(&out, &evidence);
	return turn_sign(turn, &KIND_EVIDENCE, &out, key);
}

enum status
request_attest(struct turn *turn)
{
	struct crypto_key key;
	struct public_key device;
	enum status st = turn_key(turn, &key, &device);

	if (st != ST_OK)
		return st;
	st = sign_evidence(turn, &key, &device);
	crypto_key_close(&key);
	return st;
}
