/* SPDX-License-Identifier: Apache-2.0 */
/*
 * signer_state.h - what the signer knows, for the signer_*.c files only.
 */
#ifndef IMEILOCK_HSM_SIGNER_STATE_H
#define IMEILOCK_HSM_SIGNER_STATE_H

#include <pthread.h>
#include <stdatomic.h>

#include "hsm/file.h"
#include "hsm/mark.h"
#include "hsm/register.h"
#include "hsm/signer.h"

/* One interval that the root gave away. */
struct certified {
	struct interval interval;
	struct ledger_id ledger;
	char model[MODEL_MAX + 1];
};

/* A key of this signer: a line's, or the root's (then model is ""). */
struct signer_key {
	char model[MODEL_MAX + 1];
	char key_label[TOKEN_LABEL_MAX + 1];  /* in the token */
	char mark_label[TOKEN_LABEL_MAX + 1]; /* in the token */
	struct public_key public;
	struct object request;	      /* len 0 if none was made */
	struct object cert_object;    /* len 0 if none was installed */
	struct cert cert;	      /* what is in it */
	struct mark registered_mark;  /* generation 0 if none */
	struct mark mark;	      /* as it is in the token */
	struct mark tried;	      /* what was last written, or begun to */
	uint64_t next[INTERVALS_MAX]; /* exact, as in struct mark */
};

/* What is decided is decided under the lock, one request after the other.
 * Keys are only added, and what names one stays: so a key may be used without
 * the lock, but for its certificate and mark. */
struct signer {
	pthread_mutex_t lock;
	pthread_cond_t is_idle;	    /* nobody is under way any more */
	unsigned int under_way;	    /* requests between leave and enter */
	pthread_mutex_t latch_lock; /* of the file SIGNER_PIN_REFUSED */
	char folder[FILE_PATH_MAX];
	const struct token_ops *ops;
	struct token *token;
	struct token_info info;
	struct hsm_register *reg;
	atomic_bool is_shut_down; /* changed under the lock */

	/* From the register.  role is 0 in a fresh folder. */
	enum key_role role;
	enum dev_class class;
	char serial[17];
	struct ledger_id ledger; /* role line */
	struct signer_key key[HSM_LINES_MAX];
	unsigned int key_count;
	bool has_root;		/* a certificate was installed under it */
	struct public_key root; /* role line */
	struct chain_head heard;
	struct interval *skip;
	size_t skip_count;
	struct certified *certified;
	size_t certified_count;
	struct public_key *revoked; /* role root */
	size_t revoked_count;
};

static inline bool
signer_key_has_cert(const struct signer_key *key)
{
	return key->cert_object.len > 0;
}

/*
 * Leave the lock for what takes long and decides nothing (a token that signs, a
 * disk that syncs, a signature to be checked), and take it again.  A shutdown
 * waits for those who have left; what was not decided before it is then
 * refused: look at is_shut_down.
 */
void signer_leave(struct signer *signer);
void signer_enter(struct signer *signer);

/* The key of a model ("" for the root's), or NULL. */
struct signer_key *signer_find_key(struct signer *signer, const char *model);

/* Pass status on; a PIN that was refused is noted in the folder first. */
MUST_CHECK enum status signer_token_said(struct signer *signer,
					 enum status status);

/* A key that the register knows must be there: not ST_HSM_KEY_ABSENT, which asks
 * for a new one. */
static inline enum status
signer_key_said(enum status status)
{
	return status == ST_HSM_KEY_ABSENT ? ST_HSM_KEY_LOST : status;
}

/*
 * Sign payload with key, as an object of kind.  digest is what cose_digest
 * made of it.  Without the lock several may be signed at once.
 *   ST_HSM_SIGNATURE  the token's signature is not valid
 */
MUST_CHECK enum status signer_sign(struct signer *signer,
				   const struct signer_key *key,
				   const struct cose_kind *kind,
				   struct bytes payload,
				   const struct sha256 *digest,
				   struct object *out);

/* What a new key is for; ledger is zeros for the root. */
struct signer_purpose {
	enum key_role role;
	enum dev_class class;
	struct ledger_id ledger;
	const char *model;
};

/*
 * Make a key, and the folder one of this role and class if it is fresh.  A key
 * that is there, because an earlier try was cut off behind its making, is
 * taken over.
 *   ST_HSM_EXISTS        the root's key is there already
 *   ST_HSM_ROLE          folder or token have the other role
 *   ST_HSM_CLASS, ST_LEDGER_ID  the folder is of another class or ledger
 *   ST_HSM_REGISTER_OLD  the key was used: its register was lost
 *   ST_HSM_NOT_HARDWARE  production, and the token is not hardware
 *   ST_HSM_LINES         no room for another line
 */
MUST_CHECK enum status signer_make_key(struct signer *signer,
				       const struct signer_purpose *purpose);

/* Append entry and take it over into the state: it is on the disk. */
MUST_CHECK enum status signer_append(struct signer *signer,
				     struct entry *entry);
/* The same, but before anything is signed for it register_sync must have been
 * waited for. */
MUST_CHECK enum status signer_note(struct signer *signer, struct entry *entry);
/* What an entry says; called for those that are read at open, too. */
MUST_CHECK enum status signer_take_entry(void *signer,
					 const struct entry *entry);

/* A certificate under root must fit the folder and one of its keys: *out, and
 * *key, which may be NULL.  ST_HSM_CERTIFICATE, ST_HSM_CERT_LEDGER,
 * ST_HSM_TEST_TAC, ST_HSM_INTERVAL */
MUST_CHECK enum status signer_check_cert(struct signer *signer,
					 struct bytes object,
					 const struct public_key *root,
					 struct cert *out,
					 struct signer_key **key);

/* ------------------------------------------------------- signer_mark.c */

/*
 * Hold register and the token's marks against each other, at open and before
 * anything is appended: an entry more would hide an old copy.
 */
MUST_CHECK enum status signer_mark_open(struct signer *signer);
/* Move key's mark to this register and to the certificate's intervals.  A line
 * without a certificate has no mark. */
MUST_CHECK enum status signer_mark_install(struct signer *signer,
					   struct signer_key *key);
/* Bring the mark ahead of identity's numbers, before a ticket for them. */
MUST_CHECK enum status signer_mark_reserve(struct signer *signer,
					   struct signer_key *key,
					   const struct identity *identity);
/* They were handed out. */
void signer_mark_used(struct signer_key *key, const struct identity *identity);
/* Put the mark where register and numbers are now. */
MUST_CHECK enum status signer_mark_exact(struct signer *signer,
					 struct signer_key *key);
/* Was this number below a mark when an old copy was found? */
bool signer_mark_is_skipped(const struct signer *signer, struct imei imei);

/* ------------------------------------------------------------- requests */

typedef enum status (*signer_request_fn)(struct signer *signer,
					 const struct wire_request *request,
					 struct wire_reply *reply);

enum status signer_root(struct signer *signer,
			const struct wire_request *request,
			struct wire_reply *reply);
enum status signer_certify(struct signer *signer,
			   const struct wire_request *request,
			   struct wire_reply *reply);
enum status signer_revoke(struct signer *signer,
			  const struct wire_request *request,
			  struct wire_reply *reply);
enum status signer_request(struct signer *signer,
			   const struct wire_request *request,
			   struct wire_reply *reply);
enum status signer_install(struct signer *signer,
			   const struct wire_request *request,
			   struct wire_reply *reply);
enum status signer_ticket(struct signer *signer,
			  const struct wire_request *request,
			  struct wire_reply *reply);
enum status signer_record(struct signer *signer,
			  const struct wire_request *request,
			  struct wire_reply *reply);

#endif
