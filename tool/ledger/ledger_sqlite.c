/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/random.h>
#include <unistd.h>

#include "ledger/beside.h"
#include "ledger/detail.h"
#include "ledger/schema_sqlite.h"
#include "ledger/state.h"
#include "ledger/store_sqlite.h"

static const struct ledger_who nobody = {"", 0, ""};

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

/* Under another name first: a ledger that is there is whole. */
static enum status
make_file(struct ledger *ledger, const char *path)
{
	char fresh[PATH_MAX];
	enum status status = beside_name(fresh, path, ".new");

	if (status == ST_OK)
		status = beside_remove(fresh, "");
	if (status == ST_OK)
		status = beside_remove(fresh, "-wal");
	if (status == ST_OK)
		status = db_open(&ledger->db, fresh, true);
	if (status != ST_OK)
		return status;
	status = fill_new(ledger);
	db_close(ledger->db);
	if (status == ST_OK && link(fresh, path) != 0)
		status = errno == EEXIST ? ST_LEDGER_EXISTS : ST_LEDGER_FAILED;
	(void)unlink(fresh);
	return status == ST_OK ? beside_sync(path) : status;
}

/* A log left behind by another file of this name would be read into ours. */
static enum status
refuse_existing(const char *path)
{
	char log[PATH_MAX];
	enum status status = beside_name(log, path, "-wal");

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

/* Whether path is a ledger at all, or a copy of one, in a schema we know. */
static enum status
check_file(struct ledger *ledger, struct schema_version *version)
{
	enum status status = schema_read_version(ledger->db, version);

	if (status != ST_OK)
		return status;
	if (version->application != LEDGER_APPLICATION &&
	    version->application != BACKUP_APPLICATION)
		return ST_LEDGER_OPEN;
	ledger->is_backup = version->application == BACKUP_APPLICATION;
	return schema_check(ledger->db, version->schema);
}

static enum status
open_file(struct ledger *ledger, const char *path)
{
	struct schema_version version;
	enum status status = db_open(&ledger->db, path, false);

	if (status != ST_OK)
		return status;
	db_set_wait(ledger->db, LEDGER_WAIT_MS);
	status = check_file(ledger, &version);
	if (status == ST_OK && ledger->is_backup)
		status = ST_LEDGER_BACKUP;
	if (status == ST_OK && db_is_read_only(ledger->db))
		status = ST_LEDGER_FAILED;
	if (status == ST_OK)
		status = turn_open(&ledger->turn, path);
	if (status == ST_OK && version.schema != LEDGER_SCHEMA)
		status = store_migrate(ledger, path);
	return status == ST_OK ? read_id(ledger) : status;
}

static enum status
open_file_read(struct ledger *ledger, const char *path)
{
	struct schema_version version;
	enum status status = db_open_read(&ledger->db, path);

	if (status != ST_OK)
		return status;
	db_set_wait(ledger->db, LEDGER_WAIT_MS);
	status = check_file(ledger, &version);
	if (status == ST_OK && version.schema != LEDGER_SCHEMA)
		status = store_migrate_copy(ledger, version.schema);
	if (status == ST_OK)
		status = db_exec(ledger->db, "PRAGMA query_only = ON");
	return status == ST_OK ? read_id(ledger) : status;
}

static enum status
open_by(struct ledger **out, const char *path,
	enum status (*open_it)(struct ledger *ledger, const char *path))
{
	struct ledger *ledger = calloc(1, sizeof(*ledger));
	enum status status = crypto_init();

	*out = NULL;
	if (ledger == NULL)
		return ST_STATION_MEMORY;
	store_init(ledger);
	if (status == ST_OK)
		status = open_it(ledger, path);
	if (status == ST_OK)
		*out = ledger;
	else
		ledger_close(ledger);
	return status;
}

enum status
ledger_open(struct ledger **out, const char *path)
{
	return open_by(out, path, open_file);
}

enum status
ledger_open_read(struct ledger **out, const char *path)
{
	return open_by(out, path, open_file_read);
}

bool
ledger_is_backup(const struct ledger *ledger)
{
	return ledger->is_backup;
}

void
ledger_close(struct ledger *ledger)
{
	if (ledger == NULL)
		return;
	db_close(ledger->db);
	turn_close(&ledger->turn);
	store_wipe(ledger);
	free(ledger);
}

void
ledger_identify(struct ledger *ledger, struct ledger_id *id,
		enum dev_class *class)
{
	*id = ledger->id;
	*class = ledger->class;
}
