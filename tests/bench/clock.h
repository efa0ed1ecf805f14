/* SPDX-License-Identifier: Apache-2.0 */
/*
 * clock.h - what the programs of this folder measure by.
 */
#ifndef IMEILOCK_TESTS_BENCH_CLOCK_H
#define IMEILOCK_TESTS_BENCH_CLOCK_H

#include <time.h>

/* Seconds, by a clock that nobody sets. */
static inline double
clock_s(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

#endif
