/* SPDX-License-Identifier: Apache-2.0 */
#include "link/terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "link/wait.h"

enum status
terminal_refusal(int error)
{
	switch (error) {
	case EACCES:
	case EPERM:
		return ST_LINK_PERMISSION;
	case EBUSY:
	case EWOULDBLOCK:
		return ST_LINK_BUSY;
	default:
		return ST_LINK_OPEN;
	}
}

static enum status
take(int fd)
{
	struct termios is;

	if (tcgetattr(fd, &is) != 0)
		return ST_LINK_TTY;
	/* TIOCEXCL does not keep the superuser out, and this does */
	return flock(fd, LOCK_EX | LOCK_NB) == 0 ? ST_OK
						 : terminal_refusal(errno);
}

enum status
terminal_open(int *fd, const char *path)
{
	struct stat about;
	enum status st;

	*fd = -1;
	if (stat(path, &about) != 0)
		return terminal_refusal(errno);
	/* some devices do things when they are opened */
	if (!S_ISCHR(about.st_mode))
		return ST_LINK_TTY;
	*fd = open(path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	if (*fd < 0)
		return terminal_refusal(errno);
	st = take(*fd);
	if (st != ST_OK) {
		close(*fd);
		*fd = -1;
	}
	return st;
}

bool
terminal_make_raw(int fd, bool has_rtscts)
{
	struct termios is;

	if (tcgetattr(fd, &is) != 0)
		return false;
	cfmakeraw(&is);
	is.c_cflag |= CLOCAL | CREAD;
	is.c_cflag &= ~(tcflag_t)(HUPCL | CRTSCTS | CSTOPB);
	if (has_rtscts)
		is.c_cflag |= CRTSCTS;
	/* so that to read nothing means that it is gone */
	is.c_cc[VMIN] = 1;
	is.c_cc[VTIME] = 0;
	if (tcsetattr(fd, TCSANOW, &is) != 0 || tcgetattr(fd, &is) != 0)
		return false;
	(void)tcflush(fd, TCIOFLUSH);
	return ((is.c_cflag & CRTSCTS) != 0) == has_rtscts;
}

enum status
terminal_send(int fd, struct bytes data, struct deadline deadline)
{
	while (data.len > 0) {
		ssize_t sent = write(fd, data.ptr, data.len);
		enum status st;

		if (sent > 0) {
			data.ptr += sent;
			data.len -= (size_t)sent;
			continue;
		}
		if (sent < 0 && errno != EAGAIN && errno != EINTR)
			return ST_LINK_CLOSED;
		st = wait_for(fd, POLLOUT, deadline);
		if (st != ST_OK)
			return st;
		/* a driver may say that it is ready and take nothing */
		if (deadline_left_ms(deadline) == 0)
			return ST_LINK_TIMEOUT;
	}
	return ST_OK;
}

enum status
terminal_receive(int fd, uint8_t *buf, size_t size, size_t *len,
		 struct deadline deadline)
{
	for (;;) {
		ssize_t got = read(fd, buf, size);
		enum status st;

		if (got > 0) {
			*len = (size_t)got;
			return ST_OK;
		}
		if (got == 0 || (errno != EAGAIN && errno != EINTR))
			return ST_LINK_CLOSED;
		st = wait_for(fd, POLLIN, deadline);
		if (st != ST_OK)
			return st;
	}
}

void
terminal_drop_unsent(int fd)
{
	if (fd >= 0)
		(void)tcflush(fd, TCOFLUSH);
}
