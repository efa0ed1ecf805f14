/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tool/cmd.h"

#define OPT_CLASS 0x200
#define FILES_MAX 64

/* ----------------------------------------------------------------- check */

struct check {
	size_t count;
	const char *path[FILES_MAX];
	struct profile profile[FILES_MAX];
};

static error_t
parse_check(int key, char *arg, struct argp_state *state)
{
	struct check *check = state->input;

	switch (key) {
	case ARGP_KEY_ARG:
		if (check->count == FILES_MAX)
			cmd_refuse(state, "more than %d files", FILES_MAX);
		else
			check->path[check->count++] = arg;
		return 0;
	case ARGP_KEY_END:
		cmd_need(state, "FILE", check->path[0]);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static void
row_tacs(struct output *out, const struct profile *profile)
{
	char text[PROFILE_TACS_MAX][IMEI_TAC_LEN + 1];
	const char *word[PROFILE_TACS_MAX];

	for (size_t i = 0; i < profile->tac_count; i++) {
		(void)snprintf(text[i], sizeof(text[i]), "%08u",
			       (unsigned int)profile->tac[i]);
		word[i] = text[i];
	}
	row_list(out, "tacs", word, profile->tac_count);
}

static void
row_links(struct output *out, const struct profile *profile)
{
	const char *word[PROFILE_LINKS];
	size_t count = 0;

	for (unsigned int i = 0; i < PROFILE_LINKS; i++)
		if ((profile->link_mask & 1u << i) != 0)
			word[count++] = profile_link[i];
	row_list(out, "links", word, count);
}

static void
row_ids(struct output *out, const char *name, const struct usb_id *id,
	size_t count)
{
	char text[PROFILE_IDS_MAX][USB_ID_LEN + 1];
	const char *word[PROFILE_IDS_MAX];

	for (size_t i = 0; i < count; i++) {
		usb_id_format(text[i], id[i]);
		word[i] = text[i];
	}
	row_list(out, name, word, count);
}

static void
row_lock_fuses(struct output *out, const struct profile *profile)
{
	const char *word[PROFILE_FUSES];
	size_t count = 0;

	for (unsigned int i = 0; i < PROFILE_FUSES; i++)
		if ((profile->lock_fuses & 1u << i) != 0)
			word[count++] = profile_fuse[i];
	row_list(out, "lock_fuses", word, count);
}

static void
show_profile(struct output *out, const char *path,
	     const struct profile *profile)
{
	row_begin(out, "profile");
	row_text(out, "file", path);
	row_text(out, "model", profile->model);
	row_text(out, "class", text_class(profile->class));
	row_uint(out, "layout", profile->layout);
	row_uint(out, "slots", profile->slots);
	row_text(out, "root", profile->root[0] != '\0' ? profile->root : NULL);
	row_uint(out, "min_epoch", profile->min_epoch);
	row_uint(out, "time_budget_s", profile->time_budget_s);
	row_uint(out, "reset_s", profile->reset_s);
	row_uint(out, "low_water_units", profile->low_water_units);
	row_text(out, "final_process", profile->final_process);
	row_tacs(out, profile);
	row_links(out, profile);
	row_ids(out, "usb", profile->usb, profile->usb_count);
	row_uint(out, "serial_baud", profile->serial_baud);
	row_bool(out, "serial_rtscts", profile->serial_rtscts);
	row_ids(out, "serial_adapters", profile->adapter,
		profile->adapter_count);
	row_lock_fuses(out, profile);
	row_bool(out, "demand_permanent_lock", profile->demand_permanent_lock);
	row_bool(out, "demand_secure_boot", profile->demand_secure_boot);
	row_bool(out, "demand_debug_closed", profile->demand_debug_closed);
	row_bool(out, "demand_random", profile->demand_random);
	row_bool(out, "demand_secret_hidden", profile->demand_secret_hidden);
	row_end(out);
}

static enum status
check_pair(struct cli *cli, const struct check *check, size_t a, size_t b)
{
	uint32_t tac;

	if (profile_same_units(&check->profile[a], &check->profile[b])) {
		cmd_detail(cli, "%s and %s fit the same units", check->path[a],
			   check->path[b]);
		return ST_PROFILE_OVERLAP;
	}
	if (profile_shares_tac(&check->profile[a], &check->profile[b], &tac)) {
		cmd_detail(cli, "%s and %s both list TAC %08u", check->path[a],
			   check->path[b], (unsigned int)tac);
		return ST_PROFILE_OVERLAP;
	}
	return ST_OK;
}

static enum status
check_files(struct cli *cli, struct check *check)
{
	char error[PROFILE_ERROR_MAX + 1] = "";
	enum status st = ST_OK;

	for (size_t i = 0; i < check->count; i++) {
		st = profile_load(&check->profile[i], check->path[i], error);
		if (st != ST_OK) {
			cmd_detail(cli, "%s", error);
			return st;
		}
		show_profile(&cli->out, check->path[i], &check->profile[i]);
	}
	for (size_t b = 1; b < check->count; b++)
		for (size_t a = 0; st == ST_OK && a < b; a++)
			st = check_pair(cli, check, a, b);
	return st;
}

enum status
cmd_profile_check(struct cli *cli, int argc, char **argv)
{
	static const struct argp argp = {
		.parser = parse_check,
		.args_doc = "FILE...",
		.doc = "Read the profiles of models; name file, line and key "
		       "if something is wrong with one, and those that "
		       "overlap.\v"
		       "Example:\n  imeilock profile check m1.yaml m2.yaml",
	};
	struct check *check = calloc(1, sizeof(*check));
	enum status st;

	if (check == NULL)
		return ST_STATION_MEMORY;
	cmd_parse(cli, argc, argv, &argp, check);
	st = check_files(cli, check);
	free(check);
	return st;
}

/* ------------------------------------------------------------------- new */

struct new_profile {
	const char *model;
	enum dev_class class;
	const char *path;
};

static error_t
parse_new(int key, char *arg, struct argp_state *state)
{
	struct new_profile *new = state->input;

	switch (key) {
	case OPT_CLASS:
		new->class = text_class_parse(arg);
		if (new->class == CLASS_NONE)
			cmd_refuse(state, "--class is development or "
					  "production");
		return 0;
	case ARGP_KEY_ARG:
		if (new->path != NULL)
			cmd_refuse(state, "one file at a time");
		*(new->model == NULL ? &new->model : &new->path) = arg;
		return 0;
	case ARGP_KEY_END:
		cmd_need(state, "MODEL", new->model);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static enum status
write_new(struct cli *cli, const struct new_profile *new)
{
	char text[PROFILE_TEMPLATE_MAX + 1];
	struct new_file file;
	enum status st = profile_template(text, new->model, new->class);

	if (st != ST_OK) {
		cmd_detail(cli, "a model has 1 to %d bytes of printable ASCII",
			   MODEL_MAX);
		return st == ST_PROFILE_FORMAT ? ST_USAGE : st;
	}
	st = new_file_open(&file, cli, new->path);
	if (st != ST_OK)
		return st;
	return new_file_end(&file, cli, bytes_of(text, strlen(text)));
}

enum status
cmd_profile_new(struct cli *cli, int argc, char **argv)
{
	static const struct argp_option options[] = {
		{"class", OPT_CLASS, "CLASS", 0,
		 "development (the default) or production", 0},
		{0},
	};
	static const struct argp argp = {
		.options = options,
		.parser = parse_new,
		.args_doc = "MODEL [FILE]",
		.doc = "Write a profile for a model with every key and what "
		       "it means, to a file that is not there yet: MODEL.yaml "
		       "if none is named. For production, " PROFILE_FILL_IN
		       " stands where a person must decide.\v"
		       "Example:\n"
		       "  imeilock profile new m1 --class production",
	};
	struct new_profile new = {.class = CLASS_DEVELOPMENT};
	char path[MODEL_MAX + sizeof(".yaml")];

	cmd_parse(cli, argc, argv, &argp, &new);
	if (new.path == NULL) {
		if (strchr(new.model, '/') != NULL || new.model[0] == '.') {
			cmd_detail(cli, "'%s' makes no file name; give FILE",
				   new.model);
			return ST_USAGE;
		}
		(void)snprintf(path, sizeof(path), "%.*s.yaml", MODEL_MAX,
			       new.model);
		new.path = path;
	}
	return write_new(cli, &new);
}
