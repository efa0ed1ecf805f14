/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bytes.h - views of memory, and memory that must not outlive its use.
 *
 * Shared by tool and firmware: no allocation, no I/O, no globals.
 */
#ifndef IMEILOCK_PROTO_BYTES_H
#define IMEILOCK_PROTO_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define MUST_CHECK __attribute__((warn_unused_result))

/* Bytes that belong to somebody else; ptr may be NULL if len is 0. */
struct bytes {
	const uint8_t *ptr;
	size_t len;
};

static inline struct bytes
bytes_of(const void *ptr, size_t len)
{
	return (struct bytes){ptr, len};
}

/* Equal in length and content.  Not for secrets: it stops early. */
static inline bool
bytes_equal(struct bytes a, struct bytes b)
{
	return a.len == b.len &&
	       (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

/* True when every byte is value; true for no bytes at all. */
static inline bool
bytes_are(struct bytes b, uint8_t value)
{
	for (size_t i = 0; i < b.len; i++)
		if (b.ptr[i] != value)
			return false;
	return true;
}

/* Text without its NUL. */
static inline struct bytes
text_bytes(const char *text)
{
	size_t len = 0;

	while (text[len] != '\0')
		len++;
	return bytes_of(text, len);
}

static inline bool
text_equal(const char *a, const char *b)
{
	return bytes_equal(text_bytes(a), text_bytes(b));
}

/* Clear a secret so that no compiler may leave the store out. */
static inline void
bytes_wipe(void *ptr, size_t len)
{
	volatile uint8_t *p = ptr;

	while (len-- > 0)
		*p++ = 0;
}

#endif
