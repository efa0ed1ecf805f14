/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_port_virtual.c - the rest of the virtual chip: counters, record store,
 * files, what it declares, and the texts that its faults are given as.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "support/virtual_chip.h"

static struct port_virtual *const chip = &fixture.chip;

/* --------------------------------------------------------------- counting */

static void
steps_are_counted(void **state)
{
	(void)state;
	power_up_with(NULL, NULL);
	for (unsigned int i = 0; i < 3; i++)
		assert_int_equal(chip->port.otp_program(chip, i, 1), ST_OK);
	assert_int_equal(chip->port.lock(chip, 0), ST_OK);
	assert_int_equal(chip->port.otp_program(chip, 1, 2), ST_PORT_REFUSED);
	assert_int_equal(chip->port.store_erase(chip, 0), ST_OK);
	assert_int_equal(counter("otp-program"), 4);
	assert_int_equal(counter("lock"), 1);
	assert_int_equal(counter("canary"), 0);
	assert_int_equal(counter("store-erase"), 1);
	assert_int_equal(counter("store-program"), 0);
	assert_int_equal(counter("frame"), 0);
	/* the file goes on, the steps of a cut begin anew */
	power_up();
	assert_int_equal(chip->port.otp_program(chip, 100, 1), ST_OK);
	assert_int_equal(counter("otp-program"), 5);
	assert_int_equal(chip->power.count[STEP_OTP_PROGRAM], 1);
}

/* ------------------------------------------------------------------ store */

static void
assert_store(unsigned int sector, size_t offset, const char *expected)
{
	uint8_t in[32];

	assert_int_equal(chip->port.store_read(chip, sector, offset, in,
					       strlen(expected)),
			 ST_OK);
	assert_memory_equal(in, expected, strlen(expected));
}

static enum status
store_text(unsigned int sector, size_t offset, const char *text)
{
	return chip->port.store_program(chip, sector, offset, text_bytes(text));
}

static void
store_only_clears_bits(void **state)
{
	uint8_t byte;

	(void)state;
	power_up_with(NULL, NULL);
	assert_store(1, 4092, "\xff\xff\xff\xff");
	assert_int_equal(store_text(1, 4092, "abcd"), ST_OK);
	assert_int_equal(store_text(1, 4092, "\xf0"), ST_OK);
	power_up();
	assert_store(1, 4092,
		     "\x60"
		     "bcd");
	assert_store(0, 4092, "\xff\xff\xff\xff");
	assert_int_equal(chip->port.store_erase(chip, 1), ST_OK);
	assert_store(1, 4092, "\xff\xff\xff\xff");
	/* nothing beyond a sector */
	assert_int_equal(store_text(1, 4093, "abcd"), ST_PORT_REFUSED);
	assert_int_equal(store_text(0, 4096, "a"), ST_PORT_REFUSED);
	assert_int_equal(store_text(2, 0, "a"), ST_PORT_REFUSED);
	assert_int_equal(chip->port.store_read(chip, 0, SIZE_MAX, &byte, 1),
			 ST_PORT_REFUSED);
	assert_int_equal(chip->port.store_erase(chip, 2), ST_PORT_REFUSED);
}

/* A torn write of seed leaves a part of it, or noise in the whole sector. */
static void
check_torn_store(unsigned int seed, bool *is_noise)
{
	uint8_t before[4096], after[4096], other[4096];
	char cut[64];

	power_up_with(NULL, NULL);
	assert_int_equal(chip->port.store_erase(chip, 0), ST_OK);
	assert_int_equal(store_text(0, 2000, "there before"), ST_OK);
	memcpy(before, chip->store, sizeof(before));
	memcpy(other, chip->store + 4096, sizeof(other));
	snprintf(cut, sizeof(cut), "store-program@1:torn:%u", seed);
	power_up_with(NULL, cut);
	assert_int_equal(store_text(0, 16, "0123456789"), ST_PORT_POWER);
	power_up_with(NULL, NULL);
	memcpy(after, chip->store, sizeof(after));
	assert_memory_equal(other, chip->store + 4096, sizeof(other));
	*is_noise = memcmp(before + 32, after + 32, sizeof(after) - 32) != 0;
	if (!*is_noise)
		assert_int_equal(after[25], 0xff);
}

static void
a_torn_store_holds_anything(void **state)
{
	unsigned int noise = 0;

	(void)state;
	for (unsigned int seed = 0; seed < 10; seed++) {
		bool is_noise;

		check_torn_store(seed, &is_noise);
		noise += is_noise;
	}
	assert_int_equal(noise, 5);
	power_up_with(NULL, "store-erase@1:torn:0");
	assert_int_equal(chip->port.store_erase(chip, 0), ST_PORT_POWER);
	power_up_with(NULL, "store-program@1:before");
	assert_int_equal(store_text(1, 0, "x"), ST_PORT_POWER);
	power_up_with(NULL, "store-program@1:after");
	assert_store(1, 0, "\xff");
	assert_int_equal(store_text(1, 0, "x"), ST_PORT_POWER);
	power_up_with(NULL, NULL);
	assert_store(1, 0, "x");
}

/* ---------------------------------------------------------------- opening */

static void
a_chip_keeps_its_id(void **state)
{
	struct chip_id first, again;

	(void)state;
	power_up_with(NULL, NULL);
	assert_int_equal(chip->port.chip_id(chip, &first), ST_OK);
	assert_int_equal(first.len, 16);
	power_up();
	assert_int_equal(chip->port.chip_id(chip, &again), ST_OK);
	assert_memory_equal(&first, &again, sizeof(first));
	port_virtual_close(chip);
	folder_remove(fixture.folder);
	folder_make(fixture.folder);
	power_up();
	assert_int_equal(chip->port.chip_id(chip, &again), ST_OK);
	assert_memory_not_equal(&first, &again, sizeof(first));
}

static void
declares_what_it_is(void **state)
{
	(void)state;
	fixture.options.slots = 4;
	power_up_with(NULL, NULL);
	assert_true(chip->port.info->is_virtual);
	assert_int_equal(chip->port.info->modem_slots, 4);
	assert_int_equal(chip->port.info->lock_units, 4);
	assert_int_equal(chip->port.info->word_kind, WORDS_ADDITIVE);
	assert_string_equal(chip->port.info->model, "virtual-additive");
	assert_true(chip->port.store_sector_size >= PORT_STORE_SECTOR_MIN);
}

static void
assert_fuses_shown(unsigned int fuses)
{
	struct port *port = &chip->port;

	assert_int_equal(fuses_shown(port->debug_state(chip),
				     port->is_secure_boot(chip)),
			 fuses);
}

/* A burnt one shows after a reset, and for the chip's life. */
static void
what_the_mill_left_open(void **state)
{
	(void)state;
	power_up_with(NULL, NULL);
	assert_int_equal(chip->port.info->fuses, 0);
	assert_fuses_shown(FUSES_ALL);
	fixture.options.open = FUSE_DEBUG_CLOSED;
	power_up();
	assert_int_equal(chip->port.info->fuses, FUSE_DEBUG_CLOSED);
	assert_fuses_shown(FUSE_SECURE_BOOT);
	fixture.options.open = FUSES_ALL;
	power_up();
	assert_fuses_shown(0);
	assert_int_equal(chip->port.fuse_program(chip, FUSE_DEBUG_CLOSED),
			 ST_OK);
	assert_int_equal(chip->port.otp_reload(chip), ST_OK);
	assert_fuses_shown(0);
	chip->port.reset(chip);
	assert_fuses_shown(FUSE_DEBUG_CLOSED);
	power_up();
	assert_fuses_shown(FUSE_DEBUG_CLOSED);
}

static void
parses_what_is_open(void **state)
{
	static const char *const wrong[] = {"",	      ",",	"debug,",
					    ",debug", "Debug",	"debug_closed",
					    "secure", "debug ", "debug,,debug"};
	uint8_t open;

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		open = 7;
		assert_int_equal(port_virtual_open_parse(&open, wrong[i]),
				 ST_USAGE);
		assert_int_equal(open, 0);
	}
	assert_int_equal(port_virtual_open_parse(&open, "secure-boot"), ST_OK);
	assert_int_equal(open, FUSE_SECURE_BOOT);
	assert_int_equal(port_virtual_open_parse(&open, "secure-boot,debug"),
			 ST_OK);
	assert_int_equal(open, FUSES_ALL);
}

static void
refuses_to_open(void **state)
{
	char path[FOLDER_PATH_MAX];
	struct port_virtual second;
	FILE *file;

	(void)state;
	fixture.options.model = "virtual-other";
	assert_int_equal(port_virtual_open(chip, fixture.folder,
					   &fixture.options),
			 ST_USAGE);
	fixture.options.model = "virtual-once";
	fixture.options.slots = 5;
	assert_int_equal(port_virtual_open(chip, fixture.folder,
					   &fixture.options),
			 ST_USAGE);
	fixture.options.slots = 1;
	assert_int_equal(port_virtual_open(chip, "/nonexistent",
					   &fixture.options),
			 ST_PORT_FILE);
	/* a folder is one chip, and one process has it */
	power_up_with(NULL, NULL);
	assert_int_equal(port_virtual_open(&second, fixture.folder,
					   &fixture.options),
			 ST_PORT_FILE);
	port_virtual_close(chip);
	folder_path(path, fixture.folder, "otp.bin");
	file = fopen(path, "ae");
	assert_non_null(file);
	fputc(0, file);
	fclose(file);
	assert_int_equal(port_virtual_open(chip, fixture.folder,
					   &fixture.options),
			 ST_PORT_FILE);
}

static void
refuses_bad_specifications(void **state)
{
	static const char *const cuts[] = {
		"",
		"otp-program",
		"otp-program@",
		"otp-program@0:before",
		"otp-program@1",
		"otp-program@1:",
		"otp-program@1:later",
		"otp-program@1:before:1",
		"otp-program@1:torn:",
		"otp-program@1:torn:x",
		"otp-program@1:torn:1x",
		"otp-program@-1:torn",
		"otp@1:torn",
		"lock@4294967296:torn",
	};
	static const char *const faults[] = {
		",",	      "lock=",	    "lock=open", "lock=lies@4",
		"lock=lies,", "weak=116.0", "weak=0.32", "weak=0",
		"weak=.1",    "lie@",	    "lies",	 "corrected=116",
		"spoilsx",    " spoils",    "fuse=",	 "fuse=open",
	};
	struct otp_traits traits;
	struct power_cut cut;

	(void)state;
	for (size_t i = 0; i < sizeof(cuts) / sizeof(cuts[0]); i++) {
		assert_int_equal(power_cut_parse(&cut, cuts[i]), ST_USAGE);
		assert_int_equal(cut.at, 0);
	}
	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
		memset(&traits, 0, sizeof(traits));
		assert_int_equal(otp_traits_parse(&traits, faults[i]),
				 ST_USAGE);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(steps_are_counted),
		TEST(store_only_clears_bits),
		TEST(a_torn_store_holds_anything),
		TEST(a_chip_keeps_its_id),
		TEST(declares_what_it_is),
		TEST(refuses_to_open),
		TEST(refuses_bad_specifications),
		TEST(what_the_mill_left_open),
		TEST(parses_what_is_open),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
