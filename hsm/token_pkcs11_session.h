/* SPDX-License-Identifier: Apache-2.0 */
/*
 * token_pkcs11_session.h - module, slot, sessions and login of a PKCS#11 token.
 *
 * For token_pkcs11*.c only.  Sessions die in real life: an operation is given
 * to p11_run (token_pkcs11_run.c), which brings up what is missing, lends it a
 * session, and begins again where the return value says that this may help.
 * Operations of several threads run at once, each in a session of its own.
 * What each return value does: docs/hsm.md.
 */
#ifndef IMEILOCK_HSM_TOKEN_PKCS11_SESSION_H
#define IMEILOCK_HSM_TOKEN_PKCS11_SESSION_H

#include <p11-kit/p11-kit.h>
#include <p11-kit/pkcs11.h>
#include <p11-kit/uri.h>
#include <pthread.h>

#include "hsm/pin.h"
#include "hsm/token.h"

/* At most; opened when they are needed.  A token that has fewer is used with
 * those, a module that knows no threads with one. */
#define P11_SESSIONS_MAX 8

/* A private key's handle, which holds for a session. */
struct p11_key {
	char label[TOKEN_LABEL_MAX + 1];
	CK_OBJECT_HANDLE object;
};

/* Used by one thread at a time. */
struct p11_session {
	struct token *token;
	CK_FUNCTION_LIST *module; /* the token's, while it is open */
	bool is_open;		  /* and logged in */
	bool is_busy;		  /* lent to an operation */
	uint64_t epoch;		  /* the token's when it was opened */
	CK_SESSION_HANDLE handle;
	CK_RV rv;			    /* of the call that failed last */
	struct p11_key key[TOKEN_KEYS_MAX]; /* found in this session */
	size_t key_count;
};

struct token {
	P11KitUri *uri;
	struct pin *pin; /* kept for a new login */

	pthread_mutex_t lock; /* of all below, but for sessions in use */
	pthread_cond_t is_changed;
	CK_FUNCTION_LIST *module; /* NULL: not loaded and initialised */
	CK_SLOT_ID slot;
	struct token_info info;
	char serial[17];       /* that the token must have; "" for any */
	enum status pin_state; /* ST_OK until the token refused the PIN */
	bool must_log_in;      /* whatever a new session says of its state */
	struct p11_session session[P11_SESSIONS_MAX];
	unsigned int session_limit; /* that module and token allow */
	uint64_t epoch;		    /* one more when sessions were lost */

	/* For token_pkcs11_run.c. */
	unsigned int running; /* operations, those that wait as well */
	unsigned int busy;    /* of them, in a session */
	bool is_mending;      /* one thread brings the module up anew */
	bool must_reload;     /* the module is to be finalised first */
	unsigned int reloads; /* since an operation was good */
	uint64_t given_up;    /* times that they were too many, */
	CK_RV given_up_rv;    /* and what the last one ended with */
	uint64_t round;	      /* times that the module was brought up */
	enum status up;	      /* how that ended, and with what value */
	CK_RV up_rv;
};

/* Keep rv and log it: ST_OK, or ST_HSM_TOKEN_FAILED, which an operation
 * passes up to p11_run. */
MUST_CHECK enum status p11_say(struct p11_session *session, const char *call,
			       CK_RV rv);

/* ------------------------------------- under the token's lock, for p11_run */

/* Load the module, find the token, and open and log in session; nobody is in
 * the module.  ST_HSM_TOKEN_FAILED: look at session->rv. */
MUST_CHECK enum status p11_come_up(struct p11_session *session);
/* Finalise; nobody is in the module. */
void p11_drop_module(struct token *token);
/* One more session in a module that is up. */
MUST_CHECK enum status p11_open_session(struct p11_session *session);
void p11_drop_session(struct p11_session *session);
enum status p11_rv_status(CK_RV rv);

/* --------------------------------------------------- token_pkcs11_run.c */

/* An operation; ST_HSM_TOKEN_FAILED means: look at session->rv. */
typedef enum status (*p11_op)(struct p11_session *session, void *arg);

/* op may be called several times. */
MUST_CHECK enum status p11_run(struct token *token, p11_op op, void *arg);
/* op is called once at most: for what must not be done twice. */
MUST_CHECK enum status p11_run_once(struct token *token, p11_op op, void *arg);

MUST_CHECK enum status p11_open(struct token **out, const char *address,
				const char *serial, const char *pin);
void p11_close(struct token *token); /* NULL is allowed */

#endif
