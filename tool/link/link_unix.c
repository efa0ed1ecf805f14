/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "link/kinds.h"
#include "link/wait.h"

struct link_unix {
	struct link link;
	int fd;
};

static enum status
connect_to(int fd, const struct sockaddr_un *address, struct deadline deadline)
{
	for (;;) {
		if (connect(fd, (const struct sockaddr *)address,
			    sizeof(*address)) == 0)
			return ST_OK;
		/* EAGAIN: the listener has not yet taken earlier ones */
		if (errno != EAGAIN && errno != EINTR)
			return ST_LINK_OPEN;
		if (deadline_left_ms(deadline) == 0)
			return ST_LINK_OPEN;
		poll(NULL, 0, 10);
	}
}

static enum status
unix_open(struct link **out, const char *rest, struct deadline deadline)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	size_t len = strlen(rest);
	struct link_unix *unix_link;
	enum status st;

	if (len == 0 || len >= sizeof(address.sun_path))
		return ST_LINK_ADDRESS;
	memcpy(address.sun_path, rest, len);
	unix_link = calloc(1, sizeof(*unix_link));
	if (unix_link == NULL)
		return ST_STATION_MEMORY;
	unix_link->link.ops = &link_unix_ops;
	unix_link->fd =
		socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	st = unix_link->fd < 0 ? ST_LINK_OPEN
			       : connect_to(unix_link->fd, &address, deadline);
	if (st == ST_OK)
		*out = &unix_link->link;
	else
		link_close(&unix_link->link);
	return st;
}

static enum status
unix_send(struct link *link, struct bytes data, struct deadline deadline)
{
	const struct link_unix *unix_link = (struct link_unix *)link;

	while (data.len > 0) {
		ssize_t sent =
			send(unix_link->fd, data.ptr, data.len, MSG_NOSIGNAL);
		enum status st;

		if (sent > 0) {
			data.ptr += sent;
			data.len -= (size_t)sent;
			continue;
		}
		if (sent < 0 && errno != EAGAIN && errno != EINTR)
			return ST_LINK_CLOSED;
		st = wait_for(unix_link->fd, POLLOUT, deadline);
		if (st != ST_OK)
			return st;
	}
	return ST_OK;
}

static enum status
unix_receive(struct link *link, uint8_t *buf, size_t size, size_t *len,
	     struct deadline deadline)
{
	const struct link_unix *unix_link = (struct link_unix *)link;

	for (;;) {
		ssize_t got = recv(unix_link->fd, buf, size, 0);
		enum status st;

		if (got > 0) {
			*len = (size_t)got;
			return ST_OK;
		}
		if (got == 0 || (errno != EAGAIN && errno != EINTR))
			return ST_LINK_CLOSED;
		st = wait_for(unix_link->fd, POLLIN, deadline);
		if (st != ST_OK)
			return st;
	}
}

static void
unix_close(struct link *link)
{
	struct link_unix *unix_link = (struct link_unix *)link;

	if (unix_link->fd >= 0)
		close(unix_link->fd);
	free(unix_link);
}

const struct link_ops link_unix_ops = {
	.kind = "unix",
	.open = unix_open,
	.send = unix_send,
	.receive = unix_receive,
	.close = unix_close,
};
