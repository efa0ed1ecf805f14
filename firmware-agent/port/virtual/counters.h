/* SPDX-License-Identifier: Apache-2.0 */
/*
 * counters.h - numbers in a text file, one "name number" a line, written at
 * each change: a test reads them when the handset was killed.
 */
#ifndef IMEILOCK_PORT_VIRTUAL_COUNTERS_H
#define IMEILOCK_PORT_VIRTUAL_COUNTERS_H

#include "port/virtual/power.h"

/* The steps of power.h come first, under their own names. */
enum counter {
	COUNTER_REFUSED_BURNS = STEP_KINDS,
	COUNTER_SECOND_WRITES,
	COUNTERS,
};

struct counters {
	int fd; /* 0: not open */
	uint64_t value[COUNTERS];
};

/* Go on from what the file holds; make it if there is none.
 *   ST_PORT_FILE  it cannot be used, is no such file, or is in use */
MUST_CHECK enum status counters_open(struct counters *counters,
				     const char *path);
void counters_close(struct counters *counters); /* of a zeroed one too */
/* A file that cannot be written is not noticed. */
void counters_add(struct counters *counters, unsigned int which);

#endif
