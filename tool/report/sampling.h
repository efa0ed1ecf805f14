/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sampling.h - how many units of a lot are looked at, and which.
 *
 * Single sampling plans for normal inspection of ISO 2859-1:1999: table 1 for
 * the code letter, table 2-A for the plan.  AQLs are percent nonconforming, in
 * thousandths: 65 is 0.065, 6500 is 6.5.  An AQL of 0 is not in the standard:
 * it is the sample size of the code letter with Ac 0.
 */
#ifndef IMEILOCK_TOOL_REPORT_SAMPLING_H
#define IMEILOCK_TOOL_REPORT_SAMPLING_H

#include "proto/bytes.h"
#include "proto/status.h"

#define SAMPLING_AQL_MIN 65u   /* 0.065 */
#define SAMPLING_AQL_MAX 6500u /* 6.5 */
#define SAMPLING_LOT_MIN 2u

enum sampling_level {
	LEVEL_S1 = 1,
	LEVEL_S2,
	LEVEL_S3,
	LEVEL_S4,
	LEVEL_I,
	LEVEL_II,
	LEVEL_III,
};

struct sampling_plan {
	char letter;	     /* of table 1 */
	char used;	     /* where the arrow of table 2-A led; or letter */
	uint32_t size;	     /* units to look at, at most the whole lot */
	uint32_t table;	     /* what table 2-A says, also above the lot */
	unsigned int accept; /* Ac: up to so many bad ones */
	unsigned int reject; /* Re: from so many on */
};

/* False unless text is one of S-1, S-2, S-3, S-4, I, II, III. */
MUST_CHECK bool sampling_level_parse(enum sampling_level *out,
				     const char *text);
const char *sampling_level_name(enum sampling_level level);

/* "0", or one of the AQLs of the standard from 0.065 to 6.5, as it writes
 * them ("1" and "1.0" are the same); false otherwise. */
MUST_CHECK bool sampling_aql_parse(unsigned int *out, const char *text);
/* "0.065", "1.0" */
void sampling_aql_format(char out[8], unsigned int aql);

/*
 * The plan for a lot of at least SAMPLING_LOT_MIN units.  aql is one that
 * sampling_aql_parse gives.
 */
void sampling_plan(struct sampling_plan *out, uint64_t lot,
		   enum sampling_level level, unsigned int aql);

/* What a lot's sample says.  Units that have no verdict yet decide nothing. */
enum sampling_outcome { LOT_ACCEPT = 1, LOT_REJECT, LOT_OPEN };
enum sampling_outcome sampling_judge(const struct sampling_plan *plan,
				     uint64_t bad, uint64_t undecided);

/*
 * Choose count of the numbers 0 to total - 1, each set as likely as another,
 * in ascending order.  The same seed chooses the same: number i is taken when
 * the next draw below (total - i) is below what is still to be taken; draws
 * are those of SplitMix64, taken again from the top of its range where that
 * does not divide evenly.
 */
void sampling_choose(size_t *out, size_t count, size_t total, uint64_t seed);

#endif
