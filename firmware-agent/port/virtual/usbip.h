/* SPDX-License-Identifier: Apache-2.0 */
/*
 * usbip.h - the messages between a host's vhci-hcd and a device, as bytes.
 *
 * Pure: no I/O.  The kernel's Documentation/usb/usbip_protocol.rst, version
 * 1.1.1, from CMD_SUBMIT on; there is no handshake before it.  Of isochronous
 * transfers nothing is known.
 */
#ifndef IMEILOCK_PORT_VIRTUAL_USBIP_H
#define IMEILOCK_PORT_VIRTUAL_USBIP_H

#include "port/virtual/usb_device.h"

#define USBIP_HEADER_LEN 48
#define USBIP_DATA_MAX (1024 * 1024) /* bytes that one transfer carries out */

/* What a host asks for. */
struct usbip_request {
	bool is_unlink;
	uint32_t unlinked;	      /* of an unlink: which transfer */
	struct usb_transfer transfer; /* id: to be named in the reply */
	struct bytes data;
};

/* Puts requests together from a stream of bytes. */
struct usbip_reader {
	uint8_t byte[USBIP_HEADER_LEN + USBIP_DATA_MAX];
	size_t len;
};

void usbip_reader_init(struct usbip_reader *reader);

/* Where the next bytes go, and how many at most: those of this request. */
uint8_t *usbip_reader_room(struct usbip_reader *reader, size_t *size);

/*
 * len bytes were put there.  *is_whole: a request is in *out, whose data is
 * good until the next call.
 *   ST_PORT_USB  no host says such a thing: the stream cannot go on
 */
MUST_CHECK enum status usbip_reader_take(struct usbip_reader *reader,
					 size_t len, struct usbip_request *out,
					 bool *is_whole);

/* The heads of replies; behind that of a transfer in its data follows. */
void usbip_put_end(uint8_t out[USBIP_HEADER_LEN], const struct usb_end *end);
/* status: 0, or -ECONNRESET when the transfer was still waiting */
void usbip_put_unlinked(uint8_t out[USBIP_HEADER_LEN], uint32_t id,
			int32_t status);

#endif
