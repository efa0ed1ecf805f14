/* SPDX-License-Identifier: Apache-2.0 */
#include "tool/slot_text.h"

#include "tool/lang.h"

static void
take_address(const struct argp_state *state, const char *name, char *out,
	     const char *text, size_t len)
{
	const char *why = "";

	if (len > ADDRESS_MAX) {
		cmd_refuse(state, "an address of %s is too long", name);
		return;
	}
	memcpy(out, text, len);
	out[len] = '\0';
	if (len > 0 && cmd_check_address(text, len, &why) != ST_OK)
		cmd_refuse(state, "%s", lang(why));
}

/* The text up to the next comma into out; what follows it, or NULL. */
static const char *
take_part(const struct argp_state *state, const char *name, const char *text,
	  char *out)
{
	const char *comma = strchr(text, ',');

	take_address(state, name, out, text,
		     comma != NULL ? (size_t)(comma - text) : strlen(text));
	return comma != NULL ? comma + 1 : NULL;
}

void
slot_text_parse(const struct argp_state *state, const char *name,
		struct station_slot *slot, const char *text)
{
	char number[8] = "";
	const char *equal = strchr(text, '=');

	memset(slot, 0, sizeof(*slot));
	if (equal == NULL || (size_t)(equal - text) >= sizeof(number)) {
		cmd_refuse(state, "%s is N=AGENT[,AT1[,AT2..]]", name);
		return;
	}
	memcpy(number, text, (size_t)(equal - text));
	slot->number = (int)cmd_number(state, lang("the number of a slot"),
				       number, 1, STATION_SLOTS_MAX);
	text = take_part(state, name, equal + 1, slot->unit.agent);
	for (unsigned int i = 0; text != NULL && i < SLOTS_MAX; i++)
		text = take_part(state, name, text, slot->unit.at[i]);
	if (text != NULL || slot->unit.agent[0] == '\0')
		cmd_refuse(state, "%s has one agent and at most %d AT ports",
			   name, SLOTS_MAX);
}

void
slot_text_address(const struct argp_state *state, const char *name,
		  char out[ADDRESS_MAX + 1], const char *text)
{
	if (text[0] == '\0')
		cmd_refuse(state, "%s is an address", name);
	take_address(state, name, out, text, strlen(text));
}

void
slot_text_row(struct output *out, const struct station_slot *slot)
{
	const char *at[SLOTS_MAX];
	size_t count = 0;

	for (unsigned int i = 0; i < SLOTS_MAX; i++)
		if (slot->unit.at[i][0] != '\0')
			at[count++] = slot->unit.at[i];
	row_uint(out, "slot", (uint64_t)slot->number);
	row_text(out, "agent", slot->unit.agent);
	row_list(out, "at_ports", at, count);
}
