/* SPDX-License-Identifier: Apache-2.0 */
/*
 * usb_port.h - USB devices by where they are plugged in, as sysfs has them.
 *
 * A physical port is named CONTROLLER/PORTS: the host controller's name below
 * /sys/devices and the chain of hub ports (sysfs `devpath`), such as
 * "0000:00:14.0/2.3".  Bus and device numbers change with each start and each
 * plug; this does not.  Only sysfs is read; no device is opened.
 */
#ifndef IMEILOCK_TOOL_LINK_USB_PORT_H
#define IMEILOCK_TOOL_LINK_USB_PORT_H

#include "proto/bytes.h"
#include "proto/status.h"

#define USB_PORT_MAX 63
#define USB_DEVICES_MAX 256
#define USB_TTY_MAX 63

/* One device that is plugged in; hubs are left out. */
struct usb_device {
	char port[USB_PORT_MAX + 1];
	char sysname[32]; /* "1-2.3", below /sys/bus/usb/devices */
	uint16_t vendor, product;
	uint8_t bus, number;
	bool has_agent;	   /* an interface of USB_AGENT_CLASS (proto/usb.h) */
	uint8_t tty_count; /* serial ports of it */
	uint64_t instance; /* another one after each plug */
};

/* Letters, digits, ':', '.', '-', '_' and one '/' before the chain of ports. */
bool usb_port_is_name(const char *text, size_t len);

/* All that are there, by port; what goes away meanwhile is left out.
 * ST_LINK_OPEN: no sysfs, or more than max */
MUST_CHECK enum status usb_port_list(struct usb_device *out, size_t max,
				     size_t *count);

/* What is plugged into a port.
 *   ST_LINK_OPEN         nothing
 *   ST_LINK_TWO_DEVICES  a controller of two speeds has two ports of a number,
 *                        and something is plugged into both */
MUST_CHECK enum status usb_port_find(struct usb_device *out, const char *port);

/* The path, "/dev/ttyACM0", of the serial port number n, from 0, of what is
 * plugged into a port, in the order of its interfaces.  As usb_port_find;
 *   ST_LINK_OPEN  there is no such serial port */
MUST_CHECK enum status usb_port_tty(char out[USB_TTY_MAX + 1], const char *port,
				    unsigned int n);

#endif
