/* SPDX-License-Identifier: Apache-2.0 */
/* Backups, reading them, and ledgers of an older schema. */
#include <fcntl.h>
#include <glob.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/ledgers.h"

#include <cmocka.h>

static void
count_number(void *ctx, const struct ledger_number *number)
{
	(void)number;
	++*(unsigned int *)ctx;
}

static unsigned int
numbers(struct ledger *ledger)
{
	unsigned int count = 0;

	assert_int_equal(ledger_numbers(ledger, count_number, &count), ST_OK);
	return count;
}

static void
ignore_look(void *ctx, const struct ledger_look *look)
{
	(void)ctx;
	assert_string_equal(look->place, "");
}

static char *
contents(const char *path, size_t *len)
{
	FILE *file = fopen(path, "rb");
	char *data = malloc(4 << 20);

	assert_non_null(file);
	assert_non_null(data);
	*len = fread(data, 1, 4 << 20, file);
	assert_int_equal(fclose(file), 0);
	return data;
}

/* ------------------------------------------------------------------ backups */

static void
test_backup(void **state)
{
	struct ledgers *l = *state;
	char path[FOLDER_PATH_MAX];
	struct ledger *copy;
	struct ledger_id id;
	enum dev_class class;
	struct stat info;

	folder_path(path, l->folder, "copy.db");
	ledgers_fill(l, 100);
	ledgers_bring(l, 1, NUMBER_VERIFIED);
	UNCHANGED(l, ledger_backup(l->ledger, path), ST_OK);
	assert_int_equal(stat(path, &info), 0);
	assert_int_equal(info.st_mode & 0777, 0600);
	UNCHANGED(l, ledger_backup(l->ledger, path), ST_STATION_EXISTS);
	ledgers_bring(l, 2, NUMBER_WRITTEN);
	/* it is not for work, and can be read */
	assert_int_equal(ledger_open(&copy, path), ST_LEDGER_BACKUP);
	assert_null(copy);
	assert_int_equal(ledger_open_read(&copy, path), ST_OK);
	assert_true(ledger_is_backup(copy));
	ledger_identify(copy, &id, &class);
	assert_memory_equal(&id, &l->id, sizeof(id));
	assert_int_equal(numbers(copy), 1);
	assert_int_equal(ledger_check(copy, ignore_look, NULL), ST_OK);
	assert_int_not_equal(ledger_note(copy, &tester, "arm", "{}"), ST_OK);
	ledger_close(copy);
	assert_int_equal(ledger_open_read(&copy, l->path), ST_OK);
	assert_false(ledger_is_backup(copy));
	assert_int_equal(numbers(copy), 2);
	assert_int_not_equal(ledger_note(copy, &tester, "arm", "{}"), ST_OK);
	ledger_close(copy);
}

static void
test_backup_into_nowhere(void **state)
{
	struct ledgers *l = *state;
	char path[FOLDER_PATH_MAX], left[FOLDER_PATH_MAX], name[60];
	FILE *file;

	folder_path(path, l->folder, "none/copy.db");
	UNCHANGED(l, ledger_backup(l->ledger, path), ST_STATION_FILE);
	/* what an earlier try that was cut off left */
	folder_path(path, l->folder, "copy.db");
	(void)snprintf(name, sizeof(name), "copy.db.%ld.unfinished-backup",
		       (long)getpid());
	folder_path(left, l->folder, name);
	file = fopen(left, "w");
	assert_non_null(file);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(ledger_backup(l->ledger, path), ST_OK);
	assert_int_equal(access(left, F_OK), -1);
	/* a name that leads elsewhere is a name that is taken */
	folder_path(left, l->folder, "link.db");
	assert_int_equal(symlink("nothing", left), 0);
	assert_int_equal(ledger_backup(l->ledger, left), ST_STATION_EXISTS);
}

/* ------------------------------------------------------------ older schemas */

/* The ledger with its log, as a run that was killed leaves it. */
static void
remove_files(struct ledgers *l)
{
	static const char *const suffix[] = {"", "-wal", "-shm"};
	char path[FOLDER_PATH_MAX + 8];

	for (size_t i = 0; i < sizeof(suffix) / sizeof(suffix[0]); i++) {
		(void)snprintf(path, sizeof(path), "%s%s", l->path, suffix[i]);
		(void)unlink(path);
	}
}

/* The ledger of version 1 in place of the one that is there. */
static void
put_version_1(struct ledgers *l, const char *change)
{
	const char *source = getenv("IMEILOCK_SOURCE_DIR");
	char name[FOLDER_PATH_MAX];
	size_t len;
	char *sql;

	ledger_close(l->ledger);
	l->ledger = NULL;
	remove_files(l);
	(void)snprintf(name, sizeof(name), "%s/tests/support/ledger_v1.sql",
		       source == NULL ? "." : source);
	sql = contents(name, &len);
	sql[len] = '\0';
	assert_null(raw_sql(l->path, "PRAGMA journal_mode = WAL"));
	assert_null(raw_sql(l->path, sql));
	free(sql);
	if (change != NULL)
		assert_null(raw_sql(l->path, change));
}

static char *
find_backup(struct ledgers *l)
{
	char pattern[FOLDER_PATH_MAX + 20];
	glob_t found;
	char *name;

	(void)snprintf(pattern, sizeof(pattern), "%s.schema-*-events", l->path);
	if (glob(pattern, 0, NULL, &found) != 0)
		return NULL;
	assert_int_equal(found.gl_pathc, 1);
	name = strdup(found.gl_pathv[0]);
	globfree(&found);
	return name;
}

static void
test_migration(void **state)
{
	struct ledgers *l = *state;
	struct ledger_unit unit;
	struct ledger *copy;
	char *name;

	put_version_1(l, NULL);
	assert_int_equal(ledger_open(&l->ledger, l->path), ST_OK);
	assert_int_equal(raw_int(l->path, "PRAGMA user_version"), 2);
	assert_int_equal(ledgers_events(l), 26);
	assert_int_equal(numbers(l->ledger), 14);
	assert_int_equal(ledger_check(l->ledger, ignore_look, NULL), ST_OK);
	assert_int_equal(ledgers_check(l), 0);
	/* it is opened and worked with as any other */
	ledgers_reopen(l);
	assert_int_equal(ledgers_events(l), 26);
	unit = ledgers_ticket(l, 9, 2);
	assert_int_equal(unit.identity.slot[0].body, BODY(TAC_A, 25));
	assert_int_equal(ledgers_check(l), 0);
	/* and beside it is what it was */
	name = find_backup(l);
	assert_non_null(name);
	assert_int_equal(raw_int(name, "PRAGMA user_version"), 1);
	assert_int_equal(ledger_open(&copy, name), ST_LEDGER_BACKUP);
	assert_int_equal(ledger_open_read(&copy, name), ST_OK);
	assert_true(ledger_is_backup(copy));
	assert_int_equal(numbers(copy), 14);
	assert_int_equal(ledger_check(copy, ignore_look, NULL), ST_OK);
	ledger_close(copy);
	assert_int_equal(raw_int(name, "SELECT max(number) FROM event"), 25);
	free(name);
}

/* A cut after the backup was made leaves it; the next run goes on. */
static void
test_migration_after_a_cut(void **state)
{
	struct ledgers *l = *state;
	char path[FOLDER_PATH_MAX + 80];
	char *name;
	FILE *file;

	put_version_1(l, NULL);
	(void)snprintf(path, sizeof(path), "%s.schema-1.25-events", l->path);
	file = fopen(path, "w");
	assert_non_null(file);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(ledger_open(&l->ledger, l->path), ST_OK);
	name = find_backup(l);
	assert_string_equal(name, path);
	free(name);
}

/* Cut at any moment it is the old ledger or the new one, and goes on. */
static void
test_migration_cut(void **state)
{
	struct ledgers *l = *state;
	unsigned int were_old = 0;

	for (unsigned int i = 0; i < 40; i++) {
		struct ledger *ledger;
		char *name = find_backup(l);
		pid_t pid;

		if (name != NULL)
			assert_int_equal(unlink(name), 0);
		free(name);
		put_version_1(l, NULL);
		pid = fork();
		assert_true(pid >= 0);
		if (pid == 0)
			_exit(ledger_open(&ledger, l->path) == ST_OK ? 0 : 1);
		(void)usleep(i * 300);
		assert_int_equal(kill(pid, SIGKILL), 0);
		assert_int_equal(waitpid(pid, NULL, 0), pid);
		were_old += raw_int(l->path, "PRAGMA user_version") == 1;
		assert_int_equal(ledger_open(&l->ledger, l->path), ST_OK);
		assert_int_equal(ledgers_events(l), 26);
		assert_int_equal(ledger_check(l->ledger, ignore_look, NULL),
				 ST_OK);
	}
	assert_in_range(were_old, 1, 40);
	assert_int_equal(ledgers_check(l), 0);
}

/* Without a backup nothing is changed. */
static void
test_migration_needs_a_backup(void **state)
{
	struct ledgers *l = *state;
	char path[FOLDER_PATH_MAX + 80];

	put_version_1(l, NULL);
	(void)snprintf(path, sizeof(path),
		       "%s.schema-1.25-events.%ld.unfinished-backup", l->path,
		       (long)getpid());
	assert_int_equal(mkdir(path, 0700), 0);
	UNCHANGED(l, ledger_open(&l->ledger, l->path), ST_LEDGER_FAILED);
	assert_null(l->ledger);
	assert_int_equal(rmdir(path), 0);
	assert_int_equal(ledger_open(&l->ledger, l->path), ST_OK);
}

static void
test_migration_refused(void **state)
{
	static const char *const changes[] = {
		"DROP TRIGGER number_delete", "DROP INDEX event_chip",
		"CREATE TABLE more (x)",      "PRAGMA user_version = 0",
		"PRAGMA user_version = 2",    "PRAGMA user_version = 3",
		"PRAGMA user_version = -1",
	};
	struct ledgers *l = *state;

	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		put_version_1(l, changes[i]);
		assert_int_equal(ledger_open(&l->ledger, l->path),
				 ST_LEDGER_SCHEMA);
		assert_int_equal(ledger_open_read(&l->ledger, l->path),
				 ST_LEDGER_SCHEMA);
		assert_null(find_backup(l));
	}
}

/* Rows that break a rule are not carried over in silence: all of it stays. */
static void
test_migration_of_broken_rows(void **state)
{
	struct ledgers *l = *state;

	put_version_1(l, "PRAGMA foreign_keys = OFF;"
			 "INSERT INTO event SELECT 26, 0, 'x', '', 0, '',"
			 " NULL, NULL, '{}', zeroblob(32);"
			 "INSERT INTO attempt VALUES (x'aaaaaaaaaaaaaaaa', 1,"
			 " 26);"
			 "INSERT INTO number VALUES (101700000025, 'ticketed',"
			 " NULL, 77, 1, 26)");
	UNCHANGED(l, ledger_open(&l->ledger, l->path), ST_LEDGER_SCHEMA);
}

/* Reading an older one changes nothing of it. */
static void
test_read_older(void **state)
{
	struct ledgers *l = *state;
	struct ledger *copy;
	size_t len, len_after;
	char *before, *after;

	put_version_1(l, NULL);
	before = contents(l->path, &len);
	assert_int_equal(ledger_open_read(&copy, l->path), ST_OK);
	assert_false(ledger_is_backup(copy));
	assert_int_equal(numbers(copy), 14);
	assert_int_equal(ledger_check(copy, ignore_look, NULL), ST_OK);
	assert_int_not_equal(ledger_note(copy, &tester, "arm", "{}"), ST_OK);
	ledger_close(copy);
	after = contents(l->path, &len_after);
	assert_int_equal(len, len_after);
	assert_memory_equal(before, after, len);
	assert_null(find_backup(l));
	free(before);
	free(after);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_LEDGER(test_backup),
		WITH_LEDGER(test_backup_into_nowhere),
		WITH_LEDGER(test_migration),
		WITH_LEDGER(test_migration_after_a_cut),
		WITH_LEDGER(test_migration_cut),
		WITH_LEDGER(test_migration_needs_a_backup),
		WITH_LEDGER(test_migration_refused),
		WITH_LEDGER(test_migration_of_broken_rows),
		WITH_LEDGER(test_read_older),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
