/* SPDX-License-Identifier: Apache-2.0 */
/* imeilock: the table of commands, and what their outcome means for the
 * caller. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "proto/crypto.h"
#include "tool/cmd.h"
#include "tool/lang.h"

static const struct cmd commands[] = {
	{NULL, "provision", "Write, lock and prove the units in the slots",
	 cmd_provision},
	{NULL, "devices", "Say who answers in each slot; reads only",
	 cmd_devices},
	{NULL, "verify", "Check a locked unit against the vendor's root",
	 cmd_verify},
	{NULL, "inspect", "Show a unit's fuses, or a signed object",
	 cmd_inspect},
	{"station", "init", "Make a station folder with a new ledger",
	 cmd_station_init},
	{"station", "arm", "Start a shift: operator, profiles, units, signer",
	 cmd_station_arm},
	{"station", "close", "End the shift and show the sums",
	 cmd_station_close},
	{"station", "show", "Show the station and whether it is armed",
	 cmd_station_show},
	{"slots", "list", "Show the slots, and what is plugged in elsewhere",
	 cmd_slots_list},
	{"slots", "learn", "Find out which USB port is which slot",
	 cmd_slots_learn},
	{"slots", "set", "Give a slot its addresses by hand", cmd_slots_set},
	{"slots", "remove", "Take a slot out of the station", cmd_slots_remove},
	{"imei", "check", "Check numbers, or a file of them", cmd_imei_check},
	{"imei", "format", "Show a number in another text form",
	 cmd_imei_format},
	{"imei", "encode", "Encode a number as carriers do", cmd_imei_encode},
	{"tac", "add", "Add an interval of numbers to the ledger", cmd_tac_add},
	{"tac", "list", "List the intervals in the order of use", cmd_tac_list},
	{"tac", "show", "Count the numbers of a TAC in each state",
	 cmd_tac_show},
	{"ledger", "show", "Show the units that the ledger knows",
	 cmd_ledger_show},
	{"ledger", "history", "Show the events of a unit, oldest first",
	 cmd_ledger_history},
	{"ledger", "quarantine", "Stop a unit until it is decided about",
	 cmd_ledger_quarantine},
	{"ledger", "release", "Take a unit out of quarantine",
	 cmd_ledger_release},
	{"ledger", "scrap", "Give a unit up for ever", cmd_ledger_scrap},
	{"ledger", "replace", "Link a replaced chip with the new one",
	 cmd_ledger_replace},
	{"ledger", "export", "Write all numbers to a file, CSV or JSON",
	 cmd_ledger_export},
	{"ledger", "backup", "Copy the ledger while it is worked with",
	 cmd_ledger_backup},
	{"ledger", "check", "Look at the whole ledger for what is wrong",
	 cmd_ledger_check},
	{"profile", "new", "Write a profile for a model, to be filled in",
	 cmd_profile_new},
	{"profile", "check", "Read profiles and say what is wrong with them",
	 cmd_profile_check},
	{"profile", "udev", "Print udev's rules for the devices of models",
	 cmd_profile_udev},
	{"key", "root", "Make the root key, offline", cmd_key_root},
	{"key", "request", "Make the station's key and ask for a certificate",
	 cmd_key_request},
	{"key", "certify", "Answer a request, where the root is",
	 cmd_key_certify},
	{"key", "install", "Install the certificate at the station",
	 cmd_key_install},
	{"key", "revoke", "Say that a key is revoked, where the root is",
	 cmd_key_revoke},
	{"key", "show", "Show what a signer holds", cmd_key_show},
};

#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

const char *argp_program_version = "imeilock " IMEILOCK_VERSION;

static void
put_command(FILE *to, const struct cmd *cmd)
{
	char words[32];

	(void)snprintf(words, sizeof(words), "%s%s%s",
		       cmd->group != NULL ? cmd->group : "",
		       cmd->group != NULL ? " " : "", cmd->name);
	(void)fprintf(to, "  %-18s %s\n", words, lang(cmd->summary));
}

/* The commands of a group, or all of them. */
static void
put_commands(FILE *to, const char *group)
{
	for (size_t i = 0; i < COMMANDS; i++)
		if (group == NULL || (commands[i].group != NULL &&
				      text_equal(group, commands[i].group)))
			put_command(to, &commands[i]);
}

static char *
help_text(int key, const char *text, void *input)
{
	char *list = NULL;
	size_t len;
	FILE *to;

	(void)input;
	if (key != ARGP_KEY_HELP_EXTRA)
		return (char *)(uintptr_t)text;
	to = open_memstream(&list, &len);
	if (to == NULL)
		return NULL;
	(void)fputs(lang("Commands (each has its own --help):\n"), to);
	put_commands(to, NULL);
	(void)fputs(lang("\nExit codes: 0 good, 1 not understood, 2 run again, "
			 "3 red bin,\n4 call the engineer, 5 our bug."),
		    to);
	return fclose(to) == 0 ? list : NULL;
}

/* What main parses itself: everything before the command. */
struct start {
	struct cli *cli;
	int command; /* index in argv, 0 if there is none */
};

static error_t
parse_start(int key, char *arg, struct argp_state *state)
{
	struct start *start = state->input;

	(void)arg;
	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = start->cli;
		return 0;
	case ARGP_KEY_ARG:
		start->command = state->next - 1;
		state->next = state->argc;
		return 0;
	case ARGP_KEY_NO_ARGS:
		cmd_refuse(state, "a command is missing");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static void
parse_global(struct start *start, int argc, char **argv)
{
	const struct argp_child children[] = {
		{&cmd_common_argp, 0, NULL, 0},
		{0},
	};
	const struct argp argp = {
		.parser = parse_start,
		.args_doc = "COMMAND [ARGUMENT...]",
		.doc = "Write the IMEI of a new handset once, lock it for "
		       "good, and prove it.",
		.children = children,
		.help_filter = help_text,
	};

	(void)argp_parse(&argp, argc, argv, ARGP_IN_ORDER, NULL, start);
}

static bool
is_group(const char *word)
{
	for (size_t i = 0; i < COMMANDS; i++)
		if (commands[i].group != NULL &&
		    text_equal(word, commands[i].group))
			return true;
	return false;
}

static const struct cmd *
find_command(const char *group, const char *name)
{
	for (size_t i = 0; i < COMMANDS; i++) {
		const struct cmd *cmd = &commands[i];

		if (text_equal(name, cmd->name) &&
		    (group == NULL ? cmd->group == NULL
				   : cmd->group != NULL &&
					     text_equal(group, cmd->group)))
			return cmd;
	}
	return NULL;
}

/* `imeilock station`, `imeilock station --help`, `imeilock station x`. */
static enum status
explain_group(struct cli *cli, const char *group, const char *word)
{
	bool is_asked = word != NULL &&
			(text_equal(word, "--help") || text_equal(word, "-?"));

	put_commands(is_asked ? stdout : stderr, group);
	if (is_asked)
		return ST_OK;
	if (word == NULL)
		cmd_detail(cli, "'%s' takes one of these commands", group);
	else
		cmd_detail(cli, "'%s %s' is no command", group, word);
	return ST_USAGE;
}

static enum status
run_command(struct cli *cli, int argc, char **argv)
{
	const char *group = is_group(argv[0]) ? argv[0] : NULL;
	const struct cmd *cmd;
	char name[64];

	if (group != NULL) {
		argc--;
		argv++;
	}
	cmd = argc > 0 ? find_command(group, argv[0]) : NULL;
	if (cmd == NULL && group != NULL)
		return explain_group(cli, group, argc > 0 ? argv[0] : NULL);
	if (cmd == NULL) {
		cmd_detail(cli, "'%s' is no command", argv[0]);
		return ST_USAGE;
	}
	(void)snprintf(name, sizeof(name), "imeilock %s%s%s",
		       group != NULL ? group : "", group != NULL ? " " : "",
		       cmd->name);
	argv[0] = name;
	return cmd->run(cli, argc, argv);
}

static const char *
default_folder(void)
{
	const char *folder = getenv("IMEILOCK_STATION");

	return folder != NULL && folder[0] != '\0' ? folder : ".";
}

int
main(int argc, char **argv)
{
	struct cli cli = {.folder = default_folder()};
	struct start start = {.cli = &cli};
	enum verdict verdict;
	enum status st, end;

	lang_init();
	argp_err_exit_status = VERDICT_USAGE;
	(void)signal(SIGPIPE, SIG_IGN);
	output_init(&cli.out);
	parse_global(&start, argc, argv);
	st = crypto_init();
	if (st == ST_OK)
		st = run_command(&cli, argc - start.command,
				 argv + start.command);
	if (st != ST_OK && !cli.is_reported)
		output_error(&cli.out, st, cli.detail);
	verdict = verdict_of(st);
	end = output_end(&cli.out);
	if (end != ST_OK) {
		(void)fprintf(stderr, "imeilock: %s: %s\n", status_name(end),
			      status_sentence(end));
		verdict = verdict_worse(verdict, verdict_of(end));
	}
	return (int)verdict;
}
