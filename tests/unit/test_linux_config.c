/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_linux_config.c - the configuration of the Linux port: the sample that
 * is handed out, and whatever is not said as it should be.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "port/linux/config.h"

static char sample[CONFIG_FILE_MAX + 1];
static struct config config;
static struct config_error error;

static int
read_sample(void **state)
{
	const char *source = getenv("IMEILOCK_SOURCE_DIR");
	char path[512];
	FILE *file;
	size_t len;

	(void)state;
	snprintf(path, sizeof(path), "%s/firmware-agent/port/linux/sample.conf",
		 source == NULL ? "." : source);
	file = fopen(path, "re");
	if (file == NULL)
		return -1;
	len = fread(sample, 1, sizeof(sample) - 1, file);
	sample[len] = '\0';
	fclose(file);
	return 0;
}

/* Parse the sample with the line of key replaced by another, or left out. */
static bool
parse_with(const char *key, const char *line)
{
	static char text[2 * sizeof(sample)];
	const char *at = sample, *begin;
	char start[64];
	const char *end;

	snprintf(start, sizeof(start), "\n%s = ", key);
	begin = strstr(at, start);
	assert_non_null(begin);
	end = strchr(begin + 1, '\n');
	assert_non_null(end);
	snprintf(text, sizeof(text), "%.*s\n%s%s", (int)(begin - at), at, line,
		 end);
	return config_parse(&config, text, &error);
}

static void
the_sample_is_read(void **state)
{
	(void)state;
	assert_true(parse_with("model", "model = other"));
	assert_string_equal(config.model, "other");
	assert_int_equal(config.class, CLASS_DEVELOPMENT);
	assert_string_equal(config.root, "/etc/imeilock/root.pem");
	assert_int_equal(config.word_kind, WORDS_ADDITIVE);
	assert_int_equal(config_word(&config, 0), 0x100);
	assert_int_equal(config_word(&config, 115), 0x100 + 115 * 4);
	assert_int_equal(config.refusal, EPERM);
	assert_int_equal(config.lock_units, 2);
	assert_int_equal(config.unit[1].canary, 0x2d4);
	assert_int_equal(config.unit[1].lock.kind, CONDITION_BITS);
	assert_int_equal(config.unit[1].lock.mask, 2);
	assert_int_equal(config.chip_id.kind, CHIP_ID_NVMEM);
	assert_int_equal(config.chip_id.len, 16);
	assert_int_equal(config.store_sector, 4096);
	assert_false(config.is_lock_permanent || config.is_refusal_harmless ||
		     config.is_secret_hidden || config.has_random);
	assert_int_equal(config.debug, DEBUG_DISABLED_PERMANENTLY);
	assert_int_equal(config.secure_boot.offset, 0x10);
	assert_true(config.is_reset_reboot);
	assert_true(config.is_usb);
	assert_string_equal(config.agent, "/dev/usb-ffs/imeilock");
	assert_int_equal(config.slots, 1);
	assert_string_equal(config.at[0], "/dev/ttyGS0");
}

/* What is not said is the unsafe value. */
static void
what_may_be_left_out(void **state)
{
	(void)state;
	assert_true(parse_with("debug", ""));
	assert_int_equal(config.debug, DEBUG_ENABLED);
	assert_int_equal(config.debug_closed.kind, CONDITION_NONE);
	assert_true(parse_with("secure_boot", ""));
	assert_int_equal(config.secure_boot.kind, CONDITION_NONE);
	assert_true(parse_with("image_stride", ""));
	assert_int_equal(config.image_stride, 4);
	assert_true(parse_with("store_sector", ""));
	assert_true(parse_with("min_epoch", ""));
	assert_int_equal(config.min_epoch, 0);
	assert_true(parse_with("reset", ""));
	assert_true(config.is_reset_reboot);
}

static void
all_else_is_needed(void **state)
{
	static const char *const keys[] = {
		"model",
		"class",
		"root",
		"nvmem",
		"word_kind",
		"image_offset",
		"refusal",
		"chip_id",
		"store",
		"lock_permanent",
		"refusal_harmless",
		"secret_hidden",
		"random_source",
		"agent",
		"at",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		assert_false(parse_with(keys[i], ""));
		assert_string_equal(error.why, "the key is missing");
		assert_string_equal(error.key, keys[i]);
		assert_int_equal(error.line, 0);
	}
}

static void
each_way_of_a_condition(void **state)
{
	(void)state;
	assert_true(parse_with("secure_boot", "secure_boot = file /sys/x yes"));
	assert_int_equal(config.secure_boot.kind, CONDITION_FILE);
	assert_string_equal(config.secure_boot.path, "/sys/x");
	assert_string_equal(config.secure_boot.value, "yes");
	assert_true(parse_with("chip_id", "chip_id = hex /sys/serial"));
	assert_int_equal(config.chip_id.kind, CHIP_ID_HEX);
	assert_true(parse_with("chip_id", "chip_id=text /sys/serial") == false);
	assert_true(parse_with("chip_id", "\tchip_id =\ttext /sys/s # why"));
	assert_int_equal(config.chip_id.kind, CHIP_ID_TEXT);
	assert_true(parse_with("agent", "agent = tty /dev/ttyS1"));
	assert_false(config.is_usb);
	assert_true(parse_with("reset", "reset = exit"));
	assert_false(config.is_reset_reboot);
	assert_true(parse_with("at", "at = /dev/a\nat = /dev/b"));
	assert_int_equal(config.slots, 2);
}

/* The line that is put in the place of the key's, and why it is refused. */
static const struct refused {
	const char *key, *line, *why;
} refused[] = {
	{"model", "colour = red", "the key is not known"},
	{"model", "model = a\nmodel = b", "the key stands there twice"},
	{"model", "model my-model", "it is not \"key = value\""},
	{"model", "model =", "the value is none of this"},
	{"model", "model = two words", "the value is none of this"},
	{"model", "model = a-name-that-is-longer-than-31-bytes",
	 "the value is none of this"},
	{"class", "class = test", "the value is none of this"},
	{"nvmem", "nvmem = relative/path", "the value is none of this"},
	{"word_kind", "word_kind = twice", "the value is none of this"},
	{"image_offset", "image_offset = 0x102", "the value is none of this"},
	{"image_offset", "image_offset = -4", "the value is none of this"},
	{"image_offset", "image_offset = 0x", "the value is none of this"},
	{"image_offset", "image_offset = 0x0x4", "the value is none of this"},
	{"image_offset", "image_offset = 4294967296",
	 "the value is none of this"},
	{"image_stride", "image_stride = 0", "it is 4 at least"},
	{"refusal", "refusal = EINVAL", "the value is none of this"},
	{"chip_id", "chip_id = nvmem 0 7", "the value is none of this"},
	{"chip_id", "chip_id = nvmem 0 33", "the value is none of this"},
	{"store_sector", "store_sector = 2048",
	 "it is 4096 to 1048576, in steps of 512"},
	{"lock_permanent", "lock_permanent = yes", "the value is none of this"},
	{"debug", "debug = enabled bits 0x10 0x2", "the value is none of this"},
	{"secure_boot", "secure_boot = bits 0x10 0",
	 "the value is none of this"},
	{"secure_boot", "secure_boot = true", "the value is none of this"},
	{"reset", "reset = never", "the value is none of this"},
	{"agent", "agent = /dev/usb-ffs", "the value is none of this"},
	{"at", "at = /a\nat = /b\nat = /c\nat = /d\nat = /e",
	 "the value is none of this"},
	/* a canary, a lock or a state that is a word of the image */
	{"lock_unit", "lock_unit = 0x2cc bits 0x14 0x1", NULL},
	{"lock_unit", "lock_unit = 0x2d0 bits 0x100 0x1", NULL},
	{"secure_boot", "secure_boot = bits 0x104 0x1", NULL},
	/* one canary, or one lock, for two */
	{"lock_unit", "lock_unit = 0x2d4 bits 0x14 0x1", NULL},
	{"lock_unit", "lock_unit = 0x2d0 bits 0x14 0x3", NULL},
	{"lock_unit", "lock_unit = 0x2d0 bits 0x2d4 0x1", NULL},
	{"image_offset", "image_offset = 0x104", NULL},
};

static void
what_is_refused(void **state)
{
	static const char apart[] = "image, canaries, locks and what else is "
				    "read of nvmem are not apart";

	(void)state;
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		const struct refused *one = &refused[i];

		if (parse_with(one->key, one->line))
			fail_msg("taken: %s", one->line);
		assert_string_equal(error.why,
				    one->why == NULL ? apart : one->why);
	}
}

static void
too_many_lock_units(void **state)
{
	char lines[1024] = "";
	size_t len = 0;

	(void)state;
	/* the sample has another one */
	for (unsigned int i = 0; i < PORT_LOCK_UNITS_MAX; i++)
		len += (size_t)snprintf(lines + len, sizeof(lines) - len,
					"lock_unit = %u bits 0x18 %u\n",
					0x400 + 4 * i, 1u << i);
	assert_false(parse_with("lock_unit", lines));
	assert_string_equal(error.key, "lock_unit");
}

static void
an_error_names_its_line(void **state)
{
	char text[] = "# first\n\nmodel = a\nclass = none\n";

	(void)state;
	assert_false(config_parse(&config, text, &error));
	assert_int_equal(error.line, 4);
	assert_string_equal(error.key, "class");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_sample_is_read),
		cmocka_unit_test(what_may_be_left_out),
		cmocka_unit_test(all_else_is_needed),
		cmocka_unit_test(each_way_of_a_condition),
		cmocka_unit_test(what_is_refused),
		cmocka_unit_test(too_many_lock_units),
		cmocka_unit_test(an_error_names_its_line),
	};

	return cmocka_run_group_tests(tests, read_sample, NULL);
}
