/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "hsm/pool.h"

#define PROGRAM "imeilock-signer"
#define PATH_SIZE 1024
#define CHILD_FD 3 /* the connection, in the signer */
#define CHILD_PIN_FD 4
#define ARGUMENTS_MAX 13
#define HEAD_SIZE (20 + 1 + 2 * SHA256_LEN + 1) /* COUNT:HEXHASH */

extern char **environ;

enum status
hsm_connect(struct hsm **out, const char *socket_path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	struct pool_start start = {.address = &address};
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
	start.fd = fd;
	return pool_open(out, &start);
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
	struct pool_start first = {.is_daemon = how->socket != NULL};
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
	first.fd = pair[0];
	first.child = *pid;
	return pool_open(out, &first);
}
