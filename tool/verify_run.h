/* SPDX-License-Identifier: Apache-2.0 */
/*
 * verify_run.h - what the parts of the command verify hand on to each other.
 */
#ifndef IMEILOCK_TOOL_VERIFY_RUN_H
#define IMEILOCK_TOOL_VERIFY_RUN_H

#include "report/sampling.h"
#include "tool/verify_list.h"

#define VERIFY_MS 120000 /* for one unit */

/* A unit that is looked at. */
struct verify_unit {
	size_t number; /* its place among those that were given, from 1 */
	const struct unit_address *address;
	struct verify_report *report; /* to free */
};

/* How many of a lot are looked at, and why so many. */
struct verify_sample {
	/* as it was asked for */
	uint64_t size; /* --sample, or 0 */
	bool has_plan; /* --aql or --level */
	unsigned int aql;
	enum sampling_level level;
	bool has_seed;
	uint64_t seed;
	/* as it came out */
	uint64_t lot;
	struct sampling_plan plan;
};

/* Everything about one run. */
struct verify_run {
	struct cli *cli;
	const struct cmd_roots *roots;
	struct verify_options options;
	struct verify_list list;
	unsigned int at_once;
	bool is_full;	/* IMEIs of many units are shown in full */
	bool is_many;	/* one line a unit, in place of one a check */
	bool is_record; /* a record and AT+CGSN alone */
	bool is_unshown_accepted;
	struct verify_sample sample;
	uint64_t began;
	struct verify_unit *unit;
	size_t count;
};

bool verify_is_sample(const struct verify_sample *sample);
/* Work out the plan for the lot of run->list.  ST_USAGE */
MUST_CHECK enum status verify_sample_plan(struct verify_run *run);
/* The numbers (from 0) of the units to look at, in a list to free. */
MUST_CHECK enum status verify_sample_choose(struct verify_run *run,
					    size_t **out, size_t *count);
enum sampling_outcome verify_sample_judge(const struct verify_run *run);
/* "fixed size", "ISO 2859-1, table 2-A, ..."; where the plan is from */
const char *verify_sample_source(const struct verify_sample *sample);
const char *verify_lot_words(enum sampling_outcome outcome);

/*
 * Look at the units of run->list, or at a sample of them, several at once,
 * and at what they have in common.  verify_run_free in any case.
 */
MUST_CHECK enum status verify_run_units(struct verify_run *run);
/* Look at the papers of one phone. */
MUST_CHECK enum status verify_run_record(struct verify_run *run,
					 const char *record, const char *cert);
void verify_run_free(struct verify_run *run);

/* Counts by what the line does; those of our bugs are the engineer's. */
struct verify_sums {
	uint64_t good, again, red, engineer;
	uint64_t undecided; /* of again: nothing was seen of the unit */
};
void verify_sums(struct verify_sums *out, const struct verify_run *run);
/* The verdict of the worst unit, the first of them. */
enum status verify_run_worst(const struct verify_run *run);
/* What a verdict is called; a record without a lock has words of its own. */
const char *verify_words(enum status verdict);

void verify_show(const struct verify_run *run);
/* A new file at path, whole or not at all.  ST_STATION_EXISTS */
MUST_CHECK enum status verify_page(const struct verify_run *run,
				   const char *path);

#endif
