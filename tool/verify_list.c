/* SPDX-License-Identifier: Apache-2.0 */
#include "tool/verify_list.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "tool/lang.h"
#include "tool/lines.h"

static bool
make_room(struct verify_list *list)
{
	size_t room = list->room == 0 ? 8 : 2 * list->room;
	struct unit_address *grown;

	if (list->count < list->room)
		return true;
	grown = realloc(list->unit, room * sizeof(*grown));
	if (grown == NULL)
		return false;
	list->unit = grown;
	list->room = room;
	return true;
}

static enum status
set_address(char out[ADDRESS_MAX + 1], const char *text, const char **why)
{
	size_t len = strlen(text);

	if (len > ADDRESS_MAX) {
		*why = "an address is too long";
		return ST_USAGE;
	}
	if (len > 0 && cmd_check_address(text, len, why) != ST_OK)
		return ST_USAGE;
	memcpy(out, text, len + 1);
	return ST_OK;
}

enum status
verify_list_add(struct verify_list *list, const char *agent, const char **why)
{
	struct unit_address *unit;
	enum status st;

	if (agent != NULL && agent[0] == '\0') {
		*why = "the agent's address is empty";
		return ST_USAGE;
	}
	if (list->count == VERIFY_LIST_MAX) {
		*why = "more than 65536 units";
		return ST_USAGE;
	}
	if (!make_room(list)) {
		*why = "no memory";
		return ST_STATION_MEMORY;
	}
	unit = &list->unit[list->count];
	memset(unit, 0, sizeof(*unit));
	st = set_address(unit->agent, agent != NULL ? agent : "", why);
	if (st == ST_OK)
		list->count++;
	return st;
}

enum status
verify_list_add_at(struct verify_list *list, const char *at, const char **why)
{
	struct unit_address *unit;
	size_t slot = 0;

	if (list->count == 0) {
		*why = "an AT port comes behind its unit";
		return ST_USAGE;
	}
	unit = &list->unit[list->count - 1];
	while (slot < SLOTS_MAX && unit->at[slot][0] != '\0')
		slot++;
	if (slot == SLOTS_MAX) {
		*why = "more than 4 AT ports of one unit";
		return ST_USAGE;
	}
	if (at[0] == '\0') {
		*why = "an AT port's address is empty";
		return ST_USAGE;
	}
	return set_address(unit->at[slot], at, why);
}

/* ------------------------------------------------------------------ files */

static enum status
add_words(struct verify_list *list, char *line, const char **why)
{
	char *rest = NULL;
	char *word = strtok_r(line, " \t", &rest);
	enum status st;

	if (word == NULL)
		return ST_OK;
	st = verify_list_add(list, word, why);
	while (st == ST_OK && (word = strtok_r(NULL, " \t", &rest)) != NULL)
		st = verify_list_add_at(list, word, why);
	return st;
}

static enum status
add_line(struct verify_list *list, const char *text, size_t len,
	 const char **why)
{
	char line[LINES_LEN_MAX + 1];

	*why = NULL;
	if (len > 0 && text[0] == '#')
		return ST_OK;
	if (len > LINES_LEN_MAX) {
		*why = "the line is too long";
		return ST_USAGE;
	}
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)text[i] < ' ' && text[i] != '\t') {
			*why = "a control character";
			return ST_USAGE;
		}
	memcpy(line, text, len);
	line[len] = '\0';
	return add_words(list, line, why);
}

static enum status
add_lines(struct cli *cli, struct verify_list *list, struct lines *lines,
	  const char *path)
{
	const char *text, *why;
	size_t len;

	while (lines_take(lines, &text, &len)) {
		enum status st = add_line(list, text, len, &why);

		if (st == ST_OK)
			continue;
		cmd_detail(cli, "%s:%llu: %s", path,
			   (unsigned long long)lines->number, lang(why));
		return st;
	}
	if (lines->error == 0)
		return ST_OK;
	cmd_detail(cli, "%s: %s", path, strerror(lines->error));
	return ST_STATION_FILE;
}

enum status
verify_list_read(struct cli *cli, struct verify_list *list, const char *path)
{
	bool is_input = text_equal(path, "-");
	int fd = is_input ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
	struct lines *lines;
	enum status st;

	if (fd < 0) {
		cmd_detail(cli, "%s: %s", path, strerror(errno));
		return ST_STATION_FILE;
	}
	lines = malloc(sizeof(*lines));
	if (lines != NULL) {
		lines_init(lines, fd);
		st = add_lines(cli, list, lines, path);
	} else {
		st = ST_STATION_MEMORY;
	}
	free(lines);
	if (!is_input)
		(void)close(fd);
	return st;
}

/* ------------------------------------------------------------------ twice */

static int
compare(const void *a, const void *b)
{
	const char *const *one = a, *const *two = b;

	return strcmp(*one, *two);
}

enum status
verify_list_check(struct cli *cli, const struct verify_list *list)
{
	const char **all =
		calloc(list->count + 1, (SLOTS_MAX + 1) * sizeof(*all));
	enum status st = ST_OK;
	size_t count = 0;

	if (all == NULL)
		return ST_STATION_MEMORY;
	for (size_t i = 0; i < list->count; i++) {
		all[count++] = list->unit[i].agent;
		for (size_t slot = 0; slot < SLOTS_MAX; slot++)
			if (list->unit[i].at[slot][0] != '\0')
				all[count++] = list->unit[i].at[slot];
	}
	qsort(all, count, sizeof(*all), compare);
	for (size_t i = 1; i < count && st == ST_OK; i++)
		if (text_equal(all[i - 1], all[i])) {
			cmd_detail(cli, "the address %s is given twice",
				   all[i]);
			st = ST_USAGE;
		}
	free(all);
	return st;
}

void
verify_list_free(struct verify_list *list)
{
	free(list->unit);
	*list = (struct verify_list){.unit = NULL};
}
