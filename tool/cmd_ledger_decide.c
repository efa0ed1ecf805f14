/* SPDX-License-Identifier: Apache-2.0 */
/* What people decide about a unit: quarantine, release, scrap, replace. */
#include <stdio.h>
#include <string.h>

#include "tool/lang.h"
#include "tool/units.h"

#define OPT_REASON 0x200
#define OPT_OPERATOR 0x201
#define OPT_SECOND 0x202
#define OPT_CONFIRM 0x203
#define OPT_OLD 0x204
#define OPT_NEW 0x205
#define DIGITS_MAX 13 /* of a number in a reason */

struct decide;

/* One of the four commands. */
struct decision_kind {
	const char *done;  /* what became of the unit */
	const char *words; /* that confirm it; NULL: it can be undone */
	bool is_link;	   /* takes --old and --new */
	enum status (*run)(const struct decide *decide, struct ledger *ledger,
			   const struct ledger_unit *unit);
};

struct decide {
	const struct decision_kind *kind;
	struct unit_choice choice;
	struct ledger_who who;
	struct ledger_decision decision;
	const char *operator_name;
	const char *confirm;
	struct chip_id new_chip;
};

/* -------------------------------------------------------------- arguments */

/* Text that is shown as it was typed. */
static const char *
plain(const struct argp_state *state, const char *name, const char *text,
      size_t max)
{
	char shown[SHOW_ESCAPED(LEDGER_WHY_MAX)];

	if (text[0] == '\0' || strlen(text) > max)
		cmd_refuse(state, "%s has 1 to %zu bytes", name, max);
	show_escape(shown, sizeof(shown), text);
	if (!text_equal(shown, text))
		cmd_refuse(state, "%s has a character that cannot be shown",
			   name);
	return text;
}

/* A history is shown without whole IMEIs; a reason must not bring them in. */
static const char *
reason(const struct argp_state *state, const char *text)
{
	const char *at = plain(state, "--reason", text, LEDGER_WHY_MAX);

	while (*at != '\0') {
		size_t digits = strspn(at, "0123456789");

		if (digits > DIGITS_MAX)
			cmd_refuse(state, "--reason must not hold an IMEI");
		at += digits > 0 ? digits : 1;
	}
	return text;
}

static void
take_new(const struct argp_state *state, struct decide *decide,
	 const char *text)
{
	if (!unit_chip(&decide->new_chip, text))
		cmd_refuse(state, "--new is a chip id in hexadecimal");
}

static void
check_decide(const struct argp_state *state, const struct decide *decide)
{
	if (decide->choice.what == NULL && decide->choice.board == NULL)
		cmd_refuse(state, decide->kind->is_link
					  ? "--old or --board is missing"
					  : "the unit's IMEI or chip id, or "
					    "--board, is missing");
	cmd_need(state, "--reason", decide->decision.why);
	if (decide->kind->words != NULL && decide->decision.second[0] == '\0')
		cmd_refuse(state, "--second is missing");
	if (decide->kind->is_link && decide->new_chip.len == 0)
		cmd_refuse(state, "--new is missing");
}

static error_t
parse_decide(int key, char *arg, struct argp_state *state)
{
	struct decide *decide = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &decide->choice;
		return 0;
	case OPT_REASON:
		decide->decision.why = reason(state, arg);
		return 0;
	case OPT_OPERATOR:
		decide->operator_name =
			plain(state, "--operator", arg, LEDGER_NAME_MAX);
		return 0;
	case OPT_SECOND:
		decide->decision.second =
			plain(state, "--second", arg, LEDGER_NAME_MAX);
		return 0;
	case OPT_CONFIRM:
		decide->confirm = arg;
		return 0;
	case OPT_OLD:
		decide->choice.what = arg;
		return 0;
	case OPT_NEW:
		take_new(state, decide, arg);
		return 0;
	case ARGP_KEY_END:
		check_decide(state, decide);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

#define OPTION_REASON                                                          \
	{                                                                      \
		"reason", OPT_REASON, "TEXT", 0, "Why", 0                      \
	}
#define OPTION_OPERATOR                                                        \
	{                                                                      \
		"operator", OPT_OPERATOR, "NAME", 0,                           \
			"Who decides (default: who is armed, or logged in)", 0 \
	}
#define OPTION_SECOND                                                          \
	{                                                                      \
		"second", OPT_SECOND, "NAME", 0,                               \
			"The second person, who is not the operator", 0        \
	}
#define OPTION_CONFIRM(words)                                                  \
	{                                                                      \
		"confirm", OPT_CONFIRM, "WORDS", 0,                            \
			"Exactly \"" words                                     \
			"\"; without it, it is asked for on the terminal",     \
			0                                                      \
	}

static const struct argp_child choice_child[] = {
	{&unit_choice_argp, 0, NULL, 0},
	{0},
};

/* ----------------------------------------------------------- confirmation */

static enum status
confirm(struct cli *cli, const struct decide *decide,
	const struct ledger_unit *unit)
{
	char question[512], typed[64] = "";
	char imei[IMEI_LEN + 1], chip[2 * CHIP_ID_MAX + 1];
	const char *said = decide->confirm;
	enum status st;

	if (decide->kind->words == NULL)
		return ST_OK;
	if (said == NULL) {
		text_hex(chip, sizeof(chip), chip_id_bytes(&unit->chip));
		cmd_show_imei(imei, unit->identity.slot[unit->identity.primary],
			      false);
		(void)snprintf(question, sizeof(question),
			       lang("Chip %s, model %s, IMEI %s, %s. This "
				    "cannot be undone. Type '%s': "),
			       chip, unit->model, imei,
			       lang(number_state_name(unit->state)),
			       decide->kind->words);
		st = cmd_ask(cli, question, true, typed, sizeof(typed));
		if (st != ST_OK)
			return st;
		said = typed;
	}
	if (text_equal(said, decide->kind->words))
		return ST_OK;
	cmd_detail(cli, "not confirmed with '%s', nothing was changed",
		   decide->kind->words);
	return ST_USAGE;
}

/* -------------------------------------------------------------------- run */

static void
show_done(struct cli *cli, const struct decide *decide,
	  const struct ledger_unit *before, const struct ledger_unit *after)
{
	struct output *out = &cli->out;

	row_begin(out, decide->kind->done);
	row_hex(out, "chip", chip_id_bytes(&after->chip));
	row_text(out, "model", after->model);
	row_identity(out, "imei", &after->identity, false);
	row_text(out, "was", lang(number_state_name(before->state)));
	row_text(out, "state", lang(number_state_name(after->state)));
	row_hex(out, "replaced_by", chip_id_bytes(&after->replaced_by));
	row_text(out, "operator", decide->who.operator_name);
	row_text(out, "second",
		 decide->decision.second[0] != '\0' ? decide->decision.second
						    : NULL);
	row_text(out, "reason", decide->decision.why);
	row_end(out);
}

static enum status
decide_unit(struct cli *cli, const struct decide *decide, struct ledger *ledger)
{
	struct ledger_unit before, after;
	struct chip_id chip;
	enum status st =
		unit_find_choice(cli, ledger, &decide->choice, &chip, &before);

	if (st == ST_OK && decide->kind->words != NULL)
		st = ledger_check_decision(&decide->who, &decide->decision);
	if (st == ST_OK)
		st = confirm(cli, decide, &before);
	if (st == ST_OK)
		st = decide->kind->run(decide, ledger, &before);
	if (st == ST_OK)
		st = ledger_find(ledger, &chip, &after);
	if (st == ST_OK)
		show_done(cli, decide, &before, &after);
	return st;
}

static enum status
run(struct cli *cli, struct decide *decide)
{
	struct cmd_station opened;
	enum status st = cmd_open_station(&opened, cli);

	if (st != ST_OK)
		return st;
	decide->who = opened.by.who;
	if (decide->operator_name != NULL)
		decide->who.operator_name = decide->operator_name;
	st = decide_unit(cli, decide, opened.ledger);
	cmd_close_station(&opened);
	return st;
}

static enum status
run_quarantine(const struct decide *decide, struct ledger *ledger,
	       const struct ledger_unit *unit)
{
	return ledger_quarantine(ledger, &decide->who, &decide->decision,
				 &unit->chip);
}

static enum status
run_release(const struct decide *decide, struct ledger *ledger,
	    const struct ledger_unit *unit)
{
	return ledger_release(ledger, &decide->who, &decide->decision,
			      &unit->chip, &unit->key);
}

static enum status
run_scrap(const struct decide *decide, struct ledger *ledger,
	  const struct ledger_unit *unit)
{
	return ledger_scrap(ledger, &decide->who, &decide->decision,
			    &unit->chip);
}

static enum status
run_replace(const struct decide *decide, struct ledger *ledger,
	    const struct ledger_unit *unit)
{
	return ledger_replace(ledger, &decide->who, &decide->decision,
			      &unit->chip, &decide->new_chip);
}

/* --------------------------------------------------------------- commands */

enum status
cmd_ledger_quarantine(struct cli *cli, int argc, char **argv)
{
	static const struct decision_kind kind = {"quarantined", NULL, false,
						  run_quarantine};
	static const struct argp_option options[] = {
		OPTION_REASON, OPTION_OPERATOR, OPTION_SECOND, {0}};
	static const struct argp argp = {
		.options = options,
		.parser = parse_decide,
		.args_doc = "[IMEI|CHIP]",
		.doc = "Put a unit's numbers into quarantine: nothing goes on "
		       "with it until it is released or scrapped.\vExample:\n"
		       "  imeilock ledger quarantine 004401000000006 \\\n"
		       "    --reason 'screen cracked'",
		.children = choice_child,
	};
	struct decide decide = {.kind = &kind, .decision.second = ""};

	cmd_parse(cli, argc, argv, &argp, &decide);
	return run(cli, &decide);
}

enum status
cmd_ledger_release(struct cli *cli, int argc, char **argv)
{
	static const struct decision_kind kind = {
		"released", "release this unit", false, run_release};
	static const struct argp_option options[] = {
		OPTION_REASON,
		OPTION_OPERATOR,
		OPTION_SECOND,
		OPTION_CONFIRM("release this unit"),
		{0}};
	static const struct argp argp = {
		.options = options,
		.parser = parse_decide,
		.args_doc = "[IMEI|CHIP]",
		.doc = "Take a unit out of quarantine, back to where it was, "
		       "with the same chip and key.  Needs a second person.\v"
		       "Example:\n"
		       "  imeilock ledger release 004401000000006 \\\n"
		       "    --reason 'cable was loose' --operator kim \\\n"
		       "    --second lee --confirm 'release this unit'",
		.children = choice_child,
	};
	struct decide decide = {.kind = &kind, .decision.second = ""};

	cmd_parse(cli, argc, argv, &argp, &decide);
	return run(cli, &decide);
}

enum status
cmd_ledger_scrap(struct cli *cli, int argc, char **argv)
{
	static const struct decision_kind kind = {"scrapped", "scrap this unit",
						  false, run_scrap};
	static const struct argp_option options[] = {
		OPTION_REASON,
		OPTION_OPERATOR,
		OPTION_SECOND,
		OPTION_CONFIRM("scrap this unit"),
		{0}};
	static const struct argp argp = {
		.options = options,
		.parser = parse_decide,
		.args_doc = "[IMEI|CHIP]",
		.doc = "Give a unit up: its chip is refused for ever, and its "
		       "numbers are never used.  Needs a second person.\v"
		       "Example:\n"
		       "  imeilock ledger scrap --board B-000123 \\\n"
		       "    --reason 'board is dead' --operator kim \\\n"
		       "    --second lee --confirm 'scrap this unit'",
		.children = choice_child,
	};
	struct decide decide = {.kind = &kind, .decision.second = ""};

	cmd_parse(cli, argc, argv, &argp, &decide);
	return run(cli, &decide);
}

enum status
cmd_ledger_replace(struct cli *cli, int argc, char **argv)
{
	static const struct decision_kind kind = {
		"replaced", "replace this chip", true, run_replace};
	static const struct argp_option options[] = {
		{"old", OPT_OLD, "IMEI|CHIP", 0, "The unit whose chip it was",
		 0},
		{"new", OPT_NEW, "CHIP", 0,
		 "The chip that is there now, in hexadecimal", 0},
		OPTION_REASON,
		OPTION_OPERATOR,
		OPTION_SECOND,
		OPTION_CONFIRM("replace this chip"),
		{0}};
	static const struct argp argp = {
		.options = options,
		.parser = parse_decide,
		.doc = "Link the chip that was replaced with the one that took "
		       "its place: the old unit is scrapped, the new one gets "
		       "numbers of its own.  Needs a second person.\v"
		       "Example:\n"
		       "  imeilock ledger replace --old 004401000000006 \\\n"
		       "    --new 001100220033004455 --reason 'chip changed' "
		       "\\\n"
		       "    --operator kim --second lee \\\n"
		       "    --confirm 'replace this chip'",
		.children = choice_child,
	};
	struct decide decide = {.kind = &kind, .decision.second = ""};

	cmd_parse(cli, argc, argv, &argp, &decide);
	return run(cli, &decide);
}
