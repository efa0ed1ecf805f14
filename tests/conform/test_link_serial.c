/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_link_serial.c - what serial ports have beside being links: settings,
 * modem lines, names, adapters, and plugs that are pulled.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <cmocka.h>

#include "support/link_talk.h"
#include "support/serial_bed.h"

#define LINES (TIOCM_DTR | TIOCM_RTS)
#define ADDRESS_MAX 100

static int
bed_open(void **state)
{
	(void)state;
	return serial_bed_open() ? 0 : -1;
}

static int
driver_reset(void **state)
{
	(void)state;
	memset(&serial_bed_driver, 0, sizeof(serial_bed_driver));
	return 0;
}

/* One that no other test has had, and what it is called. */
struct port {
	struct serial_bed_plug plug;
	int end;
	char address[ADDRESS_MAX];
	char by_port[ADDRESS_MAX];
};

static void
port_name(struct port *port, enum serial_bed_kind kind)
{
	static const char *const tty[] = {"ttyACM", "ttyUSB", "ttyS"};
	static unsigned int count;

	port->plug = (struct serial_bed_plug){kind, ++count};
	snprintf(port->address, ADDRESS_MAX, "serial:/dev/%s%u", tty[kind],
		 count);
	snprintf(port->by_port, ADDRESS_MAX, "serial:" SERIAL_BED_PORT "%u#0",
		 count);
}

static void
port_plug(struct port *port, enum serial_bed_kind kind)
{
	port_name(port, kind);
	port->end = serial_bed_plug(port->plug);
	assert_true(port->end >= 0);
}

/* rest stands behind the address. */
static enum status
try_open(struct link **link, const char *address, const char *rest)
{
	char whole[2 * ADDRESS_MAX];

	snprintf(whole, sizeof(whole), "%s%s", address, rest);
	return link_open(link, whole, deadline_in(SHORT_MS));
}

static enum status
open_status(const char *address, const char *rest)
{
	struct link *link;
	enum status st = try_open(&link, address, rest);

	link_close(link);
	return st;
}

/* What the driver was told; a terminal and its other end share it. */
static struct termios
settings(int end)
{
	struct termios is;

	assert_int_equal(tcgetattr(end, &is), 0);
	return is;
}

static void
bytes_go_both_ways(void **state)
{
	struct port port;
	uint8_t in[4];
	struct link *link;

	(void)state;
	port_plug(&port, SERIAL_BED_ADAPTER);
	assert_int_equal(try_open(&link, port.address, ""), ST_OK);
	send_bytes(link, "\0\x11\r\xff", 4);
	assert_int_equal(read(port.end, in, sizeof(in)), 4);
	assert_memory_equal(in, "\0\x11\r\xff", 4);
	assert_int_equal(write(port.end, "\x03\x13\n\0", 4), 4);
	receive_bytes(link, in, sizeof(in));
	assert_memory_equal(in, "\x03\x13\n\0", 4);
	link_close(link);
	close(port.end);
}

static void
the_port_is_set_as_its_address_says(void **state)
{
	struct port port;
	struct termios is;
	struct link *link;

	(void)state;
	port_plug(&port, SERIAL_BED_BARE);
	assert_int_equal(try_open(&link, port.address, ""), ST_OK);
	is = settings(port.end);
	assert_int_equal(cfgetospeed(&is), B115200);
	assert_int_equal(is.c_cflag & (CSIZE | PARENB | CSTOPB | CRTSCTS), CS8);
	assert_int_equal(is.c_iflag & (IXON | IXOFF | ICRNL), 0);
	assert_int_equal(is.c_lflag & (ECHO | ICANON | ISIG), 0);
	assert_in_range(link->byte_us, 86, 87);
	link_close(link);

	assert_int_equal(try_open(&link, port.address, "@9600+rtscts"), ST_OK);
	is = settings(port.end);
	assert_int_equal(cfgetospeed(&is), B9600);
	assert_int_equal(is.c_cflag & CRTSCTS, CRTSCTS);
	link_close(link);
	/* and back, though somebody left it so */
	assert_int_equal(try_open(&link, port.address, "@9600"), ST_OK);
	is = settings(port.end);
	assert_int_equal(is.c_cflag & CRTSCTS, 0);
	link_close(link);
	close(port.end);
}

/* Both on, once, and left so: no edge resets what hangs on them. */
static void
modem_lines_stay_on(void **state)
{
	struct port port;
	struct link *link;

	(void)state;
	port_plug(&port, SERIAL_BED_BARE);
	assert_int_equal(try_open(&link, port.address, ""), ST_OK);
	assert_int_equal(serial_bed_driver.lines, LINES);
	assert_int_equal(settings(port.end).c_cflag & HUPCL, 0);
	link_close(link);
	assert_int_equal(try_open(&link, port.address, ""), ST_OK);
	link_close(link);
	assert_int_equal(serial_bed_driver.lines, LINES);
	assert_int_equal(serial_bed_driver.changes, 2);
	close(port.end);
}

static void
any_baud_that_the_driver_takes(void **state)
{
	struct port port;

	(void)state;
	port_plug(&port, SERIAL_BED_ADAPTER);
	assert_int_equal(open_status(port.address, "@250000"), ST_OK);
	/* as near as its divider comes, and not near enough */
	serial_bed_driver.baud = 254000;
	assert_int_equal(open_status(port.address, "@250000"), ST_OK);
	serial_bed_driver.baud = 245001;
	assert_int_equal(open_status(port.address, "@250000"), ST_OK);
	serial_bed_driver.baud = 256000;
	assert_int_equal(open_status(port.address, "@250000"), ST_LINK_BAUD);
	serial_bed_driver.baud = 115200;
	assert_int_equal(open_status(port.address, "@250000"), ST_LINK_BAUD);
	close(port.end);
}

static void
what_came_before_is_dropped(void **state)
{
	struct port port;
	struct link *link;
	uint8_t in[2];

	(void)state;
	port_plug(&port, SERIAL_BED_ADAPTER);
	assert_int_equal(try_open(&link, port.address, ""), ST_OK);
	assert_int_equal(write(port.end, "old", 3), 3);
	link_close(link);
	assert_int_equal(try_open(&link, port.address, ""), ST_OK);
	assert_int_equal(write(port.end, "ne", 2), 2);
	receive_bytes(link, in, 2);
	assert_memory_equal(in, "ne", 2);
	link_close(link);
	close(port.end);
}

static void
a_port_is_for_one(void **state)
{
	struct port port;
	struct link *link;

	(void)state;
	port_plug(&port, SERIAL_BED_UNIT);
	assert_int_equal(try_open(&link, port.address, ""), ST_OK);
	assert_int_equal(open_status(port.address, ""), ST_LINK_BUSY);
	assert_int_equal(open_status(port.by_port, ""), ST_LINK_BUSY);
	assert_int_equal(open_status("pty", strchr(port.address, ':')),
			 ST_LINK_BUSY);
	link_close(link);
	assert_int_equal(open_status(port.by_port, ""), ST_OK);
	close(port.end);
}

static void
what_is_no_serial_port(void **state)
{
	struct port port;

	(void)state;
	port_plug(&port, SERIAL_BED_BARE);
	serial_bed_driver.has_no_lines = true;
	assert_int_equal(open_status(port.address, ""), ST_LINK_TTY);
	assert_int_equal(open_status("serial:/dev/null", ""), ST_LINK_TTY);
	assert_int_equal(open_status(port.by_port, ""), ST_LINK_OPEN);
	assert_int_equal(open_status("serial:/dev/ttyACM999", ""),
			 ST_LINK_OPEN);
	close(port.end);
}

/* 16 ms a reply otherwise. */
static void
an_adapter_is_told_not_to_wait(void **state)
{
	struct port port;

	(void)state;
	port_plug(&port, SERIAL_BED_ADAPTER);
	assert_int_equal(serial_bed_latency(port.plug.n), 16);
	assert_int_equal(open_status(port.address, ""), ST_OK);
	assert_int_equal(serial_bed_latency(port.plug.n), 1);
	assert_false(serial_bed_driver.is_hurried);
	/* the other way, if the file is somebody else's; and no harm */
	assert_true(serial_bed_deny_latency(port.plug.n));
	assert_int_equal(open_status(port.address, ""), ST_OK);
	assert_true(serial_bed_latency(port.plug.n) > 1);
	assert_true(serial_bed_driver.is_hurried);
	close(port.end);
}

static void
a_pulled_plug_is_told(void **state)
{
	struct port port;
	struct link *link;

	(void)state;
	port_plug(&port, SERIAL_BED_ADAPTER);
	assert_int_equal(try_open(&link, port.address, ""), ST_OK);
	send_bytes(link, "x", 1);
	close(port.end);
	assert_int_equal(receive_status(link, LONG_MS), ST_LINK_CLOSED);
	assert_int_equal(link_send(link, bytes_of("x", 1),
				   deadline_in(LONG_MS)),
			 ST_LINK_CLOSED);
	link_close(link);
}

static void
a_full_line_ends_in_time(void **state)
{
	static uint8_t block[1 << 20];
	struct port port;
	struct deadline start = deadline_in(LONG_MS);
	struct link *link;
	uint8_t in[16];

	(void)state;
	port_plug(&port, SERIAL_BED_ADAPTER);
	assert_int_equal(try_open(&link, port.address, ""), ST_OK);
	assert_int_equal(link_send(link, bytes_of(block, sizeof(block)),
				   deadline_in(SHORT_MS)),
			 ST_LINK_TIMEOUT);
	/* it is as good as before once somebody reads */
	while (read(port.end, in, sizeof(in)) == (ssize_t)sizeof(in))
		if (link_send(link, bytes_of("y", 1), deadline_in(0)) == ST_OK)
			break;
	/* nor does it wait for what nobody takes when it is closed */
	link_close(link);
	assert_in_range(LONG_MS - deadline_left_ms(start), SHORT_MS - 1,
			SHORT_MS + 1500);
	close(port.end);
}

static enum link_presence
look(const char *address, uint64_t *instance)
{
	enum link_presence seen = link_look(address, instance);

	assert_true((seen == LINK_PRESENT) == (*instance != 0));
	return seen;
}

static void
a_unit_is_seen_to_come_and_go(void **state)
{
	struct port port;
	uint64_t before[2], after;

	(void)state;
	port_name(&port, SERIAL_BED_UNIT);
	assert_int_equal(look(port.address, &after), LINK_ABSENT);
	assert_int_equal(look(port.by_port, &after), LINK_ABSENT);
	port.end = serial_bed_plug(port.plug);
	assert_int_equal(look(port.address, &before[0]), LINK_PRESENT);
	assert_int_equal(look(port.by_port, &before[1]), LINK_PRESENT);
	assert_int_equal(look(port.address, &after), LINK_PRESENT);
	assert_true(before[0] == after);

	serial_bed_number(port.plug, 99);
	assert_int_equal(look(port.address, &after), LINK_PRESENT);
	assert_false(before[0] == after);
	assert_int_equal(look(port.by_port, &after), LINK_PRESENT);
	assert_false(before[1] == after);

	close(port.end);
	serial_bed_unplug(port.plug);
	assert_int_equal(look(port.address, &after), LINK_ABSENT);
	assert_int_equal(look(port.by_port, &after), LINK_ABSENT);
}

/* It is there whether or not something is behind it. */
static void
of_an_adapter_nothing_is_known(void **state)
{
	struct port adapter, bare;
	uint64_t instance;

	(void)state;
	port_plug(&adapter, SERIAL_BED_ADAPTER);
	port_plug(&bare, SERIAL_BED_BARE);
	assert_int_equal(look(adapter.address, &instance), LINK_UNKNOWN);
	assert_int_equal(look(adapter.by_port, &instance), LINK_UNKNOWN);
	assert_int_equal(look(bare.address, &instance), LINK_UNKNOWN);
	assert_int_equal(look("serial:nonsense", &instance), LINK_UNKNOWN);
	assert_int_equal(look("serial:/dev/null", &instance), LINK_UNKNOWN);
	close(adapter.end);
	close(bare.end);
}

#define ON_A_BED(test) cmocka_unit_test_setup(test, driver_reset)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		ON_A_BED(bytes_go_both_ways),
		ON_A_BED(the_port_is_set_as_its_address_says),
		ON_A_BED(modem_lines_stay_on),
		ON_A_BED(any_baud_that_the_driver_takes),
		ON_A_BED(what_came_before_is_dropped),
		ON_A_BED(a_port_is_for_one),
		ON_A_BED(what_is_no_serial_port),
		ON_A_BED(an_adapter_is_told_not_to_wait),
		ON_A_BED(a_pulled_plug_is_told),
		ON_A_BED(a_full_line_ends_in_time),
		ON_A_BED(a_unit_is_seen_to_come_and_go),
		ON_A_BED(of_an_adapter_nothing_is_known),
	};

	return cmocka_run_group_tests(tests, bed_open, NULL);
}
