/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stdio.h>

#include "station/ask.h"
#include "station/flow_steps.h"
#include "tool/lang.h"

/* Each of 32 slots takes two tickets a unit, so each overtakes twice at most. */
#define HEAD_TRIES 64

void
flow_step(struct flow *flow, const char *step)
{
	flow->result->step = step;
	if (flow->slot->step != NULL)
		flow->slot->step(flow->slot->ctx, flow->slot->number, step,
				 &flow->result->identity);
}

void
flow_detail(struct flow *flow, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	(void)vsnprintf(flow->result->detail, sizeof(flow->result->detail),
			lang(format), args);
	va_end(args);
}

bool
flow_is_unit_cause(enum status status)
{
	static const char modules[][2] = {
		{'O', 'T'}, {'A', 'G'}, {'B', 'O'}, {'P', 'O'}, {'V', 'F'}};
	unsigned int letters = (unsigned int)status >> 16;

	for (size_t i = 0; i < sizeof(modules) / sizeof(modules[0]); i++)
		if (letters == ((unsigned int)modules[i][0] << 8 |
				(unsigned int)modules[i][1]))
			return true;
	return false;
}

enum status
flow_ticket(struct flow *flow)
{
	struct chain_head ledger, reg;
	enum status st = ST_HSM_LEDGER_OLD;

	/* a neighbour's ticket may overtake this head, so look at it again;
	 * a ledger that is old stays old however often it is asked */
	for (int tries = 0; tries < HEAD_TRIES && st == ST_HSM_LEDGER_OLD;
	     tries++) {
		st = ledger_durable_head(flow->station->ledger, tries > 0,
					 &ledger);
		if (st != ST_OK)
			return st;
		st = hsm_ticket(flow->station->hsm, flow->profile->model,
				object_bytes(&flow->key_token),
				&flow->unit.identity, &ledger, &flow->ticket,
				&reg);
	}
	if (st != ST_OK)
		return st;
	return ledger_remember_register(flow->station->ledger, &reg);
}

/* What the fuses must hold at this point, to the bit. */
static enum status
make_plan(struct image_plan *plan, const struct flow *flow,
	  const struct image_view *view)
{
	memset(plan, 0, sizeof(*plan));
	plan->class = flow->station->class;
	plan->identity = flow->unit.identity;
	plan->is_marked = view->is_marked;
	/* a digest that was begun is finished by `store` */
	if (view->field[FIELD_DIGEST] == FIELD_EMPTY)
		return ST_OK;
	plan->has_digest = true;
	return identity_digest(&plan->digest, plan->class, &flow->result->chip,
			       &plan->identity, &flow->key);
}

static enum status
check_image(struct flow *flow, const struct read_token *token)
{
	struct image_view view;
	struct image_plan plan;
	enum status st;

	image_view_open(&view, &token->image, token->secret);
	if (view.stage == IMAGE_VOID)
		return ST_OTP_VOID;
	if (!view.is_identity_whole)
		return ST_AGENT_STATE;
	if (!identity_equal(&view.identity, &flow->unit.identity))
		return ST_STATION_IDENTITY;
	/* begun and not done: the next request finishes it, then it is exact */
	if (view.field[FIELD_DIGEST] == FIELD_PARTIAL ||
	    view.field[FIELD_MARKER] == FIELD_PARTIAL)
		return ST_OK;
	st = make_plan(&plan, flow, &view);
	return st != ST_OK ? st : image_exact(&token->image, &plan);
}

enum status
flow_check_key(const struct flow *flow, const struct public_key *device)
{
	return memcmp(device, &flow->key, sizeof(*device)) == 0
		       ? ST_OK
		       : ST_STATION_IDENTITY;
}

enum status
flow_read(struct flow *flow)
{
	struct read_token token;
	enum status st = ask_read(&token, &flow->read_token, &flow->device,
				  &flow->result->chip, flow->deadline);

	if (st != ST_OK)
		return st;
	st = flow_check_key(flow, &token.device);
	return st == ST_OK ? check_image(flow, &token) : st;
}

/* A number that another unit has came over a cable to that unit: what it says
 * is nothing against this one. */
static enum status
judge_other(struct flow *flow, struct imei seen)
{
	struct ledger_unit other;
	enum status st = ledger_find_imei(flow->station->ledger, seen, &other);

	if (st == ST_LEDGER_NONE)
		return ST_VERIFY_AT;
	if (st != ST_OK)
		return st;
	return chip_id_equal(&other.chip, &flow->result->chip)
		       ? ST_VERIFY_AT
		       : ST_VERIFY_AT_OTHER;
}

static enum status
read_at_slot(struct flow *flow, unsigned int slot)
{
	struct imei seen;
	enum imei_form form;
	enum status st;

	if (flow->slot->unit.at[slot][0] == '\0')
		return ST_VERIFY_AT_ABSENT;
	st = at_read_imei(&seen, &form, flow->slot->unit.at[slot],
			  flow->deadline);
	if (st != ST_OK)
		return st;
	return seen.body == flow->unit.identity.slot[slot].body
		       ? ST_OK
		       : judge_other(flow, seen);
}

enum status
flow_read_at(struct flow *flow)
{
	for (unsigned int slot = 0; slot < SLOTS_MAX; slot++) {
		enum status st;

		if (!imei_is_valid(flow->unit.identity.slot[slot]))
			continue;
		st = read_at_slot(flow, slot);
		if (st != ST_OK) {
			flow_detail(flow, "AT port of modem slot %u", slot + 1);
			return st;
		}
	}
	return ST_OK;
}
