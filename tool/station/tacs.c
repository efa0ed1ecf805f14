/* SPDX-License-Identifier: Apache-2.0 */
/* The ledger's intervals against profiles and certificates. */
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

/* All intervals of the ledger, to be freed. */
static enum status
load_intervals(struct ledger_interval **out, size_t *count,
	       struct ledger *ledger)
{
	*count = INTERVALS_ROOM;
	*out = calloc(*count, sizeof(**out));
	return *out == NULL ? ST_STATION_MEMORY
			    : ledger_intervals(ledger, *out, count);
}

enum status
station_check_tacs(struct ledger *ledger, const struct profile *profile,
		   size_t count, char error[PROFILE_ERROR_MAX + 1])
{
	struct ledger_interval *list;
	size_t list_count;
	enum status st = load_intervals(&list, &list_count, ledger);

	for (size_t i = 0; st == ST_OK && i < count; i++)
		st = check_order(&profile[i], list, list_count, error);
	free(list);
	return st;
}

/* The last number of the certified interval that imei is in, or none. */
static struct imei
certified_until(const struct cert *cert, struct imei imei)
{
	for (unsigned int i = 0; i < cert->interval_count; i++)
		if (imei.body >= cert->interval[i].first.body &&
		    imei.body <= cert->interval[i].last.body)
			return cert->interval[i].last;
	return IMEI_NONE;
}

static void
say_uncertified(struct imei from, const struct cert *cert,
		char error[PROFILE_ERROR_MAX + 1])
{
	(void)snprintf(error, PROFILE_ERROR_MAX + 1,
		       lang("%s: the ledger's numbers of TAC %08u from serial "
			    "number %06u are not in the certificate"),
		       cert->model, (unsigned int)imei_tac(from),
		       (unsigned int)imei_snr(from));
}

/* Only the interval in which the next number stands must be certified now. */
static enum status
check_interval(const struct ledger_interval *interval, const struct cert *cert,
	       bool is_first, char error[PROFILE_ERROR_MAX + 1])
{
	struct imei until = certified_until(cert, interval->next);

	if (!imei_is_valid(until)) {
		say_uncertified(interval->next, cert, error);
		return is_first ? ST_HSM_INTERVAL : ST_OK;
	}
	if (until.body < interval->interval.last.body) {
		until.body++;
		say_uncertified(until, cert, error);
	}
	return ST_OK;
}

enum status
station_check_certified(struct ledger *ledger, const struct cert *cert,
			char error[PROFILE_ERROR_MAX + 1])
{
	struct ledger_interval *list;
	bool is_first = true;
	size_t count;
	enum status st = load_intervals(&list, &count, ledger);

	for (size_t i = 0; st == ST_OK && i < count; i++) {
		if (strcmp(list[i].model, cert->model) != 0 ||
		    !imei_is_valid(list[i].next))
			continue;
		st = check_interval(&list[i], cert, is_first, error);
		is_first = false;
	}
	free(list);
	return st;
}
