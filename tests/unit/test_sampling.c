/* SPDX-License-Identifier: Apache-2.0 */
/* ISO 2859-1: cells of tables 1 and 2-A, written down by hand from knowledge of
 * the standard, without a copy of it to compare; and the choice of a sample. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "report/sampling.h"

#include <cmocka.h>

struct cell {
	uint64_t lot;
	const char *level;
	const char *aql;
	char letter;
	char used;
	uint32_t size;
	unsigned int accept;
};

static void
test_letters(void **state)
{
	/* the first and the last lot of each row of table 1, all levels */
	static const struct {
		uint64_t first, last;
		const char *letter;
	} row[] = {
		{2, 8, "AAAAAAB"},
		{9, 15, "AAAAABC"},
		{16, 25, "AABBBCD"},
		{26, 50, "ABBCCDE"},
		{51, 90, "BBCCCEF"},
		{91, 150, "BBCDDFG"},
		{151, 280, "BCDEEGH"},
		{281, 500, "BCDEFHJ"},
		{501, 1200, "CCEFGJK"},
		{1201, 3200, "CDEGHKL"},
		{3201, 10000, "CDFGJLM"},
		{10001, 35000, "CDFHKMN"},
		{35001, 150000, "DEGJLNP"},
		{150001, 500000, "DEGJMPQ"},
		{500001, 10000000, "DEHKNQR"},
	};
	struct sampling_plan plan;

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++)
		for (int level = LEVEL_S1; level <= LEVEL_III; level++) {
			sampling_plan(&plan, row[i].first,
				      (enum sampling_level)level, 0);
			assert_int_equal(plan.letter, row[i].letter[level - 1]);
			sampling_plan(&plan, row[i].last,
				      (enum sampling_level)level, 0);
			assert_int_equal(plan.letter, row[i].letter[level - 1]);
			assert_int_equal(plan.accept, 0);
		}
}

static void
test_cells(void **state)
{
	static const struct cell cell[] = {
		/* cells with numbers */
		{1000, "II", "1.0", 'J', 'J', 80, 2},
		{1000, "II", "0.65", 'J', 'J', 80, 1},
		{1000, "II", "1.5", 'J', 'J', 80, 3},
		{1000, "II", "2.5", 'J', 'J', 80, 5},
		{1000, "II", "4.0", 'J', 'J', 80, 7},
		{1000, "II", "6.5", 'J', 'J', 80, 10},
		{1000, "II", "0.15", 'J', 'J', 80, 0},
		{2000, "II", "1.0", 'K', 'K', 125, 3},
		{2000, "II", "2.5", 'K', 'K', 125, 7},
		{2000, "II", "0.10", 'K', 'K', 125, 0},
		{5000, "II", "0.65", 'L', 'L', 200, 3},
		{5000, "II", "2.5", 'L', 'L', 200, 10},
		{5000, "II", "4.0", 'L', 'L', 200, 14},
		{5000, "II", "0.065", 'L', 'L', 200, 0},
		{400, "II", "4.0", 'H', 'H', 50, 5},
		{600000, "III", "0.65", 'R', 'R', 2000, 21},
		{600000, "III", "0.065", 'R', 'R', 2000, 3},
		/* arrow down: the first plan below, with its sample size */
		{1000, "II", "0.065", 'J', 'L', 200, 0},
		{1000, "II", "0.10", 'J', 'K', 125, 0},
		{1000, "II", "0.40", 'J', 'K', 125, 1},
		{100, "II", "0.65", 'F', 'F', 20, 0},
		{100, "II", "1.5", 'F', 'G', 32, 1},
		{100, "II", "0.065", 'F', 'L', 200, 0},
		{20, "II", "4.0", 'C', 'B', 3, 0},
		{40, "II", "4.0", 'D', 'E', 13, 1},
		{20, "II", "6.5", 'C', 'D', 8, 1},
		/* arrow up: the first plan above */
		{1000, "II", "0.25", 'J', 'H', 50, 0},
		{100, "II", "1.0", 'F', 'E', 13, 0},
		{10, "II", "6.5", 'B', 'A', 2, 0},
		{600000, "III", "1.0", 'R', 'Q', 1250, 21},
		{600000, "III", "6.5", 'R', 'L', 200, 21},
		/* not of the standard: the letter's size, none allowed */
		{1000, "II", "0", 'J', 'J', 80, 0},
		{1000, "S-1", "0", 'C', 'C', 5, 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cell) / sizeof(cell[0]); i++) {
		struct sampling_plan plan;
		enum sampling_level level;
		unsigned int aql;

		assert_true(sampling_level_parse(&level, cell[i].level));
		assert_string_equal(sampling_level_name(level), cell[i].level);
		assert_true(sampling_aql_parse(&aql, cell[i].aql));
		sampling_plan(&plan, cell[i].lot, level, aql);
		if (plan.letter != cell[i].letter ||
		    plan.used != cell[i].used || plan.table != cell[i].size ||
		    plan.accept != cell[i].accept ||
		    plan.reject != cell[i].accept + 1)
			fail_msg("cell %zu: %c %c %u %u", i, plan.letter,
				 plan.used, plan.table, plan.accept);
	}
}

static void
test_small_lot_is_looked_at_whole(void **state)
{
	struct sampling_plan plan;

	(void)state;
	sampling_plan(&plan, 100, LEVEL_II, 65);
	assert_int_equal(plan.table, 200);
	assert_int_equal(plan.size, 100);
	sampling_plan(&plan, 2, LEVEL_III, 0);
	assert_int_equal(plan.size, 2);
}

static void
test_words(void **state)
{
	static const char *const good[] = {
		"0.065", "0.10", "0.15", "0.25", "0.40", "0.65",
		"1.0",	 "1.5",	 "2.5",	 "4.0",	 "6.5",
	};
	static const char *const wrong[] = {"",	  "0.0", "0.2", "10", "1.00",
					    "-1", "1,0", "x",	"01"};
	enum sampling_level level;
	unsigned int aql;
	char text[8];

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_true(sampling_aql_parse(&aql, good[i]));
		sampling_aql_format(text, aql);
		assert_string_equal(text, good[i]);
	}
	assert_true(sampling_aql_parse(&aql, "1"));
	assert_int_equal(aql, 1000);
	assert_true(sampling_aql_parse(&aql, "0.4"));
	assert_int_equal(aql, 400);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_false(sampling_aql_parse(&aql, wrong[i]));
	assert_false(sampling_level_parse(&level, "IV"));
	assert_false(sampling_level_parse(&level, "S1"));
	assert_false(sampling_level_parse(&level, ""));
}

static void
test_judge(void **state)
{
	const struct sampling_plan plan = {.accept = 2, .reject = 3};

	(void)state;
	assert_int_equal(sampling_judge(&plan, 0, 0), LOT_ACCEPT);
	assert_int_equal(sampling_judge(&plan, 2, 0), LOT_ACCEPT);
	assert_int_equal(sampling_judge(&plan, 3, 0), LOT_REJECT);
	assert_int_equal(sampling_judge(&plan, 0, 1), LOT_OPEN);
	assert_int_equal(sampling_judge(&plan, 3, 1), LOT_REJECT);
}

static void
test_choice(void **state)
{
	/* all 10 pairs of 5, by seeds */
	unsigned int seen[5][5] = {{0}};
	size_t a[8], b[8];

	(void)state;
	for (uint64_t seed = 0; seed < 10000; seed++) {
		sampling_choose(a, 2, 5, seed);
		assert_true(a[0] < a[1] && a[1] < 5);
		seen[a[0]][a[1]]++;
	}
	for (size_t i = 0; i < 5; i++)
		for (size_t j = i + 1; j < 5; j++)
			assert_in_range(seen[i][j], 880, 1120);
	sampling_choose(a, 8, 1000, 42);
	sampling_choose(b, 8, 1000, 42);
	assert_memory_equal(a, b, sizeof(a));
	sampling_choose(b, 8, 1000, 43);
	assert_memory_not_equal(a, b, sizeof(a));
	sampling_choose(a, 8, 8, 7);
	for (size_t i = 0; i < 8; i++)
		assert_int_equal(a[i], i);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_letters),
		cmocka_unit_test(test_cells),
		cmocka_unit_test(test_small_lot_is_looked_at_whole),
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_judge),
		cmocka_unit_test(test_choice),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
