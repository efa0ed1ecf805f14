/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/detail.h"
#include "ledger/store_sqlite.h"

static struct bytes
key_bytes(const struct public_key *key)
{
	return bytes_of(key->xy, sizeof(key->xy));
}

/* -------------------------------------------------------------- a new unit */

static enum status
append_ticketed(struct ledger *ledger, const struct ledger_who *who,
		const struct ledger_binding *binding,
		const struct identity *identity, uint64_t *event)
{
	struct detail detail;

	detail_init(&detail);
	detail_put_text(&detail, "model", binding->model);
	detail_put_identity(&detail, "imeis", identity);
	detail_put_hex(&detail, "device_key", key_bytes(binding->key));
	if (binding->board != NULL)
		detail_put_text(&detail, "board", binding->board);
	if (binding->label != NULL)
		detail_put_text(&detail, "picked", "label");
	return event_append(ledger, who, "ticketed", binding->chip,
			    identity->slot[identity->primary],
			    detail_end(&detail), event);
}

static enum status
insert_unit(struct ledger *ledger, const struct ledger_binding *binding,
	    const struct identity *identity, uint64_t event)
{
	struct db_query q;

	db_begin(&q, ledger->db,
		 "INSERT INTO unit (number, chip, device_key, model, slots,"
		 " primary_slot, seen, burnt_words, event, board)"
		 " SELECT coalesce(max(number), 0) + 1, ?1, ?2, ?3, ?4, ?5,"
		 " ?6, 0, ?7, ?8 FROM unit");
	db_put_bytes(&q, 1, chip_id_bytes(binding->chip));
	db_put_bytes(&q, 2, key_bytes(binding->key));
	db_put_text(&q, 3, binding->model);
	db_put_int(&q, 4, (int64_t)binding->slot_count);
	db_put_int(&q, 5, identity->primary + 1);
	db_put_int(&q, 6, STATE_BLANK);
	db_put_uint(&q, 7, event);
	if (binding->board != NULL)
		db_put_text(&q, 8, binding->board);
	return db_run(&q);
}

static enum status
insert_number(struct ledger *ledger, const struct ledger_binding *binding,
	      struct imei imei, unsigned int slot, uint64_t event)
{
	struct db_query q;

	db_begin(&q, ledger->db,
		 "INSERT INTO number (body, state, unit, slot, event)"
		 " SELECT ?1, 'ticketed', number, ?2, ?3 FROM unit"
		 " WHERE chip = ?4");
	db_put_uint(&q, 1, imei.body);
	db_put_int(&q, 2, (int64_t)slot);
	db_put_uint(&q, 3, event);
	db_put_bytes(&q, 4, chip_id_bytes(binding->chip));
	return db_run(&q);
}

static enum status
insert_all(struct ledger *ledger, const struct ledger_binding *binding,
	   const struct identity *identity, uint64_t event)
{
	enum status status = insert_unit(ledger, binding, identity, event);

	for (unsigned int i = 0; i < binding->slot_count && status == ST_OK;
	     i++)
		status = insert_number(ledger, binding, identity->slot[i],
				       i + 1, event);
	return status;
}

static enum status
bind_new(struct ledger *ledger, const struct ledger_who *who,
	 const struct ledger_binding *binding)
{
	struct identity identity;
	struct imei first;
	uint64_t event;
	enum status status =
		binding->label != NULL
			? label_take(ledger, binding, &first)
			: interval_take(ledger, who, binding->model,
					binding->slot_count, &first);

	if (status != ST_OK)
		return status;
	/* Neighbours, the lowest primary, in the order of the modem slots. */
	identity_init(&identity);
	for (unsigned int i = 0; i < binding->slot_count; i++)
		identity.slot[i].body = first.body + i;
	identity.primary = 0;
	status = append_ticketed(ledger, who, binding, &identity, &event);
	if (status != ST_OK)
		return status;
	return insert_all(ledger, binding, &identity, event);
}

/* ------------------------------------------------------------- known units */

static enum status
find_key(struct ledger *ledger, const struct public_key *key, bool *is_known)
{
	struct db_query q;

	db_begin(&q, ledger->db, "SELECT 1 FROM unit WHERE device_key = ?1");
	db_put_bytes(&q, 1, key_bytes(key));
	*is_known = db_next(&q);
	return db_end(&q);
}

static enum status
refuse_key(struct ledger *ledger, const struct ledger_who *who,
	   const struct chip_id *chip)
{
	struct detail detail;
	uint64_t event;

	detail_init(&detail);
	detail_put_code(&detail, "reason", ST_LEDGER_KEY_TWICE);
	return event_append(ledger, who, "refused", chip, IMEI_NONE,
			    detail_end(&detail), &event);
}

/* The unit that comes back; *told is what the caller hears. */
static enum status
check_known(struct ledger *ledger, const struct ledger_who *who,
	    const struct ledger_binding *binding, struct unit_row *row,
	    enum status *told)
{
	if (row->unit.state == NUMBER_SCRAPPED) {
		*told = ST_LEDGER_SCRAPPED;
	} else if (!bytes_equal(key_bytes(&row->unit.key),
				key_bytes(binding->key))) {
		*told = ST_LEDGER_CHIP_KEY;
		return unit_quarantine(ledger, who, row, *told);
	} else if (row->unit.state == NUMBER_QUARANTINED) {
		*told = ST_LEDGER_QUARANTINED;
	} else if (strcmp(row->unit.model, binding->model) != 0) {
		*told = ST_LEDGER_MODEL;
	} else if (row->slots != binding->slot_count) {
		*told = ST_PROFILE_SLOTS;
	} else if (binding->label != NULL) {
		*told = label_fits(binding->label, &row->unit);
	}
	return ST_OK;
}

static enum status
keep_board(struct ledger *ledger, const struct ledger_who *who,
	   struct unit_row *row, const char *board)
{
	struct detail detail;
	struct db_query q;
	uint64_t event;
	enum status status;

	detail_init(&detail);
	detail_put_text(&detail, "board", board);
	status = unit_append(ledger, who, "board", &row->unit, &detail, &event);
	if (status != ST_OK)
		return status;
	db_begin(&q, ledger->db,
		 "UPDATE unit SET board = ?1, event = ?2 WHERE number = ?3");
	db_put_text(&q, 1, board);
	db_put_uint(&q, 2, event);
	db_put_uint(&q, 3, row->number);
	status = db_run(&q);
	return status == ST_OK ? unit_find(ledger, &row->unit.chip, row)
			       : status;
}

static enum status
check_board(struct ledger *ledger, const struct ledger_who *who,
	    struct unit_row *row, const char *board)
{
	if (board == NULL || strcmp(row->unit.board, board) == 0)
		return ST_OK;
	return row->unit.board[0] == '\0' ? keep_board(ledger, who, row, board)
					  : ST_LEDGER_BOARD_OTHER;
}

static enum status
bind(struct ledger *ledger, const struct ledger_who *who,
     const struct ledger_binding *binding, struct unit_row *row,
     enum status *told)
{
	enum status status = unit_find(ledger, binding->chip, row);
	bool is_known;

	if (status == ST_OK) {
		status = check_known(ledger, who, binding, row, told);
		return status == ST_OK && *told == ST_OK
			       ? check_board(ledger, who, row, binding->board)
			       : status;
	}
	if (status != ST_LEDGER_NONE)
		return status;
	status = find_key(ledger, binding->key, &is_known);
	if (status != ST_OK)
		return status;
	if (is_known) {
		*told = ST_LEDGER_KEY_TWICE;
		return refuse_key(ledger, who, binding->chip);
	}
	status = bind_new(ledger, who, binding);
	if (status != ST_OK)
		return status;
	return unit_find(ledger, binding->chip, row);
}

enum status
ledger_bind(struct ledger *ledger, const struct ledger_who *who,
	    const struct ledger_binding *binding, struct ledger_unit *out)
{
	enum status told = ST_OK;
	struct unit_row row;
	enum status status = chip_id_check(binding->chip);

	memset(out, 0, sizeof(*out));
	if (status != ST_OK)
		return status;
	if (binding->slot_count < 1 || binding->slot_count > SLOTS_MAX)
		return ST_PROFILE_SLOTS;
	if (binding->label != NULL && !label_is_whole(binding->label))
		return ST_LEDGER_LABEL_PAIR;
	status = store_begin(ledger);
	if (status != ST_OK)
		return status;
	status = store_end(ledger, bind(ledger, who, binding, &row, &told));
	if (status == ST_OK)
		status = told;
	if (status == ST_OK)
		*out = row.unit;
	return status;
}

enum status
ledger_ticket(struct ledger *ledger, const struct ledger_who *who,
	      const char *model, unsigned int slot_count,
	      const struct chip_id *chip, const struct public_key *key,
	      struct ledger_unit *out)
{
	struct ledger_binding binding = {model, slot_count, chip,
					 key,	NULL,	    NULL};

	return ledger_bind(ledger, who, &binding, out);
}
