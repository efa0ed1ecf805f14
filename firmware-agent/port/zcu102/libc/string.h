/* SPDX-License-Identifier: Apache-2.0 */
/*
 * string.h - the part of the C library's header that this port has; the
 * functions are in ../string.c.  strcmp is named by parts of Mbed TLS that are
 * not linked, and does not exist.
 */
#ifndef IMEILOCK_ZCU102_STRING_H
#define IMEILOCK_ZCU102_STRING_H

#include <stddef.h>

void *memcpy(void *restrict to, const void *restrict from, size_t len);
void *memmove(void *to, const void *from, size_t len);
void *memset(void *to, int value, size_t len);
int memcmp(const void *a, const void *b, size_t len);
void *memchr(const void *in, int value, size_t len);
size_t strlen(const char *text);
int strcmp(const char *a, const char *b);

#endif
