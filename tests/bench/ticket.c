/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench_ticket STATION AGENT COUNT THREADS: COUNT tickets for one unit, by as
 * many threads as a station has slots, one after the other in each, from the
 * signer of an armed station.  Prints the seconds.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "bench/clock.h"
#include "station/ask.h"
#include "station/station.h"

#define UNIT_MS 60000
#define THREADS_MAX 64

struct asker {
	struct station_run *run;
	const struct object *token;
	const struct ledger_unit *unit;
	long count;
	enum status st;
	pthread_t thread;
};

/* The unit's key token, and its number in the ledger. */
static enum status
bind(struct station_run *run, const char *agent, struct object *token,
     struct ledger_unit *unit)
{
	const struct ledger_who who = {"bench", 1, IMEILOCK_VERSION};
	struct deadline deadline = deadline_in(UNIT_MS);
	struct key_token opened;
	struct device device;
	struct hello hello;
	enum status st = device_open(&device, agent, deadline);

	if (st == ST_OK)
		st = device_hello(&device, &hello, deadline);
	if (st == ST_OK)
		st = ask_key(&opened, token, &device, &hello.chip, deadline);
	if (st == ST_OK)
		st = ledger_ticket(run->flow.ledger, &who, hello.model, 1,
				   &hello.chip, &opened.device, unit);
	device_close(&device);
	return st;
}

static enum status
ask_tickets(struct station_run *run, const struct object *token,
	    const struct ledger_unit *unit, long count)
{
	struct chain_head head, reg;
	struct object ticket;
	enum status st = ledger_durable_head(run->flow.ledger, true, &head);

	for (long n = 0; st == ST_OK && n < count; n++)
		st = hsm_ticket(run->flow.hsm, unit->model, object_bytes(token),
				&unit->identity, &head, &ticket, &reg);
	return st;
}

static void *
ask(void *arg)
{
	struct asker *asker = arg;

	asker->st = ask_tickets(asker->run, asker->token, asker->unit,
				asker->count);
	return NULL;
}

/* The same for each thread; the first failure is told. */
static enum status
ask_at_once(const struct asker *one, long threads)
{
	static struct asker asker[THREADS_MAX];
	enum status st = ST_OK;
	long begun = 0;

	for (; begun < threads && st == ST_OK; begun++) {
		asker[begun] = *one;
		if (pthread_create(&asker[begun].thread, NULL, ask,
				   &asker[begun]) != 0)
			exit(1);
	}
	while (begun > 0) {
		(void)pthread_join(asker[--begun].thread, NULL);
		if (st == ST_OK)
			st = asker[begun].st;
	}
	return st;
}

int
main(int argc, char **argv)
{
	static struct station_run run;
	static struct station station;
	struct ledger_unit unit;
	struct object token;
	struct asker one = {&run, &token, &unit, 1, ST_OK, 0};
	double begun = 0;
	long threads;
	enum status st;

	if (argc != 5)
		return 2;
	threads = atol(argv[4]);
	if (threads < 1 || threads > THREADS_MAX)
		return 2;
	st = station_load(&station, argv[1]);
	if (st == ST_OK)
		st = station_open(&run, &station, IMEILOCK_VERSION);
	if (st == ST_OK)
		st = bind(&run, argv[2], &token, &unit);
	if (st == ST_OK)
		st = ask_at_once(&one, threads);
	begun = clock_s();
	one.count = atol(argv[3]) / threads;
	if (st == ST_OK)
		st = ask_at_once(&one, threads);
	if (st != ST_OK) {
		fprintf(stderr, "bench_ticket: status %x\n", (unsigned int)st);
		return 1;
	}
	printf("%.6f\n", clock_s() - begun);
	station_run_close(&run);
	return 0;
}
