/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/turn.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

enum turn_byte { QUEUE, DOOR };

/* One looks at the door, and many at the queue, so that one may look often. */
static const struct timespec pauses[] = {
	[QUEUE] = {.tv_nsec = 500000},
	[DOOR] = {.tv_nsec = 30000},
};

static int64_t
now_ms(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

enum status
turn_open(struct turn *turn, const char *path)
{
	char name[PATH_MAX];
	int len = snprintf(name, sizeof(name), "%s.lock", path);

	turn->fd = -1;
	if (len < 0 || (size_t)len >= sizeof(name))
		return ST_LEDGER_FAILED;
	turn->fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666);
	return turn->fd < 0 ? ST_LEDGER_FAILED : ST_OK;
}

void
turn_close(struct turn *turn)
{
	if (turn->fd >= 0)
		(void)close(turn->fd);
	turn->fd = -1;
}

/* Locks of the open file, not of the process: threads have their own. */
static int
set_lock(struct turn *turn, enum turn_byte byte, short type)
{
	struct flock lock = {
		.l_type = type,
		.l_whence = SEEK_SET,
		.l_start = (off_t)byte,
		.l_len = 1,
	};

	return fcntl(turn->fd, F_OFD_SETLK, &lock);
}

static enum status
wait_for(struct turn *turn, enum turn_byte byte, int64_t until_ms)
{
	while (set_lock(turn, byte, F_WRLCK) != 0) {
		if (errno != EAGAIN && errno != EACCES && errno != EINTR)
			return ST_LEDGER_FAILED;
		if (now_ms() >= until_ms)
			return ST_LEDGER_BUSY;
		(void)nanosleep(&pauses[byte], NULL);
	}
	return ST_OK;
}

enum status
turn_take(struct turn *turn, int64_t wait_ms)
{
	int64_t until_ms = now_ms() + wait_ms;
	enum status status = wait_for(turn, QUEUE, until_ms);

	if (status != ST_OK)
		return status;
	status = wait_for(turn, DOOR, until_ms);
	(void)set_lock(turn, QUEUE, F_UNLCK);
	return status;
}

void
turn_leave(struct turn *turn)
{
	(void)set_lock(turn, DOOR, F_UNLCK);
}
