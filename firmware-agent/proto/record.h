/* SPDX-License-Identifier: Apache-2.0 */
/*
 * record.h - every signed object: certificate, ticket, record, and the tokens
 * that a device signs.
 *
 * Normative text in docs/record.md, CDDL in docs/record.cddl.  Each object is
 * a COSE_Sign1 (proto/cose.h) over a map with the claims of CWT (RFC 8392)
 * and EAT (RFC 9711), and our own claims in one map under CLAIM_OWN.
 *
 * X_encode makes the payload only: who holds the key makes the digest with
 * cose_digest, signs it, and wraps the payload with cose_encode.  X_open takes
 * a whole object apart and checks its signature under the key that is given.
 * A struct that was opened is a value: it holds no pointers into the input.
 * Opening refuses what is out of range: texts are 1 to X_MAX printable ASCII
 * bytes, layout is IMAGE_LAYOUT, roles of certificates are line and log.
 */
#ifndef IMEILOCK_PROTO_RECORD_H
#define IMEILOCK_PROTO_RECORD_H

#include "proto/bytes.h"
#include "proto/cose.h"
#include "proto/crypto.h"
#include "proto/identity.h"
#include "proto/image.h"
#include "proto/status.h"

#define CLAIM_OWN (-70001) /* private use, RFC 8392: below -65536 */
#define OBJECT_MAX 768	   /* bytes of any signed object */
#define PAYLOAD_MAX (OBJECT_MAX - COSE_OVERHEAD)
#define CERT_ID_LEN 8
#define FINAL_MAX 31 /* bytes of the declared final production process */
#define VERSION_MAX 23
#define STATION_MAX 31

extern const struct cose_kind KIND_CERT;
extern const struct cose_kind KIND_REQUEST;
extern const struct cose_kind KIND_TICKET;
extern const struct cose_kind KIND_RECORD;
extern const struct cose_kind KIND_KEY_TOKEN;
extern const struct cose_kind KIND_READ_TOKEN;
extern const struct cose_kind KIND_PROBE_TOKEN;
extern const struct cose_kind KIND_EVIDENCE;

/* --------------------------------------------- signed by root: certificate */

enum key_role { ROLE_LINE = 1, ROLE_LOG = 2, ROLE_ROOT = 3 };

#define INTERVALS_MAX 4

/* IMEI bodies first to last, both included. */
struct interval {
	struct imei first;
	struct imei last;
};

/* What a key may do: which class, model, ledger and numbers. */
struct cert {
	uint8_t id[CERT_ID_LEN]; /* cti: names it in a revocation */
	uint64_t issued;	 /* iat, seconds since 1970 */
	struct public_key key;	 /* cnf */
	enum key_role role;
	enum dev_class class;
	char model[MODEL_MAX + 1];
	struct ledger_id ledger;
	uint32_t epoch;
	uint8_t interval_count;
	struct interval interval[INTERVALS_MAX];
};

void cert_encode(struct cbor_out *out, const struct cert *cert);
/* ST_CRYPTO_SIGNATURE, ST_COSE_*, ST_CBOR_*, ST_IMEI_*: *out is then cleared */
MUST_CHECK enum status cert_open(struct cert *out, struct bytes object,
				 const struct public_key *root);
/* imei is in one of the intervals; otherwise the code that is given. */
MUST_CHECK enum status cert_covers(const struct cert *cert, struct imei imei,
				   enum status otherwise);
/* Every IMEI of identity is covered. */
MUST_CHECK enum status cert_covers_all(const struct cert *cert,
				       const struct identity *identity,
				       enum status otherwise);

/* ------------------------------------ signed by the key itself: the request */

/* What a station asks the root to certify; proof that it has the key. */
struct cert_request {
	struct public_key key;
	enum key_role role;
	enum dev_class class;
	struct ledger_id ledger;
	char model[MODEL_MAX + 1];
};

void cert_request_encode(struct cbor_out *out, const struct cert_request *req);
/* The signature is checked under the key that the request names. */
MUST_CHECK enum status cert_request_open(struct cert_request *out,
					 struct bytes object);

/* ----------------------------------------------- signed by line key: ticket */

/* This chip, with this key, may program this identity, answering the nonce. */
struct ticket {
	uint64_t issued;
	struct nonce nonce; /* the device's, fresh */
	enum dev_class class;
	struct chip_id chip;
	struct public_key device;
	struct identity identity;
	struct ledger_id ledger;
};

void ticket_encode(struct cbor_out *out, const struct ticket *ticket);
MUST_CHECK enum status ticket_open(struct ticket *out, struct bytes object,
				   const struct public_key *line);

/* ----------------------------------------------- signed by line key: record */

/* This chip was read back holding exactly this identity. */
struct record {
	uint64_t issued;
	enum dev_class class;
	struct chip_id chip;
	struct public_key device;
	struct identity identity;
	struct ledger_id ledger;
	uint8_t layout;
	char model[MODEL_MAX + 1];
	/* SHA-256 of the read token that the record rests on */
	struct sha256 readback;
	/* what the maker declares to be the final production process */
	char final_process[FINAL_MAX + 1];
};

void record_encode(struct cbor_out *out, const struct record *record);
MUST_CHECK enum status record_open(struct record *out, struct bytes object,
				   const struct public_key *line);
/* What an object says it is; its signature is not looked at.  To compare with
 * what is known, never to believe. */
MUST_CHECK enum status record_peek(struct record *out, struct bytes object);
/* What the digest field must hold for this record. */
MUST_CHECK enum status record_digest(struct sha256 *out,
				     const struct record *record);

/* ------------------------------------------------- signed by the device key */

/* Where the secret behind the device key came from. */
enum key_origin { ORIGIN_CHIP = 1, ORIGIN_INJECTED = 2 };

/* Device states, from fuses, locks and canaries alone (docs/otp.md). */
enum device_state {
	STATE_BLANK = 1,
	STATE_KEYED,
	STATE_WRITING,
	STATE_WRITTEN,
	STATE_RECORDED,
	STATE_LOCKING,
	STATE_LOCKED,
	STATE_LOCK_FAILED,
	STATE_VOID,
};

/* Answer to `key`: the device has this key, and asks this nonce. */
struct key_token {
	struct nonce nonce; /* the station's */
	enum dev_class class;
	struct chip_id chip;
	struct public_key device;
	struct nonce device_nonce; /* for the next ticket */
	enum key_origin origin;
};

void key_token_encode(struct cbor_out *out, const struct key_token *token);
/* Proof of possession: the signature is checked under the key inside. */
MUST_CHECK enum status key_token_open(struct key_token *out,
				      struct bytes object);

/* Answer to `read`: the words behind the secret, as they were sensed. */
struct read_token {
	struct nonce nonce;
	enum dev_class class;
	struct chip_id chip;
	struct public_key device;
	uint8_t layout;
	enum field_state secret; /* of the secret: its words are never shown */
	/* words and health from IMAGE_FIRST_OPEN_WORD on; blank before */
	struct image image;
};

void read_token_encode(struct cbor_out *out, const struct read_token *token);
MUST_CHECK enum status read_token_open(struct read_token *out,
				       struct bytes object);

/* What happened to the canary of one lock unit. */
enum canary_result {
	CANARY_HELD = 1,  /* the burn was refused and the word stayed blank */
	CANARY_BURNT,	  /* the lock was a promise */
	CANARY_NOT_TRIED, /* a lock unit reads open, or the port does not
			       allow it */
};

/* Answer to `probe`. */
struct probe_token {
	struct nonce nonce;
	enum dev_class class;
	struct chip_id chip;
	struct public_key device;
	enum device_state state; /* after the attempts */
	bool is_status_only;	 /* nothing was tried, by declaration */
	uint8_t unit_count;
	uint8_t canary[8]; /* enum canary_result, one a lock unit */
};

void probe_token_encode(struct cbor_out *out, const struct probe_token *token);
MUST_CHECK enum status probe_token_open(struct probe_token *out,
					struct bytes object);

/* Answer to `attest`: an EAT. */
struct evidence {
	struct nonce nonce;
	enum dev_class class;
	struct chip_id chip;
	struct public_key device;
	/* decodable IMEIs, also the ueid claim; left out unless they pass
	 * identity_check, and then no slot is populated after opening */
	struct identity identity;
	enum device_state state;
	uint8_t layout;
	char model[MODEL_MAX + 1];
	char version[VERSION_MAX + 1]; /* of the agent; swversion */
	bool is_factory_build;
	uint8_t debug;	     /* dbgstat */
	bool is_secure_boot; /* oemboot */
	enum key_origin origin;
	bool is_secret_hidden;
	bool is_lock_permanent;
	bool is_virtual;
	uint8_t unit_count;
	uint8_t locked_mask;	   /* bit n: lock unit n reads locked */
	uint8_t blank_canary_mask; /* bit n: its canary reads blank */
	enum status boot;	   /* what boot_check said */
	bool has_record;
	struct sha256 record; /* of the stored record object, if has_record */
};

void evidence_encode(struct cbor_out *out, const struct evidence *evidence);
MUST_CHECK enum status evidence_open(struct evidence *out, struct bytes object);

/* ------------------------------------------------------------------ helpers */

/* Wrap payload for kind, signed by key, appended to out. */
MUST_CHECK enum status object_sign(struct cbor_out *out,
				   const struct cose_kind *kind,
				   struct bytes payload,
				   const struct crypto_key *key);

/* The kind whose typ an object carries, or NULL. */
const struct cose_kind *object_kind(struct bytes object);

#endif
