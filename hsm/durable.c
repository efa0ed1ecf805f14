/* SPDX-License-Identifier: Apache-2.0 */
#include "hsm/durable.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "hsm/file.h"
#include "hsm/log.h"

void
durable_init(struct durable *file)
{
	memset(file, 0, sizeof(*file));
	file->fd = -1;
	pthread_mutex_init(&file->lock, NULL);
	pthread_cond_init(&file->is_changed, NULL);
}

void
durable_wipe(struct durable *file)
{
	if (file->fd >= 0)
		close(file->fd);
	file->fd = -1;
	pthread_cond_destroy(&file->is_changed);
	pthread_mutex_destroy(&file->lock);
}

/* One sync at a time: the kernel tells of an error once, and whoever did not
 * hear of it would take a lost entry for a durable one. */
static void
begin_sync(struct durable *file)
{
	while (file->is_syncing)
		pthread_cond_wait(&file->is_changed, &file->lock);
	file->is_syncing = true;
}

/* With count entries on the disk; not once a sync has failed, because a later
 * one that succeeds says nothing about what that one lost. */
static void
end_sync(struct durable *file, bool is_failed, uint64_t count)
{
	file->is_syncing = false;
	file->is_failed |= is_failed;
	if (!file->is_failed)
		file->synced = count;
	pthread_cond_broadcast(&file->is_changed);
}

enum status
durable_cut(struct durable *file)
{
	bool is_failed;

	pthread_mutex_lock(&file->lock);
	begin_sync(file);
	pthread_mutex_unlock(&file->lock);
	is_failed = ftruncate(file->fd, (off_t)file->size) != 0 ||
		    fsync(file->fd) != 0;
	pthread_mutex_lock(&file->lock);
	end_sync(file, is_failed, file->count);
	is_failed = file->is_failed;
	pthread_mutex_unlock(&file->lock);
	return is_failed ? ST_HSM_REGISTER : ST_OK;
}

static bool
has_failed(struct durable *file)
{
	bool is_failed;

	pthread_mutex_lock(&file->lock);
	is_failed = file->is_failed;
	pthread_mutex_unlock(&file->lock);
	return is_failed;
}

static void
say(const char *what)
{
	signer_log("register: cannot be %s: %s", what, strerror(errno));
}

enum status
durable_append(struct durable *file, struct bytes entry)
{
	if (has_failed(file))
		return ST_HSM_REGISTER;
	if (file_write_all(file->fd, entry) != ST_OK) {
		say("written");
		/* full disk: what is there of the entry must go again */
		(void)!durable_cut(file);
		return ST_HSM_REGISTER;
	}
	file->size += entry.len;
	pthread_mutex_lock(&file->lock);
	file->count++;
	pthread_mutex_unlock(&file->lock);
	return ST_OK;
}

/* For all that is written by now. */
static void
sync_written(struct durable *file)
{
	uint64_t count = file->count;
	bool is_failed;

	begin_sync(file);
	pthread_mutex_unlock(&file->lock);
	is_failed = fdatasync(file->fd) != 0;
	/* the kernel may have dropped the pages: nothing is known */
	if (is_failed)
		say("synced");
	pthread_mutex_lock(&file->lock);
	end_sync(file, is_failed, count);
}

enum status
durable_sync(struct durable *file, uint64_t count)
{
	bool is_durable;

	pthread_mutex_lock(&file->lock);
	while (file->synced < count && !file->is_failed) {
		if (file->is_syncing)
			pthread_cond_wait(&file->is_changed, &file->lock);
		else
			sync_written(file);
	}
	is_durable = file->synced >= count;
	pthread_mutex_unlock(&file->lock);
	return is_durable ? ST_OK : ST_HSM_REGISTER;
}
