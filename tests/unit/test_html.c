/* SPDX-License-Identifier: Apache-2.0 */
/* Pages: whatever a text holds, it stays a text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "report/html.h"

#include <cmocka.h>

static char *
page_with(const char *text)
{
	static const char *const names[] = {"a", "b", NULL};
	char *page = NULL;
	size_t len;
	struct html html = {.to = open_memstream(&page, &len)};

	assert_non_null(html.to);
	html_begin(&html, text);
	html_heading(&html, text);
	html_paragraph(&html, text);
	html_banner(&html, HTML_STOP, text);
	html_table_begin(&html, names);
	html_row_begin(&html);
	html_name(&html, text);
	html_cell(&html, text);
	for (int mark = HTML_GOOD; mark <= HTML_OPEN; mark++)
		html_outcome(&html, (enum html_mark)mark, text);
	html_row_end(&html);
	html_fact(&html, text, text);
	html_table_end(&html);
	html_end(&html);
	assert_false(html.has_failed);
	assert_int_equal(fclose(html.to), 0);
	return page;
}

static size_t
count(const char *page, const char *what)
{
	size_t found = 0;

	while ((page = strstr(page, what)) != NULL) {
		found++;
		page++;
	}
	return found;
}

static void
test_hostile_texts(void **state)
{
	static const char *const hostile[][2] = {
		{"<script>x</script>", "&lt;script&gt;x&lt;/script&gt;"},
		{"</td></style>", "&lt;/td&gt;&lt;/style&gt;"},
		{"a\" onload='x' &amp;",
		 "a&quot; onload=&#39;x&#39; &amp;amp;"},
		{"\x1b[2J\r\n", "\\x1b[2J\\x0d\\x0a"},
		{"\xff\xc0\xaf", "\\xff\\xc0\\xaf"},
		{"\xe2\x80\xae gnp", "\\xe2\\x80\\xae gnp"},
	};
	char *plain = page_with("plain");

	(void)state;
	for (size_t i = 0; i < sizeof(hostile) / sizeof(hostile[0]); i++) {
		char *page = page_with(hostile[i][0]);

		assert_int_equal(count(page, hostile[i][1]), 14);
		assert_null(strstr(page, hostile[i][0]));
		assert_int_equal(count(page, "<"), count(plain, "<"));
		assert_int_equal(count(page, "\n"), count(plain, "\n"));
		free(page);
	}
	free(plain);
}

static void
test_nothing_from_outside(void **state)
{
	char *page = page_with("plain");

	(void)state;
	assert_null(strstr(page, "http:"));
	assert_null(strstr(page, "https:"));
	assert_null(strstr(page, "src="));
	assert_null(strstr(page, "href="));
	assert_null(strstr(page, "url("));
	assert_null(strstr(page, "<script"));
	assert_non_null(strstr(page, "default-src &#39;none&#39;"));
	free(page);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hostile_texts),
		cmocka_unit_test(test_nothing_from_outside),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
