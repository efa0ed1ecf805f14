/* SPDX-License-Identifier: Apache-2.0 */
/* The second read path: from fuses to digits, and the AT port. */
#include "boot/boot.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "support/fake_port.h"

static struct fake_port fake;

static int
set_up(void **state)
{
	(void)state;
	fake_port_init(&fake, WORDS_ADDITIVE, SLOTS_MAX, 1);
	srandom(4711);
	return 0;
}

static enum image_field
slot_field(unsigned int slot)
{
	return (enum image_field)(FIELD_IDENTITY_1 + slot);
}

static uint32_t *
slot_copy(unsigned int slot, enum image_copy copy)
{
	return fake.cells.word + image_kill_word(slot_field(slot), copy);
}

static void
put_copy(unsigned int slot, enum image_copy copy, uint32_t high, uint32_t low)
{
	const struct image_payload payload = {{high, low}};

	image_encode_copy(slot_copy(slot, copy), slot_field(slot), &payload);
}

static void
put_imei(unsigned int slot, struct imei imei)
{
	for (unsigned int c = COPY_A; c < IMAGE_COPIES; c++)
		put_copy(slot, (enum image_copy)c, imei_encode_bcd(imei, 0),
			 imei_encode_bcd(imei, 1));
}

static struct imei
random_imei(void)
{
	struct imei imei = {(uint64_t)random() << 31 | (uint64_t)random()};

	imei.body = 1 + imei.body % IMEI_BODY_MAX;
	return imei;
}

/* ST_OK, and the digits are those of want. */
static void
assert_decodes(unsigned int slot, struct imei want)
{
	uint8_t seen[IMEI_MI_LEN], mi[IMEI_MI_LEN];

	imei_encode_mi(mi, IMEI_TS24008, IMEI_FORM_CHECK, want);
	assert_int_equal(boot_decode(seen, &fake.port, slot), ST_OK);
	assert_memory_equal(seen, mi, sizeof(mi));
}

static void
assert_no_digits(unsigned int slot, enum status want)
{
	uint8_t seen[IMEI_MI_LEN];

	memset(seen, 0xa5, sizeof(seen));
	assert_int_equal(boot_decode(seen, &fake.port, slot), want);
	assert_true(bytes_are(bytes_of(seen, sizeof(seen)), 0));
}

static void
test_it_agrees_with_the_image(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 2000; i++) {
		struct imei imei = random_imei();
		unsigned int slot = i % SLOTS_MAX;

		put_imei(slot, imei);
		assert_decodes(slot, imei);
	}
	put_imei(0, imei_of(0, 1));
	assert_decodes(0, imei_of(0, 1));
	put_imei(0, imei_of(99999999, 999999));
	assert_decodes(0, imei_of(99999999, 999999));
}

static void
test_slots_do_not_touch_each_other(void **state)
{
	struct imei imei[SLOTS_MAX];

	(void)state;
	memset(fake.cells.word, 0xff, sizeof(fake.cells.word));
	for (unsigned int slot = 0; slot < SLOTS_MAX; slot++) {
		imei[slot] = random_imei();
		put_imei(slot, imei[slot]);
	}
	for (unsigned int slot = 0; slot < SLOTS_MAX; slot++)
		assert_decodes(slot, imei[slot]);
	assert_no_digits(SLOTS_MAX, ST_AGENT_STATE);
	assert_no_digits(UINT32_MAX, ST_AGENT_STATE);
}

static void
test_nothing_is_there(void **state)
{
	(void)state;
	for (unsigned int slot = 0; slot < SLOTS_MAX; slot++)
		assert_no_digits(slot, ST_AGENT_STATE);
	memset(fake.cells.word, 0xff, sizeof(fake.cells.word));
	for (unsigned int slot = 0; slot < SLOTS_MAX; slot++)
		assert_no_digits(slot, ST_AGENT_STATE);
}

static void
test_copies_that_disagree(void **state)
{
	struct imei imei = random_imei();

	(void)state;
	put_imei(1, imei);
	put_copy(1, COPY_B, imei_encode_bcd(imei, 0),
		 imei_encode_bcd(imei, 1) ^ 1);
	assert_no_digits(1, ST_OTP_VOID);
	put_imei(1, imei);
	*slot_copy(1, COPY_B) = IMAGE_KILL;
	put_copy(1, COPY_A, 0, 1);
	assert_decodes(1, imei_of(0, 1));
}

/* No bit of one copy, either way, ever shows another number. */
static void
test_each_bit_of_one_copy(void **state)
{
	struct imei imei = random_imei();

	(void)state;
	put_imei(2, imei);
	for (unsigned int c = COPY_A; c < IMAGE_COPIES; c++)
		for (unsigned int bit = 0; bit < 5 * 32; bit++) {
			uint32_t *word = slot_copy(2, (enum image_copy)c);

			word[bit / 32] ^= UINT32_C(1) << bit % 32;
			assert_decodes(2, imei);
			word[bit / 32] ^= UINT32_C(1) << bit % 32;
		}
}

static void
test_how_words_are_read(void **state)
{
	struct imei imei = random_imei();
	unsigned int first = image_kill_word(slot_field(3), COPY_A);

	(void)state;
	put_imei(3, imei);
	memset(fake.health + first, WORD_CORRECTED, 10);
	assert_decodes(3, imei);
	for (unsigned int a = 0; a < 5; a++) {
		memset(fake.health, WORD_GOOD, sizeof(fake.health));
		fake.health[first + a] = WORD_UNREADABLE;
		assert_decodes(3, imei);
		for (unsigned int b = 5; b < 10; b++) {
			fake.health[first + b] = WORD_UNREADABLE;
			assert_no_digits(3, ST_AGENT_STATE);
			fake.health[first + b] = WORD_GOOD;
		}
	}
	fake.is_gone = true;
	assert_no_digits(3, ST_PORT_POWER);
}

/* docs/otp.md 2: digits only, and all zeros is no identity. */
static void
test_what_is_no_identity(void **state)
{
	(void)state;
	put_imei(0, random_imei());
	for (unsigned int c = COPY_A; c < IMAGE_COPIES; c++)
		put_copy(0, (enum image_copy)c, 0, 0);
	assert_no_digits(0, ST_AGENT_STATE);
	for (unsigned int nibble = 0; nibble < 14; nibble++)
		for (uint32_t digit = 10; digit < 16; digit++) {
			uint32_t at = digit << nibble % 7 * 4;

			put_copy(0, COPY_A, nibble < 7 ? at : 0x1234567,
				 nibble < 7 ? 0x1234567 : at);
			memcpy(slot_copy(0, COPY_B), slot_copy(0, COPY_A),
			       5 * sizeof(uint32_t));
			assert_no_digits(0, ST_AGENT_STATE);
		}
}

/* Cells of any kind: both readers see a number or none, and the same one. */
static void
test_it_agrees_on_damaged_cells(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 5000; i++) {
		struct imei imei = random_imei();
		struct image image = {{0}, {0}};
		struct image_view view;

		put_imei(0, imei);
		for (unsigned int n = 0; n < i % 4; n++) {
			uint32_t *word = slot_copy(0, COPY_A) + random() % 10;

			*word = i % 3 == 0   ? 0
				: i % 3 == 1 ? *word ^ 1u << random() % 32
					     : (uint32_t)random();
		}
		memcpy(image.word, fake.cells.word, sizeof(image.word));
		image_view(&view, &image);
		if (view.field[FIELD_IDENTITY_1] == FIELD_CLASH)
			assert_no_digits(0, ST_OTP_VOID);
		else if (imei_is_valid(view.identity.slot[0]))
			assert_decodes(0, view.identity.slot[0]);
		else
			assert_no_digits(0, ST_AGENT_STATE);
	}
}

/* --------------------------------------------------------------- AT port */

static void
assert_answer(unsigned int slot, struct bytes line, const char *want)
{
	char out[AT_ANSWER_MAX + 1];
	size_t len = SIZE_MAX;

	out[AT_ANSWER_MAX] = '!';
	at_answer(out, &len, &fake.port, slot, line);
	assert_int_equal(out[AT_ANSWER_MAX], '!');
	assert_int_equal(len, strlen(want));
	assert_memory_equal(out, want, len);
}

#define ERROR_ANSWER "\r\nERROR\r\n"

static const struct {
	const char *line;
	const char *answer;
} forms[] = {
	{"AT", "\r\nOK\r\n"},
	{"ATE0", "\r\nOK\r\n"},
	{"AT+CGSN", "\r\n490154203237518\r\n\r\nOK\r\n"},
	{"AT+CGSN=0", "\r\n490154203237518\r\n\r\nOK\r\n"},
	{"AT+CGSN=1", "\r\n+CGSN: \"490154203237518\"\r\n\r\nOK\r\n"},
	{"AT+CGSN=2", "\r\n+CGSN: \"4901542032375100\"\r\n\r\nOK\r\n"},
	{"AT+CGSN=3", "\r\n+CGSN: \"00\"\r\n\r\nOK\r\n"},
	{"AT+CGSN=?", "\r\n+CGSN: (0-3)\r\n\r\nOK\r\n"},
};

#define FORMS (sizeof(forms) / sizeof(forms[0]))

static void
test_all_forms_of_the_question(void **state)
{
	(void)state;
	put_imei(1, imei_of(49015420, 323751));
	for (unsigned int i = 0; i < FORMS; i++)
		assert_answer(1, text_bytes(forms[i].line), forms[i].answer);
}

static void
test_questions_for_a_number_that_is_not_there(void **state)
{
	static const char *const lines[] = {"AT+CGSN", "AT+CGSN=0", "AT+CGSN=1",
					    "AT+CGSN=2"};

	(void)state;
	put_imei(1, imei_of(49015420, 323751));
	for (unsigned int i = 0; i < 4; i++) {
		assert_answer(0, text_bytes(lines[i]), ERROR_ANSWER);
		assert_answer(SLOTS_MAX, text_bytes(lines[i]), ERROR_ANSWER);
	}
	assert_answer(0, text_bytes("AT"), "\r\nOK\r\n");
}

static const char *
answer_to(struct bytes line)
{
	for (unsigned int i = 0; i < FORMS; i++)
		if (bytes_equal(line, text_bytes(forms[i].line)))
			return forms[i].answer;
	return ERROR_ANSWER;
}

static void
test_lines_that_are_nearly_right(void **state)
{
	(void)state;
	put_imei(0, imei_of(49015420, 323751));
	for (unsigned int i = 0; i < FORMS; i++) {
		size_t len = strlen(forms[i].line);
		char line[AT_LINE_MAX];

		memset(line, '0', sizeof(line));
		memcpy(line, forms[i].line, len);
		for (size_t n = 0; n <= sizeof(line); n++)
			assert_answer(0, bytes_of(line, n),
				      answer_to(bytes_of(line, n)));
		for (size_t at = 0; at <= len; at++)
			for (unsigned int byte = 0; byte < 256; byte++) {
				memcpy(line, forms[i].line, len);
				line[at] = (char)byte;
				assert_answer(0, bytes_of(line, len),
					      answer_to(bytes_of(line, len)));
			}
	}
}

static void
test_hostile_lines_of_any_length(void **state)
{
	uint8_t line[AT_LINE_MAX];

	(void)state;
	put_imei(0, imei_of(49015420, 323751));
	assert_answer(0, bytes_of(NULL, 0), ERROR_ANSWER);
	for (size_t len = 0; len <= sizeof(line); len++)
		for (unsigned int byte = 0; byte < 256; byte++) {
			memset(line, (int)byte, len);
			assert_answer(0, bytes_of(line, len), ERROR_ANSWER);
			for (size_t i = 0; i < len; i++)
				line[i] = (uint8_t)random();
			assert_answer(0, bytes_of(line, len),
				      answer_to(bytes_of(line, len)));
		}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_it_agrees_with_the_image, set_up),
		cmocka_unit_test_setup(test_slots_do_not_touch_each_other,
				       set_up),
		cmocka_unit_test_setup(test_nothing_is_there, set_up),
		cmocka_unit_test_setup(test_copies_that_disagree, set_up),
		cmocka_unit_test_setup(test_each_bit_of_one_copy, set_up),
		cmocka_unit_test_setup(test_how_words_are_read, set_up),
		cmocka_unit_test_setup(test_what_is_no_identity, set_up),
		cmocka_unit_test_setup(test_it_agrees_on_damaged_cells, set_up),
		cmocka_unit_test_setup(test_all_forms_of_the_question, set_up),
		cmocka_unit_test_setup(
			test_questions_for_a_number_that_is_not_there, set_up),
		cmocka_unit_test_setup(test_lines_that_are_nearly_right,
				       set_up),
		cmocka_unit_test_setup(test_hostile_lines_of_any_length,
				       set_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
