/* SPDX-License-Identifier: Apache-2.0 */
#include "station/ask.h"

#include <sys/random.h>

void
object_set(struct object *out, struct bytes from)
{
	out->len = from.len <= sizeof(out->byte) ? from.len : 0;
	if (out->len != 0)
		memcpy(out->byte, from.ptr, out->len);
}

/* Ask op with a fresh nonce; the reply's object is copied out. */
static enum status
ask_nonce(struct object *object, struct nonce *nonce, struct device *device,
	  enum msg_op op, struct deadline deadline)
{
	struct request req = {.head.op = op};
	struct reply reply;
	enum status st;

	object->len = 0;
	if (getrandom(nonce, sizeof(*nonce), 0) != (ssize_t)sizeof(*nonce))
		return ST_CRYPTO_FAILED;
	req.nonce = *nonce;
	st = device_call(device, &req, &reply, deadline);
	if (st == ST_OK)
		object_set(object, reply.object);
	return st;
}

/* The token's own words against what was asked. */
static enum status
check_token(enum status opened, const struct nonce *asked,
	    const struct nonce *answered, const struct chip_id *expected,
	    const struct chip_id *chip)
{
	if (opened == ST_CRYPTO_FAILED)
		return opened;
	if (opened != ST_OK || memcmp(asked, answered, sizeof(*asked)) != 0 ||
	    !chip_id_equal(expected, chip))
		return ST_VERIFY_TOKEN;
	return ST_OK;
}

enum status
ask_key(struct key_token *out, struct object *object, struct device *device,
	const struct chip_id *chip, struct deadline deadline)
{
	struct nonce nonce;
	enum status st = ask_nonce(object, &nonce, device, OP_KEY, deadline);

	if (st != ST_OK)
		return st;
	st = key_token_open(out, object_bytes(object));
	return check_token(st, &nonce, &out->nonce, chip, &out->chip);
}

enum status
ask_read(struct read_token *out, struct object *object, struct device *device,
	 const struct chip_id *chip, struct deadline deadline)
{
	struct nonce nonce;
	enum status st = ask_nonce(object, &nonce, device, OP_READ, deadline);

	if (st != ST_OK)
		return st;
	st = read_token_open(out, object_bytes(object));
	return check_token(st, &nonce, &out->nonce, chip, &out->chip);
}

enum status
ask_probe(struct probe_token *out, struct device *device,
	  const struct chip_id *chip, struct deadline deadline)
{
	struct object object;
	struct nonce nonce;
	enum status st = ask_nonce(&object, &nonce, device, OP_PROBE, deadline);

	if (st != ST_OK)
		return st;
	st = probe_token_open(out, object_bytes(&object));
	return check_token(st, &nonce, &out->nonce, chip, &out->chip);
}

enum status
ask_attest(struct evidence *out, struct object *object, struct device *device,
	   const struct chip_id *chip, struct deadline deadline)
{
	struct nonce nonce;
	enum status st = ask_nonce(object, &nonce, device, OP_ATTEST, deadline);

	if (st != ST_OK)
		return st;
	st = evidence_open(out, object_bytes(object));
	return check_token(st, &nonce, &out->nonce, chip, &out->chip);
}

enum status
ask_fetch(struct object *out, struct device *device, enum stored which,
	  struct deadline deadline)
{
	struct request req = {.head.op = OP_FETCH, .which = which};
	struct reply reply;
	enum status st = device_call(device, &req, &reply, deadline);

	out->len = 0;
	if (st == ST_OK)
		object_set(out, reply.object);
	return st;
}

enum status
ask_take(struct device *device, enum msg_op op, struct bytes cert,
	 struct bytes object, struct deadline deadline)
{
	struct request req = {
		.head.op = op,
		.cert = cert,
		.object = object,
	};
	struct reply reply;

	return device_call(device, &req, &reply, deadline);
}

enum status
ask_plain(struct device *device, enum msg_op op, struct deadline deadline)
{
	struct request req = {.head.op = op};
	struct reply reply;

	return device_call(device, &req, &reply, deadline);
}

enum status
ask_lock(struct device *device, uint8_t fuses, struct deadline deadline)
{
	struct request req = {.head.op = OP_LOCK, .fuses = fuses};
	struct reply reply;

	return device_call(device, &req, &reply, deadline);
}

/* A unit that takes its link away when it restarts, as on USB. */
static enum status
hello_again(struct hello *out, struct device *device, struct deadline deadline)
{
	enum status st;

	do {
		st = device_reopen(device, deadline);
		if (st != ST_OK)
			return st;
		st = device_hello(device, out, deadline);
	} while (st == ST_LINK_CLOSED && deadline_left_ms(deadline) > 0);
	return st;
}

enum status
ask_reset(struct hello *out, struct device *device, const struct chip_id *chip,
	  struct deadline deadline)
{
	uint64_t session = device->session;
	enum status asked = ask_plain(device, OP_RESET, deadline);
	enum status st = asked;

	/* another session, or the link went: it restarted, and only its reply
	 * was lost */
	if (st != ST_OK && st != ST_MSG_SESSION && st != ST_LINK_CLOSED)
		return st;
	if (st != ST_LINK_CLOSED)
		st = device_hello(device, out, deadline);
	if (st == ST_LINK_CLOSED)
		st = hello_again(out, device, deadline);
	if (st != ST_OK)
		return st;
	/* unplugged before it heard of the reset, it ran on */
	if (device->session == session)
		return asked == ST_LINK_CLOSED ? asked : ST_VERIFY_RESET;
	return chip_id_equal(&out->chip, chip) ? ST_OK : ST_STATION_IDENTITY;
}
