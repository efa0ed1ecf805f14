/* SPDX-License-Identifier: Apache-2.0 */
#include "link/wait.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>

enum status
wait_for(int fd, short events, struct deadline deadline)
{
	struct pollfd poller = {.fd = fd, .events = events};

	for (;;) {
		int64_t left = deadline_left_ms(deadline);
		int ready =
			poll(&poller, 1, left > INT_MAX ? INT_MAX : (int)left);

		if (ready > 0)
			return ST_OK;
		if (ready < 0 && errno != EINTR)
			return ST_LINK_CLOSED;
		if (deadline_left_ms(deadline) == 0)
			return ST_LINK_TIMEOUT;
	}
}
