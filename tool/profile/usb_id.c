/* SPDX-License-Identifier: Apache-2.0 */
#include "profile/usb_id.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool
usb_id_parse(struct usb_id *out, const char *text)
{
	static const char digits[] = "0123456789abcdef";

	*out = (struct usb_id){0, 0};
	if (strlen(text) != USB_ID_LEN || strspn(text, digits) != 4 ||
	    text[4] != ':' || strspn(text + 5, digits) != 4)
		return false;
	out->vendor = (uint16_t)strtoul(text, NULL, 16);
	out->product = (uint16_t)strtoul(text + 5, NULL, 16);
	return true;
}

void
usb_id_format(char out[USB_ID_LEN + 1], struct usb_id id)
{
	(void)snprintf(out, USB_ID_LEN + 1, "%04x:%04x", id.vendor, id.product);
}

bool
usb_id_equal(struct usb_id a, struct usb_id b)
{
	return a.vendor == b.vendor && a.product == b.product;
}

bool
usb_id_in(const struct usb_id *list, size_t count, struct usb_id id)
{
	for (size_t i = 0; i < count; i++)
		if (usb_id_equal(list[i], id))
			return true;
	return false;
}
