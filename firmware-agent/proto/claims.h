/* SPDX-License-Identifier: Apache-2.0 */
/*
 * claims.h - what the signed objects are made of: keys, and their values.
 *
 * For record.c, token.c, evidence.c, object.c and revocation.c, and for the tool's claims.c,
 * which shows them by name; everybody else uses record.h.  claim_put_X appends
 * a key and its value; claim_get_X expects that key next, takes the value and
 * checks its range (ST_CBOR_TYPE is latched).  A key means the same in every
 * object that has it.
 */
#ifndef IMEILOCK_PROTO_CLAIMS_H
#define IMEILOCK_PROTO_CLAIMS_H

#include "proto/cbor.h"
#include "proto/record.h"

/* Registered claims: CWT (RFC 8392, RFC 8747) and EAT (RFC 9711). */
enum claim {
	CLAIM_IAT = 6,
	CLAIM_CTI = 7,
	CLAIM_CNF = 8,
	CLAIM_NONCE = 10,
	CLAIM_UEID = 256,
	CLAIM_OEMBOOT = 262,
	CLAIM_DBGSTAT = 263,
	CLAIM_PROFILE = 265,
	CLAIM_SWVERSION = 271,
};

/* Keys of the map under CLAIM_OWN.  Append only. */
enum own_claim {
	OWN_CLASS = 0,
	OWN_CHIP = 1,
	OWN_DEVICE = 2,
	OWN_IDENTITY = 3,
	OWN_LEDGER = 4,
	OWN_LAYOUT = 5,
	OWN_MODEL = 6,
	OWN_STATE = 7,
	OWN_ROLE = 8,
	OWN_EPOCH = 9,
	OWN_INTERVALS = 10,
	OWN_READBACK = 11,
	OWN_FINAL_PROCESS = 12,
	OWN_DEVICE_NONCE = 13,
	OWN_ORIGIN = 14,
	OWN_SECRET = 15,
	OWN_WORDS = 16,
	OWN_HEALTH = 17,
	OWN_STATUS_ONLY = 18,
	OWN_CANARIES = 19,
	OWN_FACTORY_BUILD = 20,
	OWN_SECRET_HIDDEN = 21,
	OWN_LOCK_PERMANENT = 22,
	OWN_VIRTUAL = 23,
	OWN_LOCK_UNITS = 24,
	OWN_LOCKED = 25,
	OWN_BLANK_CANARIES = 26,
	OWN_BOOT = 27,
	OWN_RECORD = 28,
	OWN_REVOKED_FROM = 29,
	OWN_REASON = 30,
};

#define ISSUED_MAX UINT64_C(253402300799) /* the last second of year 9999 */
#define LOCK_UNITS_MAX 8		  /* bits in a mask of lock units */

/* ------------------------------------------------------------- encoding */

void claim_put_uint(struct cbor_out *out, int64_t key, uint64_t value);
void claim_put_bytes(struct cbor_out *out, int64_t key, struct bytes value);
void claim_put_text(struct cbor_out *out, int64_t key, const char *text);
void claim_put_bool(struct cbor_out *out, int64_t key, bool value);
/* The head of our own map of so many pairs, which follow. */
void claim_put_own(struct cbor_out *out, size_t pairs);
/* cnf with a COSE_Key for P-256 (RFC 9052 7, RFC 9053 7.1). */
void claim_put_cnf(struct cbor_out *out, const struct public_key *key);
/* Class, chip id and device key: the first three pairs of our own map. */
void claim_put_unit(struct cbor_out *out, enum dev_class class,
		    const struct chip_id *chip,
		    const struct public_key *device);

/* ------------------------------------------------------------- decoding */

/* first <= value <= last */
uint64_t claim_get_uint(struct cbor_in *in, int64_t key, uint64_t first,
			uint64_t last);
void claim_get_exact(struct cbor_in *in, int64_t key, void *out, size_t len);
/* Printable ASCII of 1 to size - 1 bytes, ended in NUL. */
void claim_get_text(struct cbor_in *in, int64_t key, char *out, size_t size);
bool claim_get_bool(struct cbor_in *in, int64_t key);
void claim_expect_own(struct cbor_in *in, size_t pairs);
void claim_get_cnf(struct cbor_in *in, struct public_key *out);
enum dev_class claim_get_class(struct cbor_in *in);
/* A valid chip id; otherwise ST_AGENT_CHIP_ID is latched. */
void claim_get_chip(struct cbor_in *in, int64_t key, struct chip_id *out);
void claim_get_unit(struct cbor_in *in, enum dev_class *class,
		    struct chip_id *chip, struct public_key *device);
/* A valid identity; otherwise ST_AGENT_IDENTITY is latched. */
void claim_get_identity(struct cbor_in *in, struct identity *out);

/* A text that claim_get_text takes: 1 to max printable ASCII bytes. */
bool is_claim_text(struct bytes text, size_t max);

/* -------------------------------------------------------------- objects */

/*
 * Check the signature of object under key, twice and each time from the
 * object on.  *payload is the view of its payload, and empty on failure.
 */
MUST_CHECK enum status object_verify(struct bytes *payload,
				     const struct cose_kind *kind,
				     struct bytes object,
				     const struct public_key *key);

/* The payload of an object of this kind; the signature is not looked at. */
MUST_CHECK enum status object_payload(struct bytes *payload,
				      const struct cose_kind *kind,
				      struct bytes object);

/*
 * How each X_open ends, with what its two steps said: ST_OK if both are,
 * otherwise the first that is not, and the size bytes at out are cleared.
 */
MUST_CHECK enum status object_settle(void *out, size_t size, enum status first,
				     enum status second);

#endif
