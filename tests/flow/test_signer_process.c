/* SPDX-License-Identifier: Apache-2.0 */
/*
 * imeilock-signer as a process: starting, its socket, hostile clients, signals
 * and crashes.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "hsm/wire.h"
#include "support/signers.h"

struct world {
	struct signers *signers; /* the root, and what the line asked */
	char socket[FOLDER_PATH_MAX];
	struct hsm *hsm;
	pid_t pid;
};

static int
pin_pipe(const char *pin)
{
	int fds[2];

	assert_int_equal(pipe(fds), 0);
	assert_int_equal(write(fds[1], pin, strlen(pin)), strlen(pin));
	close(fds[1]);
	return fds[0];
}

static enum status
start_status(struct world *world, const char *pin, bool is_daemon)
{
	struct hsm_start how = {
		.folder = world->signers->line.folder,
		.token = world->signers->line.token,
		.socket = is_daemon ? world->socket : NULL,
		.pin_fd = pin_pipe(pin),
		.expect = world->signers->line.expect,
	};
	enum status status = hsm_start(&world->hsm, &world->pid, &how);

	assert_true((world->hsm != NULL) == (status == ST_OK));
	return status;
}

static void
start(struct world *world)
{
	assert_int_equal(start_status(world, SIGNERS_PIN "\nnot read", true),
			 ST_OK);
	assert_true(world->pid > 0);
}

static int
set_up(void **state)
{
	struct world *world = calloc(1, sizeof(*world));
	void *signers;

	assert_non_null(world);
	signers_set_up_certified(&signers);
	world->signers = signers;
	place_close(&world->signers->line);
	folder_path(world->socket, world->signers->folder, "signer.sock");
	*state = world;
	return 0;
}

/* Its exit code, or minus the signal that ended it. */
static int
wait_for(struct world *world)
{
	int how;

	assert_int_equal(waitpid(world->pid, &how, 0), world->pid);
	world->pid = 0;
	return WIFEXITED(how) ? WEXITSTATUS(how) : -WTERMSIG(how);
}

static int
tear_down(void **state)
{
	struct world *world = *state;
	void *signers = world->signers;

	hsm_close(world->hsm);
	if (world->pid > 0) {
		(void)kill(world->pid, SIGKILL);
		(void)wait_for(world);
	}
	signers_tear_down(&signers);
	free(world);
	return 0;
}

static enum status
ticket(struct world *world, unsigned int n)
{
	struct identity identity = signers_identity(n, 1);
	struct chain_head reg;
	struct unit unit;
	enum status status;

	unit_init(&unit, n, n);
	unit_answer_key(&unit);
	signers_ledger_moves(world->signers);
	status = hsm_ticket(world->hsm, SIGNERS_MODEL,
			    object_bytes(&unit.key_token), &identity,
			    &world->signers->head, &unit.ticket, &reg);
	unit_wipe(&unit);
	return status;
}

static uint64_t
next(struct world *world)
{
	struct hsm_status status;

	assert_int_equal(hsm_status(world->hsm, &status), ST_OK);
	return status.line[0].next[0].body;
}

static void
reconnect(struct world *world)
{
	hsm_close(world->hsm);
	assert_int_equal(hsm_connect(&world->hsm, world->socket), ST_OK);
}

static void
daemon_outlives_its_starter(void **state)
{
	struct world *world = *state;
	struct stat stat_of;
	struct hsm *second;

	start(world);
	assert_int_equal(stat(world->socket, &stat_of), 0);
	assert_int_equal(stat_of.st_mode & 0777, 0600);
	assert_int_equal(ticket(world, 0), ST_OK);
	reconnect(world);
	assert_int_equal(ticket(world, 1), ST_OK);
	assert_int_equal(hsm_connect(&second, world->socket), ST_OK);
	assert_int_equal(ticket(world, 2), ST_OK);
	assert_int_equal(hsm_shutdown(second), ST_OK);
	hsm_close(second);
	assert_int_equal(wait_for(world), 0);
	assert_int_equal(ticket(world, 3), ST_HSM_REPLY);
	assert_int_equal(hsm_connect(&second, world->socket), ST_HSM_CONNECT);
	assert_int_not_equal(stat(world->socket, &stat_of), 0);
	hsm_close(world->hsm);
	start(world);
	assert_int_equal(next(world), signers_imei(3).body);
}

static void
without_socket_it_ends_with_its_client(void **state)
{
	struct world *world = *state;

	assert_int_equal(start_status(world, SIGNERS_PIN, false), ST_OK);
	assert_int_equal(ticket(world, 0), ST_OK);
	hsm_close(world->hsm);
	world->hsm = NULL;
	/* hsm_close has waited for it */
	assert_int_equal(waitpid(world->pid, NULL, WNOHANG), -1);
	world->pid = 0;
	place_open(&world->signers->line);
	assert_int_equal(place_next(&world->signers->line),
			 signers_imei(1).body);
}

static void
failure_to_start_has_its_code(void **state)
{
	struct world *world = *state;
	char token[sizeof(world->signers->line.token)];
	char latch[FOLDER_PATH_MAX + 32];

	strcpy(token, world->signers->line.token);
	assert_int_equal(start_status(world, "", true), ST_HSM_PIN_ABSENT);
	assert_int_equal(start_status(world, "wrong\n", true), ST_HSM_PIN);
	assert_int_equal(start_status(world, SIGNERS_PIN, true), ST_HSM_PIN);
	snprintf(latch, sizeof(latch), "%s/" SIGNER_PIN_REFUSED,
		 world->signers->line.folder);
	assert_int_equal(unlink(latch), 0);
	strcpy(world->signers->line.token, "soft:/nowhere");
	assert_int_equal(start_status(world, SIGNERS_PIN, true),
			 ST_HSM_TOKEN_ABSENT);
	strcpy(world->signers->line.token, token);
	assert_int_equal(chmod(world->signers->line.folder, 0777), 0);
	assert_int_equal(start_status(world, SIGNERS_PIN, false),
			 ST_HSM_FOLDER);
	assert_int_equal(chmod(world->signers->line.folder, 0700), 0);
	world->pid = 0;
}

static void
what_is_expected_of_the_register_gets_there(void **state)
{
	struct world *world = *state;
	struct chain_head expect;
	struct hsm_status before;

	start(world);
	assert_int_equal(hsm_status(world->hsm, &before), ST_OK);
	assert_int_equal(hsm_shutdown(world->hsm), ST_OK);
	hsm_close(world->hsm);
	assert_int_equal(wait_for(world), 0);
	expect = before.reg;
	world->signers->line.expect = &expect;
	expect.hash.byte[31] ^= 1;
	assert_int_equal(start_status(world, SIGNERS_PIN, true),
			 ST_HSM_REGISTER_OLD);
	expect = (struct chain_head){UINT64_MAX, before.reg.hash};
	assert_int_equal(start_status(world, SIGNERS_PIN, true),
			 ST_HSM_REGISTER_OLD);
	expect = before.reg;
	start(world);
}

static void
second_signer_is_refused(void **state)
{
	struct world *world = *state, second = *world;

	start(world);
	assert_int_equal(start_status(&second, SIGNERS_PIN, true), ST_HSM_BUSY);
	strcpy(second.socket, "/nowhere/signer.sock");
	assert_int_equal(start_status(&second, SIGNERS_PIN, true), ST_HSM_BUSY);
	assert_int_equal(ticket(world, 0), ST_OK);
}

static void
killed_signer_goes_on_from_the_mark(void **state)
{
	struct world *world = *state;

	start(world);
	assert_int_equal(ticket(world, 0), ST_OK);
	assert_int_equal(kill(world->pid, SIGKILL), 0);
	assert_int_equal(wait_for(world), -SIGKILL);
	assert_int_equal(ticket(world, 1), ST_HSM_REPLY);
	assert_int_equal(ticket(world, 1), ST_HSM_REPLY);
	hsm_close(world->hsm);
	/* its socket is still there, and is replaced */
	assert_int_equal(access(world->socket, F_OK), 0);
	start(world);
	assert_int_equal(next(world), signers_imei(64).body);
}

static void
signals_are_an_orderly_end(void **state)
{
	static const int signals[] = {SIGTERM, SIGINT, SIGHUP};
	struct world *world = *state;

	for (unsigned int i = 0; i < 3; i++) {
		start(world);
		assert_int_equal(ticket(world, i), ST_OK);
		assert_int_equal(kill(world->pid, signals[i]), 0);
		assert_int_equal(wait_for(world), 0);
		hsm_close(world->hsm);
		start(world);
		assert_int_equal(next(world), signers_imei(i + 1).body);
		assert_int_equal(hsm_shutdown(world->hsm), ST_OK);
		hsm_close(world->hsm);
		world->hsm = NULL;
		assert_int_equal(wait_for(world), 0);
	}
}

/* ------------------------------------------------------- hostile clients */

static int
raw_connect(const struct world *world)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	struct timeval limit = {.tv_sec = 10};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	uint8_t greeting[WIRE_HEAD_LEN + 6];

	assert_true(fd >= 0);
	assert_true(strlen(world->socket) < sizeof(address.sun_path));
	strcpy(address.sun_path, world->socket);
	assert_int_equal(connect(fd, (const struct sockaddr *)&address,
				 sizeof(address)),
			 0);
	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit,
				    sizeof(limit)),
			 0);
	assert_int_equal(recv(fd, greeting, sizeof(greeting), MSG_WAITALL),
			 sizeof(greeting));
	return fd;
}

/* What was sent ends the connection, after a reply or without one. */
static void
is_dropped(const struct world *world, const void *data, size_t len)
{
	int fd = raw_connect(world);
	uint8_t buf[256];
	ssize_t got;

	assert_int_equal(send(fd, data, len, MSG_NOSIGNAL), len);
	do
		got = recv(fd, buf, sizeof(buf), 0);
	while (got > 0);
	assert_int_equal(got, 0);
	close(fd);
}

static void
garbage_is_dropped_and_others_go_on(void **state)
{
	static const uint8_t huge[4] = {0xff, 0xff, 0xff, 0xff};
	static const uint8_t none[4] = {0};
	static const uint8_t garbage[7] = {0, 0, 0, 3, 1, 2, 3};
	static const uint8_t hello[6] = {0, 0, 0, 2, 0x81, 0x00};
	static const uint8_t unknown[7] = {0, 0, 0, 3, 0x81, 0x18, 0x63};
	static const uint8_t longer[7] = {0, 0, 0, 3, 0x82, 0x01, 0x00};
	struct world *world = *state;

	start(world);
	is_dropped(world, huge, sizeof(huge));
	is_dropped(world, none, sizeof(none));
	is_dropped(world, garbage, sizeof(garbage));
	is_dropped(world, hello, sizeof(hello));
	is_dropped(world, unknown, sizeof(unknown));
	is_dropped(world, longer, sizeof(longer));
	assert_int_equal(ticket(world, 0), ST_OK);
}

/* Half a request, a request whose reply nobody reads, and many of them. */
static void
silent_and_dying_clients_do_not_hold_others(void **state)
{
	static const uint8_t half[5] = {0, 0, 0, 9, 0x81};
	static const uint8_t status[6] = {0, 0, 0, 2, 0x81, 0x01};
	struct world *world = *state;
	int fd[40];

	start(world);
	for (unsigned int i = 0; i < 40; i++) {
		fd[i] = raw_connect(world);
		if (i % 2 == 0)
			assert_int_equal(send(fd[i], half, sizeof(half), 0),
					 sizeof(half));
		for (unsigned int n = 0; i % 2 != 0 && n < 50; n++)
			if (send(fd[i], status, sizeof(status),
				 MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
				break;
	}
	assert_int_equal(ticket(world, 0), ST_OK);
	for (unsigned int i = 0; i < 40; i++)
		close(fd[i]);
	assert_int_equal(ticket(world, 1), ST_OK);
	/* more than it has room for: the others are turned away, not it */
	for (unsigned int i = 0; i < 40; i++)
		fd[i] = raw_connect(world);
	assert_int_equal(ticket(world, 2), ST_OK);
	for (unsigned int i = 0; i < 40; i++)
		close(fd[i]);
}

/* ---------------------------------------------------------- what it shows */

static size_t
read_proc(pid_t pid, const char *name, char *out, size_t size)
{
	char path[64];
	FILE *file;
	size_t len;

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
	file = fopen(path, "rb");
	assert_non_null(file);
	len = fread(out, 1, size - 1, file);
	out[len] = '\0';
	fclose(file);
	return len;
}

static void
pin_is_nowhere_to_be_seen(void **state)
{
	struct world *world = *state;
	char text[8192], path[FOLDER_PATH_MAX + 32];
	size_t len;
	FILE *log;

	start(world);
	assert_int_equal(ticket(world, 7), ST_OK);
	len = read_proc(world->pid, "cmdline", text, sizeof(text));
	assert_null(memmem(text, len, SIGNERS_PIN, strlen(SIGNERS_PIN)));
	snprintf(path, sizeof(path), "%s/" SIGNER_LOG,
		 world->signers->line.folder);
	log = fopen(path, "r");
	assert_non_null(log);
	len = fread(text, 1, sizeof(text) - 1, log);
	text[len] = '\0';
	fclose(log);
	/* the number only masked */
	assert_non_null(strstr(text, "ticket: 00101700"));
	assert_null(strstr(text, "00101700000007"));
}

static void
no_descriptor_is_inherited(void **state)
{
	struct world *world = *state;
	char path[64];
	int fd = open("/dev/null", O_RDONLY), high = fcntl(fd, F_DUPFD, 77);

	start(world);
	snprintf(path, sizeof(path), "/proc/%d/fd/%d", (int)world->pid, high);
	assert_int_not_equal(access(path, F_OK), 0);
	close(fd);
	close(high);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(daemon_outlives_its_starter),
		TEST(without_socket_it_ends_with_its_client),
		TEST(failure_to_start_has_its_code),
		TEST(what_is_expected_of_the_register_gets_there),
		TEST(second_signer_is_refused),
		TEST(killed_signer_goes_on_from_the_mark),
		TEST(signals_are_an_orderly_end),
		TEST(garbage_is_dropped_and_others_go_on),
		TEST(silent_and_dying_clients_do_not_hold_others),
		TEST(pin_is_nowhere_to_be_seen),
		TEST(no_descriptor_is_inherited),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
