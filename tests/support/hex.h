/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hex.h - bytes as hexadecimal text, for tests that read vectors.
 */
#ifndef IMEILOCK_TESTS_HEX_H
#define IMEILOCK_TESTS_HEX_H

#include "proto/bytes.h"

/*
 * Text in lower case as bytes, in buf.  What does not fit, or is not
 * hexadecimal, fails the cmocka test.
 */
struct bytes hex_bytes(uint8_t *buf, size_t size, const char *text);

/* Exactly len bytes. */
void hex_exact(void *out, size_t len, const char *text);

#endif
