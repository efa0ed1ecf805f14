/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "tool/cmd.h"
#include "tool/lang.h"

#define OPT_MODEL 0x200
#define OPT_FIRST 0x201
#define OPT_LAST 0x202
#define OPT_TAC 0x203

/* ------------------------------------------------------------------- add */

struct tac_add {
	char model[MODEL_MAX + 1];
	bool has_first, has_last, has_tac;
	struct interval interval;
};

static uint32_t
parse_tac(const struct argp_state *state, const char *name, const char *text)
{
	if (strlen(text) != IMEI_TAC_LEN)
		cmd_refuse(state, "%s has 8 digits", name);
	return (uint32_t)cmd_number(state, name, text, 0, IMEI_TAC_MAX);
}

/* All numbers of a TAC, but for the one that is no IMEI. */
static struct interval
whole_tac(uint32_t tac)
{
	return (struct interval){
		imei_of(tac, tac == 0 ? 1 : 0),
		imei_of(tac, IMEI_SNR_MAX),
	};
}

static void
check_add(const struct argp_state *state, const struct tac_add *add)
{
	if (add->model[0] == '\0')
		cmd_refuse(state, "--model is missing");
	if (add->has_tac ? add->has_first || add->has_last
			 : !add->has_first || !add->has_last)
		cmd_refuse(state, "give --first and --last, or --tac alone");
}

static error_t
parse_add(int key, char *arg, struct argp_state *state)
{
	struct tac_add *add = state->input;

	switch (key) {
	case OPT_MODEL:
		cmd_copy(state, "--model", add->model, sizeof(add->model), arg);
		return 0;
	case OPT_FIRST:
		add->interval.first = cmd_body(state, "--first", arg);
		add->has_first = true;
		return 0;
	case OPT_LAST:
		add->interval.last = cmd_body(state, "--last", arg);
		add->has_last = true;
		return 0;
	case OPT_TAC:
		add->interval = whole_tac(parse_tac(state, "--tac", arg));
		add->has_tac = true;
		return 0;
	case ARGP_KEY_END:
		check_add(state, add);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static void
show_interval(struct output *out, const char *model,
	      const struct interval *interval)
{
	char first[IMEI_BODY_LEN + 1], last[IMEI_BODY_LEN + 1];

	imei_format_body(first, interval->first);
	imei_format_body(last, interval->last);
	row_text(out, "model", model);
	row_text(out, "first", first);
	row_text(out, "last", last);
	row_uint(out, "numbers",
		 interval->last.body - interval->first.body + 1);
}

static enum status
add_interval(struct cli *cli, const struct tac_add *add)
{
	struct cmd_station opened;
	enum status st = cmd_open_station(&opened, cli);

	if (st != ST_OK)
		return st;
	st = ledger_add_interval(opened.ledger, &opened.by.who, add->model,
				 &add->interval);
	cmd_close_station(&opened);
	if (st != ST_OK)
		return st;
	row_begin(&cli->out, "interval");
	show_interval(&cli->out, add->model, &add->interval);
	row_end(&cli->out);
	if (!imei_is_test(add->interval.first) &&
	    !imei_is_known_rbi(add->interval.first))
		output_warn(&cli->out, "the TAC's first two digits are of no "
				       "reporting body that is known to issue "
				       "TACs");
	return ST_OK;
}

enum status
cmd_tac_add(struct cli *cli, int argc, char **argv)
{
	static const struct argp_option options[] = {
		{"model", OPT_MODEL, "M", 0, "The model that gets them", 0},
		{"first", OPT_FIRST, "N14", 0,
		 "The first number: 14 digits, without check digit", 0},
		{"last", OPT_LAST, "N14", 0, "The last number", 0},
		{"tac", OPT_TAC, "T8", 0, "All numbers of this TAC", 0},
		{0},
	};
	static const struct argp argp = {
		.options = options,
		.parser = parse_add,
		.doc = "Add an interval of numbers to the station's ledger; it "
		       "is used after those that are there.\v"
		       "Example:\n"
		       "  imeilock tac add --model m1 \\\n"
		       "    --first 00440100000000 --last 00440100000999\n"
		       "  imeilock tac add --model m1 --tac 00440100",
	};
	struct tac_add add = {.has_tac = false};

	cmd_parse(cli, argc, argv, &argp, &add);
	return add_interval(cli, &add);
}

/* ------------------------------------------------------------------ list */

static void
show_supply(struct cli *cli, const struct cmd_station *opened,
	    const struct ledger_interval *interval)
{
	struct output *out = &cli->out;
	unsigned int slots = cmd_model_slots(opened, interval->model);
	char next[IMEI_BODY_LEN + 1] = "";
	uint64_t left = 0;

	imei_format_body(next, interval->next);
	if (imei_is_valid(interval->next))
		left = interval->interval.last.body - interval->next.body + 1;
	row_begin(out, "interval");
	show_interval(out, interval->model, &interval->interval);
	row_text(out, "next",
		 imei_is_valid(interval->next) ? next : lang("used up"));
	row_uint(out, "free", interval->count[NUMBER_FREE]);
	if (slots > 0)
		row_uint(out, "units_left", left / slots);
	else
		row_text(out, "units_left", NULL);
	row_end(out);
}

enum status
cmd_tac_list(struct cli *cli, int argc, char **argv)
{
	static const struct argp argp = {
		.doc = "List the ledger's intervals in the order in which they "
		       "are used, and how many units each still gives, where "
		       "the model's slots are known: from an armed profile, or "
		       "from a unit.\vExample:\n  imeilock tac list",
	};
	struct ledger_interval *list;
	struct cmd_station opened;
	size_t count;
	enum status st;

	cmd_parse(cli, argc, argv, &argp, NULL);
	st = cmd_open_station(&opened, cli);
	if (st != ST_OK)
		return st;
	st = cmd_intervals(opened.ledger, &list, &count);
	if (st != ST_OK) {
		cmd_close_station(&opened);
		return st;
	}
	table_begin(&cli->out);
	for (size_t i = 0; i < count; i++)
		show_supply(cli, &opened, &list[i]);
	table_end(&cli->out);
	cmd_close_station(&opened);
	free(list);
	if (count == 0)
		output_say(&cli->out, "The ledger has no intervals yet.");
	return ST_OK;
}

/* ------------------------------------------------------------------ show */

struct tac_show {
	bool has_tac;
	uint32_t tac;
};

static error_t
parse_show(int key, char *arg, struct argp_state *state)
{
	struct tac_show *show = state->input;

	switch (key) {
	case ARGP_KEY_ARG:
		if (show->has_tac)
			cmd_refuse(state, "one TAC at a time");
		show->tac = parse_tac(state, "TAC", arg);
		show->has_tac = true;
		return 0;
	case ARGP_KEY_END:
		if (!show->has_tac)
			cmd_refuse(state, "TAC is missing");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

enum status
cmd_tac_show(struct cli *cli, int argc, char **argv)
{
	static const struct argp argp = {
		.parser = parse_show,
		.args_doc = "TAC",
		.doc = "Show how many numbers of a TAC are in each state, and "
		       "that they add up.\v"
		       "Example:\n  imeilock tac show 00440100",
	};
	struct tac_show show = {.has_tac = false};
	struct cmd_station opened;
	enum status st;

	cmd_parse(cli, argc, argv, &argp, &show);
	st = cmd_open_station(&opened, cli);
	if (st != ST_OK)
		return st;
	st = cmd_show_sums(cli, opened.ledger, show.tac);
	cmd_close_station(&opened);
	return st;
}
