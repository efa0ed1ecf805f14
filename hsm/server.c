/* SPDX-License-Identifier: Apache-2.0 */
#include "hsm/server.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "hsm/log.h"
#include "hsm/workers.h"

#define PEERS_MAX 256
#define POLLS (WATCH_PEERS + PEERS_MAX)
#define BACKLOG 16
#define FRAME_MAX (WIRE_HEAD_LEN + WIRE_MAX)
#define FLUSH_TIMEOUT_MS 2000

/* While a worker has its request, the peer is the worker's. */
struct peer {
	struct job job; /* first, for the way back from it */
	int fd;		/* -1: free */
	bool is_busy;	/* a worker has it */
	uint8_t in[FRAME_MAX];
	size_t in_len;
	uint8_t out[FRAME_MAX];
	size_t out_len;
	size_t out_done;
	bool is_last; /* dropped once out is sent */
};

struct server {
	struct signer *signer;
	const struct server_fds *fds;
	struct workers *workers;
	struct peer peer[PEERS_MAX];
};

/* -------------------------------------------------------------- listening */

static bool
is_answered(const struct sockaddr_un *address)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool is_open;

	if (fd < 0)
		return true;
	is_open = connect(fd, (const struct sockaddr *)address,
			  sizeof(*address)) == 0;
	close(fd);
	return is_open;
}

static bool
bind_private(int fd, const struct sockaddr_un *address)
{
	mode_t before = umask(0177);
	int failed =
		bind(fd, (const struct sockaddr *)address, sizeof(*address));

	umask(before);
	return failed == 0;
}

enum status
server_listen(int *fd, const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	struct stat stat;

	*fd = -1;
	if (strlen(path) >= sizeof(address.sun_path))
		return ST_HSM_CONNECT;
	strcpy(address.sun_path, path);
	if (lstat(path, &stat) == 0 && S_ISSOCK(stat.st_mode)) {
		if (is_answered(&address))
			return ST_HSM_BUSY;
		(void)unlink(path);
	}
	*fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (*fd >= 0 && bind_private(*fd, &address) &&
	    listen(*fd, BACKLOG) == 0)
		return ST_OK;
	signer_log("socket: cannot listen: %s", strerror(errno));
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
	return ST_HSM_CONNECT;
}

/* ------------------------------------------------------------------ peers */

static void
drop(struct peer *peer)
{
	if (peer->fd >= 0)
		close(peer->fd);
	peer->fd = -1;
}

static bool
has_output(const struct peer *peer)
{
	return peer->out_done < peer->out_len;
}

static void
flush(struct peer *peer)
{
	while (has_output(peer)) {
		ssize_t done = send(peer->fd, peer->out + peer->out_done,
				    peer->out_len - peer->out_done,
				    MSG_NOSIGNAL | MSG_DONTWAIT);

		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0 && errno == EAGAIN)
			return;
		if (done <= 0) {
			drop(peer);
			return;
		}
		peer->out_done += (size_t)done;
	}
	if (peer->is_last)
		drop(peer);
}

static void
put_output(struct peer *peer, struct bytes message)
{
	wire_head_encode(peer->out, message.len);
	memcpy(peer->out + WIRE_HEAD_LEN, message.ptr, message.len);
	peer->out_len = WIRE_HEAD_LEN + message.len;
	peer->out_done = 0;
}

static enum status
encode_greeting(struct bytes *message, uint8_t buf[WIRE_MAX],
		enum status status)
{
	struct wire_reply reply = {.status = status};

	return wire_reply_encode(message, buf, WIRE_HELLO, &reply);
}

void
server_greet(int fd, enum status status)
{
	uint8_t buf[WIRE_MAX], head[WIRE_HEAD_LEN];
	struct bytes message;

	if (encode_greeting(&message, buf, status) != ST_OK)
		return;
	wire_head_encode(head, message.len);
	/* whoever is not there to hear it learns it from the closed end */
	if (send(fd, head, sizeof(head), MSG_NOSIGNAL) > 0)
		(void)!send(fd, message.ptr, message.len, MSG_NOSIGNAL);
}

void
server_refuse(int listen, enum status status)
{
	struct pollfd wait = {listen, POLLIN, 0};

	while (poll(&wait, 1, 0) > 0) {
		int fd = accept4(listen, NULL, NULL, SOCK_CLOEXEC);

		if (fd < 0)
			return;
		server_greet(fd, status);
		close(fd);
	}
}

static struct peer *
free_peer(struct server *server)
{
	for (size_t i = 0; i < PEERS_MAX; i++)
		if (!server->peer[i].is_busy && server->peer[i].fd < 0)
			return &server->peer[i];
	return NULL;
}

static void
add_peer(struct server *server, int fd)
{
	struct peer *peer = free_peer(server);
	uint8_t buf[WIRE_MAX];
	struct bytes message;

	if (peer == NULL || encode_greeting(&message, buf, ST_OK) != ST_OK) {
		close(fd);
		return;
	}
	peer->fd = fd;
	peer->is_last = false;
	peer->in_len = 0;
	put_output(peer, message);
	flush(peer);
}

/* ---------------------------------------------------------------- input */

/* Bytes that the message being read still needs; 0: it is whole. */
static enum status
missing(const struct peer *peer, size_t *out)
{
	size_t len;
	enum status status;

	*out = WIRE_HEAD_LEN - peer->in_len;
	if (peer->in_len < WIRE_HEAD_LEN)
		return ST_OK;
	status = wire_head_decode(&len, peer->in);
	if (status == ST_OK)
		*out = WIRE_HEAD_LEN + len - peer->in_len;
	return status;
}

/* In a worker, which sends what goes out at once. */
static void
answer(void *ctx, struct job *job)
{
	struct server *server = ctx;
	struct peer *peer = (struct peer *)job;
	struct bytes request = bytes_of(peer->in + WIRE_HEAD_LEN,
					peer->in_len - WIRE_HEAD_LEN);
	uint8_t buf[WIRE_MAX];
	struct bytes reply;
	enum status status =
		signer_handle(server->signer, request, buf, &reply);

	peer->in_len = 0;
	peer->is_last = status != ST_OK || reply.len == 0;
	peer->out_done = peer->out_len = 0;
	if (reply.len > 0)
		put_output(peer, reply);
	flush(peer);
}

static void
ask_worker(struct server *server, struct peer *peer)
{
	peer->is_busy = true;
	workers_give(server->workers, &peer->job);
}

/* From the workers, which are done with them. */
static void
take_peers_back(struct server *server)
{
	struct job *job = workers_take(server->workers);

	for (; job != NULL; job = workers_take(server->workers))
		((struct peer *)job)->is_busy = false;
}

static void
take_input(struct server *server, struct peer *peer)
{
	size_t need;
	ssize_t got;

	if (missing(peer, &need) != ST_OK) {
		drop(peer);
		return;
	}
	got = recv(peer->fd, peer->in + peer->in_len, need, MSG_DONTWAIT);
	if (got < 0 && (errno == EINTR || errno == EAGAIN))
		return;
	if (got <= 0) {
		drop(peer);
		return;
	}
	peer->in_len += (size_t)got;
	if (missing(peer, &need) != ST_OK)
		drop(peer);
	else if (need == 0)
		ask_worker(server, peer);
}

/* -------------------------------------------------------------- the loop */

enum watched { WATCH_LISTEN, WATCH_SIGNALS, WATCH_WORKERS, WATCH_PEERS };

/* How many polls there are; *peers of them, or busy, are connected. */
static size_t
plan_poll(struct server *server, struct pollfd polls[POLLS], size_t *peers)
{
	size_t count = WATCH_PEERS;

	*peers = 0;
	for (size_t i = 0; i < PEERS_MAX; i++) {
		const struct peer *peer = &server->peer[i];
		struct pollfd *poll = &polls[WATCH_PEERS + i];

		*poll = (struct pollfd){-1, POLLIN, 0};
		if (!peer->is_busy && peer->fd < 0)
			continue;
		count = WATCH_PEERS + i + 1;
		++*peers;
		if (peer->is_busy)
			continue;
		poll->fd = peer->fd;
		poll->events = has_output(peer) ? POLLOUT : POLLIN;
	}
	polls[WATCH_LISTEN] = (struct pollfd){
		*peers < PEERS_MAX ? server->fds->listen : -1, POLLIN, 0};
	polls[WATCH_SIGNALS] = (struct pollfd){server->fds->signals, POLLIN, 0};
	polls[WATCH_WORKERS] =
		(struct pollfd){workers_fd(server->workers), POLLIN, 0};
	return count;
}

static void
serve_peer(struct server *server, struct peer *peer, short events)
{
	if (peer->is_busy || peer->fd < 0 || events == 0)
		return;
	if (has_output(peer))
		flush(peer);
	else
		take_input(server, peer);
}

static void
accept_peer(struct server *server)
{
	int fd = accept4(server->fds->listen, NULL, NULL, SOCK_CLOEXEC);

	if (fd >= 0)
		add_peer(server, fd);
}

/* False when the server is to end. */
static bool
serve_once(struct server *server)
{
	struct pollfd polls[POLLS];
	size_t peers, count = plan_poll(server, polls, &peers);

	if (peers == 0 && server->fds->listen < 0)
		return false;
	if (poll(polls, count, -1) < 0)
		return errno == EINTR;
	if (polls[WATCH_SIGNALS].revents != 0)
		return false;
	if (polls[WATCH_WORKERS].revents != 0)
		take_peers_back(server);
	for (size_t i = 0; WATCH_PEERS + i < count; i++)
		serve_peer(server, &server->peer[i],
			   polls[WATCH_PEERS + i].revents);
	if (polls[WATCH_LISTEN].revents != 0)
		accept_peer(server);
	return !signer_is_shut_down(server->signer);
}

/* The reply to the shutdown must get out, and those to what was decided before
 * it. */
static void
finish_peer(struct peer *peer)
{
	struct pollfd wait = {peer->fd, POLLOUT, 0};

	while (!peer->is_busy && peer->fd >= 0 && has_output(peer) &&
	       poll(&wait, 1, FLUSH_TIMEOUT_MS) > 0)
		flush(peer);
	drop(peer);
}

static void
run(struct server *server)
{
	if (server->fds->connection >= 0)
		add_peer(server, server->fds->connection);
	while (serve_once(server))
		;
	workers_stop(server->workers);
	take_peers_back(server);
	for (size_t i = 0; i < PEERS_MAX; i++)
		finish_peer(&server->peer[i]);
}

void
server_run(struct signer *signer, const struct server_fds *fds)
{
	struct server *server = calloc(1, sizeof(*server));

	if (server == NULL)
		return;
	server->signer = signer;
	server->fds = fds;
	for (size_t i = 0; i < PEERS_MAX; i++)
		server->peer[i].fd = -1;
	if (workers_open(&server->workers, answer, server) == ST_OK)
		run(server);
	workers_close(server->workers);
	free(server);
}
