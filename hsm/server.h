/* SPDX-License-Identifier: Apache-2.0 */
/*
 * server.h - the signer behind sockets: several clients, and a few threads that
 * work at their requests.
 */
#ifndef IMEILOCK_HSM_SERVER_H
#define IMEILOCK_HSM_SERVER_H

#include "hsm/signer.h"

/* Listen at path, mode 0600; a dead signer's socket there is replaced.
 *   ST_HSM_BUSY     somebody listens there
 *   ST_HSM_CONNECT  it cannot be made */
MUST_CHECK enum status server_listen(int *fd, const char *path);

/* One message [status] to fd: what the signer says first. */
void server_greet(int fd, enum status status);

/* The same to each client that waits at a listening socket, which stays. */
void server_refuse(int listen, enum status status);

struct server_fds {
	int listen;	/* -1: none, the server ends with its last client */
	int connection; /* a first client, or -1 */
	int signals;	/* a signalfd: the server ends when it has one */
};

/*
 * Serve until a client asks for the shutdown, or a signal comes, or nobody is
 * left.  A client that sends what is no request, or dies, is dropped; the
 * others go on.  Closes connections, not the signer.
 */
void server_run(struct signer *signer, const struct server_fds *fds);

#endif
