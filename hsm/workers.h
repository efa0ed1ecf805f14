/* SPDX-License-Identifier: Apache-2.0 */
/*
 * workers.h - a few threads that do jobs, so that the one that serves sockets
 * waits for no token.
 */
#ifndef IMEILOCK_HSM_WORKERS_H
#define IMEILOCK_HSM_WORKERS_H

#include "proto/bytes.h"
#include "proto/status.h"

#define WORKERS_MAX 8 /* jobs done at once; threads start when needed */

struct workers;

/* Part of what a job is about; given back by workers_take. */
struct job {
	struct job *next;
};

typedef void (*job_fn)(void *ctx, struct job *job);

/* ST_STATION_MEMORY */
MUST_CHECK enum status workers_open(struct workers **out, job_fn run,
				    void *ctx);

/* Readable while a job is done and was not taken. */
int workers_fd(const struct workers *workers);

/* Have job done, after those that were given before. */
void workers_give(struct workers *workers, struct job *job);
/* One that is done, or NULL. */
struct job *workers_take(struct workers *workers);

/* Wait for those that were begun; those that were not are not done at all.
 * Only workers_take may be called after it. */
void workers_stop(struct workers *workers);
void workers_close(struct workers *workers); /* stopped; NULL is allowed */

#endif
