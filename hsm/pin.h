/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pin.h - a PIN in memory that is locked, left out of dumps, and wiped.
 */
#ifndef IMEILOCK_HSM_PIN_H
#define IMEILOCK_HSM_PIN_H

#include "hsm/token.h"

struct pin;

/*
 * Read from fd to the first newline or the end, byte by byte so that nothing
 * behind it is taken.
 *   ST_HSM_PIN_ABSENT  empty, longer than TOKEN_PIN_MAX, or with a NUL in it
 *   ST_STATION_MEMORY  no memory can be locked
 */
MUST_CHECK enum status pin_read(struct pin **out, int fd);

/* A copy of text; the same codes. */
MUST_CHECK enum status pin_copy(struct pin **out, const char *text);

const char *pin_text(const struct pin *pin); /* ends in NUL */
void pin_close(struct pin *pin);	     /* wipes; NULL is allowed */

#endif
