/* SPDX-License-Identifier: Apache-2.0 */
/*
 * durable.h - a file that grows by entries, and when they are on the disk.
 *
 * One thread at a time appends; any number wait until what was appended is
 * durable.  One of those that wait syncs for all that is written by then.
 */
#ifndef IMEILOCK_HSM_DURABLE_H
#define IMEILOCK_HSM_DURABLE_H

#include <pthread.h>

#include "proto/bytes.h"
#include "proto/status.h"

struct durable {
	int fd;		/* -1: none; opened by the caller */
	uint64_t size;	/* bytes that count; set by the caller at first */
	uint64_t count; /* entries written; set by the caller at first */

	pthread_mutex_t lock; /* of all below, and of count */
	pthread_cond_t is_changed;
	uint64_t synced; /* entries on the disk */
	bool is_syncing; /* a thread is at it */
	bool is_failed;	 /* what is on the disk is not known any more */
};

void durable_init(struct durable *file);
void durable_wipe(struct durable *file); /* closes fd */

/* Cut off what stands behind size, and make all before it durable.
 * ST_HSM_REGISTER */
MUST_CHECK enum status durable_cut(struct durable *file);

/*
 * Write one entry behind the others; durable_sync waits for the disk.
 *   ST_HSM_REGISTER  the file is as it was; if that cannot be had, every
 *                    further call gives the same
 */
MUST_CHECK enum status durable_append(struct durable *file, struct bytes entry);

/* Wait until the first count entries are on the disk.  ST_HSM_REGISTER: they
 * may not be, and nothing more is taken. */
MUST_CHECK enum status durable_sync(struct durable *file, uint64_t count);

#endif
