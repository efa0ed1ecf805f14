/* SPDX-License-Identifier: Apache-2.0 */
#include "tool/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

struct entry {
	enum status status;
	const char *name;
	enum status_class class;
};

static const struct entry entries[] = {
#define X(name, a, b, index, class, sentence)                                  \
	{ST_##name, #name, ST_CLASS_##class},
	STATUS_LIST(X)
#undef X
};

#define ENTRIES (sizeof(entries) / sizeof(entries[0]))

static void
test_exit_codes(void **state)
{
	(void)state;
	assert_int_equal(verdict_of(ST_OK), 0);
	assert_int_equal(verdict_of(ST_USAGE), 1);
	assert_int_equal(verdict_of(ST_LINK_OPEN), 2);
	assert_int_equal(verdict_of(ST_OTP_INEXACT), 3);
	assert_int_equal(verdict_of(ST_LEDGER_CHIP_KEY), 4);
	assert_int_equal(verdict_of(ST_MSG_REUSED), 5);
}

/* Only ST_OK is good: not what is no outcome, not cleared memory, not a value
 * that nobody made, whatever its class bits say. */
static void
test_good_is_ok_alone(void **state)
{
	(void)state;
	for (size_t i = 0; i < ENTRIES; i++)
		assert_int_not_equal(verdict_of(entries[i].status),
				     VERDICT_GOOD);
	assert_int_equal(verdict_of(ST_AGENT_PROGRESS), VERDICT_BUG);
	assert_int_equal(verdict_of((enum status)0), VERDICT_BUG);
	assert_int_equal(verdict_of((enum status)0x5858010f), VERDICT_BUG);
	assert_int_equal(verdict_of((enum status)ST_CLASS_NONE), VERDICT_BUG);
}

static enum verdict verdict_of_class(enum status_class class)
{
	switch (class) {
	case ST_CLASS_RETRY:
		return VERDICT_RETRY;
	case ST_CLASS_REWORK:
		return VERDICT_REWORK;
	case ST_CLASS_STOP:
		return VERDICT_STOP;
	case ST_CLASS_NONE:
	case ST_CLASS_BUG:
	default:
		return VERDICT_BUG;
	}
}

static void
test_every_class(void **state)
{
	(void)state;
	for (size_t i = 0; i < ENTRIES; i++)
		if (entries[i].status != ST_USAGE)
			assert_int_equal(verdict_of(entries[i].status),
					 verdict_of_class(entries[i].class));
}

static void
test_order_of_verdicts(void **state)
{
	static const enum verdict order[] = {VERDICT_GOOD, VERDICT_RETRY,
					     VERDICT_REWORK, VERDICT_STOP,
					     VERDICT_BUG};

	(void)state;
	for (size_t i = 0; i < 5; i++)
		for (size_t j = 0; j < 5; j++)
			assert_int_equal(verdict_worse(order[i], order[j]),
					 order[i > j ? i : j]);
}

static void
test_every_sentence(void **state)
{
	(void)state;
	for (size_t i = 0; i < ENTRIES; i++) {
		const char *sentence = status_sentence(entries[i].status);
		size_t len = strlen(sentence);

		assert_true(len >= 10 && len <= 240);
		assert_true(sentence[0] >= 'A' && sentence[0] <= 'Z');
		assert_int_equal(sentence[len - 1], '.');
		assert_null(strstr(sentence, "  "));
		assert_null(strchr(sentence, '%'));
		assert_string_equal(status_name(entries[i].status),
				    entries[i].name);
	}
}

/* What the sentence tells the operator to do is what the class says. */
static void
test_sentence_fits_class(void **state)
{
	(void)state;
	for (size_t i = 0; i < ENTRIES; i++) {
		const char *sentence = status_sentence(entries[i].status);
		bool is_red = strstr(sentence, "Red bin") != NULL;
		bool is_report = strstr(sentence, "Report this") != NULL;

		if (is_red != (entries[i].class == ST_CLASS_REWORK) ||
		    is_report != (entries[i].class == ST_CLASS_BUG))
			fail_msg("%s: %s", entries[i].name, sentence);
	}
}

/* Two codes that say the same to the operator are of the same class. */
static void
test_same_sentence_same_class(void **state)
{
	(void)state;
	for (size_t i = 0; i < ENTRIES; i++)
		for (size_t j = 0; j < i; j++)
			if (strcmp(status_sentence(entries[i].status),
				   status_sentence(entries[j].status)) == 0)
				assert_int_equal(entries[i].class,
						 entries[j].class);
}

static void
test_unknown_values(void **state)
{
	(void)state;
	assert_string_equal(status_name((enum status)1), "UNKNOWN");
	assert_true(strlen(status_sentence((enum status)1)) > 0);
	assert_string_equal(verdict_words((enum verdict)99), "unknown");
	assert_string_equal(text_class(CLASS_NONE), "unknown");
	assert_string_equal(text_device_state((enum device_state)0), "unknown");
	assert_string_equal(text_device_state((enum device_state)1000),
			    "unknown");
	assert_string_equal(text_debug(5), "unknown");
	assert_string_equal(text_field((enum image_field)IMAGE_FIELDS),
			    "unknown");
}

static void
test_class_parse(void **state)
{
	(void)state;
	assert_int_equal(text_class_parse("development"), CLASS_DEVELOPMENT);
	assert_int_equal(text_class_parse("production"), CLASS_PRODUCTION);
	assert_int_equal(text_class_parse("Production"), CLASS_NONE);
	assert_int_equal(text_class_parse(""), CLASS_NONE);
}

static void
test_time(void **state)
{
	char text[TEXT_TIME_SIZE];

	(void)state;
	text_time(text, 0);
	assert_string_equal(text, "1970-01-01 00:00:00Z");
	text_time(text, 1735689599);
	assert_string_equal(text, "2024-12-31 23:59:59Z");
	text_time(text, UINT64_MAX);
	assert_string_equal(text, "?");
}

static void
test_hex(void **state)
{
	uint8_t bytes[2];
	char text[5];
	size_t len;

	(void)state;
	assert_true(text_hex_parse(bytes, sizeof(bytes), &len, "0aFf"));
	assert_int_equal(len, 2);
	text_hex(text, sizeof(text), bytes_of(bytes, len));
	assert_string_equal(text, "0aff");
	text_hex(text, 3, bytes_of(bytes, len));
	assert_string_equal(text, "0a");
	assert_false(text_hex_parse(bytes, sizeof(bytes), &len, "0aff00"));
	assert_false(text_hex_parse(bytes, sizeof(bytes), &len, "0af"));
	assert_false(text_hex_parse(bytes, sizeof(bytes), &len, "0g"));
	assert_false(text_hex_parse(bytes, sizeof(bytes), &len, ""));
	assert_int_equal(len, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_exit_codes),
		cmocka_unit_test(test_good_is_ok_alone),
		cmocka_unit_test(test_every_class),
		cmocka_unit_test(test_order_of_verdicts),
		cmocka_unit_test(test_every_sentence),
		cmocka_unit_test(test_sentence_fits_class),
		cmocka_unit_test(test_same_sentence_same_class),
		cmocka_unit_test(test_unknown_values),
		cmocka_unit_test(test_class_parse),
		cmocka_unit_test(test_time),
		cmocka_unit_test(test_hex),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
