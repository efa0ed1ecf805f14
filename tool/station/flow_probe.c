/* SPDX-License-Identifier: Apache-2.0 */
#include "station/ask.h"
#include "station/flow_steps.h"

/* The unit's own code must be the refusal that was expected. */
static enum status
expect(struct flow *flow, const char *what, enum status seen,
       enum status expected)
{
	if (seen == expected)
		return ST_OK;
	/* gone or silent is no answer, neither good nor bad */
	if (seen != ST_OK && !flow_is_unit_cause(seen))
		return seen;
	flow_detail(flow, "'%s' was not refused as it must be", what);
	return ST_VERIFY_PROBE;
}

/* A fresh ticket for the unit's own identity: all it could burn is there. */
static enum status
fresh_ticket(struct flow *flow)
{
	struct key_token token;
	enum status st = ask_key(&token, &flow->key_token, &flow->device,
				 &flow->result->chip, flow->deadline);

	if (st == ST_OK)
		st = flow_check_key(flow, &token.device);
	return st == ST_OK ? flow_ticket(flow) : st;
}

static enum status
probe_program(struct flow *flow)
{
	enum status st = ask_take(&flow->device, OP_PERMIT,
				  object_bytes(&flow->line->cert),
				  object_bytes(&flow->ticket), flow->deadline);

	st = expect(flow, "permit", st, ST_AGENT_LOCKED);
	if (st != ST_OK)
		return st;
	st = ask_plain(&flow->device, OP_PROGRAM, flow->deadline);
	st = expect(flow, "program", st, ST_AGENT_LOCKED);
	if (st != ST_OK)
		return st;
	st = ask_plain(&flow->device, OP_LOCK, flow->deadline);
	return expect(flow, "lock", st, ST_AGENT_LOCKED);
}

/* Another chip id, and one that could be a chip's. */
static void
change_chip(struct chip_id *chip)
{
	chip->byte[0] ^= 0x01;
	if (chip_id_check(chip) != ST_OK)
		chip->byte[0] ^= 0x02;
}

/* The unit's own record with another chip id in it.  It bears no valid
 * signature, so that even a unit that took it would hold nothing of worth. */
static enum status
make_misfit(struct object *out, const struct flow *flow)
{
	struct record record;
	struct cose_sign1 signed_record;
	struct bytes own = object_bytes(&flow->unit.record);
	uint8_t payload[PAYLOAD_MAX];
	struct cbor_out enc;
	struct bytes encoded;
	enum status st = record_peek(&record, own);

	if (st == ST_OK)
		st = cose_decode(&signed_record, &KIND_RECORD, own);
	if (st != ST_OK)
		return st;
	change_chip(&record.chip);
	cbor_out_init(&enc, payload, sizeof(payload));
	record_encode(&enc, &record);
	st = cbor_out_end(&enc, &encoded);
	if (st != ST_OK)
		return st;
	cbor_out_init(&enc, out->byte, sizeof(out->byte));
	st = cose_encode(&enc, &KIND_RECORD, encoded, &signed_record.sig);
	out->len = enc.len;
	return st;
}

static enum status
probe_store(struct flow *flow)
{
	struct object misfit;
	enum status st = make_misfit(&misfit, flow);

	if (st != ST_OK)
		return st;
	st = ask_take(&flow->device, OP_STORE,
		      object_bytes(&flow->unit.record_cert),
		      object_bytes(&misfit), flow->deadline);
	return expect(flow, "store", st, ST_AGENT_MISMATCH);
}

static enum status
probe_canaries(struct flow *flow)
{
	struct probe_token token;
	enum status st = ask_probe(&token, &flow->device, &flow->result->chip,
				   flow->deadline);

	if (st == ST_OK)
		st = flow_check_key(flow, &token.device);
	if (st != ST_OK)
		return st;
	if (token.state == STATE_LOCK_FAILED)
		return ST_VERIFY_CANARY;
	if (token.state != STATE_LOCKED)
		return ST_AGENT_NOT_LOCKED;
	if (token.is_status_only)
		return ST_OK;
	for (unsigned int i = 0; i < token.unit_count; i++)
		if (token.canary[i] != CANARY_HELD)
			return ST_VERIFY_CANARY;
	return token.unit_count == flow->hello.lock_units ? ST_OK
							  : ST_VERIFY_TOKEN;
}

enum status
flow_probe(struct flow *flow)
{
	enum status st;

	flow_step(flow, "probe");
	st = fresh_ticket(flow);
	if (st == ST_OK)
		st = probe_program(flow);
	if (st == ST_OK)
		st = probe_store(flow);
	return st == ST_OK ? probe_canaries(flow) : st;
}
