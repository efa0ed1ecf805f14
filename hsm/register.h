/* SPDX-License-Identifier: Apache-2.0 */
/*
 * register.h - the signer's own memory: an append-only, hash-chained file.
 *
 * Whatever the signer signs stands in it first, on the disk.  Format:
 * docs/hsm.md.  One process at a time holds a register (a lock on the file),
 * and one thread at a time is in it, but for register_sync.
 * Tickets are found again by IMEI and by chip through an index in memory of
 * about 100 bytes a unit, which is built when the register is opened.
 */
#ifndef IMEILOCK_HSM_REGISTER_H
#define IMEILOCK_HSM_REGISTER_H

#include "hsm/entry.h"

struct hsm_register;

/* Called for each entry at open, oldest first; a failure ends the opening. */
typedef enum status (*register_entry_fn)(void *ctx, const struct entry *entry);

/*
 * Open, or make an empty one (mode 0600).  Every hash is checked.  A last
 * entry that a power cut left unfinished was never signed for: it is cut off.
 *   ST_HSM_REGISTER  damaged, or it cannot be read or written
 *   ST_HSM_BUSY      another process has it open
 *   ST_STATION_MEMORY
 */
MUST_CHECK enum status register_open(struct hsm_register **out,
				     const char *path, register_entry_fn each,
				     void *ctx);
void register_close(struct hsm_register *reg); /* NULL is allowed */

/*
 * Append entry, which gets its number and time.  It counts from now on, but
 * nothing may be signed for it before register_sync says that it is on the
 * disk.  After any failure the file is as it was; if that cannot be had, every
 * further call is ST_HSM_REGISTER.
 */
MUST_CHECK enum status register_write(struct hsm_register *reg,
				      struct entry *entry);

/*
 * Wait until the first count entries are on the disk; any thread may, at any
 * time, and those that wait share a sync.  ST_HSM_REGISTER: they may not be,
 * and every further call that writes gives the same.
 */
MUST_CHECK enum status register_sync(struct hsm_register *reg, uint64_t count);

/* Both: ST_OK when entry is on the disk. */
MUST_CHECK enum status register_append(struct hsm_register *reg,
				       struct entry *entry);

void register_head(const struct hsm_register *reg, struct chain_head *out);
enum entry_kind register_last_kind(const struct hsm_register *reg);

/* Hash after count entries.  ST_HSM_REGISTER_OLD if there are fewer. */
MUST_CHECK enum status register_at(const struct hsm_register *reg,
				   uint64_t count, struct sha256 *out);

/* The TICKET or SHOWN entry that bound the number, or the chip; *found is
 * false and *out is cleared if there is none. */
MUST_CHECK enum status register_find_imei(const struct hsm_register *reg,
					  struct imei imei, struct entry *out,
					  bool *found);
MUST_CHECK enum status register_find_chip(const struct hsm_register *reg,
					  const struct chip_id *chip,
					  struct entry *out, bool *found);

/* The highest number of interval that was handed out, or none. */
struct imei register_highest(const struct hsm_register *reg,
			     const struct interval *interval);

#endif
