/* SPDX-License-Identifier: Apache-2.0 */
#include "support/bench_unit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <sys/socket.h>

#include <cmocka.h>

#include "boot/device_key.h"

/* ----------------------------------------------------------------- lying */

/* Here no assert of cmocka: lies are told on the peer's thread. */
static enum status
open_key(struct crypto_key *key, struct bench_unit *unit,
	 enum bench_signer signer)
{
	struct image image;
	enum status st;

	if (signer == BENCH_OTHER_KEY) {
		sample_key(key, SIGNER_DEVICE);
		return ST_OK;
	}
	st = state_sense(&image, &unit->bench.fake.port);
	return st == ST_OK
		       ? device_key_open(key, &image, &unit->bench.fake.chip)
		       : st;
}

void
bench_unit_sign(struct bench_unit *unit, struct reply *reply,
		uint8_t object[OBJECT_MAX], const struct cose_kind *kind,
		const struct cbor_out *payload, enum bench_signer signer)
{
	struct crypto_key key;
	struct cbor_out out;
	struct bytes encoded;

	if (cbor_out_end(payload, &encoded) != ST_OK ||
	    open_key(&key, unit, signer) != ST_OK)
		return;
	cbor_out_init(&out, object, OBJECT_MAX);
	if (object_sign(&out, kind, encoded, &key) == ST_OK)
		(void)!cbor_out_end(&out, &reply->object);
	crypto_key_close(&key);
}

void
bench_unit_public(struct bench_unit *unit, struct public_key *out,
		  enum bench_signer signer)
{
	struct crypto_key key;

	memset(out, 0, sizeof(*out));
	if (open_key(&key, unit, signer) != ST_OK)
		return;
	(void)!crypto_key_public(out, &key);
	crypto_key_close(&key);
}

/* --------------------------------------------------------------- serving */

static void
restart(struct bench_unit *unit)
{
	unit->bench.agent.is_reset_due = false;
	if (unit->is_reset_deaf)
		return;
	unit->resets++;
	fake_port_power_on(&unit->bench.fake);
	(void)!agent_init(&unit->bench.agent, &unit->bench.fake.port,
			  &unit->bench.trust);
}

static void
answer(struct bench_unit *unit, int fd, struct bytes message)
{
	uint8_t object[OBJECT_MAX], buf[FRAME_MESSAGE_MAX];
	struct request req;
	struct reply reply;
	struct bytes raw;
	bool is_mute;

	agent_handle(&unit->bench.agent, message, &raw);
	if (request_decode(&req, message) == ST_OK && unit->lie != NULL &&
	    reply_decode(&reply, raw) == ST_OK) {
		unit->lie(unit, &req, &reply, object);
		if (reply_encode(&raw, buf, sizeof(buf), &reply) != ST_OK)
			return;
	}
	unit->last = req.head.op;
	is_mute = unit->bench.agent.is_reset_due && unit->is_reset_mute;
	if (!is_mute)
		peer_send_message(fd, raw);
	if (unit->bench.agent.is_reset_due)
		restart(unit);
}

static void
serve_agent(int fd, void *ctx)
{
	struct frame_reader reader;
	struct bytes message;

	frame_reader_init(&reader);
	while (peer_read_message(fd, &reader, &message))
		answer(ctx, fd, message);
}

static void
serve_at(int fd, void *ctx)
{
	const struct bench_slot *at = ctx;
	char line[AT_LINE_MAX], out[AT_ANSWER_MAX];
	size_t len = 0, out_len;

	while (len < sizeof(line) && recv(fd, line + len, 1, 0) == 1) {
		if (line[len++] != '\r')
			continue;
		at_answer(out, &out_len, &at->unit->bench.fake.port, at->slot,
			  bytes_of(line, len - 1));
		peer_send(fd, bytes_of(out, out_len));
		len = 0;
	}
}

static void
copy_address(char out[ADDRESS_MAX + 1], const struct peer *peer)
{
	size_t len = strlen(peer->address);

	assert_true(len <= ADDRESS_MAX);
	memcpy(out, peer->address, len + 1);
}

void
bench_unit_start(struct bench_unit *unit)
{
	unsigned int slots = unit->bench.fake.info.modem_slots;

	memset(&unit->address, 0, sizeof(unit->address));
	unit->bench.agent.progress = NULL;
	peer_start(&unit->agent, serve_agent, unit);
	copy_address(unit->address.agent, &unit->agent);
	for (unsigned int i = 0; i < slots; i++) {
		unit->slot[i] = (struct bench_slot){unit, i};
		peer_start(&unit->at[i], serve_at, &unit->slot[i]);
		copy_address(unit->address.at[i], &unit->at[i]);
	}
}

void
bench_unit_stop(struct bench_unit *unit)
{
	peer_stop(&unit->agent);
	for (unsigned int i = 0; i < unit->bench.fake.info.modem_slots; i++)
		peer_stop(&unit->at[i]);
}
