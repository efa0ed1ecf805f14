/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_at.c - AT+CGSN as many modems answer it, and as none should.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "station/device.h"
#include "support/peer.h"

#define LONG_MS 5000

/* 26053179 311383, check digit 7 (TS 23.003 annex B). */
#define BODY UINT64_C(26053179311383)

/* What the modem says, and how. */
struct script {
	const char *answer;	 /* to each question, "" for nothing */
	bool is_slow;		 /* byte by byte */
	bool is_endless;	 /* the answer again and again */
	unsigned int deaf_count; /* questions that are not heard at first */
	unsigned int questions;
	char question[32];
};

static void
say(int fd, const struct script *script)
{
	struct bytes text = text_bytes(script->answer);

	if (!script->is_slow) {
		peer_send(fd, text);
		return;
	}
	for (size_t i = 0; i < text.len; i++) {
		peer_send(fd, bytes_of(text.ptr + i, 1));
		usleep(500);
	}
}

static void
answer_question(int fd, struct script *script)
{
	script->questions++;
	if (script->questions <= script->deaf_count)
		return;
	do {
		uint8_t byte;

		say(fd, script);
		/* until the client has had enough */
		if (script->is_endless && recv(fd, &byte, 1, MSG_DONTWAIT) == 0)
			return;
	} while (script->is_endless);
}

static void
serve(int fd, void *ctx)
{
	struct script *script = ctx;
	size_t len = 0;
	char byte;

	while (read(fd, &byte, 1) == 1) {
		if (byte != '\r') {
			if (len < sizeof(script->question) - 1)
				script->question[len++] = byte;
			continue;
		}
		script->question[len] = '\0';
		len = 0;
		answer_question(fd, script);
	}
}

static enum status
ask_within(struct imei *imei, enum imei_form *form, struct script *script,
	   int64_t ms)
{
	struct peer peer;
	enum status st;

	memset(imei, 0xee, sizeof(*imei));
	peer_start(&peer, serve, script);
	st = at_read_imei(imei, form, peer.address, deadline_in(ms));
	peer_stop(&peer);
	return st;
}

static void
assert_answer(const char *answer, enum imei_form expected)
{
	struct script script = {.answer = answer};
	struct imei imei;
	enum imei_form form;

	assert_int_equal(ask_within(&imei, &form, &script, LONG_MS), ST_OK);
	assert_int_equal(imei.body, BODY);
	assert_int_equal(form, expected);
	assert_string_equal(script.question, "AT+CGSN=1");
}

static void
assert_no_answer(const char *answer, enum status expected)
{
	struct script script = {.answer = answer};
	struct imei imei;
	enum imei_form form;

	assert_int_equal(ask_within(&imei, &form, &script, LONG_MS), expected);
	assert_int_equal(imei.body, IMEI_NONE.body);
}

static void
takes_every_usual_form(void **state)
{
	static const char *const good[] = {
		"\r\n+CGSN: \"260531793113837\"\r\n\r\nOK\r\n",
		"\r\n+CGSN: 260531793113837\r\n\r\nOK\r\n",
		"\r\n+CGSN:260531793113837\r\n\r\nOK\r\n",
		"\r\n+CGSN:\"260531793113837\"\r\n\r\nOK\r\n",
		"\r\n260531793113837\r\n\r\nOK\r\n",
		"\r\n\"260531793113837\"\r\nOK\r\n",
		"260531793113837\rOK\r",
		"260531793113837\nOK\n",
		"AT+CGSN=1\r\r\n260531793113837\r\n\r\nOK\r\n",
		"\r\n+CREG: 1,2\r\n\r\n+CGSN: \"260531793113837\"\r\n\r\nOK\r\n",
		"\r\nRDY\r\n \t260531793113837 \r\n\r\nOK\r\n",
		"\r\n260531793113837\r\n\r\nOK\r\n260531793113837\r\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		assert_answer(good[i], IMEI_FORM_CHECK);
}

static void
says_when_it_is_the_spare_digit(void **state)
{
	(void)state;
	assert_answer("\r\n+CGSN: \"260531793113830\"\r\n\r\nOK\r\n",
		      IMEI_FORM_SPARE);
}

static void
takes_slow_bytes(void **state)
{
	struct script script = {
		.answer = "\r\n+CGSN: \"260531793113837\"\r\n\r\nOK\r\n",
		.is_slow = true,
	};
	struct imei imei;
	enum imei_form form;

	(void)state;
	assert_int_equal(ask_within(&imei, &form, &script, LONG_MS), ST_OK);
	assert_int_equal(imei.body, BODY);
}

static void
refuses_what_is_not_one_number(void **state)
{
	static const char *const bad[] = {
		"\r\nOK\r\n",
		"\r\nERROR\r\n",
		"\r\n+CME ERROR: 10\r\n",
		"\r\n260531793113837\r\n\r\nERROR\r\n",
		/* two, even if they are the same */
		"260531793113837\r\n260531793113837\r\nOK\r\n",
		"260531793113837,260531793113837\r\nOK\r\n",
		/* an IMEISV, a body, an MEID, digits apart */
		"2605317931138301\r\nOK\r\n",
		"26053179311383\r\nOK\r\n",
		"A0605317931138\r\nOK\r\n",
		"A260531793113837\r\nOK\r\n",
		"260531793113837F\r\nOK\r\n",
		"26053179-311383-7\r\nOK\r\n",
		"2605317931138 37\r\nOK\r\n",
		/* digits of another script */
		"\xd9\xa2\xd9\xa6\xd9\xa0\xd9\xa5\xd9\xa3\r\nOK\r\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_no_answer(bad[i], ST_VERIFY_AT_FORM);
}

static void
refuses_numbers_that_are_none(void **state)
{
	(void)state;
	assert_no_answer("260531793113835\r\nOK\r\n", ST_IMEI_CHECK);
	assert_no_answer("000000000000000\r\nOK\r\n", ST_IMEI_ZERO);
}

static void
asks_again_after_silence(void **state)
{
	struct script script = {
		.answer = "260531793113837\r\nOK\r\n",
		.deaf_count = 1,
	};
	struct imei imei;
	enum imei_form form;

	(void)state;
	assert_int_equal(ask_within(&imei, &form, &script, LONG_MS), ST_OK);
	assert_int_equal(script.questions, 2);
	assert_int_equal(imei.body, BODY);
}

static void
silence_is_bounded(void **state)
{
	static const char *const half[] = {
		"",
		"\r\n+CGSN: \"260531793113837\"\r\n",
		"260531793113837\r\nOK",
	};
	struct imei imei;
	enum imei_form form;

	(void)state;
	for (size_t i = 0; i < sizeof(half) / sizeof(half[0]); i++) {
		struct script script = {.answer = half[i]};
		struct deadline start = deadline_in(LONG_MS);

		assert_int_equal(ask_within(&imei, &form, &script, 200),
				 ST_LINK_TIMEOUT);
		assert_in_range(LONG_MS - deadline_left_ms(start), 199,
				LONG_MS - 1);
		assert_int_equal(imei.body, IMEI_NONE.body);
	}
}

static void
noise_without_end_is_bounded(void **state)
{
	static const char *const noise[] = {"noise", "\r\n", "1\r\n",
					    "260531793113837\r\n"};
	struct imei imei;
	enum imei_form form;

	(void)state;
	for (size_t i = 0; i < sizeof(noise) / sizeof(noise[0]); i++) {
		struct script script = {.answer = noise[i], .is_endless = true};

		assert_int_equal(ask_within(&imei, &form, &script, LONG_MS),
				 ST_VERIFY_AT_FORM);
		assert_int_equal(imei.body, IMEI_NONE.body);
	}
}

static void
nobody_is_there(void **state)
{
	struct imei imei;
	enum imei_form form;

	(void)state;
	assert_int_equal(at_read_imei(&imei, &form, "unix:/nonexistent/at",
				      deadline_in(LONG_MS)),
			 ST_LINK_OPEN);
	assert_int_equal(imei.body, IMEI_NONE.body);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_every_usual_form),
		cmocka_unit_test(says_when_it_is_the_spare_digit),
		cmocka_unit_test(takes_slow_bytes),
		cmocka_unit_test(refuses_what_is_not_one_number),
		cmocka_unit_test(refuses_numbers_that_are_none),
		cmocka_unit_test(asks_again_after_silence),
		cmocka_unit_test(silence_is_bounded),
		cmocka_unit_test(noise_without_end_is_bounded),
		cmocka_unit_test(nobody_is_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
