/* SPDX-License-Identifier: Apache-2.0 */
#include "tool/slots.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

static error_t
parse_choice(int key, char *arg, struct argp_state *state)
{
	struct slot_choice *choice = state->input;

	if (key != 'n')
		return ARGP_ERR_UNKNOWN;
	if (choice->count == STATION_SLOTS_MAX)
		cmd_refuse(state, "more than %d times --slot",
			   STATION_SLOTS_MAX);
	else
		choice->number[choice->count++] = (int)cmd_number(
			state, "--slot", arg, 1, STATION_SLOTS_MAX);
	return 0;
}

static const struct argp_option choice_options[] = {
	{"slot", 'n', "N", 0, "This slot only; again for each (default: all)",
	 0},
	{0},
};

const struct argp slot_choice_argp = {
	.options = choice_options,
	.parser = parse_choice,
};

static bool
is_chosen(const struct slot_choice *choice, int number)
{
	for (size_t i = 0; i < choice->count; i++)
		if (choice->number[i] == number)
			return true;
	return choice->count == 0;
}

static bool
has_slot(const struct station *station, int number)
{
	for (size_t i = 0; i < station->slot_count; i++)
		if (station->slot[i].number == number)
			return true;
	return false;
}

enum status
slots_choose(struct cli *cli, const struct station *station,
	     const struct slot_choice *choice, const struct station_slot **out,
	     size_t *count)
{
	*count = 0;
	for (size_t i = 0; i < choice->count; i++)
		if (!has_slot(station, choice->number[i])) {
			cmd_detail(cli, "the station has no slot %d",
				   choice->number[i]);
			return ST_USAGE;
		}
	for (size_t i = 0; i < station->slot_count; i++)
		if (is_chosen(choice, station->slot[i].number))
			out[(*count)++] = &station->slot[i];
	if (*count != 0)
		return ST_OK;
	cmd_detail(cli, "the station has no slots");
	return ST_USAGE;
}

/* A lock on one byte of station.json for each slot; it ends with the process,
 * which is why the descriptor stays open. */
static enum status
take_slot(struct cli *cli, int fd, int number)
{
	struct flock lock = {
		.l_type = F_WRLCK,
		.l_whence = SEEK_SET,
		.l_start = number,
		.l_len = 1,
	};

	if (fcntl(fd, F_OFD_SETLK, &lock) == 0)
		return ST_OK;
	cmd_detail(cli, "slot %d", number);
	return errno == EAGAIN || errno == EACCES ? ST_STATION_BUSY
						  : ST_STATION_FILE;
}

static enum status
open_locks(struct cli *cli, const struct station *station, int *fd)
{
	char path[ADDRESS_MAX + 1];
	enum status st = station_path(station, "station.json", path);

	if (st != ST_OK)
		return st;
	*fd = open(path, O_RDWR | O_CLOEXEC);
	if (*fd >= 0)
		return ST_OK;
	cmd_detail(cli, "%s", path);
	return ST_STATION_FILE;
}

enum status
slots_take(struct cli *cli, const struct station *station,
	   const struct station_slot *const *slot, size_t count)
{
	int fd = -1;
	enum status st = open_locks(cli, station, &fd);

	for (size_t i = 0; st == ST_OK && i < count; i++)
		st = take_slot(cli, fd, slot[i]->number);
	return st;
}

enum status
slots_take_all(struct cli *cli, const struct station *station)
{
	int fd = -1;
	enum status st = open_locks(cli, station, &fd);

	for (int number = 1; st == ST_OK && number <= STATION_SLOTS_MAX;
	     number++)
		st = take_slot(cli, fd, number);
	return st;
}

/* One group of threads a process: how many of them still work. */
static struct {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	size_t busy;
} group = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0};

struct thread_job {
	void (*run)(void *job, size_t i);
	void *job;
	size_t i;
	pthread_t thread;
	bool is_started;
	bool is_done; /* not parked: it ends by itself */
};

static void
count_busy(size_t add, size_t sub)
{
	(void)pthread_mutex_lock(&group.lock);
	group.busy += add;
	group.busy -= sub;
	(void)pthread_cond_broadcast(&group.changed);
	(void)pthread_mutex_unlock(&group.lock);
}

static void *
thread_main(void *arg)
{
	struct thread_job *job = arg;

	job->run(job->job, job->i);
	job->is_done = true;
	count_busy(0, 1);
	return NULL;
}

static void
start_thread(struct thread_job *job)
{
	sigset_t all, before;

	(void)sigfillset(&all);
	count_busy(1, 0);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	job->is_started =
		pthread_create(&job->thread, NULL, thread_main, job) == 0;
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (!job->is_started)
		count_busy(0, 1);
}

/* What libraries keep for a thread is gone once it is joined. */
static void
end_thread(const struct thread_job *job)
{
	if (!job->is_started)
		return;
	if (job->is_done)
		(void)pthread_join(job->thread, NULL);
	else
		(void)pthread_detach(job->thread);
}

void
slots_run(void (*run)(void *job, size_t i), void *job, size_t count)
{
	struct thread_job jobs[STATION_SLOTS_MAX];

	for (size_t i = 0; i < count; i++) {
		jobs[i] = (struct thread_job){.run = run, .job = job, .i = i};
		start_thread(&jobs[i]);
	}
	(void)pthread_mutex_lock(&group.lock);
	while (group.busy > 0)
		(void)pthread_cond_wait(&group.changed, &group.lock);
	(void)pthread_mutex_unlock(&group.lock);
	for (size_t i = 0; i < count; i++)
		end_thread(&jobs[i]);
}

_Noreturn void
slots_park(void)
{
	count_busy(0, 1);
	for (;;)
		(void)pause();
}
