/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/tally.h"

void
tally_add(struct tally *tally, enum status last, bool is_first,
	  enum status first)
{
	enum status_class class = status_class(last);

	tally->units++;
	if (last == ST_OK)
		tally->good++;
	else if (class == ST_CLASS_RETRY)
		tally->again++;
	else if (class == ST_CLASS_REWORK)
		tally->red++;
	else
		tally->engineer++;
	if (is_first) {
		tally->first_units++;
		tally->first_good += first == ST_OK;
	}
}
