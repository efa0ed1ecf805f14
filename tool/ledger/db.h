/* SPDX-License-Identifier: Apache-2.0 */
/*
 * db.h - the one door to SQLite: statements, values, rows.
 *
 * For the files *_sqlite.c of this folder.  A query latches its first error:
 * put values, take rows, check once at db_end.  A refusal by a trigger comes
 * out as the status that its text names (schema.sql).
 *
 *   ST_LEDGER_BUSY    somebody who takes no turns holds the file
 *   ST_LEDGER_TAKEN   a row with this key is there
 *   ST_LEDGER_MOVE    a constraint refused it
 *   ST_LEDGER_FAILED  disk full, read-only, damaged, out of memory
 */
#ifndef IMEILOCK_TOOL_LEDGER_DB_H
#define IMEILOCK_TOOL_LEDGER_DB_H

#include "proto/bytes.h"
#include "proto/status.h"

struct db;

/*
 * Open a file, or make it: it must then not be there.  Every commit is durable
 * (synchronous=FULL) and foreign keys are checked.
 *   ST_LEDGER_OPEN  not there (or there, when made), or not to be opened
 */
MUST_CHECK enum status db_open(struct db **out, const char *path, bool is_new);
/* The same for a file that is there, for reading alone. */
MUST_CHECK enum status db_open_read(struct db **out, const char *path);
void db_close(struct db *db); /* NULL is allowed */
/* All that from holds into to, as of one moment; others may write on. */
MUST_CHECK enum status db_copy_all(struct db *to, struct db *from);
bool db_is_read_only(struct db *db);
/* How long to wait for somebody who takes no turns. */
void db_set_wait(struct db *db, int ms);

/* Statements without values and rows, one or several. */
MUST_CHECK enum status db_exec(struct db *db, const char *sql);
/* Undo an open transaction, if there is one. */
void db_rollback(struct db *db);
/* No transaction is open: none was begun, or an error has undone it. */
bool db_is_idle(struct db *db);
/* Whether commits from now on are durable at once, or with the next that is.
 * Outside a transaction only. */
MUST_CHECK enum status db_sync_at_commit(struct db *db, bool is_durable);
/* What was committed until now, by whomever, is durable after this. */
MUST_CHECK enum status db_sync(struct db *db);
/* Rows that the last statement changed. */
int db_changes(struct db *db);

/* One statement; begin, put, next..., end.  It is kept for the next time. */
struct db_query {
	struct db *db;
	void *stmt;
	void *kept; /* where it is kept, NULL if it is not */
	enum status status;
};

void db_begin(struct db_query *q, struct db *db, const char *sql);
/* Values by index from 1; what is not put is NULL. */
void db_put_int(struct db_query *q, int index, int64_t value);
void db_put_uint(struct db_query *q, int index, uint64_t value);
void db_put_text(struct db_query *q, int index, const char *text);
void db_put_bytes(struct db_query *q, int index, struct bytes value);
/* True: a row is there. */
bool db_next(struct db_query *q);
/* Columns from 0; views hold until the next call with q. */
bool db_is_null(struct db_query *q, int column);
int64_t db_int(struct db_query *q, int column);
uint64_t db_uint(struct db_query *q, int column);
const char *db_text(struct db_query *q, int column);
struct bytes db_bytes(struct db_query *q, int column);
/* Exactly len bytes; ST_LEDGER_FAILED is latched otherwise. */
void db_copy(struct db_query *q, int column, void *out, size_t len);
MUST_CHECK enum status db_end(struct db_query *q);
/* For a statement without rows: run it and end. */
MUST_CHECK enum status db_run(struct db_query *q);
/* The same in one, for one statement without values. */
MUST_CHECK enum status db_do(struct db *db, const char *sql);

#endif
