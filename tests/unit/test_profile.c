/* SPDX-License-Identifier: Apache-2.0 */
/* Profiles: what is read, and that every mistake is named by file, line, key. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "profile/profile.h"
#include "support/folder.h"

#include <cmocka.h>

#define GOOD                                                                   \
	"model: phone\n"                                                       \
	"class: production\n"                                                  \
	"layout: 1\n"                                                          \
	"slots: 2\n"                                                           \
	"root: keys/root.pem\n"                                                \
	"min_epoch: 7\n"                                                       \
	"time_budget_s: 90\n"                                                  \
	"final_process: final assembly\n"                                      \
	"demand:\n"                                                            \
	"  permanent_lock: true\n"                                             \
	"  secure_boot: true\n"                                                \
	"  debug_closed: true\n"                                               \
	"  random_source: true\n"                                              \
	"  secret_hidden: true\n"

static char folder[FOLDER_MAX];
static char path[FOLDER_PATH_MAX];

static int
make_folder(void **state)
{
	(void)state;
	folder_make(folder);
	folder_path(path, folder, "p.yaml");
	return 0;
}

static int
remove_folder(void **state)
{
	(void)state;
	folder_remove(folder);
	return 0;
}

static enum status
load_bytes(struct profile *out, const char *text, size_t len,
	   char error[PROFILE_ERROR_MAX + 1])
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_int_equal(fwrite(text, 1, len, file), len);
	assert_int_equal(fclose(file), 0);
	return profile_load(out, path, error);
}

/* GOOD with the first old replaced. */
static void
edit(char out[4096], const char *old, const char *fresh)
{
	const char *at = strstr(GOOD, old);
	int len;

	assert_non_null(at);
	len = snprintf(out, 4096, "%.*s%s%s", (int)(at - GOOD), GOOD, fresh,
		       at + strlen(old));
	assert_in_range(len, 1, 4095);
}

/* The error is "PATH:line: key: ..." and has what in it. */
static void
expect(const char *text, size_t len, const char *place, const char *what)
{
	char error[PROFILE_ERROR_MAX + 1], start[FOLDER_PATH_MAX + 64];
	struct profile profile, none;

	memset(&none, 0, sizeof(none));
	memset(&profile, 0xa5, sizeof(profile));
	assert_int_equal(load_bytes(&profile, text, len, error),
			 ST_PROFILE_FORMAT);
	(void)snprintf(start, sizeof(start), "%s:%s: ", path, place);
	if (strncmp(error, start, strlen(start)) != 0 ||
	    strstr(error, what) == NULL || strchr(error, '\n') != NULL)
		fail_msg("%s\nwanted %s ... %s\ngot %s", text, start, what,
			 error);
	assert_memory_equal(&profile, &none, sizeof(none));
}

static void
test_good(void **state)
{
	char error[PROFILE_ERROR_MAX + 1];
	struct profile p;

	(void)state;
	assert_int_equal(load_bytes(&p, GOOD, strlen(GOOD), error), ST_OK);
	assert_string_equal(error, "");
	assert_string_equal(p.model, "phone");
	assert_int_equal(p.class, CLASS_PRODUCTION);
	assert_int_equal(p.layout, 1);
	assert_int_equal(p.slots, 2);
	assert_string_equal(p.root, "keys/root.pem");
	assert_int_equal(p.min_epoch, 7);
	assert_int_equal(p.time_budget_s, 90);
	assert_int_equal(p.reset_s, PROFILE_RESET_S);
	assert_string_equal(p.final_process, "final assembly");
	assert_true(p.demand_permanent_lock && p.demand_secure_boot &&
		    p.demand_debug_closed && p.demand_random &&
		    p.demand_secret_hidden);
}

static void
test_limits(void **state)
{
	static const struct {
		const char *old, *fresh;
	} rows[] = {
		{"root: keys/root.pem\n", ""},
		{"slots: 2", "slots: 1"},
		{"slots: 2", "slots: 4"},
		{"min_epoch: 7", "min_epoch: 0"},
		{"min_epoch: 7", "min_epoch: 4294967295"},
		{"_s: 90", "_s: 5"},
		{"_s: 90", "_s: 3600"},
		{"model: phone", "model: abcdefghijklmnopqrstuvwxyz01234"},
		{"model: phone", "model: \"a b\" # the model"},
		{"class: production", "class: development"},
	};
	char text[4096], error[PROFILE_ERROR_MAX + 1];
	struct profile p;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		edit(text, rows[i].old, rows[i].fresh);
		if (load_bytes(&p, text, strlen(text), error) != ST_OK)
			fail_msg("%s", error);
	}
}

static const struct {
	const char *old, *fresh, *place, *what;
} refused[] = {
	/* unknown, missing, twice */
	{"slots: 2", "slots: 2\ncolour: red", "5: colour", "Unexpected"},
	{"  secure_boot", "  armour: true\n  secure_boot", "11: armour",
	 "Unexpected"},
	{"slots: 2\n", "", "9: slots", "Missing"},
	{"  secure_boot: true\n", "", "13: secure_boot", "Missing"},
	{"slots: 2\n", "slots: 2\nslots: 2\n", "4: slots", "already"},
	/* another kind */
	{"slots: 2", "slots: two", "4: slots", "decimal"},
	{"slots: 2", "slots: [2]", "4: slots", "SEQUENCE"},
	{"slots: 2", "slots: 02", "4: slots", "decimal"},
	{"slots: 2", "slots: 0x2", "4: slots", "decimal"},
	{"slots: 2", "slots: -2", "4: slots", "decimal"},
	{"slots: 2", "slots: 2.0", "4: slots", "decimal"},
	{"slots: 2", "slots: \"2 \"", "4: slots", "decimal"},
	{"slots: 2", "slots:", "4: slots", ""},
	{"class: production", "class: Production", "2: class", "ENUM"},
	{"class: production", "class: 2", "2: class", "ENUM"},
	{"boot: true", "boot: yes", "11: secure_boot", "ENUM"},
	{"boot: true", "boot: 1", "11: secure_boot", "ENUM"},
	{"boot: true", "boot: treu", "11: secure_boot", "ENUM"},
	{"boot: true", "boot:", "11: secure_boot", "ENUM"},
	/* out of range */
	{"slots: 2", "slots: 0", "4: slots", "1 to 4"},
	{"slots: 2", "slots: 5", "4: slots", "1 to 4"},
	{"layout: 1", "layout: 2", "3: layout", "1 to 1"},
	{"min_epoch: 7", "min_epoch: 4294967296", "6: min_epoch", "4294967295"},
	{"min_epoch: 7", "min_epoch: 99999999999999999999", "6: min_epoch",
	 "length"},
	{"_s: 90", "_s: 4", "7: time_budget_s", "5 to 3600"},
	{"_s: 90", "_s: 3601", "7: time_budget_s", "5 to 3600"},
	{"slots: 2", "slots: 2\nreset_s: 0", "5: reset_s", "1 to 600"},
	{"slots: 2", "slots: 2\nreset_s: 601", "5: reset_s", "1 to 600"},
	{"model: phone", "model: abcdefghijklmnopqrstuvwxyz012345", "1: model",
	 "length"},
	{"model: phone", "model: \"\"", "1: model", "length"},
	{"model: phone", "model: ph\xc3\xb6ne", "1: model", "ASCII"},
	{"final assembly", "fin\xc3\xa9", "8: final_process", "ASCII"},
	{"keys/root.pem", "k\xc3\xa9y", "5: root", "ASCII"},
	/* lists */
	{"slots: 2", "slots: 2\ntacs: []", "5: tacs", "0 of 1"},
	{"slots: 2", "slots: 2\ntacs: 35000000", "5: tacs", "SCALAR"},
	{"slots: 2", "slots: 2\ntacs: [[35000000]]", "5: tacs", ""},
	{"slots: 2", "slots: 2\ntacs: [3500000]", "5: tacs",
	 "3500000 is no TAC"},
	{"slots: 2", "slots: 2\ntacs: [350000000]", "5: tacs",
	 "350000000 is no TAC"},
	{"slots: 2", "slots: 2\ntacs: [3500000x]", "5: tacs", "no TAC"},
	{"slots: 2",
	 "slots: 2\ntacs:\n- 35000000\n- 35000001 # 35000000\n"
	 "- 35000000",
	 "8: tacs", "35000000 stands there already"},
	{"slots: 2", "slots: 2\ntacs:\n- 35000000\n- 00101700", "7: tacs",
	 "00101700 is a test TAC"},
	{"slots: 2", "slots: 2\nlinks: [usb, USB]", "5: links",
	 "USB is none of"},
	{"slots: 2", "slots: 2\nlinks:\n- usb\n- serial\n- usb", "8: links",
	 "usb stands there already"},
	{"slots: 2", "slots: 2\nlinks: [usb]\nlinks: [pty]", "5: links",
	 "already"},
	{"slots: 2", "slots: 2\nusb: ['18d1:4ee7', '18d1:4ee7']", "5: usb",
	 "18d1:4ee7 stands there already"},
	{"slots: 2", "slots: 2\nusb:\n- 18d1:4ee7\n- 18D1:4ee7", "7: usb",
	 "18D1:4ee7 is no id"},
	{"slots: 2", "slots: 2\nusb: ['18d1:4ee']", "5: usb", "no id"},
	{"slots: 2", "slots: 2\nusb: ['18d14ee7']", "5: usb", "no id"},
	{"slots: 2", "slots: 2\nusb: ['18d1:4ee7 ']", "5: usb", "no id"},
	{"slots: 2", "slots: 2\nusb: ['18d1:x*']", "5: usb", "no id"},
	{"slots: 2", "slots: 2\nusb: []", "5: usb", "0 of 1"},
	{"slots: 2", "slots: 2\nusb: [FILL-IN]", "5: usb", "filled in"},
	{"slots: 2", "slots: 2\nserial_adapters: [0403]", "5: serial_adapters",
	 "0403 is no id"},
	{"slots: 2", "slots: 2\nserial_baud: 299", "5: serial_baud",
	 "300 to 4000000"},
	{"slots: 2", "slots: 2\nserial_baud: 4000001", "5: serial_baud",
	 "300 to 4000000"},
	{"slots: 2", "slots: 2\nserial_baud: 0", "5: serial_baud", "300"},
	{"slots: 2", "slots: 2\nserial_rtscts: yes", "5: serial_rtscts",
	 "ENUM"},
	/* P14: the id for tests is nobody's */
	{"slots: 2", "slots: 2\nusb: ['1209:0001']", "5: usb", "for tests"},
	{"slots: 2", "slots: 2\nlock_fuses: [debug]", "5: lock_fuses",
	 "debug is none of"},
	{"slots: 2", "slots: 2\nlock_fuses: []", "5: lock_fuses", ""},
	{"slots: 2", "slots: 2\nlock_fuses: true", "5: lock_fuses", ""},
	{"slots: 2", "slots: 2\nlock_fuses:\n- secure_boot\n- secure_boot",
	 "7: lock_fuses", "secure_boot stands there already"},
	{"slots: 2", "slots: 2\nlock_fuses: [debug_closed, secure_boot, x]",
	 "5: lock_fuses", ""},
	/* not yet decided */
	{"slots: 2", "slots: FILL-IN", "4: slots", "filled in"},
	{"final assembly", "FILL-IN", "8: final_process", "filled in"},
	/* what would hide something */
	{"model: phone", "model: \"phone\\0x\"", "0: file", "backslash"},
	{"boot: true", "boot: *t", "11: secure_boot", ""},
	{"hidden: true\n", "hidden: true\n---\nmodel: b\n", "0: file",
	 "documents"},
	/* P14: production demands everything */
	{"lock: true", "lock: false", "10: permanent_lock", "production"},
	{"boot: true", "boot: false", "11: secure_boot", "production"},
	{"closed: true", "closed: false", "12: debug_closed", "production"},
	{"source: true", "source: false", "13: random_source", "production"},
	{"hidden: true", "hidden: false", "14: secret_hidden", "production"},
};

static void
test_refused(void **state)
{
	char text[4096];

	(void)state;
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		edit(text, refused[i].old, refused[i].fresh);
		expect(text, strlen(text), refused[i].place, refused[i].what);
	}
}

static void
test_live_tac_in_development(void **state)
{
	char text[4096], error[PROFILE_ERROR_MAX + 1];
	struct profile p;

	(void)state;
	edit(text, "class: production",
	     "class: development\ntacs: [00101700, 35000000]");
	expect(text, strlen(text), "3: tacs", "35000000 is a live TAC");
	edit(text, "class: production",
	     "class: development\ntacs: [00101701, 00101700]\n"
	     "links: [pty, unix]");
	assert_int_equal(load_bytes(&p, text, strlen(text), error), ST_OK);
	assert_int_equal(p.tac_count, 2);
	assert_int_equal(p.tac[0], 101701);
	assert_int_equal(p.tac[1], 101700);
	assert_int_equal(p.link_mask, 3);
}

static void
test_how_it_shows_up(void **state)
{
	char text[4096], error[PROFILE_ERROR_MAX + 1];
	struct profile p;

	(void)state;
	edit(text, "slots: 2",
	     "slots: 2\nusb: [18d1:4ee7, 'abcd:00ef']\nserial_baud: 3000000\n"
	     "serial_rtscts: true\nserial_adapters:\n- '0403:6011'");
	assert_int_equal(load_bytes(&p, text, strlen(text), error), ST_OK);
	assert_int_equal(p.usb_count, 2);
	assert_int_equal(p.usb[1].vendor, 0xabcd);
	assert_int_equal(p.usb[1].product, 0xef);
	assert_int_equal(p.serial_baud, 3000000);
	assert_true(p.serial_rtscts);
	assert_int_equal(p.adapter_count, 1);
	assert_int_equal(p.adapter[0].vendor, 0x403);
	edit(text, "slots: 2", "slots: 2\nserial_rtscts: false");
	assert_int_equal(load_bytes(&p, text, strlen(text), error), ST_OK);
	assert_int_equal(p.usb_count + p.adapter_count + p.serial_baud, 0);
	assert_false(p.serial_rtscts);
}

static void
test_no_profile(void **state)
{
	static char large[70000];
	char error[PROFILE_ERROR_MAX + 1], name[400];
	struct profile p;

	(void)state;
	memset(large, '#', sizeof(large));
	expect("", 0, "0: file", "empty");
	expect("# nothing\n", 10, "0: file", "empty");
	expect("- model\n", 8, "0: file", "MAPPING");
	expect("model: a\n\tclass: b\n", 19, "1: model", "tab");
	expect("model: a\0b\n", 11, "0: file", "NUL");
	expect(large, sizeof(large), "0: file", "too long");
	expect("\xff\xfe{", 3, "0: file", "");
	assert_int_equal(profile_load(&p, folder, error), ST_PROFILE_FORMAT);
	memset(name, 'n', sizeof(name));
	name[sizeof(name) - 1] = '\0';
	assert_int_equal(profile_load(&p, name, error), ST_PROFILE_FORMAT);
	assert_int_equal(strlen(error), PROFILE_ERROR_MAX);
	folder_path(path, folder, "absent.yaml");
	assert_int_equal(profile_load(&p, path, error), ST_PROFILE_FORMAT);
	assert_non_null(strstr(error, "absent.yaml:0: file: cannot be opened"));
	folder_path(path, folder, "p.yaml");
}

/* ------------------------------------------------------------------ units */

static void
test_fits(void **state)
{
	struct profile p = {
		.model = "a", .class = CLASS_DEVELOPMENT, .layout = 1};
	struct hello hello = {
		.model = "a", .class = CLASS_DEVELOPMENT, .layout = 1};

	(void)state;
	assert_true(profile_fits(&p, &hello));
	hello.model[0] = 'b';
	assert_false(profile_fits(&p, &hello));
	hello.model[0] = 'a';
	hello.class = CLASS_PRODUCTION;
	assert_false(profile_fits(&p, &hello));
	hello.class = CLASS_DEVELOPMENT;
	hello.layout = 2;
	assert_false(profile_fits(&p, &hello));
}

static void
expect_lack(const struct profile *p, const struct hello *hello,
	    const char *lack)
{
	const char *what;

	assert_int_equal(profile_demands(p, hello, &what),
			 lack[0] == '\0' ? ST_OK : ST_PROFILE_DEMAND);
	assert_string_equal(what, lack);
}

/* P14: a virtual handset declares all that a good chip does. */
static void
test_virtual(void **state)
{
	struct profile p = {.class = CLASS_PRODUCTION};
	struct hello hello = {.is_virtual = true};

	(void)state;
	expect_lack(&p, &hello, "a chip, because it is a model of one");
	p.class = CLASS_DEVELOPMENT;
	expect_lack(&p, &hello, "");
	hello.is_virtual = false;
	p.class = CLASS_PRODUCTION;
	expect_lack(&p, &hello, "");
}

static void
test_demands(void **state)
{
	const struct profile all = {.demand_permanent_lock = true,
				    .demand_secure_boot = true,
				    .demand_debug_closed = true,
				    .demand_random = true,
				    .demand_secret_hidden = true};
	const struct profile none = {.layout = 1};
	struct hello hello = {.debug = 0};

	(void)state;
	expect_lack(&none, &hello, "");
	expect_lack(&all, &hello, "permanent_lock");
	hello.is_lock_permanent = true;
	expect_lack(&all, &hello, "secure_boot");
	hello.is_secure_boot = true;
	for (uint8_t debug = 0; debug < 3; debug++) {
		hello.debug = debug;
		expect_lack(&all, &hello, "debug_closed");
	}
	hello.debug = 5;
	expect_lack(&all, &hello, "debug_closed");
	hello.debug = 4;
	expect_lack(&all, &hello, "random_source");
	hello.debug = 3;
	hello.has_random = true;
	expect_lack(&all, &hello, "secret_hidden");
	hello.is_secret_hidden = true;
	expect_lack(&all, &hello, "");
}

/* What is burnt at the lock is not asked before it, and is at the end. */
static void
test_lock_fuses(void **state)
{
	char text[4096], error[PROFILE_ERROR_MAX + 1];
	struct profile p = {.demand_secure_boot = true,
			    .demand_debug_closed = true};
	struct hello hello = {.debug = 0};

	(void)state;
	assert_int_equal(profile_last_fuses(&p), FUSES_ALL);
	expect_lack(&p, &hello, "secure_boot");
	p.lock_fuses = FUSE_DEBUG_CLOSED;
	expect_lack(&p, &hello, "secure_boot");
	hello.is_secure_boot = true;
	expect_lack(&p, &hello, "");
	p.lock_fuses = FUSE_SECURE_BOOT;
	expect_lack(&p, &hello, "debug_closed");
	hello.is_secure_boot = false;
	p.lock_fuses = FUSES_ALL;
	expect_lack(&p, &hello, "");
	assert_int_equal(profile_last_fuses(&p), FUSES_ALL);
	p.demand_debug_closed = false;
	assert_int_equal(profile_last_fuses(&p), FUSES_ALL);
	p.lock_fuses = 0;
	assert_int_equal(profile_last_fuses(&p), FUSE_SECURE_BOOT);
	edit(text, "slots: 2", "slots: 2\nlock_fuses: [secure_boot]");
	assert_int_equal(load_bytes(&p, text, strlen(text), error), ST_OK);
	assert_int_equal(p.lock_fuses, FUSE_SECURE_BOOT);
	edit(text, "slots: 2",
	     "slots: 2\nlock_fuses: [secure_boot, debug_closed]");
	assert_int_equal(load_bytes(&p, text, strlen(text), error), ST_OK);
	assert_int_equal(p.lock_fuses, FUSES_ALL);
}

static void
expect_burns(uint8_t fuses, uint8_t offered, enum device_state state,
	     const char *lacking)
{
	const struct profile p = {.lock_fuses = fuses};
	const struct hello hello = {.fuses = offered, .state = state};
	const char *what;

	assert_int_equal(profile_burns(&p, &hello, &what),
			 lacking[0] == '\0' ? ST_OK : ST_PROFILE_FUSES);
	assert_string_equal(what, lacking);
}

static void
test_burns(void **state)
{
	(void)state;
	expect_burns(0, 0, STATE_BLANK, "");
	expect_burns(1, 0, STATE_BLANK, "debug_closed");
	expect_burns(2, 0, STATE_BLANK, "secure_boot");
	expect_burns(3, 1, STATE_RECORDED, "secure_boot");
	expect_burns(3, 2, STATE_LOCKING, "debug_closed");
	expect_burns(3, 3, STATE_BLANK, "");
	/* a fuse that only a later version knows */
	expect_burns(3, 0xfc, STATE_BLANK, "debug_closed");
	expect_burns(1, 0xff, STATE_BLANK, "");
	/* what a locked unit is, its evidence says */
	expect_burns(3, 0, STATE_LOCKED, "");
}

static void
test_links(void **state)
{
	struct profile p = {.link_mask = 0};
	const char *what;

	(void)state;
	assert_int_equal(profile_reaches(&p, "unix:x", &what), ST_OK);
	assert_int_equal(profile_reaches(&p, "fault::unix:x", &what), ST_OK);
	p.link_mask = 1u << 0 | 1u << 3;
	assert_int_equal(profile_reaches(&p, "unix:x", &what), ST_OK);
	assert_int_equal(profile_reaches(&p, "serial:x", &what), ST_OK);
	assert_int_equal(profile_reaches(&p, "usb:x", &what), ST_PROFILE_LINK);
	assert_int_equal(profile_reaches(&p, "unixx:x", &what),
			 ST_PROFILE_LINK);
	assert_int_equal(profile_reaches(&p, "uni:x", &what), ST_PROFILE_LINK);
	assert_int_equal(profile_reaches(&p, "", &what), ST_PROFILE_LINK);
	assert_int_equal(profile_reaches(&p, "fault::unix:x", &what),
			 ST_PROFILE_LINK);
}

static void
test_baud(void **state)
{
	struct profile p = {.serial_baud = 115200};
	const char *what;

	(void)state;
	assert_int_equal(profile_reaches(&p, "serial:c/1#0@115200", &what),
			 ST_OK);
	assert_int_equal(profile_reaches(&p, "serial:c/1#0@115200+rtscts",
					 &what),
			 ST_OK);
	assert_int_equal(profile_reaches(&p, "serial:c/1#0", &what), ST_OK);
	assert_int_equal(profile_reaches(&p, "unix:a@9600", &what), ST_OK);
	assert_string_equal(what, "");
	assert_int_equal(profile_reaches(&p, "serial:c/1#0@11520", &what),
			 ST_PROFILE_LINK);
	assert_non_null(strstr(what, "baud"));
	p.link_mask = 1;
	assert_int_equal(profile_reaches(&p, "serial:c/1#0@115200", &what),
			 ST_PROFILE_LINK);
	assert_non_null(strstr(what, "links"));
	p = (struct profile){.serial_baud = 0};
	assert_int_equal(profile_reaches(&p, "serial:c/1#0@9600", &what),
			 ST_OK);
}

static void
test_overlap(void **state)
{
	struct profile a = {
		.model = "a", .layout = 1, .tac_count = 2, .tac = {1, 2}};
	struct profile b = a;
	uint32_t tac;

	(void)state;
	assert_true(profile_same_units(&a, &b));
	assert_false(profile_shares_tac(&a, &b, &tac));
	b.class = CLASS_PRODUCTION;
	assert_false(profile_same_units(&a, &b));
	b = a;
	b.model[0] = 'b';
	assert_false(profile_same_units(&a, &b));
	assert_true(profile_shares_tac(&a, &b, &tac));
	b.tac[0] = 3;
	assert_true(profile_shares_tac(&a, &b, &tac));
	assert_int_equal(tac, 2);
	b.tac_count = 1;
	assert_false(profile_shares_tac(&a, &b, &tac));
}

/* ---------------------------------------------------------------- templates */

/* Any model of printable ASCII comes back as it was given. */
static void
test_template(void **state)
{
	static const char *const models[] = {
		"m1",	"it's", "# a: b",
		"1",	"true", "- x",
		"'\"'", "~",	"abcdefghijklmnopqrstuvwxyz01234",
	};
	char text[PROFILE_TEMPLATE_MAX + 1], error[PROFILE_ERROR_MAX + 1];
	struct profile p;

	(void)state;
	for (size_t i = 0; i < sizeof(models) / sizeof(models[0]); i++) {
		assert_int_equal(profile_template(text, models[i],
						  CLASS_DEVELOPMENT),
				 ST_OK);
		if (load_bytes(&p, text, strlen(text), error) != ST_OK)
			fail_msg("%s", error);
		assert_string_equal(p.model, models[i]);
		assert_int_equal(p.class, CLASS_DEVELOPMENT);
	}
}

static void
test_template_refused(void **state)
{
	static const char *const models[] = {
		"",	    "abcdefghijklmnopqrstuvwxyz012345",
		"a\\b",	    "a\nb",
		"\xc3\xb6", "FILL-IN"};
	char text[PROFILE_TEMPLATE_MAX + 1];

	(void)state;
	for (size_t i = 0; i < sizeof(models) / sizeof(models[0]); i++) {
		assert_int_equal(profile_template(text, models[i],
						  CLASS_DEVELOPMENT),
				 ST_PROFILE_FORMAT);
		assert_string_equal(text, "");
	}
}

/* ------------------------------------------- the files of the repository */

static void
source_path(char out[400], const char *name)
{
	const char *source = getenv("IMEILOCK_SOURCE_DIR");
	int len = snprintf(out, 400, "%s/profiles/%s",
			   source == NULL ? "." : source, name);

	assert_in_range(len, 1, 399);
}

static void
test_shipped(void **state)
{
	static const struct {
		const char *file, *model;
		uint8_t slots;
	} rows[] = {
		{"zcu102.yaml", "zcu102", 1},
		{"virtual-additive.yaml", "virtual-additive", 1},
		{"virtual-once.yaml", "virtual-once", 2},
	};
	char name[400], error[PROFILE_ERROR_MAX + 1];
	struct profile p;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		source_path(name, rows[i].file);
		if (profile_load(&p, name, error) != ST_OK)
			fail_msg("%s", error);
		assert_string_equal(p.model, rows[i].model);
		assert_int_equal(p.slots, rows[i].slots);
		assert_int_equal(p.class, CLASS_DEVELOPMENT);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_live_tac_in_development),
		cmocka_unit_test(test_no_profile),
		cmocka_unit_test(test_fits),
		cmocka_unit_test(test_virtual),
		cmocka_unit_test(test_demands),
		cmocka_unit_test(test_lock_fuses),
		cmocka_unit_test(test_burns),
		cmocka_unit_test(test_links),
		cmocka_unit_test(test_baud),
		cmocka_unit_test(test_how_it_shows_up),
		cmocka_unit_test(test_overlap),
		cmocka_unit_test(test_template),
		cmocka_unit_test(test_template_refused),
		cmocka_unit_test(test_shipped),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
