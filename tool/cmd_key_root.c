/* SPDX-License-Identifier: Apache-2.0 */
/* Where the root is: its key, and the certificates that it gives. */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "tool/keys.h"

static enum status
make_folder(struct cli *cli, const char *folder)
{
	if (mkdir(folder, 0700) == 0 || errno == EEXIST)
		return ST_OK;
	cmd_detail(cli, "%s: %s", folder, strerror(errno));
	return ST_STATION_FILE;
}

static enum status
make_root(struct cli *cli, const struct key *in)
{
	struct public_key root;
	struct hsm *hsm = NULL;
	enum status st = cmd_expect_none(cli, in->out);

	if (st == ST_OK)
		st = make_folder(cli, in->folder);
	if (st == ST_OK)
		st = cmd_signer(&hsm, cli, in->folder, &in->token);
	if (st == ST_OK)
		st = hsm_root(hsm, in->class, &root);
	hsm_close(hsm);
	if (st == ST_OK)
		st = keys_save(cli, &root, in->out);
	if (st == ST_OK)
		keys_show(&cli->out, "root", &root);
	return st;
}

enum status
cmd_key_root(struct cli *cli, int argc, char **argv)
{
	static const struct argp_option options[] = {
		KEYS_OPTION_FOLDER,
		{"class", OPT_CLASS, "CLASS", 0, "development or production",
		 0},
		KEYS_OPTION_OUT,
		{0},
	};
	static const struct argp argp = {
		.options = options,
		.parser = keys_parse,
		.doc = "Make the root key on its token, which is never at a "
		       "station, and write its public half.\v"
		       "Example:\n"
		       "  imeilock key root --folder root --class development \\\n"
		       "    --out root.pem \\\n"
		       "    --token " CMD_EXAMPLE_TOKEN("root"),
		.children = keys_token_child,
	};
	struct key in = {.class = CLASS_NONE};
	enum status st;

	cmd_parse(cli, argc, argv, &argp, &in);
	st = keys_need(cli, "--folder", in.folder != NULL);
	if (st == ST_OK)
		st = keys_need(cli, "--class", in.class != CLASS_NONE);
	if (st == ST_OK)
		st = keys_need(cli, "--out", in.out != NULL);
	return st == ST_OK ? make_root(cli, &in) : st;
}

/* --------------------------------------------------------------- certify */

static enum status
make_cert(struct cli *cli, const struct key *in)
{
	struct new_file file;
	struct object request, cert;
	struct hsm *hsm = NULL;
	enum status st = keys_read_object(cli, in->request, &request);

	if (st == ST_OK)
		st = new_file_open(&file, cli, in->out);
	if (st != ST_OK)
		return st;
	st = cmd_signer(&hsm, cli, in->folder, &in->token);
	if (st == ST_OK)
		st = hsm_certify(hsm, object_bytes(&request), in->interval,
				 in->first_count, in->epoch, &cert);
	hsm_close(hsm);
	if (st == ST_OK)
		st = new_file_end(&file, cli, object_bytes(&cert));
	new_file_drop(&file);
	if (st == ST_OK)
		claims_show(&cli->out, object_bytes(&cert));
	return st;
}

enum status
cmd_key_certify(struct cli *cli, int argc, char **argv)
{
	static const struct argp_option options[] = {
		KEYS_OPTION_FOLDER,
		{"request", OPT_REQUEST, "FILE", 0, "What the station asks", 0},
		{"first", OPT_FIRST, "N14", 0,
		 "The first number that it may use: 14 digits, without check "
		 "digit; again, with --last, for each interval",
		 0},
		{"last", OPT_LAST, "N14", 0, "The last one", 0},
		{"epoch", OPT_EPOCH, "N", 0,
		 "The certificate's epoch (default: 0)", 0},
		KEYS_OPTION_OUT,
		{0},
	};
	static const struct argp argp = {
		.options = options,
		.parser = keys_parse,
		.doc = "Certify a station's key for intervals of numbers.  The "
		       "root's register sees to it that no other ledger has "
		       "them.\v"
		       "Example:\n"
		       "  imeilock key certify --folder root \\\n"
		       "    --request line1.req --out line1.cert \\\n"
		       "    --first 00440100000000 --last 00440100000999 \\\n"
		       "    --token " CMD_EXAMPLE_TOKEN("root"),
		.children = keys_token_child,
	};
	struct key in = {.class = CLASS_NONE};
	enum status st;

	cmd_parse(cli, argc, argv, &argp, &in);
	st = keys_need(cli, "--folder", in.folder != NULL);
	if (st == ST_OK)
		st = keys_need(cli, "--request", in.request != NULL);
	if (st == ST_OK)
		st = keys_need(cli, "--first", in.first_count != 0);
	if (st == ST_OK)
		st = keys_need(cli, "--last", in.first_count == in.last_count);
	if (st == ST_OK)
		st = keys_need(cli, "--out", in.out != NULL);
	return st == ST_OK ? make_cert(cli, &in) : st;
}
