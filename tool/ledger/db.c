/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/db.h"

#include <limits.h>
#include <malloc.h>
#include <sqlite3.h>
#include <stdlib.h>

#define SYNC_EACH "PRAGMA synchronous = FULL"
#define SYNC_LATER "PRAGMA synchronous = NORMAL"
#define SETTINGS "PRAGMA foreign_keys = ON; " SYNC_EACH
#define KEPT_MAX 64
#define HEAP_KEPT (8 * 1024 * 1024) /* bytes */
#define HEAP_STEP (1024 * 1024)

/* A statement that was used before: to make one takes far longer than to run
 * it, because all triggers are made with it. */
struct kept {
	const char *sql; /* as the caller's pointer, NULL: free */
	sqlite3_stmt *stmt;
	bool is_busy;
};

struct db {
	sqlite3 *handle;
	bool is_lazy; /* commits are */
	struct kept kept[KEPT_MAX];
	size_t next; /* the one that makes room */
};

/* What a trigger may say before the colon. */
static const struct {
	const char *name;
	enum status status;
} refusals[] = {
	{"LEDGER_MOVE:", ST_LEDGER_MOVE},
	{"LEDGER_CHAIN:", ST_LEDGER_CHAIN},
	{"LEDGER_TAKEN:", ST_LEDGER_TAKEN},
	{"LEDGER_OVERLAP:", ST_LEDGER_OVERLAP},
	{"LEDGER_INTERVAL:", ST_LEDGER_INTERVAL},
	{"LEDGER_TEST_TAC:", ST_LEDGER_TEST_TAC},
	{"LEDGER_TAC_MODEL:", ST_LEDGER_TAC_MODEL},
	{"LEDGER_BOARD_TAKEN:", ST_LEDGER_BOARD_TAKEN},
	{"LEDGER_BOARD_OTHER:", ST_LEDGER_BOARD_OTHER},
	{"LEDGER_REPLACED:", ST_LEDGER_REPLACED},
	{"LEDGER_SCRAPPED:", ST_LEDGER_SCRAPPED},
	{"LEDGER_MODEL:", ST_LEDGER_MODEL},
};

static enum status
refusal(struct db *db)
{
	const char *text = sqlite3_errmsg(db->handle);
	int code = sqlite3_extended_errcode(db->handle);

	for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++)
		if (strncmp(text, refusals[i].name, strlen(refusals[i].name)) ==
		    0)
			return refusals[i].status;
	if (code == SQLITE_CONSTRAINT_UNIQUE ||
	    code == SQLITE_CONSTRAINT_PRIMARYKEY)
		return ST_LEDGER_TAKEN;
	return ST_LEDGER_MOVE;
}

static enum status
failure(struct db *db)
{
	switch (sqlite3_extended_errcode(db->handle) & 0xff) {
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return ST_LEDGER_BUSY;
	case SQLITE_CONSTRAINT:
		return refusal(db);
	case SQLITE_NOTADB:
		return ST_LEDGER_OPEN;
	default:
		return ST_LEDGER_FAILED;
	}
}

/* ------------------------------------------------------------- connection */

/* Each transaction takes some pages and gives them back: without this the C
 * library does so with the kernel, four times, which is a third of its time. */
static void
keep_heap(void)
{
	(void)mallopt(M_TRIM_THRESHOLD, HEAP_KEPT);
	(void)mallopt(M_TOP_PAD, HEAP_STEP);
}

static enum status
open_with(struct db **out, const char *path, int flags)
{
	struct db *db = calloc(1, sizeof(*db));
	enum status status = ST_STATION_MEMORY;

	*out = NULL;
	if (db == NULL)
		goto out;
	keep_heap();
	status = ST_LEDGER_OPEN;
	if (sqlite3_open_v2(path, &db->handle, flags | SQLITE_OPEN_NOMUTEX,
			    NULL) != SQLITE_OK)
		goto out;
	(void)sqlite3_extended_result_codes(db->handle, 1);
	(void)sqlite3_db_config(db->handle, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	status = db_exec(db, SETTINGS);
	if (status != ST_OK)
		goto out;
	*out = db;
	db = NULL;
out:
	db_close(db);
	return status;
}

enum status
db_open(struct db **out, const char *path, bool is_new)
{
	int flags = SQLITE_OPEN_READWRITE;

	if (is_new)
		flags |= SQLITE_OPEN_CREATE | SQLITE_OPEN_EXCLUSIVE;
	return open_with(out, path, flags);
}

enum status
db_open_read(struct db **out, const char *path)
{
	return open_with(out, path, SQLITE_OPEN_READONLY);
}

enum status
db_copy_all(struct db *to, struct db *from)
{
	sqlite3_backup *backup =
		sqlite3_backup_init(to->handle, "main", from->handle, "main");
	int result;

	if (backup == NULL)
		return failure(to);
	result = sqlite3_backup_step(backup, -1);
	if (sqlite3_backup_finish(backup) == SQLITE_OK && result == SQLITE_DONE)
		return ST_OK;
	return result == SQLITE_BUSY || result == SQLITE_LOCKED
		       ? ST_LEDGER_BUSY
		       : ST_LEDGER_FAILED;
}

void
db_close(struct db *db)
{
	if (db == NULL)
		return;
	for (size_t i = 0; i < KEPT_MAX; i++)
		(void)sqlite3_finalize(db->kept[i].stmt);
	(void)sqlite3_close(db->handle);
	free(db);
}

bool
db_is_read_only(struct db *db)
{
	return sqlite3_db_readonly(db->handle, "main") != 0;
}

void
db_set_wait(struct db *db, int ms)
{
	(void)sqlite3_busy_timeout(db->handle, ms);
}

enum status
db_exec(struct db *db, const char *sql)
{
	if (sqlite3_exec(db->handle, sql, NULL, NULL, NULL) != SQLITE_OK)
		return failure(db);
	return ST_OK;
}

void
db_rollback(struct db *db)
{
	/* A full disk makes SQLite roll back by itself: then this one has
	 * nothing to do, and says so. */
	if (sqlite3_get_autocommit(db->handle) == 0)
		(void)sqlite3_exec(db->handle, "ROLLBACK", NULL, NULL, NULL);
}

bool
db_is_idle(struct db *db)
{
	return sqlite3_get_autocommit(db->handle) != 0;
}

enum status
db_sync_at_commit(struct db *db, bool is_durable)
{
	enum status status = ST_OK;

	if (db->is_lazy == is_durable)
		status = db_exec(db, is_durable ? SYNC_EACH : SYNC_LATER);
	if (status == ST_OK)
		db->is_lazy = !is_durable;
	return status;
}

/* Before a checkpoint takes anything out of the log, SQLite syncs the log; so
 * what is not in it any more is durable too. */
enum status
db_sync(struct db *db)
{
	sqlite3_file *log = NULL;

	if (sqlite3_file_control(db->handle, "main",
				 SQLITE_FCNTL_JOURNAL_POINTER,
				 &log) != SQLITE_OK ||
	    log == NULL || log->pMethods == NULL ||
	    log->pMethods->xSync(log, SQLITE_SYNC_NORMAL) != SQLITE_OK)
		return ST_LEDGER_FAILED;
	return ST_OK;
}

int
db_changes(struct db *db)
{
	return sqlite3_changes(db->handle);
}

/* ---------------------------------------------------------------- queries */

static void
latch(struct db_query *q, int result)
{
	if (q->status == ST_OK && result != SQLITE_OK)
		q->status = failure(q->db);
}

/* The pointer finds it, the text proves it: a buffer may hold another text. */
static struct kept *
find_kept(struct db *db, const char *sql)
{
	for (size_t i = 0; i < KEPT_MAX; i++) {
		struct kept *kept = &db->kept[i];

		if (kept->sql == sql && !kept->is_busy &&
		    strcmp(sqlite3_sql(kept->stmt), sql) == 0)
			return kept;
	}
	return NULL;
}

/* Room for one more, or NULL while all are at work. */
static struct kept *
make_room(struct db *db)
{
	for (size_t i = 0; i < KEPT_MAX; i++) {
		struct kept *kept = &db->kept[db->next];

		db->next = (db->next + 1) % KEPT_MAX;
		if (kept->is_busy)
			continue;
		(void)sqlite3_finalize(kept->stmt);
		*kept = (struct kept){.sql = NULL};
		return kept;
	}
	return NULL;
}

void
db_begin(struct db_query *q, struct db *db, const char *sql)
{
	struct kept *kept = find_kept(db, sql);
	sqlite3_stmt *stmt = NULL;

	*q = (struct db_query){.db = db, .status = ST_OK};
	if (kept == NULL) {
		latch(q, sqlite3_prepare_v3(db->handle, sql, -1,
					    SQLITE_PREPARE_PERSISTENT, &stmt,
					    NULL));
		kept = stmt == NULL ? NULL : make_room(db);
		if (kept != NULL)
			*kept = (struct kept){.sql = sql, .stmt = stmt};
	} else {
		stmt = kept->stmt;
	}
	if (kept != NULL)
		kept->is_busy = true;
	q->stmt = stmt;
	q->kept = kept;
}

void
db_put_int(struct db_query *q, int index, int64_t value)
{
	if (q->status == ST_OK)
		latch(q, sqlite3_bind_int64(q->stmt, index, value));
}

void
db_put_uint(struct db_query *q, int index, uint64_t value)
{
	if (value > INT64_MAX && q->status == ST_OK)
		q->status = ST_LEDGER_FAILED;
	db_put_int(q, index, (int64_t)value);
}

void
db_put_text(struct db_query *q, int index, const char *text)
{
	if (q->status == ST_OK)
		latch(q, sqlite3_bind_text(q->stmt, index, text, -1,
					   SQLITE_TRANSIENT));
}

void
db_put_bytes(struct db_query *q, int index, struct bytes value)
{
	static const uint8_t nothing[1];
	const void *ptr = value.len > 0 ? value.ptr : nothing;

	if (q->status == ST_OK)
		latch(q, sqlite3_bind_blob64(q->stmt, index, ptr, value.len,
					     SQLITE_TRANSIENT));
}

bool
db_next(struct db_query *q)
{
	int result;

	if (q->status != ST_OK)
		return false;
	result = sqlite3_step(q->stmt);
	if (result != SQLITE_ROW && result != SQLITE_DONE)
		q->status = failure(q->db);
	return result == SQLITE_ROW;
}

bool
db_is_null(struct db_query *q, int column)
{
	return q->status != ST_OK ||
	       sqlite3_column_type(q->stmt, column) == SQLITE_NULL;
}

int64_t
db_int(struct db_query *q, int column)
{
	return q->status == ST_OK ? sqlite3_column_int64(q->stmt, column) : 0;
}

uint64_t
db_uint(struct db_query *q, int column)
{
	int64_t value = db_int(q, column);

	if (value >= 0)
		return (uint64_t)value;
	if (q->status == ST_OK)
		q->status = ST_LEDGER_FAILED;
	return 0;
}

const char *
db_text(struct db_query *q, int column)
{
	const unsigned char *text = NULL;

	if (q->status == ST_OK) {
		text = sqlite3_column_text(q->stmt, column);
		if (text == NULL)
			q->status = ST_LEDGER_FAILED;
	}
	return text == NULL ? "" : (const char *)text;
}

struct bytes
db_bytes(struct db_query *q, int column)
{
	const void *ptr;

	if (q->status != ST_OK)
		return bytes_of(NULL, 0);
	ptr = sqlite3_column_blob(q->stmt, column);
	return bytes_of(ptr, (size_t)sqlite3_column_bytes(q->stmt, column));
}

void
db_copy(struct db_query *q, int column, void *out, size_t len)
{
	struct bytes value = db_bytes(q, column);

	memset(out, 0, len);
	if (value.len == len)
		memcpy(out, value.ptr, len);
	else if (q->status == ST_OK)
		q->status = ST_LEDGER_FAILED;
}

enum status
db_end(struct db_query *q)
{
	struct kept *kept = q->kept;

	if (kept != NULL) {
		(void)sqlite3_reset(q->stmt);
		(void)sqlite3_clear_bindings(q->stmt);
		kept->is_busy = false;
	} else {
		(void)sqlite3_finalize(q->stmt);
	}
	q->stmt = NULL;
	q->kept = NULL;
	return q->status;
}

enum status
db_do(struct db *db, const char *sql)
{
	struct db_query q;

	db_begin(&q, db, sql);
	return db_run(&q);
}

enum status
db_run(struct db_query *q)
{
	while (db_next(q))
		continue;
	return db_end(q);
}
