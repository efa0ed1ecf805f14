/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_otp_model.c - the model of the fuses is as unkind as it promises.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "support/virtual_chip.h"

#define FILE_LEN 488

static struct port_virtual *const chip = &fixture.chip;
static struct otp_model *const otp = &fixture.chip.otp;

static uint32_t
word_at(unsigned int word)
{
	enum word_health health;
	uint32_t value;

	assert_int_equal(otp_model_read(otp, word, &value, &health), ST_OK);
	return value;
}

static void
assert_program(unsigned int word, uint32_t value, enum status expected)
{
	assert_int_equal(otp_model_program(otp, word, value), expected);
}

static unsigned int
bit_count(uint32_t value)
{
	return (unsigned int)__builtin_popcount(value);
}

static void
read_file(uint8_t *out, size_t len, const char *name)
{
	char path[FOLDER_PATH_MAX];
	FILE *file;

	folder_path(path, fixture.folder, name);
	file = fopen(path, "re");
	assert_non_null(file);
	assert_int_equal(fread(out, 1, len, file), len);
	assert_int_equal(fgetc(file), EOF);
	fclose(file);
}

/* ------------------------------------------------------------------ cells */

static void
file_is_as_documented(void **state)
{
	uint8_t file[FILE_LEN];

	(void)state;
	power_up_with(NULL, NULL);
	read_file(file, sizeof(file), "otp.bin");
	assert_true(bytes_are(bytes_of(file, sizeof(file)), 0));
	assert_program(1, 0x04030201, ST_OK);
	assert_program(115, 0x80000000, ST_OK);
	assert_int_equal(otp_model_canary_program(otp, 2), ST_OK);
	assert_int_equal(otp_model_lock(otp, 3), ST_OK);
	assert_int_equal(otp_model_fuse_program(otp, FUSE_SECURE_BOOT), ST_OK);
	read_file(file, sizeof(file), "otp.bin");
	assert_memory_equal(file + 4, "\1\2\3\4", 4);
	assert_memory_equal(file + 460, "\0\0\0\x80", 4);
	assert_memory_equal(file + 464 + 8, "\1\0\0\0", 4);
	assert_memory_equal(file + 480, "\0\0\0\1\0\1\0\0", 8);
}

static void
bits_go_one_way(void **state)
{
	(void)state;
	power_up_with(NULL, NULL);
	assert_program(7, 0x0000ff00, ST_OK);
	assert_program(7, 0x000000ff, ST_OK);
	assert_int_equal(word_at(7), 0x0000ffff);
	assert_program(7, 0, ST_OK);
	power_up();
	assert_int_equal(word_at(7), 0x0000ffff);
}

static void
write_once_refuses_a_second_write(void **state)
{
	(void)state;
	fixture.options.model = "virtual-once";
	power_up_with(NULL, NULL);
	assert_program(7, 0x0000ff00, ST_OK);
	assert_program(7, 0x0000ffff, ST_PORT_REFUSED);
	assert_program(7, 0x0000ff00, ST_PORT_REFUSED);
	assert_int_equal(word_at(7), 0x0000ff00);
	assert_int_equal(counter("second_writes"), 2);
	assert_int_equal(counter("refused_burns"), 2);
}

static void
write_once_may_spoil(void **state)
{
	(void)state;
	fixture.options.model = "virtual-once";
	power_up_with("spoils", NULL);
	assert_program(7, 0x0000ff00, ST_OK);
	/* says ok, and neither the old nor the new value is there */
	assert_program(7, 0x0000ff00, ST_OK);
	assert_int_not_equal(word_at(7), 0x0000ff00);
	assert_int_equal(word_at(7) & 0x0000ff00, 0x0000ff00);
	assert_int_equal(counter("second_writes"), 1);
}

static void
stuck_weak_and_lying_cells(void **state)
{
	(void)state;
	power_up_with("stuck-blank=5.0,stuck-burnt=5.31,weak=6.4,lie@3,deny@4",
		      NULL);
	assert_int_equal(word_at(5), 0x80000000);
	assert_program(5, 0xff, ST_OK);
	assert_int_equal(word_at(5), 0x800000fe);
	/* a weak cell reads well until it is sensed anew */
	assert_program(6, 0xff, ST_OK);
	assert_int_equal(word_at(6), 0xff);
	otp_model_reload(otp);
	assert_int_equal(word_at(6), 0xef);
	assert_program(8, 0xff, ST_OK);
	assert_int_equal(word_at(8), 0);
	assert_program(9, 0xff, ST_PORT_REFUSED);
	assert_int_equal(word_at(9), 0xff);
}

static void
health_is_told(void **state)
{
	enum word_health health;
	uint32_t value;

	(void)state;
	power_up_with("corrected=3,unreadable=4", NULL);
	assert_int_equal(otp_model_read(otp, 3, &value, &health), ST_OK);
	assert_int_equal(health, WORD_CORRECTED);
	assert_int_equal(otp_model_read(otp, 4, &value, &health), ST_OTP_READ);
	assert_int_equal(health, WORD_UNREADABLE);
	assert_int_equal(otp_model_read(otp, 5, &value, &health), ST_OK);
	assert_int_equal(health, WORD_GOOD);
	assert_int_equal(otp_model_read(otp, 116, &value, &health),
			 ST_OTP_READ);
	assert_program(116, 1, ST_PORT_REFUSED);
}

static void
reads_come_from_the_shadow(void **state)
{
	(void)state;
	power_up_with(NULL, NULL);
	otp->cells->word[9] = 0x1234; /* as if the file were edited */
	assert_int_equal(word_at(9), 0);
	otp_model_reload(otp);
	assert_int_equal(word_at(9), 0x1234);
}

/* ------------------------------------------------------------------ locks */

/* Each word and canary belongs to exactly one unit. */
static void
a_lock_holds_its_unit(void **state)
{
	(void)state;
	power_up_with(NULL, NULL);
	for (unsigned int unit = 0; unit < OTP_LOCK_UNITS; unit++) {
		assert_false(otp_model_is_locked(otp, unit));
		assert_int_equal(otp_model_lock(otp, unit), ST_OK);
		assert_true(otp_model_is_locked(otp, unit));
		assert_int_equal(otp_model_canary_program(otp, unit),
				 ST_PORT_REFUSED);
		for (unsigned int word = 0; word < IMAGE_WORDS; word++)
			assert_program(word, 1u << unit,
				       word / 29 <= unit ? ST_PORT_REFUSED
							 : ST_OK);
	}
	for (unsigned int word = 0; word < IMAGE_WORDS; word++)
		assert_int_equal(word_at(word), (1u << word / 29) - 1);
	assert_int_equal(counter("refused_burns"), 29 * 10 + 4);
	power_up();
	for (unsigned int unit = 0; unit < OTP_LOCK_UNITS; unit++) {
		assert_true(otp_model_is_locked(otp, unit));
		assert_int_equal(otp_model_canary_read(otp, unit), 0);
	}
}

static void
a_lock_that_stays_open(void **state)
{
	(void)state;
	power_up_with("lock=stuck-open", NULL);
	assert_int_equal(otp_model_lock(otp, 1), ST_OK);
	assert_false(otp_model_is_locked(otp, 1));
	assert_program(30, 1, ST_OK);
	assert_int_equal(word_at(30), 1);
}

static void
a_lock_that_lies(void **state)
{
	(void)state;
	power_up_with("lock=lies@1", NULL);
	for (unsigned int unit = 0; unit < 2; unit++) {
		assert_int_equal(otp_model_lock(otp, unit), ST_OK);
		assert_true(otp_model_is_locked(otp, unit));
	}
	assert_program(0, 1, ST_PORT_REFUSED);
	assert_program(30, 1, ST_OK);
	assert_int_equal(otp_model_canary_program(otp, 1), ST_OK);
	assert_int_equal(otp_model_canary_read(otp, 1), 1);
	power_up();
	assert_true(otp_model_is_locked(otp, 1));
	assert_int_equal(otp_model_canary_read(otp, 1), 1);
	assert_program(31, 1, ST_OK);
}

static void
a_lock_that_fades(void **state)
{
	(void)state;
	power_up_with("lock=fades", NULL);
	assert_int_equal(otp_model_lock(otp, 1), ST_OK);
	assert_true(otp_model_is_locked(otp, 1));
	assert_program(30, 1, ST_PORT_REFUSED);
	power_up();
	assert_false(otp_model_is_locked(otp, 1));
	assert_program(30, 1, ST_OK);
}

/* --------------------------------------------------------- further fuses */

static void
assert_fuse(enum further_fuse fuse, enum status expected, uint8_t burnt)
{
	assert_int_equal(otp_model_fuse_program(otp, fuse), expected);
	assert_int_equal(otp_model_fuses(otp), burnt);
}

static void
further_fuses(void **state)
{
	(void)state;
	power_up_with(NULL, NULL);
	assert_int_equal(otp_model_fuses(otp), 0);
	assert_fuse((enum further_fuse)0, ST_PORT_REFUSED, 0);
	assert_fuse((enum further_fuse)4, ST_PORT_REFUSED, 0);
	assert_fuse((enum further_fuse)3, ST_PORT_REFUSED, 0);
	assert_fuse(FUSE_SECURE_BOOT, ST_OK, 2);
	assert_fuse(FUSE_SECURE_BOOT, ST_OK, 2);
	/* no lock governs them */
	for (unsigned int unit = 0; unit < OTP_LOCK_UNITS; unit++)
		assert_int_equal(otp_model_lock(otp, unit), ST_OK);
	assert_fuse(FUSE_DEBUG_CLOSED, ST_OK, 3);
	power_up();
	assert_int_equal(otp_model_fuses(otp), 3);
	assert_int_equal(counter("fuse"), 3);
}

static void
further_fuses_that_lie(void **state)
{
	(void)state;
	power_up_with("fuse=lies", NULL);
	assert_fuse(FUSE_DEBUG_CLOSED, ST_OK, 0);
	power_up_with("fuse=refuses", NULL);
	assert_fuse(FUSE_DEBUG_CLOSED, ST_PORT_REFUSED, 0);
	power_up_with("fuse=denies", NULL);
	assert_fuse(FUSE_DEBUG_CLOSED, ST_PORT_REFUSED, 1);
}

/* ------------------------------------------------------------------- cuts */

static void
count_call(void *ctx)
{
	++*(unsigned int *)ctx;
}

/* After a cut nothing answers any more. */
static void
assert_power_gone(void)
{
	struct port *port = &chip->port;
	enum word_health health;
	struct chip_id id;
	uint32_t value;
	uint8_t byte = 0;
	bool is_locked;

	assert_int_equal(port->chip_id(chip, &id), ST_PORT_POWER);
	assert_int_equal(port->otp_read(chip, 0, &value, &health),
			 ST_PORT_POWER);
	assert_int_equal(port->otp_program(chip, 0, 1), ST_PORT_POWER);
	assert_int_equal(port->otp_reload(chip), ST_PORT_POWER);
	assert_int_equal(port->lock_read(chip, 0, &is_locked), ST_PORT_POWER);
	assert_int_equal(port->lock(chip, 0), ST_PORT_POWER);
	assert_int_equal(port->fuse_program(chip, FUSE_DEBUG_CLOSED),
			 ST_PORT_POWER);
	assert_int_equal(port->canary_read(chip, 0, &value), ST_PORT_POWER);
	assert_int_equal(port->canary_program(chip, 0), ST_PORT_POWER);
	assert_int_equal(port->store_read(chip, 0, 0, &byte, 1), ST_PORT_POWER);
	assert_int_equal(port->store_erase(chip, 0), ST_PORT_POWER);
	assert_int_equal(port->store_program(chip, 0, 0, bytes_of(&byte, 1)),
			 ST_PORT_POWER);
	assert_int_equal(port->random(chip, &byte, 1), ST_PORT_POWER);
}

/* Two programs with a cut at the second; what word 9 holds afterwards. */
static uint32_t
cut_at_second(const char *cut)
{
	unsigned int calls = 0;
	uint32_t left;

	power_up_with(NULL, cut);
	chip->power.gone = count_call;
	chip->power.gone_ctx = &calls;
	assert_program(8, 0xff, ST_OK);
	assert_program(9, 0xffffffff, ST_PORT_POWER);
	assert_int_equal(calls, 1);
	assert_power_gone();
	assert_int_equal(calls, 1);
	power_up_with(NULL, NULL);
	assert_int_equal(word_at(8), 0xff);
	left = word_at(9);
	otp->cells->word[9] = 0; /* a fresh part for the next cut */
	otp->cells->word[8] = 0;
	return left;
}

static void
a_cut_before_and_after(void **state)
{
	(void)state;
	assert_int_equal(cut_at_second("otp-program@2:before"), 0);
	assert_int_equal(cut_at_second("otp-program@2:after"), 0xffffffff);
}

static void
a_torn_burn_leaves_any_part(void **state)
{
	uint32_t seen_set = 0, seen_clear = 0;

	(void)state;
	for (unsigned int seed = 0; seed < 20; seed++) {
		char cut[64];
		uint32_t left;

		snprintf(cut, sizeof(cut), "otp-program@2:torn:%u", seed);
		left = cut_at_second(cut);
		assert_in_range(bit_count(left), 1, 31);
		assert_int_equal(left, cut_at_second(cut));
		seen_set |= left;
		seen_clear |= ~left;
	}
	assert_int_equal(seen_set, 0xffffffff);
	assert_int_equal(seen_clear, 0xffffffff);
}

static void
a_torn_burn_keeps_what_is_burnt(void **state)
{
	(void)state;
	power_up_with(NULL, "otp-program@2:torn:5");
	assert_program(9, 0x0000ffff, ST_OK);
	assert_program(9, 0xffffffff, ST_PORT_POWER);
	power_up_with(NULL, NULL);
	assert_int_equal(word_at(9) & 0xffff, 0xffff);
	assert_in_range(bit_count(word_at(9)), 16, 31);
}

static void
cuts_at_locks_and_canaries(void **state)
{
	unsigned int locked = 0, burnt = 0;

	(void)state;
	for (unsigned int seed = 0; seed < 32; seed++) {
		char cut[64];

		snprintf(cut, sizeof(cut), "lock@1:torn:%u", seed);
		power_up_with(NULL, cut);
		assert_int_equal(otp_model_lock(otp, 0), ST_PORT_POWER);
		power_up_with(NULL, NULL);
		locked += otp_model_is_locked(otp, 0);
		otp->cells->lock[0] = 0;
		snprintf(cut, sizeof(cut), "canary@1:torn:%u", seed);
		power_up_with(NULL, cut);
		assert_int_equal(otp_model_canary_program(otp, 0),
				 ST_PORT_POWER);
		power_up_with(NULL, NULL);
		burnt += otp_model_canary_read(otp, 0);
		otp->cells->canary[0] = 0;
	}
	assert_in_range(locked, 1, 31);
	assert_in_range(burnt, 1, 31);
	power_up_with(NULL, "fuse@2:after");
	assert_fuse(FUSE_DEBUG_CLOSED, ST_OK, 1);
	assert_fuse(FUSE_SECURE_BOOT, ST_PORT_POWER, 3);
	otp->cells->fuse[0] = 0;
	power_up_with(NULL, "fuse@1:before");
	assert_fuse(FUSE_DEBUG_CLOSED, ST_PORT_POWER, 2);
	power_up_with(NULL, "lock@1:after");
	assert_int_equal(otp_model_lock(otp, 0), ST_PORT_POWER);
	power_up_with(NULL, NULL);
	assert_true(otp_model_is_locked(otp, 0));
}

static void
reset_brings_power_back(void **state)
{
	(void)state;
	power_up_with(NULL, "otp-program@1:before");
	assert_program(9, 1, ST_PORT_POWER);
	chip->port.reset(chip);
	assert_program(9, 1, ST_OK);
	assert_int_equal(word_at(9), 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(file_is_as_documented),
		TEST(bits_go_one_way),
		TEST(write_once_refuses_a_second_write),
		TEST(write_once_may_spoil),
		TEST(stuck_weak_and_lying_cells),
		TEST(health_is_told),
		TEST(reads_come_from_the_shadow),
		TEST(a_lock_holds_its_unit),
		TEST(a_lock_that_stays_open),
		TEST(a_lock_that_lies),
		TEST(a_lock_that_fades),
		TEST(further_fuses),
		TEST(further_fuses_that_lie),
		TEST(a_cut_before_and_after),
		TEST(a_torn_burn_leaves_any_part),
		TEST(a_torn_burn_keeps_what_is_burnt),
		TEST(cuts_at_locks_and_canaries),
		TEST(reset_brings_power_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
