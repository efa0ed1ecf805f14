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
#define LEAVE_MS 5000
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
	server->leave_at_ms = 0;
	server->fd = pair[0];
	st = server->cable.attach(server->cable.ctx, pair[1]);
	close(pair[1]);
	return st;
}

/* A host frees a port some time after its socket closed. */
static enum status
replug(struct usb_server *server)
{
	int64_t late_ms = now_ms() + LEAVE_MS;

	unplug(server);
	(void)usleep(BOOT_MS * 1000);
	while (!server->cable.is_free(server->cable.ctx)) {
		if (now_ms() > late_ms)
			return ST_PORT_USB;
		(void)usleep(1000);
	}
	return plug(server);
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

/* Milliseconds until it is time to leave the bus; -1: there is no hurry. */
static int
time_to_leave_ms(struct usb_server *server)
{
	int64_t now = now_ms();

	if (!usb_device_is_leaving(&server->device))
		return -1;
	if (server->leave_at_ms == 0)
		server->leave_at_ms = now + LAST_WORDS_MS;
	if (usb_device_is_drained(&server->device) ||
	    now >= server->leave_at_ms)
		return 0;
	return (int)(server->leave_at_ms - now);
}

enum status
usb_serve_run(struct usb_server *server, int stop_fd)
{
	enum status st = ST_OK;

	while (st == ST_OK) {
		int wait_ms = time_to_leave_ms(server);
		struct pollfd fds[] = {
			{.fd = stop_fd, .events = POLLIN},
			{.fd = server->fd, .events = POLLIN},
		};

		if (wait_ms == 0) {
			st = replug(server);
			continue;
		}
		if (poll(fds, 2, wait_ms) < 0)
			continue;
		if (fds[0].revents != 0)
			return ST_OK;
		if (fds[1].revents != 0)
			st = receive(server);
		if (!server->device.handset->is_running)
			st = ST_PORT_POWER;
	}
	return st;
}
