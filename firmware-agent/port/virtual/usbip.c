/* SPDX-License-Identifier: Apache-2.0 */
#include "port/virtual/usbip.h"

enum usbip_command {
	CMD_SUBMIT = 1,
	CMD_UNLINK,
	RET_SUBMIT,
	RET_UNLINK,
};

/* Where numbers stand, 4 bytes each, the highest first. */
enum usbip_offset {
	AT_COMMAND = 0,
	AT_ID = 4,
	AT_DIRECTION = 12,
	AT_ENDPOINT = 16,
	AT_FLAGS = 20,	  /* CMD_SUBMIT */
	AT_UNLINKED = 20, /* CMD_UNLINK */
	AT_STATUS = 20,	  /* replies */
	AT_LEN = 24,	  /* CMD_SUBMIT, RET_SUBMIT */
	AT_PACKETS = 32,  /* CMD_SUBMIT */
	AT_SETUP = 40,	  /* CMD_SUBMIT */
};

#define FLAG_SHORT_NOT_OK 1
/* Both say that a transfer is not isochronous. */
#define PACKETS_NONE 0
#define PACKETS_NONE_EITHER UINT32_MAX

static uint32_t
get(const uint8_t *bytes, enum usbip_offset at)
{
	const uint8_t *p = bytes + at;

	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
	       (uint32_t)p[2] << 8 | p[3];
}

static void
set(uint8_t *bytes, enum usbip_offset at, uint32_t value)
{
	for (int i = 0; i < 4; i++)
		bytes[(int)at + i] = (uint8_t)(value >> (24 - 8 * i));
}

static bool
is_submit_out(const uint8_t *head)
{
	return get(head, AT_COMMAND) == CMD_SUBMIT &&
	       get(head, AT_DIRECTION) == 0;
}

static bool
is_good_head(const uint8_t *head)
{
	uint32_t packets = get(head, AT_PACKETS);

	if (get(head, AT_COMMAND) == CMD_UNLINK)
		return true;
	return get(head, AT_COMMAND) == CMD_SUBMIT &&
	       get(head, AT_DIRECTION) <= 1 && get(head, AT_ENDPOINT) < 16 &&
	       get(head, AT_LEN) <= INT32_MAX &&
	       (packets == PACKETS_NONE || packets == PACKETS_NONE_EITHER) &&
	       (!is_submit_out(head) || get(head, AT_LEN) <= USBIP_DATA_MAX);
}

/* How long the request is, as far as that is known. */
static size_t
length_of(const struct usbip_reader *reader)
{
	if (reader->len < USBIP_HEADER_LEN || !is_submit_out(reader->byte))
		return USBIP_HEADER_LEN;
	return USBIP_HEADER_LEN + get(reader->byte, AT_LEN);
}

static void
parse(struct usbip_request *out, const struct usbip_reader *reader)
{
	const uint8_t *head = reader->byte;
	bool is_in = get(head, AT_DIRECTION) == 1;

	memset(out, 0, sizeof(*out));
	out->transfer.id = get(head, AT_ID);
	out->is_unlink = get(head, AT_COMMAND) == CMD_UNLINK;
	if (out->is_unlink) {
		out->unlinked = get(head, AT_UNLINKED);
		return;
	}
	out->transfer.endpoint =
		(uint8_t)(get(head, AT_ENDPOINT) | (is_in ? USB_IN : 0));
	out->transfer.is_whole = is_in &&
				 (get(head, AT_FLAGS) & FLAG_SHORT_NOT_OK) != 0;
	out->transfer.len = get(head, AT_LEN);
	memcpy(out->transfer.setup, head + AT_SETUP, USB_SETUP_LEN);
	out->data = bytes_of(head + USBIP_HEADER_LEN,
			     reader->len - USBIP_HEADER_LEN);
}

void
usbip_reader_init(struct usbip_reader *reader)
{
	reader->len = 0;
}

uint8_t *
usbip_reader_room(struct usbip_reader *reader, size_t *size)
{
	*size = length_of(reader) - reader->len;
	return reader->byte + reader->len;
}

enum status
usbip_reader_take(struct usbip_reader *reader, size_t len,
		  struct usbip_request *out, bool *is_whole)
{
	*is_whole = false;
	reader->len += len;
	if (reader->len < USBIP_HEADER_LEN)
		return ST_OK;
	if (!is_good_head(reader->byte))
		return ST_PORT_USB;
	if (reader->len < length_of(reader))
		return ST_OK;
	parse(out, reader);
	reader->len = 0;
	*is_whole = true;
	return ST_OK;
}

void
usbip_put_end(uint8_t out[USBIP_HEADER_LEN], const struct usb_end *end)
{
	memset(out, 0, USBIP_HEADER_LEN);
	set(out, AT_COMMAND, RET_SUBMIT);
	set(out, AT_ID, end->id);
	set(out, AT_STATUS, (uint32_t)end->status);
	set(out, AT_LEN, end->actual);
}

void
usbip_put_unlinked(uint8_t out[USBIP_HEADER_LEN], uint32_t id, int32_t status)
{
	memset(out, 0, USBIP_HEADER_LEN);
	set(out, AT_COMMAND, RET_UNLINK);
	set(out, AT_ID, id);
	set(out, AT_STATUS, (uint32_t)status);
}
