/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ledger.h - which number went to which chip: the station's memory.
 *
 * Schema, states and legal moves: docs/ledger.md.  Uniqueness and moves are
 * held by the database itself (constraints and triggers in schema.sql), not by
 * the code here.  Every change appends a hash-chained event in the same
 * transaction.  A call that returns ST_OK is durable.
 *
 * A struct ledger is one connection; its calls take turns, so threads may
 * share it.  Several processes may open the same file.
 */
#ifndef IMEILOCK_TOOL_LEDGER_LEDGER_H
#define IMEILOCK_TOOL_LEDGER_LEDGER_H

#include "hsm/client.h"
#include "proto/record.h"

struct ledger;

/* Who does it: stands in every event. */
struct ledger_who {
	const char *operator_name; /* "" if nobody */
	int slot;		   /* fixture slot, 0 if none */
	const char *version;	   /* of the tool */
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
};

/* Make a new ledger file with a random id.  ST_LEDGER_EXISTS */
MUST_CHECK enum status ledger_create(const char *path, enum dev_class class,
				     struct ledger_id *id);
/* ST_LEDGER_OPEN, ST_LEDGER_SCHEMA, ST_LEDGER_FAILED (read-only) */
MUST_CHECK enum status ledger_open(struct ledger **out, const char *path);
void ledger_close(struct ledger *ledger); /* NULL is allowed */
void ledger_identify(struct ledger *ledger, struct ledger_id *id,
		     enum dev_class *class);

/* ------------------------------------------------------- chain and register */

/* The event chain as it is. */
MUST_CHECK enum status ledger_head(struct ledger *ledger,
				   struct chain_head *out);
/* Hash after the first count events; ST_HSM_LEDGER_OLD if there are fewer. */
MUST_CHECK enum status ledger_hash_at(struct ledger *ledger, uint64_t count,
				      struct sha256 *out);
/* Recompute the whole chain.  ST_LEDGER_CHAIN */
MUST_CHECK enum status ledger_check_chain(struct ledger *ledger);
/*
 * What the signer's register was when it last answered.  To remember a
 * shorter one than before does nothing: slots answer in any order.
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
 */
MUST_CHECK enum status ledger_ticket(struct ledger *ledger,
				     const struct ledger_who *who,
				     const char *model, unsigned int slot_count,
				     const struct chip_id *chip,
				     const struct public_key *key,
				     struct ledger_unit *out);

/*
 * A known chip was seen in state, with burnt words.
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
 *   ST_LEDGER_MOVE  the move is not legal, or VERIFIED has no evidence
 *   ST_LEDGER_QUARANTINED, ST_LEDGER_SCRAPPED  it is, and stays so
 */
MUST_CHECK enum status ledger_move(struct ledger *ledger,
				   const struct ledger_who *who,
				   const struct chip_id *chip,
				   enum number_state state, enum status reason,
				   struct bytes evidence);

/*
 * The engineer's decision on a quarantined unit: back to where it was, when
 * the same chip came with the same key; or scrapped, and refused for ever.
 *   ST_LEDGER_MOVE      it is not quarantined
 *   ST_LEDGER_CHIP_KEY  another key (release only)
 */
MUST_CHECK enum status ledger_release(struct ledger *ledger,
				      const struct ledger_who *who,
				      const struct chip_id *chip,
				      const struct public_key *key);
MUST_CHECK enum status ledger_scrap(struct ledger *ledger,
				    const struct ledger_who *who,
				    const struct chip_id *chip);

/*
 * How a run of a unit ended.  Counts RETRY in a row for causes in the unit;
 * *outcome is what the line is told: outcome itself, or ST_STATION_REPEATED
 * for the third in a row.  Units that were never ticketed are counted too.
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

/*
 * An event of the station itself: init, arm, close, refused old copy.
 *   ST_LEDGER_MOVE  kind is one that the ledger makes, or detail is not JSON
 */
MUST_CHECK enum status ledger_note(struct ledger *ledger,
				   const struct ledger_who *who,
				   const char *kind, const char *detail_json);

#endif
