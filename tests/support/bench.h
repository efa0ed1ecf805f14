/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench.h - one agent on a chip in memory, and the station that asks it.
 *
 * The station can make everything that a signer would make, right or wrong.
 * A step of the bench itself that goes wrong fails the cmocka test.
 */
#ifndef IMEILOCK_TESTS_BENCH_H
#define IMEILOCK_TESTS_BENCH_H

#include "agent/agent.h"
#include "support/fake_port.h"
#include "support/samples.h"

struct bench {
	struct fake_port fake;
	struct boot_trust trust;
	struct agent agent;
	uint32_t sequence; /* of the last request */

	/* what the station works with; set for other cases */
	enum sample_signer root, line;
	struct cert cert;
	struct identity identity;

	struct key_token token; /* the last one */

	/* the last message and its reply */
	uint8_t message_buf[2 * FRAME_MESSAGE_MAX];
	struct bytes message;
	struct bytes raw;
	struct reply reply;
	unsigned int progress_count;

	/* at bench_mark */
	struct fake_cells cells;
	uint8_t store[PORT_STORE_SECTORS][PORT_STORE_SECTOR_MIN];
};

/* A blank chip under power, and one IMEI for each of slots modem slots. */
void bench_init(struct bench *bench, enum word_kind kind, unsigned int slots);
/* The same unit once more, in the same session, with what is wrong with it. */
void bench_copy(struct bench *to, const struct bench *from);
/* Power off and on, then hello. */
void bench_boot(struct bench *bench);

/* Send as it stands; the reply is in raw and, if it is one, in reply. */
void bench_send(struct bench *bench, struct bytes message);
/* Send with the right session and the next sequence; reply.status. */
enum status bench_ask(struct bench *bench, struct request *req);
/* An operation that needs no more than a nonce or nothing. */
enum status bench_op(struct bench *bench, enum msg_op op);
enum status bench_fetch(struct bench *bench, enum stored which);
/* key, and its token is opened and kept. */
enum status bench_key(struct bench *bench);

/* The right ones, for the last key-token and what the fuses hold. */
void bench_ticket(const struct bench *bench, struct ticket *out);
void bench_record(const struct bench *bench, struct record *out);
/* Sign with bench->root and bench->line, and ask. */
enum status bench_permit(struct bench *bench, const struct ticket *ticket);
enum status bench_store(struct bench *bench, const struct record *record);
/* The same in one. */
enum status bench_permit_right(struct bench *bench);
enum status bench_store_right(struct bench *bench);

/* Sign payload with a sample key. */
struct bytes bench_sign(uint8_t buf[OBJECT_MAX], const struct cose_kind *kind,
			const struct cbor_out *payload,
			enum sample_signer signer);
struct bytes bench_sign_cert(uint8_t buf[OBJECT_MAX],
			     const struct bench *bench);
struct bytes bench_sign_record(uint8_t buf[OBJECT_MAX],
			       const struct bench *bench,
			       const struct record *record);

/* What hello says. */
enum device_state bench_state(struct bench *bench);
/* From any earlier state to one of keyed, written, recorded, locked, as a good
 * station does it. */
void bench_to(struct bench *bench, enum device_state state);
/* A new unit of two modem slots in any state, just started. */
void bench_in(struct bench *bench, enum device_state state);

/* Remember fuses, locks, canaries and the store; see that all are the same. */
void bench_mark(struct bench *bench);
void bench_assert_same_fuses(const struct bench *bench);
void bench_assert_same(const struct bench *bench);
/* status is expected, and nothing changed since bench_mark. */
void bench_assert_refused(const struct bench *bench, enum status status,
			  enum status expected);

#endif
