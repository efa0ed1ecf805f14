/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/decide.h"

/*
 * What the two comparisons must leave behind.  Each is reached in steps, so
 * that a comparison that was left out leaves another value; far apart from
 * each other, from their complements and from cleared memory.
 */
#define PASS_FIRST UINT32_C(0x5a3c96e1)
#define PASS_SECOND UINT32_C(0xc5691e5a)
#define STEP_LOW UINT32_C(0x1e3d0b57)
#define STEP_HIGH UINT32_C(0x2b74c9a6)

/*
 * Volatile all through: the compiler must not see that the second look cannot
 * differ from the first.
 */
static enum status
verdict(uint32_t first, uint32_t second, enum status otherwise)
{
	volatile uint32_t a = first;
	volatile uint32_t b = second;
	volatile enum status status = otherwise;

	if (a == PASS_FIRST && b == PASS_SECOND)
		status = ST_OK;
	if (~b != ~PASS_SECOND)
		status = otherwise;
	if (~a != ~PASS_FIRST)
		status = otherwise;
	if ((a ^ b) != (PASS_FIRST ^ PASS_SECOND))
		status = otherwise;
	return status;
}

/* Some bit of the result is set if one of wide is. */
static uint32_t
fold(uint64_t wide)
{
	return (uint32_t)wide | (uint32_t)(wide >> 32);
}

/* Forward; collects differences, which must stay 0. */
static uint32_t
equal_first(struct bytes a, struct bytes b)
{
	const volatile uint8_t *pa = a.ptr;
	const volatile uint8_t *pb = b.ptr;
	volatile uint64_t bad = 0;
	volatile size_t done = 0;

	while (done < a.len && done < b.len) {
		bad |= (uint64_t)(pa[done] ^ pb[done]);
		done++;
	}
	bad |= done ^ a.len;
	bad |= done ^ b.len;
	return PASS_FIRST ^ fold(bad);
}

/* Backward, against complements; collects agreement, which must stay whole. */
static uint32_t
equal_second(struct bytes a, struct bytes b)
{
	const volatile uint8_t *pa = a.ptr;
	const volatile uint8_t *pb = b.ptr;
	volatile uint32_t good = 0xff;
	volatile size_t left = a.len < b.len ? a.len : b.len;
	volatile size_t done = 0;
	volatile uint64_t bad = 0;

	while (left > 0) {
		volatile uint8_t inverse;

		left--;
		inverse = (uint8_t)~pb[left];
		good &= (uint32_t)(pa[left] ^ inverse);
		done++;
	}
	bad |= done ^ a.len;
	bad |= ~(uint64_t)done ^ ~(uint64_t)b.len;
	return PASS_SECOND ^ (fold(bad) | (good ^ 0xff));
}

enum status
decide_equal(struct bytes a, struct bytes b, enum status otherwise)
{
	uint32_t first = equal_first(a, b);
	uint32_t second = equal_second(a, b);

	return verdict(first, second, otherwise);
}

enum status
decide_within(uint64_t value, uint64_t first, uint64_t last,
	      enum status otherwise)
{
	volatile uint64_t v = value;
	volatile uint64_t inverse = ~value;
	volatile uint32_t a = PASS_FIRST - STEP_LOW - STEP_HIGH;
	volatile uint32_t b = PASS_SECOND + STEP_LOW + STEP_HIGH;

	if (v >= first)
		a += STEP_LOW;
	if (v <= last)
		a += STEP_HIGH;
	if (inverse >= ~last)
		b -= STEP_HIGH;
	if (inverse <= ~first)
		b -= STEP_LOW;
	return verdict(a, b, otherwise);
}

enum status
decide_state(unsigned int state, uint32_t allowed, enum status otherwise)
{
	volatile unsigned int s = state;
	volatile unsigned int inverse = ~state;
	volatile uint32_t permitted = allowed;
	volatile uint32_t refused = ~allowed;
	volatile uint32_t a = PASS_FIRST - STEP_LOW - STEP_HIGH;
	volatile uint32_t b = PASS_SECOND + STEP_LOW + STEP_HIGH;

	if (s < 32)
		a += STEP_LOW;
	if ((permitted >> (s & 31) & 1) == 1)
		a += STEP_HIGH;
	if ((refused >> (~inverse & 31) & 1) == 0)
		b -= STEP_HIGH;
	if (inverse > ~32u)
		b -= STEP_LOW;
	return verdict(a, b, otherwise);
}

/* Differences, not exclusive-ors: those with 0 would leave ST_OK lying about
 * in the register that answers. */
enum status
decide_both(enum status first, enum status second, enum status otherwise)
{
	volatile uint32_t x = (uint32_t)first;
	volatile uint32_t y = (uint32_t)second;
	volatile uint32_t inverse_x = ~(uint32_t)first;
	volatile uint32_t inverse_y = ~(uint32_t)second;
	uint32_t ok = (uint32_t)ST_OK;
	uint32_t a = PASS_FIRST ^ ((x - ok) | (y - ok));
	uint32_t b = PASS_SECOND ^ ((~ok - inverse_x) | (~ok - inverse_y));

	return verdict(a, b, otherwise);
}
