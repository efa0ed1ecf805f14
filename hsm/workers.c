/* SPDX-License-Identifier: Apache-2.0 */
#include "hsm/workers.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define STACK_SIZE (1024 * 1024) /* a module's code runs on it; may be locked */

struct queue {
	struct job *first;
	struct job **end;
};

struct workers {
	job_fn run;
	void *ctx;
	int fd;
	pthread_mutex_t lock;
	pthread_cond_t is_wanted;
	struct queue given;
	struct queue done;
	unsigned int waiting; /* given, and not begun */
	unsigned int idle;    /* threads that wait for a job */
	unsigned int count;
	pthread_t thread[WORKERS_MAX];
	bool is_stopping;
};

static void
put(struct queue *queue, struct job *job)
{
	job->next = NULL;
	*queue->end = job;
	queue->end = &job->next;
}

static struct job *
take(struct queue *queue)
{
	struct job *job = queue->first;

	if (job == NULL)
		return NULL;
	queue->first = job->next;
	if (queue->first == NULL)
		queue->end = &queue->first;
	return job;
}

enum status
workers_open(struct workers **out, job_fn run, void *ctx)
{
	struct workers *workers = calloc(1, sizeof(*workers));

	*out = NULL;
	if (workers == NULL)
		return ST_STATION_MEMORY;
	workers->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (workers->fd < 0) {
		free(workers);
		return ST_STATION_MEMORY;
	}
	workers->run = run;
	workers->ctx = ctx;
	workers->given.end = &workers->given.first;
	workers->done.end = &workers->done.first;
	pthread_mutex_init(&workers->lock, NULL);
	pthread_cond_init(&workers->is_wanted, NULL);
	*out = workers;
	return ST_OK;
}

int
workers_fd(const struct workers *workers)
{
	return workers->fd;
}

/* Under the lock, which is left while the job is done. */
static void
do_one(struct workers *workers)
{
	const uint64_t one = 1;
	struct job *job = take(&workers->given);

	workers->waiting--;
	pthread_mutex_unlock(&workers->lock);
	workers->run(workers->ctx, job);
	pthread_mutex_lock(&workers->lock);
	put(&workers->done, job);
	(void)!write(workers->fd, &one, sizeof(one));
}

static void *
work(void *arg)
{
	struct workers *workers = arg;

	pthread_mutex_lock(&workers->lock);
	while (!workers->is_stopping) {
		if (workers->waiting > 0) {
			do_one(workers);
			continue;
		}
		workers->idle++;
		pthread_cond_wait(&workers->is_wanted, &workers->lock);
		workers->idle--;
	}
	pthread_mutex_unlock(&workers->lock);
	return NULL;
}

static void
start_thread(struct workers *workers)
{
	pthread_attr_t attr;

	if (pthread_attr_init(&attr) != 0)
		return;
	if (pthread_attr_setstacksize(&attr, STACK_SIZE) == 0 &&
	    pthread_create(&workers->thread[workers->count], &attr, work,
			   workers) == 0)
		workers->count++;
	pthread_attr_destroy(&attr);
}

void
workers_give(struct workers *workers, struct job *job)
{
	pthread_mutex_lock(&workers->lock);
	put(&workers->given, job);
	workers->waiting++;
	if (workers->waiting > workers->idle && workers->count < WORKERS_MAX)
		start_thread(workers);
	/* no thread is to be had: slower, but done */
	if (workers->count == 0)
		do_one(workers);
	pthread_cond_signal(&workers->is_wanted);
	pthread_mutex_unlock(&workers->lock);
}

struct job *
workers_take(struct workers *workers)
{
	struct job *job;
	uint64_t count;

	pthread_mutex_lock(&workers->lock);
	job = take(&workers->done);
	if (workers->done.first == NULL)
		(void)!read(workers->fd, &count, sizeof(count));
	pthread_mutex_unlock(&workers->lock);
	return job;
}

void
workers_stop(struct workers *workers)
{
	pthread_mutex_lock(&workers->lock);
	workers->is_stopping = true;
	pthread_cond_broadcast(&workers->is_wanted);
	pthread_mutex_unlock(&workers->lock);
	for (unsigned int i = 0; i < workers->count; i++)
		pthread_join(workers->thread[i], NULL);
	workers->count = 0;
}

void
workers_close(struct workers *workers)
{
	if (workers == NULL)
		return;
	close(workers->fd);
	pthread_cond_destroy(&workers->is_wanted);
	pthread_mutex_destroy(&workers->lock);
	free(workers);
}
