/* SPDX-License-Identifier: Apache-2.0 */
/*
 * frame.h - messages on a byte stream: COBS, CRC-32, a zero byte at the end.
 *
 * The same on UART, CDC-ACM, USB bulk and sockets.  A reader finds its feet
 * again at the next zero byte, from wherever it starts.  On the wire:
 *
 *     COBS( message | crc32(message), little endian ) 0x00
 *
 * A sender may put a zero byte before a frame to end what noise began; empty
 * frames are passed over in silence.
 */
#ifndef IMEILOCK_PROTO_FRAME_H
#define IMEILOCK_PROTO_FRAME_H

#include "proto/bytes.h"
#include "proto/crc.h"
#include "proto/status.h"

#define FRAME_MESSAGE_MAX 1024 /* bytes in one message */
#define FRAME_RAW_MAX (FRAME_MESSAGE_MAX + CRC32_LEN)
/* COBS adds one byte, and one more for each 254; then the final zero. */
#define FRAME_WIRE_MAX (FRAME_RAW_MAX + FRAME_RAW_MAX / 254 + 2)

/*
 * Encode message into wire; *wire_len is what to send, the zero included.
 *   ST_FRAME_SIZE  message is longer than FRAME_MESSAGE_MAX, or wire_size is
 *                  too small
 */
MUST_CHECK enum status frame_encode(uint8_t *wire, size_t wire_size,
				    size_t *wire_len, struct bytes message);

/* Collects bytes until a message is whole.  A value: zero it with init. */
struct frame_reader {
	uint8_t buf[FRAME_RAW_MAX];
	size_t len;
	uint8_t block_left; /* bytes until the next COBS code byte */
	uint8_t code;	    /* code of the block that is being read */
	bool overrun;	    /* too long: everything up to the zero is dropped */
};

void frame_reader_init(struct frame_reader *reader);

/*
 * Take one byte.
 *   ST_FRAME_MORE   nothing whole yet
 *   ST_OK           *message is whole and its CRC is right; it is a view into
 *                   the reader and holds until the next call
 *   ST_FRAME_CRC    a frame ended, and its CRC is wrong or it is too short
 *   ST_FRAME_SIZE   a frame ended that was too long, or was not COBS
 * After any of the last three the reader stands before a new frame.
 */
MUST_CHECK enum status frame_reader_take(struct frame_reader *reader,
					 uint8_t byte, struct bytes *message);

#endif
