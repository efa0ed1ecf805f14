/* SPDX-License-Identifier: Apache-2.0 */
/* Ledger and register, each against what the other remembers of it. */
#include <string.h>

#include "station/station.h"

/* The ledger is not behind what the register remembers of it. */
static enum status
check_ledger_copy(struct ledger *ledger, const struct hsm_status *signer)
{
	struct sha256 hash;
	enum status st =
		ledger_hash_at(ledger, signer->seen_ledger.count, &hash);

	if (st != ST_OK)
		return st;
	return memcmp(&hash, &signer->seen_ledger.hash, sizeof(hash)) == 0
		       ? ST_OK
		       : ST_HSM_LEDGER_OLD;
}

/* And the other way round. */
static enum status
check_register_copy(struct ledger *ledger, struct hsm *hsm)
{
	struct chain_head seen;
	struct sha256 hash;
	enum status st = ledger_seen_register(ledger, &seen);

	if (st != ST_OK)
		return st;
	st = hsm_register_at(hsm, seen.count, &hash);
	if (st != ST_OK)
		return st;
	return memcmp(&hash, &seen.hash, sizeof(hash)) == 0
		       ? ST_OK
		       : ST_HSM_REGISTER_OLD;
}

enum status
station_check_copies(struct ledger *ledger, struct hsm *hsm)
{
	struct hsm_status signer;
	enum status st = hsm_status(hsm, &signer);

	if (st == ST_OK)
		st = check_ledger_copy(ledger, &signer);
	return st == ST_OK ? check_register_copy(ledger, hsm) : st;
}
