/* SPDX-License-Identifier: Apache-2.0 */
/* How many units the ledger still has numbers for. */
#include <inttypes.h>

#include "tool/cmd.h"

static void
warn_one(struct cli *cli, struct ledger *ledger, const struct profile *profile)
{
	uint64_t units;
	enum status st;

	if (profile->low_water_units == 0)
		return;
	st = ledger_units_left(ledger, profile->model, profile->slots, &units);
	if (st != ST_OK)
		output_warn(&cli->out, "%s: %s: %s", profile->model,
			    status_name(st), status_sentence(st));
	else if (units < profile->low_water_units)
		output_warn(&cli->out,
			    "%s: numbers for %" PRIu64 " units are left, "
			    "fewer than %" PRIu32 "; add a TAC interval",
			    profile->model, units, profile->low_water_units);
}

void
cmd_warn_low(struct cli *cli, struct ledger *ledger,
	     const struct profile *profile, size_t count)
{
	for (size_t i = 0; i < count; i++)
		warn_one(cli, ledger, &profile[i]);
}

void
cmd_warn_low_armed(struct cli *cli, struct ledger *ledger,
		   const struct station_arms *arms)
{
	char error[PROFILE_ERROR_MAX + 1];
	struct profile profile;

	for (size_t i = 0; i < arms->profile_count; i++) {
		if (profile_load(&profile, arms->profile[i], error) == ST_OK)
			warn_one(cli, ledger, &profile);
		else
			output_warn(&cli->out, "%s", error);
	}
}

/* An armed profile says so; or the last unit of the model had as many. */
unsigned int
cmd_model_slots(const struct cmd_station *opened, const char *model)
{
	char error[PROFILE_ERROR_MAX + 1];
	struct station_arms arms;
	struct profile profile;
	unsigned int slots;

	if (station_arms_load(&arms, &opened->station) != ST_OK)
		arms.profile_count = 0;
	for (size_t i = 0; i < arms.profile_count; i++)
		if (profile_load(&profile, arms.profile[i], error) == ST_OK &&
		    text_equal(profile.model, model))
			return profile.slots;
	return ledger_model_slots(opened->ledger, model, &slots) == ST_OK
		       ? slots
		       : 0;
}
