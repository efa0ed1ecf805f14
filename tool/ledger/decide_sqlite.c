/* SPDX-License-Identifier: Apache-2.0 */
/* What people decide about a unit. */
#include <strings.h>

#include "ledger/detail.h"
#include "ledger/state.h"
#include "ledger/store_sqlite.h"

/* Who decides, and about which unit. */
struct deciding {
	struct ledger *ledger;
	const struct ledger_who *who;
	const struct ledger_decision *decision;
};

/* ------------------------------------------------------------ two persons */

/* A name without the spaces around it. */
static struct bytes
bare_name(const char *name)
{
	size_t len = strlen(name);

	while (len > 0 && name[len - 1] == ' ')
		len--;
	while (len > 0 && *name == ' ') {
		name++;
		len--;
	}
	return bytes_of(name, len);
}

static bool
is_one_person(const char *a, const char *b)
{
	struct bytes x = bare_name(a), y = bare_name(b);

	return x.len == y.len && strncasecmp((const char *)x.ptr,
					     (const char *)y.ptr, x.len) == 0;
}

static enum status
check_why(const struct deciding *by)
{
	size_t len = strlen(by->decision->why);

	return bare_name(by->decision->why).len > 0 && len <= LEDGER_WHY_MAX &&
			       strlen(by->decision->second) <= LEDGER_NAME_MAX
		       ? ST_OK
		       : ST_LEDGER_SECOND;
}

static enum status
check_two(const struct deciding *by)
{
	const char *first = by->who->operator_name;
	const char *second = by->decision->second;

	if (bare_name(first).len == 0 || bare_name(second).len == 0 ||
	    is_one_person(first, second))
		return ST_LEDGER_SECOND;
	return check_why(by);
}

enum status
ledger_check_decision(const struct ledger_who *who,
		      const struct ledger_decision *decision)
{
	const struct deciding by = {NULL, who, decision};

	return check_two(&by);
}

static void
put_decision(struct detail *detail, const struct deciding *by)
{
	if (by->decision->second[0] != '\0')
		detail_put_text(detail, "second", by->decision->second);
	detail_put_text(detail, "why", by->decision->why);
}

/* ------------------------------------------------------------- quarantine */

static enum status
quarantine(const struct deciding *by, struct unit_row *row)
{
	struct detail detail;
	uint64_t event;
	enum status status;

	if (row->unit.state == NUMBER_SCRAPPED)
		return ST_LEDGER_SCRAPPED;
	if (row->unit.state == NUMBER_QUARANTINED)
		return ST_LEDGER_QUARANTINED;
	detail_init(&detail);
	detail_put_code(&detail, "reason", ST_LEDGER_QUARANTINED);
	put_decision(&detail, by);
	status = unit_append(by->ledger, by->who, "quarantined", &row->unit,
			     &detail, &event);
	if (status != ST_OK)
		return status;
	return unit_move(by->ledger, row, NUMBER_QUARANTINED, event);
}

enum status
ledger_quarantine(struct ledger *ledger, const struct ledger_who *who,
		  const struct ledger_decision *decision,
		  const struct chip_id *chip)
{
	const struct deciding by = {ledger, who, decision};
	struct unit_row row;
	enum status status = check_why(&by);

	if (status == ST_OK)
		status = store_begin(ledger);
	if (status != ST_OK)
		return status;
	status = unit_find(ledger, chip, &row);
	if (status == ST_OK)
		status = quarantine(&by, &row);
	return store_end(ledger, status);
}

/* ---------------------------------------------------------------- release */

static enum status
release(const struct deciding *by, struct unit_row *row,
	const struct public_key *key, enum status *told)
{
	enum number_state before = row->unit.before;
	struct detail detail;
	uint64_t event;
	enum status status;

	if (row->unit.state == NUMBER_SCRAPPED)
		return ST_LEDGER_SCRAPPED;
	if (row->unit.state != NUMBER_QUARANTINED)
		return ST_LEDGER_NOT_QUARANTINED;
	if (memcmp(row->unit.key.xy, key->xy, sizeof(key->xy)) != 0) {
		*told = ST_LEDGER_CHIP_KEY;
		return unit_quarantine(by->ledger, by->who, row, *told);
	}
	detail_init(&detail);
	detail_put_text(&detail, "to", number_state_name(before));
	put_decision(&detail, by);
	status = unit_append(by->ledger, by->who, "released", &row->unit,
			     &detail, &event);
	/* or the next RETRY would be the fourth, and the red bin again */
	if (status == ST_OK)
		status = unit_forgive(by->ledger, &row->unit, event);
	return status == ST_OK ? unit_move(by->ledger, row, before, event)
			       : status;
}

enum status
ledger_release(struct ledger *ledger, const struct ledger_who *who,
	       const struct ledger_decision *decision,
	       const struct chip_id *chip, const struct public_key *key)
{
	const struct deciding by = {ledger, who, decision};
	enum status told = ST_OK;
	struct unit_row row;
	enum status status = check_two(&by);

	if (status == ST_OK)
		status = store_begin(ledger);
	if (status != ST_OK)
		return status;
	status = unit_find(ledger, chip, &row);
	if (status == ST_OK)
		status = release(&by, &row, key, &told);
	status = store_end(ledger, status);
	return status == ST_OK ? told : status;
}

/* ------------------------------------------------------------------ scrap */

/* Through quarantine, as every unit goes there. */
static enum status
scrap(const struct deciding *by, struct unit_row *row)
{
	struct detail detail;
	uint64_t event;
	enum status status = ST_OK;

	if (row->unit.state != NUMBER_QUARANTINED)
		status = quarantine(by, row);
	if (status != ST_OK)
		return status;
	detail_init(&detail);
	put_decision(&detail, by);
	status = unit_append(by->ledger, by->who, "scrapped", &row->unit,
			     &detail, &event);
	if (status != ST_OK)
		return status;
	return unit_move(by->ledger, row, NUMBER_SCRAPPED, event);
}

enum status
ledger_scrap(struct ledger *ledger, const struct ledger_who *who,
	     const struct ledger_decision *decision, const struct chip_id *chip)
{
	const struct deciding by = {ledger, who, decision};
	struct unit_row row;
	enum status status = check_two(&by);

	if (status == ST_OK)
		status = store_begin(ledger);
	if (status != ST_OK)
		return status;
	status = unit_find(ledger, chip, &row);
	if (status == ST_OK)
		status = scrap(&by, &row);
	return store_end(ledger, status);
}

/* ---------------------------------------------------------------- replace */

static enum status
append_link(const struct deciding *by, const struct ledger_unit *old,
	    const struct chip_id *new_chip, struct imei new_imei,
	    uint64_t *event)
{
	struct detail detail;
	enum status status;

	detail_init(&detail);
	detail_put_hex(&detail, "by", chip_id_bytes(new_chip));
	put_decision(&detail, by);
	status = unit_append(by->ledger, by->who, "replaced", old, &detail,
			     event);
	if (status != ST_OK)
		return status;
	detail_init(&detail);
	detail_put_hex(&detail, "old", chip_id_bytes(&old->chip));
	put_decision(&detail, by);
	return event_append(by->ledger, by->who, "replaces", new_chip, new_imei,
			    detail_end(&detail), event);
}

static enum status
insert_link(struct ledger *ledger, uint64_t unit,
	    const struct chip_id *new_chip, uint64_t event)
{
	struct db_query q;

	db_begin(&q, ledger->db,
		 "INSERT INTO replacement (unit, chip, event)"
		 " VALUES (?1, ?2, ?3)");
	db_put_uint(&q, 1, unit);
	db_put_bytes(&q, 2, chip_id_bytes(new_chip));
	db_put_uint(&q, 3, event);
	return db_run(&q);
}

static enum status
replace(const struct deciding *by, struct unit_row *old,
	const struct chip_id *new_chip)
{
	struct imei new_imei = IMEI_NONE;
	struct unit_row row;
	uint64_t event;
	enum status status = unit_find(by->ledger, new_chip, &row);

	if (status == ST_OK)
		new_imei = unit_primary(&row.unit);
	else if (status == ST_LEDGER_NONE)
		status = ST_OK;
	if (status == ST_OK && old->unit.state != NUMBER_SCRAPPED)
		status = scrap(by, old);
	if (status == ST_OK)
		status =
			append_link(by, &old->unit, new_chip, new_imei, &event);
	if (status != ST_OK)
		return status;
	return insert_link(by->ledger, old->number, new_chip, event);
}

enum status
ledger_replace(struct ledger *ledger, const struct ledger_who *who,
	       const struct ledger_decision *decision,
	       const struct chip_id *old, const struct chip_id *new_chip)
{
	const struct deciding by = {ledger, who, decision};
	struct unit_row row;
	enum status status = check_two(&by);

	if (status == ST_OK)
		status = chip_id_check(new_chip);
	if (status == ST_OK)
		status = store_begin(ledger);
	if (status != ST_OK)
		return status;
	status = unit_find(ledger, old, &row);
	if (status == ST_OK)
		status = replace(&by, &row, new_chip);
	return store_end(ledger, status);
}
