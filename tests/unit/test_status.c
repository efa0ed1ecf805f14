/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/status.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* What the list holds today; lower it only with a reason. */
#define OK_DISTANCE_MIN 16
#define CLASS_DISTANCE_MIN 4

struct entry {
	const char *name;
	uint32_t value;
	unsigned int first, second, index;
	const char *sentence;
};

static const struct entry entries[] = {
#define X(name, a, b, index, class, sentence)                                  \
	{#name, (uint32_t)ST_##name, a, b, index, sentence},
	STATUS_LIST(X)
#undef X
};

#define ENTRIES (sizeof(entries) / sizeof(entries[0]))

static const enum status_class classes[] = {ST_CLASS_NONE, ST_CLASS_RETRY,
					    ST_CLASS_REWORK, ST_CLASS_STOP,
					    ST_CLASS_BUG};

#define CLASSES (sizeof(classes) / sizeof(classes[0]))

static int
distance(uint32_t a, uint32_t b)
{
	return __builtin_popcount(a ^ b);
}

static void
test_ok_is_far_from_everything(void **state)
{
	uint32_t ok = (uint32_t)ST_OK;

	(void)state;
	assert_true(distance(ok, 0) >= OK_DISTANCE_MIN);
	assert_true(distance(ok, UINT32_MAX) >= OK_DISTANCE_MIN);
	for (size_t i = 0; i < ENTRIES; i++)
		assert_true(distance(ok, entries[i].value) >= OK_DISTANCE_MIN);
}

static void
test_ok_is_no_repeated_byte(void **state)
{
	uint32_t ok = (uint32_t)ST_OK;

	(void)state;
	for (unsigned int shift = 8; shift < 32; shift += 8)
		assert_int_not_equal(ok & 0xff, ok >> shift & 0xff);
}

static void
test_values_are_unique(void **state)
{
	(void)state;
	for (size_t i = 0; i < ENTRIES; i++) {
		assert_int_not_equal(entries[i].value, 0);
		for (size_t j = 0; j < i; j++)
			assert_int_not_equal(entries[i].value,
					     entries[j].value);
	}
}

static void
test_parts_are_in_range(void **state)
{
	(void)state;
	for (size_t i = 0; i < ENTRIES; i++) {
		assert_in_range(entries[i].first, 'A', 'Z');
		assert_in_range(entries[i].second, 'A', 'Z');
		assert_in_range(entries[i].index, 1, 127);
	}
}

static void
test_every_entry_has_a_class(void **state)
{
	(void)state;
	assert_int_equal(status_class(ST_OK), ST_CLASS_NONE);
	for (size_t i = 0; i < ENTRIES; i++) {
		enum status status = (enum status)entries[i].value;
		size_t found = 0;

		for (size_t j = 0; j < CLASSES; j++)
			if (status_class(status) == classes[j])
				found++;
		assert_int_equal(found, 1);
	}
}

static void
test_classes_are_far_apart(void **state)
{
	(void)state;
	for (size_t i = 0; i < CLASSES; i++) {
		assert_true(distance(classes[i], 0) >= CLASS_DISTANCE_MIN);
		for (size_t j = 0; j < i; j++)
			assert_true(distance(classes[i], classes[j]) >=
				    CLASS_DISTANCE_MIN);
	}
}

static void
test_every_sentence_ends(void **state)
{
	(void)state;
	for (size_t i = 0; i < ENTRIES; i++) {
		size_t len = strlen(entries[i].sentence);

		assert_true(len > 10);
		assert_int_equal(entries[i].sentence[len - 1], '.');
	}
}

static void
test_every_sentence_is_of_one_code(void **state)
{
	(void)state;
	for (size_t i = 0; i < ENTRIES; i++)
		for (size_t j = 0; j < i; j++)
			assert_string_not_equal(entries[i].sentence,
						entries[j].sentence);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ok_is_far_from_everything),
		cmocka_unit_test(test_ok_is_no_repeated_byte),
		cmocka_unit_test(test_values_are_unique),
		cmocka_unit_test(test_parts_are_in_range),
		cmocka_unit_test(test_every_entry_has_a_class),
		cmocka_unit_test(test_classes_are_far_apart),
		cmocka_unit_test(test_every_sentence_ends),
		cmocka_unit_test(test_every_sentence_is_of_one_code),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
