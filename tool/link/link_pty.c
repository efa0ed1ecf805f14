/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <unistd.h>

#include "link/kinds.h"
#include "link/terminal.h"

struct link_pty {
	struct link link;
	int fd;
};

static void
pty_close(struct link *link)
{
	struct link_pty *pty = (struct link_pty *)link;

	terminal_drop_unsent(pty->fd);
	if (pty->fd >= 0)
		close(pty->fd);
	free(pty);
}

static enum status
pty_open(struct link **out, const char *rest, struct deadline deadline)
{
	struct link_pty *pty;
	enum status st;

	(void)deadline; /* it does not wait */
	if (rest[0] == '\0')
		return ST_LINK_ADDRESS;
	pty = calloc(1, sizeof(*pty));
	if (pty == NULL)
		return ST_STATION_MEMORY;
	pty->link.ops = &link_pty_ops;
	st = terminal_open(&pty->fd, rest);
	if (st == ST_OK && !terminal_make_raw(pty->fd, false))
		st = ST_LINK_TTY;
	if (st == ST_OK)
		*out = &pty->link;
	else
		pty_close(&pty->link);
	return st;
}

static enum status
pty_send(struct link *link, struct bytes data, struct deadline deadline)
{
	return terminal_send(((struct link_pty *)link)->fd, data, deadline);
}

static enum status
pty_receive(struct link *link, uint8_t *buf, size_t size, size_t *len,
	    struct deadline deadline)
{
	return terminal_receive(((struct link_pty *)link)->fd, buf, size, len,
				deadline);
}

const struct link_ops link_pty_ops = {
	.kind = "pty",
	.open = pty_open,
	.send = pty_send,
	.receive = pty_receive,
	.close = pty_close,
};
