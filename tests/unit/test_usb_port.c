/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_usb_port.c - devices by their ports, on a sysfs of the test's own.
 */
#include "link/usb_port.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "support/usb_bed.h"

#define AGENT "ff/49/01"
#define ACM "02/02/01"
#define DATA "0a/00/00"

static int
set_up(void **state)
{
	(void)state;
	usb_bed_open();
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	usb_bed_close();
	return 0;
}

static const struct usb_bed_device handset = {
	.parent = USB_BED_PCI,
	.sysname = "1-2",
	.bus = 1,
	.number = 7,
	.vendor = 0x1209,
	.product = 0x0001,
};

static void
plug(const struct usb_bed_device *device, char path[USB_BED_PATH_MAX])
{
	usb_bed_add(device, path);
}

/* A handset as docs/protocol.md has it, with two modem slots. */
static void
plug_handset(char path[USB_BED_PATH_MAX])
{
	plug(&handset, path);
	usb_bed_interface(path, "1-2:1.0", AGENT);
	usb_bed_interface(path, "1-2:1.1", ACM);
	usb_bed_tty(path, "1-2:1.1", "tty/ttyACM10");
	usb_bed_interface(path, "1-2:1.2", DATA);
	usb_bed_interface(path, "1-2:1.3", ACM);
	usb_bed_tty(path, "1-2:1.3", "tty/ttyACM9");
	usb_bed_interface(path, "1-2:1.4", DATA);
}

static size_t
count_devices(struct usb_device out[8])
{
	size_t count = 99;

	assert_int_equal(usb_port_list(out, 8, &count), ST_OK);
	return count;
}

static void
expect_tty(const char *port, unsigned int n, const char *expected)
{
	char tty[USB_TTY_MAX + 1];
	enum status st = usb_port_tty(tty, port, n);

	assert_int_equal(st, expected != NULL ? ST_OK : ST_LINK_OPEN);
	assert_string_equal(tty, expected != NULL ? expected : "");
}

/* -------------------------------------------------------------------- names */

static void
names_are_strict(void **state)
{
	static const char *const good[] = {
		"0000:00:14.0/2.3",
		"vhci_hcd.0/1",
		"dummy_hcd.0/10.1.2",
		"xhci-hcd.1.auto/1",
	};
	static const char *const bad[] = {
		"",	"/",	  "/1",	    "x",	  "x/",		"x/.",
		"x/1.", "x/.1",	  "x/1..2", "x/1/2",	  "x/1a",	"x y/1",
		"x#/1", "../1/2", "x\n/1",  "\xc3\xa4/1", "x/\xd9\xa1", "x/-1",
	};
	char text[USB_PORT_MAX + 2];

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		assert_true(usb_port_is_name(good[i], strlen(good[i])));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(usb_port_is_name(bad[i], strlen(bad[i])));
	/* the length counts, not a NUL */
	assert_true(usb_port_is_name("x/1#0", 3));
	assert_false(usb_port_is_name("x\0/1", 4));
	memset(text, '1', sizeof(text));
	text[1] = '/';
	assert_true(usb_port_is_name(text, USB_PORT_MAX));
	assert_false(usb_port_is_name(text, USB_PORT_MAX + 1));
}

/* ----------------------------------------------------------------- looking */

static void
a_handset_is_seen(void **state)
{
	struct usb_device device;
	char path[USB_BED_PATH_MAX];

	(void)state;
	plug_handset(path);
	assert_int_equal(usb_port_find(&device, "0000:00:14.0/2"), ST_OK);
	assert_string_equal(device.port, "0000:00:14.0/2");
	assert_string_equal(device.sysname, "1-2");
	assert_int_equal(device.vendor, 0x1209);
	assert_int_equal(device.product, 0x0001);
	assert_int_equal(device.bus, 1);
	assert_int_equal(device.number, 7);
	assert_true(device.has_agent);
	assert_int_equal(device.tty_count, 2);
	assert_true(device.instance != 0);
	assert_int_equal(usb_port_find(&device, "0000:00:14.0/3"),
			 ST_LINK_OPEN);
	assert_int_equal(device.instance, 0);
	assert_int_equal(usb_port_find(&device, "0000:00:1a.0/2"),
			 ST_LINK_OPEN);
	assert_int_equal(usb_port_find(&device, "2"), ST_LINK_OPEN);
}

/* By the order of interfaces, whatever the kernel calls them. */
static void
ttys_are_counted_by_interface(void **state)
{
	char path[USB_BED_PATH_MAX];

	(void)state;
	plug_handset(path);
	expect_tty("0000:00:14.0/2", 0, "/dev/ttyACM10");
	expect_tty("0000:00:14.0/2", 1, "/dev/ttyACM9");
	expect_tty("0000:00:14.0/2", 2, NULL);
	expect_tty("0000:00:14.0/2", 1000, NULL);
	expect_tty("0000:00:14.0/3", 0, NULL);
}

/* Adapters have more than one port an interface, and a folder for each;
 * interface 10 comes behind interface 2. */
static void
ttys_of_adapters(void **state)
{
	char path[USB_BED_PATH_MAX];

	(void)state;
	plug(&handset, path);
	usb_bed_interface(path, "1-2:1.10", "ff/00/00");
	usb_bed_tty(path, "1-2:1.10", "ttyUSB3/tty/ttyUSB3");
	usb_bed_interface(path, "1-2:1.2", "ff/00/00");
	usb_bed_tty(path, "1-2:1.2", "ttyUSB10/tty/ttyUSB10");
	usb_bed_tty(path, "1-2:1.2", "ttyUSB9/tty/ttyUSB9");
	expect_tty("0000:00:14.0/2", 0, "/dev/ttyUSB9");
	expect_tty("0000:00:14.0/2", 1, "/dev/ttyUSB10");
	expect_tty("0000:00:14.0/2", 2, "/dev/ttyUSB3");
	expect_tty("0000:00:14.0/2", 3, NULL);
}

static void
odd_ttys_are_none(void **state)
{
	char path[USB_BED_PATH_MAX];

	(void)state;
	plug(&handset, path);
	usb_bed_interface(path, "1-2:1.0", ACM);
	usb_bed_tty(path, "1-2:1.0", "tty/mem");
	usb_bed_interface(path, "1-2:1.1", ACM);
	usb_bed_tty(path, "1-2:1.1", "tty/tty");
	usb_bed_interface(path, "1-2:1.2", ACM);
	usb_bed_tty(path, "1-2:1.2", "tty/ttyACM0 x");
	usb_bed_interface(path, "1-2:x", ACM);
	usb_bed_tty(path, "1-2:x", "tty/ttyACM1");
	expect_tty("0000:00:14.0/2", 0, NULL);
}

static void
lists_by_port(void **state)
{
	static const struct usb_bed_device others[] = {
		{USB_BED_PCI, "1-10", 1, 3, 0, 0x8087, 0x0026},
		{USB_BED_PCI, "1-3", 1, 4, 9, 0x05e3, 0x0608}, /* a hub */
		{USB_BED_PCI "/1-3", "1-3.2", 1, 5, 0xef, 1, 2},
		{USB_BED_VHCI, "3-1", 3, 2, 0, 1, 3},
	};
	struct usb_device device[8];
	char path[USB_BED_PATH_MAX];
	size_t count;

	(void)state;
	plug_handset(path);
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		plug(&others[i], path);
	assert_int_equal(count_devices(device), 4);
	assert_string_equal(device[0].port, "0000:00:14.0/2");
	assert_string_equal(device[1].port, "0000:00:14.0/3.2");
	assert_string_equal(device[2].port, "0000:00:14.0/10");
	assert_string_equal(device[3].port, "vhci_hcd.0/1");
	assert_true(device[0].has_agent);
	assert_false(device[1].has_agent);
	assert_string_equal(device[1].sysname, "1-3.2");
	assert_int_equal(usb_port_list(device, 3, &count), ST_LINK_OPEN);
	assert_int_equal(count, 0);
	assert_int_equal(usb_port_find(device, "0000:00:14.0/3"), ST_LINK_OPEN);
}

/* Only the agent's whole triple is the agent's. */
static void
near_misses_have_no_agent(void **state)
{
	static const char *const triples[] = {
		"ff/42/01", "ff/49/02", "fe/49/01", "00/49/01",
		"49/ff/01", "f/49/011", "ff/49/0x",
	};
	struct usb_device device;
	char path[USB_BED_PATH_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(triples) / sizeof(triples[0]); i++) {
		plug(&handset, path);
		usb_bed_interface(path, "1-2:1.0", triples[i]);
		assert_int_equal(usb_port_find(&device, "0000:00:14.0/2"),
				 ST_OK);
		assert_false(device.has_agent);
		usb_bed_remove(path);
	}
	/* nor is another device's interface */
	plug(&handset, path);
	usb_bed_interface(path, "1-3:1.0", AGENT);
	assert_int_equal(usb_port_find(&device, "0000:00:14.0/2"), ST_OK);
	assert_false(device.has_agent);
}

/* A controller has a bus for each speed, and counts the ports of both. */
static void
two_devices_at_one_name(void **state)
{
	static const struct usb_bed_device fast = {
		USB_BED_PCI_FAST, "2-2", 2, 3, 0, 1, 3,
	};
	struct usb_device device[8];
	char tty[USB_TTY_MAX + 1] = "x";
	char path[USB_BED_PATH_MAX];

	(void)state;
	plug(&fast, path);
	assert_int_equal(usb_port_find(device, "0000:00:14.0/2"), ST_OK);
	assert_int_equal(device->bus, 2);
	plug_handset(path);
	assert_int_equal(usb_port_find(device, "0000:00:14.0/2"),
			 ST_LINK_TWO_DEVICES);
	assert_int_equal(device->instance, 0);
	assert_int_equal(usb_port_tty(tty, "0000:00:14.0/2", 0),
			 ST_LINK_TWO_DEVICES);
	assert_string_equal(tty, "");
	assert_int_equal(count_devices(device), 2);
}

/* Hundreds of plugs while somebody looks: each is told from the one before. */
static void
every_plug_is_another_instance(void **state)
{
	uint64_t last = 0;

	(void)state;
	for (unsigned int i = 0; i < 300; i++) {
		struct usb_bed_device device = handset;
		struct usb_device seen, again;
		char path[USB_BED_PATH_MAX];

		device.number = 1 + i % 127;
		plug(&device, path);
		assert_int_equal(usb_port_find(&seen, "0000:00:14.0/2"), ST_OK);
		assert_int_equal(seen.number, device.number);
		assert_true(seen.instance != last);
		assert_int_equal(usb_port_find(&again, "0000:00:14.0/2"),
				 ST_OK);
		assert_true(seen.instance == again.instance);
		last = seen.instance;
		usb_bed_remove(path);
		assert_int_equal(usb_port_find(&seen, "0000:00:14.0/2"),
				 ST_LINK_OPEN);
	}
}

/* What goes away while it is read has lost some of its files. */
static void
half_a_device_is_none(void **state)
{
	static const char *const needed[] = {"devnum", "idVendor", "idProduct",
					     "bDeviceClass"};
	static const char *const wrong[] = {
		"",	"\n",	"x\n",	  "-1\n",     "0x1\n",
		" 1\n", "1 \n", "1\n2\n", "100000\n", "99999999999999999999\n",
	};
	struct usb_device device[8];
	char path[USB_BED_PATH_MAX];

	(void)state;
	plug(&handset, path);
	assert_int_equal(count_devices(device), 1);
	for (size_t i = 0; i < 4; i++) {
		for (size_t k = 0; k < sizeof(wrong) / sizeof(wrong[0]); k++) {
			usb_bed_set(path, needed[i], wrong[k]);
			assert_int_equal(count_devices(device), 0);
		}
		usb_bed_set(path, needed[i], "01\n");
		assert_int_equal(count_devices(device), 1);
	}
	usb_bed_set(path, "devnum", "0\n");
	assert_int_equal(count_devices(device), 0);
	usb_bed_set(path, "devnum", "256\n");
	assert_int_equal(count_devices(device), 0);
}

static void
without_usb_there_is_nothing(void **state)
{
	struct usb_device device[8];
	size_t count = 99;

	(void)state;
	assert_int_equal(usb_port_list(device, 8, &count), ST_LINK_OPEN);
	assert_int_equal(count, 0);
	assert_int_equal(usb_port_find(device, "0000:00:14.0/2"), ST_LINK_OPEN);
}

#define ON_A_BED(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_strict),
		ON_A_BED(a_handset_is_seen),
		ON_A_BED(ttys_are_counted_by_interface),
		ON_A_BED(ttys_of_adapters),
		ON_A_BED(odd_ttys_are_none),
		ON_A_BED(lists_by_port),
		ON_A_BED(near_misses_have_no_agent),
		ON_A_BED(two_devices_at_one_name),
		ON_A_BED(every_plug_is_another_instance),
		ON_A_BED(half_a_device_is_none),
		ON_A_BED(without_usb_there_is_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
