/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The second way from fuses to digits.  It shares no code with image.c on
 * purpose, and it depends on nothing but one slot's own words.
 */
#include "boot/boot.h"

#define SLOT_FIRST_WORD 28 /* behind secret (22 words) and header (6) */
#define SLOT_COPY_WORDS 5
#define DIGITS IMEI_BODY_LEN

/* The seven digits of one pair; false unless it is whole. */
static bool
digits_of_pair(uint8_t *digit, uint32_t word, uint32_t complement)
{
	if ((word ^ complement) != UINT32_C(0xffffffff) || word >> 28 != 5)
		return false;
	for (int i = 6; i >= 0; i--, word >>= 4) {
		digit[i] = (uint8_t)(word & 0xf);
		if (digit[i] > 9)
			return false;
	}
	return true;
}

static enum status
digits_of_copy(uint8_t digit[DIGITS], bool *is_good, const struct port *port,
	       unsigned int first)
{
	uint32_t cell[SLOT_COPY_WORDS];

	*is_good = true;
	for (unsigned int i = 0; i < SLOT_COPY_WORDS; i++) {
		enum word_health health = WORD_UNREADABLE;
		enum status st =
			port->otp_read(port->ctx, first + i, &cell[i], &health);

		if (st == ST_PORT_POWER)
			return st;
		*is_good &= st == ST_OK && health != WORD_UNREADABLE;
	}
	if (!*is_good)
		return ST_OK;
	*is_good = cell[0] == 0 && digits_of_pair(digit, cell[1], cell[2]) &&
		   digits_of_pair(digit + 7, cell[3], cell[4]) &&
		   !bytes_are(bytes_of(digit, DIGITS), 0);
	return ST_OK;
}

static void
to_mobile_identity(uint8_t mi[IMEI_MI_LEN], const uint8_t digit[DIGITS])
{
	unsigned int sum = 0;
	unsigned int check;

	for (unsigned int i = 0; i < DIGITS; i++) {
		unsigned int value = digit[i] * (i % 2 == 1 ? 2u : 1u);

		sum += value / 10 + value % 10;
	}
	check = (10 - sum % 10) % 10;
	mi[0] = (uint8_t)(digit[0] << 4 | 0x8 | 0x2);
	for (unsigned int i = 1; i < IMEI_MI_LEN - 1; i++)
		mi[i] = (uint8_t)(digit[2 * i] << 4 | digit[2 * i - 1]);
	mi[IMEI_MI_LEN - 1] = (uint8_t)(check << 4 | digit[DIGITS - 1]);
}

enum status
boot_decode(uint8_t mi[IMEI_MI_LEN], const struct port *port, unsigned int slot)
{
	unsigned int first = SLOT_FIRST_WORD + slot * 2 * SLOT_COPY_WORDS;
	uint8_t a[DIGITS], b[DIGITS];
	bool has_a, has_b;
	enum status st;

	memset(mi, 0, IMEI_MI_LEN);
	if (slot >= SLOTS_MAX)
		return ST_AGENT_STATE;
	st = digits_of_copy(a, &has_a, port, first);
	if (st != ST_OK)
		return st;
	st = digits_of_copy(b, &has_b, port, first + SLOT_COPY_WORDS);
	if (st != ST_OK)
		return st;
	if (!has_a && !has_b)
		return ST_AGENT_STATE;
	if (has_a && has_b && memcmp(a, b, sizeof(a)) != 0)
		return ST_OTP_VOID;
	to_mobile_identity(mi, has_a ? a : b);
	return ST_OK;
}
