/* SPDX-License-Identifier: Apache-2.0 */
#include "hsm/pool.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "hsm/transport.h"

#define CONNECTIONS_MAX 8	/* as many as the signer works at at once */
#define REPLY_TIMEOUT_MS 60000	/* a token may reload and back off meanwhile */
#define FURTHER_TIMEOUT_MS 1000 /* to be greeted by a signer that is up */
#define EXIT_TIMEOUT_MS 10000
#define EXIT_POLL_MS 5

struct connection {
	int fd; /* -1: none */
	bool is_busy;
};

struct pool {
	pthread_mutex_t lock;
	pthread_cond_t is_changed;
	struct connection connection[CONNECTIONS_MAX];
	struct sockaddr_un address; /* of further ones */
	bool may_grow;
	bool is_lost; /* the signer; there is no other one for this pool */
	pid_t child;
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
receive_all(int fd, uint8_t *out, size_t len, int timeout_ms)
{
	while (len > 0) {
		struct pollfd wait = {fd, POLLIN, 0};
		int ready = poll(&wait, 1, timeout_ms);
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
receive_message(int fd, uint8_t buf[WIRE_MAX], struct bytes *message,
		int timeout_ms)
{
	uint8_t head[WIRE_HEAD_LEN];
	size_t len;
	enum status status = receive_all(fd, head, sizeof(head), timeout_ms);

	if (status != ST_OK)
		return status;
	if (wire_head_decode(&len, head) != ST_OK)
		return ST_HSM_REPLY;
	*message = bytes_of(buf, len);
	return receive_all(fd, buf, len, timeout_ms);
}

static enum status
exchange_over(int fd, struct bytes request, uint8_t buf[WIRE_MAX],
	      struct bytes *reply)
{
	uint8_t head[WIRE_HEAD_LEN];
	enum status status;

	wire_head_encode(head, request.len);
	status = send_all(fd, bytes_of(head, sizeof(head)));
	if (status == ST_OK)
		status = send_all(fd, request);
	if (status != ST_OK)
		return status;
	return receive_message(fd, buf, reply, REPLY_TIMEOUT_MS);
}

/* What the signer says first: whether it is up. */
static enum status
greet(int fd, int timeout_ms)
{
	uint8_t buf[WIRE_MAX];
	struct wire_reply reply;
	struct bytes message;
	enum status status = receive_message(fd, buf, &message, timeout_ms);

	if (status == ST_OK)
		status = wire_reply_decode(&reply, WIRE_HELLO, message);
	return status != ST_OK ? status : reply.status;
}

/* ------------------------------------------------------------ connections */

/* Without waiting for a signer whose clients are too many already: those that
 * are connected can be used in turns. */
static int
connect_further(const struct pool *pool)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return -1;
	if (connect(fd, (const struct sockaddr *)&pool->address,
		    sizeof(pool->address)) == 0 &&
	    fcntl(fd, F_SETFL, 0) == 0 &&
	    greet(fd, FURTHER_TIMEOUT_MS) == ST_OK)
		return fd;
	close(fd);
	return -1;
}

/* A signer that was started anew listens at the same place, and was not
 * compared with the ledger. */
static bool
has_hung_up(const struct pool *pool)
{
	for (unsigned int i = 0; i < CONNECTIONS_MAX; i++) {
		struct pollfd look = {pool->connection[i].fd, 0, 0};

		if (poll(&look, 1, 0) != 0)
			return true;
	}
	return false;
}

static struct connection *
find_free(struct pool *pool, bool is_open)
{
	for (unsigned int i = 0; i < CONNECTIONS_MAX; i++) {
		struct connection *connection = &pool->connection[i];

		if (!connection->is_busy && (connection->fd >= 0) == is_open)
			return connection;
	}
	return NULL;
}

/* Under the lock, which is left meanwhile. */
static void
grow(struct pool *pool, struct connection *connection)
{
	int fd;

	connection->is_busy = true;
	pthread_mutex_unlock(&pool->lock);
	fd = connect_further(pool);
	pthread_mutex_lock(&pool->lock);
	connection->is_busy = false;
	pool->is_lost |= has_hung_up(pool);
	pool->may_grow &= fd >= 0;
	connection->fd = fd;
	pthread_cond_broadcast(&pool->is_changed);
}

static struct connection *
take(struct pool *pool)
{
	struct connection *connection;

	pthread_mutex_lock(&pool->lock);
	while (!pool->is_lost) {
		connection = find_free(pool, true);
		if (connection != NULL)
			break;
		connection = pool->may_grow ? find_free(pool, false) : NULL;
		if (connection != NULL)
			grow(pool, connection);
		else
			pthread_cond_wait(&pool->is_changed, &pool->lock);
	}
	if (pool->is_lost)
		connection = NULL;
	else
		connection->is_busy = true;
	pthread_mutex_unlock(&pool->lock);
	return connection;
}

static void
give_back(struct pool *pool, struct connection *connection, enum status status)
{
	pthread_mutex_lock(&pool->lock);
	connection->is_busy = false;
	/* a late reply must not be taken for that to the next request */
	pool->is_lost |= status != ST_OK;
	pthread_cond_broadcast(&pool->is_changed);
	pthread_mutex_unlock(&pool->lock);
}

static enum status
exchange(void *ctx, struct bytes request, uint8_t buf[WIRE_MAX],
	 struct bytes *reply)
{
	struct pool *pool = ctx;
	struct connection *connection = take(pool);
	enum status status;

	if (connection == NULL)
		return ST_HSM_REPLY;
	status = exchange_over(connection->fd, request, buf, reply);
	give_back(pool, connection, status);
	return status;
}

/* ---------------------------------------------------- opening and closing */

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
close_all(void *ctx)
{
	struct pool *pool = ctx;

	for (unsigned int i = 0; i < CONNECTIONS_MAX; i++)
		if (pool->connection[i].fd >= 0)
			close(pool->connection[i].fd);
	if (pool->child > 0)
		wait_for(pool->child);
	pthread_cond_destroy(&pool->is_changed);
	pthread_mutex_destroy(&pool->lock);
	free(pool);
}

static struct pool *
make(const struct pool_start *start)
{
	struct pool *pool = calloc(1, sizeof(*pool));

	if (pool == NULL)
		return NULL;
	pthread_mutex_init(&pool->lock, NULL);
	pthread_cond_init(&pool->is_changed, NULL);
	for (unsigned int i = 0; i < CONNECTIONS_MAX; i++)
		pool->connection[i].fd = -1;
	pool->connection[0].fd = start->fd;
	pool->child = start->child;
	pool->may_grow = start->address != NULL;
	if (pool->may_grow)
		pool->address = *start->address;
	return pool;
}

enum status
pool_open(struct hsm **out, const struct pool_start *start)
{
	struct pool *pool = make(start);
	struct hsm_transport transport = {pool, exchange, close_all};
	enum status status;

	*out = NULL;
	if (pool == NULL) {
		close(start->fd);
		return ST_STATION_MEMORY;
	}
	status = greet(start->fd, REPLY_TIMEOUT_MS);
	if (status != ST_OK) {
		close_all(pool);
		return status;
	}
	if (start->is_daemon)
		pool->child = 0;
	return hsm_open(out, &transport);
}
