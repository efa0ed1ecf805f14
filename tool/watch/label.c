/* SPDX-License-Identifier: Apache-2.0 */
#include "watch/label.h"

#include <strings.h>

#define SEPARATORS " \t,;"
#define SLOT_WORD 5 /* bytes of "SLOT-" */

static bool
is_slot(const char *text)
{
	return strncasecmp(text, "slot", SLOT_WORD - 1) == 0 &&
	       (text[SLOT_WORD - 1] == '-' || text[SLOT_WORD - 1] == ':');
}

/* One or two digits to the end, but for spaces. */
static enum status
parse_slot(int *out, const char *text)
{
	size_t digits = strspn(text, "0123456789");
	int slot = 0;

	for (size_t i = 0; i < digits && digits <= 2; i++)
		slot = 10 * slot + (text[i] - '0');
	if (slot < 1 || text[digits + strspn(text + digits, SEPARATORS)] != 0)
		return ST_STATION_SCAN;
	*out = slot;
	return ST_OK;
}

enum status
label_add(struct ledger_label *label, struct imei number)
{
	unsigned int at = label->count;

	for (unsigned int i = 0; i < label->count; i++)
		if (label->number[i].body == number.body)
			return ST_OK;
	if (label->count == SLOTS_MAX)
		return ST_LEDGER_LABEL_PAIR;
	for (; at > 0 && label->number[at - 1].body > number.body; at--)
		label->number[at] = label->number[at - 1];
	label->number[at] = number;
	label->count++;
	return ST_OK;
}

static enum status
parse_numbers(struct ledger_label *label, const char *text)
{
	enum status st = ST_OK;

	while (st == ST_OK && text[0] != '\0') {
		size_t len = strcspn(text, SEPARATORS);
		struct imei number;

		if (strspn(text, "0123456789") < len)
			return ST_STATION_SCAN;
		st = imei_parse(&number, text, len);
		if (st == ST_OK)
			st = label_add(label, number);
		text += len;
		text += strspn(text, SEPARATORS);
	}
	return st;
}

enum status
label_parse(struct label_scan *out, const char *text)
{
	enum status st;

	memset(out, 0, sizeof(*out));
	text += strspn(text, SEPARATORS);
	if (text[0] == '\0')
		return ST_STATION_SCAN;
	st = is_slot(text) ? parse_slot(&out->slot, text + SLOT_WORD)
			   : parse_numbers(&out->label, text);
	if (st != ST_OK)
		memset(out, 0, sizeof(*out));
	return st;
}

bool
label_is_of(const struct ledger_label *label, const struct identity *identity)
{
	for (unsigned int i = 0; i < label->count; i++)
		if (identity->slot[i].body != label->number[i].body)
			return false;
	return label->count > 0;
}

bool
label_is_part_of(const struct ledger_label *label,
		 const struct identity *identity)
{
	unsigned int known = 0;

	for (unsigned int i = 0; i < label->count; i++)
		for (unsigned int j = 0; j < SLOTS_MAX; j++)
			known += imei_is_valid(identity->slot[j]) &&
				 identity->slot[j].body ==
					 label->number[i].body;
	return label->count > 0 && known == label->count;
}

const char *
label_lines_take(struct label_lines *lines, char byte)
{
	if (byte != '\r' && byte != '\n') {
		if (lines->len < LABEL_LINE_MAX)
			lines->text[lines->len++] = byte == '\0' ? '?' : byte;
		return NULL;
	}
	if (lines->len == 0)
		return NULL;
	lines->text[lines->len] = '\0';
	lines->len = 0;
	return lines->text;
}
