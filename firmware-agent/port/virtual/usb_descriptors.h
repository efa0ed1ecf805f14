/* SPDX-License-Identifier: Apache-2.0 */
/*
 * usb_descriptors.h - what a virtual handset says of itself on USB.
 *
 * Pure functions of the unit: no state, no I/O.  One configuration, value 1:
 * interface 0 is the agent's (proto/usb.h), then two interfaces a modem slot,
 * which are one CDC-ACM function.  USB 2.0 chapter 9, the ECN on interface
 * association, CDC 1.2 and PSTN 1.2, and Microsoft OS 2.0 Descriptors.
 */
#ifndef IMEILOCK_PORT_VIRTUAL_USB_DESCRIPTORS_H
#define IMEILOCK_PORT_VIRTUAL_USB_DESCRIPTORS_H

#include "proto/identity.h"
#include "proto/usb.h"

#define USB_DESCRIPTOR_MAX 512 /* bytes of the longest answer */
#define USB_PACKET 512	       /* bytes of a bulk packet at high speed */
#define USB_CONFIGURATION 1    /* the value of the only one */
#define USB_MS_OS_INDEX 7      /* wIndex that asks for the descriptor set */

/* Types of descriptors, as in wValue of GET_DESCRIPTOR. */
enum usb_type {
	USB_TYPE_DEVICE = 1,
	USB_TYPE_CONFIGURATION,
	USB_TYPE_STRING,
	USB_TYPE_INTERFACE,
	USB_TYPE_ENDPOINT,
	USB_TYPE_QUALIFIER,
	USB_TYPE_OTHER_SPEED,
	USB_TYPE_ASSOCIATION = 11,
	USB_TYPE_BOS = 15,
	USB_TYPE_CAPABILITY,
	USB_TYPE_CS_INTERFACE = 0x24,
};

/* Numbers of endpoints, with the direction in the top bit.  In and out of one
 * pipe have different numbers, so that nobody takes one for the other. */
#define USB_IN 0x80
#define USB_AGENT_IN 0x81
#define USB_AGENT_OUT 0x02
#define USB_AT_IN(slot) (0x82 + 2 * (slot))
#define USB_AT_NOTIFY(slot) (0x83 + 2 * (slot))
#define USB_AT_OUT(slot) (0x03 + (slot))
/* The first of a slot's two interfaces. */
#define USB_AT_INTERFACE(slot) (1 + 2 * (slot))

struct usb_identity {
	const char *model;
	struct chip_id chip; /* the serial number, in hex */
	unsigned int slots;
};

/*
 * The descriptor of a type and index (of strings: which one), as
 * GET_DESCRIPTOR answers.  Its length; 0: the device has none such.
 */
size_t usb_descriptor(uint8_t out[USB_DESCRIPTOR_MAX],
		      const struct usb_identity *identity, uint8_t type,
		      uint8_t index);

/* The MS OS 2.0 descriptor set; its length. */
size_t usb_ms_os_set(uint8_t out[USB_DESCRIPTOR_MAX]);

#endif
