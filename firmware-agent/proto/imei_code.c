/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/imei.h"
#include "proto/imei_digits.h"

#define UEID_TYPE_IMEI 0x03
#define MI_ODD 0x08 /* an odd number of digits */
#define BCD_DIGITS 7

/* Type bits of a mobile identity; 0 where the carrier has none. */
static unsigned int
imei_type(enum imei_carrier carrier)
{
	return carrier == IMEI_TS24008 ? 2 : 3;
}

static unsigned int
imeisv_type(enum imei_carrier carrier)
{
	if (carrier == IMEI_TS24008)
		return 3;
	return carrier == IMEI_TS24501 ? 5 : 0;
}

static uint8_t
nibbles(uint8_t high, uint8_t low)
{
	return (uint8_t)((high & 0x0f) << 4 | (low & 0x0f));
}

/* count is 15 or 16; an even count leaves a filler at the end. */
static void
mi_encode(uint8_t *out, unsigned int type, const uint8_t *digit,
	  unsigned int count)
{
	unsigned int odd = (count & 1) != 0 ? MI_ODD : 0;

	out[0] = nibbles(digit[0], (uint8_t)(odd | type));
	for (unsigned int i = 1; i < count; i += 2)
		out[(i + 1) / 2] = nibbles(
			i + 1 < count ? digit[i + 1] : IMEI_NO_DIGIT, digit[i]);
}

/* digit has room for count + 1: the filler is looked at there. */
static bool
mi_decode(uint8_t *digit, unsigned int count, unsigned int type,
	  struct bytes value)
{
	unsigned int odd = (count & 1) != 0 ? MI_ODD : 0;

	if (value.len != count / 2 + 1 ||
	    (value.ptr[0] & 0x0fu) != (odd | type))
		return false;
	digit[0] = value.ptr[0] >> 4;
	for (size_t i = 1; i < value.len; i++) {
		digit[2 * i - 1] = value.ptr[i] & 0x0f;
		digit[2 * i] = value.ptr[i] >> 4;
	}
	return odd != 0 || digit[count] == IMEI_NO_DIGIT;
}

void
imei_encode_mi(uint8_t out[IMEI_MI_LEN], enum imei_carrier carrier,
	       enum imei_form form, struct imei imei)
{
	uint8_t digit[IMEI_LEN];

	imei_digits(digit, imei);
	digit[IMEI_BODY_LEN] =
		form == IMEI_FORM_CHECK ? (uint8_t)imei_check_digit(imei) : 0;
	mi_encode(out, imei_type(carrier), digit, IMEI_LEN);
}

enum status
imei_decode_mi(struct imei *out, enum imei_form *form,
	       enum imei_carrier carrier, struct bytes value)
{
	uint8_t digit[IMEI_LEN + 1];

	*out = IMEI_NONE;
	*form = IMEI_FORM_CHECK;
	if (!mi_decode(digit, IMEI_LEN, imei_type(carrier), value))
		return ST_IMEI_FORMAT;
	return imei_of_all_digits(out, form, digit);
}

static void
imeisv_digits(uint8_t out[IMEISV_LEN], struct imeisv sv)
{
	imei_digits(out, sv.imei);
	out[IMEI_BODY_LEN] = sv.svn / 10;
	out[IMEI_BODY_LEN + 1] = sv.svn % 10;
	if (sv.svn > IMEI_SVN_MAX)
		memset(out, IMEI_NO_DIGIT, IMEISV_LEN);
}

enum status
imeisv_encode_mi(uint8_t out[IMEISV_MI_LEN], enum imei_carrier carrier,
		 struct imeisv sv)
{
	uint8_t digit[IMEISV_LEN];
	unsigned int type = imeisv_type(carrier);

	memset(out, 0, IMEISV_MI_LEN);
	if (type == 0)
		return ST_IMEI_CARRIER;
	imeisv_digits(digit, sv);
	mi_encode(out, type, digit, IMEISV_LEN);
	return ST_OK;
}

enum status
imeisv_decode_mi(struct imeisv *out, enum imei_carrier carrier,
		 struct bytes value)
{
	uint8_t digit[IMEISV_LEN + 1];
	unsigned int type = imeisv_type(carrier);

	*out = (struct imeisv){IMEI_NONE, 0};
	if (type == 0)
		return ST_IMEI_CARRIER;
	if (!mi_decode(digit, IMEISV_LEN, type, value))
		return ST_IMEI_FORMAT;
	return imeisv_of_digits(out, digit);
}

static void
tbcd_encode(uint8_t out[IMEI_TBCD_LEN], const uint8_t digit[IMEISV_LEN])
{
	for (unsigned int i = 0; i < IMEI_TBCD_LEN; i++)
		out[i] = nibbles(digit[2 * i + 1], digit[2 * i]);
}

static bool
tbcd_decode(uint8_t digit[IMEISV_LEN], struct bytes value)
{
	if (value.len != IMEI_TBCD_LEN)
		return false;
	for (unsigned int i = 0; i < IMEI_TBCD_LEN; i++) {
		digit[2 * i] = value.ptr[i] & 0x0f;
		digit[2 * i + 1] = value.ptr[i] >> 4;
	}
	return true;
}

void
imei_encode_tbcd(uint8_t out[IMEI_TBCD_LEN], struct imei imei)
{
	uint8_t digit[IMEISV_LEN];

	imei_digits(digit, imei);
	digit[IMEI_BODY_LEN] = 0;
	digit[IMEI_LEN] = IMEI_NO_DIGIT;
	tbcd_encode(out, digit);
}

void
imeisv_encode_tbcd(uint8_t out[IMEI_TBCD_LEN], struct imeisv sv)
{
	uint8_t digit[IMEISV_LEN];

	imeisv_digits(digit, sv);
	tbcd_encode(out, digit);
}

enum status
imei_decode_tbcd(struct imei *out, struct bytes value)
{
	uint8_t digit[IMEISV_LEN];

	*out = IMEI_NONE;
	if (!tbcd_decode(digit, value) || digit[IMEI_BODY_LEN] != 0 ||
	    digit[IMEI_LEN] != IMEI_NO_DIGIT)
		return ST_IMEI_FORMAT;
	return imei_of_digits(out, digit);
}

enum status
imeisv_decode_tbcd(struct imeisv *out, struct bytes value)
{
	uint8_t digit[IMEISV_LEN];

	*out = (struct imeisv){IMEI_NONE, 0};
	if (!tbcd_decode(digit, value))
		return ST_IMEI_FORMAT;
	return imeisv_of_digits(out, digit);
}

void
imei_encode_ueid(uint8_t out[IMEI_UEID_LEN], struct imei imei)
{
	out[0] = UEID_TYPE_IMEI;
	imei_digits(out + 1, imei);
}

enum status
imei_decode_ueid(struct imei *out, struct bytes ueid)
{
	*out = IMEI_NONE;
	if (ueid.len != IMEI_UEID_LEN || ueid.ptr[0] != UEID_TYPE_IMEI)
		return ST_IMEI_FORMAT;
	return imei_of_digits(out, ueid.ptr + 1);
}

uint32_t
imei_encode_bcd(struct imei imei, unsigned int half)
{
	uint8_t digit[IMEI_BODY_LEN];
	uint32_t word = 0;

	imei_digits(digit, imei);
	for (unsigned int i = 0; i < BCD_DIGITS; i++)
		word = word << 4 | digit[half * BCD_DIGITS + i];
	return word;
}

enum status
imei_decode_bcd(struct imei *out, uint32_t first, uint32_t second)
{
	uint8_t digit[IMEI_BODY_LEN];

	*out = IMEI_NONE;
	if (((first | second) >> (4 * BCD_DIGITS)) != 0)
		return ST_IMEI_FORMAT;
	for (unsigned int i = BCD_DIGITS; i-- > 0;) {
		digit[i] = first & 0x0f;
		digit[BCD_DIGITS + i] = second & 0x0f;
		first >>= 4;
		second >>= 4;
	}
	return imei_of_digits(out, digit);
}
