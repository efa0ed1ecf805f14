/* SPDX-License-Identifier: Apache-2.0 */
/*
 * text.h - what codes and states are called for people.
 *
 * The one place that expands proto/status_list.h into names and sentences.
 * Every function takes any value; what it does not know it calls so.  All but
 * the names of codes are in the language of lang.h.
 */
#ifndef IMEILOCK_TOOL_TEXT_H
#define IMEILOCK_TOOL_TEXT_H

#include "proto/msg.h"

/* Exit codes, and what the line does; a higher one is worse. */
enum verdict {
	VERDICT_GOOD = 0,
	VERDICT_USAGE = 1,
	VERDICT_RETRY = 2,
	VERDICT_REWORK = 3,
	VERDICT_STOP = 4,
	VERDICT_BUG = 5,
};

/*
 * ST_OK alone is good.  A code that is no outcome (class NONE), or no code at
 * all, is our bug.
 */
enum verdict verdict_of(enum status status);
/* "good", "run again", "red bin", "call the engineer", "our bug" */
const char *verdict_words(enum verdict verdict);
enum verdict verdict_worse(enum verdict a, enum verdict b);

/* "LEDGER_OPEN", "OK", "UNKNOWN" */
const char *status_name(enum status status);
/* The name of a code as ledgers have it, "LE09"; NULL if there is none. */
const char *status_name_of_code(const char *code);
/* What the operator does; one or more whole sentences. */
const char *status_sentence(enum status status);

const char *text_class(enum dev_class class);
/* CLASS_NONE when it is neither word. */
enum dev_class text_class_parse(const char *text);
const char *text_role(enum key_role role);
const char *text_device_state(enum device_state state);
const char *text_field(enum image_field field);
const char *text_field_state(enum field_state state);
const char *text_copy_state(enum copy_state state);
const char *text_word_kind(enum word_kind kind);
const char *text_origin(enum key_origin origin);
const char *text_canary(enum canary_result result);
const char *text_stored(enum stored stored);
/* dbgstat of RFC 9711 4.2.9 */
const char *text_debug(unsigned int debug);

#define TEXT_TIME_SIZE 24 /* "2025-01-31 23:59:59Z" and NUL */
/* Seconds since 1970, UTC; "?" when it is no time. */
void text_time(char out[TEXT_TIME_SIZE], uint64_t seconds);

/* Lower case; size is at least 2 * bytes.len + 1, or the text is cut. */
void text_hex(char *out, size_t size, struct bytes bytes);
/* False, and *len 0, unless text is an even number of hex digits that fit. */
MUST_CHECK bool text_hex_parse(uint8_t *out, size_t size, size_t *len,
			       const char *text);

#endif
