/* SPDX-License-Identifier: Apache-2.0 */
/* Values in files: quotes, formulas, JSON. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "tool/cells.h"

#include <cmocka.h>

static void
assert_cells(bool is_json, const char *value, const char *want)
{
	char *text = NULL;
	size_t len;
	FILE *to = open_memstream(&text, &len);
	struct cells cells = {.to = to, .is_json = is_json};

	assert_non_null(to);
	cells_text(&cells, "a", value);
	cells_uint(&cells, "b", 7);
	cells_bool(&cells, "c", false);
	cells_end(&cells);
	cells_bool(&cells, "c", true);
	cells_end(&cells);
	assert_int_equal(fclose(to), 0);
	assert_string_equal(text, want);
	free(text);
}

#define CSV(value, want)                                                       \
	assert_cells(false, value, want ",\"7\",\"no\"\r\n\"yes\"\r\n")
#define JSON(value, want)                                                      \
	assert_cells(true, value,                                              \
		     "{\"a\": " want                                           \
		     ", \"b\": 7, \"c\": false}\n{\"c\": true}\n")

static void
test_csv(void **state)
{
	(void)state;
	CSV("", "\"\"");
	CSV("plain, text; \xc3\xa4", "\"plain, text; \xc3\xa4\"");
	CSV("a\"b\"", "\"a\"\"b\"\"\"");
	CSV("a\r\nb", "\"a\r\nb\"");
	/* what a spreadsheet would run */
	CSV("=1+1", "\"'=1+1\"");
	CSV("+1", "\"'+1\"");
	CSV("-1", "\"'-1\"");
	CSV("@a", "\"'@a\"");
	CSV("\t=a", "\"'\t=a\"");
	CSV("\rx", "\"'\rx\"");
	CSV("  =a", "\"'  =a\"");
	CSV("=\"a\"", "\"'=\"\"a\"\"\"");
	CSV("a=1", "\"a=1\"");
}

static void
test_json(void **state)
{
	(void)state;
	JSON("", "null");
	JSON("=1", "\"=1\"");
	JSON("a\"\\b\n\x7f", "\"a\\u0022\\u005cb\\u000a\\u007f\"");
}

static void
test_head(void **state)
{
	static const char *const name[] = {"a", "b", NULL};
	char *text = NULL;
	size_t len;
	FILE *to = open_memstream(&text, &len);
	struct cells csv = {.to = to}, json = {.to = to, .is_json = true};

	(void)state;
	assert_non_null(to);
	cells_head(&csv, name);
	cells_head(&json, name);
	assert_int_equal(fclose(to), 0);
	assert_string_equal(text, "\"a\",\"b\"\r\n");
	free(text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_csv),
		cmocka_unit_test(test_json),
		cmocka_unit_test(test_head),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
