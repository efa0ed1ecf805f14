/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench_reserve ledger PATH FIRST SECONDS: one process that binds numbers to
 * new chips, each durable before the next, from chip FIRST on.
 * bench_reserve append PATH FIRST SECONDS: the limit, which is a write and
 * fdatasync of as many bytes as such a commit has.
 * bench_reserve make PATH 0 0: the ledger for it.
 *
 * Prints how many it did, and the longest that one took, in seconds.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "bench/clock.h"
#include "ledger/ledger.h"

#define MODEL "bench"
#define COMMIT_LEN (4 * (4096 + 24)) /* frames of the write-ahead log */

static const struct ledger_who who = {"bench", 0, IMEILOCK_VERSION};

static enum status
make(const char *path)
{
	const struct interval all = {{UINT64_C(101700000000)},
				     {UINT64_C(101700999999)}};
	struct ledger *ledger;
	struct ledger_id id;
	enum status st = ledger_create(path, CLASS_DEVELOPMENT, &id);

	if (st == ST_OK)
		st = ledger_open(&ledger, path);
	if (st != ST_OK)
		return st;
	st = ledger_add_interval(ledger, &who, MODEL, &all);
	ledger_close(ledger);
	return st;
}

static enum status
reserve(void *ctx, unsigned long n)
{
	struct chip_id chip = {.len = 8, .byte = {1}};
	struct public_key key = {{1}};
	struct ledger_unit unit;

	for (unsigned int i = 0; i < 4; i++)
		chip.byte[4 + i] = key.xy[1 + i] = (uint8_t)(n >> (8 * i));
	return ledger_ticket(ctx, &who, MODEL, 1, &chip, &key, &unit);
}

static enum status
append(void *ctx, unsigned long n)
{
	static const char commit[COMMIT_LEN];
	const int *fd = ctx;

	(void)n;
	return write(*fd, commit, sizeof(commit)) == COMMIT_LEN &&
			       fdatasync(*fd) == 0
		       ? ST_OK
		       : ST_LEDGER_FAILED;
}

static enum status
run(enum status (*one)(void *ctx, unsigned long n), void *ctx,
    unsigned long first, double seconds)
{
	double end = clock_s() + seconds, longest = 0;
	unsigned long n = first;

	for (double begun = clock_s(); begun < end; begun = clock_s(), n++) {
		enum status st = one(ctx, n);

		if (st != ST_OK)
			return st;
		if (clock_s() - begun > longest)
			longest = clock_s() - begun;
	}
	printf("%lu %.6f\n", n - first, longest);
	return ST_OK;
}

static enum status
run_ledger(const char *path, unsigned long first, double seconds)
{
	struct ledger *ledger;
	enum status st = ledger_open(&ledger, path);

	if (st != ST_OK)
		return st;
	st = run(reserve, ledger, first, seconds);
	ledger_close(ledger);
	return st;
}

static enum status
run_append(const char *path, double seconds)
{
	int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
	enum status st;

	if (fd < 0)
		return ST_LEDGER_FAILED;
	st = run(append, &fd, 0, seconds);
	(void)close(fd);
	return st;
}

int
main(int argc, char **argv)
{
	enum status st = ST_LEDGER_FAILED;

	if (argc != 5)
		return 2;
	if (strcmp(argv[1], "make") == 0)
		st = make(argv[2]);
	else if (strcmp(argv[1], "ledger") == 0)
		st = run_ledger(argv[2], strtoul(argv[3], NULL, 10),
				atof(argv[4]));
	else if (strcmp(argv[1], "append") == 0)
		st = run_append(argv[2], atof(argv[4]));
	if (st != ST_OK)
		fprintf(stderr, "bench_reserve: status %x\n", (unsigned int)st);
	return st == ST_OK ? 0 : 1;
}
