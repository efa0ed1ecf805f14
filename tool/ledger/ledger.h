/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ledger.h - which number went to which chip: the station's memory.
 *
 * Schema, states and legal moves: docs/ledger.md.  Uniqueness and moves are
 * held by the database itself (constraints and triggers in schema.sql), not by
 * the code here.  Every change appends a hash-chained event in the same
 * transaction.  A call that returns ST_OK is durable; those marked "lazy" are
 * with the next one that is not, so that a power cut of the station may lose
 * what they said of a look, and never a number.
 *
 * A struct ledger is one connection; threads share it, and those that come at
 * the same time share a commit.  Several processes may open the same file.
 */
#ifndef IMEILOCK_TOOL_LEDGER_LEDGER_H
#define IMEILOCK_TOOL_LEDGER_LEDGER_H

#include "hsm/client.h"
#include "ledger/tally.h"
#include "proto/record.h"

struct ledger;

/* Who does it: stands in every event. */
struct ledger_who {
	const char *operator_name; /* "" if nobody */
	int slot;		   /* fixture slot, 0 if none */
	const char *version;	   /* of the tool */
};

/* Why a person decides so, and who else stands behind it. */
#define LEDGER_WHY_MAX 200 /* bytes */
#define LEDGER_NAME_MAX 63
struct ledger_decision {
	const char *why;
	const char *second; /* "" if nobody */
};

/* States of a number; free numbers of an interval have no row. */
enum number_state {
	NUMBER_FREE = 1,
	NUMBER_LEASED,
	NUMBER_RESERVED,
	NUMBER_TICKETED,
	NUMBER_WRITTEN,
	NUMBER_LOCKED,
	NUMBER_VERIFIED,
	NUMBER_QUARANTINED,
	NUMBER_SCRAPPED,
	NUMBER_STATES,
};
const char *number_state_name(enum number_state state);

/* A board's barcode. */
#define BOARD_MAX 63
/* 1 to BOARD_MAX bytes of printable ASCII, no space at either end. */
bool ledger_is_board(const char *text);

/* A unit that the ledger knows. */
struct ledger_unit {
	struct chip_id chip;
	struct public_key key;
	char model[MODEL_MAX + 1];
	struct identity identity;
	enum number_state state;  /* of all its numbers together */
	enum number_state before; /* if quarantined: where it was */
	enum device_state seen;	  /* the furthest state seen */
	uint8_t burnt_words;	  /* the most that was seen burnt */
	uint32_t unit_retries;	  /* RETRY in a row for causes in the unit */
	struct object record;	  /* len 0 if none yet */
	struct object record_cert;
	char board[BOARD_MAX + 1];  /* "" if not known */
	struct chip_id replaces;    /* whose place it took; len 0 if none */
	struct chip_id replaced_by; /* who took its place */
};

/* Make a new ledger file with a random id.  ST_LEDGER_EXISTS */
MUST_CHECK enum status ledger_create(const char *path, enum dev_class class,
				     struct ledger_id *id);
/*
 * Open for work.  A ledger of an older schema version is brought up to this
 * one in one transaction, after a backup of it was made beside it.
 *   ST_LEDGER_SCHEMA  of a newer version, or something of it is missing
 *   ST_LEDGER_BACKUP  a backup, which is not for work
 *   ST_LEDGER_OPEN, ST_LEDGER_FAILED (read-only)
 */
MUST_CHECK enum status ledger_open(struct ledger **out, const char *path);
/*
 * Open a ledger or a backup for reading: the file is not changed, and calls
 * that would change it fail.  An older one is read as if it had been brought
 * up to this version.  ST_LEDGER_OPEN, ST_LEDGER_SCHEMA
 */
MUST_CHECK enum status ledger_open_read(struct ledger **out, const char *path);
bool ledger_is_backup(const struct ledger *ledger);
void ledger_close(struct ledger *ledger); /* NULL is allowed */
void ledger_identify(struct ledger *ledger, struct ledger_id *id,
		     enum dev_class *class);
/*
 * A copy of the ledger as it is now in a new file (mode 0600), which says
 * that it is a backup.  Others may go on working meanwhile.
 *   ST_STATION_EXISTS  there is a file of this name
 */
MUST_CHECK enum status ledger_backup(struct ledger *ledger, const char *path);

/* ------------------------------------------------------- chain and register */

/* The event chain as it is. */
MUST_CHECK enum status ledger_head(struct ledger *ledger,
				   struct chain_head *out);
/*
 * A head that no power cut takes back, which is what the signer may hear of:
 * the last that this connection knows to be so, or the newest of all, which
 * may cost a sync.
 */
MUST_CHECK enum status ledger_durable_head(struct ledger *ledger,
					   bool is_newest,
					   struct chain_head *out);
/* Hash after the first count events; ST_HSM_LEDGER_OLD if there are fewer. */
MUST_CHECK enum status ledger_hash_at(struct ledger *ledger, uint64_t count,
				      struct sha256 *out);
/* Recompute the whole chain.  ST_LEDGER_CHAIN */
MUST_CHECK enum status ledger_check_chain(struct ledger *ledger);

/* One thing that was looked at. */
struct ledger_look {
	const char *what;
	uint64_t count;	   /* how many of them */
	const char *place; /* the first that is wrong; "" if none is */
	enum status status;
};
typedef void (*ledger_look_fn)(void *ctx, const struct ledger_look *look);

/*
 * Look at the whole ledger: the file, the chain, what each event says against
 * what the rows say, the sums.  All of it is looked at; each is called for
 * each thing and must not call the ledger.  The first that is wrong is
 * returned: ST_LEDGER_FAILED, ST_LEDGER_CHAIN, ST_LEDGER_ROWS, ST_LEDGER_SUMS.
 */
MUST_CHECK enum status ledger_check(struct ledger *ledger, ledger_look_fn each,
				    void *ctx);
/*
 * What the signer's register was when it last answered.  To remember a
 * shorter one than before does nothing: slots answer in any order.  Lazy.
 *   ST_HSM_REGISTER_OLD  another hash at the same length
 */
MUST_CHECK enum status ledger_seen_register(struct ledger *ledger,
					    struct chain_head *out);
MUST_CHECK enum status ledger_remember_register(struct ledger *ledger,
						const struct chain_head *reg);

/* ------------------------------------------------------------ TAC intervals */

struct ledger_interval {
	char model[MODEL_MAX + 1];
	struct interval interval;
	struct imei next; /* first number not handed out; none when used up */
	uint64_t count[NUMBER_STATES]; /* how many numbers are in each state;
					  they add up to the interval */
};

/*
 *   ST_LEDGER_OVERLAP    with an interval that is there
 *   ST_LEDGER_TEST_TAC   test TACs in production, live ones in development
 *   ST_LEDGER_INTERVAL   not from first to last within one TAC
 *   ST_LEDGER_TAC_MODEL  the TAC serves another model
 */
MUST_CHECK enum status ledger_add_interval(struct ledger *ledger,
					   const struct ledger_who *who,
					   const char *model,
					   const struct interval *interval);
/* In the order in which they are used.  *count is in: room, out: how many.
 * ST_CBOR_SPACE when there are more. */
MUST_CHECK enum status ledger_intervals(struct ledger *ledger,
					struct ledger_interval *out,
					size_t *count);
/*
 * How many units of slot_count numbers model still gets: neighbours within
 * one interval.
 */
MUST_CHECK enum status ledger_units_left(struct ledger *ledger,
					 const char *model,
					 unsigned int slot_count,
					 uint64_t *units);
/* Numbers that the last unit of model got; ST_LEDGER_NONE without one. */
MUST_CHECK enum status ledger_model_slots(struct ledger *ledger,
					  const char *model,
					  unsigned int *slot_count);
/*
 * Numbers of a certified interval below next (all of them if next is "none")
 * that this ledger still takes for free were handed out by somebody (the
 * token's mark says so): they become quarantined.
 *   ST_LEDGER_INTERVAL  next is not of the interval
 */
MUST_CHECK enum status ledger_skip_to(struct ledger *ledger,
				      const struct ledger_who *who,
				      const struct interval *certified,
				      struct imei next);

/* --------------------------------------------------------------------- units */

/* ST_LEDGER_NONE when the chip was never ticketed here. */
MUST_CHECK enum status ledger_find(struct ledger *ledger,
				   const struct chip_id *chip,
				   struct ledger_unit *out);
/* The same by one of its numbers. */
MUST_CHECK enum status ledger_find_imei(struct ledger *ledger, struct imei imei,
					struct ledger_unit *out);
/* The one living unit on a board. */
MUST_CHECK enum status ledger_find_board(struct ledger *ledger,
					 const char *board,
					 struct ledger_unit *out);

/* What was scanned of a unit's label: its numbers, ascending. */
struct ledger_label {
	unsigned int count;
	struct imei number[SLOTS_MAX];
};

/* What a ticket binds. */
struct ledger_binding {
	const char *model;
	unsigned int slot_count;
	const struct chip_id *chip;
	const struct public_key *key;
	const char *board; /* its barcode, or NULL */
	/* the numbers that it gets, or NULL for the next ones */
	const struct ledger_label *label;
};

/*
 * The one durable transaction before the signer is asked: bind chip and key
 * to a new identity of slot_count neighbours within one TAC, lowest primary;
 * or give the identity that the same chip and key have already.
 *   ST_LEDGER_CHIP_KEY     known with another key: its numbers are quarantined
 *   ST_LEDGER_KEY_TWICE    another chip has this key: nothing is bound
 *   ST_LEDGER_MODEL        known as another model
 *   ST_LEDGER_EMPTY        no number left
 *   ST_LEDGER_SCRAPPED, ST_LEDGER_QUARANTINED
 *   ST_PROFILE_SLOTS       known with another number of slots
 *   ST_LEDGER_BOARD_TAKEN  another living unit is on this board
 *   ST_LEDGER_BOARD_OTHER  known on another board
 * A board is kept with the unit; a unit that had none yet takes it.
 *   what ledger_check_label says, if there is a label
 */
MUST_CHECK enum status ledger_bind(struct ledger *ledger,
				   const struct ledger_who *who,
				   const struct ledger_binding *binding,
				   struct ledger_unit *out);
/*
 * Whether ledger_bind would give chip the numbers of a label, by what the ledger
 * holds now; nothing is changed.  A label names its lowest number at least.
 *   ST_LEDGER_LABEL_OUTSIDE  of no interval of model
 *   ST_LEDGER_LABEL_PAIR     not the numbers of one unit
 *   ST_LEDGER_TAKEN          another chip's
 *   ST_LEDGER_LABEL_VOID     quarantined or scrapped
 *   ST_LEDGER_LABEL_OTHER    chip has other numbers already
 */
MUST_CHECK enum status ledger_check_label(struct ledger *ledger,
					  const struct ledger_binding *binding);
/* Whose model a number is, by the intervals.  ST_LEDGER_LABEL_OUTSIDE */
MUST_CHECK enum status ledger_label_model(struct ledger *ledger,
					  struct imei number,
					  char model[MODEL_MAX + 1]);
/* What a label is stuck on. */
enum ledger_label_place {
	LEDGER_LABEL_HOUSING,
	LEDGER_LABEL_BOX,
};
/* "housing", "box" */
const char *ledger_label_place_name(enum ledger_label_place place);
bool ledger_label_place_parse(enum ledger_label_place *out, const char *text);

/*
 * A label was held against a unit that is verified: outcome is ST_OK where it is
 * the unit's own.  No number moves; a second one is another event.
 *   ST_LEDGER_MOVE  the unit is not verified
 *   ST_LEDGER_QUARANTINED, ST_LEDGER_SCRAPPED  it is
 */
MUST_CHECK enum status ledger_labelled(struct ledger *ledger,
				       const struct ledger_who *who,
				       const struct chip_id *chip,
				       enum ledger_label_place place,
				       enum status outcome);
/* The same without board and label. */
MUST_CHECK enum status ledger_ticket(struct ledger *ledger,
				     const struct ledger_who *who,
				     const char *model, unsigned int slot_count,
				     const struct chip_id *chip,
				     const struct public_key *key,
				     struct ledger_unit *out);

/*
 * A known chip was seen in state, with burnt words.  Lazy.
 *   ST_LEDGER_CHIP_FEWER  it was seen with more before: quarantined
 */
MUST_CHECK enum status ledger_see(struct ledger *ledger,
				  const struct ledger_who *who,
				  const struct chip_id *chip,
				  enum device_state state,
				  unsigned int burnt_words);

/*
 * A record was signed: its bytes are kept; ticketed becomes written.  Until
 * the unit is locked another record may take its place.
 *   ST_LEDGER_MOVE  the unit is locked, and this is another record
 *   ST_LEDGER_QUARANTINED, ST_LEDGER_SCRAPPED
 */
MUST_CHECK enum status ledger_record(struct ledger *ledger,
				     const struct ledger_who *who,
				     const struct chip_id *chip,
				     struct bytes record, struct bytes cert);

/*
 * Move the unit's numbers forward to LOCKED or VERIFIED, or to QUARANTINED
 * with reason.  A move to where they are already does nothing.  For VERIFIED
 * evidence is the final evidence: the event holds its hash and the record's.
 * LOCKED is lazy: the fuses say it again.
 *   ST_LEDGER_MOVE  the move is not legal, or VERIFIED has no evidence
 *   ST_LEDGER_QUARANTINED, ST_LEDGER_SCRAPPED  it is, and stays so
 */
MUST_CHECK enum status ledger_move(struct ledger *ledger,
				   const struct ledger_who *who,
				   const struct chip_id *chip,
				   enum number_state state, enum status reason,
				   struct bytes evidence);

/*
 * What people decide.  Each event holds the operator, the second person and
 * why.  A refusal changes nothing.
 *   ST_LEDGER_SECOND  no reason; or, for all but quarantine, no second person
 *   who is another one than the operator
 *   ST_LEDGER_SCRAPPED  it is, for ever
 */
/* ST_LEDGER_SECOND as above, before anybody is asked to confirm. */
MUST_CHECK enum status ledger_check_decision(
	const struct ledger_who *who, const struct ledger_decision *decision);
/* ST_LEDGER_QUARANTINED: it is already */
MUST_CHECK enum status ledger_quarantine(struct ledger *ledger,
					 const struct ledger_who *who,
					 const struct ledger_decision *decision,
					 const struct chip_id *chip);
/*
 * From quarantine back to where it was, when the same chip came with the same
 * key.  Retries are counted anew.
 *   ST_LEDGER_NOT_QUARANTINED
 *   ST_LEDGER_CHIP_KEY  another key; the event alone tells of it
 */
MUST_CHECK enum status ledger_release(struct ledger *ledger,
				      const struct ledger_who *who,
				      const struct ledger_decision *decision,
				      const struct chip_id *chip,
				      const struct public_key *key);
/* Numbers and chip are refused for ever, wherever they are now. */
MUST_CHECK enum status ledger_scrap(struct ledger *ledger,
				    const struct ledger_who *who,
				    const struct ledger_decision *decision,
				    const struct chip_id *chip);
/*
 * The chip of a unit was replaced: the old one is scrapped, if it is not yet,
 * and the two are linked.  The new one may be a unit already, or become one.
 *   ST_LEDGER_REPLACED  one of the two is linked already
 *   ST_LEDGER_SCRAPPED  the new one is
 *   ST_LEDGER_MODEL     the new one is of another model
 */
MUST_CHECK enum status ledger_replace(struct ledger *ledger,
				      const struct ledger_who *who,
				      const struct ledger_decision *decision,
				      const struct chip_id *old,
				      const struct chip_id *new_chip);

/*
 * How a run of a unit ended.  Counts RETRY in a row for causes in the unit;
 * *outcome is what the line is told: outcome itself, or ST_STATION_REPEATED
 * for the third in a row.  Units that were never ticketed are counted too.
 * Lazy.
 */
MUST_CHECK enum status ledger_outcome(struct ledger *ledger,
				      const struct ledger_who *who,
				      const struct chip_id *chip,
				      bool is_cause_in_unit,
				      enum status *outcome);

/* ------------------------------------------------------------------- reading */

struct ledger_event {
	uint64_t number; /* from 1 */
	int64_t time;	 /* seconds since 1970 */
	const char *kind;
	const char *operator_name;
	int slot;
	const char *version;
	struct chip_id chip; /* len 0 if none */
	struct imei imei;    /* primary, or none */
	const char *detail;  /* JSON */
};
typedef void (*ledger_event_fn)(void *ctx, const struct ledger_event *event);

/* Events of one chip (or of all, chip NULL), oldest first.  Texts hold during
 * the call; each must not call the ledger. */
MUST_CHECK enum status ledger_history(struct ledger *ledger,
				      const struct chip_id *chip,
				      ledger_event_fn each, void *ctx);

typedef void (*ledger_unit_fn)(void *ctx, const struct ledger_unit *unit);
MUST_CHECK enum status ledger_units(struct ledger *ledger, ledger_unit_fn each,
				    void *ctx);

/* The verified ones whose own label was never seen at that place. */
MUST_CHECK enum status ledger_unlabelled(struct ledger *ledger,
					 enum ledger_label_place place,
					 ledger_unit_fn each, void *ctx);

/* A number that is not free. */
struct ledger_number {
	struct imei imei;
	enum number_state state;
	enum number_state before; /* if quarantined: where it was */
	const char *model;	  /* that gets it */
	struct chip_id chip;	  /* len 0 if it never had one */
	unsigned int slot;	  /* modem slot, 0 without a chip */
	bool is_primary;
	const char *board; /* "" if not known */
	int64_t given;	   /* when it was ticketed; 0 without a chip */
	int64_t moved;	   /* when it came to be where it is */
};
typedef void (*ledger_number_fn)(void *ctx, const struct ledger_number *number);

/* All of them, in the order of the numbers; texts as in ledger_history. */
MUST_CHECK enum status ledger_numbers(struct ledger *ledger,
				      ledger_number_fn each, void *ctx);

/* How the units ended that came after the first after events. */
MUST_CHECK enum status ledger_tally(struct ledger *ledger, uint64_t after,
				    struct tally *out);
/* How many were verified after the first *after events; *after is then the number
 * of the last event that there is. */
MUST_CHECK enum status ledger_count_verified(struct ledger *ledger,
					     uint64_t *after, uint64_t *count);

/*
 * An event of the station itself: init, arm, close, refused old copy.
 *   ST_LEDGER_MOVE  kind is one that the ledger makes, or detail is not JSON
 */
MUST_CHECK enum status ledger_note(struct ledger *ledger,
				   const struct ledger_who *who,
				   const char *kind, const char *detail_json);

#endif
