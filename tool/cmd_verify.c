/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <time.h>

#include "tool/lang.h"
#include "tool/notices.h"
#include "tool/verify_run.h"

#define OPT_ROOT 0x200
#define OPT_UNIT 0x201
#define OPT_AT 0x202
#define OPT_ACCEPT 0x203
#define OPT_NO_PROBE 0x204
#define OPT_UNITS 0x210
#define OPT_AT_ONCE 0x211
#define OPT_FULL 0x212
#define OPT_SAMPLE 0x213
#define OPT_AQL 0x214
#define OPT_LEVEL 0x215
#define OPT_SEED 0x216
#define OPT_RECORD 0x217
#define OPT_CERT 0x218
#define OPT_UNSHOWN 0x219
#define OPT_REPORT 0x21a
#define OPT_REVOKED 0x21b

struct verify {
	struct verify_run run;
	struct cmd_roots roots;
	struct cmd_notices notices;
	const char *units; /* file, or NULL */
	const char *record;
	const char *cert;
	const char *page;
	bool has_unit;
	bool has_at; /* of a phone without an agent */
};

/* What a list says of an option's value. */
static void
refuse(const struct argp_state *state, enum status st, const char *why)
{
	if (st != ST_OK)
		cmd_refuse(state, "%s", lang(why));
}

static void
add_unit(const struct argp_state *state, struct verify *verify, const char *arg)
{
	const char *why = "";
	enum status st;

	if (verify->has_at)
		cmd_refuse(state, "--at comes behind its --unit");
	verify->has_unit = true;
	st = verify_list_add(&verify->run.list, arg, &why);
	refuse(state, st, why);
}

/* Without a unit it is one of a phone that has no agent. */
static void
add_at(const struct argp_state *state, struct verify *verify, const char *arg)
{
	const char *why = "";
	enum status st = ST_OK;

	if (!verify->has_unit && !verify->has_at) {
		st = verify_list_add(&verify->run.list, NULL, &why);
		verify->has_at = true;
	}
	if (st == ST_OK)
		st = verify_list_add_at(&verify->run.list, arg, &why);
	refuse(state, st, why);
}

static error_t
parse_sample(int key, const char *arg, const struct argp_state *state,
	     struct verify_sample *sample)
{
	switch (key) {
	case OPT_SAMPLE:
		sample->size =
			cmd_number(state, "--sample", arg, 1, VERIFY_LIST_MAX);
		return 0;
	case OPT_AQL:
		if (!sampling_aql_parse(&sample->aql, arg))
			cmd_refuse(state,
				   "--aql is 0, 0.065, 0.10, 0.15, 0.25, 0.40, "
				   "0.65, 1.0, 1.5, 2.5, 4.0 or 6.5");
		sample->has_plan = true;
		return 0;
	case OPT_LEVEL:
		if (!sampling_level_parse(&sample->level, arg))
			cmd_refuse(state, "--level is S-1, S-2, S-3, S-4, I, "
					  "II or III");
		sample->has_plan = true;
		return 0;
	case OPT_SEED:
		sample->seed = cmd_number(state, "--seed", arg, 0, UINT64_MAX);
		sample->has_seed = true;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static void
check_record(const struct argp_state *state, const struct verify *verify)
{
	if (verify->record == NULL || verify->cert == NULL)
		cmd_refuse(state, "--record and --cert belong together");
	if (verify->has_unit || verify->units != NULL ||
	    verify_is_sample(&verify->run.sample))
		cmd_refuse(state, "--record is about one phone with --at, "
				  "without --unit");
	if (!verify->has_at)
		cmd_refuse(state, "--at is missing");
}

static void
check_units(const struct argp_state *state, const struct verify *verify)
{
	const struct verify_sample *sample = &verify->run.sample;

	if (!verify->has_unit && verify->units == NULL)
		cmd_refuse(state, "--unit is missing");
	if (verify->has_at)
		cmd_refuse(state, "--at comes behind its --unit");
	if (verify->run.is_unshown_accepted)
		cmd_refuse(state, "--accept-unshown-lock goes with --record");
	if (sample->size > 0 && sample->has_plan)
		cmd_refuse(state, "either --sample, or --aql and --level");
	if (sample->has_seed && !verify_is_sample(sample))
		cmd_refuse(state, "--seed goes with --sample or --aql");
}

static void
check_arguments(const struct argp_state *state, const struct verify *verify)
{
	if (verify->roots.count == 0)
		cmd_refuse(state, "--root is missing");
	if (verify->record != NULL || verify->cert != NULL)
		check_record(state, verify);
	else
		check_units(state, verify);
}

static error_t
parse_more(int key, char *arg, const struct argp_state *state,
	   struct verify *verify)
{
	switch (key) {
	case OPT_UNITS:
		verify->units = arg;
		return 0;
	case OPT_AT_ONCE:
		verify->run.at_once = (unsigned int)cmd_number(
			state, "--at-once", arg, 1, STATION_SLOTS_MAX);
		return 0;
	case OPT_FULL:
		verify->run.is_full = true;
		return 0;
	case OPT_RECORD:
		verify->record = arg;
		return 0;
	case OPT_CERT:
		verify->cert = arg;
		return 0;
	case OPT_UNSHOWN:
		verify->run.is_unshown_accepted = true;
		return 0;
	case OPT_REPORT:
		verify->page = arg;
		return 0;
	default:
		return parse_sample(key, arg, state, &verify->run.sample);
	}
}

static error_t
parse_verify(int key, char *arg, struct argp_state *state)
{
	struct verify *verify = state->input;

	switch (key) {
	case OPT_ROOT:
		cmd_add_root(state, &verify->roots, arg);
		return 0;
	case OPT_REVOKED:
		cmd_add_notice(state, &verify->notices, arg);
		return 0;
	case OPT_UNIT:
		add_unit(state, verify, arg);
		return 0;
	case OPT_AT:
		add_at(state, verify, arg);
		return 0;
	case OPT_ACCEPT:
		verify->run.options.accept_development = true;
		return 0;
	case OPT_NO_PROBE:
		verify->run.options.probe_canaries = false;
		return 0;
	case ARGP_KEY_END:
		check_arguments(state, verify);
		return 0;
	default:
		return parse_more(key, arg, state, verify);
	}
}

static enum status
look(struct verify *what)
{
	struct verify_run *run = &what->run;
	enum status st = ST_OK;

	if (what->units != NULL)
		st = verify_list_read(run->cli, &run->list, what->units);
	if (st == ST_OK && run->list.count == 0) {
		cmd_detail(run->cli, "%s names no unit", what->units);
		st = ST_USAGE;
	}
	if (st != ST_OK)
		return st;
	run->is_record = what->record != NULL;
	run->is_many = what->units != NULL || run->list.count > 1 ||
		       verify_is_sample(&run->sample);
	run->began = (uint64_t)time(NULL);
	return run->is_record ? verify_run_record(run, what->record, what->cert)
			      : verify_run_units(run);
}

static enum status
report(struct verify *what)
{
	struct verify_run *run = &what->run;
	enum status worst = verify_run_worst(run);
	enum status st = ST_OK;

	verify_show(run);
	if (what->page != NULL)
		st = verify_page(run, what->page);
	if (worst == ST_VERIFY_NOT_SHOWN && run->is_unshown_accepted)
		worst = ST_OK;
	/* a page that is missing is said by main, and never hides a unit */
	if (st != ST_OK && verdict_of(st) >= verdict_of(worst))
		return st;
	run->cli->is_reported = true;
	return worst;
}

static enum status
verify(struct cli *cli, struct verify *what)
{
	enum status st = cmd_load_roots(cli, &what->roots);

	what->run.options.root = what->roots.key;
	what->run.options.root_count = what->roots.count;
	what->run.options.revoked = &what->notices.revoked;
	if (st == ST_OK)
		st = cmd_load_notices(cli, &what->notices, &what->roots);
	if (st == ST_OK && what->page != NULL)
		st = cmd_expect_none(cli, what->page);
	if (st == ST_OK)
		st = look(what);
	if (st == ST_OK)
		st = report(what);
	verify_run_free(&what->run);
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
		{"unit", OPT_UNIT, "ADDR", 0,
		 "The address of the agent; again for each unit", 0},
		{"at", OPT_AT, "ADDR", 0,
		 "The AT port of modem slot 1 of the unit before it; again "
		 "for slots 2 to 4",
		 0},
		{"accept-development", OPT_ACCEPT, NULL, 0,
		 "Accept a development unit", 0},
		{"revoked", OPT_REVOKED, "FILE", 0,
		 "A revocation notice; again for each", 0},
		{"no-probe", OPT_NO_PROBE, NULL, 0,
		 "Do not ask the unit to try its canary fuses", 0},
		{"units", OPT_UNITS, "FILE", 0,
		 "A list of units, one a line: the agent's address and behind "
		 "it the AT ports",
		 0},
		{"at-once", OPT_AT_ONCE, "N", 0,
		 "Look at so many units at once (1 to 32; default: 32)", 0},
		{"full", OPT_FULL, NULL, 0,
		 "IMEIs of many units, and those in the report, in full", 0},
		{"sample", OPT_SAMPLE, "N", 0,
		 "The units are a lot: look at N of them, chosen at random; "
		 "one bad unit rejects the lot",
		 0},
		{"aql", OPT_AQL, "AQL", 0,
		 "The units are a lot: look at as many as ISO 2859-1 says for "
		 "this AQL (0.065 to 6.5; default: 0, which is not from the "
		 "standard: one bad unit rejects the lot)",
		 0},
		{"level", OPT_LEVEL, "LEVEL", 0,
		 "The inspection level for --aql: S-1 to S-4, I, II, III "
		 "(default: II)",
		 0},
		{"seed", OPT_SEED, "SEED", 0,
		 "Choose the same sample as the run that said this seed", 0},
		{"record", OPT_RECORD, "FILE", 0,
		 "For a phone that answers AT+CGSN alone: its record, in "
		 "place of --unit",
		 0},
		{"cert", OPT_CERT, "FILE", 0,
		 "The certificate that goes with --record", 0},
		{"accept-unshown-lock", OPT_UNSHOWN, NULL, 0,
		 "With --record: exit 0 although no lock was shown", 0},
		{"report", OPT_REPORT, "FILE", 0,
		 "Write a page for printing (HTML) to this new file", 0},
		{0},
	};
	static const struct argp argp = {
		.options = options,
		.parser = parse_verify,
		.doc = "Check that units are locked with the identity that "
		       "their records state.  Needs the root's public key and "
		       "the units, no station and no network.\v"
		       "Example:\n"
		       "  imeilock verify --root root.pem \\\n"
		       "    --unit unix:h1/agent.sock --at unix:h1/at1.sock\n"
		       "  imeilock verify --root root.pem --units lot.txt \\\n"
		       "    --aql 0 --level II --report lot.html",
	};
	struct verify what = {
		.run =
			{
				.cli = cli,
				.at_once = STATION_SLOTS_MAX,
				.options = {.probe_canaries = true},
				.sample = {.level = LEVEL_II},
			},
	};

	what.run.roots = &what.roots;
	cmd_parse(cli, argc, argv, &argp, &what);
	return verify(cli, &what);
}
