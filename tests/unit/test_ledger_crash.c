/* SPDX-License-Identifier: Apache-2.0 */
/* Threads, processes, sudden ends, a full disk, a file that cannot be written:
 * P1 and P8 as far as the ledger bears them. */
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "ledger/turn.h"
#include "support/ledgers.h"

#include <cmocka.h>

#define NOBODY 65534

static enum status
ticket(struct ledger *ledger, unsigned int n)
{
	struct chip_id chip = chip_of(n);
	struct public_key key = key_of(n);
	struct ledger_unit unit;

	return ledger_ticket(ledger, &tester, MODEL, 1, &chip, &key, &unit);
}

static long long
count_units(const struct ledgers *l)
{
	return raw_int(l->path, "SELECT count(*) FROM unit");
}

/* ----------------------------------------------------- threads, processes */

#define THREADS 4
#define EACH 25

struct worker {
	struct ledger *ledger;
	unsigned int first;
	unsigned int failures;
};

static void *
work(void *arg)
{
	struct worker *worker = arg;

	for (unsigned int i = 0; i < EACH; i++)
		if (ticket(worker->ledger, worker->first + i) != ST_OK)
			worker->failures++;
	return NULL;
}

/* Threads share one ledger. */
static void
test_threads(void **state)
{
	struct ledgers *l = *state;
	struct worker worker[THREADS];
	pthread_t thread[THREADS];

	ledgers_fill(l, 1000);
	for (unsigned int i = 0; i < THREADS; i++) {
		worker[i] = (struct worker){l->ledger, 100 * i, 0};
		assert_int_equal(
			pthread_create(&thread[i], NULL, work, &worker[i]), 0);
	}
	for (unsigned int i = 0; i < THREADS; i++) {
		assert_int_equal(pthread_join(thread[i], NULL), 0);
		assert_int_equal(worker[i].failures, 0);
	}
	assert_int_equal(count_units(l), THREADS * EACH);
	assert_int_equal(ledgers_check(l), 0);
}

/* Two connections in one process take turns too. */
static void
test_connections(void **state)
{
	struct ledgers *l = *state;
	struct worker worker[2];
	pthread_t thread[2];
	struct ledger *other;

	ledgers_fill(l, 1000);
	assert_int_equal(ledger_open(&other, l->path), ST_OK);
	worker[0] = (struct worker){l->ledger, 0, 0};
	worker[1] = (struct worker){other, 100, 0};
	for (unsigned int i = 0; i < 2; i++)
		assert_int_equal(
			pthread_create(&thread[i], NULL, work, &worker[i]), 0);
	for (unsigned int i = 0; i < 2; i++) {
		assert_int_equal(pthread_join(thread[i], NULL), 0);
		assert_int_equal(worker[i].failures, 0);
	}
	ledger_close(other);
	assert_int_equal(ledgers_check(l), 0);
}

/* 0 when every ticket of this process was given. */
static int
child_works(const char *path, unsigned int first)
{
	struct worker worker = {NULL, first, 0};

	if (ledger_open(&worker.ledger, path) != ST_OK)
		return 1;
	(void)work(&worker);
	ledger_close(worker.ledger);
	return worker.failures == 0 ? 0 : 2;
}

static void
test_processes(void **state)
{
	struct ledgers *l = *state;
	pid_t child[THREADS];
	int how;

	ledgers_fill(l, 1000);
	for (unsigned int i = 0; i < THREADS; i++) {
		child[i] = fork();
		assert_true(child[i] >= 0);
		if (child[i] == 0)
			_exit(child_works(l->path, 100 * i));
	}
	for (unsigned int i = 0; i < THREADS; i++) {
		assert_int_equal(waitpid(child[i], &how, 0), child[i]);
		assert_int_equal(how, 0);
	}
	assert_int_equal(count_units(l), THREADS * EACH);
	assert_int_equal(ledgers_check(l), 0);
}

/* ------------------------------------------------------------------- turns */

static void
test_turn(void **state)
{
	struct ledgers *l = *state;
	struct turn mine, other;

	assert_int_equal(turn_open(&mine, l->path), ST_OK);
	assert_int_equal(turn_open(&other, l->path), ST_OK);
	assert_int_equal(turn_take(&mine, 1000), ST_OK);
	assert_int_equal(turn_take(&other, 20), ST_LEDGER_BUSY);
	turn_leave(&mine);
	assert_int_equal(turn_take(&other, 20), ST_OK);
	assert_int_equal(turn_take(&mine, 20), ST_LEDGER_BUSY);
	turn_close(&other);
	assert_int_equal(turn_take(&mine, 20), ST_OK);
	turn_close(&mine);
	turn_close(&mine);
	assert_int_equal(turn_open(&mine, "/nowhere/at/all"), ST_LEDGER_FAILED);
}

struct greedy {
	struct turn *turn;
	unsigned int count;
	bool is_over;
	pthread_mutex_t mutex;
};

static bool
is_over(struct greedy *greedy)
{
	bool over;

	(void)pthread_mutex_lock(&greedy->mutex);
	over = greedy->is_over;
	(void)pthread_mutex_unlock(&greedy->mutex);
	return over;
}

/* Takes the next turn as soon as it has left. */
static void *
be_greedy(void *arg)
{
	const struct timespec work_time = {.tv_nsec = 2000000};
	struct greedy *greedy = arg;

	while (!is_over(greedy)) {
		if (turn_take(greedy->turn, 1000) != ST_OK)
			continue;
		(void)nanosleep(&work_time, NULL);
		turn_leave(greedy->turn);
		greedy->count++;
	}
	return NULL;
}

/* Nobody starves beside one who never stops asking. */
static void
test_turn_is_fair(void **state)
{
	struct ledgers *l = *state;
	struct turn mine, other;
	struct greedy greedy = {&other, 0, false, PTHREAD_MUTEX_INITIALIZER};
	pthread_t thread;

	assert_int_equal(turn_open(&mine, l->path), ST_OK);
	assert_int_equal(turn_open(&other, l->path), ST_OK);
	assert_int_equal(pthread_create(&thread, NULL, be_greedy, &greedy), 0);
	for (unsigned int i = 0; i < 20; i++) {
		assert_int_equal(turn_take(&mine, 1000), ST_OK);
		turn_leave(&mine);
	}
	(void)pthread_mutex_lock(&greedy.mutex);
	greedy.is_over = true;
	(void)pthread_mutex_unlock(&greedy.mutex);
	assert_int_equal(pthread_join(thread, NULL), 0);
	turn_close(&mine);
	turn_close(&other);
}

/* ------------------------------------------------------------- sudden ends */

/* Ticket until killed, and say each one after it is durable. */
static void
ticket_for_ever(const char *path, unsigned int first, int out)
{
	struct ledger *ledger;

	if (ledger_open(&ledger, path) != ST_OK)
		_exit(1);
	for (unsigned int n = first;; n++)
		if (ticket(ledger, n) != ST_OK ||
		    write(out, &n, sizeof(n)) != sizeof(n))
			_exit(2);
}

/* Kill a process in the middle of its work; what it said is in the ledger. */
static void
kill_once(struct ledgers *l, unsigned int first, long after_us)
{
	const struct timespec wait = {.tv_nsec = after_us * 1000};
	struct chip_id chip;
	struct ledger_unit unit;
	unsigned int n;
	int ends[2], how;
	pid_t child;

	assert_int_equal(pipe(ends), 0);
	child = fork();
	assert_true(child >= 0);
	if (child == 0)
		ticket_for_ever(l->path, first, ends[1]);
	assert_int_equal(close(ends[1]), 0);
	assert_int_equal(read(ends[0], &n, sizeof(n)), sizeof(n));
	assert_int_equal(n, first);
	assert_int_equal(nanosleep(&wait, NULL), 0);
	assert_int_equal(kill(child, SIGKILL), 0);
	assert_int_equal(waitpid(child, &how, 0), child);
	assert_true(WIFSIGNALED(how));
	while (read(ends[0], &n, sizeof(n)) == sizeof(n)) {
		chip = chip_of(n);
		assert_int_equal(ledger_find(l->ledger, &chip, &unit), ST_OK);
	}
	assert_int_equal(close(ends[0]), 0);
	assert_int_equal(ledger_check_chain(l->ledger), ST_OK);
	(void)ledgers_ticket(l, first + 9999, 1);
}

static void
test_killed(void **state)
{
	struct ledgers *l = *state;

	ledgers_fill(l, 100000);
	for (unsigned int i = 0; i < 8; i++)
		kill_once(l, 10000 * i, 1000 + 3777 * (long)i);
	assert_int_equal(ledgers_check(l), 0);
}

/* ------------------------------------------------------- nothing half done */

/* A disk that is full, as the process sees it: files grow no further. */
static int
fill_the_disk(const char *path)
{
	struct rlimit limit = {400000, 400000};
	struct ledger *ledger;
	enum status status = ST_OK;
	unsigned int n;

	if (ledger_open(&ledger, path) != ST_OK ||
	    signal(SIGXFSZ, SIG_IGN) == SIG_ERR ||
	    setrlimit(RLIMIT_FSIZE, &limit) != 0)
		return 1;
	for (n = 0; n < 1000 && status == ST_OK; n++)
		status = ticket(ledger, n);
	if (status != ST_LEDGER_FAILED)
		return 2;
	/* and it stays so, without harm */
	if (ticket(ledger, n) != ST_LEDGER_FAILED)
		return 3;
	if (ledger_check_chain(ledger) != ST_OK)
		return 4;
	return 0;
}

static void
test_disk_full(void **state)
{
	struct ledgers *l = *state;
	long long units;
	int how;
	pid_t child;

	ledgers_fill(l, 100000);
	child = fork();
	assert_true(child >= 0);
	if (child == 0)
		_exit(fill_the_disk(l->path));
	assert_int_equal(waitpid(child, &how, 0), child);
	assert_int_equal(how, 0);
	units = count_units(l);
	assert_true(units > 10 && units < 1000);
	assert_int_equal(ledger_check_chain(l->ledger), ST_OK);
	(void)ledgers_ticket(l, 5000, 1);
	assert_int_equal(ledgers_check(l), 0);
}

/* As a user who may read the file and no more. */
static int
open_read_only(const char *path)
{
	struct ledger *ledger;

	if (geteuid() == 0 && seteuid(NOBODY) != 0)
		return 1;
	return ledger_open(&ledger, path) == ST_LEDGER_FAILED ? 0 : 2;
}

static void
test_read_only(void **state)
{
	struct ledgers *l = *state;
	int how;
	pid_t child;

	ledger_close(l->ledger);
	assert_int_equal(chmod(l->path, 0444), 0);
	assert_int_equal(chmod(l->folder, geteuid() == 0 ? 0777 : 0755), 0);
	child = fork();
	assert_true(child >= 0);
	if (child == 0)
		_exit(open_read_only(l->path));
	assert_int_equal(waitpid(child, &how, 0), child);
	assert_int_equal(how, 0);
	assert_int_equal(chmod(l->path, 0644), 0);
	assert_int_equal(ledger_open(&l->ledger, l->path), ST_OK);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_LEDGER(test_threads),	WITH_LEDGER(test_connections),
		WITH_LEDGER(test_processes),	WITH_LEDGER(test_turn),
		WITH_LEDGER(test_turn_is_fair), WITH_LEDGER(test_killed),
		WITH_LEDGER(test_disk_full),	WITH_LEDGER(test_read_only),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
