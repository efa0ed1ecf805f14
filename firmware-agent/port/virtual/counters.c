/* SPDX-License-Identifier: Apache-2.0 */
#include "port/virtual/counters.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

#define LINE_SIZE 48

static const char *
name_of(unsigned int which)
{
	if (which < STEP_KINDS)
		return step_kind_name((enum step_kind)which);
	return which == COUNTER_REFUSED_BURNS ? "refused_burns"
					      : "second_writes";
}

/* Numbers only grow, so that one write in place is the whole new text. */
static bool
save(const struct counters *counters)
{
	char text[LINE_SIZE * COUNTERS];
	size_t len = 0;

	for (unsigned int i = 0; i < COUNTERS; i++)
		len += (size_t)snprintf(text + len, LINE_SIZE,
					"%s %" PRIu64 "\n", name_of(i),
					counters->value[i]);
	return pwrite(counters->fd, text, len, 0) == (ssize_t)len;
}

static bool
load_line(struct counters *counters, unsigned int which, const char **text)
{
	const char *name = name_of(which);
	size_t len = strlen(name);
	char *end;

	if (strncmp(*text, name, len) != 0 || (*text)[len] != ' ')
		return false;
	counters->value[which] = strtoull(*text + len, &end, 10);
	*text = end + 1;
	return *end == '\n';
}

static bool
load(struct counters *counters)
{
	char buf[LINE_SIZE * COUNTERS + 1];
	const char *text = buf;
	ssize_t len = pread(counters->fd, buf, sizeof(buf) - 1, 0);

	if (len <= 0)
		return len == 0;
	buf[len] = '\0';
	for (unsigned int i = 0; i < COUNTERS; i++)
		if (!load_line(counters, i, &text))
			return false;
	return *text == '\0';
}

/* Two processes on one folder would be two chips in one; but one that was told
 * to end may still be on its way out. */
static bool
lock_folder(int fd)
{
	for (int tries = 0; tries < 40; tries++) {
		if (flock(fd, LOCK_EX | LOCK_NB) == 0)
			return true;
		(void)usleep(50 * 1000);
	}
	return false;
}

enum status
counters_open(struct counters *counters, const char *path)
{
	memset(counters, 0, sizeof(*counters));
	counters->fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
	if (counters->fd < 0) {
		counters->fd = 0;
		return ST_PORT_FILE;
	}
	if (lock_folder(counters->fd) && load(counters) && save(counters))
		return ST_OK;
	counters_close(counters);
	return ST_PORT_FILE;
}

void
counters_close(struct counters *counters)
{
	if (counters->fd > 0)
		close(counters->fd);
	counters->fd = 0;
}

void
counters_add(struct counters *counters, unsigned int which)
{
	counters->value[which]++;
	(void)save(counters);
}
