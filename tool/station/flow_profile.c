/* SPDX-License-Identifier: Apache-2.0 */
#include "station/flow_steps.h"
#include "tool/lang.h"

/* By the ways that its profile allows, and no other. */
static enum status
check_reach(struct flow *flow)
{
	const struct unit_address *unit = &flow->slot->unit;
	const char *what;
	enum status st = profile_reaches(flow->profile, unit->agent, &what);

	for (unsigned int i = 0; st == ST_OK && i < SLOTS_MAX; i++)
		if (unit->at[i][0] != '\0')
			st = profile_reaches(flow->profile, unit->at[i], &what);
	if (st != ST_OK)
		flow_detail(flow, "%s", lang(what));
	return st;
}

static const struct profile *
find_profile(struct flow *flow, enum status *status)
{
	const struct profile *found = NULL;

	*status = ST_PROFILE_NONE;
	for (size_t i = 0; i < flow->station->profile_count; i++) {
		if (!profile_fits(&flow->station->profile[i], &flow->hello))
			continue;
		if (found != NULL) {
			*status = ST_PROFILE_SEVERAL;
			return NULL;
		}
		found = &flow->station->profile[i];
		*status = ST_OK;
	}
	return found;
}

enum status
flow_profile(struct flow *flow)
{
	const char *what = "";
	enum status st;

	if (flow->hello.class != flow->station->class)
		return ST_STATION_CLASS;
	if (flow->hello.layout != IMAGE_LAYOUT ||
	    flow->hello.protocol != PROTOCOL_VERSION)
		return ST_MSG_PROTOCOL;
	flow->profile = find_profile(flow, &st);
	if (st != ST_OK)
		return st;
	st = check_reach(flow);
	if (st != ST_OK)
		return st;
	flow->deadline = deadline_within(
		flow->deadline, (int64_t)flow->profile->time_budget_s * 1000);
	if (flow->profile->slots > flow->hello.modem_slots)
		return ST_PROFILE_SLOTS;
	flow->line =
		hsm_find_line(&flow->station->signer, flow->profile->model);
	if (flow->line == NULL || !flow->line->has_cert)
		return ST_HSM_CERTIFICATE;
	st = profile_demands(flow->profile, &flow->hello, &what);
	if (st != ST_OK) {
		flow_detail(flow, "the unit lacks: %s", lang(what));
		return st;
	}
	flow->device.return_ms = flow->profile->reset_s * INT64_C(1000);
	st = profile_burns(flow->profile, &flow->hello, &what);
	if (st != ST_OK)
		flow_detail(flow, "the unit cannot burn: %s", what);
	return st;
}

int64_t
flow_budget_ms(const struct flow_station *station)
{
	int64_t longest = 0;

	for (size_t i = 0; i < station->profile_count; i++)
		if (station->profile[i].time_budget_s > longest)
			longest = station->profile[i].time_budget_s;
	return longest * 1000;
}
