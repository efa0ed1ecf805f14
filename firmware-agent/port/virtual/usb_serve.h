/* SPDX-License-Identifier: Apache-2.0 */
/*
 * usb_serve.h - a virtual handset at the end of a USB cable.
 *
 * The host and this process speak USB/IP over a pair of sockets.  A reset of
 * the unit takes it off the bus and plugs it in anew, into the same port; when
 * the process ends it is unplugged.
 */
#ifndef IMEILOCK_PORT_VIRTUAL_USB_SERVE_H
#define IMEILOCK_PORT_VIRTUAL_USB_SERVE_H

#include "port/virtual/usb_device.h"
#include "port/virtual/usbip.h"

/* A port of a host; vhci.h is one. */
struct usb_cable {
	void *ctx;
	/* The host takes this end of a socket, which the caller closes. */
	MUST_CHECK enum status (*attach)(void *ctx, int fd);
	/* The host has seen that nothing is plugged in any more. */
	bool (*is_free)(void *ctx);
};

struct usb_server {
	struct usb_device device;
	struct usbip_reader reader;
	struct usb_cable cable;
	int fd;		     /* our end; -1: unplugged */
	int64_t leave_at_ms; /* off the bus then, drained or not; 0: not yet */
};

/* Plug in.
 *   ST_PORT_USB  the host did not take it */
MUST_CHECK enum status usb_serve_open(struct usb_server *server,
				      struct handset *handset,
				      const struct usb_cable *cable);

/*
 * Serve until stop_fd can be read.
 *   ST_OK          stop_fd said so
 *   ST_PORT_POWER  the handset has no power any more
 *   ST_PORT_USB    the host let go of the port, or makes no sense
 */
MUST_CHECK enum status usb_serve_run(struct usb_server *server, int stop_fd);
/* After usb_serve_open in any case. */
void usb_serve_close(struct usb_server *server);

#endif
