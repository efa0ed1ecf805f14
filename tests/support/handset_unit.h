/* SPDX-License-Identifier: Apache-2.0 */
/*
 * handset_unit.h - one virtual handset in a folder of its own, for each test.
 */
#ifndef IMEILOCK_TESTS_HANDSET_UNIT_H
#define IMEILOCK_TESTS_HANDSET_UNIT_H

#include "port/virtual/handset.h"
#include "support/folder.h"

struct handset_unit {
	char folder[FOLDER_MAX];
	struct handset handset;
	struct port_virtual_options options;
	struct boot_trust trust;
};

extern struct handset_unit unit;

/* For cmocka: an empty folder, and an additive unit of two slots, not yet on */
int unit_set_up(void **state);
int unit_tear_down(void **state);

/* Power the unit up, anew if it was on, with unit.options. */
void unit_power_up(void);
/* Another chip, not yet on, in an empty folder. */
void unit_renew(void);

#endif
