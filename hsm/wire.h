/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wire.h - requests to the signer and its replies, as bytes.
 *
 * Normative text in docs/hsm.md, CDDL in docs/hsm.cddl.  A message is one CBOR
 * array: [operation, its fields] and [status, its fields].  On a socket four
 * bytes of length, big endian, go before it.  The signer speaks first: a reply
 * without fields, which says whether it is up.
 */
#ifndef IMEILOCK_HSM_WIRE_H
#define IMEILOCK_HSM_WIRE_H

#include "hsm/client.h"

#define WIRE_HEAD_LEN 4
#define WIRE_MAX 12288 /* bytes of a message: a status with all lines */

enum wire_op {
	WIRE_HELLO, /* a reply only */
	WIRE_STATUS,
	WIRE_REGISTER_AT,
	WIRE_ROOT,
	WIRE_CERTIFY,
	WIRE_REQUEST,
	WIRE_INSTALL,
	WIRE_TICKET,
	WIRE_RECORD,
	WIRE_SHUTDOWN,
	WIRE_REVOKE,
	WIRE_OPS,
};

/* Which members count depends on the operation; views are the caller's. */
struct wire_request {
	enum wire_op op;
	uint64_t count;		     /* REGISTER_AT; REVOKE: from */
	enum dev_class class;	     /* ROOT, REQUEST */
	struct bytes object;	     /* CERTIFY, INSTALL, TICKET, RECORD,
						REVOKE: what was signed */
	unsigned int interval_count; /* CERTIFY */
	struct interval interval[INTERVALS_MAX];
	uint32_t epoch;			   /* CERTIFY */
	char model[MODEL_MAX + 1];	   /* REQUEST, TICKET, RECORD */
	struct ledger_id ledger;	   /* REQUEST */
	struct public_key root;		   /* INSTALL */
	struct identity identity;	   /* TICKET */
	struct chain_head heard;	   /* TICKET: the ledger */
	struct bytes ticket;		   /* RECORD; may be empty */
	struct bytes ticket_cert;	   /* RECORD; may be empty */
	char final_process[FINAL_MAX + 1]; /* RECORD */
	char reason[REASON_MAX + 1];	   /* REVOKE */
};

/* Members count only if status is ST_OK. */
struct wire_reply {
	enum status status;
	struct hsm_status info; /* STATUS */
	struct sha256 hash;	/* REGISTER_AT */
	struct public_key key;	/* ROOT */
	struct object object;	/* CERTIFY, REQUEST, TICKET, RECORD,
				   REVOKE */
	struct chain_head reg;	/* TICKET */
};

/* ST_CBOR_SPACE */
MUST_CHECK enum status wire_request_encode(struct bytes *message,
					   uint8_t buf[WIRE_MAX],
					   const struct wire_request *request);
MUST_CHECK enum status wire_reply_encode(struct bytes *message,
					 uint8_t buf[WIRE_MAX], enum wire_op op,
					 const struct wire_reply *reply);

/*
 *   ST_HSM_REQUEST     not a request of this shape
 *   ST_AGENT_IDENTITY  it is, but its identity is none
 */
MUST_CHECK enum status wire_request_decode(struct wire_request *request,
					   struct bytes message);

/* ST_HSM_REPLY: not a reply to op of this shape.  Otherwise ST_OK, and what
 * the signer said is in reply->status. */
MUST_CHECK enum status wire_reply_decode(struct wire_reply *reply,
					 enum wire_op op, struct bytes message);

void wire_head_encode(uint8_t head[WIRE_HEAD_LEN], size_t len);
/* ST_HSM_REQUEST: more than WIRE_MAX, or nothing. */
MUST_CHECK enum status wire_head_decode(size_t *len,
					const uint8_t head[WIRE_HEAD_LEN]);

#endif
