/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/pem.h"

#define SPKI_HEAD_LEN 27
#define LINE_CHARS 64 /* RFC 7468 2 */

/* Everything but the point: id-ecPublicKey, prime256v1, and the 04 of an
 * uncompressed point. */
static const uint8_t spki_head[SPKI_HEAD_LEN] = {
	0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48,
	0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48,
	0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 0x04,
};

static const char begin[] = "-----BEGIN PUBLIC KEY-----";
static const char end[] = "-----END PUBLIC KEY-----";
static const char alphabet[] =
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static void
skip(struct bytes *text, size_t len)
{
	text->ptr += len;
	text->len -= len;
}

/* What stands before mark; *rest is behind it.  False if it is not there. */
static bool
split_at(struct bytes *before, struct bytes *rest, const char *mark,
	 size_t mark_len)
{
	struct bytes text = *rest;

	for (; text.len >= mark_len; skip(&text, 1)) {
		if (memcmp(text.ptr, mark, mark_len) != 0)
			continue;
		*before = bytes_of(rest->ptr, rest->len - text.len);
		skip(&text, mark_len);
		*rest = text;
		return true;
	}
	return false;
}

/* The character's value, or -1. */
static int
sextet(uint8_t c)
{
	const char *at = memchr(alphabet, c, sizeof(alphabet) - 1);

	return at == NULL ? -1 : (int)(at - alphabet);
}

static bool
is_space(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* The next character that is no white space; NUL at the end. */
static uint8_t
next_char(struct bytes *text)
{
	while (text->len > 0) {
		uint8_t c = *text->ptr;

		skip(text, 1);
		if (!is_space(c))
			return c;
	}
	return '\0';
}

/*
 * Exactly SPKI_LEN bytes from base64: 30 whole groups, then one byte in two
 * characters and their padding.
 */
static bool
decode(uint8_t out[SPKI_LEN], struct bytes text)
{
	uint32_t bits = 0;
	size_t count = 0;

	for (size_t chars = 0; count < SPKI_LEN; chars++) {
		int value = sextet(next_char(&text));

		if (value < 0)
			return false;
		bits = bits << 6 | (uint32_t)value;
		if (chars % 4 != 0)
			out[count++] = (uint8_t)(bits >> (6 - 2 * (chars % 4)));
	}
	/* the last byte leaves four bits over, which are zero */
	return (bits & 0xf) == 0 && next_char(&text) == '=' &&
	       next_char(&text) == '=' && next_char(&text) == '\0' &&
	       text.len == 0;
}

enum status
pem_public_parse(struct public_key *out, struct bytes text)
{
	uint8_t spki[SPKI_LEN];
	struct bytes skipped, body;

	memset(out, 0, sizeof(*out));
	if (!split_at(&skipped, &text, begin, sizeof(begin) - 1) ||
	    !split_at(&body, &text, end, sizeof(end) - 1) ||
	    split_at(&skipped, &text, begin, sizeof(begin) - 1))
		return ST_PEM_FORMAT;
	if (!decode(spki, body) ||
	    memcmp(spki, spki_head, sizeof(spki_head)) != 0)
		return ST_PEM_FORMAT;
	memcpy(out->xy, spki + SPKI_HEAD_LEN, sizeof(out->xy));
	return ST_OK;
}

void
pem_public_spki(uint8_t out[SPKI_LEN], const struct public_key *key)
{
	memcpy(out, spki_head, sizeof(spki_head));
	memcpy(out + SPKI_HEAD_LEN, key->xy, sizeof(key->xy));
}

/* The character at place at of the base64 of spki; its padding too. */
static char
encode_char(const uint8_t spki[SPKI_LEN], size_t at)
{
	size_t first = at * 6 / 8;
	unsigned int pair;

	if (first >= SPKI_LEN)
		return '=';
	pair = (unsigned int)spki[first] << 8;
	if (first + 1 < SPKI_LEN)
		pair |= spki[first + 1];
	return alphabet[pair >> (10 - at * 6 % 8) & 0x3f];
}

static char *
append(char *out, const char *text, size_t len)
{
	memcpy(out, text, len);
	out[len] = '\n';
	return out + len + 1;
}

void
pem_public_format(char out[PEM_PUBLIC_LEN + 1], const struct public_key *key)
{
	uint8_t spki[SPKI_LEN];
	size_t chars = (SPKI_LEN + 2) / 3 * 4;

	pem_public_spki(spki, key);
	out = append(out, begin, sizeof(begin) - 1);
	for (size_t at = 0; at < chars; at++) {
		*out++ = encode_char(spki, at);
		if (at % LINE_CHARS == LINE_CHARS - 1 || at == chars - 1)
			*out++ = '\n';
	}
	out = append(out, end, sizeof(end) - 1);
	*out = '\0';
}
