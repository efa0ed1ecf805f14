/* SPDX-License-Identifier: Apache-2.0 */
/*
 * token.h - where keys live: the seam between the signer and its back ends.
 *
 * A back end is one file and one row in token_backends: token_pkcs11.c (any
 * PKCS#11 module, named by an RFC 7512 URI), token_software.c (a key file, for
 * development builds only).  Both pass tests/conform/test_token.c.
 */
#ifndef IMEILOCK_HSM_TOKEN_H
#define IMEILOCK_HSM_TOKEN_H

#include "proto/crypto.h"

#define TOKEN_MARK_MAX 256 /* bytes */
#define TOKEN_LABEL_MAX 63
#define TOKEN_KEYS_MAX 9 /* that a back end must be able to hold */
#define TOKEN_PIN_MAX 63

struct token; /* a back end's own */

struct token_info {
	char label[33];
	char serial[17];
	bool is_hardware; /* CKF_HW_SLOT */
};

/*
 * What a back end must do.  label names a key or mark within the token; it has
 * TOKEN_LABEL_MAX bytes at most.  After ST_HSM_PIN the PIN is not tried again.
 * All but open and close may be called by many threads at once; sign then runs
 * as often at once as the token can.
 */
struct token_ops {
	const char *prefix; /* of its addresses: "pkcs11:", "soft:" */

	/* Open and log in; pin ends in NUL and is wiped by the caller.  serial
	 * is the one that the token must have, compared before the PIN is
	 * shown to it, or NULL.
	 *   ST_HSM_ADDRESS, ST_HSM_TOKEN_ABSENT, ST_HSM_TOKEN_CHANGED,
	 *   ST_HSM_PIN, ST_HSM_PIN_LOCKED, ST_HSM_PIN_EXPIRED,
	 *   ST_HSM_MODULE, ST_HSM_MECHANISM, ST_HSM_TOKEN_FAILED */
	MUST_CHECK enum status (*open)(struct token **out, const char *address,
				       const char *serial, const char *pin);
	void (*info)(struct token *token, struct token_info *out);
	/* Make a P-256 key that cannot be extracted.  ST_HSM_EXISTS */
	MUST_CHECK enum status (*generate)(struct token *token,
					   const char *label);
	/* ST_HSM_KEY_ABSENT, ST_HSM_KEY_TWICE; ST_HSM_KEY_UNFIT if it is
	 * extractable or not a P-256 signing key. */
	MUST_CHECK enum status (*public_key)(struct token *token,
					     const char *label,
					     struct public_key *out);
	/* One signature; not yet verified (signer.c does that). */
	MUST_CHECK enum status (*sign)(struct token *token, const char *label,
				       const struct sha256 *digest,
				       struct signature *out);
	/* The mark: a small data object that outlives the host's disk.
	 * *len is 0 if there is none yet. */
	MUST_CHECK enum status (*mark_read)(struct token *token,
					    const char *label, uint8_t *out,
					    size_t size, size_t *len);
	/* After a power cut the old mark or the new one is there, or both:
	 * mark_read gives the one with the higher content (memcmp).
	 *   ST_HSM_MARK  it is longer than size or than TOKEN_MARK_MAX */
	MUST_CHECK enum status (*mark_write)(struct token *token,
					     const char *label,
					     struct bytes mark);
	void (*close)(struct token *token);
};

extern const struct token_ops token_pkcs11;
extern const struct token_ops token_software;

/* The back end for an address, or NULL. */
const struct token_ops *token_find(const char *address);

#endif
