/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_link.c - what every kind of link must do, on each of them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "support/link_talk.h"

#define PATIENCE_MS 60000

/* How the address of a kind is made from that of the peer. */
struct kind {
	const char *name;
	const char *pattern; /* as talk_open takes it */
};

static const struct kind kinds[] = {
	{"unix", "$A"},
	{"fault, no faults", "fault::$A"},
	{"fault, one that never comes", "fault:cut@1000000:$A"},
	{"fault in fault", "fault::fault::$A"},
	{"tape", "tape:record=$D/tape:$A"},
	{"pty", "pty:$T"},
	{"fault, of a pty", "fault::pty:$T"},
	{"usb", "$U"},
	{"fault over usb", "fault::$U"},
};

/* On a bed that stays, which is why they have a run of their own. */
static const struct kind serial_kinds[] = {
	{"serial", "serial:$S"},
	{"serial, another baud rate", "serial:$S@1000000+rtscts"},
	{"fault over serial", "fault::serial:$S"},
};

static bool is_serial;

static void
bytes_come_back(struct talk *talk)
{
	uint8_t out[600], in[600];

	for (size_t i = 0; i < sizeof(out); i++)
		out[i] = (uint8_t)(i % 251 == 0 ? 'x' : i);
	out[sizeof(out) - 1] = 0;
	send_bytes(talk->link, out, sizeof(out));
	receive_bytes(talk->link, in, sizeof(in));
	assert_memory_equal(out, in, sizeof(in));
	assert_int_equal(talk->link->sent, sizeof(out));
	assert_int_equal(talk->link->received, sizeof(in));
}

static void
few_bytes_at_a_time(struct talk *talk)
{
	static const char text[] = "one byte after the other";
	uint8_t in[sizeof(text)];

	send_bytes(talk->link, text, sizeof(text));
	for (size_t i = 0; i < sizeof(text); i++)
		receive_bytes(talk->link, in + i, 1);
	assert_memory_equal(text, in, sizeof(text));
}

static void
silence_ends_in_time(struct talk *talk)
{
	struct deadline start = deadline_in(LONG_MS);
	int64_t waited;

	send_bytes(talk->link, "S", 2);
	assert_int_equal(receive_status(talk->link, SHORT_MS), ST_LINK_TIMEOUT);
	waited = LONG_MS - deadline_left_ms(start);
	assert_in_range(waited, SHORT_MS - 1, SHORT_MS + 1000);
	/* and a deadline that has passed does not wait at all */
	assert_int_equal(receive_status(talk->link, 0), ST_LINK_TIMEOUT);
	/* the link is as good as before */
	few_bytes_at_a_time(talk);
}

static void
a_closed_end_is_told(struct talk *talk)
{
	enum status st = ST_OK;

	send_bytes(talk->link, "C", 2);
	assert_int_equal(receive_status(talk->link, LONG_MS), ST_LINK_CLOSED);
	assert_int_equal(receive_status(talk->link, LONG_MS), ST_LINK_CLOSED);
	for (unsigned int i = 0; i < 3 && st == ST_OK; i++)
		st = link_send(talk->link, bytes_of("x", 2),
			       deadline_in(LONG_MS));
	assert_int_equal(st, ST_LINK_CLOSED);
}

static void
more_than_fits_comes_whole(struct talk *talk)
{
	static uint8_t in[BULK];

	send_bytes(talk->link, "B", 2);
	receive_bytes(talk->link, in, sizeof(in));
	assert_true(bytes_are(bytes_of(in, sizeof(in)), 'b'));
}

static void
sending_is_bounded(struct talk *talk)
{
	static uint8_t block[4 << 20];
	struct deadline start = deadline_in(PATIENCE_MS);

	/* the peer answers and nobody reads it: both sides fill up */
	memset(block, 'x', sizeof(block));
	assert_int_equal(link_send(talk->link, bytes_of(block, sizeof(block)),
				   deadline_in(SHORT_MS)),
			 ST_LINK_TIMEOUT);
	/* a tape writes all of it down first */
	assert_in_range(PATIENCE_MS - deadline_left_ms(start), SHORT_MS - 1,
			PATIENCE_MS / 2);
}

static void
on_kinds(void (*check)(struct talk *talk), const struct kind *kind,
	 size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct talk talk = {.link = NULL};

		print_message("  %s\n", kind[i].name);
		talk_open(&talk, kind[i].pattern);
		check(&talk);
		talk_close(&talk);
	}
}

static void
on_every_kind(void (*check)(struct talk *talk))
{
	if (is_serial)
		on_kinds(check, serial_kinds,
			 sizeof(serial_kinds) / sizeof(serial_kinds[0]));
	else
		on_kinds(check, kinds, sizeof(kinds) / sizeof(kinds[0]));
}

#define EVERY_KIND(name)                                                       \
	static void test_##name(void **state)                                  \
	{                                                                      \
		(void)state;                                                   \
		on_every_kind(name);                                           \
	}

EVERY_KIND(bytes_come_back)
EVERY_KIND(few_bytes_at_a_time)
EVERY_KIND(silence_ends_in_time)
EVERY_KIND(a_closed_end_is_told)
EVERY_KIND(sending_is_bounded)

/* Without zeros there is no frame, so not where frames are waited for. */
static void
test_more_than_fits_comes_whole(void **state)
{
	static const char *const patterns[] = {
		"$A", "fault::$A", "tape:record=$D/tape:$A", "pty:$T", "$U"};
	size_t count = sizeof(patterns) / sizeof(patterns[0]);

	(void)state;
	for (size_t i = 0; i < (is_serial ? 1 : count); i++) {
		struct talk talk;

		talk_open(&talk, is_serial ? "serial:$S" : patterns[i]);
		more_than_fits_comes_whole(&talk);
		talk_close(&talk);
	}
}

/* ---------------------------------------------------------------- opening */

static enum status
open_status(const char *address)
{
	struct link *link;
	enum status st = link_open(&link, address, deadline_in(SHORT_MS));

	if (st == ST_OK)
		link_close(link);
	else
		assert_null(link);
	return st;
}

static void
refuses_bad_addresses(void **state)
{
	static const char *const bad[] = {
		"",
		"unix",
		"unix:",
		"uni:/x",
		"tcp:host",
		"/dev/ttyACM0",
		"fault:unix:/x",
		"fault:cut:unix:/x",
		"fault:cut@0:unix:/x",
		"fault:cut@-1:unix:/x",
		"fault:cut@1,:unix:/x",
		"fault:burn@1:unix:/x",
		"fault:delay@1:unix:/x",
		"fault:delay@1=9999999:unix:/x",
		"fault:x:cut@1:unix:/x",
		"fault::",
		"fault:cut@1",
		"fault::nothing:/x",
		"tape:",
		"tape:record=:unix:/x",
		"tape:record=x",
		"tape:replay=/nonexistent/tape",
		"tape:record=/nonexistent/tape:unix:/x",
		"pty:",
		"serial:",
		"serial:ttyUSB0",
		"serial:/dev/ttyUSB0@",
		"serial:/dev/ttyUSB0@0",
		"serial:/dev/ttyUSB0@fast",
		"serial:/dev/ttyUSB0@115200x",
		"serial:/dev/ttyUSB0@0115200",
		"serial:/dev/ttyUSB0@999999999999",
		"serial:/dev/ttyUSB0@9600+xonxoff",
		"serial:0000:00:14.0/2",
		"serial:0000:00:14.0/2#",
		"serial:0000:00:14.0/2#x",
		"serial:0000:00:14.0/2#01",
		"serial:0000:00:14.0/2#100",
		"serial:14.0#0",
		"usb:",
		"usb:1-2",
		"usb:0000:00:14.0/",
		"usb:0000:00:14.0/2#0",
		"usb:/dev/bus/usb/001/002",
	};
	char too_long[300];

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(open_status(bad[i]), ST_LINK_ADDRESS);
	memset(too_long, 'x', sizeof(too_long));
	memcpy(too_long, "unix:", 5);
	too_long[sizeof(too_long) - 1] = '\0';
	assert_int_equal(open_status(too_long), ST_LINK_ADDRESS);
}

static void
nobody_is_there(void **state)
{
	(void)state;
	assert_int_equal(open_status("unix:/nonexistent/sock"), ST_LINK_OPEN);
	assert_int_equal(open_status("fault:cut@3:unix:/nonexistent/sock"),
			 ST_LINK_OPEN);
	assert_int_equal(open_status("pty:/nonexistent/tty"), ST_LINK_OPEN);
	assert_int_equal(open_status("serial:/dev/nonexistent"), ST_LINK_OPEN);
	assert_int_equal(open_status("serial:/dev/nonexistent@9600+rtscts"),
			 ST_LINK_OPEN);
	assert_int_equal(open_status("serial:0000:00:14.0/99#0"), ST_LINK_OPEN);
	assert_int_equal(open_status("usb:none.0/1"), ST_LINK_OPEN);
	link_close(NULL);
}

static void
what_is_no_terminal(void **state)
{
	(void)state;
	assert_int_equal(open_status("pty:/dev/null"), ST_LINK_TTY);
	assert_int_equal(open_status("pty:/tmp"), ST_LINK_TTY);
	assert_int_equal(open_status("serial:/dev/null"), ST_LINK_TTY);
	assert_int_equal(open_status("serial:/dev/../tmp"), ST_LINK_TTY);
}

static void
a_terminal_is_for_one(void **state)
{
	struct talk talk;

	(void)state;
	talk_open(&talk, "pty:$T");
	assert_int_equal(open_status(talk.address), ST_LINK_BUSY);
	few_bytes_at_a_time(&talk);
	link_close(talk.link);
	assert_int_equal(link_open(&talk.link, talk.address,
				   deadline_in(SHORT_MS)),
			 ST_OK);
	few_bytes_at_a_time(&talk);
	talk_close(&talk);
}

/* -------------------------------------------------------------- deadlines */

static void
deadlines_only_shrink(void **state)
{
	struct deadline outer = deadline_in(1000);

	(void)state;
	assert_in_range(deadline_left_ms(outer), 900, 1000);
	assert_int_equal(deadline_within(outer, 5000).at_ms, outer.at_ms);
	assert_true(deadline_within(outer, 10).at_ms < outer.at_ms);
	assert_int_equal(deadline_left_ms(deadline_in(-5)), 0);
	assert_int_equal(deadline_left_ms(deadline_in(0)), 0);
}

/* "serial": its kinds alone. */
int
main(int argc, char **argv)
{
	const struct CMUnitTest every_kind[] = {
		cmocka_unit_test(test_bytes_come_back),
		cmocka_unit_test(test_few_bytes_at_a_time),
		cmocka_unit_test(test_silence_ends_in_time),
		cmocka_unit_test(test_a_closed_end_is_told),
		cmocka_unit_test(test_more_than_fits_comes_whole),
		cmocka_unit_test(test_sending_is_bounded),
	};
	const struct CMUnitTest addresses[] = {
		cmocka_unit_test(refuses_bad_addresses),
		cmocka_unit_test(nobody_is_there),
		cmocka_unit_test(what_is_no_terminal),
		cmocka_unit_test(a_terminal_is_for_one),
		cmocka_unit_test(deadlines_only_shrink),
	};
	int failed;

	is_serial = argc > 1 && strcmp(argv[1], "serial") == 0;
	failed = cmocka_run_group_tests(every_kind, NULL, NULL);
	if (!is_serial)
		failed += cmocka_run_group_tests(addresses, NULL, NULL);
	return failed;
}
