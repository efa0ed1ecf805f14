/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <libusb-1.0/libusb.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "link/kinds.h"
#include "link/usb_port.h"
#include "proto/usb.h"

/* What a bulk endpoint may have: 8 to 64 at full speed, 512, 1024. */
#define PACKET_MAX 1024
/* A multiple of every packet size. */
#define SEND_MAX 16384
/* How long what was just plugged in may look like something else, or belong to
 * root: the kernel and udev are not through with it. */
#define SETTLE_MS 1500
#define LOOK_MS 20

struct link_usb {
	struct link link;
	int fd;
	struct libusb_context *context;
	struct libusb_device_handle *handle;
	uint8_t interface;
	uint8_t in, out; /* addresses of the endpoints */
	size_t in_size, out_size;
	bool is_gone;

	/* the packet that came last, and what of it was handed on */
	uint8_t packet[PACKET_MAX];
	size_t packet_len, packet_used;
};

/* ------------------------------------------------------------ descriptors */

static bool
is_packet_size(size_t size)
{
	return size == 8 || size == 16 || size == 32 || size == 64 ||
	       size == 512 || size == 1024;
}

static bool
is_agent(const struct libusb_interface_descriptor *setting)
{
	return setting->bInterfaceClass == USB_AGENT_CLASS &&
	       setting->bInterfaceSubClass == USB_AGENT_SUBCLASS &&
	       setting->bInterfaceProtocol == USB_AGENT_PROTOCOL;
}

/* Bulk and nothing else, of a size that there is, and one each way. */
static bool
take_endpoint(struct link_usb *usb,
	      const struct libusb_endpoint_descriptor *endpoint)
{
	uint8_t address = endpoint->bEndpointAddress;
	bool is_in = (address & LIBUSB_ENDPOINT_IN) != 0;
	size_t size = endpoint->wMaxPacketSize;

	if ((endpoint->bmAttributes & LIBUSB_TRANSFER_TYPE_MASK) !=
		    LIBUSB_TRANSFER_TYPE_BULK ||
	    (address & LIBUSB_ENDPOINT_ADDRESS_MASK) == 0 ||
	    !is_packet_size(size) || (is_in ? usb->in : usb->out) != 0)
		return false;
	if (is_in) {
		usb->in = address;
		usb->in_size = size;
	} else {
		usb->out = address;
		usb->out_size = size;
	}
	return true;
}

static bool
take_interface(struct link_usb *usb, const struct libusb_interface *interface)
{
	const struct libusb_interface_descriptor *setting =
		interface->altsetting;

	if (interface->num_altsetting != 1 || setting->bNumEndpoints != 2)
		return false;
	usb->interface = setting->bInterfaceNumber;
	return take_endpoint(usb, &setting->endpoint[0]) &&
	       take_endpoint(usb, &setting->endpoint[1]);
}

/* The one interface of the active configuration that is the agent's. */
static enum status
find_interface(struct link_usb *usb,
	       const struct libusb_config_descriptor *config)
{
	unsigned int found = 0;
	bool is_sound = true;

	for (unsigned int i = 0; i < config->bNumInterfaces; i++) {
		const struct libusb_interface *interface =
			&config->interface[i];

		if (interface->num_altsetting < 1 ||
		    !is_agent(interface->altsetting))
			continue;
		is_sound = is_sound && take_interface(usb, interface);
		found++;
	}
	if (found == 0)
		return ST_LINK_FOREIGN;
	return found == 1 && is_sound ? ST_OK : ST_LINK_DESCRIPTORS;
}

static enum status
read_descriptors(struct link_usb *usb)
{
	struct libusb_config_descriptor *config;
	enum status st;

	if (libusb_get_active_config_descriptor(libusb_get_device(usb->handle),
						&config) != LIBUSB_SUCCESS)
		return ST_LINK_DESCRIPTORS;
	st = find_interface(usb, config);
	libusb_free_config_descriptor(config);
	return st;
}

/* ---------------------------------------------------------------- opening */

static void
usb_close(struct link *link)
{
	struct link_usb *usb = (struct link_usb *)link;

	if (usb->handle != NULL) {
		/* of one that was not claimed this does nothing */
		(void)libusb_release_interface(usb->handle, usb->interface);
		libusb_close(usb->handle);
	}
	if (usb->context != NULL)
		libusb_exit(usb->context);
	if (usb->fd >= 0)
		close(usb->fd);
	free(usb);
}

/* Devices are found by their port; the library need not look for any. */
static void
set_up_library(void)
{
	(void)libusb_set_option(NULL, LIBUSB_OPTION_NO_DEVICE_DISCOVERY);
}

static enum status
open_node(struct link_usb *usb, const struct usb_device *device)
{
	char path[sizeof("/dev/bus/usb/255/255")];

	snprintf(path, sizeof(path), "/dev/bus/usb/%03u/%03u", device->bus,
		 device->number);
	usb->fd = open(path, O_RDWR | O_CLOEXEC);
	if (usb->fd >= 0)
		return ST_OK;
	return errno == EACCES || errno == EPERM ? ST_LINK_PERMISSION
						 : ST_LINK_OPEN;
}

static enum status
open_handle(struct link_usb *usb)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, set_up_library);
	if (libusb_init(&usb->context) != LIBUSB_SUCCESS)
		return ST_STATION_MEMORY;
	switch (libusb_wrap_sys_device(usb->context, usb->fd, &usb->handle)) {
	case LIBUSB_SUCCESS:
		return ST_OK;
	case LIBUSB_ERROR_NO_MEM:
		return ST_STATION_MEMORY;
	case LIBUSB_ERROR_NO_DEVICE:
		return ST_LINK_OPEN;
	default:
		return ST_LINK_DESCRIPTORS;
	}
}

static enum status
claim(struct link_usb *usb)
{
	/* a driver of the kernel's goes, and comes back when we leave */
	(void)libusb_set_auto_detach_kernel_driver(usb->handle, 1);
	switch (libusb_claim_interface(usb->handle, usb->interface)) {
	case LIBUSB_SUCCESS:
		return ST_OK;
	case LIBUSB_ERROR_NO_DEVICE:
		return ST_LINK_OPEN;
	case LIBUSB_ERROR_BUSY:
		return ST_LINK_BUSY;
	default:
		return ST_LINK_CLAIM;
	}
}

static enum status
open_found(struct link **out, const struct usb_device *device)
{
	struct link_usb *usb = calloc(1, sizeof(*usb));
	enum status st;

	if (usb == NULL)
		return ST_STATION_MEMORY;
	usb->link.ops = &link_usb_ops;
	usb->fd = -1;
	st = open_node(usb, device);
	if (st == ST_OK)
		st = open_handle(usb);
	if (st == ST_OK)
		st = read_descriptors(usb);
	if (st == ST_OK)
		st = claim(usb);
	if (st == ST_OK)
		*out = &usb->link;
	else
		usb_close(&usb->link);
	return st;
}

/* What is no agent is not opened: it never gets a byte from us. */
static enum status
open_once(struct link **out, const char *port)
{
	struct usb_device device, after;
	enum status st = usb_port_find(&device, port);

	if (st != ST_OK)
		return st;
	st = device.has_agent ? open_found(out, &device) : ST_LINK_FOREIGN;
	/* half of a description may be one that was unplugged meanwhile */
	if (st == ST_LINK_DESCRIPTORS &&
	    (usb_port_find(&after, port) != ST_OK ||
	     after.instance != device.instance))
		return ST_LINK_OPEN;
	return st;
}

static enum status
usb_open(struct link **out, const char *rest, struct deadline deadline)
{
	struct deadline settled = deadline_within(deadline, SETTLE_MS);
	enum status st;

	if (!usb_port_is_name(rest, strlen(rest)))
		return ST_LINK_ADDRESS;
	st = open_once(out, rest);
	while ((st == ST_LINK_FOREIGN || st == ST_LINK_PERMISSION) &&
	       deadline_left_ms(settled) > 0) {
		(void)poll(NULL, 0, LOOK_MS);
		st = open_once(out, rest);
	}
	return st;
}

static enum link_presence
usb_look(const char *rest, uint64_t *instance)
{
	struct usb_device device;
	enum status st = usb_port_find(&device, rest);

	*instance = device.instance;
	if (st == ST_OK)
		return LINK_PRESENT;
	return st == ST_LINK_OPEN ? LINK_ABSENT : LINK_UNKNOWN;
}

/* -------------------------------------------------------------- transfers */

/* One transfer within the deadline, and what of it took place: a time-out or
 * an error does not mean that nothing did. */
static int
transfer(struct link_usb *usb, uint8_t endpoint, uint8_t *data, size_t len,
	 size_t *done, struct deadline deadline)
{
	int64_t left = deadline_left_ms(deadline);
	int count = 0;
	int result;

	*done = 0;
	/* to the library no time is time without end */
	if (left == 0)
		return LIBUSB_ERROR_TIMEOUT;
	result = libusb_bulk_transfer(
		usb->handle, endpoint, data, (int)len, &count,
		left > INT_MAX ? INT_MAX : (unsigned int)left);
	if (count > 0 && (size_t)count <= len)
		*done = (size_t)count;
	return result;
}

/*
 * What an error of a transfer means: ST_OK to go on.  A halt is cleared once.
 * A cable that is pulled shows itself as noise before it does as an unplug.
 */
static enum status
judge(struct link_usb *usb, int result, uint8_t endpoint, bool *was_halted)
{
	switch (result) {
	case LIBUSB_SUCCESS:
		return ST_OK;
	case LIBUSB_ERROR_TIMEOUT:
		return ST_LINK_TIMEOUT;
	case LIBUSB_ERROR_NO_MEM:
		return ST_STATION_MEMORY;
	case LIBUSB_ERROR_PIPE:
		if (*was_halted)
			return ST_LINK_STALLED;
		*was_halted = true;
		if (libusb_clear_halt(usb->handle, endpoint) == LIBUSB_SUCCESS)
			return ST_OK;
		break;
	default:
		break;
	}
	usb->is_gone = true;
	return ST_LINK_CLOSED;
}

/* All of one block; of no bytes a packet without any. */
static enum status
send_block(struct link_usb *usb, struct bytes block, bool *was_halted,
	   struct deadline deadline)
{
	uint8_t data[SEND_MAX];
	size_t sent = 0;
	enum status st;

	if (block.len > 0)
		memcpy(data, block.ptr, block.len);
	do {
		size_t done;
		int result = transfer(usb, usb->out, data + sent,
				      block.len - sent, &done, deadline);

		sent += done;
		/* what went out went out, also in the last moment */
		if (block.len > 0 && sent == block.len)
			return ST_OK;
		st = judge(usb, result, usb->out, was_halted);
		if (block.len == 0 && result == LIBUSB_SUCCESS)
			return ST_OK;
	} while (st == ST_OK);
	return st;
}

static enum status
usb_send(struct link *link, struct bytes data, struct deadline deadline)
{
	struct link_usb *usb = (struct link_usb *)link;
	bool needs_end = data.len > 0 && data.len % usb->out_size == 0;
	bool was_halted = false;
	enum status st = usb->is_gone ? ST_LINK_CLOSED : ST_OK;

	while (st == ST_OK && data.len > 0) {
		size_t len = data.len < SEND_MAX ? data.len : SEND_MAX;

		st = send_block(usb, bytes_of(data.ptr, len), &was_halted,
				deadline);
		data.ptr += len;
		data.len -= len;
	}
	/* to a device that waits for a short packet */
	if (st == ST_OK && needs_end)
		st = send_block(usb, bytes_of(NULL, 0), &was_halted, deadline);
	return st;
}

/*
 * Until there is a packet with something in it.  One packet is asked for at a
 * time, so that a transfer of whole packets needs no end to be seen.
 */
static enum status
fill_packet(struct link_usb *usb, struct deadline deadline)
{
	bool was_halted = false;
	enum status st = ST_OK;

	usb->packet_used = 0;
	usb->packet_len = 0;
	while (st == ST_OK && usb->packet_len == 0) {
		int result;

		if (usb->is_gone)
			return ST_LINK_CLOSED;
		result = transfer(usb, usb->in, usb->packet, usb->in_size,
				  &usb->packet_len, deadline);
		/* what came counts; the rest is told the next time */
		if (usb->packet_len == 0)
			st = judge(usb, result, usb->in, &was_halted);
	}
	return st;
}

static enum status
usb_receive(struct link *link, uint8_t *buf, size_t size, size_t *len,
	    struct deadline deadline)
{
	struct link_usb *usb = (struct link_usb *)link;
	size_t left = usb->packet_len - usb->packet_used;

	if (left == 0) {
		enum status st = fill_packet(usb, deadline);

		if (st != ST_OK)
			return st;
		left = usb->packet_len;
	}
	*len = left < size ? left : size;
	memcpy(buf, usb->packet + usb->packet_used, *len);
	usb->packet_used += *len;
	return ST_OK;
}

const struct link_ops link_usb_ops = {
	.kind = "usb",
	.open = usb_open,
	.send = usb_send,
	.receive = usb_receive,
	.close = usb_close,
	.look = usb_look,
};
