/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <unistd.h>

#include "ledger/detail.h"
#include "ledger/state.h"
#include "ledger/store_sqlite.h"

extern const char ledger_schema[];

static const struct ledger_who nobody = {"", 0, ""};

/* ----------------------------------------------------------- transactions */

static enum status
take_turn(struct ledger *ledger)
{
	enum status status = turn_take(&ledger->turn, LEDGER_WAIT_MS);

	if (status != ST_OK)
		return status;
	status = db_exec(ledger->db, "BEGIN IMMEDIATE");
	if (status != ST_OK)
		turn_leave(&ledger->turn);
	return status;
}

enum status
store_begin(struct ledger *ledger)
{
	enum status status;

	(void)pthread_mutex_lock(&ledger->mutex);
	status = take_turn(ledger);
	if (status != ST_OK)
		(void)pthread_mutex_unlock(&ledger->mutex);
	return status;
}

enum status
store_end(struct ledger *ledger, enum status status)
{
	if (status == ST_OK)
		status = db_exec(ledger->db, "COMMIT");
	if (status != ST_OK)
		db_rollback(ledger->db);
	turn_leave(&ledger->turn);
	(void)pthread_mutex_unlock(&ledger->mutex);
	return status;
}

enum status
store_begin_read(struct ledger *ledger)
{
	enum status status;

	(void)pthread_mutex_lock(&ledger->mutex);
	status = db_exec(ledger->db, "BEGIN");
	if (status != ST_OK)
		(void)pthread_mutex_unlock(&ledger->mutex);
	return status;
}

enum status
store_end_read(struct ledger *ledger, enum status status)
{
	db_rollback(ledger->db);
	(void)pthread_mutex_unlock(&ledger->mutex);
	return status;
}

/* ------------------------------------------------------------------ making */

static enum status
random_id(struct ledger_id *id)
{
	ssize_t len = getrandom(id->byte, sizeof(id->byte), 0);

	return len == (ssize_t)sizeof(id->byte) ? ST_OK : ST_CRYPTO_FAILED;
}

static enum status
put_id(struct ledger *ledger)
{
	struct bytes id = bytes_of(ledger->id.byte, sizeof(ledger->id.byte));
	const char *class = class_name(ledger->class);
	struct detail detail;
	struct db_query q;
	uint64_t event;
	enum status status;

	detail_init(&detail);
	detail_put_hex(&detail, "ledger", id);
	detail_put_text(&detail, "class", class);
	status = event_append(ledger, &nobody, "created", NULL, IMEI_NONE,
			      detail_end(&detail), &event);
	if (status != ST_OK)
		return status;
	db_begin(&q, ledger->db, "INSERT INTO ledger VALUES (1, ?1, ?2)");
	db_put_bytes(&q, 1, id);
	db_put_text(&q, 2, class);
	status = db_run(&q);
	if (status != ST_OK)
		return status;
	db_begin(&q, ledger->db,
		 "INSERT INTO register VALUES (1, 0, zeroblob(32), ?1)");
	db_put_uint(&q, 1, event);
	return db_run(&q);
}

static enum status
fill_new(struct ledger *ledger)
{
	enum status status =
		db_exec(ledger->db, "PRAGMA journal_mode = WAL; BEGIN");

	if (status == ST_OK)
		status = db_exec(ledger->db, ledger_schema);
	if (status == ST_OK)
		status = put_id(ledger);
	if (status == ST_OK)
		status = db_exec(ledger->db, "COMMIT");
	return status;
}

/* path and suffix in out; ST_LEDGER_OPEN when that is too long. */
static enum status
name_beside(char out[PATH_MAX], const char *path, const char *suffix)
{
	int len = snprintf(out, PATH_MAX, "%s%s", path, suffix);

	return len > 0 && len < PATH_MAX ? ST_OK : ST_LEDGER_OPEN;
}

static enum status
remove_beside(const char *path, const char *suffix)
{
	char name[PATH_MAX];
	enum status status = name_beside(name, path, suffix);

	if (status == ST_OK && unlink(name) != 0 && errno != ENOENT)
		status = ST_LEDGER_FAILED;
	return status;
}

static enum status
sync_folder(const char *path)
{
	char copy[PATH_MAX];
	enum status status = name_beside(copy, path, "");
	int fd;

	if (status != ST_OK)
		return status;
	fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || fsync(fd) != 0)
		status = ST_LEDGER_FAILED;
	if (fd >= 0)
		(void)close(fd);
	return status;
}

/* Under another name first: a ledger that is there is whole. */
static enum status
make_file(struct ledger *ledger, const char *path)
{
	char fresh[PATH_MAX];
	enum status status = name_beside(fresh, path, ".new");

	if (status == ST_OK)
		status = remove_beside(fresh, "");
	if (status == ST_OK)
		status = remove_beside(fresh, "-wal");
	if (status == ST_OK)
		status = db_open(&ledger->db, fresh, true);
	if (status != ST_OK)
		return status;
	status = fill_new(ledger);
	db_close(ledger->db);
	if (status == ST_OK && link(fresh, path) != 0)
		status = errno == EEXIST ? ST_LEDGER_EXISTS : ST_LEDGER_FAILED;
	(void)unlink(fresh);
	return status == ST_OK ? sync_folder(path) : status;
}

/* A log left behind by another file of this name would be read into ours. */
static enum status
refuse_existing(const char *path)
{
	char log[PATH_MAX];
	enum status status = name_beside(log, path, "-wal");

	if (status != ST_OK)
		return status;
	if (access(path, F_OK) == 0 || access(log, F_OK) == 0)
		return ST_LEDGER_EXISTS;
	return ST_OK;
}

enum status
ledger_create(const char *path, enum dev_class class, struct ledger_id *id)
{
	struct ledger ledger = {.class = class};
	enum status status = turn_open(&ledger.turn, path);

	*id = (struct ledger_id){{0}};
	if (status == ST_OK)
		status = turn_take(&ledger.turn, LEDGER_WAIT_MS);
	if (status == ST_OK)
		status = refuse_existing(path);
	if (status == ST_OK)
		status = crypto_init();
	if (status == ST_OK)
		status = random_id(&ledger.id);
	if (status == ST_OK)
		status = make_file(&ledger, path);
	if (status == ST_OK)
		*id = ledger.id;
	turn_close(&ledger.turn);
	return status;
}

/* ----------------------------------------------------------------- opening */

static enum status
read_int(struct db *db, const char *sql, int64_t *out)
{
	struct db_query q;

	db_begin(&q, db, sql);
	*out = db_next(&q) ? db_int(&q, 0) : 0;
	return db_end(&q);
}

static enum status
check_version(struct db *db)
{
	int64_t application, version;
	enum status status =
		read_int(db, "PRAGMA application_id", &application);

	if (status == ST_OK)
		status = read_int(db, "PRAGMA user_version", &version);
	if (status != ST_OK)
		return status;
	if (application != LEDGER_APPLICATION)
		return ST_LEDGER_OPEN;
	return version == LEDGER_SCHEMA ? ST_OK : ST_LEDGER_SCHEMA;
}

/* All tables and triggers as one text, which the caller frees. */
static enum status
read_schema(struct db *db, char **out)
{
	struct db_query q;

	*out = NULL;
	db_begin(&q, db,
		 "SELECT group_concat(type || ' ' || name || ' ' || sql, ';')"
		 " FROM (SELECT * FROM sqlite_schema WHERE sql IS NOT NULL"
		 " AND name NOT LIKE 'sqlite_%' ORDER BY type, name)");
	if (db_next(&q))
		*out = strdup(db_text(&q, 0));
	if (q.status == ST_OK && *out == NULL)
		q.status = ST_STATION_MEMORY;
	return db_end(&q);
}

/* A trigger that was dropped guards nothing: such a ledger is not opened. */
static enum status
check_schema(struct db *db)
{
	struct db *ours = NULL;
	char *have = NULL, *want = NULL;
	enum status status = db_open(&ours, ":memory:", true);

	if (status == ST_OK)
		status = db_exec(ours, ledger_schema);
	if (status == ST_OK)
		status = read_schema(ours, &want);
	if (status == ST_OK)
		status = read_schema(db, &have);
	if (status == ST_OK && strcmp(have, want) != 0)
		status = ST_LEDGER_SCHEMA;
	free(have);
	free(want);
	db_close(ours);
	return status;
}

static enum status
read_id(struct ledger *ledger)
{
	struct db_query q;

	db_begin(&q, ledger->db, "SELECT id, class FROM ledger");
	if (db_next(&q)) {
		db_copy(&q, 0, ledger->id.byte, sizeof(ledger->id.byte));
		ledger->class = class_parse(db_text(&q, 1));
	}
	if (q.status == ST_OK && ledger->class == CLASS_NONE)
		q.status = ST_LEDGER_FAILED;
	return db_end(&q);
}

static enum status
open_file(struct ledger *ledger, const char *path)
{
	enum status status = db_open(&ledger->db, path, false);

	if (status != ST_OK)
		return status;
	db_set_wait(ledger->db, LEDGER_WAIT_MS);
	status = check_version(ledger->db);
	if (status == ST_OK)
		status = check_schema(ledger->db);
	if (status == ST_OK)
		status = read_id(ledger);
	if (status == ST_OK && db_is_read_only(ledger->db))
		status = ST_LEDGER_FAILED;
	if (status == ST_OK)
		status = turn_open(&ledger->turn, path);
	return status;
}

enum status
ledger_open(struct ledger **out, const char *path)
{
	struct ledger *ledger = calloc(1, sizeof(*ledger));
	enum status status = crypto_init();

	*out = NULL;
	if (ledger == NULL)
		return ST_STATION_MEMORY;
	ledger->turn.fd = -1;
	(void)pthread_mutex_init(&ledger->mutex, NULL);
	if (status == ST_OK)
		status = open_file(ledger, path);
	if (status == ST_OK)
		*out = ledger;
	else
		ledger_close(ledger);
	return status;
}

void
ledger_close(struct ledger *ledger)
{
	if (ledger == NULL)
		return;
	db_close(ledger->db);
	turn_close(&ledger->turn);
	(void)pthread_mutex_destroy(&ledger->mutex);
	free(ledger);
}

void
ledger_identify(struct ledger *ledger, struct ledger_id *id,
		enum dev_class *class)
{
	*id = ledger->id;
	*class = ledger->class;
}
