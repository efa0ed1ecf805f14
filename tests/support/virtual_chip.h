/* SPDX-License-Identifier: Apache-2.0 */
/*
 * virtual_chip.h - one virtual chip in a folder of its own, for each test.
 */
#ifndef IMEILOCK_TESTS_VIRTUAL_CHIP_H
#define IMEILOCK_TESTS_VIRTUAL_CHIP_H

#include "port/virtual/port_virtual.h"
#include "support/folder.h"

struct virtual_fixture {
	char folder[FOLDER_MAX];
	struct port_virtual chip;
	struct port_virtual_options options;
};

extern struct virtual_fixture fixture;

/* For cmocka: an empty folder, and an additive part that is not yet on. */
int set_up(void **state);
int tear_down(void **state);

/* Power the chip up, anew if it was on, with fixture.options. */
void power_up(void);
/* The same with faults or a cut as text; NULL for none. */
void power_up_with(const char *faults, const char *cut);

/* The number behind name in the counters file. */
unsigned long counter(const char *name);

#endif
