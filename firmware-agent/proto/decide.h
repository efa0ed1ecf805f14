/* SPDX-License-Identifier: Apache-2.0 */
/*
 * decide.h - the decisions that a glitch must not flip.
 *
 * Each compares twice, the second time through other values, and answers with
 * ST_OK or with the code that was given; a run that left the track in between
 * ends in that code too.  A caller tests `!= ST_OK` in full.  No other file
 * decides these things: signature good, chip id equal, nonce equal, number in
 * interval, image equal before lock, state may move, record fits, boot verdict.
 */
#ifndef IMEILOCK_PROTO_DECIDE_H
#define IMEILOCK_PROTO_DECIDE_H

#include "proto/bytes.h"
#include "proto/status.h"

/* Equal in length and in every byte, in time that depends on len only. */
MUST_CHECK enum status decide_equal(struct bytes a, struct bytes b,
				    enum status otherwise);

/* first <= value <= last. */
MUST_CHECK enum status decide_within(uint64_t value, uint64_t first,
				     uint64_t last, enum status otherwise);

/* state is one of those in the bit mask allowed (bit n: state n). */
MUST_CHECK enum status decide_state(unsigned int state, uint32_t allowed,
				    enum status otherwise);

/*
 * Two outcomes of the same check, made one after the other, are both ST_OK.
 * For checks that are too large to stand here (a signature, a whole image).
 */
MUST_CHECK enum status decide_both(enum status first, enum status second,
				   enum status otherwise);

#endif
