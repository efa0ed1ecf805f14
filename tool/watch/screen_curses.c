/* SPDX-License-Identifier: Apache-2.0 */
#include "watch/screen_curses.h"

#include <langinfo.h>
#include <ncurses.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <term.h>
#include <termios.h>
#include <unistd.h>

#undef columns /* a capability's name of term.h */

/* A size that a terminal may say it has. */
#define SIDE_MAX 500

static struct {
	SCREEN *screen;
	bool has_colour;
	bool is_utf8;
	struct termios before;
	struct screen_canvas canvas;
} self;

/* Blue, orange and magenta can be told apart by nearly everybody; and reverse
 * is no colour at all. */
static void
begin_colours(void)
{
	short orange = COLORS >= 256 ? 208 : COLOR_YELLOW;

	(void)init_pair(STYLE_GOOD, COLOR_WHITE, COLOR_BLUE);
	(void)init_pair(STYLE_AGAIN, COLOR_BLACK, orange);
	(void)init_pair(STYLE_STOP, COLOR_WHITE, COLOR_MAGENTA);
}

static attr_t
attributes_of(enum screen_style style)
{
	attr_t pair = self.has_colour ? (attr_t)COLOR_PAIR(style) : A_NORMAL;

	switch (style) {
	case STYLE_FAINT:
		return A_DIM;
	case STYLE_BAR:
	case STYLE_RED:
		return A_REVERSE;
	case STYLE_GOOD:
		return pair | A_BOLD;
	case STYLE_AGAIN:
		return self.has_colour ? pair : A_UNDERLINE;
	case STYLE_STOP:
		return self.has_colour ? pair | A_BOLD : A_REVERSE | A_BOLD;
	case STYLE_PLAIN:
	case STYLES:
	default:
		return A_NORMAL;
	}
}

/* newterm says so too, but keeps memory of a terminal that it does not know. */
static bool
is_known_terminal(void)
{
	int reason;

	if (setupterm(NULL, STDOUT_FILENO, &reason) != OK)
		return false;
	(void)del_curterm(cur_term);
	return true;
}

bool
screen_open(bool has_colour)
{
	if (tcgetattr(STDIN_FILENO, &self.before) != 0 || !is_known_terminal())
		return false;
	/* a station that is suspended would leave units in the middle */
	(void)signal(SIGTSTP, SIG_IGN);
	self.screen = newterm(NULL, stdout, stdin);
	if (self.screen == NULL)
		return false;
	self.is_utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
	(void)cbreak();
	(void)noecho();
	(void)nonl();
	(void)nodelay(stdscr, TRUE);
	(void)curs_set(0);
	self.has_colour = has_colour && has_colors() && start_color() == OK &&
			  COLORS >= 8;
	if (self.has_colour)
		begin_colours();
	return true;
}

void
screen_close(void)
{
	if (self.screen == NULL)
		return;
	(void)endwin();
	delscreen(self.screen);
	self.screen = NULL;
	free(self.canvas.cell);
	memset(&self.canvas, 0, sizeof(self.canvas));
}

void
screen_break_off(bool is_end)
{
	/* leave the other screen, show the cursor, no attributes */
	static const char restore[] = "\033[?1049l\033[?25h\033[0m\r\n";
	ssize_t n;

	if (!is_end)
		return;
	(void)tcsetattr(STDIN_FILENO, TCSANOW, &self.before);
	n = write(STDOUT_FILENO, restore, sizeof(restore) - 1);
	(void)n;
}

/* ------------------------------------------------------------------ canvas */

static void
follow_size(void)
{
	struct winsize size;

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_row == 0 ||
	    size.ws_col == 0)
		return;
	if (size.ws_row == LINES && size.ws_col == COLS)
		return;
	(void)resizeterm(size.ws_row, size.ws_col);
	(void)clear();
}

struct screen_canvas *
screen_canvas(void)
{
	struct screen_canvas *canvas = &self.canvas;
	struct screen_cell *cell;
	int rows, columns;

	follow_size();
	rows = LINES < SIDE_MAX ? LINES : SIDE_MAX;
	columns = COLS < SIDE_MAX ? COLS : SIDE_MAX;
	if (rows == canvas->rows && columns == canvas->columns)
		return canvas;
	cell = calloc((size_t)rows * (size_t)columns, sizeof(*cell));
	if (cell == NULL)
		return canvas;
	free(canvas->cell);
	*canvas = (struct screen_canvas){rows, columns, cell};
	return canvas;
}

static void
show_cell(int row, int column, const struct screen_cell *cell)
{
	bool is_ascii = ((unsigned char)cell->text[0] & 0x80) == 0;

	(void)attrset((int)attributes_of(cell->style));
	/* the corner would scroll where a terminal cannot do without */
	if (row == LINES - 1 && column == COLS - 1)
		(void)mvinsch(row, column, (chtype)(unsigned char)' ');
	else
		(void)mvaddstr(row, column,
			       is_ascii || self.is_utf8 ? cell->text : "?");
}

void
screen_show(const struct screen_canvas *canvas)
{
	for (int row = 0; row < canvas->rows; row++)
		for (int column = 0; column < canvas->columns; column++)
			show_cell(
				row, column,
				&canvas->cell[row * canvas->columns + column]);
	(void)refresh();
}

/* -------------------------------------------------------------------- keys */

/* A change of size is none, and neither is what curses makes of it. */
static int
read_key(void)
{
	int key;

	do
		key = getch();
	while (key != ERR && key > 0xff);
	return key == ERR ? 0 : key;
}

int
screen_key(int wait_ms)
{
	struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
	int key = read_key();

	if (key != 0 || poll(&input, 1, wait_ms) <= 0)
		return key;
	key = read_key();
	/* a terminal that has gone is ready for ever */
	if (key == 0)
		(void)poll(NULL, 0, wait_ms);
	return key;
}
