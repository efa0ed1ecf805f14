/* SPDX-License-Identifier: Apache-2.0 */
#include "tool/keys.h"

static void
add_first(const struct argp_state *state, struct key *key, const char *arg)
{
	if (key->first_count != key->last_count ||
	    key->first_count == INTERVALS_MAX)
		cmd_refuse(state, "at most %d pairs of --first and --last",
			   INTERVALS_MAX);
	else
		key->interval[key->first_count++].first =
			cmd_body(state, "--first", arg);
}

static void
add_last(const struct argp_state *state, struct key *key, const char *arg)
{
	if (key->first_count != key->last_count + 1)
		cmd_refuse(state, "--last follows its --first");
	else
		key->interval[key->last_count++].last =
			cmd_body(state, "--last", arg);
}

error_t
keys_parse(int key, char *arg, struct argp_state *state)
{
	struct key *in = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &in->token;
		return 0;
	case OPT_FOLDER:
		in->folder = arg;
		return 0;
	case OPT_CLASS:
		in->class = text_class_parse(arg);
		if (in->class == CLASS_NONE)
			cmd_refuse(state, "--class is development or "
					  "production");
		return 0;
	case OPT_OUT:
		in->out = arg;
		return 0;
	case OPT_MODEL:
		in->model = arg;
		return 0;
	case OPT_REQUEST:
		in->request = arg;
		return 0;
	case OPT_FIRST:
		add_first(state, in, arg);
		return 0;
	case OPT_LAST:
		add_last(state, in, arg);
		return 0;
	case OPT_EPOCH:
		in->epoch = (uint32_t)cmd_number(state, "--epoch", arg, 0,
						 UINT32_MAX);
		return 0;
	case OPT_CERT:
		in->cert = arg;
		return 0;
	case OPT_ROOT:
		in->root = arg;
		return 0;
	case OPT_REASON:
		in->reason = arg;
		return 0;
	case OPT_FROM:
		in->from = arg;
		return 0;
	case OPT_REVOKED:
		in->revoked = arg;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

const struct argp_child keys_token_child[] = {
	{&cmd_token_argp, 0, NULL, 0},
	{0},
};

enum status
keys_need(struct cli *cli, const char *name, bool is_there)
{
	if (!is_there)
		cmd_detail(cli, "%s is missing", name);
	return is_there ? ST_OK : ST_USAGE;
}

void
keys_show(struct output *out, const char *kind, const struct public_key *key)
{
	row_begin(out, kind);
	row_hex(out, "public_key", bytes_of(key->xy, sizeof(key->xy)));
	row_end(out);
}

enum status
keys_save(struct cli *cli, const struct public_key *root, const char *path)
{
	enum status st = cmd_expect_none(cli, path);

	if (st == ST_OK)
		st = root_save(root, path);
	if (st != ST_OK && cli->detail[0] == '\0')
		cmd_detail(cli, "%s cannot be written", path);
	if (st == ST_OK)
		output_say(&cli->out, "%s was written.", path);
	return st;
}

enum status
keys_read_object(struct cli *cli, const char *path, struct object *object)
{
	return cmd_read_file(cli, path, object->byte, sizeof(object->byte),
			     &object->len);
}
