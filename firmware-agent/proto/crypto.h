/* SPDX-License-Identifier: Apache-2.0 */
/*
 * crypto.h - the only cryptography there is: SHA-256 and ES256.
 *
 * ES256 is ECDSA on P-256 over SHA-256 (RFC 9053 2.1): the one algorithm that
 * PKCS#11 HSMs, OpenSSL and Mbed TLS all have.  One back end is linked into a
 * program: crypto_psa.c (agent), crypto_openssl.c (tool, signer).  Both pass
 * the same conformance test, crosswise.
 *
 * crypto_init comes first; a second call does nothing.  Not thread safe on the
 * device; the OpenSSL back end may be used by many threads after crypto_init.
 */
#ifndef IMEILOCK_PROTO_CRYPTO_H
#define IMEILOCK_PROTO_CRYPTO_H

#include "proto/bytes.h"
#include "proto/status.h"

#define SHA256_LEN 32
#define ES256_SIG_LEN 64     /* r then s, 32 bytes each, big endian */
#define ES256_PUBLIC_LEN 64  /* x then y, 32 bytes each, big endian */
#define ES256_PRIVATE_LEN 32 /* the scalar, big endian */

struct sha256 {
	uint8_t byte[SHA256_LEN];
};

struct public_key {
	uint8_t xy[ES256_PUBLIC_LEN];
};

struct signature {
	uint8_t rs[ES256_SIG_LEN];
};

/* A scalar in the clear: wiped by its owner, never logged. */
struct secret_scalar {
	uint8_t byte[ES256_PRIVATE_LEN];
};

/* A private key held by the back end; crypto_key_close is always allowed. */
struct crypto_key {
	uintptr_t handle; /* 0: none */
};

/* ST_CRYPTO_FAILED when the library will not start (no memory, no entropy). */
MUST_CHECK enum status crypto_init(void);

/* SHA-256 over the parts one after the other. */
MUST_CHECK enum status crypto_sha256(struct sha256 *out,
				     const struct bytes *part, size_t count);

/*
 *   ST_OK               the signature is good
 *   ST_CRYPTO_SIGNATURE it is not, or key is not a point of the curve
 *   ST_CRYPTO_FAILED    the library could not do it
 */
MUST_CHECK enum status crypto_verify(const struct public_key *key,
				     const struct sha256 *digest,
				     const struct signature *sig);

/* ST_CRYPTO_SCALAR when the scalar is 0 or not below the group order. */
MUST_CHECK enum status crypto_key_open(struct crypto_key *key,
				       const struct secret_scalar *scalar);
MUST_CHECK enum status crypto_key_public(struct public_key *out,
					 const struct crypto_key *key);
MUST_CHECK enum status crypto_key_sign(struct signature *out,
				       const struct crypto_key *key,
				       const struct sha256 *digest);
void crypto_key_close(struct crypto_key *key);

#endif
