/* SPDX-License-Identifier: Apache-2.0 */
/* The ledger's intervals against the profiles' lists of TACs. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "station/station.h"
#include "tool/lang.h"

/* More than a station ever has. */
#define INTERVALS_ROOM 4096

/* Where tac stands in the list, or tac_count. */
static size_t
place_of(const struct profile *profile, uint32_t tac)
{
	size_t place = 0;

	while (place < profile->tac_count && profile->tac[place] != tac)
		place++;
	return place;
}

static bool
is_in_use(const struct ledger_interval *interval, const struct profile *profile)
{
	return strcmp(interval->model, profile->model) == 0 &&
	       imei_is_valid(interval->next);
}

static enum status
check_order(const struct profile *profile, const struct ledger_interval *list,
	    size_t count, char error[PROFILE_ERROR_MAX + 1])
{
	size_t reached = 0;

	for (size_t i = 0; profile->tac_count != 0 && i < count; i++) {
		uint32_t tac = imei_tac(list[i].interval.first);
		size_t place = place_of(profile, tac);

		if (!is_in_use(&list[i], profile))
			continue;
		if (place == profile->tac_count || place < reached) {
			(void)snprintf(
				error, PROFILE_ERROR_MAX + 1,
				lang("%s: the ledger's interval of TAC %08u %s"),
				profile->model, (unsigned int)tac,
				lang(place < reached
					     ? "comes later than tacs says"
					     : "is not in tacs"));
			return ST_PROFILE_TACS;
		}
		reached = place;
	}
	return ST_OK;
}

enum status
station_check_tacs(struct ledger *ledger, const struct profile *profile,
		   size_t count, char error[PROFILE_ERROR_MAX + 1])
{
	size_t room = INTERVALS_ROOM;
	struct ledger_interval *list = calloc(room, sizeof(*list));
	enum status st;

	if (list == NULL)
		return ST_STATION_MEMORY;
	st = ledger_intervals(ledger, list, &room);
	for (size_t i = 0; st == ST_OK && i < count; i++)
		st = check_order(&profile[i], list, room, error);
	free(list);
	return st;
}
