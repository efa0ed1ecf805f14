/* SPDX-License-Identifier: Apache-2.0 */
/*
 * revocation.h - the root's notice that a certified key is no longer to be
 * believed (docs/record.md).
 *
 * For signer and tool; no agent has it.
 */
#ifndef IMEILOCK_PROTO_REVOCATION_H
#define IMEILOCK_PROTO_REVOCATION_H

#include "proto/record.h"

#define REASON_MAX 63

extern const struct cose_kind KIND_REVOCATION;

struct revocation {
	uint64_t issued;
	uint8_t id[CERT_ID_LEN]; /* of the certificate that was shown */
	struct public_key key;	 /* that it certifies: every certificate of it
				    is revoked */
	enum dev_class class;
	uint64_t from; /* seconds since 1970: what was signed before stays good;
			  0: nothing does */
	char reason[REASON_MAX + 1];
};

void revocation_encode(struct cbor_out *out, const struct revocation *notice);
/* ST_CRYPTO_SIGNATURE, ST_COSE_*, ST_CBOR_*: *out is then cleared */
MUST_CHECK enum status revocation_open(struct revocation *out,
				       struct bytes object,
				       const struct public_key *root);

/* Is what a key of this certificate signed at this time revoked? */
bool revocation_hits(const struct revocation *notice, const struct cert *cert,
		     uint64_t time);

/* As object_kind, and KIND_REVOCATION. */
const struct cose_kind *signed_kind(struct bytes object);

#endif
