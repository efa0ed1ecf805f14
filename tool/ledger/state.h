/* SPDX-License-Identifier: Apache-2.0 */
/*
 * state.h - the names that states, classes and codes have in a ledger.
 *
 * For every store: what a ledger holds reads the same in each.
 */
#ifndef IMEILOCK_TOOL_LEDGER_STATE_H
#define IMEILOCK_TOOL_LEDGER_STATE_H

#include "ledger/ledger.h"

/* 0 when text names no state. */
enum number_state number_state_parse(const char *text);

/* "development" or "production"; "" for anything else. */
const char *class_name(enum dev_class class);
enum dev_class class_parse(const char *text);

/* "LE09": the module's letters and the index, as docs and screens have it;
 * "OK" for ST_OK. */
#define CODE_LEN 6 /* with NUL */
void code_format(char out[CODE_LEN], enum status status);
/* ST_LEDGER_FAILED when text is no code of this version. */
enum status code_parse(const char *text);

/* True when a unit may have a number in this state and still go on. */
bool number_state_is_live(enum number_state state);

#endif
