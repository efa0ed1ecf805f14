/* SPDX-License-Identifier: Apache-2.0 */
#include "port/linux/serve.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <termios.h>
#include <unistd.h>

#include "port/linux/tty.h"

/* How soon a port that was hung up is opened again. */
#define REOPEN_MS 100

enum { POLL_STOP, POLL_AGENT, POLL_EP0, POLL_AT };

static void
close_port(struct serve_port *port)
{
	if (port->fd >= 0)
		close(port->fd);
	port->fd = -1;
	memset(&port->at, 0, sizeof(port->at));
}

/* False while it cannot be opened. */
static bool
open_port(struct serve_port *port)
{
	if (port->path != NULL && port->fd < 0)
		port->fd = tty_open(port->path);
	return port->path == NULL || port->fd >= 0;
}

static bool
is_usb(const struct server *server)
{
	return server->chip->config.is_usb;
}

static void
send_message(void *ctx, struct bytes message)
{
	struct server *server = ctx;
	uint8_t buf[FRAME_WIRE_MAX];
	struct bytes wire = bytes_of(buf, 0);

	if (message.len == 0 ||
	    frame_encode(buf, sizeof(buf), &wire.len, message) != ST_OK)
		return;
	if (is_usb(server))
		usb_send(&server->usb, wire);
	else
		tty_send(server->agent_port.fd, wire);
}

/* The host first has the reply. */
static void
reset(struct server *server)
{
	const struct port *port = &server->chip->port;

	if (is_usb(server))
		usb_flush(&server->usb);
	else
		(void)tcdrain(server->agent_port.fd);
	server->agent.is_reset_due = false;
	port->reset(port->ctx);
}

static void
take_bytes(struct server *server, struct bytes data)
{
	for (size_t i = 0; i < data.len && !server->chip->is_ended; i++) {
		struct bytes message, reply;

		if (frame_reader_take(&server->reader, data.ptr[i], &message) !=
		    ST_OK)
			continue;
		agent_handle(&server->agent, message, &reply);
		send_message(server, reply);
		if (server->agent.is_reset_due)
			reset(server);
	}
}

static void
agent_ready(struct server *server)
{
	struct serve_port *port = &server->agent_port;
	int fd = is_usb(server) ? server->usb.fd : port->fd;
	uint8_t buf[FRAME_WIRE_MAX];
	ssize_t len = read(fd, buf, sizeof(buf));

	if (len > 0)
		take_bytes(server, bytes_of(buf, (size_t)len));
	else if (!is_usb(server) && (len == 0 || errno != EAGAIN))
		close_port(port);
}

static void
at_ready(struct server *server, unsigned int slot)
{
	struct serve_port *port = &server->at[slot];
	uint8_t buf[AT_LINE_MAX];
	ssize_t len = read(port->fd, buf, sizeof(buf));

	if (len <= 0) {
		if (len == 0 || errno != EAGAIN)
			close_port(port);
		return;
	}
	for (ssize_t i = 0; i < len; i++) {
		char answer[AT_ANSWER_MAX];
		struct bytes line;
		size_t size;

		if (!at_reader_take(&port->at, buf[i], &line))
			continue;
		at_answer(answer, &size, &server->chip->port, slot, line);
		tty_send(port->fd, bytes_of(answer, size));
	}
}

/* What is to be polled; the time until a closed port is tried again. */
static int
prepare(struct server *server, int stop_fd, struct pollfd *fds)
{
	bool is_open = open_port(&server->agent_port);

	fds[POLL_STOP].fd = stop_fd;
	fds[POLL_AGENT].fd = is_usb(server) ? server->usb.fd
					    : server->agent_port.fd;
	fds[POLL_EP0].fd = server->usb.ep0;
	for (unsigned int i = 0; i < SLOTS_MAX; i++) {
		is_open = open_port(&server->at[i]) && is_open;
		fds[POLL_AT + i].fd = server->at[i].fd;
	}
	for (unsigned int i = 0; i < POLL_AT + SLOTS_MAX; i++)
		fds[i].events = POLLIN;
	return is_open ? -1 : REOPEN_MS;
}

void
serve_run(struct server *server, int stop_fd)
{
	while (!server->chip->is_ended) {
		struct pollfd fds[POLL_AT + SLOTS_MAX] = {0};
		int wait_ms = prepare(server, stop_fd, fds);

		if (poll(fds, POLL_AT + SLOTS_MAX, wait_ms) <= 0)
			continue;
		if (fds[POLL_STOP].revents != 0)
			return;
		if (fds[POLL_EP0].revents != 0)
			usb_event(&server->usb);
		for (unsigned int i = 0; i < SLOTS_MAX; i++)
			if (fds[POLL_AT + i].revents != 0)
				at_ready(server, i);
		if (fds[POLL_AGENT].revents != 0)
			agent_ready(server);
	}
}

enum status
serve_open(struct server *server, struct chip *chip,
	   const struct boot_trust *trust)
{
	const struct config *config = &chip->config;
	enum status st;

	memset(server, 0, sizeof(*server));
	server->chip = chip;
	server->usb = (struct usb){-1, -1, -1, -1, .is_running = false};
	server->agent_port.fd = -1;
	for (unsigned int i = 0; i < SLOTS_MAX; i++) {
		server->at[i].fd = -1;
		if (i < config->slots)
			server->at[i].path = config->at[i];
	}
	frame_reader_init(&server->reader);
	st = agent_init(&server->agent, &chip->port, trust);
	if (st != ST_OK)
		return st;
	server->agent.progress = send_message;
	server->agent.progress_ctx = server;
	if (config->is_usb)
		return usb_open(&server->usb, config->agent);
	server->agent_port.path = config->agent;
	return open_port(&server->agent_port) ? ST_OK : ST_PORT_FILE;
}

void
serve_close(struct server *server)
{
	usb_close(&server->usb);
	close_port(&server->agent_port);
	for (unsigned int i = 0; i < SLOTS_MAX; i++)
		close_port(&server->at[i]);
}
