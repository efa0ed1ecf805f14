/* SPDX-License-Identifier: Apache-2.0 */
#include "tool/diag.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static void put_item(FILE *to, struct cbor_in *in);

static void
put_hex(FILE *to, struct bytes bytes)
{
	(void)fputs("h'", to);
	for (size_t i = 0; i < bytes.len; i++)
		(void)fprintf(to, "%02x", (unsigned int)bytes.ptr[i]);
	(void)fputc('\'', to);
}

/* UTF-8 has been checked; quotes and control characters as JSON has them. */
static void
put_text(FILE *to, struct bytes text)
{
	(void)fputc('"', to);
	for (size_t i = 0; i < text.len; i++) {
		uint8_t c = text.ptr[i];

		if (c == '"' || c == '\\')
			(void)fprintf(to, "\\%c", c);
		else if (c < 0x20 || c == 0x7f)
			(void)fprintf(to, "\\u%04x", (unsigned int)c);
		else
			(void)fputc(c, to);
	}
	(void)fputc('"', to);
}

static void
put_array(FILE *to, struct cbor_in *in)
{
	size_t count = cbor_get_array(in);

	(void)fputc('[', to);
	for (size_t i = 0; i < count && in->status == ST_OK; i++) {
		(void)fputs(i > 0 ? ", " : "", to);
		put_item(to, in);
	}
	(void)fputc(']', to);
}

static void
put_map(FILE *to, struct cbor_in *in)
{
	size_t pairs = cbor_get_map(in);

	(void)fputc('{', to);
	for (size_t i = 0; i < pairs && in->status == ST_OK; i++) {
		(void)fputs(i > 0 ? ", " : "", to);
		put_item(to, in);
		(void)fputs(": ", to);
		put_item(to, in);
	}
	(void)fputc('}', to);
}

static void
put_tag(FILE *to, struct cbor_in *in)
{
	(void)fprintf(to, "%" PRIu64 "(", cbor_get_tag(in));
	put_item(to, in);
	(void)fputc(')', to);
}

/* Nested as deep as cbor_check lets it be. */
static void
put_item(FILE *to, struct cbor_in *in)
{
	switch (cbor_peek(in)) {
	case CBOR_UINT:
		(void)fprintf(to, "%" PRIu64, cbor_get_uint(in));
		break;
	case CBOR_NEGINT:
		(void)fprintf(to, "%" PRId64, cbor_get_int(in));
		break;
	case CBOR_BYTES:
		put_hex(to, cbor_get_bytes(in));
		break;
	case CBOR_TEXT:
		put_text(to, cbor_get_text(in));
		break;
	case CBOR_ARRAY:
		put_array(to, in);
		break;
	case CBOR_MAP:
		put_map(to, in);
		break;
	case CBOR_TAG:
		put_tag(to, in);
		break;
	case CBOR_BOOL:
		(void)fputs(cbor_get_bool(in) ? "true" : "false", to);
		break;
	case CBOR_NULL:
		cbor_get_null(in);
		(void)fputs("null", to);
		break;
	case CBOR_NONE:
	default:
		cbor_fail(in, ST_CBOR_FORMAT);
		break;
	}
}

enum status
diag_print(char **text, struct bytes cbor)
{
	struct cbor_in in;
	size_t len;
	FILE *to;
	enum status st;

	*text = NULL;
	to = open_memstream(text, &len);
	if (to == NULL)
		return ST_STATION_MEMORY;
	cbor_in_init(&in, cbor);
	if (in.status == ST_OK)
		put_item(to, &in);
	st = cbor_in_end(&in);
	if (fclose(to) != 0 && st == ST_OK)
		st = ST_STATION_MEMORY;
	if (st != ST_OK) {
		free(*text);
		*text = NULL;
	}
	return st;
}
