/* SPDX-License-Identifier: Apache-2.0 */
/*
 * detail.h - the detail of an event: one flat JSON object, as text.
 *
 * Texts are escaped here and nowhere else.  What does not fit leaves a text
 * that is not JSON, so the ledger refuses the event.
 */
#ifndef IMEILOCK_TOOL_LEDGER_DETAIL_H
#define IMEILOCK_TOOL_LEDGER_DETAIL_H

#include "ledger/ledger.h"

#define DETAIL_MAX 2047

struct detail {
	char text[DETAIL_MAX + 1];
	size_t len;
	bool is_cut;
};

void detail_init(struct detail *detail);
void detail_put_text(struct detail *detail, const char *key, const char *text);
void detail_put_uint(struct detail *detail, const char *key, uint64_t value);
void detail_put_hex(struct detail *detail, const char *key, struct bytes value);
/* SHA-256 of object, in hexadecimal. */
MUST_CHECK enum status detail_put_hash(struct detail *detail, const char *key,
				       struct bytes object);
/* Fourteen digits. */
void detail_put_imei(struct detail *detail, const char *key, struct imei imei);
/* A list of IMEIs in the order of the slots. */
void detail_put_identity(struct detail *detail, const char *key,
			 const struct identity *identity);
void detail_put_code(struct detail *detail, const char *key,
		     enum status status);
/* The finished text, which belongs to detail. */
const char *detail_end(struct detail *detail);

#endif
