/* SPDX-License-Identifier: Apache-2.0 */
/*
 * signer.h - the signer: a folder, a token and a register, behind requests.
 *
 * `imeilock-signer` puts it behind a socket; tests use it in their own process
 * (hsm/local.h).  What each request checks, and in which order: docs/hsm.md.
 */
#ifndef IMEILOCK_HSM_SIGNER_H
#define IMEILOCK_HSM_SIGNER_H

#include "hsm/token.h"
#include "hsm/wire.h"

/* While this file is in the folder the PIN is not tried: the token refused it.
 * The engineer deletes it. */
#define SIGNER_PIN_REFUSED "pin-refused"
#define SIGNER_REGISTER "register"
#define SIGNER_LOG "signer.log"

struct signer;

/* Strings are borrowed for the call; pin is wiped by the caller. */
struct signer_config {
	const char *folder; /* made if it is not there */
	const char *token;  /* its address */
	const char *pin;
	const struct chain_head *expect; /* what the ledger remembers of the
					    register; NULL: nothing */
};

/*
 * Open folder, register and token, and hold them against each other.
 *   ST_HSM_FOLDER, ST_HSM_BUSY, ST_HSM_REGISTER
 *   ST_HSM_ADDRESS, ST_HSM_TOKEN_*, ST_HSM_KEY_*
 *   ST_HSM_PIN, ST_HSM_PIN_LOCKED, ST_HSM_PIN_EXPIRED
 *                        refused now or before (SIGNER_PIN_REFUSED)
 *   ST_HSM_NOT_HARDWARE  production, and the token is none
 *   ST_HSM_CERTIFICATE   the one that is installed does not fit the key
 *   ST_HSM_REGISTER_OLD  it is not what is expected, and the mark was not moved;
 *                        or it is behind the mark, and numbers cannot be skipped
 *   ST_HSM_MARK          the token has lost its mark
 */
MUST_CHECK enum status signer_open(struct signer **out,
				   const struct signer_config *config);

/*
 * Take one request and make its reply in buf.  May be called by many threads:
 * what is decided is decided one by one, and what is signed is signed at once.
 *   ST_HSM_REQUEST  request could not be read; *reply says so all the same
 *   ST_CBOR_SPACE, ST_CRYPTO_FAILED  there is no reply
 */
MUST_CHECK enum status signer_handle(struct signer *signer,
				     struct bytes request,
				     uint8_t buf[WIRE_MAX],
				     struct bytes *reply);

/* What was decided is signed; after this nothing is any more, and the mark moves
 * back to what was handed out.  A second call does nothing: it must not come
 * while another thread is in signer_handle. */
MUST_CHECK enum status signer_shutdown(struct signer *signer);
bool signer_is_shut_down(struct signer *signer);

/* Free everything.  Without signer_shutdown before it this is a crash. */
void signer_close(struct signer *signer); /* NULL is allowed */

#endif
