/* SPDX-License-Identifier: Apache-2.0 */
/*
 * usb_gadget.h - a handset's agent interface on USB that is none: a device of
 * the bed (usb_bed.h) which answers what a kernel would to a program that has
 * opened it.  That program may be this one or another one in the bed.
 *
 * What the device does is this process's to say, from any thread.
 */
#ifndef IMEILOCK_TESTS_USB_GADGET_H
#define IMEILOCK_TESTS_USB_GADGET_H

#include "proto/bytes.h"
#include "support/usb_bed.h"

#define GADGET_DESCRIPTORS_MAX 128
#define GADGET_PACKET_MAX 1024
/* What either direction holds before the other side must wait. */
#define GADGET_QUEUE_MAX 65536

/* Offsets into what gadget_shape_init describes. */
enum {
	GADGET_DEVICE = 0,
	GADGET_CONFIG = 18,
	GADGET_INTERFACE = 27,
	GADGET_IN = 36,
	GADGET_OUT = 43,
	GADGET_END = 50,
};

/* How a device shows itself. */
struct gadget_shape {
	struct usb_bed_device place;
	const char *triple; /* of interface 0, in sysfs */
	uint8_t active;	    /* configuration */
	uint8_t descriptors[GADGET_DESCRIPTORS_MAX];
	size_t descriptors_len;
};

/* What goes wrong; errno values, 0 for nothing. */
struct gadget_faults {
	int claim;		/* the kernel says so to a claim */
	int submit;		/* and to a transfer */
	int end;		/* how each transfer to the host ends at once */
	unsigned int stalls;	/* so often a transfer finds a halt */
	bool is_halt_for_ever;	/* clearing it fails */
	bool is_deaf;		/* takes nothing */
	bool is_late;		/* says what it has when it is too late */
	bool has_driver;	/* one of the kernel's */
	unsigned int out_short; /* so many bytes are taken and no more, once */
};

/* What was seen of the host. */
struct gadget_counts {
	unsigned int opens, claims, releases, detaches, attaches, clears;
	unsigned int transfers; /* bulk */
	unsigned int empty;	/* packets without a byte, from the host */
	size_t out;		/* bytes from the host */
	size_t in;		/* and to it */
};

struct gadget;

/* A good agent in port 2 of the first bus; endpoints have odd numbers. */
void gadget_shape_init(struct gadget_shape *out);

/* Plug in; faults may be NULL. */
struct gadget *gadget_plug(const struct gadget_shape *shape,
			   const struct gadget_faults *faults);
/* Pull the cable: transfers that wait end, sysfs knows it no more. */
void gadget_unplug(struct gadget *gadget);
/* Unplug, if need be, and forget; NULL is allowed. */
void gadget_free(struct gadget *gadget);

void gadget_set_faults(struct gadget *gadget,
		       const struct gadget_faults *faults);
struct gadget_counts gadget_counts(struct gadget *gadget);

/* One packet to the host, as it is: none of its bytes, or too many, too. */
void gadget_packet(struct gadget *gadget, const void *data, size_t len);
/* As a driver writes: whole packets and a rest.  Waits while much waits
 * already; false when it is unplugged. */
bool gadget_write(struct gadget *gadget, struct bytes data);
/* At least one byte from the host, at most size; 0 when it is unplugged. */
size_t gadget_read(struct gadget *gadget, uint8_t *buf, size_t size);

#endif
