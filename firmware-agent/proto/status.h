/* SPDX-License-Identifier: Apache-2.0 */
/*
 * status.h - every outcome, for tool, signer and firmware, in one list.
 *
 * A status is four bytes: two letters of the module that made it, an index,
 * and its class.  The class decides, once, what the line does with the unit.
 * Cleared memory (0) is no status, and ST_OK differs from every other value in
 * many bits (a test holds the distance).
 *
 * Append only: the values go over the wire and into the ledger.  An entry that
 * is no longer made stays, and its number is not used again.
 */
#ifndef IMEILOCK_PROTO_STATUS_H
#define IMEILOCK_PROTO_STATUS_H

#include "proto/status_list.h"

/* What the line does; the byte values are far apart from each other. */
enum status_class {
	ST_CLASS_NONE = 0x69,	/* good, or no outcome yet */
	ST_CLASS_RETRY = 0x0f,	/* run again; exit code 2 */
	ST_CLASS_REWORK = 0x33, /* red bin; exit code 3 */
	ST_CLASS_STOP = 0x55,	/* call the engineer; exit code 4 */
	ST_CLASS_BUG = 0x3c,	/* our bug; exit code 5 */
};

#define ST_VALUE_(a, b, index, class)                                          \
	(((a) << 24) | ((b) << 16) | ((index) << 8) | ST_CLASS_##class)

enum status {
	ST_OK = 0x30a8ef69,
#define X(name, a, b, index, class, sentence)                                  \
	ST_##name = ST_VALUE_(a, b, index, class),
	STATUS_LIST(X)
#undef X
};

static inline enum status_class
status_class(enum status status)
{
	return (enum status_class)((unsigned int)status & 0xff);
}

#endif
