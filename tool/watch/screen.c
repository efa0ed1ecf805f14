/* SPDX-License-Identifier: Apache-2.0 */
#include "watch/screen.h"

#include <inttypes.h>
#include <stdio.h>

#include "tool/lang.h"
#include "tool/show.h"

#define TILE_MIN 19 /* columns, and one between two tiles */
#define TILE_MAX 44
#define TILE_HEIGHT 4
#define MARK_WIDTH 8
#define HEAD_ROWS 2
#define FOOT_ROWS 4
#define BOX_WIDTH 64

/* ---------------------------------------------------------------- verdicts */

const char *
screen_mark(enum verdict verdict)
{
	switch (verdict) {
	case VERDICT_GOOD:
		return lang("[ OK ]");
	case VERDICT_USAGE:
	case VERDICT_RETRY:
		return lang("[AGAIN]");
	case VERDICT_REWORK:
		return lang("[ RED ]");
	case VERDICT_STOP:
	case VERDICT_BUG:
	default:
		return lang("[STOP]");
	}
}

/* For where the whole words have no room. */
static const char *
short_words(enum verdict verdict)
{
	if (verdict == VERDICT_RETRY || verdict == VERDICT_USAGE)
		return lang("again");
	if (verdict == VERDICT_REWORK)
		return lang("bin");
	if (verdict == VERDICT_STOP)
		return lang("engineer");
	return verdict_words(verdict);
}

static enum screen_style
style_of(enum verdict verdict)
{
	switch (verdict) {
	case VERDICT_GOOD:
		return STYLE_GOOD;
	case VERDICT_USAGE:
	case VERDICT_RETRY:
		return STYLE_AGAIN;
	case VERDICT_REWORK:
		return STYLE_RED;
	case VERDICT_STOP:
	case VERDICT_BUG:
	default:
		return STYLE_STOP;
	}
}

/* ------------------------------------------------------------------- tiles */

/* Where a tile stands, and how much of it there is. */
struct tile {
	struct screen_canvas *canvas;
	const struct screen_slot *slot;
	int row;
	int column;
	int width;
	int height;
};

static int
put_number(const struct tile *tile)
{
	char text[16];

	(void)snprintf(text, sizeof(text), "%2d ", tile->slot->number);
	return screen_put(tile->canvas, tile->row, tile->column, 3, STYLE_PLAIN,
			  text);
}

static void
draw_verdict(const struct tile *tile)
{
	const struct screen_slot *slot = tile->slot;
	const char *words = verdict_words(slot->verdict);
	int at = tile->column + put_number(tile);
	int end = tile->column + tile->width;

	/* what is still to be labelled is no good unit yet */
	if (slot->due != DUE_NONE) {
		(void)screen_put(tile->canvas, tile->row, at, end - at,
				 STYLE_AGAIN, lang("[LABEL]"));
		(void)screen_put(tile->canvas, tile->row, at + MARK_WIDTH,
				 end - at - MARK_WIDTH, STYLE_PLAIN,
				 slot->due == DUE_BOX ? lang("box")
						      : lang("housing"));
		return;
	}
	(void)screen_put(tile->canvas, tile->row, at, end - at,
			 style_of(slot->verdict), screen_mark(slot->verdict));
	at += MARK_WIDTH;
	if ((int)show_width(words) > end - at)
		words = short_words(slot->verdict);
	(void)screen_put(tile->canvas, tile->row, at, end - at, STYLE_PLAIN,
			 words);
}

static void
draw_bar(const struct tile *tile, int column, int width)
{
	unsigned int steps = tile->slot->steps;
	int full;

	if (steps > SCREEN_STEPS)
		steps = SCREEN_STEPS;
	full = (int)steps * width / SCREEN_STEPS;
	for (int i = 0; i < width; i++)
		screen_put_char(tile->canvas, tile->row, column + i,
				STYLE_FAINT, i < full ? "#" : ".", 1);
}

static void
draw_work(const struct tile *tile)
{
	int at = tile->column + put_number(tile);
	int end = tile->column + tile->width;
	int bar = tile->width > 24 ? 10 : 5;

	draw_bar(tile, end - bar, bar);
	(void)screen_put(tile->canvas, tile->row, at, end - bar - 1 - at,
			 STYLE_PLAIN, tile->slot->words);
}

static void
draw_words(const struct tile *tile, enum screen_style style, const char *words)
{
	int at = put_number(tile);

	(void)screen_put(tile->canvas, tile->row, tile->column + at,
			 tile->width - at, style, words);
}

/* First-pass yield of the slot, in three columns. */
static void
draw_yield(const struct tile *tile)
{
	const struct tally *sums = &tile->slot->sums;
	uint64_t percent;
	char text[24];

	if (sums->first_units == 0)
		return;
	percent = sums->first_good * 100 / sums->first_units;
	(void)snprintf(text, sizeof(text),
		       percent < 100 ? "%2" PRIu64 "%%" : "%" PRIu64, percent);
	screen_put_right(tile->canvas, tile->row + 1, tile->column + 16, 3,
			 STYLE_FAINT, text);
}

static void
draw_second(const struct tile *tile)
{
	const struct screen_slot *slot = tile->slot;
	int row = tile->row + 1;
	char text[24];

	if (slot->is_paused) {
		(void)screen_put(tile->canvas, row, tile->column, tile->width,
				 STYLE_BAR, lang("slot is paused"));
		return;
	}
	if (slot->due != DUE_NONE) {
		/* the number, so that its label can be found or printed */
		(void)screen_put(tile->canvas, row, tile->column, tile->width,
				 STYLE_BAR, slot->imei);
		return;
	}
	if (slot->note[0] != '\0') {
		(void)screen_put(tile->canvas, row, tile->column, tile->width,
				 STYLE_BAR, slot->note);
		return;
	}
	if (slot->what == SCREEN_WAITS)
		(void)screen_put(tile->canvas, row, tile->column, tile->width,
				 STYLE_BAR, slot->words);
	if (slot->what != SCREEN_DONE && slot->what != SCREEN_WORKS)
		return;
	(void)screen_put(tile->canvas, row, tile->column, tile->width,
			 slot->is_gone ? STYLE_FAINT : STYLE_PLAIN, slot->imei);
	(void)snprintf(text, sizeof(text), "%" PRId64 "s", slot->ms / 1000);
	if (slot->what == SCREEN_WORKS || tile->width > 24)
		screen_put_right(tile->canvas, row, tile->column + 16,
				 tile->width - 16, STYLE_FAINT, text);
	if (slot->what == SCREEN_DONE && tile->height == 2)
		draw_yield(tile);
}

static void
draw_third(const struct tile *tile)
{
	const struct tally *sums = &tile->slot->sums;
	char text[128];

	if (tile->slot->due != DUE_NONE) {
		(void)screen_put(tile->canvas, tile->row + 2, tile->column,
				 tile->width, STYLE_PLAIN, tile->slot->note);
		return;
	}
	if (tile->slot->is_gone && tile->slot->what == SCREEN_DONE)
		screen_put_right(tile->canvas, tile->row + 2, tile->column,
				 tile->width, STYLE_FAINT, lang("taken out"));
	if (sums->first_units == 0)
		return;
	(void)snprintf(text, sizeof(text),
		       lang("%" PRIu64 "/%" PRIu64 " first pass"),
		       sums->first_good, sums->first_units);
	(void)screen_put(tile->canvas, tile->row + 2, tile->column, tile->width,
			 STYLE_FAINT, text);
}

static void
draw_tile(const struct tile *tile)
{
	switch (tile->slot->what) {
	case SCREEN_DONE:
		draw_verdict(tile);
		break;
	case SCREEN_WORKS:
		draw_work(tile);
		break;
	case SCREEN_WAITS:
		draw_words(tile, STYLE_PLAIN,
			   tile->slot->due != DUE_NONE ? lang("waits: label of")
						       : lang("waits"));
		break;
	case SCREEN_EMPTY:
	default:
		draw_words(tile, STYLE_FAINT, lang("empty"));
		break;
	}
	if (tile->height > 1)
		draw_second(tile);
	if (tile->height > 2)
		draw_third(tile);
}

/* Few columns of high tiles if there is room, else many of low ones. */
static int
choose_columns(int count, int rows, int least, int most)
{
	for (int height = TILE_HEIGHT; height > 1; height--)
		for (int columns = least; columns <= most; columns++)
			if ((count + columns - 1) / columns * height <= rows)
				return columns;
	return most;
}

static void
draw_tiles(struct screen_canvas *canvas, const struct screen *screen)
{
	int rows = canvas->rows - HEAD_ROWS - FOOT_ROWS;
	int most = (canvas->columns + 1) / (TILE_MIN + 1);
	int count = (int)screen->count;
	int least, columns, lines, height;

	if (most < 1 || rows < 1 || count == 0)
		return;
	most = most < count ? most : count;
	least = canvas->columns / TILE_MAX + 1;
	columns =
		choose_columns(count, rows, least < most ? least : most, most);
	lines = (count + columns - 1) / columns;
	height = rows / lines;
	if (height < 1)
		height = 1;
	for (int i = 0; i < count && (i / columns + 1) * height <= rows; i++) {
		const struct tile tile = {
			.canvas = canvas,
			.slot = &screen->slot[i],
			.row = HEAD_ROWS + i / columns * height,
			.column = i % columns *
				  ((canvas->columns + 1) / columns),
			.width = (canvas->columns + 1) / columns - 1,
			.height = height,
		};

		draw_tile(&tile);
	}
}

/* ----------------------------------------------------------- head and foot */

static void
draw_head(struct screen_canvas *canvas, const struct screen *screen)
{
	char text[SCREEN_TEXT_MAX + 1];

	(void)snprintf(text, sizeof(text), "imeilock  %s  %s",
		       screen->operator_name, screen->shift);
	screen_put_line(canvas, 0, STYLE_BAR, text);
	(void)snprintf(text, sizeof(text),
		       lang("%" PRIu64 " of %" PRIu64 " made, %" PRId64
			    ":%02" PRId64 " left"),
		       screen->made, screen->of_units, screen->left_s / 3600,
		       screen->left_s / 60 % 60);
	screen_put_right(canvas, 0, canvas->columns / 3,
			 canvas->columns * 2 / 3 - 1, STYLE_BAR, text);
	screen_put_line(canvas, 1, screen->state_style, screen->state);
}

static void
draw_foot(struct screen_canvas *canvas, const struct screen *screen)
{
	const struct tally *sums = &screen->sums;
	int row = canvas->rows - FOOT_ROWS + 1;
	double percent = sums->first_units == 0
				 ? 0
				 : 100.0 * (double)sums->first_good /
					   (double)sums->first_units;
	char text[SCREEN_TEXT_MAX + 1];

	(void)snprintf(text, sizeof(text),
		       lang("%" PRIu64 " units: %" PRIu64 " good, %" PRIu64
			    " again, %" PRIu64 " red, %" PRIu64
			    " engineer; %" PRIu64
			    " an hour; first pass %.1f %%"),
		       sums->units, sums->good, sums->again, sums->red,
		       sums->engineer, screen->units_an_hour, percent);
	if (screen->said[0] != '\0')
		screen_put_line(canvas, row - 1, screen->said_style,
				screen->said);
	screen_put_line(canvas, row, STYLE_PLAIN, text);
	screen_put_line(canvas, row + 1, STYLE_FAINT, screen->left);
	screen_put_line(canvas, row + 2, STYLE_BAR, screen->keys);
}

/* --------------------------------------------------------------------- box */

/* Bytes of the next line of at most width columns; *skip: and the space that
 * ends it. */
static size_t
line_len(const char *text, int width, size_t *skip)
{
	size_t at = 0, space = 0;

	*skip = 0;
	for (int i = 0; i < width && text[at] != '\0'; i++) {
		if (text[at] == ' ')
			space = at;
		at += screen_char_len(text + at);
	}
	if (text[at] == '\0' || (text[at] != ' ' && space == 0))
		return at;
	*skip = 1;
	return text[at] == ' ' ? at : space;
}

static void
draw_box(struct screen_canvas *canvas, const char *text, const char *hint)
{
	char safe[SHOW_ESCAPED(SCREEN_TEXT_MAX)];
	int width = canvas->columns - 4 < BOX_WIDTH ? canvas->columns - 4
						    : BOX_WIDTH;
	int left = (canvas->columns - width) / 2, row = HEAD_ROWS + 1;
	const char *at = safe;

	if (width < 4)
		return;
	show_escape(safe, sizeof(safe), text);
	screen_fill(canvas, row++, left, width, STYLE_BAR);
	while (*at != '\0' && row < canvas->rows - 2) {
		char line[4 * BOX_WIDTH + 1];
		size_t skip, len = line_len(at, width - 4, &skip);

		memcpy(line, at, len);
		line[len] = '\0';
		screen_fill(canvas, row, left, width, STYLE_BAR);
		screen_fill(canvas, row, left + 1, width - 2, STYLE_PLAIN);
		(void)screen_put(canvas, row++, left + 2, width - 4,
				 STYLE_PLAIN, line);
		at += len + skip;
	}
	screen_fill(canvas, row, left, width, STYLE_BAR);
	screen_put_right(canvas, row, left, width - 2, STYLE_BAR, hint);
}

void
screen_draw(struct screen_canvas *canvas, const struct screen *screen)
{
	for (int row = 0; row < canvas->rows; row++)
		screen_fill(canvas, row, 0, canvas->columns, STYLE_PLAIN);
	draw_tiles(canvas, screen);
	draw_head(canvas, screen);
	draw_foot(canvas, screen);
	if (screen->box == BOX_TEXT)
		draw_box(canvas, screen->box_text, lang("press a key"));
	else if (screen->box == BOX_CLOSE)
		draw_box(canvas, screen->box_text, lang("y or n"));
}
