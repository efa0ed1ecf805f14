/* SPDX-License-Identifier: Apache-2.0 */
#include "tool/imei_seen.h"

#include <stdlib.h>

#define GROUP_COUNT 10000 /* TACs with the same first four digits */
#define TABLE_BYTES ((IMEI_SNR_MAX + 1) / 8)
#define LIST_FIRST 4
#define LIST_MAX 1024 /* a list of more is a table */

/* The serial numbers of one TAC: a list while they are few, because a hostile
 * file may have a TAC of its own in each line; then a bit each. */
struct serials {
	uint32_t *list;
	uint8_t *table; /* NULL while it is a list */
	uint32_t count; /* of the list, and how many it has room for */
	uint32_t room;
};

struct group {
	struct serials *of[GROUP_COUNT];
};

struct imei_seen {
	uint32_t tac; /* of the last number: mostly that of the next one */
	struct serials *last;
	struct group *group[GROUP_COUNT];
};

struct imei_seen *
imei_seen_open(void)
{
	return calloc(1, sizeof(struct imei_seen));
}

static void
close_group(struct group *group)
{
	for (size_t i = 0; i < GROUP_COUNT; i++) {
		if (group->of[i] == NULL)
			continue;
		free(group->of[i]->list);
		free(group->of[i]->table);
		free(group->of[i]);
	}
	free(group);
}

void
imei_seen_close(struct imei_seen *seen)
{
	if (seen == NULL)
		return;
	for (size_t i = 0; i < GROUP_COUNT; i++)
		if (seen->group[i] != NULL)
			close_group(seen->group[i]);
	free(seen);
}

/* NULL when there is no memory. */
static struct serials *
find_serials(struct imei_seen *seen, uint32_t tac)
{
	struct group **group = &seen->group[tac / GROUP_COUNT];
	struct serials **serials;

	if (seen->last != NULL && seen->tac == tac)
		return seen->last;
	if (*group == NULL)
		*group = calloc(1, sizeof(**group));
	if (*group == NULL)
		return NULL;
	serials = &(*group)->of[tac % GROUP_COUNT];
	if (*serials == NULL)
		*serials = calloc(1, sizeof(**serials));
	seen->tac = tac;
	seen->last = *serials;
	return *serials;
}

static enum status
add_to_table(uint8_t *table, uint32_t snr)
{
	uint8_t bit = (uint8_t)(1u << snr % 8);

	if ((table[snr / 8] & bit) != 0)
		return ST_IMEI_TWICE;
	table[snr / 8] |= bit;
	return ST_OK;
}

/* All numbers of the list are different. */
static enum status
make_table(struct serials *serials)
{
	enum status st = ST_OK;

	serials->table = calloc(1, TABLE_BYTES);
	if (serials->table == NULL)
		return ST_STATION_MEMORY;
	for (uint32_t i = 0; st == ST_OK && i < serials->count; i++)
		st = add_to_table(serials->table, serials->list[i]);
	free(serials->list);
	serials->list = NULL;
	return st;
}

static enum status
make_room(struct serials *serials)
{
	uint32_t room = serials->room == 0 ? LIST_FIRST : 2 * serials->room;
	uint32_t *list = realloc(serials->list, room * sizeof(*list));

	if (list == NULL)
		return ST_STATION_MEMORY;
	serials->list = list;
	serials->room = room;
	return ST_OK;
}

static enum status
add_to_list(struct serials *serials, uint32_t snr)
{
	enum status st = ST_OK;

	for (uint32_t i = 0; i < serials->count; i++)
		if (serials->list[i] == snr)
			return ST_IMEI_TWICE;
	if (serials->count == serials->room)
		st = make_room(serials);
	if (st != ST_OK)
		return st;
	serials->list[serials->count++] = snr;
	return serials->count < LIST_MAX ? ST_OK : make_table(serials);
}

enum status
imei_seen_add(struct imei_seen *seen, struct imei imei)
{
	struct serials *serials = find_serials(seen, imei_tac(imei));

	if (serials == NULL)
		return ST_STATION_MEMORY;
	return serials->table != NULL
		       ? add_to_table(serials->table, imei_snr(imei))
		       : add_to_list(serials, imei_snr(imei));
}
