/* SPDX-License-Identifier: Apache-2.0 */
#include "support/samples.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void
must(enum status status)
{
	if (status == ST_OK)
		return;
	fprintf(stderr, "sample: status %08x\n", (unsigned int)status);
	exit(1);
}

static void
fill(void *out, size_t len, unsigned int seed)
{
	uint8_t *byte = out;

	for (size_t i = 0; i < len; i++)
		byte[i] = (uint8_t)(seed + 7 * i);
}

static void
text(char *out, size_t size, const char *shorter, enum sample_size which)
{
	memset(out, 0, size);
	if (which == SAMPLE_SMALL)
		memcpy(out, shorter, strlen(shorter));
	else
		memset(out, '~', size - 1);
}

void
sample_key(struct crypto_key *key, enum sample_signer signer)
{
	struct secret_scalar scalar;

	fill(scalar.byte, sizeof(scalar.byte), 1 + (unsigned int)signer);
	must(crypto_init());
	must(crypto_key_open(key, &scalar));
}

void
sample_public(struct public_key *out, enum sample_signer signer)
{
	struct crypto_key key;

	sample_key(&key, signer);
	must(crypto_key_public(out, &key));
	crypto_key_close(&key);
}

static void
sample_chip(struct chip_id *out, enum sample_size size)
{
	memset(out, 0, sizeof(*out));
	out->len = size == SAMPLE_SMALL ? CHIP_ID_MIN : CHIP_ID_MAX;
	fill(out->byte, out->len, 0x31);
}

static void
sample_identity(struct identity *out, enum sample_size size)
{
	identity_init(out);
	out->slot[0] = imei_of(size == SAMPLE_SMALL ? 101 : 35693803, 564380);
	if (size == SAMPLE_SMALL)
		return;
	for (unsigned int i = 1; i < SLOTS_MAX; i++)
		out->slot[i].body = out->slot[0].body + i;
	out->primary = 3;
}

static enum dev_class
sample_class(enum sample_size size)
{
	return size == SAMPLE_SMALL ? CLASS_DEVELOPMENT : CLASS_PRODUCTION;
}

static uint64_t
sample_time(enum sample_size size)
{
	return size == SAMPLE_SMALL ? 0 : UINT64_C(253402300799);
}

static struct ledger_id
sample_ledger(void)
{
	struct ledger_id ledger;

	fill(ledger.byte, sizeof(ledger.byte), 0x77);
	return ledger;
}

static struct nonce
sample_nonce(unsigned int seed)
{
	struct nonce nonce;

	fill(nonce.byte, sizeof(nonce.byte), seed);
	return nonce;
}

void
sample_cert(struct cert *out, enum sample_size size)
{
	memset(out, 0, sizeof(*out));
	fill(out->id, sizeof(out->id), 0x40);
	out->issued = sample_time(size);
	sample_public(&out->key, SIGNER_LINE);
	out->role = size == SAMPLE_SMALL ? ROLE_LOG : ROLE_LINE;
	out->class = sample_class(size);
	text(out->model, sizeof(out->model), "m", size);
	out->ledger = sample_ledger();
	out->epoch = size == SAMPLE_SMALL ? 0 : UINT32_MAX;
	out->interval_count = size == SAMPLE_SMALL ? 1 : INTERVALS_MAX;
	for (unsigned int i = 0; i < out->interval_count; i++) {
		out->interval[i].first = imei_of(35693803 + i, 0);
		out->interval[i].last = imei_of(35693803 + i, IMEI_SNR_MAX);
	}
}

void
sample_request(struct cert_request *out, enum sample_size size)
{
	memset(out, 0, sizeof(*out));
	sample_public(&out->key, SIGNER_LINE);
	out->role = size == SAMPLE_SMALL ? ROLE_LOG : ROLE_LINE;
	out->class = sample_class(size);
	out->ledger = sample_ledger();
	text(out->model, sizeof(out->model), "m", size);
}

void
sample_revocation(struct revocation *out, enum sample_size size)
{
	memset(out, 0, sizeof(*out));
	out->issued = sample_time(size);
	memset(out->id, 0xc1, sizeof(out->id));
	sample_public(&out->key, SIGNER_LINE);
	out->class = sample_class(size);
	out->from = size == SAMPLE_SMALL ? 0 : sample_time(size);
	text(out->reason, sizeof(out->reason), "r", size);
}

void
sample_ticket(struct ticket *out, enum sample_size size)
{
	memset(out, 0, sizeof(*out));
	out->issued = sample_time(size);
	out->nonce = sample_nonce(0x10);
	out->class = sample_class(size);
	sample_chip(&out->chip, size);
	sample_public(&out->device, SIGNER_DEVICE);
	sample_identity(&out->identity, size);
	out->ledger = sample_ledger();
}

void
sample_record(struct record *out, enum sample_size size)
{
	memset(out, 0, sizeof(*out));
	out->issued = sample_time(size);
	out->class = sample_class(size);
	sample_chip(&out->chip, size);
	sample_public(&out->device, SIGNER_DEVICE);
	sample_identity(&out->identity, size);
	out->ledger = sample_ledger();
	out->layout = IMAGE_LAYOUT;
	text(out->model, sizeof(out->model), "m", size);
	fill(out->readback.byte, sizeof(out->readback.byte), 0x99);
	text(out->final_process, sizeof(out->final_process), "f", size);
}

void
sample_key_token(struct key_token *out, enum sample_size size)
{
	memset(out, 0, sizeof(*out));
	out->nonce = sample_nonce(0x20);
	out->class = sample_class(size);
	sample_chip(&out->chip, size);
	sample_public(&out->device, SIGNER_DEVICE);
	out->device_nonce = sample_nonce(0x21);
	out->origin = size == SAMPLE_SMALL ? ORIGIN_INJECTED : ORIGIN_CHIP;
}

void
sample_read_token(struct read_token *out, enum sample_size size)
{
	memset(out, 0, sizeof(*out));
	out->nonce = sample_nonce(0x22);
	out->class = sample_class(size);
	sample_chip(&out->chip, size);
	sample_public(&out->device, SIGNER_DEVICE);
	out->layout = IMAGE_LAYOUT;
	out->secret = size == SAMPLE_SMALL ? FIELD_DONE : FIELD_KILLED;
	if (size == SAMPLE_SMALL)
		return;
	for (unsigned int i = IMAGE_FIRST_OPEN_WORD; i < IMAGE_WORDS; i++) {
		out->image.word[i] = UINT32_C(0x01020304) * i;
		out->image.health[i] = i % 2 == 0 ? WORD_CORRECTED
						  : WORD_UNREADABLE;
	}
}

void
sample_probe_token(struct probe_token *out, enum sample_size size)
{
	memset(out, 0, sizeof(*out));
	out->nonce = sample_nonce(0x23);
	out->class = sample_class(size);
	sample_chip(&out->chip, size);
	sample_public(&out->device, SIGNER_DEVICE);
	out->state = size == SAMPLE_SMALL ? STATE_BLANK : STATE_VOID;
	out->is_status_only = size == SAMPLE_SMALL;
	out->unit_count = size == SAMPLE_SMALL ? 1 : sizeof(out->canary);
	for (unsigned int i = 0; i < out->unit_count; i++)
		out->canary[i] = (uint8_t)(CANARY_HELD + i % 3);
}

static void
sample_evidence_state(struct evidence *out, enum sample_size size)
{
	bool is_large = size == SAMPLE_LARGE;

	out->state = is_large ? STATE_LOCKED : STATE_KEYED;
	out->debug = is_large ? 4 : 0;
	out->is_factory_build = !is_large;
	out->is_secure_boot = is_large;
	out->origin = is_large ? ORIGIN_CHIP : ORIGIN_INJECTED;
	out->is_secret_hidden = is_large;
	out->is_lock_permanent = is_large;
	out->is_virtual = !is_large;
	out->unit_count = is_large ? 8 : 1;
	out->locked_mask = is_large ? 0xff : 0;
	out->blank_canary_mask = is_large ? 0xff : 1;
	out->boot = is_large ? ST_OK : ST_AGENT_NOT_LOCKED;
	out->has_record = is_large;
}

void
sample_evidence(struct evidence *out, enum sample_size size)
{
	memset(out, 0, sizeof(*out));
	out->nonce = sample_nonce(0x24);
	out->class = sample_class(size);
	sample_chip(&out->chip, size);
	sample_public(&out->device, SIGNER_DEVICE);
	identity_init(&out->identity);
	if (size == SAMPLE_LARGE)
		sample_identity(&out->identity, size);
	out->layout = IMAGE_LAYOUT;
	text(out->model, sizeof(out->model), "m", size);
	text(out->version, sizeof(out->version), "v", size);
	sample_evidence_state(out, size);
	if (out->has_record)
		fill(out->record.byte, sizeof(out->record.byte), 0x88);
}

/*
 * The glue of one kind: encode its sample; open an object and encode what
 * came out, or tell whether all of it was cleared.
 */
#define SIGNED_KIND(name, type, put, get)                                      \
	static void name##_put(struct cbor_out *out, enum sample_size size)    \
	{                                                                      \
		type value;                                                    \
		sample_##name(&value, size);                                   \
		put(out, &value);                                              \
	}                                                                      \
	static enum status name##_get(struct cbor_out *again,                  \
				      struct bytes object,                     \
				      const struct public_key *key,            \
				      bool *is_cleared)                        \
	{                                                                      \
		type value;                                                    \
		enum status status;                                            \
		(void)key;                                                     \
		memset(&value, 0xa5, sizeof(value));                           \
		status = get;                                                  \
		*is_cleared = bytes_are(bytes_of(&value, sizeof(value)), 0);   \
		if (status == ST_OK)                                           \
			put(again, &value);                                    \
		return status;                                                 \
	}

SIGNED_KIND(cert, struct cert, cert_encode, cert_open(&value, object, key))
SIGNED_KIND(request, struct cert_request, cert_request_encode,
	    cert_request_open(&value, object))
SIGNED_KIND(ticket, struct ticket, ticket_encode,
	    ticket_open(&value, object, key))
SIGNED_KIND(record, struct record, record_encode,
	    record_open(&value, object, key))
SIGNED_KIND(key_token, struct key_token, key_token_encode,
	    key_token_open(&value, object))
SIGNED_KIND(read_token, struct read_token, read_token_encode,
	    read_token_open(&value, object))
SIGNED_KIND(probe_token, struct probe_token, probe_token_encode,
	    probe_token_open(&value, object))
SIGNED_KIND(evidence, struct evidence, evidence_encode,
	    evidence_open(&value, object))
SIGNED_KIND(revocation, struct revocation, revocation_encode,
	    revocation_open(&value, object, key))

const struct sample_kind sample_kinds[SAMPLE_KINDS] = {
	{"cert", &KIND_CERT, SIGNER_ROOT, cert_put, cert_get},
	{"request", &KIND_REQUEST, SIGNER_LINE, request_put, request_get},
	{"ticket", &KIND_TICKET, SIGNER_LINE, ticket_put, ticket_get},
	{"record", &KIND_RECORD, SIGNER_LINE, record_put, record_get},
	{"key-token", &KIND_KEY_TOKEN, SIGNER_DEVICE, key_token_put,
	 key_token_get},
	{"read-token", &KIND_READ_TOKEN, SIGNER_DEVICE, read_token_put,
	 read_token_get},
	{"probe-token", &KIND_PROBE_TOKEN, SIGNER_DEVICE, probe_token_put,
	 probe_token_get},
	{"evidence", &KIND_EVIDENCE, SIGNER_DEVICE, evidence_put, evidence_get},
	{"revocation", &KIND_REVOCATION, SIGNER_ROOT, revocation_put,
	 revocation_get},
};

struct bytes
sample_payload(uint8_t buf[PAYLOAD_MAX], const struct sample_kind *kind,
	       enum sample_size size)
{
	struct cbor_out out;
	struct bytes payload;

	cbor_out_init(&out, buf, PAYLOAD_MAX);
	kind->encode(&out, size);
	must(cbor_out_end(&out, &payload));
	return payload;
}

struct bytes
sample_sign(uint8_t buf[OBJECT_MAX], const struct sample_kind *kind,
	    struct bytes payload)
{
	struct cbor_out out;
	struct crypto_key key;
	struct bytes object;

	sample_key(&key, kind->signer);
	cbor_out_init(&out, buf, OBJECT_MAX);
	must(object_sign(&out, kind->kind, payload, &key));
	must(cbor_out_end(&out, &object));
	crypto_key_close(&key);
	return object;
}

static struct bytes
sample_object(uint8_t buf[OBJECT_MAX], unsigned int kind, enum sample_size size)
{
	uint8_t payload[PAYLOAD_MAX];

	return sample_sign(buf, &sample_kinds[kind],
			   sample_payload(payload, &sample_kinds[kind], size));
}

static void
sample_head(struct msg_head *out, enum msg_op op, enum sample_size size)
{
	bool is_large = size == SAMPLE_LARGE;

	out->session = is_large ? UINT64_MAX : 0;
	out->sequence = is_large ? UINT32_MAX : 1;
	out->op = op;
}

void
sample_msg_request(struct request *out, enum msg_op op, enum sample_size size)
{
	static uint8_t cert[OBJECT_MAX], object[OBJECT_MAX];

	memset(out, 0, sizeof(*out));
	sample_head(&out->head, op, size);
	if (op == OP_HELLO)
		out->protocol = PROTOCOL_VERSION;
	if (op == OP_KEY || op == OP_READ || op == OP_PROBE || op == OP_ATTEST)
		out->nonce = sample_nonce(0x51);
	if (op == OP_PERMIT || op == OP_STORE) {
		out->cert = sample_object(cert, 0, size);
		out->object =
			sample_object(object, op == OP_PERMIT ? 2 : 3, size);
	}
	if (op == OP_FETCH)
		out->which = size == SAMPLE_SMALL ? STORED_TICKET_CERT
						  : STORED_RECORD;
	if (op == OP_LOCK)
		out->fuses = size == SAMPLE_SMALL ? 0 : FUSE_MASK_MAX;
}

static void
sample_hello(struct hello *out, enum sample_size size)
{
	bool is_large = size == SAMPLE_LARGE;

	out->protocol = PROTOCOL_VERSION;
	text(out->version, sizeof(out->version), "v", size);
	out->is_factory_build = is_large;
	text(out->model, sizeof(out->model), "m", size);
	out->layout = IMAGE_LAYOUT;
	out->class = sample_class(size);
	sample_chip(&out->chip, size);
	out->state = is_large ? STATE_VOID : STATE_BLANK;
	out->secret = is_large ? FIELD_DONE : FIELD_EMPTY;
	out->burnt_words = is_large ? IMAGE_OPEN_WORDS : 0;
	out->word_kind = is_large ? WORDS_ONCE : WORDS_ADDITIVE;
	out->modem_slots = is_large ? SLOTS_MAX : 1;
	out->lock_units = is_large ? 8 : 1;
	out->is_lock_permanent = is_large;
	out->is_refusal_harmless = is_large;
	out->has_random = is_large;
	out->is_secret_hidden = is_large;
	out->is_virtual = !is_large;
	out->debug = is_large ? 4 : 0;
	out->is_secure_boot = is_large;
	out->stored_mask = is_large ? 0xf : 0;
	out->fuses = is_large ? FUSE_MASK_MAX : 0;
}

void
sample_msg_reply(struct reply *out, enum msg_op op, enum sample_size size)
{
	static uint8_t object[OBJECT_MAX];

	memset(out, 0, sizeof(*out));
	sample_head(&out->head, op, size);
	out->status = ST_OK;
	if (op == OP_HELLO)
		sample_hello(&out->hello, size);
	if (op == OP_PROGRAM || op == OP_STORE || op == OP_LOCK)
		out->state = size == SAMPLE_SMALL ? STATE_BLANK : STATE_VOID;
	if (op == OP_FETCH)
		out->object = sample_object(object, 3, size);
	if (op == OP_KEY)
		out->object = sample_object(object, 4, size);
	if (op == OP_READ)
		out->object = sample_object(object, 5, size);
	if (op == OP_PROBE)
		out->object = sample_object(object, 6, size);
	if (op == OP_ATTEST)
		out->object = sample_object(object, 7, size);
}
