/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cose.h - COSE_Sign1 (RFC 9052 4.2) with ES256, as all signed objects are.
 *
 * Tagged (18).  Protected header {1: -7, 16: typ} (alg; typ of RFC 9596),
 * unprotected header empty, payload attached.  typ and external_aad differ
 * for each kind of object, so that none can be taken for another.
 *
 * Signing is split in two, because the key may be in an HSM: make the digest,
 * have it signed, then encode.
 */
#ifndef IMEILOCK_PROTO_COSE_H
#define IMEILOCK_PROTO_COSE_H

#include "proto/bytes.h"
#include "proto/cbor.h"
#include "proto/crypto.h"
#include "proto/status.h"

#define COSE_OVERHEAD 112 /* bytes around a payload, at most */

/* The names of one kind of object; both are ASCII and end in NUL. */
struct cose_kind {
	const char *typ; /* header parameter 16 */
	const char *aad; /* external_aad */
};

/* A decoded COSE_Sign1: views into the encoding that was given. */
struct cose_sign1 {
	struct bytes protected_header;
	struct bytes payload;
	struct signature sig;
};

/* SHA-256 of the Sig_structure for a payload of this kind (RFC 9052 4.4). */
MUST_CHECK enum status cose_digest(struct sha256 *out,
				   const struct cose_kind *kind,
				   struct bytes payload);

/* Append the whole object to out; ST_CBOR_SPACE if there is no room. */
MUST_CHECK enum status cose_encode(struct cbor_out *out,
				   const struct cose_kind *kind,
				   struct bytes payload,
				   const struct signature *sig);

/*
 * Take encoded apart, without a look at the signature.
 *   ST_COSE_FORMAT  not a tagged COSE_Sign1 of four parts with a 64-byte
 *                   signature and an empty unprotected header
 *   ST_COSE_TYPE    the protected header is not that of kind
 */
MUST_CHECK enum status cose_decode(struct cose_sign1 *out,
				   const struct cose_kind *kind,
				   struct bytes encoded);

/* As crypto_verify, over a Sig_structure that is built anew. */
MUST_CHECK enum status cose_verify(const struct cose_sign1 *object,
				   const struct cose_kind *kind,
				   const struct public_key *key);

/*
 * The general form that the published vectors need, for any protected header:
 * SHA-256 of Sig_structure ["Signature1", protected, external_aad, payload].
 * A protected header that is an empty map (A0) counts as a zero-length one,
 * as RFC 9052 4.4 has it.
 */
MUST_CHECK enum status cose_digest_any(struct sha256 *out,
				       struct bytes protected_header,
				       struct bytes external_aad,
				       struct bytes payload);

#endif
