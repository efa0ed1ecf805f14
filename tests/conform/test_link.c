/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_link.c - what every kind of link must do, on each of them; then each
 * fault, and tapes.
 *
 * The peer sends back what it gets.  A first byte of its own makes it do
 * something else; see serve.
 */
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "link/link.h"
#include "support/peer.h"

#define SHORT_MS 50
#define LONG_MS 5000
#define BULK 300000

#define SAY_CLOSE 'C'  /* closes at once */
#define SAY_SILENT 'S' /* answers nothing */
#define SAY_BULK 'B'   /* sends BULK bytes */

static void
send_bulk(int fd)
{
	uint8_t block[1000];

	memset(block, 'b', sizeof(block));
	for (size_t sent = 0; sent < BULK; sent += sizeof(block))
		peer_send(fd, bytes_of(block, sizeof(block)));
}

static void
serve(int fd, void *ctx)
{
	uint8_t buf[512];
	ssize_t len;

	(void)ctx;
	while ((len = read(fd, buf, sizeof(buf))) > 0) {
		if (buf[0] == SAY_CLOSE)
			return;
		if (buf[0] == SAY_BULK)
			send_bulk(fd);
		else if (buf[0] != SAY_SILENT)
			peer_send(fd, bytes_of(buf, (size_t)len));
	}
}

/* ------------------------------------------------------------- every kind */

/* How the address of a kind is made from that of the peer. */
struct kind {
	const char *name;
	const char *format; /* %s: the peer's folder, then its address */
};

static const struct kind kinds[] = {
	{"unix", "%.0s%s"},
	{"fault, no faults", "%.0sfault::%s"},
	{"fault, one that never comes", "%.0sfault:cut@1000000:%s"},
	{"fault in fault", "%.0sfault::fault::%s"},
	{"tape", "tape:record=%s/tape:%s"},
};

struct fixture {
	struct peer peer;
	struct link *link;
	char address[3 * FOLDER_PATH_MAX];
};

static void
fixture_open(struct fixture *fixture, const char *format)
{
	peer_start(&fixture->peer, serve, NULL);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	snprintf(fixture->address, sizeof(fixture->address), format,
		 fixture->peer.folder, fixture->peer.address);
#pragma GCC diagnostic pop
	assert_int_equal(link_open(&fixture->link, fixture->address,
				   deadline_in(LONG_MS)),
			 ST_OK);
}

static void
fixture_close(struct fixture *fixture)
{
	link_close(fixture->link);
	peer_stop(&fixture->peer);
}

static void
send_bytes(struct link *link, const void *data, size_t len)
{
	assert_int_equal(link_send(link, bytes_of(data, len),
				   deadline_in(LONG_MS)),
			 ST_OK);
}

/* Until len bytes have come. */
static void
receive_bytes(struct link *link, uint8_t *out, size_t len)
{
	while (len > 0) {
		size_t got;

		assert_int_equal(link_receive(link, out, len, &got,
					      deadline_in(LONG_MS)),
				 ST_OK);
		assert_in_range(got, 1, len);
		out += got;
		len -= got;
	}
}

static enum status
receive_status(struct link *link, int64_t ms)
{
	uint8_t buf[64];
	size_t len = 99;
	enum status st =
		link_receive(link, buf, sizeof(buf), &len, deadline_in(ms));

	if (st != ST_OK)
		assert_int_equal(len, 0);
	return st;
}

static void
bytes_come_back(struct fixture *fixture)
{
	uint8_t out[600], in[600];

	for (size_t i = 0; i < sizeof(out); i++)
		out[i] = (uint8_t)(i % 251 == 0 ? 'x' : i);
	out[sizeof(out) - 1] = 0;
	send_bytes(fixture->link, out, sizeof(out));
	receive_bytes(fixture->link, in, sizeof(in));
	assert_memory_equal(out, in, sizeof(in));
	assert_int_equal(fixture->link->sent, sizeof(out));
	assert_int_equal(fixture->link->received, sizeof(in));
}

static void
few_bytes_at_a_time(struct fixture *fixture)
{
	static const char text[] = "one byte after the other";
	uint8_t in[sizeof(text)];

	send_bytes(fixture->link, text, sizeof(text));
	for (size_t i = 0; i < sizeof(text); i++)
		receive_bytes(fixture->link, in + i, 1);
	assert_memory_equal(text, in, sizeof(text));
}

static void
silence_ends_in_time(struct fixture *fixture)
{
	struct deadline start = deadline_in(LONG_MS);
	int64_t waited;

	send_bytes(fixture->link, "S", 2);
	assert_int_equal(receive_status(fixture->link, SHORT_MS),
			 ST_LINK_TIMEOUT);
	waited = LONG_MS - deadline_left_ms(start);
	assert_in_range(waited, SHORT_MS - 1, SHORT_MS + 1000);
	/* and a deadline that has passed does not wait at all */
	assert_int_equal(receive_status(fixture->link, 0), ST_LINK_TIMEOUT);
	/* the link is as good as before */
	bytes_come_back(&(struct fixture){.link = fixture->link});
}

static void
a_closed_end_is_told(struct fixture *fixture)
{
	enum status st = ST_OK;

	send_bytes(fixture->link, "C", 2);
	assert_int_equal(receive_status(fixture->link, LONG_MS),
			 ST_LINK_CLOSED);
	assert_int_equal(receive_status(fixture->link, LONG_MS),
			 ST_LINK_CLOSED);
	for (unsigned int i = 0; i < 3 && st == ST_OK; i++)
		st = link_send(fixture->link, bytes_of("x", 2),
			       deadline_in(LONG_MS));
	assert_int_equal(st, ST_LINK_CLOSED);
}

static void
more_than_fits_comes_whole(struct fixture *fixture)
{
	static uint8_t in[BULK];

	send_bytes(fixture->link, "B", 2);
	receive_bytes(fixture->link, in, sizeof(in));
	assert_true(bytes_are(bytes_of(in, sizeof(in)), 'b'));
}

static void
sending_is_bounded(struct fixture *fixture)
{
	static uint8_t block[4 << 20];
	struct deadline start = deadline_in(LONG_MS);

	/* the peer answers and nobody reads it: both sides fill up */
	memset(block, 'x', sizeof(block));
	assert_int_equal(link_send(fixture->link,
				   bytes_of(block, sizeof(block)),
				   deadline_in(SHORT_MS)),
			 ST_LINK_TIMEOUT);
	assert_in_range(LONG_MS - deadline_left_ms(start), SHORT_MS - 1,
			SHORT_MS + 1500);
}

static void
on_every_kind(void (*check)(struct fixture *fixture))
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		struct fixture fixture = {.link = NULL};

		print_message("  %s\n", kinds[i].name);
		fixture_open(&fixture, kinds[i].format);
		check(&fixture);
		fixture_close(&fixture);
	}
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
	static const char *const formats[] = {"%.0s%s", "%.0sfault::%s",
					      "tape:record=%s/tape:%s"};

	(void)state;
	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		struct fixture fixture;

		fixture_open(&fixture, formats[i]);
		more_than_fits_comes_whole(&fixture);
		fixture_close(&fixture);
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
	link_close(NULL);
}

/* ----------------------------------------------------------------- faults */

static void
fault_open(struct fixture *fixture, const char *spec)
{
	char format[64];

	snprintf(format, sizeof(format), "%%.0sfault:%s:%%s", spec);
	fixture_open(fixture, format);
}

static void
send_frame(struct fixture *fixture, const char *text)
{
	send_bytes(fixture->link, text, strlen(text) + 1);
}

static void
expect_frame(struct fixture *fixture, const char *text)
{
	uint8_t in[64];

	receive_bytes(fixture->link, in, strlen(text) + 1);
	assert_memory_equal(in, text, strlen(text) + 1);
}

static void
expect_silence(struct fixture *fixture)
{
	assert_int_equal(receive_status(fixture->link, SHORT_MS),
			 ST_LINK_TIMEOUT);
}

static void
expect_dead(struct fixture *fixture)
{
	assert_int_equal(receive_status(fixture->link, LONG_MS),
			 ST_LINK_CLOSED);
	assert_int_equal(link_send(fixture->link, bytes_of("x", 2),
				   deadline_in(LONG_MS)),
			 ST_LINK_CLOSED);
}

static enum status
send_frame_status(struct fixture *fixture, const char *text)
{
	return link_send(fixture->link, bytes_of(text, strlen(text) + 1),
			 deadline_in(LONG_MS));
}

static void
cut_before_a_sent_frame(void **state)
{
	struct fixture fixture;

	(void)state;
	fault_open(&fixture, "s:cut@2");
	send_frame(&fixture, "one");
	expect_frame(&fixture, "one");
	assert_int_equal(send_frame_status(&fixture, "two"), ST_LINK_CLOSED);
	expect_dead(&fixture);
	fixture_close(&fixture);
}

static void
cut_before_a_received_frame(void **state)
{
	struct fixture fixture;

	(void)state;
	fault_open(&fixture, "r:cut@2");
	send_frame(&fixture, "one");
	send_frame(&fixture, "two");
	expect_frame(&fixture, "one");
	expect_dead(&fixture);
	fixture_close(&fixture);
}

static void
without_a_direction_both_count(void **state)
{
	struct fixture fixture;

	(void)state;
	fault_open(&fixture, "cut@4");
	send_frame(&fixture, "one");
	expect_frame(&fixture, "one");
	send_frame(&fixture, "two");
	expect_dead(&fixture);
	fixture_close(&fixture);
}

static void
tear_sends_a_half(void **state)
{
	struct fixture fixture;

	(void)state;
	fault_open(&fixture, "s:tear@1");
	assert_int_equal(send_frame_status(&fixture, "12345"), ST_LINK_CLOSED);
	expect_dead(&fixture);
	fixture_close(&fixture);

	fault_open(&fixture, "r:tear@1");
	send_frame(&fixture, "12345");
	{
		uint8_t in[3];

		receive_bytes(fixture.link, in, sizeof(in));
		assert_memory_equal(in, "123", sizeof(in));
	}
	expect_dead(&fixture);
	fixture_close(&fixture);
}

static void
after_lets_the_frame_through(void **state)
{
	struct fixture fixture;

	(void)state;
	fault_open(&fixture, "r:after@1");
	send_frame(&fixture, "one");
	expect_frame(&fixture, "one");
	expect_dead(&fixture);
	fixture_close(&fixture);

	fault_open(&fixture, "s:after@1");
	send_frame(&fixture, "one");
	expect_dead(&fixture);
	fixture_close(&fixture);
}

static void
repeat_comes_twice(void **state)
{
	struct fixture fixture;

	(void)state;
	fault_open(&fixture, "s:repeat@1,r:repeat@3");
	send_frame(&fixture, "one");
	expect_frame(&fixture, "one");
	expect_frame(&fixture, "one");
	send_frame(&fixture, "two");
	expect_frame(&fixture, "two");
	expect_frame(&fixture, "two");
	expect_silence(&fixture);
	fixture_close(&fixture);
}

static void
corrupt_changes_one_byte(void **state)
{
	uint8_t in[6];
	unsigned int differing = 0;
	struct fixture fixture;

	(void)state;
	fault_open(&fixture, "s:corrupt@1");
	send_frame(&fixture, "12345");
	receive_bytes(fixture.link, in, sizeof(in));
	for (size_t i = 0; i < sizeof(in); i++)
		differing += in[i] != (uint8_t) "12345"[i];
	assert_int_equal(differing, 1);
	assert_int_equal(in[5], 0);
	send_frame(&fixture, "two");
	expect_frame(&fixture, "two");
	fixture_close(&fixture);

	/* 0x20 flipped would be a zero */
	fault_open(&fixture, "r:corrupt@1");
	send_frame(&fixture, " ");
	receive_bytes(fixture.link, in, 2);
	assert_int_not_equal(in[0], ' ');
	assert_int_not_equal(in[0], 0);
	fixture_close(&fixture);
}

static void
drop_loses_a_frame(void **state)
{
	struct fixture fixture;

	(void)state;
	fault_open(&fixture, "s:drop@1,r:drop@2");
	send_frame(&fixture, "one");
	expect_silence(&fixture);
	send_frame(&fixture, "two");
	send_frame(&fixture, "three");
	send_frame(&fixture, "four");
	expect_frame(&fixture, "two");
	expect_frame(&fixture, "four");
	fixture_close(&fixture);
}

static void
delay_makes_late(void **state)
{
	struct deadline start;
	struct fixture fixture;

	(void)state;
	fault_open(&fixture, "r:delay@1=200,s:delay@2=100");
	start = deadline_in(LONG_MS);
	send_frame(&fixture, "one");
	expect_silence(&fixture); /* and it is not lost by that */
	expect_frame(&fixture, "one");
	assert_in_range(LONG_MS - deadline_left_ms(start), 199, 1500);
	start = deadline_in(LONG_MS);
	send_frame(&fixture, "two");
	expect_frame(&fixture, "two");
	assert_in_range(LONG_MS - deadline_left_ms(start), 99, 1500);
	fixture_close(&fixture);
}

static void
empty_frames_do_not_count(void **state)
{
	uint8_t in[6];
	struct fixture fixture;

	(void)state;
	fault_open(&fixture, "s:drop@2");
	send_bytes(fixture.link, "\0one\0", 5);
	send_bytes(fixture.link, "\0two\0", 5);
	receive_bytes(fixture.link, in, 6);
	assert_memory_equal(in, "\0one\0\0", 6);
	expect_silence(&fixture);
	fixture_close(&fixture);
}

/* ------------------------------------------------------------------ tapes */

/* Record a small talk; path is where the tape is. */
static void
record(struct fixture *fixture, char path[FOLDER_PATH_MAX + 16])
{
	fixture_open(fixture, "tape:record=%s/tape:%s");
	snprintf(path, FOLDER_PATH_MAX + 16, "tape:replay=%s/tape",
		 fixture->peer.folder);
	send_frame(fixture, "one");
	expect_frame(fixture, "one");
	send_frame(fixture, "Silent");
	expect_silence(fixture);
	send_frame(fixture, "two");
	expect_frame(fixture, "two");
	send_frame(fixture, "C");
	assert_int_equal(receive_status(fixture->link, LONG_MS),
			 ST_LINK_CLOSED);
	link_close(fixture->link);
}

static void
replay_open(struct fixture *fixture, const char *address)
{
	assert_int_equal(link_open(&fixture->link, address,
				   deadline_in(LONG_MS)),
			 ST_OK);
}

static void
a_tape_plays_the_same(void **state)
{
	struct fixture fixture;
	char address[FOLDER_PATH_MAX + 16];
	uint8_t first[2];

	(void)state;
	record(&fixture, address);
	replay_open(&fixture, address);
	send_frame(&fixture, "one");
	receive_bytes(fixture.link, first, sizeof(first));
	assert_memory_equal(first, "on", 2);
	receive_bytes(fixture.link, first, sizeof(first));
	assert_memory_equal(first, "e", 2);
	send_frame(&fixture, "Silent");
	expect_silence(&fixture);
	send_frame(&fixture, "two");
	expect_frame(&fixture, "two");
	send_frame(&fixture, "C");
	assert_int_equal(receive_status(fixture.link, LONG_MS), ST_LINK_CLOSED);
	fixture_close(&fixture);
}

static void
a_tape_is_strict(void **state)
{
	struct fixture fixture;
	char address[FOLDER_PATH_MAX + 16];

	(void)state;
	record(&fixture, address);
	/* other bytes, fewer, more; and to await before anything was sent */
	replay_open(&fixture, address);
	assert_int_equal(send_frame_status(&fixture, "onf"), ST_LINK_TAPE);
	link_close(fixture.link);
	replay_open(&fixture, address);
	assert_int_equal(send_frame_status(&fixture, "on"), ST_LINK_TAPE);
	link_close(fixture.link);
	replay_open(&fixture, address);
	assert_int_equal(send_frame_status(&fixture, "ones"), ST_LINK_TAPE);
	link_close(fixture.link);
	replay_open(&fixture, address);
	assert_int_equal(receive_status(fixture.link, SHORT_MS), ST_LINK_TAPE);
	fixture_close(&fixture);
}

static void
a_tape_is_text(void **state)
{
	struct fixture fixture;
	char address[FOLDER_PATH_MAX + 16];
	char text[256] = "";
	FILE *file;

	(void)state;
	record(&fixture, address);
	file = fopen(strchr(address, '=') + 1, "re");
	assert_non_null(file);
	assert_true(fread(text, 1, sizeof(text) - 1, file) > 0);
	fclose(file);
	assert_string_equal(text, "> 6f6e6500\n< 6f6e6500\n"
				  "> 53696c656e7400\ntimeout\n"
				  "> 74776f00\n< 74776f00\n"
				  "> 4300\nclosed\n");
	fixture.link = NULL;
	fixture_close(&fixture);
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

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bytes_come_back),
		cmocka_unit_test(test_few_bytes_at_a_time),
		cmocka_unit_test(test_silence_ends_in_time),
		cmocka_unit_test(test_a_closed_end_is_told),
		cmocka_unit_test(test_more_than_fits_comes_whole),
		cmocka_unit_test(test_sending_is_bounded),
		cmocka_unit_test(refuses_bad_addresses),
		cmocka_unit_test(nobody_is_there),
		cmocka_unit_test(cut_before_a_sent_frame),
		cmocka_unit_test(cut_before_a_received_frame),
		cmocka_unit_test(without_a_direction_both_count),
		cmocka_unit_test(tear_sends_a_half),
		cmocka_unit_test(after_lets_the_frame_through),
		cmocka_unit_test(repeat_comes_twice),
		cmocka_unit_test(corrupt_changes_one_byte),
		cmocka_unit_test(drop_loses_a_frame),
		cmocka_unit_test(delay_makes_late),
		cmocka_unit_test(empty_frames_do_not_count),
		cmocka_unit_test(a_tape_plays_the_same),
		cmocka_unit_test(a_tape_is_strict),
		cmocka_unit_test(a_tape_is_text),
		cmocka_unit_test(deadlines_only_shrink),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
