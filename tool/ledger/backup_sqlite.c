/* SPDX-License-Identifier: Apache-2.0 */
/* Copies of a ledger that say so, and the one that is made before a ledger is
 * brought up to a new schema. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "ledger/beside.h"
#include "ledger/detail.h"
#include "ledger/schema_sqlite.h"
#include "ledger/store_sqlite.h"

static const struct ledger_who nobody = {"", 0, ""};

/* ----------------------------------------------------------------- backup */

/* IMEIs are inside, so nobody else reads it from the first byte on. */
static enum status
make_empty(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (fd < 0)
		return ST_STATION_FILE;
	return close(fd) == 0 ? ST_OK : ST_STATION_FILE;
}

/* One file without a log, which is no ledger. */
static enum status
fill(struct db *from, const char *path)
{
	char mark[80];
	struct db *to = NULL;
	enum status status = db_open(&to, path, false);

	(void)snprintf(mark, sizeof(mark),
		       "PRAGMA journal_mode = DELETE;"
		       "PRAGMA application_id = %d",
		       BACKUP_APPLICATION);
	if (status == ST_OK)
		status = db_copy_all(to, from);
	if (status == ST_OK)
		status = db_exec(to, mark);
	db_close(to);
	return status;
}

/* Never over a file that is there.  A stick that is taken away with a backup
 * may have no links, and a folder of another host no such rename. */
static enum status
put_in_place(const char *fresh, const char *path)
{
	bool is_there = renameat2(AT_FDCWD, fresh, AT_FDCWD, path,
				  RENAME_NOREPLACE) == 0;

	if (!is_there && errno == EINVAL)
		is_there = link(fresh, path) == 0;
	if (is_there)
		return beside_sync(path);
	return errno == EEXIST ? ST_STATION_EXISTS : ST_STATION_FILE;
}

/* Under another name until it says what it is; of our own, since two
 * processes may make the same backup. */
static enum status
backup(struct db *from, const char *path)
{
	char fresh[PATH_MAX], suffix[48];
	enum status status;

	(void)snprintf(suffix, sizeof(suffix), ".%ld.unfinished-backup",
		       (long)getpid());
	status = beside_name(fresh, path, suffix);
	if (status == ST_OK)
		status = beside_remove(fresh, "");
	if (status == ST_OK)
		status = beside_remove(fresh, "-journal");
	if (status == ST_OK)
		status = make_empty(fresh);
	if (status != ST_OK)
		return status;
	status = fill(from, fresh);
	if (status == ST_OK)
		status = put_in_place(fresh, path);
	(void)unlink(fresh);
	return status;
}

enum status
ledger_backup(struct ledger *ledger, const char *path)
{
	enum status status;

	if (faccessat(AT_FDCWD, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		return ST_STATION_EXISTS;
	store_enter(ledger);
	status = backup(ledger->db, path);
	store_leave(ledger);
	return status;
}

/* -------------------------------------------------------------- migration */

/* "PATH.schema-1.25-events": a run that was cut off left the same there. */
static enum status
backup_beside(struct ledger *ledger, const char *path, int64_t schema)
{
	char suffix[64], name[PATH_MAX];
	struct chain_head head;
	enum status status = chain_head_read(ledger, &head);

	if (status != ST_OK)
		return status;
	(void)snprintf(suffix, sizeof(suffix),
		       ".schema-%" PRId64 ".%" PRIu64 "-events", schema,
		       head.count);
	status = beside_name(name, path, suffix);
	if (status == ST_OK)
		status = backup(ledger->db, name);
	return status == ST_STATION_EXISTS ? ST_OK : status;
}

static enum status
check_links(struct db *db)
{
	struct db_query q;
	bool is_broken;
	enum status status;

	db_begin(&q, db, "PRAGMA foreign_key_check");
	is_broken = db_next(&q);
	status = db_end(&q);
	return status == ST_OK && is_broken ? ST_LEDGER_SCHEMA : status;
}

static enum status
append_migrated(struct ledger *ledger, int64_t schema)
{
	struct detail detail;
	uint64_t event;

	detail_init(&detail);
	detail_put_uint(&detail, "from", (uint64_t)schema);
	detail_put_uint(&detail, "to", LEDGER_SCHEMA);
	return event_append(ledger, &nobody, "migrated", NULL, IMEI_NONE,
			    detail_end(&detail), &event);
}

/* In one transaction, so that a cut leaves the old ledger. */
static enum status
renew(struct ledger *ledger, int64_t schema, bool is_told)
{
	enum status status = db_exec(ledger->db,
				     "PRAGMA foreign_keys = OFF;"
				     "PRAGMA legacy_alter_table = ON;"
				     "BEGIN IMMEDIATE");

	if (status == ST_OK)
		status = schema_renew(ledger->db);
	if (status == ST_OK)
		status = schema_check(ledger->db, LEDGER_SCHEMA);
	if (status == ST_OK)
		status = check_links(ledger->db);
	if (status == ST_OK && is_told)
		status = append_migrated(ledger, schema);
	if (status == ST_OK)
		status = db_exec(ledger->db, "COMMIT");
	if (status != ST_OK)
		db_rollback(ledger->db);
	if (status == ST_OK)
		status = db_exec(ledger->db, "PRAGMA foreign_keys = ON;"
					     "PRAGMA legacy_alter_table = OFF");
	return status;
}

static enum status
migrate(struct ledger *ledger, const char *path)
{
	struct schema_version version;
	enum status status = schema_read_version(ledger->db, &version);

	/* another process may have been first */
	if (status != ST_OK || version.schema == LEDGER_SCHEMA)
		return status;
	status = backup_beside(ledger, path, version.schema);
	return status == ST_OK ? renew(ledger, version.schema, true) : status;
}

enum status
store_migrate(struct ledger *ledger, const char *path)
{
	enum status status = turn_take(&ledger->turn, LEDGER_WAIT_MS);

	if (status != ST_OK)
		return status;
	status = migrate(ledger, path);
	turn_leave(&ledger->turn);
	return status;
}

/* An older file is brought up in memory, since it must stay as it is. */
enum status
store_migrate_copy(struct ledger *ledger, int64_t schema)
{
	struct db *copy = NULL;
	enum status status = db_open(&copy, ":memory:", true);

	if (status == ST_OK)
		status = db_copy_all(copy, ledger->db);
	if (status != ST_OK) {
		db_close(copy);
		return status;
	}
	db_close(ledger->db);
	ledger->db = copy;
	return renew(ledger, schema, false);
}
