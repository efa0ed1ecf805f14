/* SPDX-License-Identifier: Apache-2.0 */
/*
 * signers.h - a root and a station's signer in one process, with software
 * tokens, and simulated units that answer them.
 *
 * Failures fail the running test.
 */
#ifndef IMEILOCK_TESTS_SIGNERS_H
#define IMEILOCK_TESTS_SIGNERS_H

#include "hsm/local.h"
#include "hsm/signer.h"
#include "support/folder.h"
#include "support/image_maker.h"

#define SIGNERS_PIN "1234"
#define SIGNERS_MODEL "model-a"
#define SIGNERS_OTHER_MODEL "model-b"
#define SIGNERS_FINAL "final assembly"
#define SIGNERS_TAC 101700 /* 00101700: a test TAC */
#define SIGNERS_COUNT 1000 /* numbers in the interval */

/* One signer: its folder and token stand apart, as disk and HSM do. */
struct signer_place {
	char folder[FOLDER_PATH_MAX];
	char token[FOLDER_PATH_MAX + 8]; /* address */
	const struct chain_head *expect; /* at the next opening, or NULL */
	struct signer *signer;		 /* NULL: it does not run */
	struct hsm *hsm;
};

struct signers {
	char folder[FOLDER_MAX];
	struct signer_place root, line;
	struct public_key root_key;
	struct ledger_id ledger;
	struct chain_head head; /* of a ledger that there is not */
	struct object request, cert;
};

/* cmocka's setup: both run; the line has no key yet. */
int signers_set_up(void **state);
/* As above, and the line has its certificate. */
int signers_set_up_certified(void **state);
int signers_tear_down(void **state);

void place_init(struct signer_place *place, const char *folder,
		const char *name);
enum status place_open_status(struct signer_place *place);
void place_open(struct signer_place *place);
void place_close(struct signer_place *place); /* in good order */
void place_crash(struct signer_place *place);
/* Copy the folder as name, and put such a copy back. */
void place_save(const struct signer_place *place, const char *name);
void place_restore(const struct signer_place *place, const char *name);
uint64_t place_entries(struct signer_place *place); /* in the register */
/* The first number of the first line that was never handed out. */
uint64_t place_next(struct signer_place *place);

/* Numbers of the interval. */
struct imei signers_imei(unsigned int n);
struct interval signers_interval(unsigned int first, unsigned int last);
struct identity signers_identity(unsigned int first, unsigned int slots);
/* A key and certificate for model. */
void signers_certify(struct signers *signers, const char *model,
		     unsigned int first, unsigned int last);
/* One more event of the ledger. */
void signers_ledger_moves(struct signers *signers);

/* A unit as far as the signer sees it. */
struct unit {
	struct chip_id chip;
	struct crypto_key key;
	struct public_key device;
	enum dev_class class;
	struct object key_token, read_token, ticket, record;
};

void unit_init(struct unit *unit, unsigned int chip, unsigned int key);
void unit_wipe(struct unit *unit);
void unit_answer_key(struct unit *unit);
/* An image burnt for identity up to stage. */
void unit_burn(const struct unit *unit, const struct identity *identity,
	       enum maker_stage stage, struct image *image);
void unit_answer_read(struct unit *unit, const struct image *image,
		      enum field_state secret);

/* One request each; what comes of it is in unit. */
enum status unit_ticket(struct unit *unit, struct signers *signers,
			const struct identity *identity);
enum status unit_record(struct unit *unit, struct signers *signers);
/* call gives code, and the line's register is as it was. */
#define assert_refused(signers, call, code)                                    \
	do {                                                                   \
		uint64_t entries_ = place_entries(&(signers)->line);           \
		assert_int_equal(call, code);                                  \
		assert_int_equal(place_entries(&(signers)->line), entries_);   \
	} while (0)

/* All of it for chip n with its number n: must be good. */
void unit_ticket_good(struct signers *signers, unsigned int n);

#endif
