/* SPDX-License-Identifier: Apache-2.0 */
#include "support/ledgers.h"

#include <setjmp.h>
#include <spawn.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

const struct ledger_who tester = {"Ada", 3, "0.1.0"};
const struct ledger_decision decided = {"board is dead", "Bo"};

int
ledgers_setup(void **state)
{
	struct ledgers *l = calloc(1, sizeof(*l));

	assert_non_null(l);
	folder_make(l->folder);
	folder_path(l->path, l->folder, "ledger.db");
	assert_int_equal(ledger_create(l->path, CLASS_DEVELOPMENT, &l->id),
			 ST_OK);
	assert_int_equal(ledger_open(&l->ledger, l->path), ST_OK);
	*state = l;
	return 0;
}

int
ledgers_teardown(void **state)
{
	struct ledgers *l = *state;

	ledger_close(l->ledger);
	folder_remove(l->folder);
	free(l);
	return 0;
}

void
ledgers_reopen(struct ledgers *l)
{
	ledger_close(l->ledger);
	assert_int_equal(ledger_open(&l->ledger, l->path), ST_OK);
}

struct chip_id
chip_of(unsigned int n)
{
	struct chip_id chip = {.len = 12, .byte = {0xc1}};

	memcpy(chip.byte + 4, &n, sizeof(n));
	return chip;
}

struct public_key
key_of(unsigned int n)
{
	struct public_key key = {.xy = {0x04}};

	memcpy(key.xy + 8, &n, sizeof(n));
	return key;
}

struct interval
interval_of(uint64_t first, uint64_t last)
{
	return (struct interval){{first}, {last}};
}

void
ledgers_fill(struct ledgers *l, uint64_t count)
{
	struct interval interval =
		interval_of(BODY(TAC_A, 1), BODY(TAC_A, count));

	assert_int_equal(ledger_add_interval(l->ledger, &tester, MODEL,
					     &interval),
			 ST_OK);
}

struct ledger_unit
ledgers_ticket(struct ledgers *l, unsigned int n, unsigned int slots)
{
	struct chip_id chip = chip_of(n);
	struct public_key key = key_of(n);
	struct ledger_unit unit;

	assert_int_equal(ledger_ticket(l->ledger, &tester, MODEL, slots, &chip,
				       &key, &unit),
			 ST_OK);
	return unit;
}

void
ledgers_bring(struct ledgers *l, unsigned int n, enum number_state state)
{
	struct chip_id chip = chip_of(n);
	struct bytes text = bytes_of("bytes", 5);

	(void)ledgers_ticket(l, n, 1);
	if (state >= NUMBER_WRITTEN)
		assert_int_equal(ledger_record(l->ledger, &tester, &chip, text,
					       text),
				 ST_OK);
	if (state >= NUMBER_LOCKED)
		assert_int_equal(ledger_move(l->ledger, &tester, &chip,
					     NUMBER_LOCKED, ST_OK, text),
				 ST_OK);
	if (state >= NUMBER_VERIFIED)
		assert_int_equal(ledger_move(l->ledger, &tester, &chip,
					     NUMBER_VERIFIED, ST_OK, text),
				 ST_OK);
	if (state >= NUMBER_QUARANTINED)
		assert_int_equal(ledger_move(l->ledger, &tester, &chip,
					     NUMBER_QUARANTINED, ST_OTP_INEXACT,
					     text),
				 ST_OK);
	if (state >= NUMBER_SCRAPPED)
		assert_int_equal(ledger_scrap(l->ledger, &tester, &decided,
					      &chip),
				 ST_OK);
}

uint64_t
ledgers_events(struct ledgers *l)
{
	struct chain_head head;

	assert_int_equal(ledger_head(l->ledger, &head), ST_OK);
	return head.count;
}

int
ledgers_check(const struct ledgers *l)
{
	const char *source = getenv("IMEILOCK_SOURCE_DIR");
	char command[2 * FOLDER_PATH_MAX + 200];
	int len = snprintf(command, sizeof(command),
			   "/usr/bin/python3 %s/tests/support/ledger_check.py"
			   " %s >/dev/null",
			   source == NULL ? "." : source, l->path);

	assert_in_range(len, 1, sizeof(command) - 1);
	return system(command);
}

/* ----------------------------------------------------------------- raw SQL */

static sqlite3 *
raw_open(const char *path)
{
	sqlite3 *db;

	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_busy_timeout(db, 10000), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, "PRAGMA foreign_keys = ON", NULL,
				      NULL, NULL),
			 SQLITE_OK);
	return db;
}

const char *
raw_sql(const char *path, const char *sql)
{
	static char said[200];
	sqlite3 *db = raw_open(path);
	char *message = NULL;
	int result = sqlite3_exec(db, sql, NULL, NULL, &message);

	(void)snprintf(said, sizeof(said), "%s",
		       message == NULL ? "no message" : message);
	sqlite3_free(message);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
	return result == SQLITE_OK ? NULL : said;
}

long long
raw_int(const char *path, const char *sql)
{
	sqlite3 *db = raw_open(path);
	sqlite3_stmt *stmt;
	long long value;

	assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &stmt, NULL),
			 SQLITE_OK);
	assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
	value = sqlite3_column_int64(stmt, 0);
	assert_int_equal(sqlite3_finalize(stmt), SQLITE_OK);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
	return value;
}

/* Each row of each table as SQL writes it, and what the tables are. */
#define DUMP                                                                   \
	"SELECT group_concat(line, char(10)) FROM ("                           \
	"SELECT 'schema ' || type || name || coalesce(sql, '') AS line"        \
	" FROM sqlite_schema"                                                  \
	" UNION ALL SELECT 'event ' || quote(number) || quote(kind) ||"        \
	" quote(chip) || quote(detail) || quote(hash) FROM event"              \
	" UNION ALL SELECT 'number ' || quote(body) || quote(state) ||"        \
	" quote(before) || quote(unit) || quote(slot) || quote(event)"         \
	" FROM number"                                                         \
	" UNION ALL SELECT 'attempt ' || quote(chip) || quote(retries) ||"     \
	" quote(event) FROM attempt"                                           \
	" UNION ALL SELECT 'register ' || quote(count) || quote(hash) ||"      \
	" quote(event) FROM register"                                          \
	" UNION ALL SELECT 'interval ' || quote(number) || quote(model) ||"    \
	" quote(first) || quote(last) || quote(event) FROM interval"           \
	" UNION ALL SELECT 'unit ' || (SELECT group_concat(quote(value))"      \
	" FROM json_each(json_array(hex(chip), hex(device_key), model,"        \
	" slots, primary_slot, seen, burnt_words, hex(record),"                \
	" hex(record_cert), %s, event))) FROM unit%s)"

char *
ledgers_dump(const char *path)
{
	char sql[2000];
	bool is_first = raw_int(path, "PRAGMA user_version") == 1;
	sqlite3 *db = raw_open(path);
	sqlite3_stmt *stmt;
	char *text;

	(void)snprintf(sql, sizeof(sql), DUMP, is_first ? "NULL" : "board",
		       is_first ? ""
				: " UNION ALL SELECT 'replacement ' ||"
				  " quote(unit) || quote(chip) || quote(event)"
				  " FROM replacement");
	assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &stmt, NULL),
			 SQLITE_OK);
	assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
	text = strdup((const char *)sqlite3_column_text(stmt, 0));
	assert_non_null(text);
	assert_int_equal(sqlite3_finalize(stmt), SQLITE_OK);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
	return text;
}

static const char *
attempt(struct ledgers *l, const char *event, const char *sql)
{
	char text[4000];
	int len = snprintf(text, sizeof(text), "BEGIN; %s%s; ROLLBACK", event,
			   sql);

	assert_in_range(len, 1, sizeof(text) - 1);
	return raw_sql(l->path, text);
}

void
raw_refused(struct ledgers *l, const char *sql, const char *why)
{
	const char *said = attempt(l, EVENT, sql);

	if (said == NULL || strstr(said, why) == NULL ||
	    (strstr(said, "LEDGER_") == NULL &&
	     strstr(said, "CHECK constraint") == NULL))
		fail_msg("%s\n  wanted: %s\n  got: %s", sql, why,
			 said == NULL ? "no refusal" : said);
}

void
raw_allowed(struct ledgers *l, const char *sql)
{
	const char *said = attempt(l, EVENT, sql);

	if (said != NULL)
		fail_msg("%s\n  was refused: %s", sql, said);
}
