/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ledgers.h - ledgers, chips and raw SQL for the tests of the ledger.
 *
 * Failures fail the running test.
 */
#ifndef IMEILOCK_TESTS_LEDGERS_H
#define IMEILOCK_TESTS_LEDGERS_H

#include "ledger/ledger.h"
#include "support/folder.h"

#define MODEL "model-a"
#define TAC_A UINT64_C(101700) /* 00101700: a test TAC, with six zeros behind */
#define BODY(tac, snr) ((tac)*UINT64_C(1000000) + (snr))

/* A folder with an open development ledger. */
struct ledgers {
	char folder[FOLDER_MAX];
	char path[FOLDER_PATH_MAX];
	struct ledger_id id;
	struct ledger *ledger;
};

extern const struct ledger_who tester;
extern const struct ledger_decision decided; /* with a second person */

/* cmocka's setup and teardown; *state is a struct ledgers. */
int ledgers_setup(void **state);
int ledgers_teardown(void **state);
/* Close and open again. */
void ledgers_reopen(struct ledgers *l);

struct chip_id chip_of(unsigned int n);
struct public_key key_of(unsigned int n);
struct interval interval_of(uint64_t first, uint64_t last);
/* Numbers 1 to count of TAC_A for MODEL. */
void ledgers_fill(struct ledgers *l, uint64_t count);
/* Ticket chip n with key n, which must go well. */
struct ledger_unit ledgers_ticket(struct ledgers *l, unsigned int n,
				  unsigned int slots);
/* Ticket chip n if it is new, and bring it into state by legal moves. */
void ledgers_bring(struct ledgers *l, unsigned int n, enum number_state state);
uint64_t ledgers_events(struct ledgers *l);

/* Everything in the ledger as one text, which the caller frees. */
char *ledgers_dump(const char *path);
/* Run a call that must end with code and leave the ledger as it was. */
#define UNCHANGED(l, call, code)                                               \
	do {                                                                   \
		char *before_ = ledgers_dump((l)->path);                       \
		enum status told_ = (call);                                    \
		char *after_ = ledgers_dump((l)->path);                        \
                                                                               \
		assert_int_equal(told_, code);                                 \
		assert_string_equal(before_, after_);                          \
		free(before_);                                                 \
		free(after_);                                                  \
	} while (0)

/* The independent checker's verdict: 0 is good. */
int ledgers_check(const struct ledgers *l);

/* Raw SQL beside the tool: NULL when it went through, otherwise what SQLite
 * said, until the next call. */
const char *raw_sql(const char *path, const char *sql);
/* The first column of the first row, as a number. */
long long raw_int(const char *path, const char *sql);

/* ------------------------------------------------------------ refused moves */

#define WITH_LEDGER(f)                                                         \
	cmocka_unit_test_setup_teardown(f, ledgers_setup, ledgers_teardown)

#define EVENT_OF(chip)                                                         \
	"INSERT INTO event SELECT max(number) + 1, 0, 'raw', '', 0, '', " chip \
	", NULL, '{}', zeroblob(32) FROM event; "
#define EVENT EVENT_OF("(SELECT chip FROM unit WHERE number = 1)")
#define LAST "(SELECT max(number) FROM event)"

/* A second unit for a number that had none; the first one's otherwise. */
#define NEW_UNIT                                                               \
	EVENT_OF("x'c2c2c2c2c2c2c2c2'")                                        \
	"INSERT INTO unit (number, chip, device_key, model, slots,"            \
	" primary_slot, seen, burnt_words, record, record_cert, event)"        \
	" VALUES (2, x'c2c2c2c2c2c2c2c2', zeroblob(64), 'model-a', 1, 1, 1,"   \
	" 0, x'11', x'22', " LAST "); "

/*
 * Run sql in a transaction that is undone, behind an event about unit 1: what
 * is refused is then the move, and not the want of an event.  It must be
 * refused by a trigger or a CHECK that says why ("" is any); or go through.
 */
void raw_refused(struct ledgers *l, const char *sql, const char *why);
void raw_allowed(struct ledgers *l, const char *sql);

#endif
