/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pace.h - a serial line that is none: bytes between a terminal and a unit's
 * socket, no faster than a baud rate lets them.
 *
 * Each byte arrives when its last bit would have, by the monotonic clock: ten
 * bits a byte, both ways at once.  Nothing is lost: who does not read makes the
 * other wait.
 */
#ifndef IMEILOCK_TESTS_PACE_H
#define IMEILOCK_TESTS_PACE_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#define PACE_BUFFER 4096
#define PACE_PATH_MAX 63

/* One direction. */
struct pace_way {
	int from, to;
	uint8_t buf[PACE_BUFFER];
	unsigned int len;
	bool is_over; /* nobody sends any more */
	/* since when bytes have followed each other, and how many are through */
	uint64_t begun_ns, through;
	uint64_t bytes;
};

struct pace {
	int end[2]; /* of the terminal's side, of the unit's */
	int slave;  /* held open, as a cable stays plugged in */
	uint64_t byte_ns;
	struct pace_way way[2]; /* to the unit, from it */
	int stop[2];
	pthread_t thread;
};

/* A terminal of its own, whose path goes to path, before a unix socket.  0 baud:
 * as fast as it goes.  False: nobody listens there.  pace must not be moved. */
bool pace_start(struct pace *pace, char path[PACE_PATH_MAX + 1],
		const char *socket, unsigned int baud);
/* The same with the master of a terminal that is there; it is closed at the
 * end. */
bool pace_start_fd(struct pace *pace, int fd, const char *socket,
		   unsigned int baud);
/* Both ends are closed.  The threads that it talks to see them go. */
void pace_stop(struct pace *pace);

#endif
