/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/detail.h"
#include "ledger/state.h"
#include "ledger/store_sqlite.h"

#define RETRIES_MAX 3 /* in a row, for causes in the unit */

/* ------------------------------------------------------------------- moves */

enum status
unit_append(struct ledger *ledger, const struct ledger_who *who,
	    const char *kind, const struct ledger_unit *unit,
	    struct detail *detail, uint64_t *event)
{
	return event_append(ledger, who, kind, &unit->chip, unit_primary(unit),
			    detail_end(detail), event);
}

enum status
unit_move(struct ledger *ledger, struct unit_row *row, enum number_state state,
	  uint64_t event)
{
	struct db_query q;
	enum status status;

	db_begin(&q, ledger->db,
		 "UPDATE number SET state = ?1, before = ?2, event = ?3"
		 " WHERE unit = ?4");
	db_put_text(&q, 1, number_state_name(state));
	if (state == NUMBER_QUARANTINED)
		db_put_text(&q, 2, number_state_name(row->unit.state));
	db_put_uint(&q, 3, event);
	db_put_uint(&q, 4, row->number);
	status = db_run(&q);
	if (status != ST_OK)
		return status;
	row->unit.before = state == NUMBER_QUARANTINED ? row->unit.state
						       : (enum number_state)0;
	row->unit.state = state;
	return ST_OK;
}

enum status
unit_quarantine(struct ledger *ledger, const struct ledger_who *who,
		struct unit_row *row, enum status reason)
{
	bool may_move = number_state_is_live(row->unit.state);
	struct detail detail;
	uint64_t event;
	enum status status;

	detail_init(&detail);
	detail_put_code(&detail, "reason", reason);
	status = unit_append(ledger, who, may_move ? "quarantined" : "refused",
			     &row->unit, &detail, &event);
	if (status != ST_OK || !may_move)
		return status;
	return unit_move(ledger, row, NUMBER_QUARANTINED, event);
}

static enum status
append_move(struct ledger *ledger, const struct ledger_who *who,
	    const struct unit_row *row, enum number_state state,
	    struct bytes evidence, uint64_t *event)
{
	struct detail detail;
	enum status status = ST_OK;

	detail_init(&detail);
	if (state == NUMBER_VERIFIED) {
		status = detail_put_hash(&detail, "record",
					 object_bytes(&row->unit.record));
		if (status == ST_OK)
			status = detail_put_hash(&detail, "evidence", evidence);
	}
	if (status != ST_OK)
		return status;
	return unit_append(ledger, who, number_state_name(state), &row->unit,
			   &detail, event);
}

static enum status
move(struct ledger *ledger, const struct ledger_who *who, struct unit_row *row,
     enum number_state state, struct bytes evidence)
{
	uint64_t event;
	enum status status;

	if (row->unit.state == NUMBER_SCRAPPED)
		return ST_LEDGER_SCRAPPED;
	if (row->unit.state == NUMBER_QUARANTINED)
		return ST_LEDGER_QUARANTINED;
	/* Verified rests on the evidence: without it there is none. */
	if (state == NUMBER_VERIFIED ? evidence.len == 0
				     : state != NUMBER_LOCKED)
		return ST_LEDGER_MOVE;
	status = append_move(ledger, who, row, state, evidence, &event);
	if (status != ST_OK)
		return status;
	return unit_move(ledger, row, state, event);
}

static enum status
find_and_move(struct ledger *ledger, const struct ledger_who *who,
	      const struct chip_id *chip, enum number_state state,
	      enum status reason, struct bytes evidence)
{
	struct unit_row row;
	enum status status = unit_find(ledger, chip, &row);

	if (status != ST_OK || row.unit.state == state)
		return status;
	if (state == NUMBER_QUARANTINED && number_state_is_live(row.unit.state))
		return unit_quarantine(ledger, who, &row, reason);
	return move(ledger, who, &row, state, evidence);
}

enum status
ledger_move(struct ledger *ledger, const struct ledger_who *who,
	    const struct chip_id *chip, enum number_state state,
	    enum status reason, struct bytes evidence)
{
	enum status status = state == NUMBER_LOCKED ? store_begin_lazy(ledger)
						    : store_begin(ledger);

	if (status != ST_OK)
		return status;
	return store_end(ledger, find_and_move(ledger, who, chip, state, reason,
					       evidence));
}

/* ------------------------------------------------------------------ record */

static enum status
update_record(struct ledger *ledger, const struct unit_row *row,
	      struct bytes record, struct bytes cert, uint64_t event)
{
	struct db_query q;

	db_begin(&q, ledger->db,
		 "UPDATE unit SET record = ?1, record_cert = ?2, event = ?3"
		 " WHERE number = ?4");
	db_put_bytes(&q, 1, record);
	db_put_bytes(&q, 2, cert);
	db_put_uint(&q, 3, event);
	db_put_uint(&q, 4, row->number);
	return db_run(&q);
}

static enum status
keep_record(struct ledger *ledger, const struct ledger_who *who,
	    struct unit_row *row, struct bytes record, struct bytes cert)
{
	bool is_first = row->unit.state == NUMBER_TICKETED;
	struct detail detail;
	uint64_t event;
	enum status status;

	detail_init(&detail);
	status = detail_put_hash(&detail, "record", record);
	if (status == ST_OK)
		status = detail_put_hash(&detail, "record_cert", cert);
	if (status == ST_OK)
		status = unit_append(ledger, who,
				     is_first ? "written" : "record",
				     &row->unit, &detail, &event);
	if (status == ST_OK)
		status = update_record(ledger, row, record, cert, event);
	if (status != ST_OK || !is_first)
		return status;
	return unit_move(ledger, row, NUMBER_WRITTEN, event);
}

static enum status
find_and_record(struct ledger *ledger, const struct ledger_who *who,
		const struct chip_id *chip, struct bytes record,
		struct bytes cert)
{
	struct unit_row row;
	enum status status = unit_find(ledger, chip, &row);

	if (status != ST_OK)
		return status;
	if (row.unit.state == NUMBER_SCRAPPED)
		return ST_LEDGER_SCRAPPED;
	if (row.unit.state == NUMBER_QUARANTINED)
		return ST_LEDGER_QUARANTINED;
	if (record.len > 0 &&
	    bytes_equal(record, object_bytes(&row.unit.record)) &&
	    bytes_equal(cert, object_bytes(&row.unit.record_cert)))
		return ST_OK;
	return keep_record(ledger, who, &row, record, cert);
}

enum status
ledger_record(struct ledger *ledger, const struct ledger_who *who,
	      const struct chip_id *chip, struct bytes record,
	      struct bytes cert)
{
	enum status status = store_begin(ledger);

	if (status != ST_OK)
		return status;
	return store_end(ledger,
			 find_and_record(ledger, who, chip, record, cert));
}

/* -------------------------------------------------------------------- seen */

static enum status
update_seen(struct ledger *ledger, const struct ledger_who *who,
	    const struct unit_row *row, enum device_state state,
	    unsigned int burnt_words)
{
	struct detail detail;
	struct db_query q;
	uint64_t event;
	enum status status;

	detail_init(&detail);
	detail_put_uint(&detail, "state", (uint64_t)state);
	detail_put_uint(&detail, "burnt_words", burnt_words);
	status = unit_append(ledger, who, "seen", &row->unit, &detail, &event);
	if (status != ST_OK)
		return status;
	db_begin(&q, ledger->db,
		 "UPDATE unit SET seen = max(seen, ?1),"
		 " burnt_words = max(burnt_words, ?2), event = ?3"
		 " WHERE number = ?4");
	db_put_int(&q, 1, (int64_t)state);
	db_put_uint(&q, 2, burnt_words);
	db_put_uint(&q, 3, event);
	db_put_uint(&q, 4, row->number);
	return db_run(&q);
}

static enum status
see(struct ledger *ledger, const struct ledger_who *who,
    const struct chip_id *chip, enum device_state state,
    unsigned int burnt_words, enum status *told)
{
	struct unit_row row;
	enum status status = unit_find(ledger, chip, &row);

	if (status != ST_OK)
		return status;
	if (burnt_words < row.unit.burnt_words) {
		*told = ST_LEDGER_CHIP_FEWER;
		return unit_quarantine(ledger, who, &row, *told);
	}
	if (burnt_words == row.unit.burnt_words && state <= row.unit.seen)
		return ST_OK;
	return update_seen(ledger, who, &row, state, burnt_words);
}

enum status
ledger_see(struct ledger *ledger, const struct ledger_who *who,
	   const struct chip_id *chip, enum device_state state,
	   unsigned int burnt_words)
{
	enum status told = ST_OK;
	enum status status = store_begin_lazy(ledger);

	if (status != ST_OK)
		return status;
	status = see(ledger, who, chip, state, burnt_words, &told);
	/* a quarantine is not lazy */
	status = store_end(ledger, status == ST_OK ? told : status);
	if (told == ST_OK)
		return status;
	status = store_begin(ledger);
	if (status != ST_OK)
		return status;
	status = store_end(ledger,
			   see(ledger, who, chip, state, burnt_words, &told));
	return status == ST_OK ? told : status;
}

/* ----------------------------------------------------------------- outcome */

static enum status
read_retries(struct ledger *ledger, const struct chip_id *chip,
	     uint64_t *retries)
{
	struct db_query q;

	db_begin(&q, ledger->db, "SELECT retries FROM attempt WHERE chip = ?1");
	db_put_bytes(&q, 1, chip_id_bytes(chip));
	*retries = db_next(&q) ? db_uint(&q, 0) : 0;
	return db_end(&q);
}

static enum status
run_attempt(struct ledger *ledger, const char *sql, const struct chip_id *chip,
	    uint64_t retries, uint64_t event)
{
	struct db_query q;

	db_begin(&q, ledger->db, sql);
	db_put_bytes(&q, 1, chip_id_bytes(chip));
	db_put_uint(&q, 2, retries);
	db_put_uint(&q, 3, event);
	return db_run(&q);
}

static enum status
write_retries(struct ledger *ledger, const struct chip_id *chip,
	      uint64_t retries, uint64_t event)
{
	enum status status = run_attempt(
		ledger,
		"UPDATE attempt SET retries = ?2, event = ?3 WHERE chip = ?1",
		chip, retries, event);

	if (status != ST_OK || db_changes(ledger->db) > 0)
		return status;
	return run_attempt(ledger, "INSERT INTO attempt VALUES (?1, ?2, ?3)",
			   chip, retries, event);
}

enum status
unit_forgive(struct ledger *ledger, const struct ledger_unit *unit,
	     uint64_t event)
{
	if (unit->unit_retries == 0)
		return ST_OK;
	return write_retries(ledger, &unit->chip, 0, event);
}

static enum status
count_outcome(struct ledger *ledger, const struct ledger_who *who,
	      const struct chip_id *chip, bool is_cause_in_unit,
	      enum status *outcome)
{
	uint64_t before, retries, event;
	struct detail detail;
	enum status status = read_retries(ledger, chip, &before);

	if (status != ST_OK)
		return status;
	retries = *outcome == ST_OK ? 0 : before;
	detail_init(&detail);
	detail_put_code(&detail, "code", *outcome);
	if (is_cause_in_unit && status_class(*outcome) == ST_CLASS_RETRY &&
	    ++retries >= RETRIES_MAX)
		*outcome = ST_STATION_REPEATED;
	detail_put_uint(&detail, "retries", retries);
	detail_put_code(&detail, "told", *outcome);
	status = event_append(ledger, who, "outcome", chip, IMEI_NONE,
			      detail_end(&detail), &event);
	if (status != ST_OK || retries == before)
		return status;
	return write_retries(ledger, chip, retries, event);
}

enum status
ledger_outcome(struct ledger *ledger, const struct ledger_who *who,
	       const struct chip_id *chip, bool is_cause_in_unit,
	       enum status *outcome)
{
	enum status told = *outcome;
	enum status status = chip_id_check(chip);

	if (status != ST_OK)
		return status;
	status = store_begin_lazy(ledger);
	if (status != ST_OK)
		return status;
	status = store_end(ledger, count_outcome(ledger, who, chip,
						 is_cause_in_unit, &told));
	if (status == ST_OK)
		*outcome = told;
	return status;
}
