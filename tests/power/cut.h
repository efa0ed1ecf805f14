/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cut.h - the station's supply: counts what the host does that outlives it, and
 * ends the process at one step that was named beforehand.
 *
 * cut.c defines write, fdatasync, send and the like before the C library does,
 * in a test program or, with LD_PRELOAD, in the product's own programs; a step
 * is known by the path of its file or socket.  The handset has a supply of its
 * own (port/virtual/power.h).
 *
 * A kill leaves to the files what was written.  Where the step is a sync, the
 * cut is one of the mains: before it everything is lost that was written since
 * the last, and torn is any part of that.  cut_is_of_mains makes each cut so.
 */
#ifndef IMEILOCK_TESTS_POWER_CUT_H
#define IMEILOCK_TESTS_POWER_CUT_H

#include <stdbool.h>
#include <stdint.h>

enum cut_kind {
	CUT_LEDGER,   /* a write or sync of ledger.db or its write-ahead log */
	CUT_REGISTER, /* a write or sync of the signer's register */
	CUT_MARK,     /* a write, sync or rename of the software token */
	CUT_SEND,     /* a frame from the host to the agent */
	CUT_RECEIVE,  /* a frame from the agent to the host */
	CUT_SIGN,     /* a signature: registered, made, handed out */
	CUT_KINDS,
};

enum cut_extent { CUT_BEFORE = 1, CUT_TORN, CUT_AFTER, CUT_WHOLE };

#define CUT_EXIT 77 /* what a process that was cut exits with */

/* "KIND@N:EXTENT" or "KIND@N:torn:SEED", with the extents of --cut of the
 * virtual handset.  False: it is none. */
bool cut_parse(const char *text);
/* Whatever was not synced is lost, at any step. */
void cut_is_of_mains(void);
/* How the process ends; _exit(CUT_EXIT) without it. */
void cut_on_death(void (*death)(int fd));

const char *cut_kind_name(enum cut_kind kind);
uint32_t cut_count(enum cut_kind kind);

/* Count a step that has no system call of its own. */
enum cut_extent cut_step(enum cut_kind kind);
/* fd: the socket in use, or -1. */
__attribute__((noreturn)) void cut_die(int fd);
/* The run is over: a cut behind its last step comes now. */
void cut_finish(void);

#endif
