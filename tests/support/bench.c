/* SPDX-License-Identifier: Apache-2.0 */
#include "support/bench.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static const struct nonce station_nonce = {{0x5a, 1, 2, 3}};

static void
count_progress(void *ctx, struct bytes message)
{
	struct bench *bench = ctx;
	struct reply reply;

	assert_int_equal(reply_decode(&reply, message), ST_OK);
	assert_true(reply.is_progress);
	assert_true(reply.head.session == bench->agent.session);
	assert_int_equal(reply.head.sequence, bench->sequence);
	assert_in_range(reply.done, 1, reply.total);
	bench->progress_count++;
}

static void
make_cert(struct bench *bench)
{
	struct cert *cert = &bench->cert;

	sample_cert(cert, SAMPLE_LARGE);
	cert->class = CLASS_DEVELOPMENT;
	cert->role = ROLE_LINE;
	cert->epoch = 7;
	memset(cert->model, 0, sizeof(cert->model));
	memcpy(cert->model, "fake", sizeof("fake"));
	cert->interval_count = 1;
	cert->interval[0].first = imei_of(1010000, 1000);
	cert->interval[0].last = imei_of(1010000, 1999);
}

void
bench_init(struct bench *bench, enum word_kind kind, unsigned int slots)
{
	memset(bench, 0, sizeof(*bench));
	fake_port_init(&bench->fake, kind, (uint8_t)slots, 3);
	bench->root = SIGNER_ROOT;
	bench->line = SIGNER_LINE;
	sample_public(&bench->trust.root, SIGNER_ROOT);
	bench->trust.min_epoch = 7;
	bench->trust.class = CLASS_DEVELOPMENT;
	make_cert(bench);
	identity_init(&bench->identity);
	for (unsigned int i = 0; i < slots; i++)
		bench->identity.slot[i] = imei_of(1010000, 1234 + i);
	bench->identity.primary = (uint8_t)(slots - 1);
	bench_boot(bench);
}

void
bench_copy(struct bench *to, const struct bench *from)
{
	*to = *from;
	fake_port_copy(&to->fake, &from->fake);
	to->agent.port = &to->fake.port;
	to->agent.trust = &to->trust;
	to->agent.progress_ctx = to;
}

void
bench_boot(struct bench *bench)
{
	fake_port_power_on(&bench->fake);
	assert_int_equal(agent_init(&bench->agent, &bench->fake.port,
				    &bench->trust),
			 ST_OK);
	bench->agent.progress = count_progress;
	bench->agent.progress_ctx = bench;
	(void)bench_state(bench);
}

void
bench_send(struct bench *bench, struct bytes message)
{
	agent_handle(&bench->agent, message, &bench->raw);
	assert_in_range(bench->raw.len, 1, FRAME_MESSAGE_MAX);
	assert_int_equal(reply_decode(&bench->reply, bench->raw), ST_OK);
	assert_false(bench->reply.is_progress);
}

enum status
bench_ask(struct bench *bench, struct request *req)
{
	bool is_hello = req->head.op == OP_HELLO;

	req->head.session = is_hello ? 0 : bench->agent.session;
	req->head.sequence = ++bench->sequence;
	assert_int_equal(request_encode(&bench->message, bench->message_buf,
					sizeof(bench->message_buf), req),
			 ST_OK);
	bench_send(bench, bench->message);
	assert_true(bench->reply.head.session == bench->agent.session);
	assert_int_equal(bench->reply.head.sequence, req->head.sequence);
	assert_int_equal(bench->reply.head.op, req->head.op);
	assert_int_equal(bench->fake.misuses, 0);
	return bench->reply.status;
}

enum status
bench_op(struct bench *bench, enum msg_op op)
{
	struct request req = {
		.head.op = op,
		.protocol = PROTOCOL_VERSION,
		.nonce = station_nonce,
		.which = STORED_RECORD,
	};

	return bench_ask(bench, &req);
}

enum status
bench_fetch(struct bench *bench, enum stored which)
{
	struct request req = {.head.op = OP_FETCH, .which = which};

	return bench_ask(bench, &req);
}

enum status
bench_key(struct bench *bench)
{
	enum status st = bench_op(bench, OP_KEY);

	if (st != ST_OK)
		return st;
	assert_int_equal(key_token_open(&bench->token, bench->reply.object),
			 ST_OK);
	assert_memory_equal(&bench->token.nonce, &station_nonce,
			    sizeof(station_nonce));
	assert_true(chip_id_equal(&bench->token.chip, &bench->fake.chip));
	return st;
}

/* -------------------------------------------------------------- objects */

void
bench_ticket(const struct bench *bench, struct ticket *out)
{
	sample_ticket(out, SAMPLE_SMALL);
	out->nonce = bench->token.device_nonce;
	out->class = bench->trust.class;
	out->chip = bench->fake.chip;
	out->device = bench->token.device;
	out->identity = bench->identity;
	out->ledger = bench->cert.ledger;
}

void
bench_record(const struct bench *bench, struct record *out)
{
	sample_record(out, SAMPLE_SMALL);
	out->class = bench->trust.class;
	out->chip = bench->fake.chip;
	out->device = bench->token.device;
	out->identity = bench->identity;
	out->ledger = bench->cert.ledger;
	memset(out->model, 0, sizeof(out->model));
	memcpy(out->model, "fake", sizeof("fake"));
}

struct bytes
bench_sign(uint8_t buf[OBJECT_MAX], const struct cose_kind *kind,
	   const struct cbor_out *payload, enum sample_signer signer)
{
	struct crypto_key key;
	struct cbor_out out;
	struct bytes encoded, object;

	assert_int_equal(cbor_out_end(payload, &encoded), ST_OK);
	sample_key(&key, signer);
	cbor_out_init(&out, buf, OBJECT_MAX);
	assert_int_equal(object_sign(&out, kind, encoded, &key), ST_OK);
	assert_int_equal(cbor_out_end(&out, &object), ST_OK);
	crypto_key_close(&key);
	return object;
}

struct bytes
bench_sign_cert(uint8_t buf[OBJECT_MAX], const struct bench *bench)
{
	uint8_t payload[PAYLOAD_MAX];
	struct cbor_out out;

	cbor_out_init(&out, payload, sizeof(payload));
	cert_encode(&out, &bench->cert);
	return bench_sign(buf, &KIND_CERT, &out, bench->root);
}

struct bytes
bench_sign_record(uint8_t buf[OBJECT_MAX], const struct bench *bench,
		  const struct record *record)
{
	uint8_t payload[PAYLOAD_MAX];
	struct cbor_out out;

	cbor_out_init(&out, payload, sizeof(payload));
	record_encode(&out, record);
	return bench_sign(buf, &KIND_RECORD, &out, bench->line);
}

static enum status
ask_with(struct bench *bench, enum msg_op op, struct bytes object)
{
	uint8_t buf[OBJECT_MAX];
	struct request req = {
		.head.op = op,
		.cert = bench_sign_cert(buf, bench),
		.object = object,
	};

	return bench_ask(bench, &req);
}

enum status
bench_permit(struct bench *bench, const struct ticket *ticket)
{
	uint8_t payload[PAYLOAD_MAX], buf[OBJECT_MAX];
	struct cbor_out out;

	cbor_out_init(&out, payload, sizeof(payload));
	ticket_encode(&out, ticket);
	return ask_with(bench, OP_PERMIT,
			bench_sign(buf, &KIND_TICKET, &out, bench->line));
}

enum status
bench_store(struct bench *bench, const struct record *record)
{
	uint8_t buf[OBJECT_MAX];

	return ask_with(bench, OP_STORE, bench_sign_record(buf, bench, record));
}

enum status
bench_permit_right(struct bench *bench)
{
	struct ticket ticket;

	bench_ticket(bench, &ticket);
	return bench_permit(bench, &ticket);
}

enum status
bench_store_right(struct bench *bench)
{
	struct record record;

	bench_record(bench, &record);
	return bench_store(bench, &record);
}

/* --------------------------------------------------------------- states */

enum device_state
bench_state(struct bench *bench)
{
	assert_int_equal(bench_op(bench, OP_HELLO), ST_OK);
	return bench->reply.hello.state;
}

void
bench_to(struct bench *bench, enum device_state state)
{
	if (state >= STATE_KEYED && bench_state(bench) < STATE_KEYED)
		assert_int_equal(bench_key(bench), ST_OK);
	if (state >= STATE_WRITTEN && bench_state(bench) < STATE_WRITTEN) {
		assert_int_equal(bench_key(bench), ST_OK);
		assert_int_equal(bench_permit_right(bench), ST_OK);
		assert_int_equal(bench_op(bench, OP_PROGRAM), ST_OK);
	}
	if (state >= STATE_RECORDED && bench_state(bench) < STATE_RECORDED)
		assert_int_equal(bench_store_right(bench), ST_OK);
	if (state >= STATE_LOCKED && bench_state(bench) < STATE_LOCKED)
		assert_int_equal(bench_op(bench, OP_LOCK), ST_OK);
	assert_int_equal(bench_state(bench), state);
}

/* Power goes at a change of the request. */
static void
cut_in(struct bench *bench, enum msg_op op, unsigned int change)
{
	bench->fake.cut_at = bench->fake.changes + change;
	bench->fake.tear = TEAR_BEFORE;
	assert_int_equal(bench_op(bench, op), ST_PORT_POWER);
	bench_boot(bench);
}

void
bench_in(struct bench *bench, enum device_state state)
{
	bench_init(bench, WORDS_ADDITIVE, 2);
	if (state == STATE_WRITING) {
		assert_int_equal(bench_key(bench), ST_OK);
		assert_int_equal(bench_permit_right(bench), ST_OK);
		cut_in(bench, OP_PROGRAM, 7);
	} else if (state == STATE_LOCKING) {
		bench_to(bench, STATE_RECORDED);
		cut_in(bench, OP_LOCK, 6);
	} else if (state == STATE_LOCK_FAILED) {
		bench_to(bench, STATE_LOCKED);
		bench->fake.cells.canary[1] = 1;
	} else if (state == STATE_VOID) {
		bench_to(bench, STATE_RECORDED);
		bench->fake.cells.word[IMAGE_WORDS - 1] = 1;
	} else if (state != STATE_BLANK) {
		bench_to(bench, state);
	}
	bench_boot(bench);
	assert_int_equal(bench_state(bench), state);
}

void
bench_mark(struct bench *bench)
{
	bench->cells = bench->fake.cells;
	memcpy(bench->store, bench->fake.store, sizeof(bench->store));
}

void
bench_assert_same_fuses(const struct bench *bench)
{
	assert_memory_equal(&bench->cells, &bench->fake.cells,
			    sizeof(bench->cells));
}

void
bench_assert_same(const struct bench *bench)
{
	bench_assert_same_fuses(bench);
	assert_memory_equal(bench->store, bench->fake.store,
			    sizeof(bench->store));
}

void
bench_assert_refused(const struct bench *bench, enum status status,
		     enum status expected)
{
	assert_int_equal(status, expected);
	bench_assert_same(bench);
}
