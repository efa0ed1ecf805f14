/* SPDX-License-Identifier: Apache-2.0 */
/*
 * flow.h - one unit from whatever state it is in to locked and proven.
 *
 *   find -> hello -> profile -> chip -> key -> ledger: ticketed -> signer:
 *   ticket -> permit -> program -> reload -> read both ways, compare -> signer:
 *   record -> store -> read -> lock -> reset -> hello -> probe -> reset -> read
 *   both ways -> attest, verify -> ledger: verified
 *
 * Straight-line code, one thread a slot.  What the fuses already show is
 * skipped; after the lock nothing is skipped until the ledger says verified.
 */
#ifndef IMEILOCK_TOOL_STATION_FLOW_H
#define IMEILOCK_TOOL_STATION_FLOW_H

#include "hsm/client.h"
#include "ledger/ledger.h"
#include "profile/profile.h"
#include "station/verify.h"

#define FLOW_DETAIL_MAX 159

/* What all slots of a station share; thread safe as its parts are. */
struct flow_station {
	struct ledger *ledger;
	struct hsm *hsm;
	enum dev_class class;
	struct ledger_id ledger_id;
	struct public_key root;
	struct hsm_status signer; /* its certificates, as installed */
	const struct profile *profile;
	size_t profile_count;
	const char *operator_name;
	const char *version;
};

/* One slot's run. */
struct flow_slot {
	int number; /* fixture slot, from 1 */
	struct unit_address unit;
	const char *board; /* the board's barcode, or NULL */
	/* what was scanned of its label, or NULL for the next numbers */
	const struct ledger_label *label;
	/* whom it was scanned for, as far as that is known: what link_look told
	 * of him, and who he said he is; len 0 if nobody asked */
	uint64_t instance;
	struct chip_id chip;
	/* called at each step, from the slot's own thread; may be NULL */
	void (*step)(void *ctx, int slot, const char *step,
		     const struct identity *identity);
	void *ctx;
};

struct flow_result {
	enum status status;		  /* ST_OK: seen locked and verified */
	const char *step;		  /* where it ended */
	char detail[FLOW_DETAIL_MAX + 1]; /* "" or more than the sentence */
	bool was_verified; /* the ledger had it so before; nothing changed */
	bool was_known;	   /* it has come to this line before */
	bool has_chip;
	struct chip_id chip;
	char model[MODEL_MAX + 1];   /* "" before hello */
	struct identity identity;    /* as far as it is known */
	struct verify_report report; /* the final look, if it came to that */
	int64_t elapsed_ms;
	uint64_t exchanges;
	uint64_t bytes; /* on the wire, both ways */
};

/*
 * Run one unit.  Never says ST_OK without having read the unit after its last
 * reset.  Whatever goes wrong, the ledger knows how far it went, and a second
 * call carries on from what the fuses show.
 */
void flow_run(struct flow_result *result, const struct flow_station *station,
	      const struct flow_slot *slot);

#endif
