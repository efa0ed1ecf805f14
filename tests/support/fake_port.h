/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fake_port.h - a chip in memory, as a struct port: any number of lock units,
 * either kind of word, and faults at will.
 */
#ifndef IMEILOCK_TESTS_FAKE_PORT_H
#define IMEILOCK_TESTS_FAKE_PORT_H

#include "port/port.h"

/* What a cut leaves of the change that it falls into. */
enum fake_tear {
	TEAR_BEFORE,
	TEAR_HALF,    /* every second cell, or the first half of the bytes */
	TEAR_GARBAGE, /* of a sector; of cells the other half */
	TEAR_AFTER,
	FAKE_TEARS,
};

enum fake_fuse {
	FAKE_FUSE_GOOD,
	FAKE_FUSE_LIES,	   /* says ok and burns nothing */
	FAKE_FUSE_REFUSES, /* says refused and burns nothing */
	FAKE_FUSE_DENIES,  /* says refused and burns */
};

enum fake_lock {
	FAKE_LOCK_GOOD,
	FAKE_LOCK_OPEN,	      /* says ok and stays open */
	FAKE_LOCK_LIES,	      /* reads locked, burns are taken */
	FAKE_LOCK_UNREADABLE, /* holds, and cannot be read */
};

/* All that burns; it has no padding, so that two can be compared. */
struct fake_cells {
	uint32_t word[IMAGE_WORDS];
	uint32_t canary[PORT_LOCK_UNITS_MAX];
	uint32_t lock[PORT_LOCK_UNITS_MAX];
	uint32_t fuses; /* a mask of further_fuse; seen after power-on */
};

struct fake_port {
	struct port port;
	struct port_info info;
	struct chip_id chip;
	struct fake_cells cells;
	uint8_t store[PORT_STORE_SECTORS][PORT_STORE_SECTOR_MIN];
	enum port_debug debug;
	bool is_secure_boot;

	/* what is wrong with it */
	uint8_t health[IMAGE_WORDS]; /* WORD_UNREADABLE also fails */
	uint32_t stuck[IMAGE_WORDS]; /* cells that never burn */
	enum fake_lock lock[PORT_LOCK_UNITS_MAX];
	enum fake_fuse fuse;
	bool is_canary_unreadable[PORT_LOCK_UNITS_MAX];
	unsigned int lie_at;  /* this burn says ok and burns nothing */
	unsigned int deny_at; /* this burn is made and says refused */
	bool has_no_random;
	bool has_no_store;  /* erasing and programming it is refused */
	bool is_store_deaf; /* it says ok, and nothing changes */

	/* the change (burn, lock, fuse, canary, erase, program) at which power goes;
	 * 0 for never */
	unsigned int cut_at;
	enum fake_tear tear;
	bool is_gone;

	/* what was done so far */
	unsigned int changes;
	unsigned int burns;
	unsigned int canary_tries;
	unsigned int fuse_burns;
	unsigned int reloads;
	unsigned int misuses; /* burns that port.h forbids */
	uint64_t random_state;
};

/* A blank chip.  It must not be moved, but for fake_port_copy. */
void fake_port_init(struct fake_port *fake, enum word_kind kind,
		    uint8_t modem_slots, uint8_t lock_units);
void fake_port_copy(struct fake_port *to, const struct fake_port *from);
/* Power comes back; no further cut. */
void fake_port_power_on(struct fake_port *fake);
/* The lock unit that a word of the image belongs to. */
unsigned int fake_port_unit(const struct fake_port *fake, unsigned int word);
void fake_port_lock_all(struct fake_port *fake);

#endif
