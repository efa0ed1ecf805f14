/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_link_faults.c - each fault of the fault link strikes as it says, and
 * a tape plays what was recorded, strictly.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "support/link_talk.h"

/* ----------------------------------------------------------------- faults */

static void
fault_open(struct talk *talk, const char *spec)
{
	char pattern[64];

	snprintf(pattern, sizeof(pattern), "fault:%s:$A", spec);
	talk_open(talk, pattern);
}

static void
send_frame(struct talk *talk, const char *text)
{
	send_bytes(talk->link, text, strlen(text) + 1);
}

static void
expect_frame(struct talk *talk, const char *text)
{
	uint8_t in[64];

	receive_bytes(talk->link, in, strlen(text) + 1);
	assert_memory_equal(in, text, strlen(text) + 1);
}

static void
expect_silence(struct talk *talk)
{
	assert_int_equal(receive_status(talk->link, SHORT_MS), ST_LINK_TIMEOUT);
}

static void
expect_dead(struct talk *talk)
{
	assert_int_equal(receive_status(talk->link, LONG_MS), ST_LINK_CLOSED);
	assert_int_equal(link_send(talk->link, bytes_of("x", 2),
				   deadline_in(LONG_MS)),
			 ST_LINK_CLOSED);
}

static enum status
send_frame_status(struct talk *talk, const char *text)
{
	return link_send(talk->link, bytes_of(text, strlen(text) + 1),
			 deadline_in(LONG_MS));
}

static void
cut_before_a_sent_frame(void **state)
{
	struct talk talk;

	(void)state;
	fault_open(&talk, "s:cut@2");
	send_frame(&talk, "one");
	expect_frame(&talk, "one");
	assert_int_equal(send_frame_status(&talk, "two"), ST_LINK_CLOSED);
	expect_dead(&talk);
	talk_close(&talk);
}

static void
cut_before_a_received_frame(void **state)
{
	struct talk talk;

	(void)state;
	fault_open(&talk, "r:cut@2");
	send_frame(&talk, "one");
	send_frame(&talk, "two");
	expect_frame(&talk, "one");
	expect_dead(&talk);
	talk_close(&talk);
}

static void
without_a_direction_both_count(void **state)
{
	struct talk talk;

	(void)state;
	fault_open(&talk, "cut@4");
	send_frame(&talk, "one");
	expect_frame(&talk, "one");
	send_frame(&talk, "two");
	expect_dead(&talk);
	talk_close(&talk);
}

static void
tear_sends_a_half(void **state)
{
	struct talk talk;

	(void)state;
	fault_open(&talk, "s:tear@1");
	assert_int_equal(send_frame_status(&talk, "12345"), ST_LINK_CLOSED);
	expect_dead(&talk);
	talk_close(&talk);

	fault_open(&talk, "r:tear@1");
	send_frame(&talk, "12345");
	{
		uint8_t in[3];

		receive_bytes(talk.link, in, sizeof(in));
		assert_memory_equal(in, "123", sizeof(in));
	}
	expect_dead(&talk);
	talk_close(&talk);
}

static void
after_lets_the_frame_through(void **state)
{
	struct talk talk;

	(void)state;
	fault_open(&talk, "r:after@1");
	send_frame(&talk, "one");
	expect_frame(&talk, "one");
	expect_dead(&talk);
	talk_close(&talk);

	fault_open(&talk, "s:after@1");
	send_frame(&talk, "one");
	expect_dead(&talk);
	talk_close(&talk);
}

static void
repeat_comes_twice(void **state)
{
	struct talk talk;

	(void)state;
	fault_open(&talk, "s:repeat@1,r:repeat@3");
	send_frame(&talk, "one");
	expect_frame(&talk, "one");
	expect_frame(&talk, "one");
	send_frame(&talk, "two");
	expect_frame(&talk, "two");
	expect_frame(&talk, "two");
	expect_silence(&talk);
	talk_close(&talk);
}

static void
corrupt_changes_one_byte(void **state)
{
	uint8_t in[6];
	unsigned int differing = 0;
	struct talk talk;

	(void)state;
	fault_open(&talk, "s:corrupt@1");
	send_frame(&talk, "12345");
	receive_bytes(talk.link, in, sizeof(in));
	for (size_t i = 0; i < sizeof(in); i++)
		differing += in[i] != (uint8_t) "12345"[i];
	assert_int_equal(differing, 1);
	assert_int_equal(in[5], 0);
	send_frame(&talk, "two");
	expect_frame(&talk, "two");
	talk_close(&talk);

	/* 0x20 flipped would be a zero */
	fault_open(&talk, "r:corrupt@1");
	send_frame(&talk, " ");
	receive_bytes(talk.link, in, 2);
	assert_int_not_equal(in[0], ' ');
	assert_int_not_equal(in[0], 0);
	talk_close(&talk);
}

static void
drop_loses_a_frame(void **state)
{
	struct talk talk;

	(void)state;
	fault_open(&talk, "s:drop@1,r:drop@2");
	send_frame(&talk, "one");
	expect_silence(&talk);
	send_frame(&talk, "two");
	send_frame(&talk, "three");
	send_frame(&talk, "four");
	expect_frame(&talk, "two");
	expect_frame(&talk, "four");
	talk_close(&talk);
}

static void
delay_makes_late(void **state)
{
	struct deadline start;
	struct talk talk;

	(void)state;
	fault_open(&talk, "r:delay@1=200,s:delay@2=100");
	start = deadline_in(LONG_MS);
	send_frame(&talk, "one");
	expect_silence(&talk); /* and it is not lost by that */
	expect_frame(&talk, "one");
	assert_in_range(LONG_MS - deadline_left_ms(start), 199, 1500);
	start = deadline_in(LONG_MS);
	send_frame(&talk, "two");
	expect_frame(&talk, "two");
	assert_in_range(LONG_MS - deadline_left_ms(start), 99, 1500);
	talk_close(&talk);
}

static void
empty_frames_do_not_count(void **state)
{
	uint8_t in[6];
	struct talk talk;

	(void)state;
	fault_open(&talk, "s:drop@2");
	send_bytes(talk.link, "\0one\0", 5);
	send_bytes(talk.link, "\0two\0", 5);
	receive_bytes(talk.link, in, 6);
	assert_memory_equal(in, "\0one\0\0", 6);
	expect_silence(&talk);
	talk_close(&talk);
}

/* ------------------------------------------------------------------ tapes */

/* Record a small talk; path is where the tape is. */
static void
record(struct talk *talk, char path[FOLDER_PATH_MAX + 16])
{
	talk_open(talk, "tape:record=$D/tape:$A");
	snprintf(path, FOLDER_PATH_MAX + 16, "tape:replay=%s/tape",
		 talk->peer.folder);
	send_frame(talk, "one");
	expect_frame(talk, "one");
	send_frame(talk, "Silent");
	expect_silence(talk);
	send_frame(talk, "two");
	expect_frame(talk, "two");
	send_frame(talk, "C");
	assert_int_equal(receive_status(talk->link, LONG_MS), ST_LINK_CLOSED);
	link_close(talk->link);
}

static void
replay_open(struct talk *talk, const char *address)
{
	assert_int_equal(link_open(&talk->link, address, deadline_in(LONG_MS)),
			 ST_OK);
}

static void
a_tape_plays_the_same(void **state)
{
	struct talk talk;
	char address[FOLDER_PATH_MAX + 16];
	uint8_t first[2];

	(void)state;
	record(&talk, address);
	replay_open(&talk, address);
	send_frame(&talk, "one");
	receive_bytes(talk.link, first, sizeof(first));
	assert_memory_equal(first, "on", 2);
	receive_bytes(talk.link, first, sizeof(first));
	assert_memory_equal(first, "e", 2);
	send_frame(&talk, "Silent");
	expect_silence(&talk);
	send_frame(&talk, "two");
	expect_frame(&talk, "two");
	send_frame(&talk, "C");
	assert_int_equal(receive_status(talk.link, LONG_MS), ST_LINK_CLOSED);
	talk_close(&talk);
}

static void
a_tape_is_strict(void **state)
{
	struct talk talk;
	char address[FOLDER_PATH_MAX + 16];

	(void)state;
	record(&talk, address);
	/* other bytes, fewer, more; and to await before anything was sent */
	replay_open(&talk, address);
	assert_int_equal(send_frame_status(&talk, "onf"), ST_LINK_TAPE);
	link_close(talk.link);
	replay_open(&talk, address);
	assert_int_equal(send_frame_status(&talk, "on"), ST_LINK_TAPE);
	link_close(talk.link);
	replay_open(&talk, address);
	assert_int_equal(send_frame_status(&talk, "ones"), ST_LINK_TAPE);
	link_close(talk.link);
	replay_open(&talk, address);
	assert_int_equal(receive_status(talk.link, SHORT_MS), ST_LINK_TAPE);
	talk_close(&talk);
}

static void
a_tape_is_text(void **state)
{
	struct talk talk;
	char address[FOLDER_PATH_MAX + 16];
	char text[256] = "";
	FILE *file;

	(void)state;
	record(&talk, address);
	file = fopen(strchr(address, '=') + 1, "re");
	assert_non_null(file);
	assert_true(fread(text, 1, sizeof(text) - 1, file) > 0);
	fclose(file);
	assert_string_equal(text, "> 6f6e6500\n< 6f6e6500\n"
				  "> 53696c656e7400\ntimeout\n"
				  "> 74776f00\n< 74776f00\n"
				  "> 4300\nclosed\n");
	talk.link = NULL;
	talk_close(&talk);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
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
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
