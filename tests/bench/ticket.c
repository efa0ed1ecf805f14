/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench_ticket STATION AGENT COUNT: COUNT tickets for one unit, one after the
 * other, from the signer of an armed station.  Prints the seconds.
 */
#include <stdio.h>
#include <stdlib.h>

#include "bench/clock.h"
#include "station/ask.h"
#include "station/station.h"

#define UNIT_MS 60000

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

int
main(int argc, char **argv)
{
	static struct station_run run;
	static struct station station;
	struct ledger_unit unit;
	struct object token;
	double begun = 0;
	enum status st;

	if (argc != 4)
		return 2;
	st = station_load(&station, argv[1]);
	if (st == ST_OK)
		st = station_open(&run, &station, IMEILOCK_VERSION);
	if (st == ST_OK)
		st = bind(&run, argv[2], &token, &unit);
	if (st == ST_OK)
		st = ask_tickets(&run, &token, &unit, 1);
	begun = clock_s();
	if (st == ST_OK)
		st = ask_tickets(&run, &token, &unit, atol(argv[3]));
	if (st != ST_OK) {
		fprintf(stderr, "bench_ticket: status %x\n", (unsigned int)st);
		return 1;
	}
	printf("%.6f\n", clock_s() - begun);
	station_run_close(&run);
	return 0;
}
