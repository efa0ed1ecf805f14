/* SPDX-License-Identifier: Apache-2.0 */
#include "support/handset_unit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

struct handset_unit unit;

int
unit_set_up(void **state)
{
	(void)state;
	memset(&unit, 0, sizeof(unit));
	folder_make(unit.folder);
	unit.options.model = "virtual-additive";
	unit.options.slots = 2;
	unit.trust.class = CLASS_DEVELOPMENT;
	return 0;
}

int
unit_tear_down(void **state)
{
	(void)state;
	handset_close(&unit.handset);
	folder_remove(unit.folder);
	return 0;
}

void
unit_power_up(void)
{
	handset_close(&unit.handset);
	assert_int_equal(handset_open(&unit.handset, unit.folder, &unit.options,
				      &unit.trust),
			 ST_OK);
}

void
unit_renew(void)
{
	handset_close(&unit.handset);
	folder_remove(unit.folder);
	folder_make(unit.folder);
}
