/* SPDX-License-Identifier: Apache-2.0 */
/*
 * usb_id.h - what a kind of USB device is known by: vendor and product, as
 * "1209:0001".
 */
#ifndef IMEILOCK_TOOL_PROFILE_USB_ID_H
#define IMEILOCK_TOOL_PROFILE_USB_ID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define USB_ID_LEN 9

struct usb_id {
	uint16_t vendor, product;
};

/* Four hexadecimal digits each, lower case; false for anything else. */
bool usb_id_parse(struct usb_id *out, const char *text);
void usb_id_format(char out[USB_ID_LEN + 1], struct usb_id id);
bool usb_id_equal(struct usb_id a, struct usb_id b);
/* It is one of these. */
bool usb_id_in(const struct usb_id *list, size_t count, struct usb_id id);

#endif
