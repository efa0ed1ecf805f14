/* SPDX-License-Identifier: Apache-2.0 */
/* Threads that share a commit, what is durable when, and a disk that fails:
 * P1, P8 and P9 as far as the ledger bears them. */
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "support/ledgers.h"

#include <cmocka.h>

#define THREADS 16
#define EACH 10

/* ------------------------------------------------------------- a slow disk */

static atomic_uint syncs;
static atomic_int failing; /* so many syncs fail */
static atomic_bool is_slow;

int fdatasync(int fd);
int fsync(int fd);

static int
sync_file(int fd)
{
	const struct timespec slow = {.tv_nsec = 5000000};

	atomic_fetch_add(&syncs, 1);
	if (atomic_load(&is_slow))
		(void)nanosleep(&slow, NULL);
	if (atomic_load(&failing) > 0) {
		atomic_fetch_sub(&failing, 1);
		errno = EIO;
		return -1;
	}
	return (int)syscall(SYS_fdatasync, fd);
}

/* In the place of the C library's. */
int
fdatasync(int fd)
{
	return sync_file(fd);
}

int
fsync(int fd)
{
	return sync_file(fd);
}

static void
disk(bool slow, int fail)
{
	atomic_store(&syncs, 0);
	atomic_store(&is_slow, slow);
	atomic_store(&failing, fail);
}

/* ------------------------------------------------------------------ workers */

struct worker {
	struct ledger *ledger;
	pthread_t thread;
	unsigned int first; /* chip */
	unsigned int key;   /* 0: a key of its own for each chip */
	unsigned int good, failed, refused;
};

static void *
work(void *arg)
{
	struct worker *worker = arg;

	for (unsigned int i = 0; i < EACH; i++) {
		unsigned int n = worker->first + i;
		struct chip_id chip = chip_of(n);
		struct public_key key =
			key_of(worker->key != 0 ? worker->key : n);
		struct ledger_unit unit;
		enum status st = ledger_ticket(worker->ledger, &tester, MODEL,
					       1, &chip, &key, &unit);

		worker->good += st == ST_OK;
		worker->failed += st == ST_LEDGER_FAILED;
		worker->refused += st == ST_LEDGER_KEY_TWICE;
	}
	return NULL;
}

static void
start(struct ledgers *l, struct worker worker[THREADS])
{
	for (unsigned int i = 0; i < THREADS; i++) {
		worker[i].ledger = l->ledger;
		worker[i].first = 1000 + 100 * i;
		assert_int_equal(pthread_create(&worker[i].thread, NULL, work,
						&worker[i]),
				 0);
	}
}

static void
join(struct worker worker[THREADS])
{
	for (unsigned int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_join(worker[i].thread, NULL), 0);
}

static long long
count_units(const struct ledgers *l)
{
	return raw_int(l->path, "SELECT count(*) FROM unit");
}

/* Those who wait for the disk go together: fewer syncs than calls. */
static void
test_groups(void **state)
{
	struct ledgers *l = *state;
	struct worker worker[THREADS] = {{.key = 0}};

	ledgers_fill(l, 1000);
	disk(true, 0);
	start(l, worker);
	join(worker);
	for (unsigned int i = 0; i < THREADS; i++)
		assert_int_equal(worker[i].good, EACH);
	print_message("%u syncs for %d calls\n", atomic_load(&syncs),
		      THREADS * EACH);
	assert_true(atomic_load(&syncs) >= EACH);
	assert_true(atomic_load(&syncs) < THREADS * EACH / 2);
	disk(false, 0);
	assert_int_equal(count_units(l), THREADS * EACH);
	assert_int_equal(ledgers_check(l), 0);
}

/* Each call of a thread that is alone has its own. */
static void
test_alone(void **state)
{
	struct ledgers *l = *state;

	ledgers_fill(l, 100);
	disk(false, 0);
	for (unsigned int n = 1; n <= 10; n++)
		(void)ledgers_ticket(l, n, 1);
	assert_int_equal(atomic_load(&syncs), 10);
}

/* One that is refused undoes its own work and not its neighbours'. */
static void
test_refused_among_good(void **state)
{
	struct ledgers *l = *state;
	struct worker worker[THREADS] = {{.key = 0}};

	ledgers_fill(l, 1000);
	(void)ledgers_ticket(l, 7, 1);
	for (unsigned int i = 0; i < THREADS; i += 2)
		worker[i].key = 7; /* it is another chip's */
	disk(true, 0);
	start(l, worker);
	join(worker);
	disk(false, 0);
	for (unsigned int i = 0; i < THREADS; i++)
		assert_int_equal(worker[i].key == 0 ? worker[i].good
						    : worker[i].refused,
				 EACH);
	assert_int_equal(count_units(l), 1 + THREADS * EACH / 2);
	assert_int_equal(ledgers_check(l), 0);
}

/* When the disk fails all of the group hear it, and nothing of it is there. */
static void
test_disk_fails(void **state)
{
	struct ledgers *l = *state;
	struct worker worker[THREADS] = {{.key = 0}};
	unsigned int good = 0, failed = 0;

	ledgers_fill(l, 1000);
	disk(true, 3);
	start(l, worker);
	join(worker);
	disk(false, 0);
	for (unsigned int i = 0; i < THREADS; i++) {
		good += worker[i].good;
		failed += worker[i].failed;
	}
	assert_true(failed >= 3);
	assert_int_equal(good + failed, THREADS * EACH);
	assert_int_equal(count_units(l), good);
	assert_int_equal(ledgers_check(l), 0);
	(void)ledgers_ticket(l, 1, 1);
}

/* ------------------------------------------------------------ what is lazy */

/* A look at a unit waits for no disk; a head for the signer does. */
static void
test_lazy(void **state)
{
	struct ledgers *l = *state;
	struct chain_head first, now, head;
	struct chip_id chip = chip_of(1);

	ledgers_fill(l, 10);
	(void)ledgers_ticket(l, 1, 1);
	assert_int_equal(ledger_head(l->ledger, &first), ST_OK);
	disk(false, 0);
	assert_int_equal(ledger_see(l->ledger, &tester, &chip, STATE_WRITTEN,
				    40),
			 ST_OK);
	assert_int_equal(ledger_head(l->ledger, &now), ST_OK);
	assert_int_equal(now.count, first.count + 1);
	assert_int_equal(ledger_durable_head(l->ledger, false, &head), ST_OK);
	assert_int_equal(head.count, first.count);
	assert_int_equal(atomic_load(&syncs), 0);
	assert_int_equal(ledger_durable_head(l->ledger, true, &head), ST_OK);
	assert_int_equal(head.count, now.count);
	assert_memory_equal(&head.hash, &now.hash, sizeof(now.hash));
	assert_int_equal(atomic_load(&syncs), 1);
	assert_int_equal(ledger_durable_head(l->ledger, false, &head), ST_OK);
	assert_int_equal(head.count, now.count);
}

/* Without a sync there is no such head, whoever wrote last. */
static void
test_head_of_a_fresh_connection(void **state)
{
	struct ledgers *l = *state;
	struct chain_head now, head;

	ledgers_fill(l, 10);
	ledgers_reopen(l);
	assert_int_equal(ledger_head(l->ledger, &now), ST_OK);
	disk(false, 1);
	assert_int_equal(ledger_durable_head(l->ledger, false, &head),
			 ST_LEDGER_FAILED);
	assert_int_equal(ledger_durable_head(l->ledger, false, &head), ST_OK);
	assert_int_equal(head.count, now.count);
	assert_true(atomic_load(&syncs) >= 2);
}

/* A quarantine is on the disk before anybody hears of it. */
static void
test_quarantine_is_not_lazy(void **state)
{
	struct ledgers *l = *state;
	struct chip_id chip = chip_of(1);

	ledgers_fill(l, 10);
	(void)ledgers_ticket(l, 1, 1);
	assert_int_equal(ledger_see(l->ledger, &tester, &chip, STATE_WRITTEN,
				    40),
			 ST_OK);
	disk(false, 0);
	assert_int_equal(ledger_see(l->ledger, &tester, &chip, STATE_WRITTEN,
				    39),
			 ST_LEDGER_CHIP_FEWER);
	assert_int_equal(atomic_load(&syncs), 1);
	assert_int_equal(raw_int(l->path, "SELECT count(*) FROM number WHERE"
					  " state = 'quarantined'"),
			 1);
	assert_int_equal(ledgers_check(l), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_LEDGER(test_groups),
		WITH_LEDGER(test_alone),
		WITH_LEDGER(test_refused_among_good),
		WITH_LEDGER(test_disk_fails),
		WITH_LEDGER(test_lazy),
		WITH_LEDGER(test_head_of_a_fresh_connection),
		WITH_LEDGER(test_quarantine_is_not_lazy),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
