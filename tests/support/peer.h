/* SPDX-License-Identifier: Apache-2.0 */
/*
 * peer.h - the other end of a link, scripted: a unix socket in a folder of its
 * own, and a thread that hands each client to a function.
 */
#ifndef IMEILOCK_TESTS_PEER_H
#define IMEILOCK_TESTS_PEER_H

#include <pthread.h>

#include "proto/frame.h"
#include "support/folder.h"

/* Talk to one client until it is gone or enough was said; fd is closed then. */
typedef void peer_fn(int fd, void *ctx);

struct peer {
	char folder[FOLDER_MAX];
	char path[FOLDER_PATH_MAX];	   /* of the socket */
	char address[FOLDER_PATH_MAX + 8]; /* "unix:" and path */
	int listener;
	pthread_t thread;
	peer_fn *serve;
	void *ctx;
};

/* peer must not be moved. */
void peer_start(struct peer *peer, peer_fn *serve, void *ctx);
void peer_stop(struct peer *peer); /* the client's link is closed before */

/* For a peer_fn: both end quietly when the client is gone. */
void peer_send(int fd, struct bytes data);
void peer_send_message(int fd, struct bytes message); /* in a frame */
/* One whole message; false when the client is gone. */
bool peer_read_message(int fd, struct frame_reader *reader,
		       struct bytes *message);

#endif
