/* SPDX-License-Identifier: Apache-2.0 */
#include "tool/cmd.h"

static error_t
parse_file(int key, char *arg, struct argp_state *state)
{
	const char **path = state->input;

	switch (key) {
	case ARGP_KEY_ARG:
		if (*path != NULL)
			cmd_refuse(state, "one file at a time");
		*path = arg;
		return 0;
	case ARGP_KEY_END:
		cmd_need(state, "FILE", *path);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static void
show_profile(struct output *out, const struct profile *profile)
{
	row_begin(out, "profile");
	row_text(out, "model", profile->model);
	row_text(out, "class", text_class(profile->class));
	row_uint(out, "layout", profile->layout);
	row_uint(out, "slots", profile->slots);
	row_text(out, "root", profile->root[0] != '\0' ? profile->root : NULL);
	row_uint(out, "min_epoch", profile->min_epoch);
	row_uint(out, "time_budget_s", profile->time_budget_s);
	row_text(out, "final_process", profile->final_process);
	row_bool(out, "demand_permanent_lock", profile->demand_permanent_lock);
	row_bool(out, "demand_secure_boot", profile->demand_secure_boot);
	row_bool(out, "demand_debug_closed", profile->demand_debug_closed);
	row_bool(out, "demand_random", profile->demand_random);
	row_bool(out, "demand_secret_hidden", profile->demand_secret_hidden);
	row_end(out);
}

enum status
cmd_profile_check(struct cli *cli, int argc, char **argv)
{
	static const struct argp argp = {
		.parser = parse_file,
		.args_doc = "FILE",
		.doc = "Read a model's profile; name file, line and key if "
		       "something is wrong with it.\v"
		       "Example:\n  imeilock profile check m1.yaml",
	};
	char error[PROFILE_ERROR_MAX + 1] = "";
	struct profile profile;
	const char *path = NULL;
	enum status st;

	cmd_parse(cli, argc, argv, &argp, &path);
	st = profile_load(&profile, path, error);
	if (st == ST_OK)
		show_profile(&cli->out, &profile);
	else
		cmd_detail(cli, "%s", error);
	return st;
}
