/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "tool/lang.h"
#include "tool/units.h"

#define OPT_FULL 0x200
#define OPT_FILE 0x201
#define OPT_RECORD 0x202
#define OPT_CERT 0x203
#define OPT_UNLABELLED 0x204
#define DETAIL_SHOWN_MAX 4095
#define CODE_SHOWN_LEN 4 /* "LE09" */

struct query {
	struct cli *cli;
	struct unit_choice choice; /* none for all */
	const char *file;	   /* what is read, or NULL */
	bool is_full;
	const char *record; /* where to write the unit's, or NULL */
	const char *cert;
	const char *unlabelled; /* place, as a word; or NULL */
	enum ledger_label_place place;
	struct chip_id chip; /* len 0 for all */
	uint64_t shown;
};

static error_t
parse_query(int key, char *arg, struct argp_state *state)
{
	struct query *query = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &query->choice;
		return 0;
	case OPT_FULL:
		query->is_full = true;
		return 0;
	case OPT_FILE:
		query->file = arg;
		return 0;
	case OPT_RECORD:
		query->record = arg;
		return 0;
	case OPT_CERT:
		query->cert = arg;
		return 0;
	case OPT_UNLABELLED:
		query->unlabelled = arg;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

#define QUERY_OPTIONS                                                          \
	{"full", OPT_FULL, NULL, 0, "Show IMEIs in full", 0},                  \
	{                                                                      \
		"file", OPT_FILE, "FILE", 0,                                   \
			"Read this backup in place of the station's ledger", 0 \
	}

static const struct argp_child query_children[] = {
	{&unit_choice_argp, 0, NULL, 0},
	{0},
};

static bool
is_about_one(const struct query *query)
{
	return query->choice.what != NULL || query->choice.board != NULL;
}

/* ------------------------------------------------------------------ show */

static void
show_unit(struct query *query, const struct ledger_unit *unit, bool has_all)
{
	struct output *out = &query->cli->out;

	row_begin(out, "unit");
	row_hex(out, "chip", chip_id_bytes(&unit->chip));
	row_text(out, "model", unit->model);
	row_text(out, "state", lang(number_state_name(unit->state)));
	row_identity(out, "imei", &unit->identity, query->is_full);
	row_text(out, "seen", text_device_state(unit->seen));
	row_text(out, "board", unit->board[0] != '\0' ? unit->board : NULL);
	if (has_all) {
		row_text(out, "before_quarantine",
			 unit->state == NUMBER_QUARANTINED
				 ? lang(number_state_name(unit->before))
				 : NULL);
		row_hex(out, "device_key",
			bytes_of(unit->key.xy, sizeof(unit->key.xy)));
		row_uint(out, "burnt_words", unit->burnt_words);
		row_uint(out, "retries_in_a_row", unit->unit_retries);
		row_uint(out, "record_bytes", unit->record.len);
		row_hex(out, "replaces", chip_id_bytes(&unit->replaces));
		row_hex(out, "replaced_by", chip_id_bytes(&unit->replaced_by));
	}
	row_end(out);
}

static void
show_each(void *ctx, const struct ledger_unit *unit)
{
	show_unit(ctx, unit, false);
}

static enum status
write_object(struct query *query, const char *path, const struct object *object)
{
	if (path == NULL)
		return ST_OK;
	if (object->len == 0) {
		cmd_detail(query->cli, "the unit has no record yet");
		return ST_LEDGER_NONE;
	}
	return cmd_write_whole(query->cli, path, object_bytes(object));
}

/* Both or none, as far as it can be known before. */
static enum status
write_papers(struct query *query, const struct ledger_unit *unit)
{
	enum status st = ST_OK;

	if (query->record != NULL)
		st = cmd_expect_none(query->cli, query->record);
	if (st == ST_OK && query->cert != NULL)
		st = cmd_expect_none(query->cli, query->cert);
	if (st == ST_OK)
		st = write_object(query, query->record, &unit->record);
	if (st == ST_OK)
		st = write_object(query, query->cert, &unit->record_cert);
	return st;
}

static enum status
show_all(struct query *query, struct ledger *ledger)
{
	enum status st;

	table_begin(&query->cli->out);
	st = query->unlabelled == NULL ? ledger_units(ledger, show_each, query)
				       : ledger_unlabelled(ledger, query->place,
							   show_each, query);
	table_end(&query->cli->out);
	return st;
}

static enum status
show(struct query *query)
{
	struct cmd_station opened;
	struct ledger_unit unit;
	enum status st = unit_open_ledger(&opened, query->cli, query->file);

	if (st != ST_OK)
		return st;
	if (is_about_one(query)) {
		st = unit_find_choice(query->cli, opened.ledger, &query->choice,
				      &query->chip, &unit);
		if (st == ST_OK)
			show_unit(query, &unit, true);
		if (st == ST_OK)
			st = write_papers(query, &unit);
	} else {
		st = show_all(query, opened.ledger);
	}
	cmd_close_station(&opened);
	return st;
}

/* What cannot be asked for together. */
static enum status
check_show(struct query *query)
{
	bool has_papers = query->record != NULL || query->cert != NULL;

	if (has_papers && !is_about_one(query)) {
		cmd_detail(query->cli,
			   "--record and --cert are about one unit");
		return ST_USAGE;
	}
	if (query->unlabelled == NULL)
		return ST_OK;
	if (is_about_one(query)) {
		cmd_detail(query->cli, "--unlabelled is about all units");
		return ST_USAGE;
	}
	if (ledger_label_place_parse(&query->place, query->unlabelled))
		return ST_OK;
	cmd_detail(query->cli, "--unlabelled takes housing or box");
	return ST_USAGE;
}

enum status
cmd_ledger_show(struct cli *cli, int argc, char **argv)
{
	static const struct argp_option options[] = {
		QUERY_OPTIONS,
		{"record", OPT_RECORD, "FILE", 0,
		 "Write the unit's record to this new file, for verify", 0},
		{"cert", OPT_CERT, "FILE", 0,
		 "Write the certificate that goes with it to this new file", 0},
		{"unlabelled", OPT_UNLABELLED, "PLACE", 0,
		 "Only verified units whose own label was never scanned at this "
		 "place: housing or box",
		 0},
		{0},
	};
	static const struct argp argp = {
		.options = options,
		.parser = parse_query,
		.children = query_children,
		.args_doc = "[IMEI|CHIP]",
		.doc = "Show the units of the ledger, or one of them, by one "
		       "of its IMEIs or by its chip id in hexadecimal.\v"
		       "Example:\n  imeilock ledger show\n"
		       "  imeilock ledger show 001100220033004455 \\\n"
		       "    --record unit.record --cert unit.cert",
	};
	struct query query = {.cli = cli};
	enum status st;

	cmd_parse(cli, argc, argv, &argp, &query);
	st = check_show(&query);
	return st == ST_OK ? show(&query) : st;
}

/* --------------------------------------------------------------- history */

/* In a detail, numbers are strings of fourteen digits: of those that are not
 * asked for in full, TAC and the last two digits stay. */
static void
mask_detail(char *text)
{
	while ((text = strchr(text, '"')) != NULL) {
		size_t digits = strspn(++text, "0123456789");

		if (digits == IMEI_BODY_LEN && text[digits] == '"')
			memset(text + IMEI_TAC_LEN, '*',
			       IMEI_BODY_LEN - IMEI_TAC_LEN - 2);
	}
}

/* The length of a key whose value is a code, or 0. */
static size_t
code_key(const char *text)
{
	static const char *const keys[] = {
		"\"code\":\"",
		"\"told\":\"",
		"\"reason\":\"",
	};

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (strncmp(text, keys[i], strlen(keys[i])) == 0)
			return strlen(keys[i]);
	return 0;
}

/* People know codes by their names, as everything else shows them. */
static void
name_codes(char *out, size_t size, const char *detail)
{
	size_t len = 0;

	while (*detail != '\0' && len + 1 < size) {
		size_t key = code_key(detail);
		const char *name = key > 0 ? status_name_of_code(detail + key)
					   : NULL;

		if (name == NULL) {
			out[len++] = *detail++;
			continue;
		}
		(void)snprintf(out + len, size - len, "%.*s%s", (int)key,
			       detail, name);
		len += strlen(out + len);
		detail += key + CODE_SHOWN_LEN;
	}
	out[len] = '\0';
}

static void
show_detail(struct query *query, const char *detail)
{
	char text[DETAIL_SHOWN_MAX + 1];

	if (query->cli->out.is_json)
		(void)snprintf(text, sizeof(text), "%s", detail);
	else
		name_codes(text, sizeof(text), detail);
	if (!query->is_full)
		mask_detail(text);
	row_text(&query->cli->out, "detail", text);
}

static void
show_event(void *ctx, const struct ledger_event *event)
{
	struct query *query = ctx;
	struct output *out = &query->cli->out;
	char imei[IMEI_LEN + 1];

	query->shown++;
	row_begin(out, "event");
	row_uint(out, "number", event->number);
	row_time(out, "time", (uint64_t)event->time);
	row_text(out, "event", lang(event->kind));
	row_text(out, "operator", event->operator_name);
	row_uint(out, "slot", (uint64_t)event->slot);
	row_hex(out, "chip", chip_id_bytes(&event->chip));
	row_text(out, "imei", cmd_show_imei(imei, event->imei, query->is_full));
	row_text(out, "version", event->version);
	show_detail(query, event->detail);
	row_end(out);
}

static enum status
history(struct query *query)
{
	struct cmd_station opened;
	struct ledger_unit unit;
	enum status st = unit_open_ledger(&opened, query->cli, query->file);

	if (st != ST_OK)
		return st;
	if (is_about_one(query))
		st = unit_find_choice(query->cli, opened.ledger, &query->choice,
				      &query->chip, &unit);
	/* a chip that was seen but never ticketed has events and no unit */
	if (st == ST_LEDGER_NONE && query->chip.len > 0)
		st = ST_OK;
	if (st == ST_OK) {
		table_begin(&query->cli->out);
		st = ledger_history(opened.ledger,
				    query->chip.len > 0 ? &query->chip : NULL,
				    show_event, query);
		table_end(&query->cli->out);
	}
	cmd_close_station(&opened);
	if (st == ST_OK && is_about_one(query) && query->shown == 0)
		return ST_LEDGER_NONE;
	return st;
}

enum status
cmd_ledger_history(struct cli *cli, int argc, char **argv)
{
	static const struct argp_option options[] = {QUERY_OPTIONS, {0}};
	static const struct argp argp = {
		.options = options,
		.parser = parse_query,
		.children = query_children,
		.args_doc = "[IMEI|CHIP]",
		.doc = "Show the events of a unit, or all events of the "
		       "ledger, oldest first.\v"
		       "Example:\n"
		       "  imeilock ledger history 004401000000006",
	};
	struct query query = {.cli = cli};

	cmd_parse(cli, argc, argv, &argp, &query);
	return history(&query);
}
