/* SPDX-License-Identifier: Apache-2.0 */
/*
 * revoked.h - the revocation notices that somebody has at hand.
 *
 * A notice counts against certificates of the root that signed it.
 */
#ifndef IMEILOCK_TOOL_STATION_REVOKED_H
#define IMEILOCK_TOOL_STATION_REVOKED_H

#include "proto/revocation.h"

#define REVOKED_MAX 64

struct revoked_notice {
	struct revocation notice;
	struct public_key root; /* that it verified under */
};

struct revoked {
	size_t count;
	struct revoked_notice item[REVOKED_MAX];
};

/* Take one more; root is one of root_count.
 *   ST_HSM_REVOCATION  not good under any of them, or too many */
MUST_CHECK enum status revoked_add(struct revoked *revoked, struct bytes object,
				   const struct public_key *root,
				   size_t root_count);

/* Take every file of a folder; one that is not there has none.  A file that is
 * no good notice is not passed over: ST_HSM_REVOCATION, ST_STATION_FILE. */
MUST_CHECK enum status revoked_load(struct revoked *revoked, const char *folder,
				    const struct public_key *root);

/* The notice that counts against cert, which is good under root: the one from
 * the earliest time; or NULL. */
const struct revocation *revoked_find(const struct revoked *revoked,
				      const struct cert *cert,
				      const struct public_key *root);

/* Is none at hand?  NULL is none. */
static inline bool
revoked_is_empty(const struct revoked *revoked)
{
	return revoked == NULL || revoked->count == 0;
}

/* What a key of cert signed at this time is good, or ST_VERIFY_REVOKED.
 * *detail says why, as long as the notices are there; NULL where none is. */
MUST_CHECK enum status revoked_judge(const char **detail,
				     const struct revoked *revoked,
				     const struct cert *cert,
				     const struct public_key *root,
				     uint64_t time);

#endif
