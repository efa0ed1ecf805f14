/* SPDX-License-Identifier: Apache-2.0 */
/*
 * samples.h - one of each signed object, and of each message, for tests.
 *
 * SAMPLE_SMALL has what is optional left out and texts short; SAMPLE_LARGE has
 * every field as long as it may be.  The keys are fixed and known to all.
 */
#ifndef IMEILOCK_TESTS_SAMPLES_H
#define IMEILOCK_TESTS_SAMPLES_H

#include "proto/msg.h"
#include "proto/record.h"
#include "proto/revocation.h"

enum sample_size { SAMPLE_SMALL, SAMPLE_LARGE, SAMPLE_SIZES };

/* Who signs what. */
enum sample_signer { SIGNER_ROOT, SIGNER_LINE, SIGNER_DEVICE, SIGNERS };

void sample_key(struct crypto_key *key, enum sample_signer signer);
void sample_public(struct public_key *out, enum sample_signer signer);

void sample_cert(struct cert *out, enum sample_size size);
void sample_request(struct cert_request *out, enum sample_size size);
void sample_ticket(struct ticket *out, enum sample_size size);
void sample_record(struct record *out, enum sample_size size);
void sample_key_token(struct key_token *out, enum sample_size size);
void sample_read_token(struct read_token *out, enum sample_size size);
void sample_probe_token(struct probe_token *out, enum sample_size size);
void sample_evidence(struct evidence *out, enum sample_size size);
void sample_revocation(struct revocation *out, enum sample_size size);

/* The nine kinds, as a table to walk through. */
struct sample_kind {
	const char *name; /* of the rule in docs/record.cddl */
	const struct cose_kind *kind;
	enum sample_signer signer;
	void (*encode)(struct cbor_out *out, enum sample_size size);
	/* Open, encode what came out, and say where *out has been cleared. */
	enum status (*open)(struct cbor_out *again, struct bytes object,
			    const struct public_key *key, bool *is_cleared);
};

#define SAMPLE_KINDS 9
extern const struct sample_kind sample_kinds[SAMPLE_KINDS];

/* The payload, and the signed object around any payload. */
struct bytes sample_payload(uint8_t buf[PAYLOAD_MAX],
			    const struct sample_kind *kind,
			    enum sample_size size);
struct bytes sample_sign(uint8_t buf[OBJECT_MAX],
			 const struct sample_kind *kind, struct bytes payload);

/* Requests and replies of each operation; views into static objects. */
void sample_msg_request(struct request *out, enum msg_op op,
			enum sample_size size);
void sample_msg_reply(struct reply *out, enum msg_op op, enum sample_size size);

#endif
