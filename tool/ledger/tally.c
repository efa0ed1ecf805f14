/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/tally.h"

static uint64_t *
place_of(struct tally *tally, enum status last)
{
	enum status_class class = status_class(last);

	if (last == ST_OK)
		return &tally->good;
	if (class == ST_CLASS_RETRY)
		return &tally->again;
	if (class == ST_CLASS_REWORK)
		return &tally->red;
	return &tally->engineer;
}

void
tally_add(struct tally *tally, enum status last, bool is_first,
	  enum status first)
{
	tally->units++;
	(*place_of(tally, last))++;
	tally->first_units += is_first;
	tally->first_good += is_first && first == ST_OK;
}

void
tally_take(struct tally *tally, enum status last, bool is_first,
	   enum status first)
{
	tally->units--;
	(*place_of(tally, last))--;
	tally->first_units -= is_first;
	tally->first_good -= is_first && first == ST_OK;
}
