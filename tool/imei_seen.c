/* SPDX-License-Identifier: Apache-2.0 */
#include "tool/imei_seen.h"

#include <stdlib.h>

#define GROUP_COUNT 10000 /* TACs with the same first four digits */
#define TABLE_BYTES ((IMEI_SNR_MAX + 1) / 8)

struct group {
	uint8_t *table[GROUP_COUNT];
};

struct imei_seen {
	uint32_t tac; /* of the last number: mostly that of the next one */
	uint8_t *last;
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
	for (size_t i = 0; i < GROUP_COUNT; i++)
		free(group->table[i]);
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
static uint8_t *
find_table(struct imei_seen *seen, uint32_t tac)
{
	struct group **group = &seen->group[tac / GROUP_COUNT];
	uint8_t **table;

	if (seen->last != NULL && seen->tac == tac)
		return seen->last;
	if (*group == NULL)
		*group = calloc(1, sizeof(**group));
	if (*group == NULL)
		return NULL;
	table = &(*group)->table[tac % GROUP_COUNT];
	if (*table == NULL)
		*table = calloc(1, TABLE_BYTES);
	seen->tac = tac;
	seen->last = *table;
	return *table;
}

enum status
imei_seen_add(struct imei_seen *seen, struct imei imei)
{
	uint32_t snr = imei_snr(imei);
	uint8_t *table = find_table(seen, imei_tac(imei));
	uint8_t bit = (uint8_t)(1u << snr % 8);

	if (table == NULL)
		return ST_STATION_MEMORY;
	if ((table[snr / 8] & bit) != 0)
		return ST_IMEI_TWICE;
	table[snr / 8] |= bit;
	return ST_OK;
}
