/* SPDX-License-Identifier: Apache-2.0 */
/*
 * msg.h - requests and replies between tool and agent.
 *
 * Normative text in docs/protocol.md, CDDL in docs/protocol.cddl.  A message
 * is one CBOR map; a frame carries it (proto/frame.h).
 *
 *   request  {0: session, 1: sequence, 2: operation, 3: body}
 *   reply    {0: session, 1: sequence, 2: operation, 4: status, ? 5: body}
 *   progress {0: session, 1: sequence, 2: operation, 6: [done, total]}
 *
 * session is new at each boot and comes with the reply to `hello`, which is
 * sent with session 0.  The same sequence with the same request gets the
 * stored reply again; with another request, ST_MSG_REUSED.  A sequence lower
 * than the last is ST_MSG_SEQUENCE.
 */
#ifndef IMEILOCK_PROTO_MSG_H
#define IMEILOCK_PROTO_MSG_H

#include "proto/bytes.h"
#include "proto/cbor.h"
#include "proto/fuse.h"
#include "proto/identity.h"
#include "proto/record.h"
#include "proto/status.h"

#define PROTOCOL_VERSION 1
#define AGENT_VERSION_MAX VERSION_MAX

enum msg_op {
	OP_HELLO = 1,
	OP_KEY,
	OP_PERMIT,
	OP_PROGRAM,
	OP_RELOAD,
	OP_READ,
	OP_STORE,
	OP_FETCH,
	OP_LOCK,
	OP_RESET,
	OP_PROBE,
	OP_ATTEST,
};

/* What an agent keeps in its record store; names for `fetch`. */
enum stored {
	STORED_TICKET_CERT = 1,
	STORED_TICKET,
	STORED_RECORD_CERT,
	STORED_RECORD,
	STORED_COUNT = STORED_RECORD,
};

struct msg_head {
	uint64_t session;
	uint32_t sequence;
	enum msg_op op;
};

/*
 * The body of any request; which members count depends on the operation:
 *   hello                    protocol
 *   key, read, probe, attest nonce
 *   permit                   cert, object (the ticket)
 *   store                    cert, object (the record)
 *   fetch                    which
 *   lock                     fuses, left out where there is none
 *   program, reload, reset   nothing
 */
struct request {
	struct msg_head head;
	uint32_t protocol;
	struct nonce nonce;
	struct bytes cert; /* views into the message */
	struct bytes object;
	enum stored which;
	uint8_t fuses; /* to burn before the lock: a mask of further_fuse */
};

/* What `hello` says. */
struct hello {
	uint32_t protocol;
	char version[VERSION_MAX + 1];
	bool is_factory_build;
	char model[MODEL_MAX + 1];
	uint8_t layout;
	enum dev_class class;
	struct chip_id chip;
	enum device_state state;
	enum field_state secret;
	uint8_t burnt_words; /* words behind the secret that are not blank:
				fewer than before means another chip */
	enum word_kind word_kind;
	uint8_t modem_slots;
	uint8_t lock_units;
	bool is_lock_permanent;
	bool is_refusal_harmless;
	bool has_random;
	bool is_secret_hidden;
	bool is_virtual;
	uint8_t debug;
	bool is_secure_boot;
	uint8_t stored_mask; /* bit n - 1: enum stored n is there */
	uint8_t fuses;	     /* that it can burn: a mask of further_fuse */
};

/*
 * A reply: status, and the body if status is ST_OK.
 *   hello                          hello
 *   key, read, probe, attest, fetch object
 *   program, store, lock           state
 *   permit, reload, reset          nothing
 */
struct reply {
	struct msg_head head;
	bool is_progress;
	uint32_t done, total; /* if is_progress */
	enum status status;
	struct hello hello;
	struct bytes object; /* a view into the message */
	enum device_state state;
};

/* Encode into buf; *message is the view of it.  ST_CBOR_SPACE */
MUST_CHECK enum status request_encode(struct bytes *message, uint8_t *buf,
				      size_t size, const struct request *req);
MUST_CHECK enum status reply_encode(struct bytes *message, uint8_t *buf,
				    size_t size, const struct reply *reply);

/*
 * Decode; on failure *out is cleared, but for the head as far as it was read.
 *   ST_MSG_FORMAT   not a message of this shape
 *   ST_MSG_UNKNOWN  the operation is not one of ours (request only)
 */
MUST_CHECK enum status request_decode(struct request *out,
				      struct bytes message);
MUST_CHECK enum status reply_decode(struct reply *out, struct bytes message);

#endif
