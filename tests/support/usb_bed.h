/* SPDX-License-Identifier: Apache-2.0 */
/*
 * usb_bed.h - USB devices that are none, for tests of what looks at sysfs.
 *
 * The program must run under umockdev-wrapper.  A step that goes wrong fails
 * the running cmocka test.
 */
#ifndef IMEILOCK_TESTS_USB_BED_H
#define IMEILOCK_TESTS_USB_BED_H

#include <stddef.h>
#include <stdint.h>

#define USB_BED_PATH_MAX 200
/* Where a bus begins: the host controller's folder and its root hub's. */
#define USB_BED_PCI "/devices/pci0000:00/0000:00:14.0/usb1"
#define USB_BED_PCI_FAST "/devices/pci0000:00/0000:00:14.0/usb2"
#define USB_BED_VHCI "/devices/platform/vhci_hcd.0/usb3"

/* What sysfs shows of one device's own folder. */
struct usb_bed_device {
	const char *parent; /* the hub's path below /sys */
	const char *sysname;
	unsigned int bus, number;
	unsigned int class; /* bDeviceClass */
	unsigned int vendor, product;
};

/* An empty test bed, in which this process lives until it is closed. */
void usb_bed_open(void);
void usb_bed_close(void);

/* The device, and its path below /sys in out. */
void usb_bed_add(const struct usb_bed_device *device,
		 char out[USB_BED_PATH_MAX]);
/* An interface of it, "1-2:1.0", and its class in three bytes, "ff/49/01". */
void usb_bed_interface(const char *path, const char *name, const char *triple);
/* A serial port; tty is its path below the interface, "tty/ttyACM0". */
void usb_bed_tty(const char *path, const char *name, const char *tty);
/* An attribute anew. */
void usb_bed_set(const char *path, const char *name, const char *value);
/* The device's node, which is opened as /dev/bus/usb/BUS/NUMBER, and what is
 * read from it; handler is a UMockdevIoctlBase. */
void usb_bed_node(const char *node, const uint8_t *data, size_t len);
/* Only root may open it from now on; others are let into the bed. */
void usb_bed_close_node(const char *node);
void usb_bed_attach(const char *node, void *handler);
void usb_bed_detach(const char *node);
/* With all that is below it. */
void usb_bed_remove(const char *path);

#endif
