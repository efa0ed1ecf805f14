/* SPDX-License-Identifier: Apache-2.0 */
/* The ledger as a file: made, opened, its chain of events. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "support/ledgers.h"

#include <cmocka.h>

/* ---------------------------------------------------------------- opening */

static void
test_open(void **state)
{
	struct ledgers *l = *state;
	struct ledger_id id;
	enum dev_class class;

	ledger_identify(l->ledger, &id, &class);
	assert_memory_equal(&id, &l->id, sizeof(id));
	assert_int_equal(class, CLASS_DEVELOPMENT);
	ledgers_reopen(l);
	ledger_identify(l->ledger, &id, &class);
	assert_memory_equal(&id, &l->id, sizeof(id));
	assert_int_equal(ledger_create(l->path, CLASS_PRODUCTION, &id),
			 ST_LEDGER_EXISTS);
	assert_int_equal(ledgers_check(l), 0);
}

static void
test_open_what_is_none(void **state)
{
	struct ledgers *l = *state;
	struct ledger *other;
	char path[FOLDER_PATH_MAX];
	FILE *file;

	folder_path(path, l->folder, "absent.db");
	assert_int_equal(ledger_open(&other, path), ST_LEDGER_OPEN);
	assert_null(other);
	file = fopen(path, "w");
	assert_non_null(file);
	for (int i = 0; i < 1000; i++)
		assert_true(fputs("not a database\n", file) >= 0);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(ledger_open(&other, path), ST_LEDGER_OPEN);
	folder_path(path, l->folder, "other.db");
	assert_null(raw_sql(path, "CREATE TABLE x (y)"));
	assert_int_equal(ledger_open(&other, path), ST_LEDGER_OPEN);
	folder_path(path, l->folder, "none/ledger.db");
	assert_int_equal(ledger_open(&other, path), ST_LEDGER_OPEN);
	ledger_close(NULL);
}

/* An old tool keeps its hands off a newer ledger. */
static void
test_open_newer(void **state)
{
	struct ledgers *l = *state;

	ledger_close(l->ledger);
	assert_null(raw_sql(l->path, "PRAGMA user_version = 3"));
	assert_int_equal(ledger_open(&l->ledger, l->path), ST_LEDGER_SCHEMA);
}

static void
test_open_without_a_trigger(void **state)
{
	struct ledgers *l = *state;

	ledger_close(l->ledger);
	assert_null(raw_sql(l->path, "DROP TRIGGER event_update"));
	assert_int_equal(ledger_open(&l->ledger, l->path), ST_LEDGER_SCHEMA);
}

/* A cut in the middle of making one leaves nothing that is in the way. */
static void
test_create_after_a_cut(void **state)
{
	struct ledgers *l = *state;
	struct ledger_id id;
	struct ledger *other;
	char path[FOLDER_PATH_MAX], fresh[FOLDER_PATH_MAX];

	folder_path(path, l->folder, "second.db");
	folder_path(fresh, l->folder, "second.db.new");
	assert_null(raw_sql(fresh, "CREATE TABLE x (y)"));
	assert_int_equal(ledger_create(path, CLASS_PRODUCTION, &id), ST_OK);
	assert_int_equal(access(fresh, F_OK), -1);
	assert_int_equal(ledger_open(&other, path), ST_OK);
	ledger_close(other);
}

/* A log without its file would be read into a new one. */
static void
test_create_beside_a_log(void **state)
{
	struct ledgers *l = *state;
	struct ledger_id id;
	char path[FOLDER_PATH_MAX], log[FOLDER_PATH_MAX];
	FILE *file;

	folder_path(path, l->folder, "second.db");
	folder_path(log, l->folder, "second.db-wal");
	file = fopen(log, "w");
	assert_non_null(file);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(ledger_create(path, CLASS_PRODUCTION, &id),
			 ST_LEDGER_EXISTS);
}

/* ------------------------------------------------------------- the events */

struct kinds {
	char text[300];
};

static void
take_kind(void *ctx, const struct ledger_event *event)
{
	struct kinds *kinds = ctx;

	assert_string_equal(event->operator_name, tester.operator_name);
	assert_string_equal(event->version, tester.version);
	assert_int_equal(event->slot, tester.slot);
	assert_true(event->time > 1700000000);
	assert_int_equal(event->imei.body, BODY(TAC_A, 1));
	strncat(kinds->text, event->kind, 100);
	strncat(kinds->text, " ", 2);
}

/* P12 */
static void
test_history(void **state)
{
	struct ledgers *l = *state;
	struct kinds kinds = {""};
	struct chip_id chip = chip_of(1);

	ledgers_fill(l, 100);
	ledgers_bring(l, 1, NUMBER_SCRAPPED);
	ledgers_bring(l, 2, NUMBER_LOCKED);
	assert_int_equal(ledger_history(l->ledger, &chip, take_kind, &kinds),
			 ST_OK);
	assert_string_equal(
		kinds.text,
		"ticketed written locked verified quarantined scrapped ");
	assert_int_equal(ledger_check_chain(l->ledger), ST_OK);
}

static void
test_note(void **state)
{
	struct ledgers *l = *state;
	struct ledger_who bad = {"\xff", 1, "1"};
	uint64_t events;

	assert_int_equal(ledger_note(l->ledger, &tester, "arm", "{\"n\":1}"),
			 ST_OK);
	events = ledgers_events(l);
	assert_int_equal(ledger_note(l->ledger, &tester, "verified", "{}"),
			 ST_LEDGER_MOVE);
	assert_int_equal(ledger_note(l->ledger, &tester, "arm", "{"),
			 ST_LEDGER_MOVE);
	assert_int_equal(ledger_note(l->ledger, &tester, "", "{}"),
			 ST_LEDGER_MOVE);
	assert_int_equal(ledger_note(l->ledger, &bad, "arm", "{}"),
			 ST_CBOR_FORMAT);
	assert_int_equal(ledgers_events(l), events);
	assert_int_equal(ledger_check_chain(l->ledger), ST_OK);
	assert_int_equal(ledgers_check(l), 0);
}

static void
test_hash_at(void **state)
{
	struct ledgers *l = *state;
	struct chain_head head;
	struct sha256 hash, zeros = {{0}};

	ledgers_fill(l, 100);
	assert_int_equal(ledger_head(l->ledger, &head), ST_OK);
	assert_int_equal(head.count, 2);
	assert_int_equal(ledger_hash_at(l->ledger, 2, &hash), ST_OK);
	assert_memory_equal(&hash, &head.hash, sizeof(hash));
	assert_int_equal(ledger_hash_at(l->ledger, 1, &hash), ST_OK);
	assert_memory_not_equal(&hash, &head.hash, sizeof(hash));
	assert_int_equal(ledger_hash_at(l->ledger, 0, &hash), ST_OK);
	assert_memory_equal(&hash, &zeros, sizeof(hash));
	assert_int_equal(ledger_hash_at(l->ledger, 3, &hash),
			 ST_HSM_LEDGER_OLD);
	assert_int_equal(ledger_hash_at(l->ledger, UINT64_MAX, &hash),
			 ST_HSM_LEDGER_OLD);
}

/* P12: whoever changes or removes an event behind the tool's back is found,
 * even if the guards stand again afterwards. */
static void
tamper(struct ledgers *l, const char *trigger, const char *sql)
{
	const char *again =
		strstr(trigger, "update") != NULL
			? "CREATE TRIGGER event_update BEFORE UPDATE ON event\n"
			  "BEGIN SELECT RAISE(ABORT, 'LEDGER_CHAIN: an event is"
			  " never changed'); END"
			: "CREATE TRIGGER event_delete BEFORE DELETE ON event\n"
			  "BEGIN SELECT RAISE(ABORT, 'LEDGER_CHAIN: an event is"
			  " never removed'); END";
	char drop[100];

	ledger_close(l->ledger);
	(void)snprintf(drop, sizeof(drop), "DROP TRIGGER %s", trigger);
	assert_null(raw_sql(l->path, drop));
	assert_null(raw_sql(l->path, sql));
	assert_null(raw_sql(l->path, again));
	assert_int_equal(ledger_open(&l->ledger, l->path), ST_OK);
}

static void
test_tampered(void **state)
{
	struct ledgers *l = *state;

	ledgers_fill(l, 100);
	ledgers_bring(l, 1, NUMBER_LOCKED);
	assert_int_equal(ledger_check_chain(l->ledger), ST_OK);
	tamper(l, "event_update",
	       "UPDATE event SET operator = 'Bob' WHERE number = 3");
	assert_int_equal(ledger_check_chain(l->ledger), ST_LEDGER_CHAIN);
	assert_int_not_equal(ledgers_check(l), 0);
	tamper(l, "event_update",
	       "UPDATE event SET operator = 'Ada' WHERE number = 3");
	assert_int_equal(ledger_check_chain(l->ledger), ST_OK);
	assert_int_equal(ledgers_check(l), 0);
	tamper(l, "event_delete",
	       "PRAGMA foreign_keys = OFF; DELETE FROM event WHERE number = 4");
	assert_int_equal(ledger_check_chain(l->ledger), ST_LEDGER_CHAIN);
	assert_int_not_equal(ledgers_check(l), 0);
}

/* A legal move by raw SQL leaves no event of it: the checker sees that. */
static void
test_moved_without_an_event(void **state)
{
	struct ledgers *l = *state;

	ledgers_fill(l, 100);
	ledgers_bring(l, 1, NUMBER_LOCKED);
	assert_int_equal(ledger_note(l->ledger, &tester, "arm", "{}"), ST_OK);
	assert_null(raw_sql(
		l->path,
		"BEGIN; INSERT INTO event SELECT max(number) + 1, 0, 'x', '',"
		" 0, '', (SELECT chip FROM unit), NULL, '{}', zeroblob(32)"
		" FROM event; UPDATE number SET state = 'verified',"
		" event = (SELECT max(number) FROM event); COMMIT"));
	assert_int_equal(ledger_check_chain(l->ledger), ST_LEDGER_CHAIN);
	assert_int_not_equal(ledgers_check(l), 0);
}

static enum status
remember(struct ledgers *l, uint64_t count, uint8_t byte)
{
	struct chain_head reg = {count, {{byte}}};

	return ledger_remember_register(l->ledger, &reg);
}

static void
test_register(void **state)
{
	struct ledgers *l = *state;
	struct chain_head reg;
	uint64_t events;

	assert_int_equal(ledger_seen_register(l->ledger, &reg), ST_OK);
	assert_int_equal(reg.count, 0);
	assert_int_equal(remember(l, 5, 0x55), ST_OK);
	events = ledgers_events(l);
	assert_int_equal(remember(l, 5, 0x55), ST_OK);
	assert_int_equal(remember(l, 4, 0x44), ST_OK);
	assert_int_equal(remember(l, 5, 0x56), ST_HSM_REGISTER_OLD);
	assert_int_equal(ledgers_events(l), events);
	ledgers_reopen(l);
	assert_int_equal(ledger_seen_register(l->ledger, &reg), ST_OK);
	assert_int_equal(reg.count, 5);
	assert_int_equal(reg.hash.byte[0], 0x55);
	assert_int_equal(remember(l, 6, 0x66), ST_OK);
	assert_int_equal(ledgers_check(l), 0);
}

static void
test_names(void **state)
{
	(void)state;
	assert_string_equal(number_state_name(NUMBER_FREE), "free");
	assert_string_equal(number_state_name(NUMBER_SCRAPPED), "scrapped");
	assert_string_equal(number_state_name(NUMBER_STATES), "unknown");
	assert_string_equal(number_state_name((enum number_state)0), "unknown");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_LEDGER(test_open),
		WITH_LEDGER(test_open_what_is_none),
		WITH_LEDGER(test_open_newer),
		WITH_LEDGER(test_open_without_a_trigger),
		WITH_LEDGER(test_create_after_a_cut),
		WITH_LEDGER(test_create_beside_a_log),
		WITH_LEDGER(test_history),
		WITH_LEDGER(test_note),
		WITH_LEDGER(test_hash_at),
		WITH_LEDGER(test_tampered),
		WITH_LEDGER(test_moved_without_an_event),
		WITH_LEDGER(test_register),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
