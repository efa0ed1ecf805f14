/* SPDX-License-Identifier: Apache-2.0 */
/* The ledger as files: export, backup, check. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tool/cells.h"
#include "tool/lang.h"
#include "tool/units.h"

#define OPT_CSV 0x200
#define OPT_FULL 0x201
#define OPT_FILE 0x202

#define OPTION_FILE                                                            \
	{                                                                      \
		"file", OPT_FILE, "FILE", 0,                                   \
			"Read this backup in place of the station's ledger", 0 \
	}

/* ----------------------------------------------------------------- export */

struct export
{
	struct cli *cli;
	struct cells cells;
	bool is_csv;
	bool is_full;
	const char *file; /* what is read, or NULL */
	const char *path; /* where to, or NULL */
};

static error_t
parse_export(int key, char *arg, struct argp_state *state)
{
	struct export *export = state->input;

	switch (key) {
	case OPT_CSV:
		export->is_csv = true;
		return 0;
	case OPT_FULL:
		export->is_full = true;
		return 0;
	case OPT_FILE:
		export->file = arg;
		return 0;
	case ARGP_KEY_ARG:
		if (export->path != NULL)
			cmd_refuse(state, "one file at a time");
		export->path = arg;
		return 0;
	case ARGP_KEY_END:
		if (export->is_csv == export->cli->out.is_json)
			cmd_refuse(state, "either --csv or --json");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const char *const columns[] = {
	"imei", "state",   "before",   "model",	  "chip", "board",
	"slot", "primary", "ticketed", "changed", NULL,
};

static void
put_time(struct cells *cells, const char *name, int64_t time)
{
	char text[TEXT_TIME_SIZE] = "";

	if (time > 0)
		text_time(text, (uint64_t)time);
	cells_text(cells, name, text);
}

static void
put_number(void *ctx, const struct ledger_number *number)
{
	struct export *export = ctx;
	struct cells *cells = &export->cells;
	char imei[IMEI_LEN + 1], chip[2 * CHIP_ID_MAX + 1];
	bool is_quarantined = number->state == NUMBER_QUARANTINED;

	text_hex(chip, sizeof(chip), chip_id_bytes(&number->chip));
	cells_text(cells, "imei",
		   cmd_show_imei(imei, number->imei, export->is_full));
	cells_text(cells, "state", number_state_name(number->state));
	cells_text(cells, "before",
		   is_quarantined ? number_state_name(number->before) : "");
	cells_text(cells, "model", number->model);
	cells_text(cells, "chip", chip);
	cells_text(cells, "board", number->board);
	if (number->slot > 0) {
		cells_uint(cells, "slot", number->slot);
		cells_bool(cells, "primary", number->is_primary);
	} else {
		cells_text(cells, "slot", "");
		cells_text(cells, "primary", "");
	}
	put_time(cells, "ticketed", number->given);
	put_time(cells, "changed", number->moved);
	cells_end(cells);
}

static enum status
put_all(struct export *export, struct ledger *ledger, FILE *to)
{
	export->cells =
		(struct cells){.to = to, .is_json = export->cli->out.is_json};
	cells_head(&export->cells, columns);
	return ledger_numbers(ledger, put_number, export);
}

/* Whole before it is there. */
static enum status
put_file(struct export *export, struct ledger *ledger)
{
	struct new_file file = {export->path, -1};
	char *text = NULL;
	size_t len = 0;
	FILE *to = NULL;
	enum status st = new_file_open(&file, export->cli, export->path);

	if (st != ST_OK)
		return st;
	to = open_memstream(&text, &len);
	st = to != NULL ? put_all(export, ledger, to) : ST_STATION_MEMORY;
	if (to != NULL && fclose(to) != 0 && st == ST_OK)
		st = ST_STATION_MEMORY;
	if (st == ST_OK)
		st = new_file_end(&file, export->cli, bytes_of(text, len));
	new_file_drop(&file);
	free(text);
	return st;
}

static enum status
export_ledger(struct export *export)
{
	struct cmd_station opened;
	enum status st = unit_open_ledger(&opened, export->cli, export->file);

	if (st != ST_OK)
		return st;
	if (export->path == NULL || text_equal(export->path, "-"))
		st = put_all(export, opened.ledger, stdout);
	else
		st = put_file(export, opened.ledger);
	cmd_close_station(&opened);
	return st;
}

enum status
cmd_ledger_export(struct cli *cli, int argc, char **argv)
{
	static const struct argp_option options[] = {
		{"csv", OPT_CSV, NULL, 0, "Comma-separated values", 0},
		{"full", OPT_FULL, NULL, 0, "IMEIs in full", 0},
		OPTION_FILE,
		{0},
	};
	static const struct argp argp = {
		.options = options,
		.parser = parse_export,
		.args_doc = "[FILE|-]",
		.doc = "Write all numbers that are not free, with their "
		       "state, chip, model, slot and times, to a new file or "
		       "to the output, as CSV or as JSON.\vExample:\n"
		       "  imeilock ledger export --csv numbers.csv",
	};
	struct export export = {.cli = cli};

	cmd_parse(cli, argc, argv, &argp, &export);
	return export_ledger(&export);
}

/* ----------------------------------------------------------------- backup */

struct backup {
	const char *path;
};

static error_t
parse_backup(int key, char *arg, struct argp_state *state)
{
	struct backup *backup = state->input;

	switch (key) {
	case ARGP_KEY_ARG:
		if (backup->path != NULL)
			cmd_refuse(state, "one file at a time");
		backup->path = arg;
		return 0;
	case ARGP_KEY_END:
		cmd_need(state, "FILE", backup->path);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static enum status
make_backup(struct cli *cli, const char *path)
{
	struct cmd_station opened;
	struct ledger *copy = NULL;
	struct chain_head head;
	char detail[48];
	enum status st = cmd_open_station(&opened, cli);

	if (st != ST_OK)
		return st;
	cmd_detail(cli, "%s", path);
	st = ledger_backup(opened.ledger, path);
	/* what counts is what can be read from it */
	if (st == ST_OK)
		st = ledger_open_read(&copy, path);
	if (st == ST_OK)
		st = ledger_check_chain(copy);
	if (st == ST_OK)
		st = ledger_head(copy, &head);
	ledger_close(copy);
	if (st == ST_OK) {
		(void)snprintf(detail, sizeof(detail),
			       "{\"events\":%" PRIu64 "}", head.count);
		st = ledger_note(opened.ledger, &opened.by.who, "backup",
				 detail);
	}
	cmd_close_station(&opened);
	if (st != ST_OK)
		return st;
	row_begin(&cli->out, "backup");
	row_text(&cli->out, "file", path);
	row_uint(&cli->out, "events", head.count);
	row_hex(&cli->out, "hash",
		bytes_of(head.hash.byte, sizeof(head.hash.byte)));
	row_end(&cli->out);
	return ST_OK;
}

enum status
cmd_ledger_backup(struct cli *cli, int argc, char **argv)
{
	static const struct argp argp = {
		.parser = parse_backup,
		.args_doc = "FILE",
		.doc = "Copy the ledger as it is now to a new file, also "
		       "while the station works.  The copy can be read and "
		       "is never worked with.\vExample:\n"
		       "  imeilock ledger backup ledger-monday.backup",
	};
	struct backup backup = {NULL};

	cmd_parse(cli, argc, argv, &argp, &backup);
	return make_backup(cli, backup.path);
}

/* ------------------------------------------------------------------ check */

struct check {
	struct cli *cli;
	const char *file;
};

static error_t
parse_check(int key, char *arg, struct argp_state *state)
{
	struct check *check = state->input;

	if (key != OPT_FILE)
		return ARGP_ERR_UNKNOWN;
	check->file = arg;
	(void)state;
	return 0;
}

static void
show_look(void *ctx, const struct ledger_look *look)
{
	struct check *check = ctx;
	struct output *out = &check->cli->out;
	bool is_good = look->status == ST_OK;

	row_begin(out, "look");
	row_text(out, "what", lang(look->what));
	row_uint(out, "count", look->count);
	row_verdict(out, "check", is_good ? VERDICT_GOOD : VERDICT_STOP,
		    is_good ? "good" : "wrong");
	row_text(out, "place", is_good ? NULL : lang(look->place));
	row_end(out);
	if (!is_good && check->cli->detail[0] == '\0')
		cmd_detail(check->cli, "%s: %s", lang(look->what),
			   lang(look->place));
}

/* Ledger and signer's register, if a signer runs. */
static enum status
check_heads(struct check *check, const struct cmd_station *opened)
{
	struct ledger_look look = {"heads", 2, "", ST_OK};
	char path[ADDRESS_MAX + 1];
	struct hsm *hsm = NULL;
	enum status st = station_socket(&opened->station, path);

	if (st != ST_OK || hsm_connect(&hsm, path) != ST_OK) {
		output_say(&check->cli->out,
			   "No signer runs here: the register's head was not "
			   "looked at.");
		return st;
	}
	look.status = station_check_copies(opened->ledger, hsm);
	hsm_close(hsm);
	look.place = look.status == ST_HSM_LEDGER_OLD ? "ledger" : "register";
	show_look(check, &look);
	return look.status;
}

static void
show_head(struct output *out, const struct chain_head *head)
{
	row_begin(out, "head");
	row_uint(out, "events", head->count);
	row_hex(out, "hash",
		bytes_of(head->hash.byte, sizeof(head->hash.byte)));
	row_end(out);
}

static enum status
check_ledger(struct check *check)
{
	struct cmd_station opened;
	struct chain_head head;
	enum status st = unit_open_ledger(&opened, check->cli, check->file);
	enum status heads = ST_OK;

	if (st != ST_OK)
		return st;
	table_begin(&check->cli->out);
	st = ledger_check(opened.ledger, show_look, check);
	if (check->file == NULL)
		heads = check_heads(check, &opened);
	table_end(&check->cli->out);
	if (st == ST_OK)
		st = heads;
	if (st == ST_OK)
		st = cmd_show_sums(check->cli, opened.ledger, UINT32_MAX);
	if (st == ST_OK)
		st = ledger_head(opened.ledger, &head);
	if (st == ST_OK)
		show_head(&check->cli->out, &head);
	cmd_close_station(&opened);
	return st;
}

enum status
cmd_ledger_check(struct cli *cli, int argc, char **argv)
{
	static const struct argp_option options[] = {OPTION_FILE, {0}};
	static const struct argp argp = {
		.options = options,
		.parser = parse_check,
		.doc = "Look at the whole ledger: the chain of events, what "
		       "they say against what the rows say, the sums, and, "
		       "at an armed station, the signer's register.\v"
		       "Example:\n  imeilock ledger check\n"
		       "  imeilock ledger check --file ledger-monday.backup",
	};
	struct check check = {.cli = cli};

	cmd_parse(cli, argc, argv, &argp, &check);
	return check_ledger(&check);
}
