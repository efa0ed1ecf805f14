/* SPDX-License-Identifier: Apache-2.0 */
#include "port/virtual/serve.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static void
close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/* The agent's frames, or an AT answer: a client that does not read is gone. */
static void
send_to(struct serve_channel *channel, const void *data, size_t len)
{
	ssize_t sent;

	if (channel->client < 0)
		return;
	sent = send(channel->client, data, len, MSG_NOSIGNAL | MSG_DONTWAIT);
	if (sent != (ssize_t)len)
		close_fd(&channel->client);
}

static void
agent_out(void *ctx, struct bytes data)
{
	struct server *server = ctx;

	send_to(&server->channel[0], data.ptr, data.len);
}

static int
listen_at(const char *folder, unsigned int which)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	size_t size = sizeof(address.sun_path);
	int len, fd;

	if (which == 0)
		len = snprintf(address.sun_path, size, "%s/agent.sock", folder);
	else
		len = snprintf(address.sun_path, size, "%s/at%u.sock", folder,
			       which);
	if (len < 0 || (size_t)len >= size)
		return -1;
	unlink(address.sun_path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) == 0 &&
	    listen(fd, 4) == 0)
		return fd;
	close(fd);
	return -1;
}

enum status
serve_open(struct server *server, struct handset *handset, const char *folder)
{
	unsigned int used = 1u + handset->chip.info.modem_slots;

	server->handset = handset;
	for (unsigned int i = 0; i < SERVE_CHANNELS; i++)
		server->channel[i] = (struct serve_channel){-1, -1};
	for (unsigned int i = 0; i < used; i++) {
		server->channel[i].listener = listen_at(folder, i);
		if (server->channel[i].listener < 0)
			return ST_PORT_FILE;
	}
	handset->out = agent_out;
	handset->out_ctx = server;
	return ST_OK;
}

void
serve_close(struct server *server)
{
	for (unsigned int i = 0; i < SERVE_CHANNELS; i++) {
		close_fd(&server->channel[i].listener);
		close_fd(&server->channel[i].client);
	}
	server->handset->out = NULL;
}

static void
accept_client(struct serve_channel *channel)
{
	int fd = accept4(channel->listener, NULL, NULL, SOCK_CLOEXEC);

	if (fd < 0)
		return;
	close_fd(&channel->client);
	channel->client = fd;
}

static void
at_bytes(struct server *server, unsigned int slot, struct bytes data)
{
	for (size_t i = 0; i < data.len; i++) {
		char answer[AT_ANSWER_MAX];
		size_t len;

		handset_at_in(server->handset, slot, data.ptr[i], answer, &len);
		if (len > 0)
			send_to(&server->channel[slot + 1], answer, len);
	}
}

static void
receive_from(struct server *server, unsigned int which)
{
	struct serve_channel *channel = &server->channel[which];
	uint8_t buf[FRAME_WIRE_MAX];
	ssize_t len = recv(channel->client, buf, sizeof(buf), MSG_DONTWAIT);

	if (len < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (len <= 0)
		close_fd(&channel->client);
	else if (which == 0)
		handset_bytes_in(server->handset, bytes_of(buf, (size_t)len));
	else
		at_bytes(server, which - 1, bytes_of(buf, (size_t)len));
}

/* The new client first: what the old one still sent is of no interest. */
static void
serve_channel(struct server *server, unsigned int which,
	      const struct pollfd *listener, const struct pollfd *client)
{
	if (listener->revents != 0)
		accept_client(&server->channel[which]);
	else if (client->revents != 0)
		receive_from(server, which);
}

enum status
serve_run(struct server *server, int stop_fd)
{
	struct pollfd fds[1 + 2 * SERVE_CHANNELS];

	for (;;) {
		fds[0] = (struct pollfd){.fd = stop_fd, .events = POLLIN};
		for (unsigned int i = 0; i < SERVE_CHANNELS; i++) {
			fds[1 + 2 * i] = (struct pollfd){
				.fd = server->channel[i].listener,
				.events = POLLIN,
			};
			fds[2 + 2 * i] = (struct pollfd){
				.fd = server->channel[i].client,
				.events = POLLIN,
			};
		}
		if (poll(fds, sizeof(fds) / sizeof(fds[0]), -1) < 0)
			continue;
		if (fds[0].revents != 0)
			return ST_OK;
		for (unsigned int i = 0; i < SERVE_CHANNELS; i++)
			serve_channel(server, i, &fds[1 + 2 * i],
				      &fds[2 + 2 * i]);
		if (!server->handset->is_running)
			return ST_PORT_POWER;
	}
}
