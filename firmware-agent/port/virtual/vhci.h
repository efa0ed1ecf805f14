/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vhci.h - a port of Linux's virtual USB host controller, through sysfs.
 *
 * The controllers are vhci_hcd.0, .1 and so on; all of them are worked from
 * the folder of the first.  A port is named as the tool names it: its
 * controller and its number, such as "vhci_hcd.0/3".
 */
#ifndef IMEILOCK_PORT_VIRTUAL_VHCI_H
#define IMEILOCK_PORT_VIRTUAL_VHCI_H

#include "port/virtual/usb_serve.h"

#define VHCI_SYSFS "/sys/devices/platform/vhci_hcd.0"
#define VHCI_PATIENCE_MS 5000
#define VHCI_NAME_MAX 31
#define VHCI_SYSFS_MAX 200

struct vhci {
	char sysfs[VHCI_SYSFS_MAX + 1];
	char name[VHCI_NAME_MAX + 1]; /* of the port */
	unsigned int controller;
	unsigned int port; /* the kernel's number of it */
	int attach_fd;	   /* -1: not open */
};

/*
 * Take a port for high speed that is free, and that no other handset has
 * taken: the one called name, or the first if name is NULL.  If there is none, one
 * may become free within patience_ms: a handset that was killed is there for
 * some more time.
 *   ST_PORT_USB  there is none, no vhci-hcd, or no right to use it
 */
MUST_CHECK enum status vhci_open(struct vhci *vhci, const char *sysfs,
				 const char *name, int patience_ms);
void vhci_close(struct vhci *vhci); /* of one that failed to open too */

/* The port as usb_serve.h wants it, as long as vhci is there and open. */
struct usb_cable vhci_cable(struct vhci *vhci);

#endif
