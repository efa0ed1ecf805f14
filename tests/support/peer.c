/* SPDX-License-Identifier: Apache-2.0 */
#include "support/peer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

static void *
run(void *ctx)
{
	struct peer *peer = ctx;

	for (;;) {
		int fd = accept4(peer->listener, NULL, NULL, SOCK_CLOEXEC);

		if (fd < 0)
			return NULL;
		peer->serve(fd, peer->ctx);
		close(fd);
	}
}

void
peer_start(struct peer *peer, peer_fn *serve, void *ctx)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	size_t len;

	peer->serve = serve;
	peer->ctx = ctx;
	folder_make(peer->folder);
	folder_path(peer->path, peer->folder, "peer.sock");
	snprintf(peer->address, sizeof(peer->address), "unix:%s", peer->path);
	len = strlen(peer->path);
	assert_true(len < sizeof(address.sun_path));
	memcpy(address.sun_path, peer->path, len);
	peer->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_true(peer->listener >= 0);
	assert_int_equal(bind(peer->listener, (struct sockaddr *)&address,
			      sizeof(address)),
			 0);
	assert_int_equal(listen(peer->listener, 4), 0);
	assert_int_equal(pthread_create(&peer->thread, NULL, run, peer), 0);
}

void
peer_stop(struct peer *peer)
{
	shutdown(peer->listener, SHUT_RDWR);
	pthread_join(peer->thread, NULL);
	close(peer->listener);
	folder_remove(peer->folder);
}

void
peer_send(int fd, struct bytes data)
{
	while (data.len > 0) {
		ssize_t sent = send(fd, data.ptr, data.len, MSG_NOSIGNAL);

		if (sent <= 0)
			return;
		data.ptr += sent;
		data.len -= (size_t)sent;
	}
}

void
peer_send_message(int fd, struct bytes message)
{
	uint8_t wire[FRAME_WIRE_MAX];
	size_t len;

	if (frame_encode(wire, sizeof(wire), &len, message) == ST_OK)
		peer_send(fd, bytes_of(wire, len));
}

bool
peer_read_message(int fd, struct frame_reader *reader, struct bytes *message)
{
	uint8_t byte;

	while (recv(fd, &byte, 1, 0) == 1)
		if (frame_reader_take(reader, byte, message) == ST_OK)
			return true;
	return false;
}
