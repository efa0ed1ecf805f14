/* SPDX-License-Identifier: Apache-2.0 */
/*
 * usb.h - FunctionFS as one socket of messages.
 *
 * Endpoint files block and know no poll, so a thread waits at each of them.
 * What comes from the host can be read from usb.fd, packet by packet.  Cables
 * that are pulled, and hosts that start anew, are waited out; what was on its
 * way is lost then.
 */
#ifndef IMEILOCK_PORT_LINUX_USB_H
#define IMEILOCK_PORT_LINUX_USB_H

#include <pthread.h>
#include <stdatomic.h>

#include "proto/bytes.h"
#include "proto/frame.h"
#include "proto/status.h"

/* A transfer is no whole number of packets, so that no empty packet is needed
 * to end it: a frame that would be one gets a zero byte in front. */
#define USB_FULL_PACKET 64

struct usb {
	int ep0, in, out;
	int fd;	  /* the agent's end */
	int pump; /* the threads' end */
	pthread_t reader, writer;
	uint32_t queued;       /* frames that were given to the writer */
	_Atomic uint32_t done; /* and those that it is done with */
	bool is_running;
};

/*
 * Write the descriptors into the FunctionFS that is mounted at folder, open
 * its endpoints, and start.  usb must not be moved afterwards.
 *   ST_PORT_FILE  it is none, or is in use
 */
MUST_CHECK enum status usb_open(struct usb *usb, const char *folder);

/* The second half of it, with files that are open: ep0, in and out. */
MUST_CHECK enum status usb_start(struct usb *usb);

/* Take one event from ep0, which is to be polled: a request to the interface
 * that is none of the agent's is refused. */
void usb_event(struct usb *usb);

/* Send a frame, as one transfer.  It is lost if the host takes nothing. */
void usb_send(struct usb *usb, struct bytes frame);
/* Wait, for some seconds at most, until the host has what was sent. */
void usb_flush(struct usb *usb);
void usb_close(struct usb *usb); /* after usb_open in any case */

#endif
