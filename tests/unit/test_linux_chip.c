/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_linux_chip.c - the Linux port's chip over plain files: where words are,
 * what is written and what is not, and what it says of itself.
 */
#include <linux/magic.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <cmocka.h>

#include "port/linux/chip.h"
#include "support/linux_files.h"

static struct chip chip;
static bool is_sysfs; /* files say so, whatever they are */

/* In the place of the C library's. */
int
fstatfs(int fd, struct statfs *about)
{
	long done = syscall(SYS_fstatfs, fd, about);

	if (is_sysfs)
		about->f_type = SYSFS_MAGIC;
	return (int)done;
}

static void
power_up(void)
{
	assert_int_equal(chip_open(&chip, &files.config), ST_OK);
}

static int
power_off(void **state)
{
	is_sysfs = false;
	chip_close(&chip);
	return files_tear_down(state);
}

static uint32_t
word_of_file(size_t offset)
{
	uint8_t byte[4];

	files_read("nvmem", offset, byte, sizeof(byte));
	return (uint32_t)byte[0] | (uint32_t)byte[1] << 8 |
	       (uint32_t)byte[2] << 16 | (uint32_t)byte[3] << 24;
}

static void
words_are_where_the_configuration_says(void **state)
{
	enum word_health health;
	uint32_t value;

	(void)state;
	files.config.image_stride = 4;
	power_up();
	for (unsigned int i = 0; i < IMAGE_WORDS; i++)
		assert_int_equal(
			chip.port.otp_program(&chip, i, 0x01020300 + i), ST_OK);
	for (unsigned int i = 0; i < IMAGE_WORDS; i++) {
		assert_int_equal(word_of_file(0x100 + 4 * i), 0x01020300 + i);
		assert_int_equal(chip.port.otp_read(&chip, i, &value, &health),
				 ST_OK);
		assert_int_equal(value, 0x01020300 + i);
		assert_int_equal(health, WORD_GOOD);
	}
	assert_int_equal(word_of_file(0xfc), 0);
	assert_int_equal(word_of_file(0x2d0), 0);
}

static void
words_that_are_none(void **state)
{
	enum word_health health;
	uint32_t value = 1;
	bool is_locked = true;

	(void)state;
	power_up();
	assert_int_equal(chip.port.otp_program(&chip, IMAGE_WORDS, 1),
			 ST_PORT_REFUSED);
	assert_int_equal(chip.port.otp_read(&chip, IMAGE_WORDS, &value,
					    &health),
			 ST_OTP_READ);
	assert_int_equal(health, WORD_UNREADABLE);
	assert_int_equal(value, 0);
	assert_int_equal(chip.port.lock_read(&chip, 2, &is_locked),
			 ST_OTP_READ);
	assert_false(is_locked);
	assert_int_equal(chip.port.canary_read(&chip, 2, &value), ST_OTP_READ);
	assert_int_equal(value, UINT32_MAX);
	assert_int_not_equal(chip.port.lock(&chip, 2), ST_OK);
	assert_int_not_equal(chip.port.canary_program(&chip, 2), ST_OK);
}

static void
a_file_that_ends_early(void **state)
{
	char path[FOLDER_PATH_MAX];
	enum word_health health;
	uint32_t value;
	bool is_locked;

	(void)state;
	power_up();
	files_path(path, "nvmem");
	assert_int_equal(truncate(path, 0x102), 0);
	assert_int_equal(chip.port.otp_read(&chip, 0, &value, &health),
			 ST_OTP_READ);
	assert_int_equal(value, 0);
	/* what is not known is unsafe */
	assert_int_equal(truncate(path, 0), 0);
	assert_int_equal(chip.port.lock_read(&chip, 1, &is_locked), ST_OK);
	assert_false(is_locked);
	assert_int_equal(chip.port.canary_read(&chip, 0, &value), ST_OTP_READ);
	assert_int_equal(value, UINT32_MAX);
	assert_false(chip.port.is_secure_boot(&chip));
}

static bool
is_locked(unsigned int unit)
{
	bool locked = false;

	assert_int_equal(chip.port.lock_read(&chip, unit, &locked), ST_OK);
	return locked;
}

static void
each_lock_by_its_own_means(void **state)
{
	char lock[1];

	(void)state;
	power_up();
	assert_false(is_locked(0) || is_locked(1));
	assert_int_equal(chip.port.lock(&chip, 0), ST_OK);
	assert_true(is_locked(0));
	assert_false(is_locked(1));
	files_read("lock", 0, lock, 1);
	assert_int_equal(lock[0], '1');
	assert_int_equal(chip.port.lock(&chip, 1), ST_OK);
	assert_true(is_locked(1));
	assert_int_equal(word_of_file(0x14), 1);
	/* a second time does no harm */
	assert_int_equal(chip.port.lock(&chip, 0), ST_OK);
	assert_int_equal(chip.port.lock(&chip, 1), ST_OK);
	assert_int_equal(word_of_file(0x14), 1);
}

static void
the_canary_is_tried_at_the_driver(void **state)
{
	uint32_t value;

	(void)state;
	power_up();
	assert_int_equal(chip.port.lock(&chip, 1), ST_OK);
	/* no `if` of the port stops it: a plain file takes the burn */
	assert_int_equal(chip.port.canary_program(&chip, 1), ST_OK);
	assert_int_equal(chip.port.canary_read(&chip, 1, &value), ST_OK);
	assert_int_equal(value, 1);
	assert_int_equal(word_of_file(0x2d4), 1);
	assert_int_equal(word_of_file(0x2d0), 0);
}

static void
a_kernel_that_is_told_not_to_write_is_no_refusal(void **state)
{
	char path[FOLDER_PATH_MAX];

	(void)state;
	power_up();
	files_write("force_ro", "1\n", 2);
	assert_int_equal(chip.port.canary_program(&chip, 0), ST_PORT_FILE);
	assert_int_equal(chip.port.otp_program(&chip, 0, 1), ST_PORT_FILE);
	files_write("force_ro", "0\n", 2);
	assert_int_equal(chip.port.otp_program(&chip, 0, 1), ST_OK);
	files_path(path, "nvmem");
	assert_int_equal(chmod(path, 0444), 0);
	assert_int_equal(chip.port.canary_program(&chip, 0), ST_PORT_FILE);
	assert_int_equal(word_of_file(0x2d0), 0);
}

static void
the_chip_id_in_each_form(void **state)
{
	struct config_chip_id *from = &files.config.chip_id;
	struct chip_id id;

	(void)state;
	power_up();
	assert_int_equal(chip.port.chip_id(&chip, &id), ST_OK);
	assert_int_equal(id.len, 16);
	assert_int_equal(id.byte[15], 0xaf);
	chip_close(&chip);
	from->kind = CHIP_ID_HEX;
	snprintf(from->path, sizeof(from->path), "%.150s/serial", files.folder);
	files_write("serial", "0123456789abCDEF\n", 17);
	power_up();
	assert_int_equal(chip.port.chip_id(&chip, &id), ST_OK);
	assert_int_equal(id.len, 8);
	assert_int_equal(id.byte[0], 0x01);
	assert_int_equal(id.byte[7], 0xef);
	files_write("serial", "0123456789abcdeg\n", 17);
	assert_int_equal(chip.port.chip_id(&chip, &id), ST_AGENT_CHIP_ID);
	assert_int_equal(id.len, 0);
	files_write("serial", "012\n", 4);
	assert_int_equal(chip.port.chip_id(&chip, &id), ST_AGENT_CHIP_ID);
	chip_close(&chip);
	from->kind = CHIP_ID_TEXT;
	files_write("serial", "12345678\0", 9);
	power_up();
	assert_int_equal(chip.port.chip_id(&chip, &id), ST_OK);
	assert_int_equal(id.len, 8);
	assert_memory_equal(id.byte, "12345678", 8);
}

static void
debug_and_secure_boot(void **state)
{
	static const uint8_t part[] = {0x01, 0, 0, 0}, both[] = {0x0f, 0, 0, 0};
	uint8_t nvmem[0x300] = {0};

	(void)state;
	power_up();
	assert_int_equal(chip.port.debug_state(&chip), DEBUG_ENABLED);
	files_write("debug", "closed\n", 7);
	assert_int_equal(chip.port.debug_state(&chip), DEBUG_DISABLED_FULLY);
	files_write("debug", "closed or not\n", 14);
	assert_int_equal(chip.port.debug_state(&chip), DEBUG_ENABLED);
	memcpy(nvmem + 0x10, part, sizeof(part));
	files_write("nvmem", nvmem, sizeof(nvmem));
	assert_false(chip.port.is_secure_boot(&chip));
	memcpy(nvmem + 0x10, both, sizeof(both));
	files_write("nvmem", nvmem, sizeof(nvmem));
	assert_true(chip.port.is_secure_boot(&chip));
}

static void
the_store_keeps_to_its_sectors(void **state)
{
	size_t size = files.config.store_sector;
	uint8_t byte[8], out[8];

	(void)state;
	memset(byte, 0x5a, sizeof(byte));
	power_up();
	assert_int_equal(chip.port.store_program(&chip, 1, size - 8,
						 bytes_of(byte, 8)),
			 ST_OK);
	files_read("store", 2 * size - 8, out, 8);
	assert_memory_equal(out, byte, 8);
	assert_int_equal(chip.port.store_read(&chip, 1, size - 8, out, 8),
			 ST_OK);
	assert_int_not_equal(chip.port.store_program(&chip, 1, size - 7,
						     bytes_of(byte, 8)),
			     ST_OK);
	assert_int_not_equal(chip.port.store_read(&chip, 2, 0, out, 8), ST_OK);
	assert_int_not_equal(chip.port.store_program(&chip, 0, size,
						     bytes_of(byte, 8)),
			     ST_OK);
	assert_int_equal(
		chip.port.store_program(&chip, 0, 0, bytes_of(byte, 8)), ST_OK);
	assert_int_equal(chip.port.store_erase(&chip, 1), ST_OK);
	files_read("store", 2 * size - 8, out, 8);
	assert_true(bytes_are(bytes_of(out, 8), 0xff));
	files_read("store", 0, out, 8);
	assert_memory_equal(out, byte, 8);
}

static void
a_store_that_is_too_small(void **state)
{
	(void)state;
	files_write("store", "", 0);
	assert_int_equal(chip_open(&chip, &files.config), ST_PORT_FILE);
}

static void
what_is_not_there(void **state)
{
	char path[FOLDER_PATH_MAX];

	(void)state;
	files_path(path, "nvmem");
	assert_int_equal(unlink(path), 0);
	assert_int_equal(chip_open(&chip, &files.config), ST_PORT_FILE);
}

/* Files that are not the kernel's make a model, whatever is said of them. */
static void
it_says_that_it_is_a_model(void **state)
{
	struct config config = files.config;

	(void)state;
	power_up();
	assert_true(chip.info.is_virtual);
	assert_string_equal(chip.virtual_for,
			    "nvmem is no fuses of a kernel's driver");
	assert_true(chip.info.is_lock_permanent);
	assert_int_equal(chip.info.lock_units, 2);
	assert_int_equal(chip.info.modem_slots, 1);
	chip_close(&chip);
	/* a file of sysfs that is no nvmem is no fuses either */
	snprintf(files.config.nvmem, sizeof(files.config.nvmem),
		 "/sys/kernel/uevent_seqnum");
	if (chip_open(&chip, &files.config) == ST_OK)
		assert_true(chip.info.is_virtual);
	files.config = config;
}

static const char *
virtual_for(void)
{
	chip_close(&chip);
	power_up();
	assert_int_equal(chip.info.is_virtual, chip.virtual_for != NULL);
	return chip.virtual_for == NULL ? "nothing" : chip.virtual_for;
}

static void
what_makes_it_a_chip(void **state)
{
	static const char no_fuses[] = "nvmem is no fuses of a kernel's driver";
	static const char *const others[] = {"EEPROM", "Battery backed", "FRAM",
					     ""};

	(void)state;
	is_sysfs = true;
	/* a kernel that does not say what it is */
	assert_string_equal(virtual_for(), no_fuses);
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		files_write("type", others[i], strlen(others[i]));
		assert_string_equal(virtual_for(), no_fuses);
	}
	files_write("type", "OTP\n", 4);
	assert_string_equal(virtual_for(), "a reset restarts no machine");
	files.config.is_reset_reboot = true;
	assert_string_equal(virtual_for(), "nothing");
	files_write("type", "Unknown\n", 8);
	assert_string_equal(virtual_for(), "nothing");
	/* each of the other files */
	snprintf(files.config.debug_closed.path, CONFIG_PATH_MAX, "/nowhere");
	assert_string_equal(virtual_for(),
			    "debug or secure_boot is no file of sysfs");
	files.config.chip_id.kind = CHIP_ID_HEX;
	assert_string_equal(virtual_for(), "chip_id is no file of sysfs");
	snprintf(files.config.unit[0].lock.path, CONFIG_PATH_MAX, "/nowhere");
	assert_string_equal(virtual_for(), "a lock is no file of sysfs");
}

static void
a_reset_ends_the_process(void **state)
{
	(void)state;
	power_up();
	assert_false(chip.is_ended);
	chip.port.reset(&chip);
	assert_true(chip.is_ended);
}

static void
random_bytes_differ(void **state)
{
	uint8_t a[16], b[16];

	(void)state;
	power_up();
	assert_int_equal(chip.port.random(&chip, a, sizeof(a)), ST_OK);
	assert_int_equal(chip.port.random(&chip, b, sizeof(b)), ST_OK);
	assert_memory_not_equal(a, b, sizeof(a));
}

#define TEST(name)                                                             \
	cmocka_unit_test_setup_teardown(name, files_set_up, power_off)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(words_are_where_the_configuration_says),
		TEST(words_that_are_none),
		TEST(a_file_that_ends_early),
		TEST(each_lock_by_its_own_means),
		TEST(the_canary_is_tried_at_the_driver),
		TEST(a_kernel_that_is_told_not_to_write_is_no_refusal),
		TEST(the_chip_id_in_each_form),
		TEST(debug_and_secure_boot),
		TEST(the_store_keeps_to_its_sectors),
		TEST(a_store_that_is_too_small),
		TEST(what_is_not_there),
		TEST(it_says_that_it_is_a_model),
		TEST(what_makes_it_a_chip),
		TEST(a_reset_ends_the_process),
		TEST(random_bytes_differ),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
