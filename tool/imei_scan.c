/* SPDX-License-Identifier: Apache-2.0 */
#include "tool/imei_scan.h"

#include <endian.h>

/* The same byte in all eight places of a word. */
#define ALL(byte) (UINT64_C(0x0101010101010101) * (byte))
#define LINE_LEN (IMEI_LEN + 1) /* with LF: two words */
#define LINE_ROOM (LINE_LEN + 1)

/* Eight characters as a number whose lowest byte is the first. */
static uint64_t
load(const char *text)
{
	uint64_t word;

	memcpy(&word, text, sizeof(word));
	return le64toh(word);
}

/* Not zero if a byte is above 9. */
static uint64_t
above_nine(uint64_t values)
{
	return (((values & ALL(0x7f)) + ALL(0x76)) | values) & ALL(0x80);
}

/* The number that eight digit values are: pairs, then fours, then all. */
static uint32_t
number_of(uint64_t values)
{
	values = values * (10 * 256 + 1) >> 8 & UINT64_C(0x00ff00ff00ff00ff);
	values = values * (100 * 65536 + 1) >> 16 &
		 UINT64_C(0x0000ffff0000ffff);
	return (uint32_t)(values * ((UINT64_C(10000) << 32) + 1) >> 32);
}

/* What eight digit values give to the sum of TS 23.003 annex B, in four parts
 * of 16 bits: the second of each pair counts double, less 9 if that has two
 * digits. */
static uint64_t
luhn_parts(uint64_t values)
{
	uint64_t single = values & UINT64_C(0x00ff00ff00ff00ff);
	uint64_t twice = values >> 8 & UINT64_C(0x00ff00ff00ff00ff);
	uint64_t is_long = (twice + UINT64_C(0x000b000b000b000b)) >> 4 &
			   UINT64_C(0x0001000100010001);

	return single + 2 * twice - 9 * is_long;
}

/* Length of the line at text, with its end; 0 if it is for imei_parse. */
static size_t
scan_line(struct imei *out, const char *text)
{
	uint64_t first = load(text) ^ ALL('0');
	uint64_t rest = load(text + 8) ^ ALL('0');
	uint64_t sum;
	size_t len = LINE_LEN + (text[IMEI_LEN] == '\r');

	/* the sixteenth byte is no digit */
	rest &= UINT64_MAX >> 8;
	sum = (luhn_parts(first) + luhn_parts(rest)) *
		      UINT64_C(0x0001000100010001) >>
	      48;
	/* the serial number's six digits, behind two zeros */
	*out = imei_of(number_of(first), number_of(rest << 16));
	return (above_nine(first) | above_nine(rest)) == 0 &&
			       text[len - 1] == '\n' && sum % 10 == 0 &&
			       imei_is_valid(*out)
		       ? len
		       : 0;
}

size_t
imei_scan(struct imei *out, size_t max, const char **text, const char *end)
{
	const char *next = *text;
	size_t count = 0;

	while (count < max && end - next >= LINE_ROOM) {
		size_t len = scan_line(&out[count], next);

		if (len == 0)
			break;
		next += len;
		count++;
	}
	*text = next;
	return count;
}
