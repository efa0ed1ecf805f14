/* SPDX-License-Identifier: Apache-2.0 */
#include "port/virtual/usb_serve.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* How long a reset waits for the host to fetch the last reply, how long the
 * unit is off the bus, and how long the host may take to see that. */
#define LAST_WORDS_MS 500
#define BOOT_MS 200
#define UNSEEN_MS 30000
#define LOOK_MS 20
/* A host that takes no bytes for so long is none. */
#define SEND_S 5

static int64_t
now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* ----------------------------------------------------------------- cable */

static void
unplug(struct usb_server *server)
{
	if (server->fd >= 0)
		close(server->fd);
	server->fd = -1;
}

static enum status
plug(struct usb_server *server)
{
	struct timeval patience = {.tv_sec = SEND_S};
	enum status st;
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
		return ST_PORT_USB;
	(void)setsockopt(pair[0], SOL_SOCKET, SO_SNDTIMEO, &patience,
			 sizeof(patience));
	usbip_reader_init(&server->reader);
	usb_device_plug(&server->device);
	server->move_at_ms = 0;
	server->fd = pair[0];
	st = server->cable.attach(server->cable.ctx, pair[1]);
	close(pair[1]);
	return st;
}

/* ----------------------------------------------------------------- bytes */

/* Whatever cannot be sent is seen by the next receive. */
static void
send_all(struct usb_server *server, struct bytes data)
{
	while (data.len > 0 && server->fd >= 0) {
		ssize_t sent =
			send(server->fd, data.ptr, data.len, MSG_NOSIGNAL);

		if (sent < 0 && errno == EINTR)
			continue;
		if (sent <= 0) {
			unplug(server);
			return;
		}
		data = bytes_of(data.ptr + sent, data.len - (size_t)sent);
	}
}

static void
send_end(void *ctx, const struct usb_end *end)
{
	struct usb_server *server = ctx;
	uint8_t head[USBIP_HEADER_LEN];

	usbip_put_end(head, end);
	send_all(server, bytes_of(head, sizeof(head)));
	send_all(server, end->data);
}

/* A transfer that is not there any more has been answered before. */
static void
unlink_transfer(struct usb_server *server, const struct usbip_request *request)
{
	uint8_t head[USBIP_HEADER_LEN];
	bool was_waiting =
		usb_device_unlink(&server->device, request->unlinked);

	usbip_put_unlinked(head, request->transfer.id,
			   was_waiting ? -ECONNRESET : 0);
	send_all(server, bytes_of(head, sizeof(head)));
}

static enum status
receive(struct usb_server *server)
{
	struct usbip_request request;
	bool is_whole;
	size_t size;
	uint8_t *room = usbip_reader_room(&server->reader, &size);
	ssize_t len = recv(server->fd, room, size, MSG_DONTWAIT);
	enum status st;

	if (len < 0 && (errno == EAGAIN || errno == EINTR))
		return ST_OK;
	if (len <= 0)
		return ST_PORT_USB;
	st = usbip_reader_take(&server->reader, (size_t)len, &request,
			       &is_whole);
	if (st != ST_OK || !is_whole)
		return st;
	if (request.is_unlink)
		unlink_transfer(server, &request);
	else
		usb_device_submit(&server->device, &request.transfer,
				  request.data);
	return server->fd >= 0 ? ST_OK : ST_PORT_USB;
}

/* ------------------------------------------------------------------ life */

enum status
usb_serve_open(struct usb_server *server, struct handset *handset,
	       const struct usb_cable *cable)
{
	enum status st;

	server->fd = -1;
	server->cable = *cable;
	st = usb_device_init(&server->device, handset, send_end, server);
	return st == ST_OK ? plug(server) : st;
}

void
usb_serve_close(struct usb_server *server)
{
	unplug(server);
	server->device.handset->out = NULL;
}

/* A reset: the last words first, then off the bus. */
static void
leave(struct usb_server *server, int64_t now)
{
	if (server->move_at_ms == 0)
		server->move_at_ms = now + LAST_WORDS_MS;
	if (now < server->move_at_ms && !usb_device_is_drained(&server->device))
		return;
	unplug(server);
	server->move_at_ms = now + BOOT_MS;
}

/* A host that is faster plugged in than it looks would take the unit for one
 * that never left. */
static enum status
come_back(struct usb_server *server, int64_t now)
{
	if (now < server->move_at_ms)
		return ST_OK;
	if (server->cable.is_free(server->cable.ctx))
		return plug(server);
	return now < server->move_at_ms + UNSEEN_MS ? ST_OK : ST_PORT_USB;
}

/* What time brings; *wait_ms is when to look again, -1: whenever. */
static enum status
move_on(struct usb_server *server, int *wait_ms)
{
	enum status st = ST_OK;

	if (server->fd < 0)
		st = come_back(server, now_ms());
	else if (usb_device_is_leaving(&server->device))
		leave(server, now_ms());
	*wait_ms = server->fd < 0 || usb_device_is_leaving(&server->device)
			   ? LOOK_MS
			   : -1;
	return st;
}

enum status
usb_serve_run(struct usb_server *server, int stop_fd)
{
	int wait_ms;
	enum status st;

	while ((st = move_on(server, &wait_ms)) == ST_OK) {
		struct pollfd fds[] = {
			{.fd = stop_fd, .events = POLLIN},
			{.fd = server->fd, .events = POLLIN},
		};

		if (poll(fds, 2, wait_ms) < 0)
			continue;
		if (fds[0].revents != 0)
			return ST_OK;
		if (fds[1].revents != 0)
			st = receive(server);
		if (st != ST_OK)
			return st;
		if (!server->device.handset->is_running)
			return ST_PORT_POWER;
	}
	return st;
}
