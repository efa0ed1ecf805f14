/* SPDX-License-Identifier: Apache-2.0 */
/*
 * usb_control.h - requests on endpoint zero of a virtual handset.
 *
 * Pure functions over a small state: no I/O.  What stands not here stalls.
 */
#ifndef IMEILOCK_PORT_VIRTUAL_USB_CONTROL_H
#define IMEILOCK_PORT_VIRTUAL_USB_CONTROL_H

#include "port/virtual/usb_descriptors.h"

#define USB_SETUP_LEN 8
#define USB_LINE_CODING_LEN 7

/* USB 2.0, 9.3 */
struct usb_setup {
	uint8_t type; /* bmRequestType */
	uint8_t request;
	uint16_t value, index, length;
};

struct usb_control {
	struct usb_identity identity;
	uint8_t configuration; /* 0: none yet */
	uint32_t halted;       /* bit n: out n; bit 16 + n: in n */
	uint8_t line_coding[SLOTS_MAX][USB_LINE_CODING_LEN];
	uint16_t line_state[SLOTS_MAX]; /* as SET_CONTROL_LINE_STATE has it */
	/* what waited on the endpoints is void: the caller clears this */
	bool is_renewed;
};

/* As after a reset of the bus; identity stays. */
void usb_control_init(struct usb_control *control);

struct usb_setup usb_setup_parse(const uint8_t setup[USB_SETUP_LEN]);

/*
 * Answer one request; data is its data stage if that goes out.  *len is how
 * much of out goes in, at most setup->length.  False: stall.
 */
MUST_CHECK bool usb_control_handle(struct usb_control *control,
				   const struct usb_setup *setup,
				   struct bytes data,
				   uint8_t out[USB_DESCRIPTOR_MAX],
				   size_t *len);

/* Is it an endpoint other than zero that can be used now? */
bool usb_control_has_endpoint(const struct usb_control *control,
			      uint8_t address);
bool usb_control_is_halted(const struct usb_control *control, uint8_t address);

#endif
