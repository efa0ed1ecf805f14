/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The whole ledger looked at: what the events say against what the rows say.
 * The triggers make it so; this finds what was done to the file past them.
 */
#include <stdio.h>

#include "ledger/store_sqlite.h"

#define PLACE_MAX 159

/* What moved numbers, and where to. */
#define MOVES                                                                  \
	"WITH moves AS NOT MATERIALIZED ("                                     \
	"SELECT number, chip, detail, kind, CASE kind"                         \
	" WHEN 'released' THEN json_extract(detail, '$.to')"                   \
	" WHEN 'skipped' THEN 'quarantined'"                                   \
	" WHEN 'remainder' THEN 'scrapped'"                                    \
	" ELSE kind END AS state FROM event WHERE kind IN ('ticketed',"        \
	" 'written', 'locked', 'verified', 'quarantined', 'released',"         \
	" 'scrapped', 'skipped', 'remainder')) "

#define FIRST "CAST(json_extract(detail, '$.first') AS INTEGER)"
#define LAST "CAST(json_extract(detail, '$.last') AS INTEGER)"
#define ORPHANS(what, table)                                                   \
	" UNION ALL SELECT 'event ' || number FROM event WHERE " what          \
	" AND NOT EXISTS (SELECT 1 FROM " table ")"

/* As a log may show it. */
#define MASKED(body)                                                           \
	"'number ' || substr(printf('%014d', " body "), 1, 8) || '****' ||"    \
	" substr(printf('%014d', " body "), 13)"

/* How many there are, and where the first is that is wrong. */
static const struct {
	const char *what;
	enum status status;
	const char *count;
	const char *wrong;
} rows[] = {
	{"file", ST_LEDGER_FAILED, "PRAGMA page_count",
	 "SELECT integrity_check FROM pragma_integrity_check"
	 " WHERE integrity_check <> 'ok'"},
	{"links", ST_LEDGER_FAILED,
	 "SELECT count(*) FROM sqlite_schema WHERE type = 'table'",
	 "SELECT 'table ' || \"table\" || ', row ' || coalesce(rowid, '?')"
	 " FROM pragma_foreign_key_check"},
	{"id", ST_LEDGER_ROWS, "SELECT count(*) FROM ledger",
	 "SELECT 'event 1' FROM event WHERE number = 1 AND NOT ("
	 " kind = 'created'"
	 " AND json_extract(detail, '$.ledger') IS"
	 "   (SELECT lower(hex(id)) FROM ledger)"
	 " AND json_extract(detail, '$.class') IS"
	 "   (SELECT class FROM ledger))"},
	{"intervals", ST_LEDGER_ROWS, "SELECT count(*) FROM interval",
	 "SELECT 'interval ' || interval.number FROM interval"
	 " LEFT JOIN event ON event.number = interval.event"
	 " WHERE kind IS NOT 'interval' OR first IS NOT " FIRST
	 " OR last IS NOT " LAST
	 " OR json_extract(detail, '$.model') IS NOT model" ORPHANS(
		 "kind = 'interval'",
		 "interval WHERE interval.event = event.number")},
	{"numbers", ST_LEDGER_ROWS, "SELECT count(*) FROM number",
	 MOVES "SELECT " MASKED(
		 "body") " || ', event ' || number.event FROM number"
			 " LEFT JOIN unit ON unit.number = number.unit"
			 " LEFT JOIN moves ON moves.number = number.event"
			 " WHERE moves.state IS NOT number.state"
			 " OR moves.chip IS NOT unit.chip"
			 " OR (unit IS NULL AND"
			 "     NOT coalesce(body BETWEEN " FIRST " AND " LAST
			 ", 0))"
			 " OR (unit IS NOT NULL AND EXISTS (SELECT 1 FROM moves AS later"
			 "     WHERE later.chip = unit.chip AND later.number > number.event))"
			 " OR (unit IS NOT NULL AND before IS NOT CASE number.state"
			 "     WHEN 'quarantined' THEN (SELECT state FROM moves AS was"
			 "       WHERE was.chip = unit.chip AND was.number < number.event"
			 "       ORDER BY was.number DESC LIMIT 1) END)"
			 " UNION ALL SELECT 'event ' || number FROM event"
			 " WHERE kind IN ('skipped', 'remainder') AND"
			 " (SELECT count(*) FROM number WHERE body BETWEEN " FIRST
			 " AND " LAST ") <> " LAST " - " FIRST " + 1"},
	{"moves", ST_LEDGER_ROWS, MOVES "SELECT count(*) FROM moves",
	 MOVES "SELECT 'event ' || number FROM (SELECT number, kind, state,"
	       " lag(state) OVER chips AS was, lag(state, 2) OVER chips AS once"
	       " FROM moves WHERE chip IS NOT NULL"
	       " WINDOW chips AS (PARTITION BY chip ORDER BY number))"
	       " WHERE NOT coalesce(CASE kind"
	       " WHEN 'ticketed' THEN was IS NULL"
	       " WHEN 'written' THEN was = 'ticketed'"
	       " WHEN 'locked' THEN was = 'written'"
	       " WHEN 'verified' THEN was = 'locked'"
	       " WHEN 'quarantined' THEN was IN"
	       "   ('ticketed', 'written', 'locked', 'verified')"
	       " WHEN 'released' THEN was = 'quarantined' AND once = state"
	       " ELSE was = 'quarantined' END, 0)"},
	{"units", ST_LEDGER_ROWS, "SELECT count(*) FROM unit",
	 "SELECT 'unit ' || unit.number FROM unit"
	 " LEFT JOIN event ON event.chip = unit.chip AND kind = 'ticketed'"
	 " WHERE json_extract(detail, '$.device_key') IS NOT"
	 "   lower(hex(device_key))"
	 " OR json_extract(detail, '$.model') IS NOT model"
	 " OR json_array_length(detail, '$.imeis') IS NOT slots"
	 " OR EXISTS (SELECT 1 FROM json_each(detail, '$.imeis') AS told"
	 "   LEFT JOIN number ON number.body = CAST(told.value AS INTEGER)"
	 "   WHERE number.unit IS NOT unit.number"
	 "   OR number.slot IS NOT told.key + 1)"
	 " OR unit.number IN (SELECT unit FROM misfit)" ORPHANS(
		 "kind = 'ticketed'", "unit WHERE unit.chip = event.chip")},
	{"seen", ST_LEDGER_ROWS, "SELECT count(*) FROM unit",
	 "SELECT 'unit ' || unit.number FROM unit"
	 " WHERE seen IS NOT (SELECT"
	 "   max(1, coalesce(max(json_extract(detail, '$.state')), 1))"
	 "   FROM event WHERE event.chip = unit.chip AND kind = 'seen')"
	 " OR burnt_words IS NOT (SELECT"
	 "   coalesce(max(json_extract(detail, '$.burnt_words')), 0)"
	 "   FROM event WHERE event.chip = unit.chip AND kind = 'seen')"},
	{"attempts", ST_LEDGER_ROWS, "SELECT count(*) FROM attempt",
	 "SELECT 'chip ' || lower(hex(attempt.chip)) FROM attempt"
	 " WHERE retries IS NOT (SELECT CASE kind WHEN 'outcome'"
	 "   THEN json_extract(detail, '$.retries') ELSE 0 END"
	 "   FROM event WHERE event.chip = attempt.chip"
	 "   AND kind IN ('outcome', 'released')"
	 "   ORDER BY number DESC LIMIT 1)" ORPHANS(
		 "kind = 'outcome' AND json_extract(detail, '$.retries') > 0",
		 "attempt WHERE attempt.chip = event.chip")},
	{"boards", ST_LEDGER_ROWS,
	 "SELECT count(*) FROM unit WHERE board IS NOT NULL",
	 "SELECT 'unit ' || unit.number FROM unit"
	 " WHERE board IS NOT (SELECT json_extract(detail, '$.board')"
	 "   FROM event WHERE event.chip = unit.chip"
	 "   AND kind IN ('ticketed', 'board')"
	 "   AND json_extract(detail, '$.board') IS NOT NULL"
	 "   ORDER BY number DESC LIMIT 1)"
	 " UNION ALL SELECT 'board ' || board FROM living"
	 " WHERE board IS NOT NULL GROUP BY board HAVING count(*) > 1"},
	{"replacements", ST_LEDGER_ROWS, "SELECT count(*) FROM replacement",
	 "SELECT 'unit ' || unit.number FROM replacement"
	 " JOIN unit ON unit.number = replacement.unit"
	 " LEFT JOIN event ON event.number = replacement.event"
	 " WHERE kind IS NOT 'replaces'"
	 " OR event.chip IS NOT replacement.chip"
	 " OR json_extract(detail, '$.old') IS NOT lower(hex(unit.chip))"
	 " OR EXISTS (SELECT 1 FROM living WHERE unit = unit.number)" ORPHANS(
		 "kind = 'replaces'",
		 "replacement WHERE replacement.event = event.number")},
	{"register", ST_LEDGER_ROWS, "SELECT count FROM register",
	 "SELECT coalesce('event ' || event.number, 'register') FROM register"
	 " LEFT JOIN event ON event.number ="
	 "   (SELECT max(number) FROM event WHERE kind = 'register')"
	 " WHERE count IS NOT coalesce(json_extract(detail, '$.count'), 0)"
	 " OR lower(hex(register.hash)) IS NOT coalesce("
	 "   json_extract(detail, '$.hash'), lower(hex(zeroblob(32))))"},
	{"sums", ST_LEDGER_SUMS, "SELECT count(*) FROM interval",
	 "SELECT 'interval ' || interval.number FROM interval"
	 " WHERE (SELECT count(*) FROM number WHERE body BETWEEN first AND last)"
	 "   > last - first + 1"
	 " UNION ALL SELECT " MASKED(
		 "body") " FROM number"
			 " WHERE NOT EXISTS (SELECT 1 FROM interval"
			 "   WHERE body BETWEEN first AND last)"},
};

/* Where a look ends. */
struct looking {
	struct ledger *ledger;
	ledger_look_fn each;
	void *ctx;
	enum status first; /* the first that was wrong */
};

static void
tell(struct looking *looking, const struct ledger_look *look)
{
	if (looking->first == ST_OK)
		looking->first = look->status;
	looking->each(looking->ctx, look);
}

/* ------------------------------------------------------------------- rows */

static enum status
read_count(struct ledger *ledger, const char *sql, uint64_t *out)
{
	struct db_query q;

	db_begin(&q, ledger->db, sql);
	*out = db_next(&q) ? db_uint(&q, 0) : 0;
	return db_end(&q);
}

static enum status
read_place(struct ledger *ledger, const char *sql, char place[PLACE_MAX + 1])
{
	struct db_query q;

	place[0] = '\0';
	db_begin(&q, ledger->db, sql);
	if (db_next(&q))
		(void)snprintf(place, PLACE_MAX + 1, "%s", db_text(&q, 0));
	return db_end(&q);
}

static void
look_at_rows(struct looking *looking, size_t i)
{
	char place[PLACE_MAX + 1];
	struct ledger_look look = {rows[i].what, 0, place, ST_OK};

	look.status = read_place(looking->ledger, rows[i].wrong, place);
	if (look.status == ST_OK)
		look.status =
			read_count(looking->ledger, rows[i].count, &look.count);
	if (look.status != ST_OK)
		(void)snprintf(place, sizeof(place), "cannot be read");
	else if (place[0] != '\0')
		look.status = rows[i].status;
	tell(looking, &look);
}

/* ------------------------------------------------------------------ chain */

static void
look_at_chain(struct looking *looking)
{
	char place[PLACE_MAX + 1] = "";
	struct ledger_look look = {"chain", 0, place, ST_OK};

	look.status = chain_check(looking->ledger, &look.count);
	if (look.status != ST_OK)
		(void)snprintf(place, sizeof(place), "event %llu",
			       (unsigned long long)look.count);
	tell(looking, &look);
}

/* ---------------------------------------------------------------- records */

/* hex says the hash of object; no object has none. */
static enum status
is_hash(struct bytes object, const char *hex, bool *is_it)
{
	char text[2 * SHA256_LEN + 1] = "";
	struct sha256 hash;
	enum status status;

	*is_it = object.len == 0 && hex[0] == '\0';
	if (object.len == 0)
		return ST_OK;
	status = crypto_sha256(&hash, &object, 1);
	for (size_t i = 0; status == ST_OK && i < sizeof(hash.byte); i++)
		(void)snprintf(text + 2 * i, 3, "%02x", hash.byte[i]);
	*is_it = status == ST_OK && strcmp(text, hex) == 0;
	return status;
}

/* Record and certificate of the next row, as the last event has them. */
static enum status
check_record(struct db_query *q, char place[PLACE_MAX + 1])
{
	bool is_record, is_cert;
	enum status status = is_hash(db_bytes(q, 1), db_text(q, 3), &is_record);

	if (status == ST_OK)
		status = is_hash(db_bytes(q, 2), db_text(q, 4), &is_cert);
	if (status != ST_OK || (is_record && is_cert))
		return status;
	(void)snprintf(place, PLACE_MAX + 1, "unit %llu",
		       (unsigned long long)db_uint(q, 0));
	return ST_LEDGER_ROWS;
}

static enum status
check_records(struct ledger *ledger, uint64_t *count, char place[PLACE_MAX + 1])
{
	enum status status = ST_OK, end;
	struct db_query q;

	db_begin(&q, ledger->db,
		 "SELECT unit.number, record, record_cert,"
		 " coalesce(json_extract(detail, '$.record'), ''),"
		 " coalesce(json_extract(detail, '$.record_cert'), '')"
		 " FROM unit LEFT JOIN event ON event.number ="
		 "  (SELECT max(number) FROM event WHERE event.chip = unit.chip"
		 "    AND kind IN ('written', 'record'))"
		 " WHERE record IS NOT NULL OR detail IS NOT NULL");
	while (status == ST_OK && db_next(&q)) {
		++*count;
		status = check_record(&q, place);
	}
	end = db_end(&q);
	return status == ST_OK ? end : status;
}

static void
look_at_records(struct looking *looking)
{
	char place[PLACE_MAX + 1] = "";
	struct ledger_look look = {"records", 0, place, ST_OK};

	look.status = check_records(looking->ledger, &look.count, place);
	if (look.status != ST_OK && place[0] == '\0')
		(void)snprintf(place, sizeof(place), "cannot be read");
	tell(looking, &look);
}

enum status
ledger_check(struct ledger *ledger, ledger_look_fn each, void *ctx)
{
	struct looking looking = {ledger, each, ctx, ST_OK};
	enum status status = store_begin_read(ledger);

	if (status != ST_OK)
		return status;
	look_at_chain(&looking);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		look_at_rows(&looking, i);
	look_at_records(&looking);
	return store_end_read(ledger, looking.first);
}
