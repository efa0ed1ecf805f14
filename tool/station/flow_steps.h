/* SPDX-License-Identifier: Apache-2.0 */
/*
 * flow_steps.h - one run of a unit, as flow.c and its parts share it.
 */
#ifndef IMEILOCK_TOOL_STATION_FLOW_STEPS_H
#define IMEILOCK_TOOL_STATION_FLOW_STEPS_H

#include "station/flow.h"

struct flow {
	struct flow_result *result;
	const struct flow_station *station;
	const struct flow_slot *slot;
	struct ledger_who who;
	struct deadline deadline; /* shrinks to the profile's budget */

	struct device device;
	struct hello hello;
	const struct profile *profile;
	const struct hsm_line *line; /* of the profile's model */
	bool is_known;		     /* unit below is what the ledger holds */
	struct ledger_unit unit;

	struct public_key key;
	struct object key_token;
	struct object ticket;
	struct object read_token;
};

/* Say where the run is: to the screen, and for the result. */
void flow_step(struct flow *flow, const char *step);
__attribute__((format(printf, 2, 3))) void flow_detail(struct flow *flow,
						       const char *format, ...);

/* The cause is in the unit: its fuses, its agent, its evidence. */
bool flow_is_unit_cause(enum status status);

/* Milliseconds for a unit that has not said yet what it is: those of the
 * slowest model that is armed. */
int64_t flow_budget_ms(const struct flow_station *station);

/*
 * Exactly one armed profile fits what hello says, and its demands are met; the
 * deadline shrinks to its budget.  Nothing is burnt before.
 *   ST_PROFILE_*, ST_STATION_CLASS, ST_MSG_PROTOCOL, ST_HSM_CERTIFICATE
 */
MUST_CHECK enum status flow_profile(struct flow *flow);

/*
 * A ticket from the signer for the unit that last answered `key`.  ST_HSM_*
 */
MUST_CHECK enum status flow_ticket(struct flow *flow);

/* The key that answered first answers still.  ST_STATION_IDENTITY */
MUST_CHECK enum status flow_check_key(const struct flow *flow,
				      const struct public_key *device);

/*
 * Ask for a signed read-back and hold it against the ledger's identity (P4):
 * the digest as the record gives it, once it is burnt.
 *   ST_OTP_INEXACT, ST_OTP_CORRECTED, ST_STATION_IDENTITY, ST_VERIFY_TOKEN
 */
MUST_CHECK enum status flow_read(struct flow *flow);

/* The second read path: AT+CGSN of every populated slot.
 *   ST_VERIFY_AT, ST_VERIFY_AT_ABSENT
 *   ST_VERIFY_AT_OTHER  the number of another unit of this ledger */
MUST_CHECK enum status flow_read_at(struct flow *flow);

/*
 * Try to change the locked unit, in ways that cannot harm a good one, and see
 * each refused: permit, program and lock with a fresh ticket for its own
 * identity, a record that does not fit, a burn of every canary.
 *   ST_VERIFY_PROBE, ST_VERIFY_CANARY
 */
MUST_CHECK enum status flow_probe(struct flow *flow);

#endif
