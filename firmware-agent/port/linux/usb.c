/* SPDX-License-Identifier: Apache-2.0 */
#include "port/linux/usb.h"

#include <endian.h>
#include <fcntl.h>
#include <linux/usb/functionfs.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "port/linux/usb_blobs.h"

#define PACKET_MAX 1024
#define PAUSE_US 10000
#define FLUSH_TRIES 300

/*
 * One packet, whatever the bus makes of it: a read of more than one would wait
 * for what the host has no reason to send.
 */
static size_t
packet_size(int endpoint)
{
	struct usb_endpoint_descriptor about;
	size_t size;

	if (ioctl(endpoint, FUNCTIONFS_ENDPOINT_DESC, &about) != 0)
		return PACKET_MAX;
	size = le16toh(about.wMaxPacketSize) & 0x7ff;
	return size == 0 || size > PACKET_MAX ? PACKET_MAX : size;
}

/* Reads and writes wait while there is no host. */
static void *
read_endpoint(void *ctx)
{
	const struct usb *usb = ctx;
	uint8_t packet[PACKET_MAX];

	for (;;) {
		ssize_t len = read(usb->out, packet, packet_size(usb->out));

		if (len < 0)
			(void)usleep(PAUSE_US);
		else if (len > 0 &&
			 send(usb->pump, packet, (size_t)len, MSG_NOSIGNAL) < 0)
			return NULL;
	}
}

static void *
write_endpoint(void *ctx)
{
	struct usb *usb = ctx;
	uint8_t frame[1 + FRAME_WIRE_MAX] = {0};

	for (;;) {
		ssize_t len = recv(usb->pump, frame + 1, FRAME_WIRE_MAX, 0);
		bool is_padded = len % USB_FULL_PACKET == 0;

		if (len <= 0)
			return NULL;
		/* a frame that cannot be sent is lost: the host asks again */
		if (write(usb->in, frame + !is_padded,
			  (size_t)len + is_padded) < 0)
			(void)usleep(PAUSE_US);
		atomic_fetch_add(&usb->done, 1);
	}
}

enum status
usb_start(struct usb *usb)
{
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
		return ST_PORT_FILE;
	usb->fd = ends[0];
	usb->pump = ends[1];
	if (pthread_create(&usb->reader, NULL, read_endpoint, usb) != 0)
		return ST_PORT_FILE;
	if (pthread_create(&usb->writer, NULL, write_endpoint, usb) != 0) {
		(void)pthread_cancel(usb->reader);
		(void)pthread_join(usb->reader, NULL);
		return ST_PORT_FILE;
	}
	usb->is_running = true;
	return ST_OK;
}

static int
open_in(const char *folder, const char *name)
{
	char path[256];
	int len = snprintf(path, sizeof(path), "%s/%s", folder, name);

	if (len < 0 || (size_t)len >= sizeof(path))
		return -1;
	return open(path, O_RDWR | O_CLOEXEC);
}

static bool
tell(const struct usb *usb, struct bytes blob)
{
	return write(usb->ep0, blob.ptr, blob.len) == (ssize_t)blob.len;
}

enum status
usb_open(struct usb *usb, const char *folder)
{
	*usb = (struct usb){.in = -1, .out = -1, .fd = -1, .pump = -1};
	usb->ep0 = open_in(folder, "ep0");
	if (usb->ep0 < 0 || !tell(usb, usb_blob_descriptors()) ||
	    !tell(usb, usb_blob_strings()))
		return ST_PORT_FILE;
	usb->in = open_in(folder, "ep1");
	usb->out = open_in(folder, "ep2");
	return usb->in < 0 || usb->out < 0 ? ST_PORT_FILE : usb_start(usb);
}

void
usb_event(struct usb *usb)
{
	struct usb_functionfs_event event;

	if (read(usb->ep0, &event, sizeof(event)) != (ssize_t)sizeof(event) ||
	    event.type != FUNCTIONFS_SETUP)
		return;
	/* a transfer the wrong way round is a stall */
	if ((event.u.setup.bRequestType & USB_DIR_IN) != 0)
		(void)!read(usb->ep0, NULL, 0);
	else
		(void)!write(usb->ep0, NULL, 0);
}

void
usb_send(struct usb *usb, struct bytes frame)
{
	if (send(usb->fd, frame.ptr, frame.len, MSG_DONTWAIT | MSG_NOSIGNAL) ==
	    (ssize_t)frame.len)
		usb->queued++;
}

void
usb_flush(struct usb *usb)
{
	for (unsigned int i = 0; i < FLUSH_TRIES; i++) {
		if (atomic_load(&usb->done) == usb->queued)
			return;
		(void)usleep(PAUSE_US);
	}
}

static void
close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

void
usb_close(struct usb *usb)
{
	if (usb->is_running) {
		(void)pthread_cancel(usb->reader);
		(void)pthread_cancel(usb->writer);
		(void)pthread_join(usb->reader, NULL);
		(void)pthread_join(usb->writer, NULL);
		usb->is_running = false;
	}
	close_fd(&usb->fd);
	close_fd(&usb->pump);
	close_fd(&usb->in);
	close_fd(&usb->out);
	close_fd(&usb->ep0);
}
