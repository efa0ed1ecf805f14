/* SPDX-License-Identifier: Apache-2.0 */
/*
 * entry.h - one entry of the signer's register, as a value.
 *
 * Format: docs/hsm.md and docs/hsm.cddl.  An entry is what is hashed:
 * [number, time, kind, hash of the entry before, body].
 */
#ifndef IMEILOCK_HSM_ENTRY_H
#define IMEILOCK_HSM_ENTRY_H

#include "hsm/client.h"
#include "hsm/token.h"

#define ENTRY_MAX 1280 /* bytes of an encoded entry, at most */

/* On disk: append only. */
enum entry_kind {
	ENTRY_NONE,
	ENTRY_ROLE,    /* the first: what this folder is for */
	ENTRY_KEY,     /* the token has this key; role line: one a model */
	ENTRY_OPEN,    /* the signer started */
	ENTRY_CLOSE,   /* it ended in good order */
	ENTRY_REQUEST, /* a request for the root was made */
	ENTRY_INSTALL, /* a certificate was installed */
	ENTRY_TICKET,  /* a first ticket for a unit is about to be signed */
	ENTRY_AGAIN,   /* another one, for the same unit and identity */
	ENTRY_SHOWN,   /* another key's ticket was shown and is believed */
	ENTRY_RECORD,  /* a record is about to be signed */
	ENTRY_MARK,    /* the mark in the token was moved */
	ENTRY_SKIP,    /* these numbers may have gone out: an old copy */
	ENTRY_CERTIFY, /* root: a certificate is about to be signed */
	ENTRY_REVOKE,  /* root: a notice is about to be signed */
	ENTRY_KINDS,
};

/* Which members count depends on the kind; the comments name them. */
struct entry {
	uint64_t number; /* from 1 */
	uint64_t time;	 /* seconds since 1970 */
	enum entry_kind kind;

	enum key_role role;	      /* ROLE */
	enum dev_class class;	      /* ROLE */
	char serial[17];	      /* ROLE: of the token */
	struct public_key key;	      /* KEY, INSTALL (root), TICKET,
						AGAIN, SHOWN, CERTIFY, REVOKE */
	char model[MODEL_MAX + 1];    /* KEY, REQUEST, INSTALL, MARK:
						"" for the root; CERTIFY */
	struct ledger_id ledger;      /* ROLE (zeros for the root),
						CERTIFY */
	struct object object;	      /* REQUEST, INSTALL */
	struct chip_id chip;	      /* TICKET, AGAIN, SHOWN,
						RECORD */
	struct identity identity;     /* TICKET, AGAIN, SHOWN */
	struct chain_head heard;      /* TICKET, AGAIN: ledger */
	struct sha256 digest;	      /* TICKET, AGAIN, RECORD: what
						is signed;
						SHOWN: of the ticket */
	struct sha256 readback;	      /* RECORD */
	uint8_t mark[TOKEN_MARK_MAX]; /* MARK */
	size_t mark_len;	      /* MARK */
	uint8_t id[CERT_ID_LEN];      /* CERTIFY, REVOKE */
	uint64_t from;		      /* REVOKE: seconds since 1970 */
	char reason[REASON_MAX + 1];  /* REVOKE */
	uint32_t epoch;		      /* CERTIFY */
	unsigned int interval_count;  /* CERTIFY, SKIP */
	struct interval interval[INTERVALS_MAX];
};

/* Append to out; before is the hash of the entry before, zeros for none. */
void entry_encode(struct cbor_out *out, const struct entry *entry,
		  const struct sha256 *before);

/* ST_CBOR_* for anything that entry_encode does not make. */
MUST_CHECK enum status entry_decode(struct entry *entry, struct sha256 *before,
				    struct bytes encoded);

#endif
