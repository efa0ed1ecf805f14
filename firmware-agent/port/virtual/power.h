/* SPDX-License-Identifier: Apache-2.0 */
/*
 * power.h - the virtual handset's supply: it counts what is done, by kind, and
 * goes away at one step that was named beforehand.
 *
 * For the files of this folder and for tests.  Whatever changes something that
 * outlives a power cut, or sends a frame, asks power_step first.
 */
#ifndef IMEILOCK_PORT_VIRTUAL_POWER_H
#define IMEILOCK_PORT_VIRTUAL_POWER_H

#include "proto/bytes.h"
#include "proto/status.h"

enum step_kind {
	STEP_OTP_PROGRAM,
	STEP_LOCK,
	STEP_CANARY,
	STEP_STORE_ERASE,
	STEP_STORE_PROGRAM,
	STEP_FRAME, /* a frame that is sent to the host */
	STEP_FUSE,  /* a further fuse */
	STEP_KINDS,
};

/* How far a step comes: nothing of it, a part, or all. */
enum step_extent { STEP_BEFORE = 1, STEP_TORN, STEP_AFTER, STEP_WHOLE };

/* Where the power goes; at 0 means nowhere, which only counts. */
struct power_cut {
	enum step_kind kind;
	uint32_t at; /* the first step of a kind is 1 */
	enum step_extent extent;
	uint64_t seed; /* of what a torn step leaves */
};

struct counters;

struct power {
	struct power_cut cut;
	uint32_t count[STEP_KINDS]; /* since power_init, over all resets */
	struct counters *counters;  /* over the part's life; may be NULL */
	bool is_gone;
	/* called once when it goes; may end the process; may be NULL */
	void (*gone)(void *ctx);
	void *gone_ctx;
};

/*
 * "KIND@N:EXTENT" or "KIND@N:torn:SEED"; KIND is otp-program, lock, canary,
 * store-erase, store-program, frame or fuse, EXTENT before, torn or after.
 *   ST_USAGE  anything else
 */
MUST_CHECK enum status power_cut_parse(struct power_cut *out, const char *text);

/* The kind's word in specifications and counters. */
const char *step_kind_name(enum step_kind kind);

void power_init(struct power *power, const struct power_cut *cut,
		struct counters *counters);

/*
 * Count one step and say how much of it is to be done.  Unless that is
 * STEP_WHOLE, the caller does that much, then calls power_fail, and returns
 * ST_PORT_POWER.
 */
enum step_extent power_step(struct power *power, enum step_kind kind);
void power_fail(struct power *power);
/* Power comes back; the cut that was made is over. */
void power_restore(struct power *power);

/* A number from the seed of the cut: what a torn step leaves hangs on it. */
uint64_t power_chance(uint64_t *seed);

#endif
