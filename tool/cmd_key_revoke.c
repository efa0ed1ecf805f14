/* SPDX-License-Identifier: Apache-2.0 */
/* Where the root is: the notice that a key is revoked.  At the station: that
 * notice is installed. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "tool/keys.h"

/* The whole of text is a time in UTC, as ISO 8601 or the tool writes it. */
static bool
parse_from(uint64_t *from, const char *text)
{
	struct tm tm = {.tm_isdst = 0};
	const char *form = strchr(text, 'T') != NULL ? "%Y-%m-%dT%H:%M:%SZ"
						     : "%Y-%m-%d %H:%M:%SZ";
	const char *end = strptime(text, form, &tm);
	time_t time = end != NULL ? timegm(&tm) : -1;

	*from = time > 0 ? (uint64_t)time : 0;
	return end != NULL && *end == '\0' && time > 0;
}

static enum status
make_notice(struct cli *cli, const struct key *in, uint64_t from)
{
	struct new_file file;
	struct object cert, notice;
	struct hsm *hsm = NULL;
	enum status st = keys_read_object(cli, in->cert, &cert);

	if (st == ST_OK)
		st = new_file_open(&file, cli, in->out);
	if (st != ST_OK)
		return st;
	st = cmd_signer(&hsm, cli, in->folder, &in->token);
	if (st == ST_OK)
		st = hsm_revoke(hsm, object_bytes(&cert), from, in->reason,
				&notice);
	hsm_close(hsm);
	if (st == ST_OK)
		st = new_file_end(&file, cli, object_bytes(&notice));
	new_file_drop(&file);
	if (st == ST_OK)
		claims_show(&cli->out, object_bytes(&notice));
	return st;
}

static bool
is_reason(const char *text)
{
	size_t len = strlen(text);

	if (len == 0 || len > REASON_MAX)
		return false;
	for (size_t i = 0; i < len; i++)
		if (text[i] < ' ' || text[i] > '~')
			return false;
	return true;
}

static enum status
check_revoke(struct cli *cli, const struct key *in, uint64_t *from)
{
	enum status st = keys_need(cli, "--folder", in->folder != NULL);

	*from = 0;
	if (st == ST_OK)
		st = keys_need(cli, "--cert", in->cert != NULL);
	if (st == ST_OK)
		st = keys_need(cli, "--reason", in->reason != NULL);
	if (st == ST_OK)
		st = keys_need(cli, "--out", in->out != NULL);
	if (st != ST_OK)
		return st;
	if (!is_reason(in->reason)) {
		cmd_detail(cli, "--reason is 1 to %d printable ASCII letters",
			   REASON_MAX);
		return ST_USAGE;
	}
	if (in->from != NULL && !parse_from(from, in->from)) {
		cmd_detail(cli, "--from is a time like 2026-11-21T06:00:00Z");
		return ST_USAGE;
	}
	return ST_OK;
}

enum status
cmd_key_revoke(struct cli *cli, int argc, char **argv)
{
	static const struct argp_option options[] = {
		KEYS_OPTION_FOLDER,
		{"cert", OPT_CERT, "FILE", 0,
		 "A certificate of the key that is revoked", 0},
		{"reason", OPT_REASON, "TEXT", 0, "Why, for people", 0},
		{"from", OPT_FROM, "TIME", 0,
		 "What the key signed before stays good, by the station's own "
		 "clock; without it nothing does",
		 0},
		KEYS_OPTION_OUT,
		{0},
	};
	static const struct argp argp = {
		.options = options,
		.parser = keys_parse,
		.doc = "Make a notice, signed by the root, that a station's "
		       "key is revoked, with all of its certificates.  The "
		       "root certifies that key no more.\v"
		       "Example:\n"
		       "  imeilock key revoke --folder root \\\n"
		       "    --cert line1.cert --reason 'token stolen' \\\n"
		       "    --out line1.revoked \\\n"
		       "    --token " CMD_EXAMPLE_TOKEN("root"),
		.children = keys_token_child,
	};
	struct key in = {.class = CLASS_NONE};
	uint64_t from;
	enum status st;

	cmd_parse(cli, argc, argv, &argp, &in);
	st = check_revoke(cli, &in, &from);
	return st == ST_OK ? make_notice(cli, &in, from) : st;
}

/* --------------------------------------------------------- at the station */

/* "FOLDER/revoked/ID-ISSUED" */
static enum status
notice_path(struct cli *cli, const struct station *station,
	    const struct revocation *notice, char out[ADDRESS_MAX + 1])
{
	char name[2 * CERT_ID_LEN + 64] = "revoked/";
	size_t len = strlen(name);
	enum status st = station_path(station, "revoked", out);

	if (st != ST_OK)
		return st;
	if (mkdir(out, 0700) != 0 && errno != EEXIST) {
		cmd_detail(cli, "%s: %s", out, strerror(errno));
		return ST_STATION_FILE;
	}
	for (size_t i = 0; i < CERT_ID_LEN; i++, len += 2)
		(void)snprintf(name + len, sizeof(name) - len, "%02x",
			       notice->id[i]);
	(void)snprintf(name + len, sizeof(name) - len, "-%llu",
		       (unsigned long long)notice->issued);
	return station_path(station, name, out);
}

static enum status
load_station_root(struct cli *cli, const struct station *station,
		  struct public_key *root)
{
	char path[ADDRESS_MAX + 1];
	enum status st = station_path(station, "root.pem", path);

	if (st == ST_OK)
		st = root_load(root, path);
	if (st != ST_OK)
		cmd_detail(cli, "%s: install a certificate first", path);
	return st;
}

enum status
keys_install_notice(struct cli *cli, const char *from)
{
	char path[ADDRESS_MAX + 1];
	struct revocation notice;
	struct station station;
	struct public_key root;
	struct new_file file;
	struct object object;
	enum status st = keys_read_object(cli, from, &object);

	if (st == ST_OK)
		st = station_load(&station, cli->folder);
	if (st == ST_OK)
		st = load_station_root(cli, &station, &root);
	if (st != ST_OK)
		return st;
	if (revocation_open(&notice, object_bytes(&object), &root) != ST_OK) {
		cmd_detail(cli, "%s", from);
		return ST_HSM_REVOCATION;
	}
	st = notice_path(cli, &station, &notice, path);
	if (st == ST_OK)
		st = new_file_open(&file, cli, path);
	if (st != ST_OK)
		return st;
	st = new_file_end(&file, cli, object_bytes(&object));
	if (st == ST_OK)
		claims_show(&cli->out, object_bytes(&object));
	return st;
}
