/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/cbor.h"
#include "proto/cbor_major.h"

#define HEAD_MAX 9 /* bytes: the first, and a number of eight */

static void
append(struct cbor_out *out, const void *ptr, size_t len)
{
	if (out->status != ST_OK)
		return;
	if (len > out->size - out->len) {
		out->status = ST_CBOR_SPACE;
		return;
	}
	if (len > 0)
		memcpy(out->buf + out->len, ptr, len);
	out->len += len;
}

/* Bytes that value takes behind the first byte of its head. */
static size_t
extra_len(uint64_t value)
{
	if (value < 24)
		return 0;
	if (value <= UINT8_MAX)
		return 1;
	if (value <= UINT16_MAX)
		return 2;
	return value <= UINT32_MAX ? 4 : 8;
}

/* The low five bits of a head with so many bytes behind it. */
static unsigned int
extra_info(size_t extra)
{
	unsigned int info = 24;

	for (; extra > 1; extra /= 2)
		info++;
	return info;
}

static void
put_head(struct cbor_out *out, enum major major, uint64_t value)
{
	size_t extra = extra_len(value);
	unsigned int info = extra == 0 ? (unsigned int)value
				       : extra_info(extra);
	uint8_t head[HEAD_MAX];

	head[0] = (uint8_t)((unsigned int)major << 5 | info);
	for (size_t i = 0; i < extra; i++)
		head[1 + i] = (uint8_t)(value >> (8 * (extra - 1 - i)));
	append(out, head, 1 + extra);
}

void
cbor_out_init(struct cbor_out *out, void *buf, size_t size)
{
	*out = (struct cbor_out){buf, size, 0, ST_OK};
}

void
cbor_put_uint(struct cbor_out *out, uint64_t value)
{
	put_head(out, MAJOR_UINT, value);
}

void
cbor_put_int(struct cbor_out *out, int64_t value)
{
	if (value < 0)
		put_head(out, MAJOR_NEGINT, (uint64_t)(-1 - value));
	else
		put_head(out, MAJOR_UINT, (uint64_t)value);
}

void
cbor_put_bytes(struct cbor_out *out, struct bytes value)
{
	cbor_put_bytes_head(out, value.len);
	cbor_put_raw(out, value);
}

void
cbor_put_text(struct cbor_out *out, const char *text)
{
	struct bytes value = text_bytes(text);

	put_head(out, MAJOR_TEXT, value.len);
	cbor_put_raw(out, value);
}

void
cbor_put_array(struct cbor_out *out, size_t count)
{
	put_head(out, MAJOR_ARRAY, count);
}

void
cbor_put_map(struct cbor_out *out, size_t pairs)
{
	put_head(out, MAJOR_MAP, pairs);
}

void
cbor_put_tag(struct cbor_out *out, uint64_t tag)
{
	put_head(out, MAJOR_TAG, tag);
}

void
cbor_put_bool(struct cbor_out *out, bool value)
{
	put_head(out, MAJOR_SIMPLE, value ? SIMPLE_TRUE : SIMPLE_FALSE);
}

void
cbor_put_null(struct cbor_out *out)
{
	put_head(out, MAJOR_SIMPLE, SIMPLE_NULL);
}

void
cbor_put_raw(struct cbor_out *out, struct bytes item)
{
	append(out, item.ptr, item.len);
}

void
cbor_put_bytes_head(struct cbor_out *out, size_t len)
{
	put_head(out, MAJOR_BYTES, len);
}

enum status
cbor_out_end(const struct cbor_out *out, struct bytes *encoded)
{
	bool is_good = out->status == ST_OK;

	*encoded = bytes_of(is_good ? out->buf : NULL, is_good ? out->len : 0);
	return out->status;
}
