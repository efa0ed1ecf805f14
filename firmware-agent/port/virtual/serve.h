/* SPDX-License-Identifier: Apache-2.0 */
/*
 * serve.h - a virtual handset behind unix sockets in its folder.
 *
 *   agent.sock         the agent, in frames
 *   at1.sock, ...      AT port of modem slot 1, ...
 *
 * One client at a time on each: a new one replaces the old, as a cable does.
 */
#ifndef IMEILOCK_PORT_VIRTUAL_SERVE_H
#define IMEILOCK_PORT_VIRTUAL_SERVE_H

#include "port/virtual/handset.h"

#define SERVE_CHANNELS (1 + SLOTS_MAX) /* the agent, and the AT ports */

struct serve_channel {
	int listener; /* -1: none */
	int client;   /* -1: none */
};

struct server {
	struct handset *handset;
	struct serve_channel channel[SERVE_CHANNELS];
};

/* Listen in folder; sets the handset's out.
 *   ST_PORT_FILE  the sockets cannot be made, or their paths are too long */
MUST_CHECK enum status serve_open(struct server *server,
				  struct handset *handset, const char *folder);

/*
 * Serve until stop_fd can be read.  Resets leave the sockets as they are.
 *   ST_OK          stop_fd said so
 *   ST_PORT_POWER  the handset has no power any more
 */
MUST_CHECK enum status serve_run(struct server *server, int stop_fd);
void serve_close(struct server *server); /* after serve_open in any case */

#endif
