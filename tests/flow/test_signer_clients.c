/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Threads and processes that ask imeilock-signer at once, over its socket: the
 * threads of one process share connections.
 */
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "hsm/wire.h"
#include "support/signers.h"

#define THREADS 8
#define UNITS 10      /* a thread */
#define PEERS_MAX 256 /* as hsm/server.c has it */
#define WAITING 30    /* more than wait for an accept */
#define CLIENTS 2

struct world {
	struct signers *signers;
	char socket[FOLDER_PATH_MAX];
	struct hsm *first; /* made with the start */
	struct hsm *hsm;
	pid_t pid;
	struct unit unit[THREADS * UNITS];
	enum status status[THREADS * UNITS];
};

static void
start(struct world *world)
{
	struct hsm_start how = {
		.folder = world->signers->line.folder,
		.token = world->signers->line.token,
		.socket = world->socket,
	};
	int fds[2];

	assert_int_equal(pipe(fds), 0);
	assert_int_equal(write(fds[1], SIGNERS_PIN, strlen(SIGNERS_PIN)),
			 strlen(SIGNERS_PIN));
	close(fds[1]);
	how.pin_fd = fds[0];
	assert_int_equal(hsm_start(&world->first, &world->pid, &how), ST_OK);
}

static void
end(struct world *world, int signal)
{
	int how;

	hsm_close(world->first);
	world->first = NULL;
	assert_int_equal(kill(world->pid, signal), 0);
	assert_int_equal(waitpid(world->pid, &how, 0), world->pid);
	world->pid = 0;
	if (signal == SIGTERM)
		assert_true(WIFEXITED(how) && WEXITSTATUS(how) == 0);
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
	for (unsigned int n = 0; n < THREADS * UNITS; n++) {
		unit_init(&world->unit[n], n + 1, n + 1);
		unit_answer_key(&world->unit[n]);
	}
	start(world);
	assert_int_equal(hsm_connect(&world->hsm, world->socket), ST_OK);
	*state = world;
	return 0;
}

static int
tear_down(void **state)
{
	struct world *world = *state;
	void *signers = world->signers;

	for (unsigned int n = 0; n < THREADS * UNITS; n++)
		unit_wipe(&world->unit[n]);
	hsm_close(world->hsm);
	end(world, SIGTERM);
	signers_tear_down(&signers);
	free(world);
	return 0;
}

/* --------------------------------------------------------------- threads */

struct asker {
	struct world *world;
	struct hsm *hsm;
	unsigned int number;
	pthread_t thread;
};

static void *
ask(void *arg)
{
	const struct asker *asker = arg;
	struct world *world = asker->world;

	for (unsigned int i = 0; i < UNITS; i++) {
		unsigned int n = asker->number * UNITS + i;
		struct identity identity = signers_identity(n, 1);
		struct chain_head reg;

		world->status[n] = hsm_ticket(
			asker->hsm, SIGNERS_MODEL,
			object_bytes(&world->unit[n].key_token), &identity,
			&world->signers->head, &world->unit[n].ticket, &reg);
	}
	return NULL;
}

/* Threads, in turns over so many clients; all get status. */
static void
ask_at_once(struct world *world, struct hsm *const *client,
	    unsigned int clients, enum status status)
{
	struct asker asker[THREADS];

	for (unsigned int i = 0; i < THREADS; i++) {
		asker[i].world = world;
		asker[i].hsm = client[i % clients];
		asker[i].number = i;
		assert_int_equal(pthread_create(&asker[i].thread, NULL, ask,
						&asker[i]),
				 0);
	}
	for (unsigned int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_join(asker[i].thread, NULL), 0);
	for (unsigned int n = 0; n < THREADS * UNITS; n++)
		assert_int_equal(world->status[n], status);
}

/* A reply goes to the thread that asked: each ticket is its own unit's. */
static void
check_tickets(struct world *world)
{
	struct cert cert;

	assert_int_equal(cert_open(&cert, object_bytes(&world->signers->cert),
				   &world->signers->root_key),
			 ST_OK);
	for (unsigned int n = 0; n < THREADS * UNITS; n++) {
		struct identity identity = signers_identity(n, 1);
		struct ticket ticket;

		assert_int_equal(
			ticket_open(&ticket,
				    object_bytes(&world->unit[n].ticket),
				    &cert.key),
			ST_OK);
		assert_true(identity_equal(&ticket.identity, &identity));
	}
}

static void
threads_share_connections(void **state)
{
	struct world *world = *state;

	ask_at_once(world, &world->hsm, 1, ST_OK);
	check_tickets(world);
	end(world, SIGTERM);
	/* in good order: the numbers go on behind the last */
	place_open(&world->signers->line);
	assert_int_equal(place_next(&world->signers->line),
			 signers_imei(THREADS * UNITS).body);
	place_close(&world->signers->line);
	start(world);
}

static void
clients_are_served_at_once(void **state)
{
	struct world *world = *state;
	struct hsm *client[CLIENTS] = {world->hsm, NULL};

	assert_int_equal(hsm_connect(&client[1], world->socket), ST_OK);
	ask_at_once(world, client, CLIENTS, ST_OK);
	check_tickets(world);
	hsm_close(client[1]);
}

/* It listens at the same place, but nobody compared it with the ledger. */
static void
restarted_signer_is_not_joined(void **state)
{
	struct world *world = *state;

	end(world, SIGKILL);
	start(world);
	ask_at_once(world, &world->hsm, 1, ST_HSM_REPLY);
	hsm_close(world->hsm);
	assert_int_equal(hsm_connect(&world->hsm, world->socket), ST_OK);
	ask_at_once(world, &world->hsm, 1, ST_OK);
}

/* ------------------------------------------------------- hostile clients */

static int
raw_connect(const struct world *world)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);

	assert_true(fd >= 0);
	strcpy(address.sun_path, world->socket);
	if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) ==
	    0)
		return fd;
	close(fd);
	return -1;
}

static void
wait_for_greeting(int fd)
{
	uint8_t greeting[WIRE_HEAD_LEN + 6];
	struct timeval limit = {.tv_sec = 10};

	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit,
				    sizeof(limit)),
			 0);
	assert_int_equal(fcntl(fd, F_SETFL, 0), 0);
	assert_int_equal(recv(fd, greeting, sizeof(greeting), MSG_WAITALL),
			 sizeof(greeting));
}

/* Clients that say half a request and take all the room there is: those that
 * are connected go on with the connections that they have. */
static void
full_signer_serves_whom_it_has(void **state)
{
	static const uint8_t half[5] = {0, 0, 0, 9, 0x81};
	const unsigned int room = PEERS_MAX - 2; /* two are ours */
	struct world *world = *state;
	int fd[PEERS_MAX + WAITING];

	for (unsigned int i = 0; i < room; i++) {
		fd[i] = raw_connect(world);
		assert_true(fd[i] >= 0);
		wait_for_greeting(fd[i]);
		assert_int_equal(send(fd[i], half, sizeof(half), 0),
				 sizeof(half));
	}
	for (unsigned int i = room; i < room + WAITING; i++)
		fd[i] = raw_connect(world);
	ask_at_once(world, &world->hsm, 1, ST_OK);
	check_tickets(world);
	for (unsigned int i = 0; i < room + WAITING; i++)
		if (fd[i] >= 0)
			close(fd[i]);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(threads_share_connections),
		TEST(clients_are_served_at_once),
		TEST(restarted_signer_is_not_joined),
		TEST(full_signer_serves_whom_it_has),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
