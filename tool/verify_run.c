/* SPDX-License-Identifier: Apache-2.0 */
/* verify: the units, several at once. */
#include "tool/verify_run.h"

#include <pthread.h>
#include <stdlib.h>

#include "tool/slots.h"

/* Threads take the next unit until there is none. */
struct queue {
	pthread_mutex_t lock;
	struct verify_run *run;
	size_t next;
};

static bool
take_next(struct queue *queue, struct verify_unit **unit)
{
	bool has_one;

	(void)pthread_mutex_lock(&queue->lock);
	has_one = queue->next < queue->run->count;
	if (has_one)
		*unit = &queue->run->unit[queue->next++];
	(void)pthread_mutex_unlock(&queue->lock);
	return has_one;
}

static void
work(void *job, size_t i)
{
	struct queue *queue = job;
	struct verify_unit *unit;

	(void)i;
	while (take_next(queue, &unit))
		verify_unit(unit->report, unit->address, &queue->run->options,
			    deadline_in(VERIFY_MS));
}

static void
work_all(struct verify_run *run)
{
	struct queue queue = {.lock = PTHREAD_MUTEX_INITIALIZER, .run = run};
	size_t threads = run->at_once;

	if (run->count == 1) {
		work(&queue, 0);
		return;
	}
	slots_run(work, &queue, threads < run->count ? threads : run->count);
}

/* Until it was looked at, a unit is none that is good. */
static enum status
prepare(struct verify_unit *unit, size_t number,
	const struct unit_address *address)
{
	struct verify_report *report = calloc(1, sizeof(*report));

	if (report == NULL)
		return ST_STATION_MEMORY;
	identity_init(&report->identity);
	report->verdict = ST_OK;
	verify_note(report, "agent", VERIFY_BAD, ST_STATION_MEMORY,
		    "no thread for this unit");
	*unit = (struct verify_unit){number, address, report};
	return ST_OK;
}

static enum status
prepare_all(struct verify_run *run, const size_t *chosen, size_t count)
{
	enum status st = ST_OK;

	run->unit = calloc(count, sizeof(*run->unit));
	if (run->unit == NULL)
		return ST_STATION_MEMORY;
	for (size_t i = 0; i < count && st == ST_OK; i++) {
		size_t number = chosen != NULL ? chosen[i] : i;

		st = prepare(&run->unit[i], number + 1,
			     &run->list.unit[number]);
		if (st == ST_OK)
			run->count++;
	}
	return st;
}

static enum status
look_unique(struct verify_run *run)
{
	struct verify_report **report = calloc(run->count, sizeof(*report));
	size_t *number = calloc(run->count, sizeof(*number));
	enum status st = ST_STATION_MEMORY;

	if (report != NULL && number != NULL) {
		for (size_t i = 0; i < run->count; i++) {
			report[i] = run->unit[i].report;
			number[i] = run->unit[i].number;
		}
		st = verify_unique(report, number, run->count);
	}
	free(number);
	free(report);
	return st;
}

enum status
verify_run_units(struct verify_run *run)
{
	size_t *chosen = NULL, count = run->list.count;
	enum status st = verify_list_check(run->cli, &run->list);

	if (st == ST_OK && verify_is_sample(&run->sample))
		st = verify_sample_choose(run, &chosen, &count);
	if (st == ST_OK)
		st = prepare_all(run, chosen, count);
	free(chosen);
	if (st != ST_OK)
		return st;
	work_all(run);
	return run->is_many ? look_unique(run) : ST_OK;
}

void
verify_run_free(struct verify_run *run)
{
	for (size_t i = 0; i < run->count; i++)
		free(run->unit[i].report);
	free(run->unit);
	run->unit = NULL;
	run->count = 0;
	verify_list_free(&run->list);
}

/* For a line a unit that is not locked is one to go on with; for a lot it is
 * a bad one. */
static bool
is_undecided(enum status verdict)
{
	return verdict_of(verdict) == VERDICT_RETRY &&
	       verdict != ST_AGENT_NOT_LOCKED;
}

void
verify_sums(struct verify_sums *out, const struct verify_run *run)
{
	*out = (struct verify_sums){.good = 0};
	for (size_t i = 0; i < run->count; i++) {
		enum status verdict = run->unit[i].report->verdict;

		out->undecided += is_undecided(verdict);
		switch (verdict_of(verdict)) {
		case VERDICT_GOOD:
			out->good++;
			break;
		case VERDICT_USAGE:
		case VERDICT_RETRY:
			out->again++;
			break;
		case VERDICT_REWORK:
			out->red++;
			break;
		case VERDICT_STOP:
		case VERDICT_BUG:
		default:
			out->engineer++;
			break;
		}
	}
}

enum status
verify_run_worst(const struct verify_run *run)
{
	enum status worst = ST_OK;

	for (size_t i = 0; i < run->count; i++) {
		enum status st = run->unit[i].report->verdict;

		if (verdict_of(st) > verdict_of(worst))
			worst = st;
	}
	return worst;
}

const char *
verify_words(enum status verdict)
{
	return verdict == ST_VERIFY_NOT_SHOWN
		       ? "record fits; lock not shown"
		       : verdict_words(verdict_of(verdict));
}
