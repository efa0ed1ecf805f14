/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "hsm/transport.h"

#define PROGRAM "imeilock-signer"
#define REPLY_TIMEOUT_MS 60000 /* a token may reload and back off meanwhile */
#define EXIT_TIMEOUT_MS 10000
#define EXIT_POLL_MS 5
#define PATH_SIZE 1024
#define CHILD_FD 3 /* the connection, in the signer */
#define CHILD_PIN_FD 4
#define ARGUMENTS_MAX 13
#define HEAD_SIZE (20 + 1 + 2 * SHA256_LEN + 1) /* COUNT:HEXHASH */

extern char **environ;

struct connection {
	int fd;
	pid_t child; /* to wait for when it is closed; 0 for none */
};

/* -------------------------------------------------------------- messages */

static enum status
send_all(int fd, struct bytes data)
{
	while (data.len > 0) {
		ssize_t done = send(fd, data.ptr, data.len, MSG_NOSIGNAL);

		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return ST_HSM_REPLY;
		data.ptr += done;
		data.len -= (size_t)done;
	}
	return ST_OK;
}

static enum status
receive_all(int fd, uint8_t *out, size_t len)
{
	while (len > 0) {
		struct pollfd wait = {fd, POLLIN, 0};
		int ready = poll(&wait, 1, REPLY_TIMEOUT_MS);
		ssize_t got;

		if (ready < 0 && errno == EINTR)
			continue;
		if (ready <= 0)
			return ST_HSM_REPLY;
		got = recv(fd, out, len, 0);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return ST_HSM_REPLY;
		out += got;
		len -= (size_t)got;
	}
	return ST_OK;
}

static enum status
receive_message(int fd, uint8_t buf[WIRE_MAX], struct bytes *message)
{
	uint8_t head[WIRE_HEAD_LEN];
	size_t len;
	enum status status = receive_all(fd, head, sizeof(head));

	if (status != ST_OK)
		return status;
	if (wire_head_decode(&len, head) != ST_OK)
		return ST_HSM_REPLY;
	*message = bytes_of(buf, len);
	return receive_all(fd, buf, len);
}

static enum status
exchange_once(int fd, struct bytes request, uint8_t buf[WIRE_MAX],
	      struct bytes *reply)
{
	uint8_t head[WIRE_HEAD_LEN];
	enum status status;

	if (fd < 0)
		return ST_HSM_REPLY;
	wire_head_encode(head, request.len);
	status = send_all(fd, bytes_of(head, sizeof(head)));
	if (status == ST_OK)
		status = send_all(fd, request);
	return status == ST_OK ? receive_message(fd, buf, reply) : status;
}

static enum status
exchange(void *ctx, struct bytes request, uint8_t buf[WIRE_MAX],
	 struct bytes *reply)
{
	struct connection *connection = ctx;
	enum status status = exchange_once(connection->fd, request, buf, reply);

	/* a late reply must not be taken for that to the next request */
	if (status != ST_OK && connection->fd >= 0) {
		close(connection->fd);
		connection->fd = -1;
	}
	return status;
}

/* --------------------------------------------------------------- closing */

static void
wait_for(pid_t child)
{
	struct timespec pause = {0, EXIT_POLL_MS * 1000000L};

	for (int ms = 0; ms < EXIT_TIMEOUT_MS; ms += EXIT_POLL_MS) {
		pid_t done = waitpid(child, NULL, WNOHANG);

		if (done != 0 && !(done < 0 && errno == EINTR))
			return;
		nanosleep(&pause, NULL);
	}
}

static void
disconnect(void *ctx)
{
	struct connection *connection = ctx;

	if (connection->fd >= 0)
		close(connection->fd);
	if (connection->child > 0)
		wait_for(connection->child);
	free(connection);
}

/* What the signer says first: whether it is up. */
static enum status
greet(int fd)
{
	uint8_t buf[WIRE_MAX];
	struct wire_reply reply;
	struct bytes message;
	enum status status = receive_message(fd, buf, &message);

	if (status == ST_OK)
		status = wire_reply_decode(&reply, WIRE_HELLO, message);
	return status != ST_OK ? status : reply.status;
}

/* Takes fd and child over, also on failure; a daemon outlives it. */
static enum status
open_connection(struct hsm **out, int fd, pid_t child, bool is_daemon)
{
	struct connection *connection = malloc(sizeof(*connection));
	struct hsm_transport transport = {connection, exchange, disconnect};
	enum status status;

	*out = NULL;
	if (connection == NULL) {
		close(fd);
		return ST_STATION_MEMORY;
	}
	*connection = (struct connection){fd, child};
	status = greet(fd);
	if (status != ST_OK) {
		disconnect(connection);
		return status;
	}
	if (is_daemon)
		connection->child = 0;
	return hsm_open(out, &transport);
}

enum status
hsm_connect(struct hsm **out, const char *socket_path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd;

	*out = NULL;
	if (strlen(socket_path) >= sizeof(address.sun_path))
		return ST_HSM_CONNECT;
	strcpy(address.sun_path, socket_path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return ST_HSM_CONNECT;
	if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) !=
	    0) {
		close(fd);
		return ST_HSM_CONNECT;
	}
	return open_connection(out, fd, 0, false);
}

/* -------------------------------------------------------------- starting */

/* Beside the running program, or by name for PATH. */
static void
find_program(char path[PATH_SIZE])
{
	ssize_t len = readlink("/proc/self/exe", path, PATH_SIZE - 1);
	char *slash;

	path[len > 0 ? len : 0] = '\0';
	slash = strrchr(path, '/');
	if (slash != NULL &&
	    (size_t)(slash + 1 - path) + sizeof(PROGRAM) <= PATH_SIZE) {
		strcpy(slash + 1, PROGRAM);
		if (access(path, X_OK) == 0)
			return;
	}
	strcpy(path, PROGRAM);
}

static int
plan_files(posix_spawn_file_actions_t *files, int fd, int pin_fd)
{
	int failed = 0;

	for (int std = 0; std <= 2; std++)
		failed |= posix_spawn_file_actions_addopen(
			files, std, "/dev/null", O_RDWR, 0);
	failed |= posix_spawn_file_actions_adddup2(files, fd, CHILD_FD);
	failed |= posix_spawn_file_actions_adddup2(files, pin_fd, CHILD_PIN_FD);
	failed |= posix_spawn_file_actions_addclosefrom_np(files,
							   CHILD_PIN_FD + 1);
	return failed;
}

static int
spawn(pid_t *pid, const char *const *argv, int fd, int pin_fd, bool is_daemon)
{
	char path[PATH_SIZE];
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attr;
	char *const *args;
	int failed;

	memcpy(&args, &argv, sizeof(args));
	find_program(path);
	if (posix_spawn_file_actions_init(&files) != 0)
		return -1;
	if (posix_spawnattr_init(&attr) != 0) {
		posix_spawn_file_actions_destroy(&files);
		return -1;
	}
	failed = plan_files(&files, fd, pin_fd);
	/* Ctrl-C at the station must not end a daemon */
	if (is_daemon)
		failed |= posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSID);
	if (failed == 0)
		failed = posix_spawnp(pid, path, &files, &attr, args, environ);
	posix_spawnattr_destroy(&attr);
	posix_spawn_file_actions_destroy(&files);
	return failed;
}

/* A copy of fd above those that the child's own are put at. */
static int
lift(int fd)
{
	return fcntl(fd, F_DUPFD_CLOEXEC, CHILD_PIN_FD + 1);
}

static void
format_head(char out[HEAD_SIZE], const struct chain_head *head)
{
	int len = snprintf(out, HEAD_SIZE,
			   "%llu:", (unsigned long long)head->count);

	for (size_t i = 0; i < sizeof(head->hash.byte); i++)
		len += snprintf(out + len, HEAD_SIZE - (size_t)len, "%02x",
				head->hash.byte[i]);
}

static int
start(pid_t *pid, const struct hsm_start *how, int fd)
{
	const char *argv[ARGUMENTS_MAX + 1] = {
		PROGRAM, "--folder", how->folder, "--token", how->token,
		"--fd",	 "3",	     "--pin-fd",  "4",
	};
	size_t count = 9;
	char expect[HEAD_SIZE];
	int pin_fd = lift(how->pin_fd);
	int failed;

	if (how->socket != NULL) {
		argv[count++] = "--socket";
		argv[count++] = how->socket;
	}
	if (how->expect != NULL) {
		format_head(expect, how->expect);
		argv[count++] = "--expect";
		argv[count++] = expect;
	}
	failed = pin_fd < 0 ||
		 spawn(pid, argv, fd, pin_fd, how->socket != NULL) != 0;
	if (pin_fd >= 0)
		close(pin_fd);
	return failed;
}

enum status
hsm_start(struct hsm **out, pid_t *pid, const struct hsm_start *how)
{
	int pair[2], child_fd, failed = 1;

	*out = NULL;
	*pid = 0;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0) {
		close(how->pin_fd);
		return ST_HSM_CONNECT;
	}
	child_fd = lift(pair[1]);
	if (child_fd >= 0) {
		failed = start(pid, how, child_fd);
		close(child_fd);
	}
	close(pair[1]);
	close(how->pin_fd);
	if (failed) {
		close(pair[0]);
		return ST_HSM_CONNECT;
	}
	return open_connection(out, pair[0], *pid, how->socket != NULL);
}
