/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/schema_sqlite.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "proto/crypto.h"

#define NAME_LEN_MAX 63
#define OWN "sql IS NOT NULL AND name NOT LIKE 'sqlite_%' "

/* SHA-256 of the whole text of each former version. */
static const char *const former[LEDGER_SCHEMA] = {
	[1] = "fdf184d5669c8ac34a2bdab53d09ed4d"
	      "2713c8423f448dd6102873fd2ae02e33",
};

/* ---------------------------------------------------------------- reading */

static enum status
read_int(struct db *db, const char *sql, int64_t *out)
{
	struct db_query q;

	db_begin(&q, db, sql);
	*out = db_next(&q) ? db_int(&q, 0) : 0;
	return db_end(&q);
}

enum status
schema_read_version(struct db *db, struct schema_version *out)
{
	enum status status =
		read_int(db, "PRAGMA application_id", &out->application);

	if (status != ST_OK)
		return status;
	return read_int(db, "PRAGMA user_version", &out->schema);
}

/* All tables and triggers as one text, which the caller frees. */
static enum status
read_text(struct db *db, char **out)
{
	struct db_query q;

	*out = NULL;
	db_begin(&q, db,
		 "SELECT coalesce(group_concat("
		 "type || ' ' || name || ' ' || sql, ';'), '')"
		 " FROM (SELECT * FROM sqlite_schema WHERE " OWN
		 "ORDER BY type, name)");
	if (db_next(&q))
		*out = strdup(db_text(&q, 0));
	if (q.status == ST_OK && *out == NULL)
		q.status = ST_STATION_MEMORY;
	return db_end(&q);
}

static enum status
open_ours(struct db **out)
{
	enum status status = db_open(out, ":memory:", true);

	return status == ST_OK ? db_exec(*out, ledger_schema) : status;
}

static enum status
check_ours(struct db *db)
{
	struct db *ours = NULL;
	char *have = NULL, *want = NULL;
	enum status status = open_ours(&ours);

	if (status == ST_OK)
		status = read_text(ours, &want);
	if (status == ST_OK)
		status = read_text(db, &have);
	if (status == ST_OK && strcmp(have, want) != 0)
		status = ST_LEDGER_SCHEMA;
	free(have);
	free(want);
	db_close(ours);
	return status;
}

static enum status
check_former(struct db *db, const char *want)
{
	char hex[2 * SHA256_LEN + 1] = "";
	char *have = NULL;
	struct sha256 hash;
	struct bytes text;
	enum status status = read_text(db, &have);

	if (status == ST_OK) {
		text = bytes_of(have, strlen(have));
		status = crypto_sha256(&hash, &text, 1);
	}
	for (size_t i = 0; status == ST_OK && i < sizeof(hash.byte); i++)
		(void)snprintf(hex + 2 * i, 3, "%02x", hash.byte[i]);
	free(have);
	if (status == ST_OK && strcmp(hex, want) != 0)
		status = ST_LEDGER_SCHEMA;
	return status;
}

/* A trigger that was dropped guards nothing: such a ledger is not opened. */
enum status
schema_check(struct db *db, int64_t version)
{
	if (version == LEDGER_SCHEMA)
		return check_ours(db);
	if (version < 1 || version > LEDGER_SCHEMA)
		return ST_LEDGER_SCHEMA;
	return check_former(db, former[version]);
}

/* --------------------------------------------------------------- renewing */

/* Run a statement that is made from names; they are of a schema we know. */
__attribute__((format(printf, 2, 3))) static enum status
run(struct db *db, const char *format, ...)
{
	char sql[1024];
	va_list args;
	int len;

	va_start(args, format);
	len = vsnprintf(sql, sizeof(sql), format, args);
	va_end(args);
	if (len < 0 || (size_t)len >= sizeof(sql))
		return ST_LEDGER_SCHEMA;
	return db_exec(db, sql);
}

/* The first text that sql finds for name; "" for none. */
static enum status
find_text(struct db *db, const char *sql, const char *name, char *out,
	  size_t size)
{
	struct db_query q;
	int len = 0;

	db_begin(&q, db, sql);
	db_put_text(&q, 1, name);
	out[0] = '\0';
	if (db_next(&q))
		len = snprintf(out, size, "%s", db_text(&q, 0));
	if (q.status == ST_OK && (len < 0 || (size_t)len >= size))
		q.status = ST_LEDGER_SCHEMA;
	return db_end(&q);
}

/* Tables alone are left: the rest holds no rows, and would refuse them. */
static enum status
drop_guards(struct db *db)
{
	char what[NAME_LEN_MAX + 1];
	enum status status;

	do {
		status = find_text(db,
				   "SELECT type || ' ' || name"
				   " FROM sqlite_schema WHERE " OWN
				   "AND type <> 'table' AND ?1 = '' LIMIT 1",
				   "", what, sizeof(what));
		if (status == ST_OK && what[0] != '\0')
			status = run(db, "DROP %s", what);
	} while (status == ST_OK && what[0] != '\0');
	return status;
}

/* Make the table anew as sql has it, with the columns that it had. */
static enum status
renew_table(struct db *db, const char *name, const char *sql)
{
	char columns[512];
	enum status status = find_text(
		db, "SELECT group_concat(name) FROM pragma_table_info(?1)",
		name, columns, sizeof(columns));

	if (status == ST_OK)
		status = run(db, "ALTER TABLE %s RENAME TO former_%s", name,
			     name);
	if (status == ST_OK)
		status = db_exec(db, sql);
	if (status == ST_OK)
		status = run(db,
			     "INSERT INTO %s (%s) SELECT %s FROM former_%s"
			     " ORDER BY rowid",
			     name, columns, columns, name);
	if (status == ST_OK)
		status = run(db, "DROP TABLE former_%s", name);
	return status;
}

static enum status
renew_one(struct db *db, const char *name, const char *sql)
{
	char have[4096];
	enum status status =
		find_text(db, "SELECT sql FROM sqlite_schema WHERE name = ?1",
			  name, have, sizeof(have));

	if (status != ST_OK || strcmp(have, sql) == 0)
		return status;
	return have[0] == '\0' ? db_exec(db, sql) : renew_table(db, name, sql);
}

enum status
schema_renew(struct db *db)
{
	struct db *ours = NULL;
	struct db_query q;
	enum status status = open_ours(&ours), end;

	if (status == ST_OK)
		status = drop_guards(db);
	if (status != ST_OK)
		goto out;
	db_begin(&q, ours,
		 "SELECT name, sql FROM sqlite_schema WHERE " OWN
		 "ORDER BY type <> 'table', type <> 'index', type <> 'view',"
		 " rowid");
	while (status == ST_OK && db_next(&q))
		status = renew_one(db, db_text(&q, 0), db_text(&q, 1));
	end = db_end(&q);
	if (status == ST_OK)
		status = end;
	if (status == ST_OK)
		status = run(db, "PRAGMA user_version = %d", LEDGER_SCHEMA);
out:
	db_close(ours);
	return status;
}
