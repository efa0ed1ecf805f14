/* SPDX-License-Identifier: Apache-2.0 */
#include <time.h>

#include "link/link.h"

int64_t
deadline_now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

struct deadline
deadline_in(int64_t ms)
{
	return (struct deadline){deadline_now_ms() + ms};
}

struct deadline
deadline_within(struct deadline outer, int64_t ms)
{
	struct deadline inner = deadline_in(ms);

	return inner.at_ms < outer.at_ms ? inner : outer;
}

int64_t
deadline_left_ms(struct deadline deadline)
{
	int64_t left = deadline.at_ms - deadline_now_ms();

	return left > 0 ? left : 0;
}
