/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/state.h"

#include <stdio.h>

static const char *const state_names[NUMBER_STATES] = {
	[NUMBER_FREE] = "free",		[NUMBER_LEASED] = "leased",
	[NUMBER_RESERVED] = "reserved", [NUMBER_TICKETED] = "ticketed",
	[NUMBER_WRITTEN] = "written",	[NUMBER_LOCKED] = "locked",
	[NUMBER_VERIFIED] = "verified", [NUMBER_QUARANTINED] = "quarantined",
	[NUMBER_SCRAPPED] = "scrapped",
};

const char *
number_state_name(enum number_state state)
{
	if (state < NUMBER_FREE || state >= NUMBER_STATES)
		return "unknown";
	return state_names[state];
}

enum number_state
number_state_parse(const char *text)
{
	for (int i = NUMBER_FREE; i < NUMBER_STATES; i++)
		if (strcmp(state_names[i], text) == 0)
			return (enum number_state)i;
	return (enum number_state)0;
}

bool
ledger_is_board(const char *text)
{
	size_t len = strlen(text);

	for (size_t i = 0; i < len; i++)
		if (text[i] < ' ' || text[i] > '~')
			return false;
	return len >= 1 && len <= BOARD_MAX && text[0] != ' ' &&
	       text[len - 1] != ' ';
}

bool
number_state_is_live(enum number_state state)
{
	return state >= NUMBER_TICKETED && state <= NUMBER_VERIFIED;
}

const char *class_name(enum dev_class class)
{
	if (class == CLASS_DEVELOPMENT)
		return "development";
	return class == CLASS_PRODUCTION ? "production" : "";
}

enum dev_class
class_parse(const char *text)
{
	if (strcmp(text, "development") == 0)
		return CLASS_DEVELOPMENT;
	return strcmp(text, "production") == 0 ? CLASS_PRODUCTION : CLASS_NONE;
}

void
code_format(char out[CODE_LEN], enum status status)
{
	unsigned int value = (unsigned int)status;

	if (status == ST_OK) {
		memcpy(out, "OK", sizeof("OK"));
		return;
	}
	(void)snprintf(out, CODE_LEN, "%c%c%02u", (char)(value >> 24),
		       (char)(value >> 16 & 0x7f), value >> 8 & 0x7f);
}

enum status
code_parse(const char *text)
{
	static const enum status all[] = {ST_OK,
#define X(name, a, b, index, class, sentence) ST_##name,
					  STATUS_LIST(X)
#undef X
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		char code[CODE_LEN];

		code_format(code, all[i]);
		if (strcmp(code, text) == 0)
			return all[i];
	}
	return ST_LEDGER_FAILED;
}
