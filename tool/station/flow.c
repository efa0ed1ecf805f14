/* SPDX-License-Identifier: Apache-2.0 */
#include "station/flow.h"

#include <stdio.h>

#include "station/ask.h"
#include "station/flow_steps.h"

/*
 * A unit that this ledger does not know and that is not blank: its stored
 * ticket names the ledger where it began.
 */
static enum status
check_origin(struct flow *flow)
{
	struct object cert_object;
	struct cert cert;

	if (ask_fetch(&cert_object, &flow->device, STORED_TICKET_CERT,
		      flow->deadline) != ST_OK)
		return ST_STATION_UNKNOWN_UNIT;
	if (cert_open(&cert, object_bytes(&cert_object),
		      &flow->station->root) != ST_OK)
		return ST_STATION_UNKNOWN_UNIT;
	return memcmp(&cert.ledger, &flow->station->ledger_id,
		      sizeof(cert.ledger)) != 0
		       ? ST_STATION_ELSEWHERE
		       : ST_STATION_UNKNOWN_UNIT;
}

/* What hello says would end this unit's way, if it is so. */
static bool
is_alarming(const struct flow *flow)
{
	const struct hello *hello = &flow->hello;

	if (hello->state == STATE_VOID || hello->state == STATE_LOCK_FAILED)
		return true;
	if (!flow->is_known)
		return false;
	return hello->state == STATE_BLANK ||
	       hello->burnt_words < flow->unit.burnt_words ||
	       (flow->unit.state >= NUMBER_LOCKED &&
		hello->state < STATE_LOCKED);
}

/* A word that could not be read for once looks like one that is not burnt: no
 * number is quarantined before the cells were sensed anew. */
static enum status
look_twice(struct flow *flow)
{
	enum status st;

	if (!is_alarming(flow))
		return ST_OK;
	st = ask_plain(&flow->device, OP_RELOAD, flow->deadline);
	if (st == ST_OK)
		st = device_hello(&flow->device, &flow->hello, flow->deadline);
	if (st != ST_OK)
		return st;
	return chip_id_equal(&flow->hello.chip, &flow->result->chip)
		       ? ST_OK
		       : ST_STATION_IDENTITY;
}

static enum status
check_known(struct flow *flow)
{
	enum status st;

	if (flow->unit.state == NUMBER_SCRAPPED)
		return ST_LEDGER_SCRAPPED;
	if (flow->unit.state == NUMBER_QUARANTINED)
		return ST_LEDGER_QUARANTINED;
	st = ledger_see(flow->station->ledger, &flow->who, &flow->result->chip,
			flow->hello.state, flow->hello.burnt_words);
	if (st != ST_OK)
		return st;
	/* its number was bound to its secret, and no fuse goes back */
	if (flow->hello.state == STATE_BLANK)
		return ST_LEDGER_CHIP_FEWER;
	/* it was seen locked after a reset, so a lock did not hold */
	if (flow->unit.state >= NUMBER_LOCKED &&
	    flow->hello.state < STATE_LOCKED)
		return ST_AGENT_LOCK_FAILED;
	return ST_OK;
}

static enum status
step_chip(struct flow *flow)
{
	enum status st = chip_id_check(&flow->hello.chip);

	if (st != ST_OK)
		return st;
	flow->result->chip = flow->hello.chip;
	flow->result->has_chip = true;
	st = ledger_find(flow->station->ledger, &flow->hello.chip, &flow->unit);
	if (st != ST_OK && st != ST_LEDGER_NONE)
		return st;
	flow->is_known = st == ST_OK;
	flow->result->was_known = flow->is_known;
	st = look_twice(flow);
	if (st != ST_OK)
		return st;
	if (flow->is_known) {
		flow->result->identity = flow->unit.identity;
		st = check_known(flow);
		if (st != ST_OK)
			return st;
	}
	if (flow->hello.state == STATE_VOID)
		return ST_OTP_VOID;
	if (flow->hello.state == STATE_LOCK_FAILED)
		return ST_AGENT_LOCK_FAILED;
	if (!flow->is_known && flow->hello.state > STATE_KEYED)
		return check_origin(flow);
	return ST_OK;
}

/* Before the secret is burnt, which is before the numbers are bound. */
static enum status
step_label(struct flow *flow)
{
	const struct ledger_binding binding = {
		.model = flow->profile->model,
		.slot_count = flow->profile->slots,
		.chip = &flow->result->chip,
		.label = flow->slot->label,
	};

	if (flow->slot->label == NULL)
		return ST_OK;
	return ledger_check_label(flow->station->ledger, &binding);
}

/* The key of the unit, and a nonce for the next ticket. */
static enum status
step_key(struct flow *flow)
{
	struct key_token token;
	enum status st = ask_key(&token, &flow->key_token, &flow->device,
				 &flow->result->chip, flow->deadline);

	if (st != ST_OK)
		return st;
	if (token.class != flow->station->class)
		return ST_STATION_CLASS;
	/* here it is signed, and nothing of the identity is burnt yet */
	if (flow->profile->demand_random && token.origin != ORIGIN_CHIP)
		return ST_PROFILE_DEMAND;
	flow->key = token.device;
	return ST_OK;
}

/* Durable before the signer is asked (P1, P2). */
static enum status
step_bind(struct flow *flow)
{
	const struct ledger_binding binding = {
		.model = flow->profile->model,
		.slot_count = flow->profile->slots,
		.chip = &flow->result->chip,
		.key = &flow->key,
		.board = flow->slot->board,
		.label = flow->slot->label,
	};
	enum status st = ledger_bind(flow->station->ledger, &flow->who,
				     &binding, &flow->unit);

	if (st != ST_OK)
		return st;
	flow->is_known = true;
	flow->result->identity = flow->unit.identity;
	flow_step(flow, "number");
	return ST_OK;
}

static enum status
step_program(struct flow *flow)
{
	enum status st;

	if (flow->hello.state >= STATE_WRITTEN)
		return ST_OK;
	flow_step(flow, "ticket");
	st = flow_ticket(flow);
	if (st != ST_OK)
		return st;
	flow_step(flow, "permit");
	st = ask_take(&flow->device, OP_PERMIT, object_bytes(&flow->line->cert),
		      object_bytes(&flow->ticket), flow->deadline);
	if (st != ST_OK)
		return st;
	flow_step(flow, "program");
	return ask_plain(&flow->device, OP_PROGRAM, flow->deadline);
}

/* Read the cells anew, both ways, and compare with the ledger's identity. */
static enum status
step_read_back(struct flow *flow)
{
	enum status st = ask_plain(&flow->device, OP_RELOAD, flow->deadline);

	if (st != ST_OK)
		return st;
	st = flow_read(flow);
	return st == ST_OK ? flow_read_at(flow) : st;
}

/* The record is the ledger's if it has one, byte for byte; else a new one. */
static enum status
step_record(struct flow *flow)
{
	enum status st;

	if (flow->unit.record.len != 0)
		return ST_OK;
	st = hsm_record(flow->station->hsm, object_bytes(&flow->read_token),
			bytes_of(NULL, 0), bytes_of(NULL, 0),
			flow->profile->model, flow->profile->final_process,
			&flow->unit.record);
	if (st != ST_OK)
		return st;
	flow->unit.record_cert = flow->line->cert;
	return ledger_record(flow->station->ledger, &flow->who,
			     &flow->result->chip,
			     object_bytes(&flow->unit.record),
			     object_bytes(&flow->unit.record_cert));
}

static enum status
step_store(struct flow *flow)
{
	enum status st = ask_take(&flow->device, OP_STORE,
				  object_bytes(&flow->unit.record_cert),
				  object_bytes(&flow->unit.record),
				  flow->deadline);

	return st == ST_OK ? flow_read(flow) : st;
}

/* From blank to locked; a unit that is locked already only passes through. */
static enum status
write_and_lock(struct flow *flow)
{
	enum status st = step_program(flow);

	if (st != ST_OK)
		return st;
	flow_step(flow, "read back");
	st = step_read_back(flow);
	if (st != ST_OK)
		return st;
	flow_step(flow, "record");
	st = step_record(flow);
	if (st != ST_OK)
		return st;
	flow_step(flow, "store");
	st = step_store(flow);
	if (st != ST_OK || flow->hello.state == STATE_LOCKED)
		return st;
	flow_step(flow, "lock");
	return ask_lock(&flow->device, flow->profile->lock_fuses,
			flow->deadline);
}

static enum status
reset_and_expect_locked(struct flow *flow)
{
	enum status st;

	flow_step(flow, "reset");
	st = ask_reset(&flow->hello, &flow->device, &flow->result->chip,
		       flow->deadline);
	if (st == ST_OK)
		st = look_twice(flow);
	if (st == ST_OK)
		st = ledger_see(flow->station->ledger, &flow->who,
				&flow->result->chip, flow->hello.state,
				flow->hello.burnt_words);
	if (st != ST_OK)
		return st;
	if (flow->hello.state == STATE_LOCK_FAILED)
		return ST_AGENT_LOCK_FAILED;
	if (flow->hello.state == STATE_VOID)
		return ST_OTP_VOID;
	return flow->hello.state == STATE_LOCKED ? ST_OK : ST_AGENT_NOT_LOCKED;
}

/* A unit that was finished before is asked for everything. */
static struct bytes
just_stored(const struct flow *flow, const struct object *object)
{
	return flow->result->was_verified ? bytes_of(NULL, 0)
					  : object_bytes(object);
}

/* The last look, from the outside; the ledger hears of nothing less. */
static enum status
step_verify(struct flow *flow)
{
	const struct verify_options options = {
		.root = &flow->station->root,
		.root_count = 1,
		.accept_development = flow->station->class == CLASS_DEVELOPMENT,
		.probe_canaries = false,
		.stored_cert = just_stored(flow, &flow->unit.record_cert),
		.stored_record = just_stored(flow, &flow->unit.record),
		.fuses = profile_last_fuses(flow->profile),
	};
	struct verify_report *report = &flow->result->report;
	enum status st;

	flow_step(flow, "verify");
	/* here, because only the ledger tells crossed cables from a bad unit */
	st = flow_read_at(flow);
	if (st != ST_OK)
		return st;
	verify_device(report, &flow->device, &flow->hello, &flow->slot->unit,
		      &options, flow->deadline);
	if (report->verdict != ST_OK)
		return report->verdict;
	if (!identity_equal(&report->identity, &flow->unit.identity) ||
	    memcmp(&report->device, &flow->unit.key, sizeof(report->device)) !=
		    0)
		return ST_STATION_IDENTITY;
	return ledger_move(flow->station->ledger, &flow->who,
			   &flow->result->chip, NUMBER_VERIFIED, ST_OK,
			   object_bytes(&report->evidence_object));
}

static enum status
prove(struct flow *flow)
{
	enum status st = reset_and_expect_locked(flow);

	if (st == ST_OK && flow->unit.state < NUMBER_LOCKED)
		st = ledger_move(flow->station->ledger, &flow->who,
				 &flow->result->chip, NUMBER_LOCKED, ST_OK,
				 bytes_of(NULL, 0));
	if (st == ST_OK)
		st = flow_probe(flow);
	if (st == ST_OK)
		st = reset_and_expect_locked(flow);
	return st == ST_OK ? step_verify(flow) : st;
}

/* Nothing is left to do but to look; a lost record would be put back. */
static bool
is_finished(const struct flow *flow)
{
	const unsigned int record = 1u << (STORED_RECORD - 1) |
				    1u << (STORED_RECORD_CERT - 1);

	return flow->is_known && flow->unit.state == NUMBER_VERIFIED &&
	       flow->hello.state == STATE_LOCKED &&
	       (flow->hello.stored_mask & record) == record;
}

/* Between the look that told who is there and hello he may have been taken out,
 * and another one put in his place. */
static enum status
check_whose_label(const struct flow *flow)
{
	const struct flow_slot *slot = flow->slot;
	uint64_t instance = 0;

	if (slot->label == NULL)
		return ST_OK;
	if (slot->chip.len != 0 &&
	    !chip_id_equal(&slot->chip, &flow->hello.chip))
		return ST_STATION_LABEL_LEFT;
	if (link_look(slot->unit.agent, &instance) == LINK_UNKNOWN ||
	    instance == slot->instance)
		return ST_OK;
	return ST_STATION_LABEL_LEFT;
}

static enum status
run_unit(struct flow *flow)
{
	enum status st;

	flow_step(flow, "hello");
	st = device_open(&flow->device, flow->slot->unit.agent, flow->deadline);
	if (st == ST_OK)
		st = device_hello(&flow->device, &flow->hello, flow->deadline);
	if (st == ST_OK)
		st = check_whose_label(flow);
	if (st != ST_OK)
		return st;
	memcpy(flow->result->model, flow->hello.model,
	       sizeof(flow->result->model));
	st = flow_profile(flow);
	if (st == ST_OK)
		st = step_chip(flow);
	if (st == ST_OK)
		st = step_label(flow);
	if (st != ST_OK)
		return st;
	flow->result->was_verified = is_finished(flow);
	flow_step(flow, "key");
	st = step_key(flow);
	if (st == ST_OK)
		st = step_bind(flow);
	if (st != ST_OK)
		return st;
	if (flow->result->was_verified)
		return step_verify(flow);
	st = write_and_lock(flow);
	return st == ST_OK ? prove(flow) : st;
}

/* A unit that has gone back in time is of two minds who it is (P2). */
static bool
is_quarantine(enum status status)
{
	if (status == ST_LEDGER_CHIP_FEWER)
		return true;
	return status_class(status) == ST_CLASS_REWORK &&
	       status != ST_LEDGER_SCRAPPED;
}

/* What the ledger must hear of a run that did not end well. */
static enum status
settle(struct flow *flow, enum status status)
{
	bool in_unit = flow_is_unit_cause(status);
	enum status st;

	if (!flow->result->has_chip)
		return status;
	st = ledger_outcome(flow->station->ledger, &flow->who,
			    &flow->result->chip, in_unit, &status);
	if (st != ST_OK)
		return st;
	if (!flow->is_known || !is_quarantine(status))
		return status;
	st = ledger_move(flow->station->ledger, &flow->who, &flow->result->chip,
			 NUMBER_QUARANTINED, status, bytes_of(NULL, 0));
	return st == ST_OK ? status : st;
}

void
flow_run(struct flow_result *result, const struct flow_station *station,
	 const struct flow_slot *slot)
{
	struct flow flow = {
		.result = result,
		.station = station,
		.slot = slot,
		.who = {station->operator_name, slot->number, station->version},
		.deadline = deadline_in(flow_budget_ms(station)),
	};
	int64_t begun = deadline_left_ms(flow.deadline);
	struct deadline clock = flow.deadline;

	memset(result, 0, sizeof(*result));
	identity_init(&result->identity);
	result->step = "";
	result->status = settle(&flow, run_unit(&flow));
	device_close(&flow.device);
	result->exchanges = flow.device.exchanges;
	result->bytes = flow.device.bytes;
	result->elapsed_ms = begun - deadline_left_ms(clock);
	bytes_wipe(&flow.ticket, sizeof(flow.ticket));
}
