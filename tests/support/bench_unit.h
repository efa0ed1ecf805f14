/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench_unit.h - the bench's agent behind sockets, as the tool meets it, and
 * with a hand in between that changes what it says.
 *
 * bench_unit_start comes when the bench is in the state that is wanted;
 * until bench_unit_stop the bench belongs to the sockets' threads.
 */
#ifndef IMEILOCK_TESTS_BENCH_UNIT_H
#define IMEILOCK_TESTS_BENCH_UNIT_H

#include "station/verify.h"
#include "support/bench.h"
#include "support/peer.h"

struct bench_unit;

/* Change the reply to req; object has room for reply->object. */
typedef void bench_lie_fn(struct bench_unit *unit, const struct request *req,
			  struct reply *reply, uint8_t object[OBJECT_MAX]);

struct bench_unit {
	struct bench bench;
	bench_lie_fn *lie;  /* NULL: it says the truth */
	bool is_reset_deaf; /* it says that it resets, and does not */
	bool is_reset_mute; /* it resets and says nothing */
	unsigned int resets;
	enum msg_op last; /* what was asked last */
	struct peer agent;
	struct peer at[SLOTS_MAX];
	struct bench_slot {
		struct bench_unit *unit;
		unsigned int slot;
	} slot[SLOTS_MAX];
	struct unit_address address;
};

/* unit must not be moved afterwards. */
void bench_unit_start(struct bench_unit *unit);
void bench_unit_stop(struct bench_unit *unit);

/* Sign what a lie changed, with the unit's own key or with another one. */
enum bench_signer { BENCH_OWN_KEY, BENCH_OTHER_KEY };
void bench_unit_sign(struct bench_unit *unit, struct reply *reply,
		     uint8_t object[OBJECT_MAX], const struct cose_kind *kind,
		     const struct cbor_out *payload, enum bench_signer signer);
/* The key's public half. */
void bench_unit_public(struct bench_unit *unit, struct public_key *out,
		       enum bench_signer signer);

#endif
