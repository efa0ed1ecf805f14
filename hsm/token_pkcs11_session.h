/* SPDX-License-Identifier: Apache-2.0 */
/*
 * token_pkcs11_session.h - module, slot, session and login of a PKCS#11 token.
 *
 * For token_pkcs11.c only.  Sessions die in real life: an operation is given
 * to p11_run, which brings up what is missing, and begins again where the
 * return value says that this may help.  What each value does: docs/hsm.md.
 */
#ifndef IMEILOCK_HSM_TOKEN_PKCS11_SESSION_H
#define IMEILOCK_HSM_TOKEN_PKCS11_SESSION_H

#include <p11-kit/p11-kit.h>
#include <p11-kit/pkcs11.h>
#include <p11-kit/uri.h>

#include "hsm/pin.h"
#include "hsm/token.h"

/* A private key's handle, which holds for a session. */
struct p11_key {
	char label[TOKEN_LABEL_MAX + 1];
	CK_OBJECT_HANDLE object;
};

struct token {
	P11KitUri *uri;
	CK_FUNCTION_LIST *module; /* NULL: not loaded and initialised */
	bool has_session;	  /* and is logged in */
	CK_SLOT_ID slot;
	CK_SESSION_HANDLE session;
	struct token_info info;
	char serial[17];       /* that the token must have; "" for any */
	struct pin *pin;       /* kept for a new login */
	enum status pin_state; /* ST_OK until the token refused the PIN */
	CK_RV rv;	       /* of the call that failed last */
	struct p11_key key[TOKEN_KEYS_MAX]; /* found in this session */
	size_t key_count;
};

/* Keep rv and log it: ST_OK, or ST_HSM_TOKEN_FAILED, which an operation
 * passes up to p11_run. */
MUST_CHECK enum status p11_say(struct token *token, const char *call, CK_RV rv);

/* An operation; ST_HSM_TOKEN_FAILED means: look at token->rv. */
typedef enum status (*p11_op)(struct token *token, void *arg);

/* op may be called several times. */
MUST_CHECK enum status p11_run(struct token *token, p11_op op, void *arg);
/* op is called once at most: for what must not be done twice. */
MUST_CHECK enum status p11_run_once(struct token *token, p11_op op, void *arg);

MUST_CHECK enum status p11_open(struct token **out, const char *address,
				const char *serial, const char *pin);
void p11_close(struct token *token); /* NULL is allowed */

#endif
