/* SPDX-License-Identifier: Apache-2.0 */
/* Which port is a slot, from lists of what is plugged in; and the slots. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "station/fixture.h"
#include "station/learn.h"

#include <cmocka.h>

#define PORT "0000:00:14.0/"

static const struct profile handsets = {
	.slots = 2,
	.usb_count = 1,
	.usb = {{0x1209, 1}},
};
static const struct profile lines = {
	.slots = 2,
	.serial_baud = 921600,
	.serial_rtscts = true,
	.adapter_count = 2,
	.adapter = {{0x0403, 0x6001}, {0x0403, 0x6011}},
};

static struct learn learn;
static struct usb_device now[8];
static size_t count;
static enum learn_event event;
static struct usb_device about;

static int
begin(void **state)
{
	(void)state;
	count = 0;
	memset(now, 0, sizeof(now));
	learn_begin(&learn, &handsets, false, now, 0);
	return 0;
}

static struct usb_device
device(const char *chain, uint16_t vendor, uint16_t product, uint8_t ttys)
{
	static uint64_t instance;
	struct usb_device made = {.vendor = vendor,
				  .product = product,
				  .bus = 1,
				  .has_agent = vendor == 0x1209,
				  .tty_count = ttys,
				  .instance = ++instance};

	(void)snprintf(made.port, sizeof(made.port), PORT "%s", chain);
	return made;
}

static void
plug(struct usb_device made)
{
	now[count++] = made;
}

static void
unplug(void)
{
	count--;
}

static enum status
look(int64_t ms)
{
	memset(&about, 0, sizeof(about));
	return learn_look(&learn, now, count, ms, &event, &about);
}

static void
expect(int64_t ms, enum learn_event expected)
{
	assert_int_equal(look(ms), ST_OK);
	assert_int_equal(event, expected);
}

/* ----------------------------------------------------------------- learning */

static void
settles_after_its_time(void **state)
{
	(void)state;
	expect(0, LEARN_NOTHING);
	plug(device("1", 0x1209, 1, 2));
	expect(100, LEARN_SEEN);
	assert_string_equal(about.port, PORT "1");
	expect(599, LEARN_NOTHING);
	expect(600, LEARN_SETTLED);
	assert_string_equal(about.port, PORT "1");
}

static void
each_change_begins_anew(void **state)
{
	(void)state;
	plug(device("1", 0x1209, 1, 0));
	now[0].has_agent = false;
	expect(0, LEARN_SEEN);
	now[0].has_agent = true;
	expect(499, LEARN_NOTHING);
	now[0].tty_count = 2;
	expect(900, LEARN_NOTHING);
	expect(1399, LEARN_NOTHING);
	expect(1400, LEARN_SETTLED);
}

/* Another plug at the same port is another device. */
static void
a_bounce_begins_anew(void **state)
{
	(void)state;
	plug(device("1", 0x1209, 1, 2));
	expect(0, LEARN_SEEN);
	unplug();
	plug(device("1", 0x1209, 1, 2));
	expect(400, LEARN_SEEN);
	expect(899, LEARN_NOTHING);
	expect(900, LEARN_SETTLED);
}

static void
what_was_there_is_never_taken(void **state)
{
	(void)state;
	plug(device("1", 0x1209, 1, 2));
	learn_begin(&learn, &handsets, false, now, count);
	expect(0, LEARN_NOTHING);
	expect(10000, LEARN_NOTHING);
	/* unless it is plugged in anew */
	unplug();
	expect(10100, LEARN_NOTHING);
	plug(device("1", 0x1209, 1, 2));
	expect(10200, LEARN_SEEN);
	expect(10700, LEARN_SETTLED);
}

static void
others_are_told_once(void **state)
{
	(void)state;
	plug(device("3", 0x046d, 1, 0));
	expect(0, LEARN_NOTHING);
	expect(500, LEARN_OTHER);
	assert_int_equal(about.vendor, 0x046d);
	expect(1000, LEARN_NOTHING);
	/* the id is not all */
	plug(device("4", 0x1209, 1, 2));
	now[1].has_agent = false;
	expect(2000, LEARN_SEEN);
	expect(2500, LEARN_OTHER);
	/* nor is the agent */
	plug(device("5", 0x1209, 2, 2));
	expect(3000, LEARN_NOTHING);
	expect(3500, LEARN_OTHER);
	plug(device("1", 0x1209, 1, 2));
	expect(4000, LEARN_SEEN);
	expect(4500, LEARN_SETTLED);
}

static void
two_at_once_are_refused(void **state)
{
	(void)state;
	plug(device("1", 0x1209, 1, 2));
	plug(device("2", 0x1209, 1, 2));
	assert_int_equal(look(0), ST_SLOT_TWO);
	begin(state);
	plug(device("1", 0x1209, 1, 2));
	expect(0, LEARN_SEEN);
	expect(400, LEARN_NOTHING);
	plug(device("2", 0x1209, 1, 0));
	now[1].has_agent = false; /* as it is at first */
	assert_int_equal(look(499), ST_SLOT_TWO);
	/* something that could not be it does no harm */
	begin(state);
	plug(device("1", 0x1209, 1, 2));
	plug(device("2", 0x046d, 1, 0));
	expect(0, LEARN_SEEN);
	expect(500, LEARN_SETTLED);
}

static void
a_name_of_two_devices(void **state)
{
	(void)state;
	plug(device("1", 0x046d, 1, 0));
	now[0].bus = 2;
	learn_begin(&learn, &handsets, false, now, count);
	plug(device("1", 0x1209, 1, 2));
	expect(0, LEARN_SEEN);
	assert_int_equal(look(500), ST_LINK_TWO_DEVICES);
}

static void
serial_ports_are_needed(void **state)
{
	(void)state;
	plug(device("1", 0x1209, 1, 1));
	expect(0, LEARN_SEEN);
	expect(5000, LEARN_NOTHING);
	assert_int_equal(learn_lacks(&learn, &now[0]), 1);
	assert_true(learn_fits(&handsets, &now[0]));
	now[0].tty_count = 2;
	expect(5100, LEARN_NOTHING);
	expect(5600, LEARN_SETTLED);
	/* unless they are given */
	begin(state);
	learn_begin(&learn, &handsets, true, now, 0);
	plug(device("1", 0x1209, 1, 0));
	expect(0, LEARN_SEEN);
	expect(500, LEARN_SETTLED);
	/* an adapter has one at least */
	begin(state);
	learn_begin(&learn, &lines, true, now, 0);
	plug(device("1", 0x0403, 0x6011, 0));
	expect(0, LEARN_SEEN);
	expect(5000, LEARN_NOTHING);
	assert_int_equal(learn_lacks(&learn, &now[0]), 1);
}

static void
as_many_as_there_can_be(void **state)
{
	static struct usb_device many[USB_DEVICES_MAX];
	size_t others = 0;

	(void)state;
	for (size_t i = 0; i < USB_DEVICES_MAX; i++)
		many[i] = device("1", 0x046d, 1, 0);
	for (size_t turn = 0; turn < 3; turn++)
		for (int64_t ms = 0; ms < 600; ms++) {
			assert_int_equal(learn_look(&learn, many,
						    USB_DEVICES_MAX,
						    (int64_t)turn * 1000 + ms,
						    &event, &about),
					 ST_OK);
			others += event == LEARN_OTHER;
		}
	assert_int_equal(others, USB_DEVICES_MAX);
}

/* ---------------------------------------------------------------- addresses */

static void
addresses_of_a_handset(void **state)
{
	struct usb_device made = device("2.3", 0x1209, 1, 5);
	struct unit_address unit;

	(void)state;
	learn_addresses(&unit, &handsets, &made);
	assert_string_equal(unit.agent, "usb:" PORT "2.3");
	assert_string_equal(unit.at[0], "serial:" PORT "2.3#0");
	assert_string_equal(unit.at[1], "serial:" PORT "2.3#1");
	assert_string_equal(unit.at[2], "");
}

static void
addresses_of_an_adapter(void **state)
{
	struct usb_device made = device("2.3", 0x0403, 0x6011, 4);
	struct profile profile = lines;
	struct unit_address unit;

	(void)state;
	learn_addresses(&unit, &profile, &made);
	assert_string_equal(unit.agent, "serial:" PORT "2.3#0@921600+rtscts");
	assert_string_equal(unit.at[0], "serial:" PORT "2.3#1@921600");
	assert_string_equal(unit.at[1], "serial:" PORT "2.3#2@921600");
	assert_string_equal(unit.at[2], "");
	made.tty_count = 2;
	profile.serial_rtscts = false;
	learn_addresses(&unit, &profile, &made);
	assert_string_equal(unit.agent, "serial:" PORT "2.3#0@921600");
	assert_string_equal(unit.at[1], "");
	/* flow control needs a rate to stand behind */
	profile.serial_baud = 0;
	learn_addresses(&unit, &profile, &made);
	assert_string_equal(unit.agent, "serial:" PORT "2.3#0");
	assert_string_equal(unit.at[0], "serial:" PORT "2.3#1");
}

/* -------------------------------------------------------------------- slots */

static void
expect_port(const char *address, const char *expected)
{
	char port[USB_PORT_MAX + 1];

	fixture_port(port, address);
	assert_string_equal(port, expected);
}

static void
ports_of_addresses(void **state)
{
	(void)state;
	expect_port("usb:" PORT "2.3", PORT "2.3");
	expect_port("serial:" PORT "2.3#1@9600", PORT "2.3");
	expect_port("serial:" PORT "2.3", "");
	expect_port("serial:/dev/ttyUSB0", "");
	expect_port("serial:/dev/a#1", "");
	expect_port("usb:x", "");
	expect_port("usb:", "");
	expect_port("unix:" PORT "2.3", "");
	expect_port("usbx:" PORT "2.3", "");
	expect_port("", "");
}

static enum status
put(struct station *station, int number, const char *agent, int *other)
{
	struct station_slot slot = {.number = number};

	(void)snprintf(slot.unit.agent, sizeof(slot.unit.agent), "%s", agent);
	return fixture_put(station, &slot, other);
}

static void
slots_are_put_in_order(void **state)
{
	static const int order[] = {3, 1, 32, 2};
	struct station *station = calloc(1, sizeof(*station));
	char agent[8];
	int other;

	(void)state;
	assert_non_null(station);
	for (size_t i = 0; i < 4; i++) {
		(void)snprintf(agent, sizeof(agent), "unix:%d", order[i]);
		assert_int_equal(put(station, order[i], agent, &other), ST_OK);
	}
	assert_int_equal(station->slot_count, 4);
	assert_int_equal(station->slot[0].number, 1);
	assert_int_equal(station->slot[1].number, 2);
	assert_int_equal(station->slot[2].number, 3);
	assert_int_equal(station->slot[3].number, 32);
	assert_int_equal(put(station, 4, "unix:2", &other), ST_SLOT_TAKEN);
	assert_int_equal(other, 2);
	assert_int_equal(put(station, 2, "unix:x", &other), ST_OK);
	assert_int_equal(station->slot_count, 4);
	assert_string_equal(fixture_slot(station, 2)->unit.agent, "unix:x");
	assert_null(fixture_slot(station, 4));
	assert_true(fixture_remove(station, 1));
	assert_false(fixture_remove(station, 1));
	assert_true(fixture_remove(station, 32));
	assert_int_equal(station->slot_count, 2);
	assert_int_equal(station->slot[0].number, 2);
	assert_int_equal(station->slot[1].number, 3);
	free(station);
}

static void
one_port_is_one_agent(void **state)
{
	static const struct {
		const char *one, *two;
		enum status status;
	} rows[] = {
		{"usb:" PORT "1", "usb:" PORT "1", ST_SLOT_TAKEN},
		{"usb:" PORT "1", "usb:" PORT "1.1", ST_OK},
		{"usb:" PORT "1", "serial:" PORT "1#1", ST_SLOT_TAKEN},
		{"serial:" PORT "1#0", "serial:" PORT "1#0@9600",
		 ST_SLOT_TAKEN},
		{"serial:" PORT "1#0", "serial:" PORT "1#1", ST_OK},
		{"unix:a", "unix:b", ST_OK},
	};
	int other;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct station *station = calloc(1, sizeof(*station));

		assert_non_null(station);
		assert_int_equal(put(station, 1, rows[i].one, &other), ST_OK);
		assert_int_equal(put(station, 2, rows[i].two, &other),
				 rows[i].status);
		assert_int_equal(other, rows[i].status == ST_OK ? 0 : 1);
		free(station);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(settles_after_its_time, begin),
		cmocka_unit_test_setup(each_change_begins_anew, begin),
		cmocka_unit_test_setup(a_bounce_begins_anew, begin),
		cmocka_unit_test_setup(what_was_there_is_never_taken, begin),
		cmocka_unit_test_setup(others_are_told_once, begin),
		cmocka_unit_test_setup(two_at_once_are_refused, begin),
		cmocka_unit_test_setup(a_name_of_two_devices, begin),
		cmocka_unit_test_setup(serial_ports_are_needed, begin),
		cmocka_unit_test_setup(as_many_as_there_can_be, begin),
		cmocka_unit_test(addresses_of_a_handset),
		cmocka_unit_test(addresses_of_an_adapter),
		cmocka_unit_test(ports_of_addresses),
		cmocka_unit_test(slots_are_put_in_order),
		cmocka_unit_test(one_port_is_one_agent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
