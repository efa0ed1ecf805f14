/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pem.h - public keys as PEM text: the form in which the root's key is passed
 * on.
 *
 * RFC 7468 text around the SubjectPublicKeyInfo (RFC 5480) of a P-256 key with
 * an uncompressed point, as openssl writes it.  No other kind of key.
 */
#ifndef IMEILOCK_PROTO_PEM_H
#define IMEILOCK_PROTO_PEM_H

#include "proto/crypto.h"

#define PEM_PUBLIC_LEN 178	 /* characters of what is formatted */
#define PEM_PUBLIC_FILE_MAX 4096 /* bytes that a caller need read of a file */
#define SPKI_LEN 91		 /* bytes of the SubjectPublicKeyInfo */

/*
 * Read the only PEM block of text; what stands before and behind it is passed
 * over.  Whether the point is on the curve is not looked at: crypto_verify
 * refuses one that is not.  On failure *out is cleared.
 *   ST_PEM_FORMAT  no such block, a second one, or another kind of key
 */
MUST_CHECK enum status pem_public_parse(struct public_key *out,
					struct bytes text);

/* Ends in NUL. */
void pem_public_format(char out[PEM_PUBLIC_LEN + 1],
		       const struct public_key *key);

/* The DER alone, which key ids are made of. */
void pem_public_spki(uint8_t out[SPKI_LEN], const struct public_key *key);

#endif
