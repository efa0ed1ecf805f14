/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/detail.h"
#include "ledger/state.h"
#include "ledger/store_sqlite.h"

/* Numbers in a row. */
struct range {
	uint64_t first;
	uint64_t last;
};

static void
put_range(struct detail *detail, struct range range)
{
	detail_put_imei(detail, "first", (struct imei){range.first});
	detail_put_imei(detail, "last", (struct imei){range.last});
}

/* ------------------------------------------------------------------ adding */

static enum status
insert_interval(struct ledger *ledger, const char *model, struct range range,
		uint64_t event)
{
	struct db_query q;

	db_begin(&q, ledger->db,
		 "INSERT INTO interval (number, model, first, last, event)"
		 " SELECT coalesce(max(number), 0) + 1, ?1, ?2, ?3, ?4"
		 " FROM interval");
	db_put_text(&q, 1, model);
	db_put_uint(&q, 2, range.first);
	db_put_uint(&q, 3, range.last);
	db_put_uint(&q, 4, event);
	return db_run(&q);
}

static enum status
add(struct ledger *ledger, const struct ledger_who *who, const char *model,
    struct range range)
{
	struct detail detail;
	uint64_t event;
	enum status status;

	detail_init(&detail);
	detail_put_text(&detail, "model", model);
	put_range(&detail, range);
	status = event_append(ledger, who, "interval", NULL, IMEI_NONE,
			      detail_end(&detail), &event);
	if (status != ST_OK)
		return status;
	return insert_interval(ledger, model, range, event);
}

enum status
ledger_add_interval(struct ledger *ledger, const struct ledger_who *who,
		    const char *model, const struct interval *interval)
{
	struct range range = {interval->first.body, interval->last.body};
	enum status status;

	if (!imei_is_valid(interval->first) || !imei_is_valid(interval->last))
		return ST_LEDGER_INTERVAL;
	status = store_begin(ledger);
	if (status != ST_OK)
		return status;
	return store_end(ledger, add(ledger, who, model, range));
}

/* ------------------------------------------------------------------ taking */

/* Rows without a unit for numbers that are free. */
static enum status
fill(struct ledger *ledger, struct range range, enum number_state state,
     uint64_t event)
{
	struct db_query q;

	db_begin(&q, ledger->db,
		 "INSERT INTO number (body, state, before, event)"
		 " WITH RECURSIVE each (body) AS (VALUES (?1) UNION ALL"
		 " SELECT body + 1 FROM each WHERE body < ?2)"
		 " SELECT body, ?3, ?4, ?5 FROM each");
	db_put_uint(&q, 1, range.first);
	db_put_uint(&q, 2, range.last);
	db_put_text(&q, 3, number_state_name(state));
	if (state == NUMBER_QUARANTINED)
		db_put_text(&q, 4, number_state_name(NUMBER_FREE));
	db_put_uint(&q, 5, event);
	return db_run(&q);
}

static enum status
give_up(struct ledger *ledger, const struct ledger_who *who, const char *kind,
	struct range range, enum number_state state)
{
	struct detail detail;
	uint64_t event;
	enum status status;

	detail_init(&detail);
	put_range(&detail, range);
	status = event_append(ledger, who, kind, NULL, IMEI_NONE,
			      detail_end(&detail), &event);
	if (status != ST_OK)
		return status;
	return fill(ledger, range, state, event);
}

/* The first row of number, first, last that sql finds; 0 when none. */
static enum status
find_range(struct db_query *q, int64_t *number, struct range *range)
{
	*number = 0;
	*range = (struct range){0, 0};
	if (db_next(q)) {
		*number = db_int(q, 0);
		*range = (struct range){db_uint(q, 1), db_uint(q, 2)};
	}
	return db_end(q);
}

/* What is left of the model's intervals before number. */
static enum status
scrap_remainders(struct ledger *ledger, const struct ledger_who *who,
		 const char *model, int64_t number)
{
	struct db_query q;
	struct range left;
	int64_t found;
	enum status status;

	do {
		db_begin(&q, ledger->db,
			 "SELECT number, next, last FROM supply"
			 " WHERE model = ?1 AND number < ?2 AND next <= last"
			 " ORDER BY number LIMIT 1");
		db_put_text(&q, 1, model);
		db_put_int(&q, 2, number);
		status = find_range(&q, &found, &left);
		if (status == ST_OK && found != 0)
			status = give_up(ledger, who, "remainder", left,
					 NUMBER_SCRAPPED);
	} while (status == ST_OK && found != 0);
	return status;
}

enum status
interval_take(struct ledger *ledger, const struct ledger_who *who,
	      const char *model, unsigned int count, struct imei *first)
{
	struct db_query q;
	struct range range;
	int64_t number;
	enum status status;

	*first = IMEI_NONE;
	db_begin(&q, ledger->db,
		 "SELECT number, next, last FROM supply"
		 " WHERE model = ?1 AND last - next + 1 >= ?2"
		 " ORDER BY number LIMIT 1");
	db_put_text(&q, 1, model);
	db_put_int(&q, 2, (int64_t)count);
	status = find_range(&q, &number, &range);
	if (status != ST_OK)
		return status;
	if (number == 0)
		return ST_LEDGER_EMPTY;
	first->body = range.first;
	return scrap_remainders(ledger, who, model, number);
}

/* ---------------------------------------------------------------- skipping */

/* The next range below end that this ledger takes for free. */
static enum status
find_skipped(struct ledger *ledger, struct range used, int64_t *number,
	     struct range *out)
{
	struct db_query q;

	db_begin(&q, ledger->db,
		 "SELECT number, max(next, ?1), min(last, ?2) FROM supply"
		 " WHERE max(next, ?1) <= min(last, ?2)"
		 " ORDER BY number LIMIT 1");
	db_put_uint(&q, 1, used.first);
	db_put_uint(&q, 2, used.last);
	return find_range(&q, number, out);
}

static enum status
skip(struct ledger *ledger, const struct ledger_who *who, struct range used)
{
	struct range range;
	int64_t number;
	enum status status;

	do {
		status = find_skipped(ledger, used, &number, &range);
		if (status == ST_OK && number != 0)
			status = give_up(ledger, who, "skipped", range,
					 NUMBER_QUARANTINED);
	} while (status == ST_OK && number != 0);
	return status;
}

enum status
ledger_skip_to(struct ledger *ledger, const struct ledger_who *who,
	       const struct interval *certified, struct imei next)
{
	struct range used = {certified->first.body, certified->last.body};
	enum status status;

	if (!imei_is_valid(certified->first) || !imei_is_valid(certified->last))
		return ST_LEDGER_INTERVAL;
	if (imei_is_valid(next))
		used.last = next.body - 1;
	if (used.last > certified->last.body)
		return ST_LEDGER_INTERVAL;
	status = store_begin(ledger);
	if (status != ST_OK)
		return status;
	return store_end(ledger, skip(ledger, who, used));
}

/* ----------------------------------------------------------------- reading */

static enum status
read_interval(struct db_query *q, struct ledger_interval *out)
{
	const char *model = db_text(q, 0);
	uint64_t next = db_uint(q, 3);

	memset(out, 0, sizeof(*out));
	if (strlen(model) > MODEL_MAX)
		return ST_LEDGER_FAILED;
	memcpy(out->model, model, strlen(model));
	out->interval.first.body = db_uint(q, 1);
	out->interval.last.body = db_uint(q, 2);
	out->next = next <= out->interval.last.body ? (struct imei){next}
						    : IMEI_NONE;
	return q->status;
}

static enum status
count_states(struct ledger *ledger, struct ledger_interval *out)
{
	uint64_t free_count = out->interval.last.body -
			      out->interval.first.body + 1;
	struct db_query q;
	enum number_state state;

	db_begin(&q, ledger->db,
		 "SELECT state, count(*) FROM number"
		 " WHERE body BETWEEN ?1 AND ?2 GROUP BY state");
	db_put_uint(&q, 1, out->interval.first.body);
	db_put_uint(&q, 2, out->interval.last.body);
	while (db_next(&q)) {
		state = number_state_parse(db_text(&q, 0));
		out->count[state] = db_uint(&q, 1);
		free_count -= out->count[state];
	}
	out->count[NUMBER_FREE] = free_count;
	return db_end(&q);
}

static enum status
read_all(struct ledger *ledger, struct ledger_interval *out, size_t room,
	 size_t *count)
{
	enum status status = ST_OK, end;
	struct db_query q;

	db_begin(&q, ledger->db,
		 "SELECT model, first, last, next FROM supply"
		 " ORDER BY number");
	while (status == ST_OK && db_next(&q)) {
		status = *count < room ? read_interval(&q, &out[*count])
				       : ST_CBOR_SPACE;
		if (status == ST_OK)
			status = count_states(ledger, &out[*count]);
		if (status == ST_OK)
			(*count)++;
	}
	end = db_end(&q);
	return status == ST_OK ? end : status;
}

enum status
ledger_intervals(struct ledger *ledger, struct ledger_interval *out,
		 size_t *count)
{
	enum status status = store_begin_read(ledger);
	size_t room = *count;

	*count = 0;
	if (status != ST_OK)
		return status;
	return store_end_read(ledger, read_all(ledger, out, room, count));
}

/* The number that sql finds for model and count. */
static enum status
read_count(struct ledger *ledger, const char *sql, const char *model,
	   unsigned int count, uint64_t *out)
{
	enum status status = store_begin_read(ledger);
	struct db_query q;

	*out = 0;
	if (status != ST_OK)
		return status;
	db_begin(&q, ledger->db, sql);
	db_put_text(&q, 1, model);
	db_put_int(&q, 2, (int64_t)count);
	if (db_next(&q))
		*out = db_uint(&q, 0);
	return store_end_read(ledger, db_end(&q));
}

enum status
ledger_units_left(struct ledger *ledger, const char *model,
		  unsigned int slot_count, uint64_t *units)
{
	return read_count(ledger,
			  "SELECT coalesce(sum((last - next + 1) / ?2), 0)"
			  " FROM supply WHERE model = ?1",
			  model, slot_count > 0 ? slot_count : 1, units);
}

enum status
ledger_model_slots(struct ledger *ledger, const char *model,
		   unsigned int *slot_count)
{
	uint64_t slots;
	enum status status =
		read_count(ledger,
			   "SELECT slots FROM unit WHERE model = ?1 AND ?2 = 0"
			   " ORDER BY number DESC LIMIT 1",
			   model, 0, &slots);

	*slot_count = (unsigned int)slots;
	return status == ST_OK && slots == 0 ? ST_LEDGER_NONE : status;
}
