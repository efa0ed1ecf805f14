/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pool.h - connections to one signer, shared by the threads of a process.
 *
 * For connect.c.  A connection carries one request at a time; where all are
 * busy another one is made, so that the signer works at several requests.
 */
#ifndef IMEILOCK_HSM_POOL_H
#define IMEILOCK_HSM_POOL_H

#include <sys/un.h>

#include "hsm/client.h"

/* What a pool begins with. */
struct pool_start {
	int fd;		/* the first connection */
	pid_t child;	/* to wait for when it fails or is closed; 0 for none */
	bool is_daemon; /* child goes on after a close */
	const struct sockaddr_un *address; /* of further connections, or NULL:
					      there are none */
};

/*
 * Hear the signer's greeting, and make a connection of it.  fd and child are
 * taken over, also on failure, which is what the signer said or ST_HSM_REPLY.
 */
MUST_CHECK enum status pool_open(struct hsm **out,
				 const struct pool_start *start);

#endif
