/* SPDX-License-Identifier: Apache-2.0 */
/* The screen of a watched line, drawn into memory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "watch/screen.h"

#include <cmocka.h>

#define ROWS_MAX 60
#define COLUMNS_MAX 240

static struct screen_cell cells[ROWS_MAX * COLUMNS_MAX];
static struct screen screen;

static struct screen_canvas
canvas_of(int rows, int columns)
{
	memset(cells, 0, sizeof(cells));
	return (struct screen_canvas){rows, columns, cells};
}

static const char *
row_of(const struct screen_canvas *canvas, int row)
{
	static char text[4 * COLUMNS_MAX + 1];
	size_t used = 0;

	for (int i = 0; i < canvas->columns; i++) {
		const char *cell = canvas->cell[row * canvas->columns + i].text;

		memcpy(text + used, cell, strlen(cell));
		used += strlen(cell);
	}
	text[used] = '\0';
	return text;
}

/* The row in which text stands, or -1. */
static int
find(const struct screen_canvas *canvas, const char *text)
{
	for (int row = 0; row < canvas->rows; row++)
		if (strstr(row_of(canvas, row), text) != NULL)
			return row;
	return -1;
}

static enum screen_style
style_at(const struct screen_canvas *canvas, const char *text)
{
	int row = find(canvas, text);
	const char *line;

	assert_true(row >= 0);
	line = row_of(canvas, row);
	return canvas
		->cell[row * canvas->columns + (int)(strstr(line, text) - line)]
		.style;
}

static const enum verdict verdicts[] = {
	VERDICT_GOOD, VERDICT_RETRY, VERDICT_REWORK, VERDICT_STOP, VERDICT_BUG};

/* Slots that are done, with one verdict after another. */
static void
fill_screen(size_t count)
{
	memset(&screen, 0, sizeof(screen));
	strcpy(screen.operator_name, "kim");
	strcpy(screen.shift, "early");
	strcpy(screen.state, "All is well.");
	strcpy(screen.left, "m1: numbers for 12 units");
	strcpy(screen.keys, "p pause");
	screen.made = 3;
	screen.of_units = 500;
	screen.left_s = 3 * 3600 + 5 * 60;
	screen.count = count;
	for (size_t i = 0; i < count; i++) {
		struct screen_slot *slot = &screen.slot[i];

		slot->number = (int)i + 1;
		slot->what = SCREEN_DONE;
		slot->verdict = verdicts[i % 5];
		(void)snprintf(slot->imei, sizeof(slot->imei),
			       "00101001*****%02d", (int)i);
		slot->sums.first_units = 9;
		slot->sums.first_good = 8;
	}
}

/* Each slot's number, mark and IMEI stand on the screen, whole. */
static void
assert_all_there(const struct screen_canvas *canvas)
{
	for (size_t i = 0; i < screen.count; i++) {
		char text[32];

		(void)snprintf(text, sizeof(text), "%2d %s", (int)i + 1,
			       screen_mark(screen.slot[i].verdict));
		assert_true(find(canvas, text) >= 2);
		assert_int_equal(find(canvas, screen.slot[i].imei),
				 find(canvas, text) + 1);
	}
}

static void
test_one_to_32_slots_fit(void **state)
{
	static const int sizes[][2] = {
		{24, 80}, {24, 81}, {30, 100}, {50, 200}};

	(void)state;
	for (size_t s = 0; s < sizeof(sizes) / sizeof(sizes[0]); s++)
		for (size_t count = 1; count <= STATION_SLOTS_MAX; count++) {
			struct screen_canvas canvas =
				canvas_of(sizes[s][0], sizes[s][1]);

			fill_screen(count);
			screen_draw(&canvas, &screen);
			assert_all_there(&canvas);
			assert_int_equal(find(&canvas, "p pause"),
					 canvas.rows - 1);
			assert_int_equal(find(&canvas, "3:05 left"), 0);
			assert_int_equal(find(&canvas, "All is well."), 1);
		}
}

/* Also where there is no row for it. */
static void
test_first_pass_yield_of_a_slot(void **state)
{
	struct screen_canvas canvas = canvas_of(24, 80);

	(void)state;
	fill_screen(STATION_SLOTS_MAX);
	screen.slot[1].sums.first_good = 9;
	screen.slot[2].sums.first_units = 0;
	screen_draw(&canvas, &screen);
	assert_true(find(&canvas, "00101001*****00 88%") > 0);
	assert_true(find(&canvas, "00101001*****01 100") > 0);
	assert_true(find(&canvas, "00101001*****02    ") > 0);
	fill_screen(4);
	screen_draw(&canvas, &screen);
	assert_true(find(&canvas, "8/9 first pass") > 0);
}

static void
test_any_size_is_drawn(void **state)
{
	(void)state;
	fill_screen(STATION_SLOTS_MAX);
	screen.box = BOX_TEXT;
	memset(screen.box_text, 'x', sizeof(screen.box_text) - 1);
	for (int rows = 1; rows <= ROWS_MAX; rows++)
		for (int columns = 1; columns <= 100; columns++) {
			struct screen_canvas canvas = canvas_of(rows, columns);

			screen_draw(&canvas, &screen);
			/* nothing is drawn behind its end */
			assert_int_equal(cells[rows * columns].text[0], 0);
		}
}

/* By word, by shape and by style. */
static void
test_verdicts_differ_three_times(void **state)
{
	static const char *const words[] = {"good", "run again", "red bin",
					    "call the engineer"};
	struct screen_canvas canvas = canvas_of(24, 80);
	enum screen_style style[4];

	(void)state;
	fill_screen(4);
	screen_draw(&canvas, &screen);
	for (int i = 0; i < 4; i++) {
		assert_true(find(&canvas, words[i]) > 0);
		style[i] = style_at(&canvas, screen_mark(verdicts[i]));
		assert_int_not_equal(style[i], STYLE_PLAIN);
		for (int k = 0; k < i; k++) {
			assert_int_not_equal(style[i], style[k]);
			assert_string_not_equal(screen_mark(verdicts[i]),
						screen_mark(verdicts[k]));
		}
	}
}

static void
test_what_a_slot_does(void **state)
{
	struct screen_canvas canvas = canvas_of(24, 80);

	(void)state;
	fill_screen(5);
	screen.slot[0].what = SCREEN_EMPTY;
	screen.slot[1].what = SCREEN_WAITS;
	strcpy(screen.slot[1].words, "scan the label");
	screen.slot[2].what = SCREEN_WORKS;
	strcpy(screen.slot[2].words, "read back");
	screen.slot[2].steps = 6;
	screen.slot[3].is_paused = true;
	screen.slot[4].is_gone = true;
	screen_draw(&canvas, &screen);
	assert_true(find(&canvas, " 1 empty") > 0);
	assert_true(find(&canvas, " 2 waits") > 0);
	assert_true(find(&canvas, "scan the label") > 0);
	assert_true(find(&canvas, " 3 read back") > 0);
	assert_true(find(&canvas, "####......") > 0);
	assert_true(find(&canvas, "slot is paused") > 0);
	assert_true(find(&canvas, "taken out") > 0);
	/* whoever is gone keeps his verdict */
	assert_true(find(&canvas, " 5 [STOP]") > 0);
}

/* A unit whose label was not compared yet is not shown as good. */
static void
test_a_label_is_shown_before_good(void **state)
{
	struct screen_canvas canvas = canvas_of(24, 80);

	(void)state;
	fill_screen(1);
	screen.slot[0].due = DUE_HOUSING;
	strcpy(screen.slot[0].note, "scan the housing label");
	screen_draw(&canvas, &screen);
	assert_true(find(&canvas, "[LABEL] housing") > 0);
	assert_true(find(&canvas, screen.slot[0].imei) > 0);
	assert_true(find(&canvas, "scan the housing label") > 0);
	assert_int_equal(find(&canvas, "[ OK ]"), -1);
	screen.slot[0].due = DUE_BOX;
	screen_draw(&canvas, &screen);
	assert_true(find(&canvas, "[LABEL] box") > 0);
	/* the next unit is here: whose label it is tells the number */
	screen.slot[0].what = SCREEN_WAITS;
	screen_draw(&canvas, &screen);
	assert_true(find(&canvas, " 1 waits: label of") > 0);
	assert_true(find(&canvas, screen.slot[0].imei) > 0);
}

static void
test_text_is_cut_by_columns(void **state)
{
	struct screen_canvas canvas = canvas_of(1, 20);

	(void)state;
	assert_int_equal(screen_put(&canvas, 0, 0, 4, STYLE_PLAIN, "äöüß"), 4);
	assert_string_equal(row_of(&canvas, 0), "äöüß");
	assert_int_equal(screen_put(&canvas, 0, 0, 4, STYLE_PLAIN, "äöüßä"), 4);
	assert_string_equal(row_of(&canvas, 0), "äöü~");
	/* what may take two columns, or none */
	canvas = canvas_of(1, 20);
	assert_int_equal(screen_put(&canvas, 0, 0, 20, STYLE_PLAIN,
				    "\xe4\xb8\xad"
				    "a\xcc\x88"),
			 3);
	assert_string_equal(row_of(&canvas, 0), "?a?");
}

/* Nothing that a unit says reaches the terminal as it is. */
static void
test_control_characters_are_escaped(void **state)
{
	struct screen_canvas canvas = canvas_of(24, 80);

	(void)state;
	fill_screen(1);
	screen.slot[0].what = SCREEN_WORKS;
	strcpy(screen.slot[0].words, "\033[2J\x9b\n");
	screen.box = BOX_TEXT;
	strcpy(screen.box_text, "a\033]0;b\a");
	strcpy(screen.operator_name, "\r\b");
	screen_draw(&canvas, &screen);
	for (int i = 0; i < 24 * 80; i++)
		assert_true((unsigned char)cells[i].text[0] >= ' ' &&
			    cells[i].text[0] != 0x7f);
	assert_true(find(&canvas, "a\\x1b]0;b\\x07") > 0);
}

static void
test_box_breaks_lines_at_spaces(void **state)
{
	struct screen_canvas canvas = canvas_of(24, 80);

	(void)state;
	fill_screen(1);
	screen.box = BOX_CLOSE;
	for (int i = 0; i < 12; i++)
		strcat(screen.box_text, "ninechars ");
	screen_draw(&canvas, &screen);
	assert_int_equal(find(&canvas, "ninechars ninechars ninechars "
				       "ninechars ninechars ninechars"),
			 4);
	assert_true(find(&canvas, "y or n") == 6);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_to_32_slots_fit),
		cmocka_unit_test(test_first_pass_yield_of_a_slot),
		cmocka_unit_test(test_any_size_is_drawn),
		cmocka_unit_test(test_verdicts_differ_three_times),
		cmocka_unit_test(test_what_a_slot_does),
		cmocka_unit_test(test_a_label_is_shown_before_good),
		cmocka_unit_test(test_text_is_cut_by_columns),
		cmocka_unit_test(test_control_characters_are_escaped),
		cmocka_unit_test(test_box_breaks_lines_at_spaces),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
