/* SPDX-License-Identifier: Apache-2.0 */
#include "port/virtual/otp_model.h"

#include <stdlib.h>

/* strtoul alone would take signs and spaces. */
static bool
parse_number(unsigned int *out, const char **text, unsigned int max)
{
	unsigned long value;
	char *end;

	if (**text < '0' || **text > '9')
		return false;
	value = strtoul(*text, &end, 10);
	*text = end;
	*out = (unsigned int)value;
	return value <= max;
}

static bool
starts_with(const char **text, const char *start)
{
	size_t len = strlen(start);

	if (strncmp(*text, start, len) != 0)
		return false;
	*text += len;
	return true;
}

static bool
parse_lock(struct otp_traits *traits, const char **text)
{
	enum otp_lock_kind kind;
	unsigned int unit;

	if (starts_with(text, "stuck-open"))
		kind = OTP_LOCK_STUCK_OPEN;
	else if (starts_with(text, "lies"))
		kind = OTP_LOCK_LIES;
	else if (starts_with(text, "fades"))
		kind = OTP_LOCK_FADES;
	else
		return false;
	if (starts_with(text, "@")) {
		if (!parse_number(&unit, text, OTP_LOCK_UNITS - 1))
			return false;
		traits->lock[unit] = kind;
		return true;
	}
	for (unit = 0; unit < OTP_LOCK_UNITS; unit++)
		traits->lock[unit] = kind;
	return true;
}

static bool
parse_fuse(struct otp_traits *traits, const char **text)
{
	if (starts_with(text, "lies"))
		traits->fuse = OTP_FUSE_LIES;
	else if (starts_with(text, "refuses"))
		traits->fuse = OTP_FUSE_REFUSES;
	else if (starts_with(text, "denies"))
		traits->fuse = OTP_FUSE_DENIES;
	else
		return false;
	return true;
}

static bool
parse_health(struct otp_traits *traits, const char **text,
	     enum word_health health)
{
	unsigned int word;

	if (!parse_number(&word, text, IMAGE_WORDS - 1))
		return false;
	traits->word[word].health = health;
	return true;
}

static bool
parse_cell(struct otp_traits *traits, const char **text,
	   enum otp_cell_fault fault)
{
	unsigned int word, column;

	if (!parse_number(&word, text, IMAGE_WORDS - 1) ||
	    !starts_with(text, ".") || !parse_number(&column, text, 31))
		return false;
	traits->word[word].cells[fault] |= UINT32_C(1) << column;
	return true;
}

static bool
parse_item(struct otp_traits *traits, const char **text)
{
	if (starts_with(text, "lock="))
		return parse_lock(traits, text);
	if (starts_with(text, "fuse="))
		return parse_fuse(traits, text);
	if (starts_with(text, "lie@"))
		return parse_number(&traits->lie_at, text, UINT32_MAX);
	if (starts_with(text, "deny@"))
		return parse_number(&traits->deny_at, text, UINT32_MAX);
	if (starts_with(text, "corrected="))
		return parse_health(traits, text, WORD_CORRECTED);
	if (starts_with(text, "unreadable="))
		return parse_health(traits, text, WORD_UNREADABLE);
	if (starts_with(text, "spoils")) {
		traits->is_spoiling = true;
		return true;
	}
	if (starts_with(text, "store-full")) {
		traits->is_store_full = true;
		return true;
	}
	if (starts_with(text, "stuck-blank="))
		return parse_cell(traits, text, OTP_STUCK_BLANK);
	if (starts_with(text, "stuck-burnt="))
		return parse_cell(traits, text, OTP_STUCK_BURNT);
	if (starts_with(text, "weak="))
		return parse_cell(traits, text, OTP_WEAK);
	return false;
}

enum status
otp_traits_parse(struct otp_traits *traits, const char *text)
{
	if (*text == '\0')
		return ST_OK;
	do {
		if (!parse_item(traits, &text))
			return ST_USAGE;
	} while (starts_with(&text, ","));
	return *text == '\0' ? ST_OK : ST_USAGE;
}
