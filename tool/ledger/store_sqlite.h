/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store_sqlite.h - what the files of the SQLite store share; nobody else.
 *
 * Every call of ledger.h that changes something has one shape: store_begin,
 * find, append an event, change rows under that event's number, store_end.
 */
#ifndef IMEILOCK_TOOL_LEDGER_STORE_SQLITE_H
#define IMEILOCK_TOOL_LEDGER_STORE_SQLITE_H

#include <pthread.h>
#include <stdatomic.h>

#include "ledger/db.h"
#include "ledger/detail.h"
#include "ledger/ledger.h"
#include "ledger/turn.h"

#define LEDGER_WAIT_MS 10000

struct member;

struct ledger {
	struct db *db;
	struct turn turn;
	pthread_mutex_t mutex;	/* whoever holds it is at work with db */
	atomic_uint at_door;	/* threads that wait for the mutex */
	bool is_open;		/* a group's transaction is */
	bool is_first;		/* the call at work opened it */
	bool is_lazy;		/* so is the transaction at work */
	struct member *members; /* calls that wait for their group's commit */
	pthread_cond_t committed;
	struct chain_head durable; /* the newest that is known to be */
	struct ledger_id id;
	enum dev_class class;
	bool is_backup;
};

/* ------------------------------------------------------------- transactions */

void store_init(struct ledger *ledger);
void store_wipe(struct ledger *ledger);

/*
 * Wait for the turn and begin.  After ST_OK store_end must follow, in the same
 * thread and soon: calls of several threads share a transaction.
 */
MUST_CHECK enum status store_begin(struct ledger *ledger);
/* The same for what is on the disk no later than what comes after it. */
MUST_CHECK enum status store_begin_lazy(struct ledger *ledger);
/* Keep what was done if status is ST_OK, undo it otherwise; what became of
 * it. */
MUST_CHECK enum status store_end(struct ledger *ledger, enum status status);
/* The same for reading: one view of the ledger, and no turn is needed. */
MUST_CHECK enum status store_begin_read(struct ledger *ledger);
MUST_CHECK enum status store_end_read(struct ledger *ledger,
				      enum status status);
/* No transaction of this connection is open between the two. */
void store_enter(struct ledger *ledger);
void store_leave(struct ledger *ledger);

/* Bring the ledger at path, which is of an older schema, up to this one. */
MUST_CHECK enum status store_migrate(struct ledger *ledger, const char *path);
/* The same in memory; the file stays as it is. */
MUST_CHECK enum status store_migrate_copy(struct ledger *ledger,
					  int64_t schema);

/* ------------------------------------------------------------------- events */

/* The event chain as it is, in an open transaction or none. */
MUST_CHECK enum status chain_head_read(struct ledger *ledger,
				       struct chain_head *out);
/* The same as ledger_check_chain within a transaction; *number is how many
 * events were looked at, the last of them wrong if one is. */
MUST_CHECK enum status chain_check(struct ledger *ledger, uint64_t *number);

/* Append an event in the open transaction; *number is its own.  chip may be
 * NULL and imei "none". */
MUST_CHECK enum status event_append(struct ledger *ledger,
				    const struct ledger_who *who,
				    const char *kind,
				    const struct chip_id *chip,
				    struct imei imei, const char *detail,
				    uint64_t *number);

/* ---------------------------------------------------------------- intervals */

/* The next count neighbours of model, the first in *first; remainders of
 * earlier intervals are scrapped.  They have no rows yet.  ST_LEDGER_EMPTY */
MUST_CHECK enum status interval_take(struct ledger *ledger,
				     const struct ledger_who *who,
				     const char *model, unsigned int count,
				     struct imei *first);

/* ------------------------------------------------------------------- labels */

/* It has numbers, and each is one. */
bool label_is_whole(const struct ledger_label *label);
/* The first number of a label for a chip that has none; ST_LEDGER_LABEL_*,
 * ST_LEDGER_TAKEN. */
MUST_CHECK enum status label_take(struct ledger *ledger,
				  const struct ledger_binding *binding,
				  struct imei *first);
/* ST_LEDGER_LABEL_OTHER unless a known unit has the label's numbers. */
MUST_CHECK enum status label_fits(const struct ledger_label *label,
				  const struct ledger_unit *unit);

/* -------------------------------------------------------------------- units */

/* A unit and the key of its row. */
struct unit_row {
	uint64_t number;
	unsigned int slots;
	struct ledger_unit unit;
};

/* ST_LEDGER_NONE, and *out is cleared. */
MUST_CHECK enum status unit_find(struct ledger *ledger,
				 const struct chip_id *chip,
				 struct unit_row *out);
struct imei unit_primary(const struct ledger_unit *unit);

/* Append an event about the unit. */
MUST_CHECK enum status unit_append(struct ledger *ledger,
				   const struct ledger_who *who,
				   const char *kind,
				   const struct ledger_unit *unit,
				   struct detail *detail, uint64_t *event);
/* Count the unit's retries from zero. */
MUST_CHECK enum status unit_forgive(struct ledger *ledger,
				    const struct ledger_unit *unit,
				    uint64_t event);

/* Move all numbers of a unit, by an event that was appended; row follows. */
MUST_CHECK enum status unit_move(struct ledger *ledger, struct unit_row *row,
				 enum number_state state, uint64_t event);

/* Into quarantine with an event, from wherever that is legal; elsewhere the
 * event alone, of kind "refused". */
MUST_CHECK enum status unit_quarantine(struct ledger *ledger,
				       const struct ledger_who *who,
				       struct unit_row *row,
				       enum status reason);

#endif
