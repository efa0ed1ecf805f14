/* SPDX-License-Identifier: Apache-2.0 */
/*
 * usb_bridge.h - a gadget whose bytes are those of a unix socket.
 */
#ifndef IMEILOCK_TESTS_USB_BRIDGE_H
#define IMEILOCK_TESTS_USB_BRIDGE_H

#include <pthread.h>

#include "support/usb_gadget.h"

struct usb_bridge {
	struct gadget *gadget;
	int fd;
	pthread_t to_host, from_host;
};

/* Plug in what listens at path; when that closes, it is unplugged.  bridge
 * must not be moved. */
void usb_bridge_start(struct usb_bridge *bridge,
		      const struct gadget_shape *shape, const char *path);
void usb_bridge_stop(struct usb_bridge *bridge);

#endif
