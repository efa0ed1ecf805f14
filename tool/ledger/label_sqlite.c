/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers that a label names, in place of the next ones. */
#include "ledger/detail.h"
#include "ledger/state.h"
#include "ledger/store_sqlite.h"

/* ----------------------------------------------------------------- reading */

/* The interval of the label's lowest number; *first is where it begins. */
static enum status
find_interval(struct ledger *ledger, const struct ledger_binding *binding,
	      uint64_t *first)
{
	uint64_t lowest = binding->label->number[0].body;
	struct db_query q;
	enum status status;

	*first = 0;
	db_begin(&q, ledger->db,
		 "SELECT first FROM interval WHERE model = ?1"
		 " AND ?2 BETWEEN first AND last AND ?3 <= last");
	db_put_text(&q, 1, binding->model);
	db_put_uint(&q, 2, lowest);
	db_put_uint(&q, 3, lowest + binding->slot_count - 1);
	if (db_next(&q))
		*first = db_uint(&q, 0);
	status = db_end(&q);
	return status == ST_OK && *first == 0 ? ST_LEDGER_LABEL_OUTSIDE
					      : status;
}

/* None of the unit's numbers has a row: that is what free means. */
static enum status
check_free(struct ledger *ledger, const struct ledger_binding *binding)
{
	uint64_t lowest = binding->label->number[0].body;
	enum status told = ST_OK, status;
	struct db_query q;

	db_begin(&q, ledger->db,
		 "SELECT state FROM number WHERE body BETWEEN ?1 AND ?2");
	db_put_uint(&q, 1, lowest);
	db_put_uint(&q, 2, lowest + binding->slot_count - 1);
	while (db_next(&q)) {
		enum number_state state = number_state_parse(db_text(&q, 0));

		if (state != NUMBER_QUARANTINED && state != NUMBER_SCRAPPED)
			told = ST_LEDGER_TAKEN;
		else if (told == ST_OK)
			told = ST_LEDGER_LABEL_VOID;
	}
	status = db_end(&q);
	return status == ST_OK ? told : status;
}

/* ------------------------------------------------------------------- rules */

/*
 * All numbers of a unit are neighbours.  A lowest one that was scanned alone
 * must stand where a unit's lowest one stands if the interval is labelled from
 * its start: else it may well be the second of somebody.
 */
static enum status
check_neighbours(const struct ledger_binding *binding, uint64_t first)
{
	const struct ledger_label *label = binding->label;
	uint64_t lowest = label->number[0].body;

	if (label->count > binding->slot_count)
		return ST_LEDGER_LABEL_PAIR;
	for (unsigned int i = 1; i < label->count; i++)
		if (label->number[i].body != lowest + i)
			return ST_LEDGER_LABEL_PAIR;
	return label->count == binding->slot_count ||
			       (lowest - first) % binding->slot_count == 0
		       ? ST_OK
		       : ST_LEDGER_LABEL_PAIR;
}

enum status
label_take(struct ledger *ledger, const struct ledger_binding *binding,
	   struct imei *first)
{
	uint64_t start;
	enum status status = find_interval(ledger, binding, &start);

	*first = IMEI_NONE;
	if (status == ST_OK)
		status = check_neighbours(binding, start);
	if (status == ST_OK)
		status = check_free(ledger, binding);
	if (status == ST_OK)
		*first = binding->label->number[0];
	return status;
}

enum status
label_fits(const struct ledger_label *label, const struct ledger_unit *unit)
{
	if (label->count > identity_count(&unit->identity))
		return ST_LEDGER_LABEL_OTHER;
	for (unsigned int i = 0; i < label->count; i++)
		if (unit->identity.slot[i].body != label->number[i].body)
			return ST_LEDGER_LABEL_OTHER;
	return ST_OK;
}

/* ------------------------------------------------------------------ asking */

bool
label_is_whole(const struct ledger_label *label)
{
	for (unsigned int i = 0; i < label->count; i++)
		if (i >= SLOTS_MAX || !imei_is_valid(label->number[i]))
			return false;
	return label->count >= 1;
}

enum status
ledger_check_label(struct ledger *ledger, const struct ledger_binding *binding)
{
	struct unit_row row;
	struct imei first;
	enum status status;

	if (!label_is_whole(binding->label))
		return ST_LEDGER_LABEL_PAIR;
	status = store_begin_read(ledger);
	if (status != ST_OK)
		return status;
	status = unit_find(ledger, binding->chip, &row);
	if (status == ST_OK)
		status = label_fits(binding->label, &row.unit);
	else if (status == ST_LEDGER_NONE)
		status = label_take(ledger, binding, &first);
	return store_end_read(ledger, status);
}

enum status
ledger_label_model(struct ledger *ledger, struct imei number,
		   char model[MODEL_MAX + 1])
{
	enum status status = store_begin_read(ledger);
	struct db_query q;

	model[0] = '\0';
	if (status != ST_OK)
		return status;
	db_begin(&q, ledger->db,
		 "SELECT model FROM interval WHERE ?1 BETWEEN first AND last");
	db_put_uint(&q, 1, imei_is_valid(number) ? number.body : 0);
	if (db_next(&q) && strlen(db_text(&q, 0)) <= MODEL_MAX)
		memcpy(model, db_text(&q, 0), strlen(db_text(&q, 0)) + 1);
	status = db_end(&q);
	if (status == ST_OK && model[0] == '\0')
		status = ST_LEDGER_LABEL_OUTSIDE;
	return store_end_read(ledger, status);
}

/* ---------------------------------------------------------------- on a unit */

static const char *const places[] = {
	[LEDGER_LABEL_HOUSING] = "housing",
	[LEDGER_LABEL_BOX] = "box",
};

const char *
ledger_label_place_name(enum ledger_label_place place)
{
	return places[place];
}

bool
ledger_label_place_parse(enum ledger_label_place *out, const char *text)
{
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
		if (text_equal(text, places[i])) {
			*out = (enum ledger_label_place)i;
			return true;
		}
	return false;
}

static enum status
append_labelled(struct ledger *ledger, const struct ledger_who *who,
		const struct chip_id *chip, enum ledger_label_place place,
		enum status outcome)
{
	struct unit_row row;
	struct detail detail;
	uint64_t event;
	enum status status = unit_find(ledger, chip, &row);

	if (status != ST_OK)
		return status;
	if (row.unit.state == NUMBER_SCRAPPED)
		return ST_LEDGER_SCRAPPED;
	if (row.unit.state == NUMBER_QUARANTINED)
		return ST_LEDGER_QUARANTINED;
	if (row.unit.state != NUMBER_VERIFIED)
		return ST_LEDGER_MOVE;
	detail_init(&detail);
	detail_put_text(&detail, "place", ledger_label_place_name(place));
	detail_put_code(&detail, "code", outcome);
	return unit_append(ledger, who, "labelled", &row.unit, &detail, &event);
}

enum status
ledger_labelled(struct ledger *ledger, const struct ledger_who *who,
		const struct chip_id *chip, enum ledger_label_place place,
		enum status outcome)
{
	enum status status = store_begin(ledger);

	if (status != ST_OK)
		return status;
	return store_end(ledger,
			 append_labelled(ledger, who, chip, place, outcome));
}
