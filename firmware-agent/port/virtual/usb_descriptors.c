/* SPDX-License-Identifier: Apache-2.0 */
#include "port/virtual/usb_descriptors.h"

#include <stdio.h>

#define FULL_SPEED_PACKET 64
#define NOTIFY_PACKET 16
#define INTERFACE_COUNT(slots) (1 + 2 * (slots))

enum string_index {
	STRING_LANGUAGES,
	STRING_MAKER,
	STRING_PRODUCT,
	STRING_SERIAL,
	STRING_AGENT,
	STRING_AT, /* of slot 1; the others follow */
};

struct writer {
	uint8_t *out;
	size_t len;
};

static void
put(struct writer *w, const uint8_t *data, size_t len)
{
	memcpy(w->out + w->len, data, len);
	w->len += len;
}

#define PUT(w, ...)                                                            \
	put(w, (const uint8_t[]){__VA_ARGS__},                                 \
	    sizeof((const uint8_t[]){__VA_ARGS__}))

#define LOW(n) ((uint8_t)((n)&0xff))
#define HIGH(n) ((uint8_t)((n) >> 8))
#define WORD(n) LOW(n), HIGH(n)

/* Lengths that are known when all behind them is written. */
static void
patch(struct writer *w, size_t at, size_t value)
{
	w->out[at] = LOW(value);
	w->out[at + 1] = HIGH(value);
}

/* ---------------------------------------------------------- the device */

static void
put_device(struct writer *w)
{
	PUT(w, 18, USB_TYPE_DEVICE, WORD(0x0210),
	    /* functions are grouped by associations */
	    0xef, 2, 1, 64, WORD(USB_TEST_VENDOR), WORD(USB_TEST_PRODUCT),
	    WORD(0x0100), STRING_MAKER, STRING_PRODUCT, STRING_SERIAL, 1);
}

static void
put_qualifier(struct writer *w)
{
	PUT(w, 10, USB_TYPE_QUALIFIER, WORD(0x0210), 0xef, 2, 1, 64, 1, 0);
}

static void
put_endpoint(struct writer *w, int address, uint8_t kind, int packet,
	     uint8_t interval)
{
	PUT(w, 7, USB_TYPE_ENDPOINT, LOW(address), kind, WORD(packet),
	    interval);
}

static void
put_bulk(struct writer *w, int address, int packet)
{
	put_endpoint(w, address, 2, packet, 0);
}

static void
put_agent(struct writer *w, int packet)
{
	PUT(w, 9, USB_TYPE_INTERFACE, 0, 0, 2, USB_AGENT_CLASS,
	    USB_AGENT_SUBCLASS, USB_AGENT_PROTOCOL, STRING_AGENT);
	put_bulk(w, USB_AGENT_IN, packet);
	put_bulk(w, USB_AGENT_OUT, packet);
}

/* CDC-ACM with AT commands: association, control with its functional
 * descriptors (header, call management, ACM, union), data. */
static void
put_at(struct writer *w, unsigned int slot, int packet)
{
	uint8_t control = LOW(USB_AT_INTERFACE(slot));
	uint8_t data = LOW(control + 1);
	uint8_t name = LOW(STRING_AT + slot);
	bool is_high = packet == USB_PACKET;

	PUT(w, 8, USB_TYPE_ASSOCIATION, control, 2, 2, 2, 1, name);
	PUT(w, 9, USB_TYPE_INTERFACE, control, 0, 1, 2, 2, 1, name);
	PUT(w, 5, USB_TYPE_CS_INTERFACE, 0, WORD(0x0120));
	PUT(w, 5, USB_TYPE_CS_INTERFACE, 1, 0, data);
	PUT(w, 4, USB_TYPE_CS_INTERFACE, 2, 0x02);
	PUT(w, 5, USB_TYPE_CS_INTERFACE, 6, control, data);
	/* 32 ms, counted in microframes at high speed */
	put_endpoint(w, USB_AT_NOTIFY((int)slot), 3, NOTIFY_PACKET,
		     is_high ? 9 : 32);
	PUT(w, 9, USB_TYPE_INTERFACE, data, 0, 2, 0x0a, 0, 0, 0);
	put_bulk(w, USB_AT_IN((int)slot), packet);
	put_bulk(w, USB_AT_OUT((int)slot), packet);
}

static void
put_configuration(struct writer *w, const struct usb_identity *identity,
		  uint8_t type, int packet)
{
	PUT(w, 9, type, 0, 0, LOW(INTERFACE_COUNT(identity->slots)),
	    USB_CONFIGURATION, 0, 0x80, 50);
	put_agent(w, packet);
	for (unsigned int slot = 0; slot < identity->slots; slot++)
		put_at(w, slot, packet);
	patch(w, 2, w->len);
}

/* --------------------------------------------------------------- strings */

static void
put_utf16(struct writer *w, const char *text)
{
	for (; *text != '\0'; text++)
		PUT(w, (uint8_t)*text, 0);
}

static void
put_string(struct writer *w, const char *text)
{
	PUT(w, 0, USB_TYPE_STRING);
	put_utf16(w, text);
	w->out[0] = LOW(w->len);
}

static void
put_serial(struct writer *w, const struct chip_id *chip)
{
	char text[2 * CHIP_ID_MAX + 1] = "";

	for (size_t i = 0; i < chip->len; i++)
		snprintf(text + 2 * i, 3, "%02x", chip->byte[i]);
	put_string(w, text);
}

static void
put_at_name(struct writer *w, unsigned int slot)
{
	char text[32];

	snprintf(text, sizeof(text), "AT port of slot %u", slot + 1);
	put_string(w, text);
}

static void
put_string_of(struct writer *w, const struct usb_identity *identity,
	      uint8_t index)
{
	if (index == STRING_LANGUAGES)
		PUT(w, 4, USB_TYPE_STRING, WORD(0x0409));
	else if (index == STRING_MAKER)
		put_string(w, "imeilock");
	else if (index == STRING_PRODUCT)
		put_string(w, identity->model);
	else if (index == STRING_SERIAL)
		put_serial(w, &identity->chip);
	else if (index == STRING_AGENT)
		put_string(w, "imeilock agent");
	else if (index < STRING_AT + identity->slots)
		put_at_name(w, index - STRING_AT);
}

/* ---------------------------------------------------------- Microsoft's */

#define WINDOWS_8_1 0x00, 0x00, 0x03, 0x06

static const char guid_name[] = "DeviceInterfaceGUIDs";
static const char guid[] = USB_MS_OS_GUID;

size_t
usb_ms_os_set(uint8_t out[USB_DESCRIPTOR_MAX])
{
	struct writer w = {out, 0};

	PUT(&w, WORD(10), WORD(0), WINDOWS_8_1, WORD(0));
	/* Windows counts configurations from 0 here, whatever their values */
	PUT(&w, WORD(8), WORD(1), 0, 0, WORD(0));
	PUT(&w, WORD(8), WORD(2), 0, 0, WORD(0));
	PUT(&w, WORD(20), WORD(3), 'W', 'I', 'N', 'U', 'S', 'B', 0, 0, 0, 0, 0,
	    0, 0, 0, 0, 0);
	/* a registry property, a list of texts with one in it */
	PUT(&w, WORD(10 + 2 * (sizeof(guid_name) + sizeof(guid) + 1)), WORD(4),
	    WORD(7), WORD(2 * sizeof(guid_name)));
	put_utf16(&w, guid_name);
	PUT(&w, WORD(0), WORD(2 * (sizeof(guid) + 1)));
	put_utf16(&w, guid);
	PUT(&w, WORD(0), WORD(0));
	patch(&w, 8, w.len);
	patch(&w, 16, w.len - 10);
	patch(&w, 24, w.len - 18);
	return w.len;
}

static void
put_bos(struct writer *w)
{
	uint8_t set[USB_DESCRIPTOR_MAX];
	size_t set_len = usb_ms_os_set(set);

	PUT(w, 5, USB_TYPE_BOS, 0, 0, 2);
	/* USB 2.0 extension: no link power management */
	PUT(w, 7, USB_TYPE_CAPABILITY, 2, 0, 0, 0, 0);
	/* platform capability d8dd60df-4589-4cc7-9cd2-659d9e648a9f */
	PUT(w, 28, USB_TYPE_CAPABILITY, 5, 0, 0xdf, 0x60, 0xdd, 0xd8, 0x89,
	    0x45, 0xc7, 0x4c, 0x9c, 0xd2, 0x65, 0x9d, 0x9e, 0x64, 0x8a, 0x9f,
	    WINDOWS_8_1, WORD(set_len), USB_MS_OS_REQUEST, 0);
	patch(w, 2, w->len);
}

size_t
usb_descriptor(uint8_t out[USB_DESCRIPTOR_MAX],
	       const struct usb_identity *identity, uint8_t type, uint8_t index)
{
	struct writer w = {out, 0};

	if (type == USB_TYPE_STRING)
		put_string_of(&w, identity, index);
	else if (index != 0)
		return 0;
	else if (type == USB_TYPE_DEVICE)
		put_device(&w);
	else if (type == USB_TYPE_QUALIFIER)
		put_qualifier(&w);
	else if (type == USB_TYPE_CONFIGURATION)
		put_configuration(&w, identity, type, USB_PACKET);
	else if (type == USB_TYPE_OTHER_SPEED)
		put_configuration(&w, identity, type, FULL_SPEED_PACKET);
	else if (type == USB_TYPE_BOS)
		put_bos(&w);
	return w.len;
}
