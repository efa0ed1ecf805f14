/* SPDX-License-Identifier: Apache-2.0 */
/* At the station: its line keys, and what the root says of them. */
#include <string.h>

#include "station/revoked.h"
#include "tool/keys.h"

static enum status
station_signer(struct hsm **hsm, struct station *station, struct cli *cli,
	       const struct cmd_token *token)
{
	char folder[ADDRESS_MAX + 1];
	enum status st = station_load(station, cli->folder);

	if (st != ST_OK) {
		cmd_detail(cli, "folder '%s'", cli->folder);
		return st;
	}
	if (station->signer[0] != '\0') {
		st = cmd_no_token(cli, token);
		return st == ST_OK ? hsm_connect(hsm, station->signer) : st;
	}
	st = station_path(station, "signer", folder);
	return st == ST_OK ? cmd_signer(hsm, cli, folder, token) : st;
}

static enum status
make_request(struct cli *cli, const struct key *in)
{
	struct new_file file;
	struct station station;
	struct object request;
	struct hsm *hsm = NULL;
	enum status st = new_file_open(&file, cli, in->out);

	if (st != ST_OK)
		return st;
	st = station_signer(&hsm, &station, cli, &in->token);
	if (st == ST_OK)
		st = hsm_request(hsm, station.class, in->model, &station.ledger,
				 &request);
	hsm_close(hsm);
	if (st == ST_OK)
		st = new_file_end(&file, cli, object_bytes(&request));
	new_file_drop(&file);
	return st;
}

enum status
cmd_key_request(struct cli *cli, int argc, char **argv)
{
	static const struct argp_option options[] = {
		{"model", OPT_MODEL, "M", 0, "The model that is to be made", 0},
		KEYS_OPTION_OUT,
		{0},
	};
	static const struct argp argp = {
		.options = options,
		.parser = keys_parse,
		.doc = "Make the station's key if there is none, and the "
		       "request that goes to the root.\v"
		       "Example:\n"
		       "  imeilock key request --model m1 --out line1.req \\\n"
		       "    --token " CMD_EXAMPLE_TOKEN("line1"),
		.children = keys_token_child,
	};
	struct key in = {.class = CLASS_NONE};
	enum status st;

	cmd_parse(cli, argc, argv, &argp, &in);
	st = keys_need(cli, "--model", in.model != NULL);
	if (st == ST_OK)
		st = keys_need(cli, "--out", in.out != NULL);
	return st == ST_OK ? make_request(cli, &in) : st;
}

/* --------------------------------------------------------------- install */

/* The station has no root yet, or this one. */
static enum status
check_root(struct cli *cli, const struct station *station,
	   const struct public_key *root, bool *is_new)
{
	struct public_key old;
	char path[ADDRESS_MAX + 1];
	enum status st = station_path(station, "root.pem", path);

	*is_new = false;
	if (st != ST_OK)
		return st;
	*is_new = cmd_expect_none(cli, path) == ST_OK;
	cli->detail[0] = '\0';
	if (*is_new)
		return ST_OK;
	st = root_load(&old, path);
	if (st != ST_OK || memcmp(&old, root, sizeof(old)) != 0) {
		cmd_detail(cli, "%s holds another root", path);
		return ST_HSM_CERTIFICATE;
	}
	return ST_OK;
}

/* What the root revoked is not put into service again. */
static enum status
check_revoked(struct cli *cli, const struct station *station,
	      const struct object *object, const struct public_key *root)
{
	struct revoked revoked;
	struct cert cert;
	enum status st = station_revoked(&revoked, station, root);

	if (st != ST_OK ||
	    cert_open(&cert, object_bytes(object), root) != ST_OK)
		return st;
	if (revoked_find(&revoked, &cert, root) == NULL)
		return st;
	cmd_detail(cli, "%s/revoked has the notice", station->folder);
	return ST_HSM_CERT_REVOKED;
}

static enum status
install_at(struct cli *cli, struct hsm *hsm, const struct station *station,
	   const struct object *cert, const struct public_key *root)
{
	char path[ADDRESS_MAX + 1];
	bool is_new;
	enum status st = check_root(cli, station, root, &is_new);

	if (st == ST_OK)
		st = check_revoked(cli, station, cert, root);
	if (st == ST_OK)
		st = hsm_install(hsm, object_bytes(cert), root);
	if (st == ST_OK)
		st = station_path(station, "root.pem", path);
	return st == ST_OK && is_new ? keys_save(cli, root, path) : st;
}

static enum status
install(struct cli *cli, const struct key *in)
{
	struct cmd_roots roots = {.count = 1, .path = {in->root}};
	struct station station;
	struct object cert;
	struct hsm *hsm = NULL;
	enum status st = cmd_load_roots(cli, &roots);

	if (st == ST_OK)
		st = keys_read_object(cli, in->cert, &cert);
	if (st == ST_OK)
		st = station_signer(&hsm, &station, cli, &in->token);
	if (st == ST_OK)
		st = install_at(cli, hsm, &station, &cert, &roots.key[0]);
	hsm_close(hsm);
	if (st == ST_OK)
		claims_show(&cli->out, object_bytes(&cert));
	return st;
}

enum status
cmd_key_install(struct cli *cli, int argc, char **argv)
{
	static const struct argp_option options[] = {
		{"cert", OPT_CERT, "FILE", 0, "What the root answered", 0},
		{"root", OPT_ROOT, "FILE", 0, "The root's public key (PEM)", 0},
		{"revoked", OPT_REVOKED, "FILE", 0,
		 "Instead of a certificate: a revocation notice, which this "
		 "station then keeps to; needs no token",
		 0},
		{0},
	};
	static const struct argp argp = {
		.options = options,
		.parser = keys_parse,
		.doc = "Install the certificate that came back, or a "
		       "revocation notice.\v"
		       "Example:\n"
		       "  imeilock key install --cert line1.cert \\\n"
		       "    --root root.pem \\\n"
		       "    --token " CMD_EXAMPLE_TOKEN(
			       "line1") "\n"
					"  imeilock key install --revoked line7.revoked",
		.children = keys_token_child,
	};
	struct key in = {.class = CLASS_NONE};
	enum status st;

	cmd_parse(cli, argc, argv, &argp, &in);
	if (in.revoked != NULL && in.cert == NULL)
		return keys_install_notice(cli, in.revoked);
	st = keys_need(cli, "--cert", in.cert != NULL);
	if (st == ST_OK)
		st = keys_need(cli, "--root", in.root != NULL);
	return st == ST_OK ? install(cli, &in) : st;
}

/* ------------------------------------------------------------------ show */

static void
show_line(struct output *out, const struct hsm_line *line)
{
	row_begin(out, "line");
	row_text(out, "model", line->model);
	row_hex(out, "public_key",
		bytes_of(line->key.xy, sizeof(line->key.xy)));
	row_bool(out, "has_certificate", line->has_cert);
	row_end(out);
	if (line->has_cert)
		claims_show(out, object_bytes(&line->cert));
}

static void
show_signer(struct output *out, const struct hsm_status *signer)
{
	bool is_line = signer->role == ROLE_LINE;

	row_begin(out, "signer");
	row_text(out, "role", text_role(signer->role));
	row_text(out, "class", text_class(signer->class));
	row_text(out, "token", signer->token_label);
	row_text(out, "serial", signer->token_serial);
	row_bool(out, "is_hardware", signer->is_hardware);
	row_hex(out, "ledger",
		bytes_of(signer->ledger.byte, is_line ? LEDGER_ID_LEN : 0));
	row_uint(out, "register_entries", signer->reg.count);
	row_end(out);
	if (signer->has_key)
		keys_show(out, "root", &signer->key);
	for (unsigned int i = 0; is_line && i < signer->line_count; i++)
		show_line(out, &signer->line[i]);
}

static enum status
show(struct cli *cli, const struct key *in)
{
	struct hsm_status signer;
	struct station station;
	struct hsm *hsm = NULL;
	enum status st =
		in->folder != NULL
			? cmd_signer(&hsm, cli, in->folder, &in->token)
			: station_signer(&hsm, &station, cli, &in->token);

	if (st == ST_OK)
		st = hsm_status(hsm, &signer);
	hsm_close(hsm);
	if (st == ST_OK && in->out != NULL && !signer.has_key)
		st = ST_HSM_KEY_ABSENT;
	if (st == ST_OK && in->out != NULL)
		st = keys_save(cli, &signer.key, in->out);
	if (st == ST_OK)
		show_signer(&cli->out, &signer);
	return st;
}

enum status
cmd_key_show(struct cli *cli, int argc, char **argv)
{
	static const struct argp_option options[] = {
		{"folder", OPT_FOLDER, "DIR", 0,
		 "The signer's own folder (default: the station's)", 0},
		{"out", OPT_OUT, "FILE", 0,
		 "Write the root's public key to this new file", 0},
		{0},
	};
	static const struct argp argp = {
		.options = options,
		.parser = keys_parse,
		.doc = "Show what a signer holds: role, token, keys, "
		       "certificates.\v"
		       "Example:\n"
		       "  imeilock key show \\\n"
		       "    --token " CMD_EXAMPLE_TOKEN("line1"),
		.children = keys_token_child,
	};
	struct key in = {.class = CLASS_NONE};

	cmd_parse(cli, argc, argv, &argp, &in);
	return show(cli, &in);
}
