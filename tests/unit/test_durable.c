/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A file that grows by entries: what is said to be on the disk is, and after a
 * failed sync nothing is said any more.
 */
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "hsm/durable.h"
#include "support/folder.h"

#define THREADS 6
#define ENTRIES 40 /* a thread */

struct world {
	char folder[FOLDER_MAX];
	struct durable file;
	pthread_mutex_t turn; /* one appends at a time */
};

static const struct bytes entry = {(const uint8_t *)"entry", 5};

static int
set_up(void **state)
{
	struct world *world = calloc(1, sizeof(*world));
	char path[FOLDER_PATH_MAX];

	assert_non_null(world);
	folder_make(world->folder);
	folder_path(path, world->folder, "file");
	durable_init(&world->file);
	world->file.fd = open(path, O_RDWR | O_CREAT | O_APPEND, 0600);
	assert_true(world->file.fd >= 0);
	pthread_mutex_init(&world->turn, NULL);
	*state = world;
	return 0;
}

static int
tear_down(void **state)
{
	struct world *world = *state;

	durable_wipe(&world->file);
	pthread_mutex_destroy(&world->turn);
	folder_remove(world->folder);
	free(world);
	return 0;
}

/* A pipe takes what is written and cannot be synced. */
static void
break_disk(struct world *world)
{
	int fds[2];

	assert_int_equal(pipe(fds), 0);
	assert_int_equal(dup2(fds[1], world->file.fd), world->file.fd);
	close(fds[1]);
	/* kept open, or a write would be answered with a signal */
	assert_true(fds[0] >= 0);
}

static enum status
append_and_sync(struct world *world)
{
	enum status status;
	uint64_t count;

	pthread_mutex_lock(&world->turn);
	status = durable_append(&world->file, entry);
	count = world->file.count;
	pthread_mutex_unlock(&world->turn);
	return status != ST_OK ? status : durable_sync(&world->file, count);
}

static void *
append_many(void *arg)
{
	struct world *world = arg;
	enum status status = ST_OK;

	for (unsigned int i = 0; i < ENTRIES && status == ST_OK; i++)
		status = append_and_sync(world);
	return status == ST_OK ? NULL : arg;
}

static unsigned int
run_threads(struct world *world)
{
	pthread_t thread[THREADS];
	unsigned int failed = 0;

	for (unsigned int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&thread[i], NULL, append_many,
						world),
				 0);
	for (unsigned int i = 0; i < THREADS; i++) {
		void *is_failed;

		assert_int_equal(pthread_join(thread[i], &is_failed), 0);
		failed += is_failed != NULL;
	}
	return failed;
}

static void
threads_append_and_wait(void **state)
{
	struct world *world = *state;
	struct stat stat;

	assert_int_equal(run_threads(world), 0);
	assert_int_equal(world->file.count, THREADS * ENTRIES);
	assert_int_equal(world->file.synced, THREADS * ENTRIES);
	assert_int_equal(fstat(world->file.fd, &stat), 0);
	assert_int_equal(stat.st_size, THREADS * ENTRIES * entry.len);
}

static void
what_is_behind_is_cut_off(void **state)
{
	struct world *world = *state;
	struct stat stat;

	assert_int_equal(append_and_sync(world), ST_OK);
	assert_int_equal(write(world->file.fd, "half", 4), 4);
	assert_int_equal(durable_cut(&world->file), ST_OK);
	assert_int_equal(fstat(world->file.fd, &stat), 0);
	assert_int_equal(stat.st_size, entry.len);
	assert_int_equal(append_and_sync(world), ST_OK);
}

static void
after_a_failed_sync_nothing_is_taken(void **state)
{
	struct world *world = *state;

	assert_int_equal(append_and_sync(world), ST_OK);
	break_disk(world);
	assert_int_equal(durable_append(&world->file, entry), ST_OK);
	assert_int_equal(durable_append(&world->file, entry), ST_OK);
	assert_int_equal(durable_sync(&world->file, 2), ST_HSM_REGISTER);
	assert_int_equal(durable_append(&world->file, entry), ST_HSM_REGISTER);
	assert_int_equal(durable_sync(&world->file, 3), ST_HSM_REGISTER);
	/* what was on the disk before is still there */
	assert_int_equal(durable_sync(&world->file, 1), ST_OK);
	assert_int_equal(durable_cut(&world->file), ST_HSM_REGISTER);
	assert_int_equal(durable_sync(&world->file, 2), ST_HSM_REGISTER);
}

static void
failed_sync_fails_all_that_wait(void **state)
{
	struct world *world = *state;

	break_disk(world);
	assert_int_equal(run_threads(world), THREADS);
	assert_int_equal(world->file.synced, 0);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(threads_append_and_wait),
		TEST(what_is_behind_is_cut_off),
		TEST(after_a_failed_sync_nothing_is_taken),
		TEST(failed_sync_fails_all_that_wait),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
