/* SPDX-License-Identifier: Apache-2.0 */
#include "tool/output.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "tool/lang.h"

void
output_init(struct output *out)
{
	memset(out, 0, sizeof(*out));
	out->status = ST_OK;
	out->is_terminal = isatty(STDOUT_FILENO) == 1;
	out->has_colour = out->is_terminal && getenv("NO_COLOR") == NULL;
}

void
output_set_json(struct output *out)
{
	out->is_json = true;
	lang_end();
	out->is_terminal = false;
	out->has_colour = false;
}

enum status
output_end(struct output *out)
{
	if (fflush(stdout) != 0 || ferror(stdout) != 0)
		return ST_STATION_FILE;
	return out->status;
}

/* A copy with everything escaped; NULL is latched. */
static char *
escaped(struct output *out, const char *text)
{
	size_t size = SHOW_ESCAPED(strlen(text));
	char *copy = malloc(size);

	if (copy == NULL)
		out->status = ST_STATION_MEMORY;
	else
		show_escape(copy, size, text);
	return copy;
}

/* ------------------------------------------------------------------ rows */

static void
add_json(struct output *out, const char *name, json_t *value)
{
	if (json_object_set_new(out->object, name, value) != 0)
		out->status = ST_STATION_MEMORY;
}

/* A text that is no UTF-8 is shown escaped in JSON as well. */
static json_t *
json_text(struct output *out, const char *text)
{
	json_t *value = json_string(text);
	char *safe;

	if (value != NULL)
		return value;
	safe = escaped(out, text);
	value = safe != NULL ? json_string(safe) : NULL;
	free(safe);
	return value;
}

static struct show_cell *
add_cell(struct output *out, const char *name, const char *text)
{
	struct show_row *row = &out->row;
	struct show_cell *cell = &row->cell[row->count];

	if (row->count == SHOW_CELLS_MAX) {
		out->status = ST_STATION_MEMORY;
		return &row->cell[row->count - 1];
	}
	row->count++;
	*cell = (struct show_cell){.name = lang_name(name),
				   .text = escaped(out, text)};
	return cell;
}

void
row_begin(struct output *out, const char *kind)
{
	out->row.count = 0;
	if (!out->is_json)
		return;
	out->object = json_object();
	if (out->object == NULL)
		out->status = ST_STATION_MEMORY;
	add_json(out, "kind", json_string(kind));
}

void
row_text(struct output *out, const char *name, const char *value)
{
	if (!out->is_json)
		(void)add_cell(out, name, value != NULL ? value : "-");
	else
		add_json(out, name,
			 value != NULL ? json_text(out, value) : json_null());
}

void
row_hex(struct output *out, const char *name, struct bytes value)
{
	size_t size = 2 * value.len + 1;
	char *text;

	if (value.len == 0) {
		row_text(out, name, NULL);
		return;
	}
	text = malloc(size);
	if (text == NULL) {
		out->status = ST_STATION_MEMORY;
		return;
	}
	text_hex(text, size, value);
	row_text(out, name, text);
	free(text);
}

void
row_uint(struct output *out, const char *name, uint64_t value)
{
	char text[24];

	(void)snprintf(text, sizeof(text), "%" PRIu64, value);
	if (!out->is_json)
		(void)add_cell(out, name, text);
	else
		add_json(out, name, json_integer((json_int_t)value));
}

void
row_bool(struct output *out, const char *name, bool value)
{
	if (!out->is_json)
		(void)add_cell(out, name, lang(value ? "yes" : "no"));
	else
		add_json(out, name, json_boolean(value));
}

void
row_time(struct output *out, const char *name, uint64_t seconds)
{
	char text[TEXT_TIME_SIZE];

	text_time(text, seconds);
	row_text(out, name, text);
}

void
row_seconds(struct output *out, const char *name, int64_t ms)
{
	char text[24];

	(void)snprintf(text, sizeof(text), "%.1f", (double)ms / 1000);
	if (!out->is_json)
		(void)add_cell(out, name, text);
	else
		add_json(out, name, json_real((double)ms / 1000));
}

static void
list_json(struct output *out, const char *name, const char *const *word,
	  size_t count)
{
	json_t *array = json_array();

	for (size_t i = 0; i < count; i++)
		if (json_array_append_new(array, json_text(out, word[i])) != 0)
			out->status = ST_STATION_MEMORY;
	add_json(out, name, array);
}

void
row_list(struct output *out, const char *name, const char *const *word,
	 size_t count)
{
	char text[OUTPUT_LINE_MAX + 1] = "";
	size_t used = 0;

	if (out->is_json) {
		list_json(out, name, word, count);
		return;
	}
	for (size_t i = 0; i < count; i++) {
		size_t len = strlen(word[i]);

		if (used + len + 3 > sizeof(text))
			break;
		if (i > 0) {
			text[used++] = ',';
			text[used++] = ' ';
		}
		memcpy(text + used, word[i], len + 1);
		used += len;
	}
	(void)add_cell(out, name, count > 0 ? text : "-");
}

void
row_identity(struct output *out, const char *name,
	     const struct identity *identity, bool is_full)
{
	char text[SLOTS_MAX][IMEI_LEN + 1];
	const char *word[SLOTS_MAX];
	size_t count = 0;

	for (unsigned int i = 0; i < SLOTS_MAX; i++) {
		if (!imei_is_valid(identity->slot[i]))
			continue;
		if (is_full)
			imei_format(text[count], identity->slot[i]);
		else
			imei_format_masked(text[count], identity->slot[i]);
		word[count] = text[count];
		count++;
	}
	row_list(out, name, word, count);
}

void
row_verdict(struct output *out, const char *name, enum verdict verdict,
	    const char *words)
{
	struct show_cell *cell;

	if (words == NULL)
		words = verdict_words(verdict);
	if (out->is_json) {
		add_json(out, name, json_text(out, words));
		return;
	}
	cell = add_cell(out, name, lang(words));
	cell->has_colour = true;
	cell->colour = verdict;
}

void
row_status(struct output *out, const char *name, enum status status)
{
	row_text(out, name, status_name(status));
}

static void
free_row(struct show_row *row)
{
	for (size_t i = 0; i < row->count; i++)
		free(row->cell[i].text);
	row->count = 0;
}

static void
keep_row(struct output *out)
{
	struct show_row *grown = realloc(
		out->table, (out->table_count + 1) * sizeof(*out->table));

	if (grown == NULL) {
		out->status = ST_STATION_MEMORY;
		free_row(&out->row);
		return;
	}
	out->table = grown;
	out->table[out->table_count++] = out->row;
	out->row.count = 0;
}

static void
put_json(struct output *out)
{
	if (json_dumpf(out->object, stdout,
		       JSON_COMPACT | JSON_PRESERVE_ORDER |
			       JSON_REAL_PRECISION(6)) != 0)
		out->status = ST_STATION_FILE;
	(void)putchar('\n');
	(void)fflush(stdout);
	json_decref(out->object);
	out->object = NULL;
}

void
row_end(struct output *out)
{
	if (out->is_json) {
		put_json(out);
	} else if (out->is_table) {
		keep_row(out);
	} else {
		show_list(&out->row, out->has_colour);
		free_row(&out->row);
	}
}

void
table_begin(struct output *out)
{
	out->is_table = true;
}

void
table_end(struct output *out)
{
	show_table(out->table, out->table_count, out->has_colour);
	for (size_t i = 0; i < out->table_count; i++)
		free_row(&out->table[i]);
	free(out->table);
	out->table = NULL;
	out->table_count = 0;
	out->is_table = false;
}

static void
put_line(FILE *to, const char *start, const char *format, va_list args)
{
	char line[OUTPUT_LINE_MAX + 1];
	char safe[SHOW_ESCAPED(OUTPUT_LINE_MAX)];

	(void)vsnprintf(line, sizeof(line), lang(format), args);
	show_escape(safe, sizeof(safe), line);
	(void)fprintf(to, "%s%s\n", start, safe);
}

void
output_say(struct output *out, const char *format, ...)
{
	va_list args;

	if (out->is_json)
		return;
	va_start(args, format);
	put_line(stdout, "", format, args);
	va_end(args);
}

void
output_complain(struct output *out, const char *format, ...)
{
	va_list args;

	if (out->is_json)
		return;
	va_start(args, format);
	put_line(stderr, "", format, args);
	va_end(args);
}

void
output_warn(struct output *out, const char *format, ...)
{
	char line[OUTPUT_LINE_MAX + 1];
	va_list args;

	va_start(args, format);
	if (out->is_json) {
		(void)vsnprintf(line, sizeof(line), format, args);
		row_begin(out, "warning");
		row_text(out, "text", line);
		row_end(out);
	} else {
		put_line(stderr, lang("warning: "), format, args);
	}
	va_end(args);
}

void
output_error(struct output *out, enum status status, const char *detail)
{
	char safe[SHOW_ESCAPED(OUTPUT_LINE_MAX)];
	enum verdict verdict = verdict_of(status);

	if (out->is_json) {
		row_begin(out, "error");
		row_verdict(out, "verdict", verdict, NULL);
		row_status(out, "code", status);
		row_text(out, "detail", detail);
		row_text(out, "sentence", status_sentence(status));
		row_uint(out, "exit", (uint64_t)verdict);
		row_end(out);
		return;
	}
	(void)fflush(stdout);
	show_escape(safe, sizeof(safe), detail);
	if (verdict == VERDICT_USAGE && safe[0] != '\0')
		(void)fprintf(stderr, lang("imeilock: %s. See --help.\n"),
			      safe);
	else
		(void)fprintf(stderr, "imeilock: %s: %s: %s%s%s\n",
			      verdict_words(verdict), status_name(status), safe,
			      safe[0] != '\0' ? ". " : "",
			      status_sentence(status));
}
