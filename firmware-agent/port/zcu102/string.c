/* SPDX-License-Identifier: Apache-2.0 */
#include <stdint.h>
#include <string.h>

/*
 * Plain loops.  Built with -fno-tree-loop-distribute-patterns, or the
 * compiler would see memcpy in memcpy and call it.
 */
void *
memcpy(void *restrict to, const void *restrict from, size_t len)
{
	uint8_t *t = to;
	const uint8_t *f = from;

	while (len-- > 0)
		*t++ = *f++;
	return to;
}

void *
memmove(void *to, const void *from, size_t len)
{
	uint8_t *t = to;
	const uint8_t *f = from;

	if ((uintptr_t)t <= (uintptr_t)f)
		return memcpy(to, from, len);
	while (len-- > 0)
		t[len] = f[len];
	return to;
}

void *
memset(void *to, int value, size_t len)
{
	uint8_t *t = to;

	while (len-- > 0)
		*t++ = (uint8_t)value;
	return to;
}

int
memcmp(const void *a, const void *b, size_t len)
{
	const uint8_t *x = a, *y = b;

	for (; len > 0; len--, x++, y++)
		if (*x != *y)
			return *x < *y ? -1 : 1;
	return 0;
}

void *
memchr(const void *in, int value, size_t len)
{
	/* The standard's own hole in const. */
	union {
		const uint8_t *from;
		uint8_t *to;
	} p = {.from = in};

	for (; len > 0; len--, p.from++)
		if (*p.from == (uint8_t)value)
			return p.to;
	return NULL;
}

size_t
strlen(const char *text)
{
	size_t len = 0;

	while (text[len] != '\0')
		len++;
	return len;
}
