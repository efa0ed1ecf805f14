/* SPDX-License-Identifier: Apache-2.0 */
/*
 * slot_text.h - a slot of the station as it is typed and shown.
 */
#ifndef IMEILOCK_TOOL_SLOT_TEXT_H
#define IMEILOCK_TOOL_SLOT_TEXT_H

#include "tool/cmd.h"

/* What --help calls it. */
#define SLOT_TEXT_FORM "N=AGENT[,AT1..]"

/* Read N=AGENT[,AT1[,AT2..]]; argp_error with the argument's name otherwise. */
void slot_text_parse(const struct argp_state *state, const char *name,
		     struct station_slot *slot, const char *text);

/* One address, as it stands there. */
void slot_text_address(const struct argp_state *state, const char *name,
		       char out[ADDRESS_MAX + 1], const char *text);

/* Number, agent and AT ports, as part of a row. */
void slot_text_row(struct output *out, const struct station_slot *slot);

#endif
