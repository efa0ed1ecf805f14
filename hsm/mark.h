/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mark.h - the mark: what the token itself remembers of the numbers.
 *
 * A value here; how it is kept ahead of use is in signer_mark.c.  Format:
 * docs/hsm.md.  The generation comes first, so that of two encoded marks the
 * newer is the one that memcmp puts higher.
 */
#ifndef IMEILOCK_HSM_MARK_H
#define IMEILOCK_HSM_MARK_H

#include "hsm/client.h"
#include "hsm/token.h"

#define MARK_AHEAD 64 /* numbers */

struct mark {
	uint64_t generation;   /* one more at each move; 0: there is none */
	struct chain_head reg; /* the register when the mark was moved */
	unsigned int count;
	struct interval interval[INTERVALS_MAX]; /* of the certificate */
	/* Body of the first number never handed out; last + 1 for none. */
	uint64_t next[INTERVALS_MAX];
};

MUST_CHECK enum status mark_encode(struct bytes *out,
				   uint8_t buf[TOKEN_MARK_MAX],
				   const struct mark *mark);
/* ST_HSM_MARK; *mark is then cleared. */
MUST_CHECK enum status mark_decode(struct mark *mark, struct bytes encoded);

/* Both are for the same intervals. */
bool mark_fits(const struct mark *mark, const struct interval *interval,
	       unsigned int count);

/*
 * The same knowledge for other intervals: what overlaps one that the mark has
 * starts where that one stands, all else at its beginning.
 */
void mark_rebase(struct mark *mark, const struct interval *interval,
		 unsigned int count);

#endif
