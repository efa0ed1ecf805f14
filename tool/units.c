/* SPDX-License-Identifier: Apache-2.0 */
#include "tool/units.h"

#define OPT_BOARD 0x280

const char *
unit_board(const struct argp_state *state, const char *text)
{
	if (!ledger_is_board(text))
		cmd_refuse(state,
			   "a board's barcode has 1 to %d printable ASCII "
			   "characters, and no space at either end",
			   BOARD_MAX);
	return text;
}

static error_t
parse_choice(int key, char *arg, struct argp_state *state)
{
	struct unit_choice *choice = state->input;

	switch (key) {
	case OPT_BOARD:
		choice->board = unit_board(state, arg);
		return 0;
	case ARGP_KEY_ARG:
		if (choice->what != NULL)
			cmd_refuse(state, "one IMEI or chip id at a time");
		choice->what = arg;
		return 0;
	case ARGP_KEY_END:
		if (choice->what != NULL && choice->board != NULL)
			cmd_refuse(state, "either --board, or an IMEI or chip "
					  "id");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp_option choice_options[] = {
	{"board", OPT_BOARD, "TEXT", 0,
	 "The unit on the board with this "
	 "barcode",
	 0},
	{0},
};

const struct argp unit_choice_argp = {
	.options = choice_options,
	.parser = parse_choice,
};

bool
unit_chip(struct chip_id *out, const char *text)
{
	size_t len;

	*out = (struct chip_id){.len = 0};
	if (strlen(text) < 2 * CHIP_ID_MIN ||
	    !text_hex_parse(out->byte, sizeof(out->byte), &len, text))
		return false;
	out->len = (uint8_t)len;
	return true;
}

static enum status
find(struct ledger *ledger, const struct unit_choice *choice,
     struct chip_id *chip, struct ledger_unit *unit)
{
	struct imei imei;
	enum status st;

	if (choice->board != NULL)
		return ledger_find_board(ledger, choice->board, unit);
	if (unit_chip(chip, choice->what))
		return ledger_find(ledger, chip, unit);
	st = cmd_imei(&imei, choice->what, strlen(choice->what));
	return st == ST_OK ? ledger_find_imei(ledger, imei, unit) : st;
}

enum status
unit_find_choice(struct cli *cli, struct ledger *ledger,
		 const struct unit_choice *choice, struct chip_id *chip,
		 struct ledger_unit *unit)
{
	enum status st;

	*chip = (struct chip_id){.len = 0};
	st = find(ledger, choice, chip, unit);
	if (st == ST_OK)
		*chip = unit->chip;
	else
		cmd_detail(cli, "%s",
			   choice->board != NULL ? choice->board
						 : choice->what);
	return st;
}

/* ----------------------------------------------------------------- ledger */

static void
take_time(void *ctx, const struct ledger_event *event)
{
	*(uint64_t *)ctx = (uint64_t)event->time;
}

static enum status
say_backup(struct cli *cli, struct ledger *ledger, const char *file)
{
	char text[TEXT_TIME_SIZE];
	struct chain_head head;
	uint64_t time = 0;
	enum status st;

	if (!ledger_is_backup(ledger))
		return ST_OK;
	st = ledger_head(ledger, &head);
	if (st == ST_OK)
		st = ledger_history(ledger, NULL, take_time, &time);
	if (st != ST_OK)
		return st;
	text_time(text, time);
	output_warn(&cli->out,
		    "%s is a backup with %llu events, the last of %s; it "
		    "is for reading only",
		    file, (unsigned long long)head.count, text);
	return ST_OK;
}

enum status
unit_open_ledger(struct cmd_station *out, struct cli *cli, const char *file)
{
	enum status st;

	if (file == NULL)
		return cmd_open_station(out, cli);
	memset(out, 0, sizeof(*out));
	cmd_detail(cli, "%s", file);
	st = ledger_open_read(&out->ledger, file);
	if (st == ST_OK)
		st = say_backup(cli, out->ledger, file);
	if (st == ST_OK)
		cli->detail[0] = '\0';
	else
		cmd_close_station(out);
	return st;
}
