/* SPDX-License-Identifier: Apache-2.0 */
/*
 * client.h - how the tool talks to the signer, the one process that has keys.
 *
 * The PKCS#11 module is vendor code; it is loaded in the signer process only
 * and never here.  The signer takes typed requests, never digests: it builds
 * what it signs.  Wire format and checks: docs/hsm.md.
 *
 * A struct hsm may be used by many threads: their calls are under way at once,
 * the signer decides them one by one and signs several at a time.  Once there
 * was no reply to a call, there is none to any further one.  Buffers are the
 * caller's.
 */
#ifndef IMEILOCK_HSM_CLIENT_H
#define IMEILOCK_HSM_CLIENT_H

#include <sys/types.h>

#include "proto/record.h"
#include "proto/revocation.h"

struct hsm;

/* An object of OBJECT_MAX bytes at most, as a value. */
struct object {
	uint8_t byte[OBJECT_MAX];
	size_t len;
};

static inline struct bytes
object_bytes(const struct object *object)
{
	return bytes_of(object->byte, object->len);
}

/* Length and last hash of a hash-chained, append-only list. */
struct chain_head {
	uint64_t count;
	struct sha256 hash; /* zeros if count is 0 */
};

#define HSM_LINES_MAX 8 /* line keys in one signer */

/* One line key: a station has one for each model that it makes. */
struct hsm_line {
	char model[MODEL_MAX + 1];
	struct public_key key;
	bool has_cert;
	struct object cert; /* as installed */
	/* The mark in the token: for each interval of the certificate the
	 * first number that was never handed out; IMEI_NONE when used up. */
	struct imei next[INTERVALS_MAX];
};

/* What a signer is and holds. */
struct hsm_status {
	enum key_role role; /* of this folder: line or root; 0 if it is fresh */
	enum dev_class class;
	char token_label[33];
	char token_serial[17];
	bool is_hardware;
	bool has_key;		 /* role root: the root key is there */
	struct public_key key;	 /* role root */
	struct ledger_id ledger; /* role line */
	uint8_t line_count;	 /* role line: keys, with certificate or not */
	struct hsm_line line[HSM_LINES_MAX];
	struct chain_head reg;	       /* the register as it is now */
	struct chain_head seen_ledger; /* the ledger as the register last
					  heard of it */
};

/* The line of a model, or NULL. */
const struct hsm_line *hsm_find_line(const struct hsm_status *status,
				     const char *model);

/*
 * Connect to a signer that listens on a unix socket.
 *   ST_HSM_CONNECT  nobody listens
 */
MUST_CHECK enum status hsm_connect(struct hsm **out, const char *socket_path);

/* How to start a signer; strings are borrowed for the call.  pin_fd is closed
 * by the call, whether it succeeds or not. */
struct hsm_start {
	const char *folder; /* register, certificate, settings; mode 0700 */
	const char *token;  /* RFC 7512 URI, or "soft:FILE" (development) */
	const char *socket; /* where to listen; NULL: this connection only,
			       the signer ends with it */
	int pin_fd;	    /* read to the first newline or end */
	const struct chain_head *expect; /* what the ledger remembers of the
					    register; NULL: nothing */
};

/*
 * Start `imeilock-signer` (found beside the running program, or in PATH) and
 * connect to it.  With a socket it goes on as a daemon after hsm_close; *pid is
 * then its process.  Any failure to come up is the signer's own code, such as
 * ST_HSM_REGISTER_OLD for a register that is not what is expected.
 */
MUST_CHECK enum status hsm_start(struct hsm **out, pid_t *pid,
				 const struct hsm_start *how);
void hsm_close(struct hsm *hsm); /* NULL is allowed */

MUST_CHECK enum status hsm_status(struct hsm *hsm, struct hsm_status *out);

/* The register's hash after its first count entries: the old-copy check.
 * ST_HSM_REGISTER_OLD when it has fewer. */
MUST_CHECK enum status hsm_register_at(struct hsm *hsm, uint64_t count,
				       struct sha256 *out);

/* ------------------------------------------------------------- the root */

/* Make the root key in a fresh folder.  ST_HSM_EXISTS if there is one. */
MUST_CHECK enum status hsm_root(struct hsm *hsm, enum dev_class class,
				struct public_key *out);

/*
 * Certify a request for intervals (numbers of other ledgers are refused:
 * ST_HSM_OVERLAP; test TACs in production, live ones in development:
 * ST_HSM_TEST_TAC).  Durable in the root's register before it is signed.
 */
MUST_CHECK enum status hsm_certify(struct hsm *hsm, struct bytes request,
				   const struct interval *interval,
				   unsigned int count, uint32_t epoch,
				   struct object *cert);

/*
 * A notice that the key of cert, and so each of its certificates, is revoked for
 * what it signed from then on (seconds since 1970; 0: for all).  reason is 1 to
 * REASON_MAX printable ASCII bytes.  The root certifies that key no more.
 *   ST_HSM_REVOCATION  cert is not this root's
 */
MUST_CHECK enum status hsm_revoke(struct hsm *hsm, struct bytes cert,
				  uint64_t from, const char *reason,
				  struct object *notice);

/* ---------------------------------------------------------- the station */

/* Make the line key of model if there is none, and the request that goes to
 * the root.  A second call makes the same request for the same key.  All lines
 * of a folder have one class, ledger and register. */
MUST_CHECK enum status hsm_request(struct hsm *hsm, enum dev_class class,
				   const char *model,
				   const struct ledger_id *ledger,
				   struct object *request);

/* Install what came back, for the line whose key it names; root is kept with
 * it and is one for all lines.  ST_HSM_CERTIFICATE, ST_HSM_CERT_LEDGER,
 * ST_HSM_CERT_OLD (a lower epoch than the one before) */
MUST_CHECK enum status hsm_install(struct hsm *hsm, struct bytes cert,
				   const struct public_key *root);

/*
 * A ticket for the chip and key of a key token, signed by the line whose
 * certificate is for model.  The register, one for all lines, is durable
 * before the signature is made; ledger is what it will remember.  The same
 * chip, key and identity get a new ticket at any time.
 *   ST_HSM_IMEI_TAKEN   a number is another chip's: nothing was registered
 *   ST_HSM_CHIP_TAKEN   the chip is known with another key or identity
 *   ST_HSM_INTERVAL     outside the certificate
 *   ST_HSM_LEDGER_OLD   ledger has fewer events than the register remembers;
 *                       where another thread's ticket may have overtaken this
 *                       call, take the ledger's head anew and call again
 *   ST_HSM_SKIPPED      below the mark when an old copy was found
 * *reg is the register after it, for the ledger to remember.
 */
MUST_CHECK enum status hsm_ticket(struct hsm *hsm, const char *model,
				  struct bytes key_token,
				  const struct identity *identity,
				  const struct chain_head *ledger,
				  struct object *ticket,
				  struct chain_head *reg);

/*
 * A record, built by the signer from the raw words in read_token.  ticket and
 * its certificate may be empty if this register has the ticket; otherwise they
 * show that another key of the same ledger gave it.
 *   ST_HSM_NO_TICKET, ST_HSM_READBACK, ST_CRYPTO_SIGNATURE
 */
MUST_CHECK enum status hsm_record(struct hsm *hsm, struct bytes read_token,
				  struct bytes ticket, struct bytes ticket_cert,
				  const char *model, const char *final_process,
				  struct object *record);

/*
 * Orderly close: the mark moves back to what was really handed out, the PIN is
 * wiped, the process ends.
 */
MUST_CHECK enum status hsm_shutdown(struct hsm *hsm);

#endif
