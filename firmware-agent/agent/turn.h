/* SPDX-License-Identifier: Apache-2.0 */
/*
 * turn.h - one request being served, as the files of this folder share it.
 *
 * A handler finds the fuses sensed and judged, does its work, fills in the
 * reply's body and returns the reply's status.
 */
#ifndef IMEILOCK_AGENT_TURN_H
#define IMEILOCK_AGENT_TURN_H

#include "agent/agent.h"
#include "agent/store.h"

struct turn {
	struct agent *agent;
	const struct request *req;
	struct reply *reply;
	struct chip_id chip;
	struct device_view view;  /* of agent->image */
	struct store_view stored; /* views into agent->store */
	uint32_t burns_done;	  /* for progress messages */
	uint32_t burns_total;
};

typedef enum status (*turn_fn)(struct turn *turn);

/* The requests of this build, by operation; NULL where there is none. */
extern const turn_fn agent_requests[OP_ATTEST + 1];
extern const bool agent_is_factory_build;

/* Sense and judge anew, after something was burnt or reloaded. */
MUST_CHECK enum status turn_sense(struct turn *turn);

/*
 * The state is one of those in allowed (bit n: enum device_state n).
 *   ST_AGENT_LOCKED, ST_AGENT_LOCK_FAILED, ST_OTP_VOID, ST_AGENT_STATE
 */
MUST_CHECK enum status turn_guard(const struct turn *turn, uint32_t allowed);

/* Wrap payload as the reply's object, signed with the device key. */
MUST_CHECK enum status turn_sign(struct turn *turn,
				 const struct cose_kind *kind,
				 const struct cbor_out *payload,
				 const struct crypto_key *key);

/* Open the device key and give its public half; the caller closes it. */
MUST_CHECK enum status turn_key(struct turn *turn, struct crypto_key *key,
				struct public_key *device);

/*
 * A certificate that this unit accepts: signature under the root, role, class,
 * model, epoch.
 *   ST_AGENT_CERTIFICATE, ST_AGENT_CLASS, ST_CRYPTO_FAILED
 */
MUST_CHECK enum status turn_cert(const struct turn *turn, struct bytes object,
				 struct cert *out);

/*
 * Factory builds only.  A record of this very unit as its fuses are, and good
 * under the root; *digest is what the digest field must hold for it.  Whether
 * it fits is looked at before its signatures.
 *   ST_AGENT_MISMATCH  another chip, key, identity, class or burnt digest
 *   ST_AGENT_INTERVAL, ST_CRYPTO_SIGNATURE, ST_COSE_*, ST_CBOR_*, and those of
 *   turn_cert
 */
MUST_CHECK enum status turn_record(struct turn *turn, struct bytes cert,
				   struct bytes object, struct sha256 *digest);

/* Keep the request's certificate and object as which and the one before it.
 * Nothing is written if they are there already. */
MUST_CHECK enum status turn_store(struct turn *turn, enum stored which);

enum status request_hello(struct turn *turn);
enum status request_key(struct turn *turn);
enum status request_permit(struct turn *turn);
enum status request_program(struct turn *turn);
enum status request_reload(struct turn *turn);
enum status request_read(struct turn *turn);
enum status request_store(struct turn *turn);
enum status request_fetch(struct turn *turn);
enum status request_lock(struct turn *turn);
enum status request_reset(struct turn *turn);
enum status request_probe(struct turn *turn);
enum status request_attest(struct turn *turn);

#endif
