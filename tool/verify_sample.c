/* SPDX-License-Identifier: Apache-2.0 */
/* verify: a sample of a lot. */
#include <inttypes.h>
#include <stdlib.h>
#include <sys/random.h>

#include "tool/verify_run.h"

bool
verify_is_sample(const struct verify_sample *sample)
{
	return sample->size > 0 || sample->has_plan;
}

enum status
verify_sample_plan(struct verify_run *run)
{
	struct verify_sample *sample = &run->sample;

	sample->lot = run->list.count;
	if (sample->has_plan) {
		if (sample->lot < SAMPLING_LOT_MIN) {
			cmd_detail(run->cli, "a lot has at least 2 units");
			return ST_USAGE;
		}
		sampling_plan(&sample->plan, sample->lot, sample->level,
			      sample->aql);
		return ST_OK;
	}
	if (sample->size > sample->lot) {
		cmd_detail(run->cli,
			   "a sample of %" PRIu64 " from a lot of %" PRIu64,
			   sample->size, sample->lot);
		return ST_USAGE;
	}
	sample->plan = (struct sampling_plan){
		.size = (uint32_t)sample->size,
		.table = (uint32_t)sample->size,
		.reject = 1,
	};
	return ST_OK;
}

static enum status
draw_seed(struct verify_sample *sample)
{
	if (sample->has_seed)
		return ST_OK;
	if (getrandom(&sample->seed, sizeof(sample->seed), 0) !=
	    (ssize_t)sizeof(sample->seed))
		return ST_CRYPTO_FAILED;
	sample->has_seed = true;
	return ST_OK;
}

enum status
verify_sample_choose(struct verify_run *run, size_t **out, size_t *count)
{
	struct verify_sample *sample = &run->sample;
	enum status st = verify_sample_plan(run);

	*out = NULL;
	if (st == ST_OK)
		st = draw_seed(sample);
	if (st != ST_OK)
		return st;
	*count = sample->plan.size;
	*out = calloc(*count, sizeof(**out));
	if (*out == NULL)
		return ST_STATION_MEMORY;
	sampling_choose(*out, *count, run->list.count, sample->seed);
	return ST_OK;
}

enum sampling_outcome
verify_sample_judge(const struct verify_run *run)
{
	struct verify_sums sums;

	verify_sums(&sums, run);
	return sampling_judge(&run->sample.plan,
			      run->count - sums.good - sums.undecided,
			      sums.undecided);
}

const char *
verify_sample_source(const struct verify_sample *sample)
{
	if (!sample->has_plan)
		return "fixed size, zero acceptance (not from ISO 2859-1)";
	if (sample->aql == 0)
		return "size of the code letter of ISO 2859-1, zero "
		       "acceptance (not from the standard)";
	return "ISO 2859-1, single sampling, normal inspection, tables 1 and "
	       "2-A";
}

const char *
verify_lot_words(enum sampling_outcome outcome)
{
	switch (outcome) {
	case LOT_ACCEPT:
		return "accept";
	case LOT_REJECT:
		return "reject";
	case LOT_OPEN:
	default:
		return "not decided: run again";
	}
}
