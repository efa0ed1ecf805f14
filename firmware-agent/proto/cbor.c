/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/cbor.h"
#include "proto/cbor_major.h"

struct head {
	enum major major;
	size_t len; /* bytes of the head itself */
	uint64_t value;
};

static bool
is_simple(uint8_t first)
{
	unsigned int info = first & 0x1f;

	return info >= SIMPLE_FALSE && info <= SIMPLE_NULL;
}

/* No shorter head than one of extra bytes would hold value. */
static bool
is_shortest(uint64_t value, size_t extra)
{
	if (extra <= 1)
		return extra == 0 || value >= 24;
	return value >> (4 * extra) != 0;
}

static enum status
head_read(struct head *out, struct bytes data)
{
	unsigned int info;
	size_t extra;

	*out = (struct head){MAJOR_UINT, 0, 0};
	if (data.len == 0)
		return ST_CBOR_FORMAT;
	info = data.ptr[0] & 0x1f;
	out->major = (enum major)(data.ptr[0] >> 5);
	if (out->major == MAJOR_SIMPLE && !is_simple(data.ptr[0]))
		return ST_CBOR_FORMAT;
	if (info > 27)
		return ST_CBOR_FORMAT;
	extra = info < 24 ? 0 : (size_t)1 << (info - 24);
	if (extra >= data.len)
		return ST_CBOR_FORMAT;
	out->len = 1 + extra;
	out->value = extra == 0 ? info : 0;
	for (size_t i = 1; i <= extra; i++)
		out->value = out->value << 8 | data.ptr[i];
	return is_shortest(out->value, extra) ? ST_OK : ST_CBOR_ORDER;
}

static void
skip(struct bytes *rest, size_t len)
{
	rest->ptr += len;
	rest->len -= len;
}

/*
 * Length of the UTF-8 sequence that text begins with, 0 if there is none.  The
 * bounds of the second byte leave out longer forms than needed, surrogates and
 * what is above U+10FFFF (Unicode, table 3-7).
 */
static size_t
utf8_len(struct bytes text)
{
	uint8_t first = text.ptr[0];
	uint8_t low = 0x80;
	uint8_t high = 0xbf;
	size_t len;

	if (first < 0x80)
		return 1;
	if (first < 0xc2 || first > 0xf4)
		return 0;
	len = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
	if (first == 0xe0)
		low = 0xa0;
	else if (first == 0xed)
		high = 0x9f;
	else if (first == 0xf0)
		low = 0x90;
	else if (first == 0xf4)
		high = 0x8f;
	if (len > text.len || text.ptr[1] < low || text.ptr[1] > high)
		return 0;
	for (size_t i = 2; i < len; i++)
		if ((text.ptr[i] & 0xc0) != 0x80)
			return 0;
	return len;
}

static bool
is_utf8(struct bytes text)
{
	while (text.len > 0) {
		size_t len = utf8_len(text);

		if (len == 0)
			return false;
		skip(&text, len);
	}
	return true;
}

static bool
is_before(struct bytes a, struct bytes b)
{
	size_t common = a.len < b.len ? a.len : b.len;
	int order = memcmp(a.ptr, b.ptr, common);

	return order < 0 || (order == 0 && a.len < b.len);
}

static enum status item_check(struct bytes *rest, unsigned int depth);

static enum status
string_check(struct bytes *rest, const struct head *head)
{
	if (head->value > rest->len)
		return ST_CBOR_FORMAT;
	if (head->major == MAJOR_TEXT &&
	    !is_utf8(bytes_of(rest->ptr, (size_t)head->value)))
		return ST_CBOR_FORMAT;
	skip(rest, (size_t)head->value);
	return ST_OK;
}

static enum status
items_check(struct bytes *rest, uint64_t count, unsigned int depth)
{
	for (uint64_t i = 0; i < count; i++) {
		enum status status = item_check(rest, depth);

		if (status != ST_OK)
			return status;
	}
	return ST_OK;
}

static enum status
map_check(struct bytes *rest, uint64_t pairs, unsigned int depth)
{
	struct bytes last = bytes_of(rest->ptr, 0);

	for (uint64_t i = 0; i < pairs; i++) {
		struct bytes key = *rest;
		enum status status = item_check(rest, depth);

		if (status != ST_OK)
			return status;
		key.len -= rest->len;
		if (!is_before(last, key))
			return ST_CBOR_ORDER;
		last = key;
		status = item_check(rest, depth);
		if (status != ST_OK)
			return status;
	}
	return ST_OK;
}

static enum status
nested_check(struct bytes *rest, const struct head *head, unsigned int depth)
{
	if (depth == CBOR_DEPTH_MAX)
		return ST_CBOR_DEPTH;
	if (head->major == MAJOR_MAP)
		return map_check(rest, head->value, depth + 1);
	return items_check(rest, head->major == MAJOR_TAG ? 1 : head->value,
			   depth + 1);
}

/* Calls itself CBOR_DEPTH_MAX times at most. */
static enum status
item_check(struct bytes *rest, unsigned int depth)
{
	struct head head;
	enum status status = head_read(&head, *rest);

	if (status != ST_OK)
		return status;
	skip(rest, head.len);
	switch (head.major) {
	case MAJOR_BYTES:
	case MAJOR_TEXT:
		return string_check(rest, &head);
	case MAJOR_ARRAY:
	case MAJOR_MAP:
	case MAJOR_TAG:
		return nested_check(rest, &head, depth);
	case MAJOR_UINT:
	case MAJOR_NEGINT:
	case MAJOR_SIMPLE:
	default:
		return ST_OK;
	}
}

enum status
cbor_check(struct bytes data)
{
	enum status status = item_check(&data, 0);

	if (status != ST_OK)
		return status;
	return data.len == 0 ? ST_OK : ST_CBOR_TRAILING;
}

void
cbor_in_init(struct cbor_in *in, struct bytes data)
{
	*in = (struct cbor_in){data.ptr, data.len, cbor_check(data)};
	if (in->status != ST_OK)
		in->left = 0;
}

void
cbor_fail(struct cbor_in *in, enum status code)
{
	if (in->status != ST_OK || code == ST_OK)
		return;
	in->status = code;
	in->left = 0;
}

enum cbor_type
cbor_peek(const struct cbor_in *in)
{
	static const uint8_t of_major[] = {
		[MAJOR_UINT] = CBOR_UINT,   [MAJOR_NEGINT] = CBOR_NEGINT,
		[MAJOR_BYTES] = CBOR_BYTES, [MAJOR_TEXT] = CBOR_TEXT,
		[MAJOR_ARRAY] = CBOR_ARRAY, [MAJOR_MAP] = CBOR_MAP,
		[MAJOR_TAG] = CBOR_TAG,	    [MAJOR_SIMPLE] = CBOR_BOOL,
	};

	if (in->status != ST_OK || in->left == 0)
		return CBOR_NONE;
	if (in->ptr[0] == (MAJOR_SIMPLE << 5 | SIMPLE_NULL))
		return CBOR_NULL;
	return (enum cbor_type)of_major[in->ptr[0] >> 5];
}

/* The number in the next head, which is taken; 0 and an error otherwise. */
static uint64_t
head_take(struct cbor_in *in, enum cbor_type type)
{
	struct head head = {MAJOR_UINT, 0, 0};

	if (cbor_peek(in) != type)
		cbor_fail(in, ST_CBOR_TYPE);
	else
		cbor_fail(in, head_read(&head, bytes_of(in->ptr, in->left)));
	if (in->status != ST_OK)
		return 0;
	in->ptr += head.len;
	in->left -= head.len;
	return head.value;
}

static struct bytes
string_take(struct cbor_in *in, enum cbor_type type)
{
	uint64_t len = head_take(in, type);
	struct bytes value;

	if (len > in->left)
		cbor_fail(in, ST_CBOR_FORMAT);
	if (in->status != ST_OK)
		return bytes_of(NULL, 0);
	value = bytes_of(in->ptr, (size_t)len);
	in->ptr += value.len;
	in->left -= value.len;
	return value;
}

/* Every member takes a byte or more, so a larger count is never true. */
static size_t
count_take(struct cbor_in *in, enum cbor_type type)
{
	uint64_t count = head_take(in, type);

	if (count > in->left)
		cbor_fail(in, ST_CBOR_FORMAT);
	return in->status == ST_OK ? (size_t)count : 0;
}

uint64_t
cbor_get_uint(struct cbor_in *in)
{
	return head_take(in, CBOR_UINT);
}

uint64_t
cbor_get_uint_max(struct cbor_in *in, uint64_t max)
{
	uint64_t value = head_take(in, CBOR_UINT);

	if (value <= max)
		return value;
	cbor_fail(in, ST_CBOR_TYPE);
	return 0;
}

int64_t
cbor_get_int(struct cbor_in *in)
{
	bool is_negative = cbor_peek(in) == CBOR_NEGINT;
	uint64_t value = head_take(in, is_negative ? CBOR_NEGINT : CBOR_UINT);

	if (value > INT64_MAX)
		cbor_fail(in, ST_CBOR_TYPE);
	if (in->status != ST_OK)
		return 0;
	return is_negative ? -1 - (int64_t)value : (int64_t)value;
}

struct bytes
cbor_get_bytes(struct cbor_in *in)
{
	return string_take(in, CBOR_BYTES);
}

void
cbor_get_bytes_exact(struct cbor_in *in, void *out, size_t len)
{
	struct bytes value = string_take(in, CBOR_BYTES);

	if (value.len != len)
		cbor_fail(in, ST_CBOR_TYPE);
	if (len == 0)
		return;
	if (in->status != ST_OK)
		memset(out, 0, len);
	else
		memcpy(out, value.ptr, len);
}

struct bytes
cbor_get_text(struct cbor_in *in)
{
	return string_take(in, CBOR_TEXT);
}

void
cbor_get_text_copy(struct cbor_in *in, char *out, size_t size)
{
	struct bytes text = string_take(in, CBOR_TEXT);

	if (text.len >= size)
		cbor_fail(in, ST_CBOR_TYPE);
	else if (text.len > 0 && memchr(text.ptr, '\0', text.len) != NULL)
		cbor_fail(in, ST_CBOR_TYPE);
	if (size == 0)
		return;
	memset(out, 0, size);
	if (in->status == ST_OK && text.len > 0)
		memcpy(out, text.ptr, text.len);
}

size_t
cbor_get_array(struct cbor_in *in)
{
	return count_take(in, CBOR_ARRAY);
}

size_t
cbor_get_map(struct cbor_in *in)
{
	return count_take(in, CBOR_MAP);
}

uint64_t
cbor_get_tag(struct cbor_in *in)
{
	return head_take(in, CBOR_TAG);
}

bool
cbor_get_bool(struct cbor_in *in)
{
	return head_take(in, CBOR_BOOL) == SIMPLE_TRUE;
}

void
cbor_get_null(struct cbor_in *in)
{
	(void)head_take(in, CBOR_NULL);
}

struct bytes
cbor_get_raw(struct cbor_in *in)
{
	struct bytes item = bytes_of(in->ptr, in->left);
	struct bytes rest = item;

	if (cbor_peek(in) == CBOR_NONE)
		cbor_fail(in, ST_CBOR_TYPE);
	else
		cbor_fail(in, item_check(&rest, 0));
	if (in->status != ST_OK)
		return bytes_of(NULL, 0);
	item.len -= rest.len;
	in->ptr = rest.ptr;
	in->left = rest.len;
	return item;
}

void
cbor_expect_array(struct cbor_in *in, size_t count)
{
	if (cbor_get_array(in) != count)
		cbor_fail(in, ST_CBOR_TYPE);
}

void
cbor_expect_map(struct cbor_in *in, size_t pairs)
{
	if (cbor_get_map(in) != pairs)
		cbor_fail(in, ST_CBOR_TYPE);
}

void
cbor_expect_tag(struct cbor_in *in, uint64_t tag)
{
	if (cbor_get_tag(in) != tag)
		cbor_fail(in, ST_CBOR_TYPE);
}

void
cbor_expect_key(struct cbor_in *in, int64_t key)
{
	if (cbor_get_int(in) != key)
		cbor_fail(in, ST_CBOR_TYPE);
}

bool
cbor_try_key(struct cbor_in *in, int64_t key)
{
	struct cbor_in ahead = *in;

	if (cbor_get_int(&ahead) != key || ahead.status != ST_OK)
		return false;
	*in = ahead;
	return true;
}

enum status
cbor_in_end(const struct cbor_in *in)
{
	if (in->status != ST_OK)
		return in->status;
	return in->left == 0 ? ST_OK : ST_CBOR_TRAILING;
}
