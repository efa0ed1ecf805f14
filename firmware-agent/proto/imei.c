/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/imei.h"

#include "proto/imei_digits.h"

#define SNR_COUNT 1000000u
#define URN_PREFIX "urn:gsma:imei:"
#define URN_PREFIX_LEN (sizeof(URN_PREFIX) - 1)

bool
imei_is_valid(struct imei imei)
{
	return imei.body >= 1 && imei.body <= IMEI_BODY_MAX;
}

struct imei
imei_of(uint32_t tac, uint32_t snr)
{
	if (tac > IMEI_TAC_MAX || snr > IMEI_SNR_MAX || (tac | snr) == 0)
		return IMEI_NONE;
	return (struct imei){(uint64_t)tac * SNR_COUNT + snr};
}

uint32_t
imei_tac(struct imei imei)
{
	return (uint32_t)(imei.body / SNR_COUNT);
}

uint32_t
imei_snr(struct imei imei)
{
	return (uint32_t)(imei.body % SNR_COUNT);
}

void
imei_digits(uint8_t out[IMEI_BODY_LEN], struct imei imei)
{
	uint64_t rest = imei.body;

	memset(out, IMEI_NO_DIGIT, IMEI_BODY_LEN);
	if (!imei_is_valid(imei))
		return;
	for (unsigned int i = IMEI_BODY_LEN; i-- > 0; rest /= 10)
		out[i] = (uint8_t)(rest % 10);
}

enum status
imei_of_digits(struct imei *out, const uint8_t digit[IMEI_BODY_LEN])
{
	uint64_t body = 0;

	*out = IMEI_NONE;
	for (unsigned int i = 0; i < IMEI_BODY_LEN; i++) {
		if (digit[i] > 9)
			return ST_IMEI_FORMAT;
		body = body * 10 + digit[i];
	}
	if (body == 0)
		return ST_IMEI_ZERO;
	out->body = body;
	return ST_OK;
}

unsigned int
imei_check_digit(struct imei imei)
{
	uint8_t digit[IMEI_BODY_LEN];
	unsigned int sum = 0;

	imei_digits(digit, imei);
	for (unsigned int i = 0; i < IMEI_BODY_LEN; i += 2)
		sum += digit[i];
	for (unsigned int i = 1; i < IMEI_BODY_LEN; i += 2)
		sum += digit[i] * 2u / 10 + digit[i] * 2u % 10;
	return (10 - sum % 10) % 10;
}

enum status
imei_of_all_digits(struct imei *out, enum imei_form *form,
		   const uint8_t digit[IMEI_LEN])
{
	uint8_t last = digit[IMEI_BODY_LEN];
	enum status status = imei_of_digits(out, digit);

	*form = IMEI_FORM_CHECK;
	if (status != ST_OK)
		return status;
	if (last == imei_check_digit(*out))
		return ST_OK;
	if (last == 0) {
		*form = IMEI_FORM_SPARE;
		return ST_OK;
	}
	*out = IMEI_NONE;
	return last > 9 ? ST_IMEI_FORMAT : ST_IMEI_CHECK;
}

static unsigned int
reporting_body(struct imei imei)
{
	return imei_tac(imei) / 1000000;
}

bool
imei_is_test(struct imei imei)
{
	unsigned int body = reporting_body(imei);

	return body == 0 || (body >= 2 && body <= 9);
}

bool
imei_is_known_rbi(struct imei imei)
{
	unsigned int body = reporting_body(imei);

	return body == 1 || body == 35 || body == 86 || body == 99;
}

/* ------------------------------------------------------------- parsing */

static bool
digits_of_text(uint8_t *out, const char *text, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (text[i] < '0' || text[i] > '9')
			return false;
		out[i] = (uint8_t)(text[i] - '0');
	}
	return true;
}

enum status
imei_parse_network(struct imei *out, enum imei_form *form, const char *text,
		   size_t len)
{
	uint8_t digit[IMEI_LEN];

	*out = IMEI_NONE;
	*form = IMEI_FORM_CHECK;
	if (len != IMEI_LEN || !digits_of_text(digit, text, IMEI_LEN))
		return ST_IMEI_FORMAT;
	return imei_of_all_digits(out, form, digit);
}

enum status
imei_parse(struct imei *out, const char *text, size_t len)
{
	enum imei_form form;
	enum status status = imei_parse_network(out, &form, text, len);

	if (status != ST_OK || form == IMEI_FORM_CHECK)
		return status;
	*out = IMEI_NONE;
	return ST_IMEI_SPARE;
}

enum status
imei_parse_body(struct imei *out, const char *text, size_t len)
{
	uint8_t digit[IMEI_BODY_LEN];

	*out = IMEI_NONE;
	if (len != IMEI_BODY_LEN || !digits_of_text(digit, text, len))
		return ST_IMEI_FORMAT;
	return imei_of_digits(out, digit);
}

enum status
imei_parse_presentation(struct imei *out, const char *text, size_t len)
{
	char plain[IMEI_LEN];

	*out = IMEI_NONE;
	if (len != IMEI_PRESENTATION_LEN || text[2] != '-' || text[9] != '-' ||
	    text[16] != '-')
		return ST_IMEI_FORMAT;
	memcpy(plain, text, 2);
	memcpy(plain + 2, text + 3, 6);
	memcpy(plain + 8, text + 10, 6);
	plain[14] = text[17];
	return imei_parse(out, plain, sizeof(plain));
}

enum status
imei_parse_urn(struct imei *out, const char *text, size_t len)
{
	const char *number = text + URN_PREFIX_LEN;
	char plain[IMEI_BODY_LEN];

	*out = IMEI_NONE;
	if (len != IMEI_URN_LEN - 1 ||
	    memcmp(text, URN_PREFIX, URN_PREFIX_LEN) != 0 ||
	    memcmp(number + 15, "-0", 2) != 0 || number[8] != '-')
		return ST_IMEI_FORMAT;
	memcpy(plain, number, 8);
	memcpy(plain + 8, number + 9, 6);
	return imei_parse_body(out, plain, sizeof(plain));
}

enum status
imeisv_parse(struct imeisv *out, const char *text, size_t len)
{
	uint8_t digit[IMEISV_LEN];

	*out = (struct imeisv){IMEI_NONE, 0};
	if (len != IMEISV_LEN || !digits_of_text(digit, text, len))
		return ST_IMEI_FORMAT;
	return imeisv_of_digits(out, digit);
}

enum status
imeisv_of_digits(struct imeisv *out, const uint8_t digit[IMEISV_LEN])
{
	unsigned int svn = digit[14] * 10u + digit[15];
	enum status status = imei_of_digits(&out->imei, digit);

	out->svn = 0;
	if (status != ST_OK)
		return status;
	if (digit[14] <= 9 && digit[15] <= 9 && svn <= IMEI_SVN_MAX) {
		out->svn = (uint8_t)svn;
		return ST_OK;
	}
	out->imei = IMEI_NONE;
	return digit[14] > 9 || digit[15] > 9 ? ST_IMEI_FORMAT : ST_IMEI_SVN;
}

/* ---------------------------------------------------------- formatting */

/* Digits first to last - 1 of the fifteen; returns where the text ends. */
static char *
text_of_digits(char *out, struct imei imei, unsigned int first,
	       unsigned int last)
{
	uint8_t digit[IMEI_LEN];

	imei_digits(digit, imei);
	digit[IMEI_BODY_LEN] = (uint8_t)imei_check_digit(imei);
	for (unsigned int i = first; i < last; i++)
		*out++ = (char)('0' + digit[i]);
	*out = '\0';
	return out;
}

void
imei_format(char out[IMEI_LEN + 1], struct imei imei)
{
	out[0] = '\0';
	if (imei_is_valid(imei))
		(void)text_of_digits(out, imei, 0, IMEI_LEN);
}

void
imei_format_body(char out[IMEI_BODY_LEN + 1], struct imei imei)
{
	out[0] = '\0';
	if (imei_is_valid(imei))
		(void)text_of_digits(out, imei, 0, IMEI_BODY_LEN);
}

void
imei_format_presentation(char out[IMEI_PRESENTATION_LEN + 1], struct imei imei)
{
	out[0] = '\0';
	if (!imei_is_valid(imei))
		return;
	out = text_of_digits(out, imei, 0, 2);
	*out++ = '-';
	out = text_of_digits(out, imei, 2, 8);
	*out++ = '-';
	out = text_of_digits(out, imei, 8, 14);
	*out++ = '-';
	(void)text_of_digits(out, imei, 14, 15);
}

void
imei_format_masked(char out[IMEI_MASKED_LEN + 1], struct imei imei)
{
	imei_format(out, imei);
	if (imei_is_valid(imei))
		memset(out + IMEI_TAC_LEN, '*', IMEI_LEN - IMEI_TAC_LEN - 2);
}

void
imei_format_urn(char out[IMEI_URN_LEN], struct imei imei)
{
	out[0] = '\0';
	if (!imei_is_valid(imei))
		return;
	memcpy(out, URN_PREFIX, URN_PREFIX_LEN);
	out = text_of_digits(out + URN_PREFIX_LEN, imei, 0, 8);
	*out++ = '-';
	out = text_of_digits(out, imei, 8, 14);
	memcpy(out, "-0", 3);
}

void
imeisv_format(char out[IMEISV_LEN + 1], struct imeisv sv)
{
	out[0] = '\0';
	if (!imei_is_valid(sv.imei) || sv.svn > IMEI_SVN_MAX)
		return;
	out = text_of_digits(out, sv.imei, 0, IMEI_BODY_LEN);
	*out++ = (char)('0' + sv.svn / 10);
	*out++ = (char)('0' + sv.svn % 10);
	*out = '\0';
}
