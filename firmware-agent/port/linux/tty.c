/* SPDX-License-Identifier: Apache-2.0 */
#include "port/linux/tty.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <termios.h>
#include <unistd.h>

#define PATIENCE_MS 1000

int
tty_open(const char *path)
{
	struct termios how;
	int fd = open(path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0)
		return -1;
	if (tcgetattr(fd, &how) == 0) {
		cfmakeraw(&how);
		how.c_cflag |= CLOCAL | CREAD;
		if (tcsetattr(fd, TCSANOW, &how) == 0)
			return fd;
	}
	close(fd);
	return -1;
}

void
tty_send(int fd, struct bytes data)
{
	struct pollfd room = {.fd = fd, .events = POLLOUT};

	while (data.len > 0 && poll(&room, 1, PATIENCE_MS) > 0) {
		ssize_t sent = write(fd, data.ptr, data.len);

		if (sent < 0 && errno != EAGAIN)
			return;
		if (sent > 0)
			data = bytes_of(data.ptr + sent,
					data.len - (size_t)sent);
	}
}
