/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench_line STATION TRAY ROOT UNITS: an armed station that makes UNITS units,
 * a thread a slot, each slot's in a tray (tray.c).  Prints one JSON object.
 *
 * The first unit of each slot is made before the clock is started, so that
 * what is measured is a station at work and not its start.
 */
#include <libgen.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/clock.h"
#include "station/station.h"

struct tray {
	pid_t pid;
	int fd;
};

struct run {
	struct station station;
	struct station_run armed;
	struct tray tray[STATION_SLOTS_MAX];
	pthread_t thread[STATION_SLOTS_MAX];
	pthread_barrier_t begin;
	atomic_long left;
	atomic_long good;
	atomic_int failed; /* the first status that was not ST_OK */
	atomic_ullong exchanges, bytes, unit_ms;
};

struct slot {
	struct run *run;
	size_t index;
};

static double
seconds(struct timeval time)
{
	return (double)time.tv_sec + (double)time.tv_usec / 1e6;
}

/* Processor seconds of this process: of the tool's part alone. */
static double
own_cpu_s(void)
{
	struct rusage usage;

	(void)getrusage(RUSAGE_SELF, &usage);
	return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

static long
resident_kib(void)
{
	long pages = 0, all;
	FILE *file = fopen("/proc/self/statm", "re");

	if (file != NULL && fscanf(file, "%ld %ld", &all, &pages) != 2)
		pages = 0;
	if (file != NULL)
		(void)fclose(file);
	return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

/* unix:FOLDER/agent.sock */
static bool
start_tray(struct tray *tray, const char *program, const char *address,
	   const char *root)
{
	char path[ADDRESS_MAX + 1];
	int fds[2];

	(void)snprintf(path, sizeof(path), "%s", address + strlen("unix:"));
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) != 0)
		return false;
	tray->fd = fds[0];
	tray->pid = fork();
	if (tray->pid == 0) {
		(void)dup2(fds[1], STDIN_FILENO);
		(void)dup2(fds[1], STDOUT_FILENO);
		(void)execl(program, program, dirname(path), root,
			    (char *)NULL);
		_exit(127);
	}
	(void)close(fds[1]);
	return tray->pid > 0;
}

static void
make_unit(struct run *run, size_t index)
{
	const struct station_slot *at = &run->station.slot[index];
	struct flow_slot slot = {.number = at->number, .unit = at->unit};
	struct flow_result result = {.status = ST_STATION_FILE};
	int fd = run->tray[index].fd, none = 0;
	char byte = 'n';

	if (write(fd, &byte, 1) == 1 && read(fd, &byte, 1) == 1)
		flow_run(&result, &run->armed.flow, &slot);
	if (result.status == ST_OK) {
		atomic_fetch_add(&run->good, 1);
		atomic_fetch_add(&run->exchanges, result.exchanges);
		atomic_fetch_add(&run->bytes, result.bytes);
		atomic_fetch_add(&run->unit_ms,
				 (unsigned long long)result.elapsed_ms);
		return;
	}
	(void)atomic_compare_exchange_strong(&run->failed, &none,
					     (int)result.status);
}

static void *
work(void *arg)
{
	struct slot *slot = arg;
	struct run *run = slot->run;

	make_unit(run, slot->index);
	(void)pthread_barrier_wait(&run->begin); /* warm */
	(void)pthread_barrier_wait(&run->begin); /* the clock runs */
	while (atomic_load(&run->failed) == 0 &&
	       atomic_fetch_sub(&run->left, 1) > 0)
		make_unit(run, slot->index);
	(void)pthread_barrier_wait(&run->begin);
	return NULL;
}

static void
clear_sums(struct run *run)
{
	atomic_store(&run->good, 0);
	atomic_store(&run->exchanges, 0);
	atomic_store(&run->bytes, 0);
	atomic_store(&run->unit_ms, 0);
}

static void
print_sums(struct run *run, double wall_s, double cpu_s, long kib)
{
	double good = (double)atomic_load(&run->good);

	printf("{\"units\": %.0f, \"failed\": %u, \"wall_s\": %.6f, "
	       "\"tool_cpu_s\": %.6f, \"exchanges\": %llu, \"bytes\": %llu, "
	       "\"unit_ms\": %.1f, \"kib_before\": %ld, \"kib_after\": %ld}\n",
	       good, (unsigned int)atomic_load(&run->failed), wall_s, cpu_s,
	       atomic_load(&run->exchanges), atomic_load(&run->bytes),
	       (double)atomic_load(&run->unit_ms) / (good > 0 ? good : 1), kib,
	       resident_kib());
}

static void
measure(struct run *run)
{
	struct slot slot[STATION_SLOTS_MAX];
	size_t count = run->station.slot_count;
	double wall_s, cpu_s;
	long kib;

	(void)pthread_barrier_init(&run->begin, NULL, (unsigned int)count + 1);
	for (size_t i = 0; i < count; i++) {
		slot[i] = (struct slot){run, i};
		(void)pthread_create(&run->thread[i], NULL, work, &slot[i]);
	}
	(void)pthread_barrier_wait(&run->begin);
	clear_sums(run);
	kib = resident_kib();
	cpu_s = own_cpu_s();
	wall_s = clock_s();
	/* whoever measures from outside looks here as well */
	printf("begin\n");
	(void)fflush(stdout);
	(void)getchar();
	(void)pthread_barrier_wait(&run->begin);
	(void)pthread_barrier_wait(&run->begin);
	print_sums(run, clock_s() - wall_s, own_cpu_s() - cpu_s, kib);
	(void)fflush(stdout);
	(void)getchar();
	for (size_t i = 0; i < count; i++)
		(void)pthread_join(run->thread[i], NULL);
}

static bool
start_trays(struct run *run, const char *program, const char *root)
{
	for (size_t i = 0; i < run->station.slot_count; i++)
		if (!start_tray(&run->tray[i], program,
				run->station.slot[i].unit.agent, root))
			return false;
	return true;
}

static void
end_trays(struct run *run)
{
	for (size_t i = 0; i < run->station.slot_count; i++) {
		(void)close(run->tray[i].fd);
		(void)waitpid(run->tray[i].pid, NULL, 0);
	}
}

int
main(int argc, char **argv)
{
	static struct run run;
	enum status st;

	if (argc != 5)
		return 2;
	atomic_store(&run.left, atol(argv[4]));
	st = station_load(&run.station, argv[1]);
	if (st == ST_OK && !start_trays(&run, argv[2], argv[3]))
		st = ST_STATION_FILE;
	if (st == ST_OK)
		st = station_open(&run.armed, &run.station, IMEILOCK_VERSION);
	if (st != ST_OK) {
		fprintf(stderr, "bench_line: status %x\n", (unsigned int)st);
		return 1;
	}
	measure(&run);
	station_run_close(&run.armed);
	end_trays(&run);
	return atomic_load(&run.failed) == 0 ? 0 : 1;
}
