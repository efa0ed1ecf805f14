/* SPDX-License-Identifier: Apache-2.0 */
#include "boot/boot.h"

static void
append(char *out, size_t *len, const char *text)
{
	while (*text != '\0' && *len < AT_ANSWER_MAX)
		out[(*len)++] = *text++;
}

static void
append_digits(char *out, size_t *len, const uint8_t mi[IMEI_MI_LEN],
	      unsigned int count)
{
	for (unsigned int i = 0; i < count; i++) {
		unsigned int half = (i + 1) % 2; /* digit 1 is the high one */
		unsigned int nibble = mi[(i + 1) / 2] >> (half * 4) & 0xf;
		char one[2] = {(char)('0' + nibble), '\0'};

		append(out, len, one);
	}
}

/* +CGSN of one kind; false if there is nothing to show. */
static bool
answer_cgsn(char *out, size_t *len, const struct port *port, unsigned int slot,
	    char kind)
{
	uint8_t mi[IMEI_MI_LEN];

	if (kind != '3' && boot_decode(mi, port, slot) != ST_OK)
		return false;
	append(out, len, "\r\n");
	switch (kind) {
	case '1':
		append(out, len, "+CGSN: \"");
		append_digits(out, len, mi, IMEI_LEN);
		append(out, len, "\"");
		break;
	case '2':
		append(out, len, "+CGSN: \"");
		append_digits(out, len, mi, IMEI_BODY_LEN);
		append(out, len, "00\"");
		break;
	case '3':
		append(out, len, "+CGSN: \"00\"");
		break;
	default:
		append_digits(out, len, mi, IMEI_LEN);
		break;
	}
	append(out, len, "\r\n");
	return true;
}

static bool
is_line(struct bytes line, const char *text)
{
	return bytes_equal(line, text_bytes(text));
}

static bool
answer(char *out, size_t *len, const struct port *port, unsigned int slot,
       struct bytes line)
{
	static const char get[] = "AT+CGSN";
	static const char set[] = "AT+CGSN=";

	if (is_line(line, "AT") || is_line(line, "ATE0"))
		return true;
	if (is_line(line, "AT+CGSN=?")) {
		append(out, len, "\r\n+CGSN: (0-3)\r\n");
		return true;
	}
	if (is_line(line, get))
		return answer_cgsn(out, len, port, slot, '0');
	if (line.len == sizeof(set) &&
	    memcmp(line.ptr, set, sizeof(set) - 1) == 0 &&
	    line.ptr[line.len - 1] >= '0' && line.ptr[line.len - 1] <= '3')
		return answer_cgsn(out, len, port, slot,
				   (char)line.ptr[line.len - 1]);
	return false;
}

void
at_answer(char out[AT_ANSWER_MAX], size_t *len, const struct port *port,
	  unsigned int slot, struct bytes line)
{
	*len = 0;
	if (answer(out, len, port, slot, line))
		append(out, len, "\r\nOK\r\n");
	else
		append(out, len, "\r\nERROR\r\n");
}

bool
at_reader_take(struct at_reader *reader, uint8_t byte, struct bytes *line)
{
	size_t len = reader->len;

	*line = bytes_of(reader->buf, 0);
	if (byte == '\n')
		return false;
	if (byte != '\r') {
		reader->is_too_long = len == sizeof(reader->buf);
		if (!reader->is_too_long)
			reader->buf[reader->len++] = byte;
		return false;
	}
	if (!reader->is_too_long)
		line->len = len;
	reader->len = 0;
	reader->is_too_long = false;
	return len > 0;
}
