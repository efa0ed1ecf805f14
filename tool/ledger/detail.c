/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/detail.h"

#include <inttypes.h>
#include <stdio.h>

#include "ledger/state.h"

static void
append(struct detail *detail, const char *text)
{
	size_t len = strlen(text);

	if (len > DETAIL_MAX - detail->len) {
		detail->is_cut = true;
		return;
	}
	memcpy(detail->text + detail->len, text, len + 1);
	detail->len += len;
}

/* A string with quotes; control characters, quote and backslash as \uXXXX. */
static void
append_string(struct detail *detail, const char *text)
{
	char piece[8];

	append(detail, "\"");
	for (; *text != '\0'; text++) {
		unsigned char c = (unsigned char)*text;
		bool is_plain = c >= ' ' && c != '"' && c != '\\';

		(void)snprintf(piece, sizeof(piece),
			       is_plain ? "%c" : "\\u%04x", c);
		append(detail, piece);
	}
	append(detail, "\"");
}

static void
append_key(struct detail *detail, const char *key)
{
	append(detail, detail->len > 1 ? "," : "");
	append_string(detail, key);
	append(detail, ":");
}

static void
append_imei(struct detail *detail, struct imei imei)
{
	char digits[IMEI_BODY_LEN + 1];

	imei_format_body(digits, imei);
	append_string(detail, digits);
}

void
detail_init(struct detail *detail)
{
	*detail = (struct detail){.len = 0};
	append(detail, "{");
}

void
detail_put_text(struct detail *detail, const char *key, const char *text)
{
	append_key(detail, key);
	append_string(detail, text);
}

void
detail_put_uint(struct detail *detail, const char *key, uint64_t value)
{
	char digits[24];

	(void)snprintf(digits, sizeof(digits), "%" PRIu64, value);
	append_key(detail, key);
	append(detail, digits);
}

void
detail_put_hex(struct detail *detail, const char *key, struct bytes value)
{
	char digits[3];

	append_key(detail, key);
	append(detail, "\"");
	for (size_t i = 0; i < value.len; i++) {
		(void)snprintf(digits, sizeof(digits), "%02x", value.ptr[i]);
		append(detail, digits);
	}
	append(detail, "\"");
}

enum status
detail_put_hash(struct detail *detail, const char *key, struct bytes object)
{
	struct sha256 hash;
	enum status status = crypto_sha256(&hash, &object, 1);

	if (status != ST_OK)
		return status;
	detail_put_hex(detail, key, bytes_of(hash.byte, sizeof(hash.byte)));
	return ST_OK;
}

void
detail_put_imei(struct detail *detail, const char *key, struct imei imei)
{
	append_key(detail, key);
	append_imei(detail, imei);
}

void
detail_put_identity(struct detail *detail, const char *key,
		    const struct identity *identity)
{
	const char *before = "[";

	append_key(detail, key);
	for (size_t i = 0; i < SLOTS_MAX; i++) {
		if (!imei_is_valid(identity->slot[i]))
			continue;
		append(detail, before);
		append_imei(detail, identity->slot[i]);
		before = ",";
	}
	append(detail, "]");
}

void
detail_put_code(struct detail *detail, const char *key, enum status status)
{
	char code[CODE_LEN];

	code_format(code, status);
	detail_put_text(detail, key, code);
}

const char *
detail_end(struct detail *detail)
{
	append(detail, "}");
	return detail->is_cut ? "" : detail->text;
}
