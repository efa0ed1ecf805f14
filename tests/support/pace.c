/* SPDX-License-Identifier: Apache-2.0 */
#include "support/pace.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#define SECOND_NS UINT64_C(1000000000)
#define BITS_A_BYTE 10
/* How long bytes that are through may wait for those behind them. */
#define STEP_NS 1000000
#define SLACK_NS 1000
#define NEVER UINT64_MAX

static uint64_t
now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * SECOND_NS + (uint64_t)now.tv_nsec;
}

/* ------------------------------------------------------------ one direction */

/* How many of the bytes that wait have arrived by now. */
static unsigned int
count_due(const struct pace_way *way, uint64_t byte_ns, uint64_t now)
{
	uint64_t due;

	if (byte_ns == 0)
		return way->len;
	due = (now - way->begun_ns) / byte_ns - way->through;
	return due < way->len ? (unsigned int)due : way->len;
}

/* When there is something to do next without anybody doing anything. */
static uint64_t
when_due(const struct pace_way *way, uint64_t byte_ns, uint64_t now)
{
	uint64_t next, last;

	if (way->len == 0 || byte_ns == 0)
		return NEVER;
	next = way->begun_ns + (way->through + 1) * byte_ns;
	last = next + (way->len - 1) * byte_ns;
	if (next < now + STEP_NS)
		next = now + STEP_NS;
	return last < next ? last : next;
}

static void
take(struct pace_way *way, uint64_t now)
{
	ssize_t got = read(way->from, way->buf + way->len,
			   sizeof(way->buf) - way->len);

	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (got <= 0) {
		way->is_over = true;
		return;
	}
	if (way->len == 0) {
		way->begun_ns = now;
		way->through = 0;
	}
	way->len += (unsigned int)got;
}

static void
give(struct pace_way *way, unsigned int due)
{
	ssize_t sent = write(way->to, way->buf, due);

	if (sent < 0 && errno != EAGAIN && errno != EINTR) {
		way->is_over = true;
		way->len = 0;
	}
	if (sent <= 0)
		return;
	way->through += (uint64_t)sent;
	way->bytes += (uint64_t)sent;
	way->len -= (unsigned int)sent;
	memmove(way->buf, way->buf + sent, way->len);
}

/* ----------------------------------------------------------------- the line */

static bool
is_over(const struct pace *pace)
{
	for (int i = 0; i < 2; i++)
		if (pace->way[i].is_over && pace->way[i].len == 0)
			return true;
	return false;
}

/* Until something can be done; false to stop. */
static bool
await(const struct pace *pace, struct pollfd fds[5])
{
	uint64_t now = now_ns(), wake = NEVER;
	struct timespec left;

	fds[4] = (struct pollfd){.fd = pace->stop[0], .events = POLLIN};
	for (int i = 0; i < 2; i++) {
		const struct pace_way *way = &pace->way[i];
		bool has_room = way->len < sizeof(way->buf) && !way->is_over;
		bool has_due = count_due(way, pace->byte_ns, now) > 0;
		uint64_t at = when_due(way, pace->byte_ns, now);

		fds[2 * i] =
			(struct pollfd){has_room ? way->from : -1, POLLIN, 0};
		fds[2 * i + 1] =
			(struct pollfd){has_due ? way->to : -1, POLLOUT, 0};
		if (!has_due && at < wake)
			wake = at;
	}
	now = wake == NEVER || wake < now ? 0 : wake - now;
	left = (struct timespec){(time_t)(now / SECOND_NS),
				 (long)(now % SECOND_NS)};
	(void)ppoll(fds, 5, wake == NEVER ? NULL : &left, NULL);
	return fds[4].revents == 0;
}

static void *
run(void *ctx)
{
	struct pace *pace = ctx;
	struct pollfd fds[5];

	(void)prctl(PR_SET_TIMERSLACK, SLACK_NS, 0, 0, 0);
	while (!is_over(pace) && await(pace, fds)) {
		uint64_t now = now_ns();

		for (int i = 0; i < 2; i++) {
			struct pace_way *way = &pace->way[i];
			unsigned int due;

			if (fds[2 * i].revents != 0)
				take(way, now);
			due = count_due(way, pace->byte_ns, now);
			if (due > 0)
				give(way, due);
		}
	}
	/* who is at the ends sees that it is over */
	for (int i = 0; i < 2; i++)
		close(pace->end[i]);
	close(pace->slave);
	return NULL;
}

/* ------------------------------------------------------------------ the ends */

static int
connect_to(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	size_t len = strlen(path);
	int fd;

	if (len >= sizeof(address.sun_path))
		return -1;
	memcpy(address.sun_path, path, len);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd >= 0 &&
	    connect(fd, (struct sockaddr *)&address, sizeof(address)) != 0) {
		close(fd);
		return -1;
	}
	return fd;
}

static bool
start(struct pace *pace, unsigned int baud)
{
	pace->byte_ns = baud == 0 ? 0 : BITS_A_BYTE * SECOND_NS / baud;
	for (int i = 0; i < 2; i++) {
		memset(&pace->way[i], 0, sizeof(pace->way[i]));
		pace->way[i].from = pace->end[i];
		pace->way[i].to = pace->end[1 - i];
		(void)fcntl(pace->end[i], F_SETFL, O_RDWR | O_NONBLOCK);
	}
	return pipe2(pace->stop, O_CLOEXEC) == 0 &&
	       pthread_create(&pace->thread, NULL, run, pace) == 0;
}

/* Without somebody at the slave there is no line, and nothing is echoed before
 * somebody opens it. */
static int
hold(const char *path)
{
	int slave = open(path, O_RDWR | O_NOCTTY | O_CLOEXEC);
	struct termios raw;

	if (slave < 0 || tcgetattr(slave, &raw) != 0)
		return slave;
	cfmakeraw(&raw);
	(void)tcsetattr(slave, TCSANOW, &raw);
	return slave;
}

bool
pace_start_fd(struct pace *pace, int fd, const char *socket, unsigned int baud)
{
	char path[PACE_PATH_MAX + 1];

	if (ptsname_r(fd, path, sizeof(path)) != 0)
		return false;
	pace->end[0] = fd;
	pace->slave = hold(path);
	pace->end[1] = connect_to(socket);
	return pace->slave >= 0 && pace->end[1] >= 0 && start(pace, baud);
}

bool
pace_start(struct pace *pace, char path[PACE_PATH_MAX + 1], const char *socket,
	   unsigned int baud)
{
	int fd = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);

	return fd >= 0 && grantpt(fd) == 0 && unlockpt(fd) == 0 &&
	       ptsname_r(fd, path, PACE_PATH_MAX + 1) == 0 &&
	       pace_start_fd(pace, fd, socket, baud);
}

void
pace_stop(struct pace *pace)
{
	close(pace->stop[1]);
	pthread_join(pace->thread, NULL);
	close(pace->stop[0]);
}
