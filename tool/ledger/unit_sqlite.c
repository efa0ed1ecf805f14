/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/state.h"
#include "ledger/store_sqlite.h"

#define UNIT_SELECT                                                            \
	"SELECT unit.number, unit.chip, device_key, model, slots,"             \
	" primary_slot, seen, burnt_words, record, record_cert,"               \
	" coalesce(retries, 0), coalesce(board, ''),"                          \
	" (SELECT old.chip FROM replacement JOIN unit AS old"                  \
	"   ON old.number = replacement.unit"                                  \
	"   WHERE replacement.chip = unit.chip),"                              \
	" (SELECT replacement.chip FROM replacement"                           \
	"   WHERE replacement.unit = unit.number)"                             \
	" FROM unit LEFT JOIN attempt ON attempt.chip = unit.chip "

/* ----------------------------------------------------------------- reading */

static void
read_object(struct db_query *q, int column, struct object *out)
{
	struct bytes value = db_bytes(q, column);

	if (value.len > sizeof(out->byte) && q->status == ST_OK)
		q->status = ST_LEDGER_FAILED;
	if (q->status != ST_OK || value.len == 0)
		return;
	memcpy(out->byte, value.ptr, value.len);
	out->len = value.len;
}

static void
read_chip(struct db_query *q, int column, struct chip_id *out)
{
	struct bytes value = db_bytes(q, column);

	if (value.len > sizeof(out->byte) && q->status == ST_OK)
		q->status = ST_LEDGER_FAILED;
	if (q->status != ST_OK || value.len == 0)
		return;
	memcpy(out->byte, value.ptr, value.len);
	out->len = (uint8_t)value.len;
}

static void
read_text(struct db_query *q, int column, char *out, size_t size)
{
	const char *text = db_text(q, column);
	size_t len = strlen(text);

	if (len >= size && q->status == ST_OK)
		q->status = ST_LEDGER_FAILED;
	if (q->status == ST_OK)
		memcpy(out, text, len + 1);
}

static void
read_row(struct db_query *q, struct unit_row *out)
{
	struct ledger_unit *unit = &out->unit;

	memset(out, 0, sizeof(*out));
	out->number = db_uint(q, 0);
	out->slots = (unsigned int)db_uint(q, 4);
	read_chip(q, 1, &unit->chip);
	db_copy(q, 2, unit->key.xy, sizeof(unit->key.xy));
	read_text(q, 3, unit->model, sizeof(unit->model));
	identity_init(&unit->identity);
	unit->identity.primary = (uint8_t)(db_uint(q, 5) - 1);
	unit->seen = (enum device_state)db_int(q, 6);
	unit->burnt_words = (uint8_t)db_uint(q, 7);
	read_object(q, 8, &unit->record);
	read_object(q, 9, &unit->record_cert);
	unit->unit_retries = (uint32_t)db_uint(q, 10);
	read_text(q, 11, unit->board, sizeof(unit->board));
	read_chip(q, 12, &unit->replaces);
	read_chip(q, 13, &unit->replaced_by);
}

/* One number of the unit; all of them are in one state. */
static bool
take_number(struct db_query *q, struct ledger_unit *unit)
{
	enum number_state state = number_state_parse(db_text(q, 2));
	uint64_t slot = db_uint(q, 1);

	if (slot < 1 || slot > SLOTS_MAX ||
	    (unit->state != 0 && unit->state != state))
		return false;
	unit->state = state;
	if (!db_is_null(q, 3))
		unit->before = number_state_parse(db_text(q, 3));
	unit->identity.slot[slot - 1].body = db_uint(q, 0);
	return true;
}

/* Rows that do not fit together are damage, never something to go on with. */
static enum status
read_numbers(struct ledger *ledger, struct unit_row *row)
{
	struct db_query q;
	enum status status;

	db_begin(&q, ledger->db,
		 "SELECT body, slot, state, before FROM number"
		 " WHERE unit = ?1 ORDER BY slot");
	db_put_uint(&q, 1, row->number);
	while (db_next(&q))
		if (!take_number(&q, &row->unit))
			q.status = ST_LEDGER_FAILED;
	status = db_end(&q);
	if (status != ST_OK)
		return status;
	if (identity_count(&row->unit.identity) != row->slots)
		return ST_LEDGER_FAILED;
	return identity_check(&row->unit.identity) != ST_OK ? ST_LEDGER_FAILED
							    : ST_OK;
}

/* Take the one row of q. */
static enum status
read_one(struct ledger *ledger, struct db_query *q, struct unit_row *out)
{
	bool is_there = db_next(q);
	enum status status;

	memset(out, 0, sizeof(*out));
	if (is_there)
		read_row(q, out);
	status = db_end(q);
	if (status == ST_OK && !is_there)
		status = ST_LEDGER_NONE;
	if (status == ST_OK)
		status = read_numbers(ledger, out);
	if (status != ST_OK)
		memset(out, 0, sizeof(*out));
	return status;
}

enum status
unit_find(struct ledger *ledger, const struct chip_id *chip,
	  struct unit_row *out)
{
	struct db_query q;

	db_begin(&q, ledger->db, UNIT_SELECT "WHERE unit.chip = ?1");
	db_put_bytes(&q, 1, chip_id_bytes(chip));
	return read_one(ledger, &q, out);
}

struct imei
unit_primary(const struct ledger_unit *unit)
{
	return unit->identity.slot[unit->identity.primary];
}

enum status
ledger_find(struct ledger *ledger, const struct chip_id *chip,
	    struct ledger_unit *out)
{
	enum status status = store_begin_read(ledger);
	struct unit_row row;

	memset(out, 0, sizeof(*out));
	if (status != ST_OK)
		return status;
	status = store_end_read(ledger, unit_find(ledger, chip, &row));
	*out = row.unit;
	return status;
}

enum status
ledger_find_imei(struct ledger *ledger, struct imei imei,
		 struct ledger_unit *out)
{
	enum status status = store_begin_read(ledger);
	struct unit_row row;
	struct db_query q;

	memset(out, 0, sizeof(*out));
	if (status != ST_OK)
		return status;
	db_begin(&q, ledger->db,
		 UNIT_SELECT "WHERE unit.number ="
			     " (SELECT unit FROM number WHERE body = ?1)");
	db_put_uint(&q, 1, imei_is_valid(imei) ? imei.body : 0);
	status = store_end_read(ledger, read_one(ledger, &q, &row));
	*out = row.unit;
	return status;
}

enum status
ledger_find_board(struct ledger *ledger, const char *board,
		  struct ledger_unit *out)
{
	enum status status = store_begin_read(ledger);
	struct unit_row row;
	struct db_query q;

	memset(out, 0, sizeof(*out));
	if (status != ST_OK)
		return status;
	db_begin(&q, ledger->db,
		 UNIT_SELECT "WHERE unit.number ="
			     " (SELECT unit FROM living WHERE board = ?1)");
	db_put_text(&q, 1, board);
	status = store_end_read(ledger, read_one(ledger, &q, &row));
	*out = row.unit;
	return status;
}

/* The units that q has, one after the other. */
static enum status
read_each(struct ledger *ledger, struct db_query *q, ledger_unit_fn each,
	  void *ctx)
{
	enum status status = ST_OK, end;
	struct unit_row row;

	while (status == ST_OK && db_next(q)) {
		read_row(q, &row);
		status = q->status;
		if (status == ST_OK)
			status = read_numbers(ledger, &row);
		if (status == ST_OK)
			each(ctx, &row.unit);
	}
	end = db_end(q);
	return store_end_read(ledger, status == ST_OK ? end : status);
}

enum status
ledger_units(struct ledger *ledger, ledger_unit_fn each, void *ctx)
{
	enum status status = store_begin_read(ledger);
	struct db_query q;

	if (status != ST_OK)
		return status;
	db_begin(&q, ledger->db, UNIT_SELECT "ORDER BY unit.number");
	return read_each(ledger, &q, each, ctx);
}

enum status
ledger_unlabelled(struct ledger *ledger, enum ledger_label_place place,
		  ledger_unit_fn each, void *ctx)
{
	enum status status = store_begin_read(ledger);
	struct db_query q;

	if (status != ST_OK)
		return status;
	db_begin(&q, ledger->db,
		 UNIT_SELECT
		 "WHERE EXISTS (SELECT 1 FROM number"
		 "   WHERE unit = unit.number AND state = 'verified')"
		 " AND NOT EXISTS (SELECT 1 FROM event"
		 "   WHERE event.chip = unit.chip AND kind = 'labelled'"
		 "   AND json_extract(detail, '$.place') = ?1"
		 "   AND json_extract(detail, '$.code') = 'OK')"
		 " ORDER BY unit.number");
	db_put_text(&q, 1, ledger_label_place_name(place));
	return read_each(ledger, &q, each, ctx);
}

/* ----------------------------------------------------------------- numbers */

static void
read_number(struct db_query *q, struct ledger_number *out)
{
	*out = (struct ledger_number){
		.imei = {db_uint(q, 0)},
		.state = number_state_parse(db_text(q, 1)),
		.before = number_state_parse(db_text(q, 2)),
		.model = db_text(q, 3),
		.slot = (unsigned int)db_uint(q, 5),
		.is_primary = db_int(q, 6) != 0,
		.board = db_text(q, 7),
		.given = db_int(q, 8),
		.moved = db_int(q, 9),
	};
	read_chip(q, 4, &out->chip);
}

enum status
ledger_numbers(struct ledger *ledger, ledger_number_fn each, void *ctx)
{
	enum status status = store_begin_read(ledger);
	struct ledger_number number;
	struct db_query q;

	if (status != ST_OK)
		return status;
	db_begin(&q, ledger->db,
		 "SELECT body, state, coalesce(before, ''),"
		 " (SELECT interval.model FROM interval"
		 "   WHERE body BETWEEN first AND last),"
		 " unit.chip, coalesce(slot, 0), slot IS primary_slot"
		 "   AND slot IS NOT NULL,"
		 " coalesce(board, ''),"
		 " coalesce((SELECT time FROM event WHERE chip = unit.chip"
		 "   AND kind = 'ticketed'), 0),"
		 " (SELECT time FROM event WHERE event.number = number.event)"
		 " FROM number LEFT JOIN unit ON unit.number = number.unit"
		 " ORDER BY body");
	while (db_next(&q)) {
		read_number(&q, &number);
		if (q.status == ST_OK)
			each(ctx, &number);
	}
	return store_end_read(ledger, db_end(&q));
}
