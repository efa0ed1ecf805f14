/* SPDX-License-Identifier: Apache-2.0 */
/*
 * usb_device.h - a virtual handset as a USB device: transfers in, their ends
 * out through a callback.
 *
 * No I/O: usb_serve.h carries transfers to a host.  Bytes out to an endpoint
 * are taken at once.  Bytes in wait for a transfer and transfers in wait for
 * bytes, in order.  A transfer in ends when it is full, or with the last byte
 * that there is: a packet that is not full, or one of no bytes, says so.
 */
#ifndef IMEILOCK_PORT_VIRTUAL_USB_DEVICE_H
#define IMEILOCK_PORT_VIRTUAL_USB_DEVICE_H

#include "port/virtual/handset.h"
#include "port/virtual/usb_control.h"

#define USB_TRANSFERS_MAX 256 /* that wait */
#define USB_FIFO_SIZE (16 * 1024)

struct usb_transfer {
	uint32_t id;	  /* the host's name for it */
	uint8_t endpoint; /* with direction; its number is 0 for control */
	bool is_whole;	  /* in: less than len is an error */
	uint32_t len;	  /* bytes that the host gives or has room for */
	uint8_t setup[USB_SETUP_LEN];
};

/* How one ended: 0 or a negative errno of Linux; actual bytes were carried,
 * and data is those that go in. */
struct usb_end {
	uint32_t id;
	int32_t status;
	uint32_t actual;
	struct bytes data;
};

typedef void usb_end_fn(void *ctx, const struct usb_end *end);

/* Bytes that wait for the host. */
struct usb_fifo {
	uint8_t byte[USB_FIFO_SIZE];
	size_t len;
};

struct usb_device {
	struct handset *handset;
	struct usb_control control;
	struct usb_transfer waiting[USB_TRANSFERS_MAX];
	size_t waiting_count;
	struct usb_fifo fifo[1 + SLOTS_MAX]; /* the agent's, each AT port's */
	uint32_t starts; /* the handset's, when it was plugged in */
	usb_end_fn *end;
	void *end_ctx;
};

/* Sets the handset's out.  device must not be moved afterwards.
 *   ST_PORT_*  the chip id cannot be read */
MUST_CHECK enum status usb_device_init(struct usb_device *device,
				       struct handset *handset, usb_end_fn *end,
				       void *end_ctx);

/* Plugged in anew: nothing of before is left. */
void usb_device_plug(struct usb_device *device);

/* Take a transfer; data is what goes out, transfer->len bytes of it.  end may
 * be called before this returns, for this one and for others. */
void usb_device_submit(struct usb_device *device,
		       const struct usb_transfer *transfer, struct bytes data);

/* Forget a transfer that waits, without calling end; false: it waits not. */
bool usb_device_unlink(struct usb_device *device, uint32_t id);

/* The handset has been reset since it was plugged in: it takes nothing more,
 * and is to leave the bus as soon as what it said is gone. */
bool usb_device_is_leaving(const struct usb_device *device);
bool usb_device_is_drained(const struct usb_device *device);

#endif
