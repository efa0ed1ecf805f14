/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/frame.h"

#define CODE_FULL 0xff /* a block of 254 bytes with no zero behind it */

static void
crc_put(uint8_t out[CRC32_LEN], uint32_t crc)
{
	for (unsigned int i = 0; i < CRC32_LEN; i++)
		out[i] = (uint8_t)(crc >> (8 * i));
}

/* COBS under way: code_at is where the open block's code byte belongs. */
struct stuffer {
	uint8_t *wire;
	size_t len;
	size_t code_at;
};

static void
block_close(struct stuffer *to)
{
	to->wire[to->code_at] = (uint8_t)(to->len - to->code_at);
	to->code_at = to->len++;
}

static void
stuff(struct stuffer *to, struct bytes raw)
{
	for (size_t i = 0; i < raw.len; i++) {
		/* Late, so that a full block at the very end stays the last */
		if (to->len - to->code_at == CODE_FULL)
			block_close(to);
		if (raw.ptr[i] == 0)
			block_close(to);
		else
			to->wire[to->len++] = raw.ptr[i];
	}
}

enum status
frame_encode(uint8_t *wire, size_t wire_size, size_t *wire_len,
	     struct bytes message)
{
	struct stuffer to = {wire, 1, 0};
	size_t raw_len = message.len + CRC32_LEN;
	uint8_t crc[CRC32_LEN];

	*wire_len = 0;
	if (message.len > FRAME_MESSAGE_MAX ||
	    wire_size < raw_len + raw_len / 254 + 2)
		return ST_FRAME_SIZE;
	crc_put(crc, crc32_of(message));
	stuff(&to, message);
	stuff(&to, bytes_of(crc, sizeof(crc)));
	wire[to.code_at] = (uint8_t)(to.len - to.code_at);
	wire[to.len] = 0;
	*wire_len = to.len + 1;
	return ST_OK;
}

void
frame_reader_init(struct frame_reader *reader)
{
	memset(reader, 0, sizeof(*reader));
}

static enum status
message_check(const struct frame_reader *reader, struct bytes *message)
{
	uint8_t crc[CRC32_LEN];
	struct bytes body;

	if (reader->len < CRC32_LEN)
		return ST_FRAME_CRC;
	body = bytes_of(reader->buf, reader->len - CRC32_LEN);
	crc_put(crc, crc32_of(body));
	if (memcmp(crc, reader->buf + body.len, CRC32_LEN) != 0)
		return ST_FRAME_CRC;
	*message = body;
	return ST_OK;
}

/* The zero came.  The bytes stay where they are, the rest starts anew. */
static enum status
frame_end(struct frame_reader *reader, struct bytes *message)
{
	enum status status = ST_FRAME_SIZE;

	if (reader->code == 0)
		status = ST_FRAME_MORE;
	else if (!reader->overrun && reader->block_left == 0)
		status = message_check(reader, message);
	reader->len = 0;
	reader->block_left = 0;
	reader->code = 0;
	reader->overrun = false;
	return status;
}

static void
raw_add(struct frame_reader *reader, uint8_t byte)
{
	if (reader->len < sizeof(reader->buf))
		reader->buf[reader->len++] = byte;
	else
		reader->overrun = true;
}

static void
code_take(struct frame_reader *reader, uint8_t code)
{
	/* A block ends in a zero, but for a full one and the last. */
	if (reader->code != 0 && reader->code != CODE_FULL)
		raw_add(reader, 0);
	reader->code = code;
	reader->block_left = (uint8_t)(code - 1);
}

enum status
frame_reader_take(struct frame_reader *reader, uint8_t byte,
		  struct bytes *message)
{
	*message = bytes_of(NULL, 0);
	if (byte == 0)
		return frame_end(reader, message);
	if (reader->block_left == 0) {
		code_take(reader, byte);
	} else {
		raw_add(reader, byte);
		reader->block_left--;
	}
	return ST_FRAME_MORE;
}
