/* SPDX-License-Identifier: Apache-2.0 */
#include "port/linux/usb_blobs.h"

#include <endian.h>
#include <linux/usb/functionfs.h>

#define INTERFACE_NAME "imeilock agent"
#define LANGUAGE_ENGLISH 0x0409
#define GUID_NAME "DeviceInterfaceGUID"
#define OS_COMPATIBLE 4
#define OS_PROPERTIES 5
#define OS_TEXT 1 /* of properties, the only kind that kernels pass on */
#define BULK_FULL 64
#define BULK_HIGH 512
#define BULK_SUPER 1024
#define EP_IN 0x81
#define EP_OUT 0x02

#if __BYTE_ORDER != __LITTLE_ENDIAN
#error "numbers of the blobs stand as they are in memory"
#endif

struct speed {
	struct usb_interface_descriptor interface;
	struct usb_endpoint_descriptor_no_audio in, out;
} __attribute__((packed));

struct super_speed {
	struct usb_interface_descriptor interface;
	struct usb_endpoint_descriptor_no_audio in;
	struct usb_ss_ep_comp_descriptor in_companion;
	struct usb_endpoint_descriptor_no_audio out;
	struct usb_ss_ep_comp_descriptor out_companion;
} __attribute__((packed));

struct descriptors {
	struct usb_functionfs_descs_head_v2 head;
	__le32 full_count, high_count, super_count, os_count;
	struct speed full, high;
	struct super_speed super;
	struct {
		struct usb_os_desc_header head;
		struct usb_ext_compat_desc compat;
	} __attribute__((packed)) compatible;
	struct {
		struct usb_os_desc_header head;
		struct usb_ext_prop_desc property;
		char name[sizeof(GUID_NAME)];
		__le32 len;
		char guid[sizeof(USB_MS_OS_GUID)];
	} __attribute__((packed)) found_by;
} __attribute__((packed));

struct strings {
	struct usb_functionfs_strings_head head;
	__le16 language;
	char name[sizeof(INTERFACE_NAME)];
} __attribute__((packed));

#define INTERFACE                                                              \
	{                                                                      \
		.bLength = USB_DT_INTERFACE_SIZE,                              \
		.bDescriptorType = USB_DT_INTERFACE, .bNumEndpoints = 2,       \
		.bInterfaceClass = USB_AGENT_CLASS,                            \
		.bInterfaceSubClass = USB_AGENT_SUBCLASS,                      \
		.bInterfaceProtocol = USB_AGENT_PROTOCOL, .iInterface = 1,     \
	}
#define ENDPOINT(address, packet)                                              \
	{                                                                      \
		.bLength = USB_DT_ENDPOINT_SIZE,                               \
		.bDescriptorType = USB_DT_ENDPOINT,                            \
		.bEndpointAddress = (address),                                 \
		.bmAttributes = USB_ENDPOINT_XFER_BULK,                        \
		.wMaxPacketSize = (packet),                                    \
	}
#define COMPANION                                                              \
	{                                                                      \
		.bLength = USB_DT_SS_EP_COMP_SIZE,                             \
		.bDescriptorType = USB_DT_SS_ENDPOINT_COMP,                    \
	}
/* One of it, for interface 0.  Version 1 is the one that all kernels take. */
#define OS_HEAD(member, index)                                                 \
	{                                                                      \
		.dwLength = sizeof(descriptors.member), .bcdVersion = 1,       \
		.wIndex = (index), .wCount = 1,                                \
	}

static const struct descriptors descriptors = {
	.head =
		{
			.magic = FUNCTIONFS_DESCRIPTORS_MAGIC_V2,
			.length = sizeof(descriptors),
			.flags = FUNCTIONFS_HAS_FS_DESC |
				 FUNCTIONFS_HAS_HS_DESC |
				 FUNCTIONFS_HAS_SS_DESC |
				 FUNCTIONFS_HAS_MS_OS_DESC,
		},
	.full_count = 3,
	.high_count = 3,
	.super_count = 5,
	.os_count = 2,
	.full =
		{
			.interface = INTERFACE,
			.in = ENDPOINT(EP_IN, BULK_FULL),
			.out = ENDPOINT(EP_OUT, BULK_FULL),
		},
	.high =
		{
			.interface = INTERFACE,
			.in = ENDPOINT(EP_IN, BULK_HIGH),
			.out = ENDPOINT(EP_OUT, BULK_HIGH),
		},
	.super =
		{
			.interface = INTERFACE,
			.in = ENDPOINT(EP_IN, BULK_SUPER),
			.in_companion = COMPANION,
			.out = ENDPOINT(EP_OUT, BULK_SUPER),
			.out_companion = COMPANION,
		},
	.compatible = {OS_HEAD(compatible, OS_COMPATIBLE),
		       {.Reserved1 = 1, .CompatibleID = "WINUSB"}},
	.found_by = {OS_HEAD(found_by, OS_PROPERTIES),
		     {sizeof(descriptors.found_by) -
			      sizeof(struct usb_os_desc_header),
		      OS_TEXT, sizeof(GUID_NAME)},
		     GUID_NAME,
		     sizeof(USB_MS_OS_GUID),
		     USB_MS_OS_GUID},
};

static const struct strings strings = {
	.head =
		{
			.magic = FUNCTIONFS_STRINGS_MAGIC,
			.length = sizeof(strings),
			.str_count = 1,
			.lang_count = 1,
		},
	.language = LANGUAGE_ENGLISH,
	.name = INTERFACE_NAME,
};

struct bytes
usb_blob_descriptors(void)
{
	return bytes_of(&descriptors, sizeof(descriptors));
}

struct bytes
usb_blob_strings(void)
{
	return bytes_of(&strings, sizeof(strings));
}
