/* SPDX-License-Identifier: Apache-2.0 */
#include "support/virtual_chip.h"

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

struct virtual_fixture fixture;

int
set_up(void **state)
{
	(void)state;
	memset(&fixture, 0, sizeof(fixture));
	folder_make(fixture.folder);
	fixture.options.model = "virtual-additive";
	fixture.options.slots = 1;
	return 0;
}

int
tear_down(void **state)
{
	(void)state;
	port_virtual_close(&fixture.chip);
	folder_remove(fixture.folder);
	return 0;
}

void
power_up(void)
{
	port_virtual_close(&fixture.chip);
	assert_int_equal(port_virtual_open(&fixture.chip, fixture.folder,
					   &fixture.options),
			 ST_OK);
}

void
power_up_with(const char *faults, const char *cut)
{
	memset(&fixture.options.traits, 0, sizeof(fixture.options.traits));
	memset(&fixture.options.cut, 0, sizeof(fixture.options.cut));
	if (faults != NULL)
		assert_int_equal(otp_traits_parse(&fixture.options.traits,
						  faults),
				 ST_OK);
	if (cut != NULL)
		assert_int_equal(power_cut_parse(&fixture.options.cut, cut),
				 ST_OK);
	power_up();
}

unsigned long
counter(const char *name)
{
	char path[FOLDER_PATH_MAX], line[64];
	unsigned long value = ULONG_MAX;
	FILE *file;

	folder_path(path, fixture.folder, "counters");
	file = fopen(path, "re");
	assert_non_null(file);
	while (fgets(line, sizeof(line), file) != NULL)
		if (strncmp(line, name, strlen(name)) == 0 &&
		    line[strlen(name)] == ' ')
			value = strtoul(line + strlen(name), NULL, 10);
	fclose(file);
	assert_int_not_equal(value, ULONG_MAX);
	return value;
}
