/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>

#include "tool/cmd.h"

#define OPT_ROOT 0x200
#define OPT_UNIT 0x201
#define OPT_AT 0x202
#define OPT_ACCEPT 0x203
#define OPT_NO_PROBE 0x204
#define VERIFY_MS 120000

struct verify {
	struct cmd_roots roots;
	struct unit_address unit;
	size_t at_count;
	bool accept_development;
	bool no_probe;
};

static void
add_at(const struct argp_state *state, struct verify *verify, const char *arg)
{
	if (verify->at_count == SLOTS_MAX) {
		cmd_refuse(state, "more than %d times --at", SLOTS_MAX);
		return;
	}
	cmd_copy(state, "--at", verify->unit.at[verify->at_count++],
		 ADDRESS_MAX + 1, arg);
}

static error_t
parse_verify(int key, char *arg, struct argp_state *state)
{
	struct verify *verify = state->input;

	switch (key) {
	case OPT_ROOT:
		cmd_add_root(state, &verify->roots, arg);
		return 0;
	case OPT_UNIT:
		cmd_copy(state, "--unit", verify->unit.agent, ADDRESS_MAX + 1,
			 arg);
		return 0;
	case OPT_AT:
		add_at(state, verify, arg);
		return 0;
	case OPT_ACCEPT:
		verify->accept_development = true;
		return 0;
	case OPT_NO_PROBE:
		verify->no_probe = true;
		return 0;
	case ARGP_KEY_END:
		if (verify->roots.count == 0)
			cmd_refuse(state, "--root is missing");
		if (verify->unit.agent[0] == '\0')
			cmd_refuse(state, "--unit is missing");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static void
show_line(struct output *out, const struct verify_line *line)
{
	row_begin(out, "check");
	row_text(out, "check", line->check);
	switch (line->weight) {
	case VERIFY_GOOD:
		row_verdict(out, "result", VERDICT_GOOD, "good");
		break;
	case VERIFY_NOT_SHOWN:
		row_text(out, "result", "not shown");
		break;
	case VERIFY_BAD:
	default:
		row_verdict(out, "result", verdict_of(line->status),
			    status_name(line->status));
		break;
	}
	row_text(out, "detail", line->detail);
	row_end(out);
}

static void
show_verdict(struct output *out, const struct verify_report *report)
{
	row_begin(out, "verdict");
	row_verdict(out, "verdict", verdict_of(report->verdict), NULL);
	row_identity(out, "imei", &report->identity, true);
	if (report->has_hello) {
		row_text(out, "model", report->hello.model);
		row_text(out, "class", text_class(report->hello.class));
		row_hex(out, "chip", chip_id_bytes(&report->hello.chip));
	}
	row_status(out, "code", report->verdict);
	row_text(out, "sentence", status_sentence(report->verdict));
	row_end(out);
}

static enum status
verify(struct cli *cli, struct verify *what)
{
	struct verify_options options = {
		.root = what->roots.key,
		.root_count = what->roots.count,
		.accept_development = what->accept_development,
		.probe_canaries = !what->no_probe,
	};
	struct verify_report *report;
	enum status st = cmd_load_roots(cli, &what->roots);

	if (st != ST_OK)
		return st;
	report = calloc(1, sizeof(*report));
	if (report == NULL)
		return ST_STATION_MEMORY;
	verify_unit(report, &what->unit, &options, deadline_in(VERIFY_MS));
	table_begin(&cli->out);
	for (size_t i = 0; i < report->line_count; i++)
		show_line(&cli->out, &report->line[i]);
	table_end(&cli->out);
	output_say(&cli->out, "%s", "");
	show_verdict(&cli->out, report);
	st = report->verdict;
	free(report);
	cli->is_reported = true;
	return st;
}

enum status
cmd_verify(struct cli *cli, int argc, char **argv)
{
	static const struct argp_option options[] = {
		{"root", OPT_ROOT, "FILE", 0,
		 "The vendor root's public key (PEM); again for each that is "
		 "accepted",
		 0},
		{"unit", OPT_UNIT, "ADDR", 0, "The address of the agent", 0},
		{"at", OPT_AT, "ADDR", 0,
		 "The AT port of modem slot 1; again for slots 2 to 4", 0},
		{"accept-development", OPT_ACCEPT, NULL, 0,
		 "Accept a development unit", 0},
		{"no-probe", OPT_NO_PROBE, NULL, 0,
		 "Do not ask the unit to try its canary fuses", 0},
		{0},
	};
	static const struct argp argp = {
		.options = options,
		.parser = parse_verify,
		.doc = "Check that a unit is locked with the identity that its "
		       "record states.  Needs the root's public key and the "
		       "unit, no station and no network.\v"
		       "Example:\n"
		       "  imeilock verify --root root.pem \\\n"
		       "    --unit unix:h1/agent.sock --at unix:h1/at1.sock",
	};
	struct verify what = {.at_count = 0};

	cmd_parse(cli, argc, argv, &argp, &what);
	return verify(cli, &what);
}
