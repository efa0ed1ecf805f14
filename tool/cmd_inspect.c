/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>

#include "tool/claims.h"
#include "tool/diag.h"
#include "tool/fuses.h"
#include "tool/lang.h"

#define OPT_UNIT 0x200
#define OPT_ROOT 0x201
#define OPT_CERT 0x202

struct inspect {
	const char *unit;
	const char *file;
	struct cmd_roots roots;
	const char *cert; /* of the line key, for tickets and records */
};

static error_t
parse_inspect(int key, char *arg, struct argp_state *state)
{
	struct inspect *what = state->input;

	switch (key) {
	case OPT_UNIT:
		what->unit = arg;
		return 0;
	case OPT_ROOT:
		cmd_add_root(state, &what->roots, arg);
		return 0;
	case OPT_CERT:
		what->cert = arg;
		return 0;
	case ARGP_KEY_ARG:
		if (what->file != NULL)
			cmd_refuse(state, "one file at a time");
		what->file = arg;
		return 0;
	case ARGP_KEY_END:
		if ((what->unit == NULL) == (what->file == NULL))
			cmd_refuse(state, "give a FILE, or --unit");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

/* ------------------------------------------------------------ signatures */

/* A certificate under any of the roots. */
static enum status
open_cert(struct cert *cert, struct bytes object, const struct cmd_roots *roots)
{
	enum status st = ST_CRYPTO_SIGNATURE;

	for (size_t i = 0; i < roots->count; i++) {
		st = cert_open(cert, object, &roots->key[i]);
		if (st == ST_OK)
			return st;
	}
	return st;
}

static enum status
open_notice(struct bytes object, const struct cmd_roots *roots)
{
	struct revocation notice;
	enum status st = ST_CRYPTO_SIGNATURE;

	for (size_t i = 0; i < roots->count; i++) {
		st = revocation_open(&notice, object, &roots->key[i]);
		if (st == ST_OK)
			return st;
	}
	return st;
}

/* A ticket or record under the key of the certificate that was given. */
static enum status
open_under_cert(struct cli *cli, const struct inspect *what,
		struct bytes object)
{
	struct object file;
	struct cert cert;
	struct ticket ticket;
	struct record record;
	enum status st = cmd_read_file(cli, what->cert, file.byte,
				       sizeof(file.byte), &file.len);

	if (st == ST_OK)
		st = open_cert(&cert, object_bytes(&file), &what->roots);
	if (st != ST_OK)
		return st;
	return object_kind(object) == &KIND_TICKET
		       ? ticket_open(&ticket, object, &cert.key)
		       : record_open(&record, object, &cert.key);
}

/* What carries its own key says only that the signer has that key. */
static enum status
open_own_key(struct bytes object)
{
	const struct cose_kind *kind = object_kind(object);
	struct cert_request request;
	struct key_token key;
	struct probe_token probe;
	struct read_token read;
	struct evidence evidence;

	if (kind == &KIND_REQUEST)
		return cert_request_open(&request, object);
	if (kind == &KIND_KEY_TOKEN)
		return key_token_open(&key, object);
	if (kind == &KIND_READ_TOKEN)
		return read_token_open(&read, object);
	if (kind == &KIND_PROBE_TOKEN)
		return probe_token_open(&probe, object);
	return evidence_open(&evidence, object);
}

static void
show_signature(struct output *out, enum status status, const char *by)
{
	row_begin(out, "signature");
	row_verdict(out, "signature", verdict_of(status),
		    status == ST_OK ? "good" : status_name(status));
	row_text(out, "by", lang(by));
	row_end(out);
}

static void
show_unchecked(struct output *out, const char *why)
{
	row_begin(out, "signature");
	row_text(out, "signature", lang("not checked"));
	row_text(out, "by", lang(why));
	row_end(out);
}

static enum status
show_signer(struct cli *cli, const struct inspect *what, struct bytes object)
{
	const struct cose_kind *kind = signed_kind(object);
	struct cert cert;
	enum status st;

	if (kind != &KIND_CERT && kind != &KIND_TICKET &&
	    kind != &KIND_RECORD && kind != &KIND_REVOCATION) {
		st = open_own_key(object);
		show_signature(&cli->out, st, "the key that it names itself");
		return st;
	}
	if (what->roots.count == 0) {
		show_unchecked(&cli->out, "no --root was given");
		return ST_OK;
	}
	if (kind == &KIND_CERT || kind == &KIND_REVOCATION) {
		st = kind == &KIND_CERT ? open_cert(&cert, object, &what->roots)
					: open_notice(object, &what->roots);
		show_signature(&cli->out, st, "a root that was given");
		return st;
	}
	if (what->cert == NULL) {
		show_unchecked(&cli->out,
			       "the line key's certificate: give it with "
			       "--cert");
		return ST_OK;
	}
	st = open_under_cert(cli, what, object);
	show_signature(&cli->out, st,
		       "the key that --cert names, under a root that was "
		       "given");
	return st;
}

/* ------------------------------------------------------------------ file */

static enum status
show_cbor(struct cli *cli, struct bytes content)
{
	char *text;
	enum status st = diag_print(&text, content);

	if (st != ST_OK)
		return st;
	row_begin(&cli->out, "cbor");
	row_text(&cli->out, "object", lang("none of ours"));
	row_text(&cli->out, "cbor", text);
	row_end(&cli->out);
	free(text);
	return ST_OK;
}

static enum status
show_content(struct cli *cli, const struct inspect *what, struct bytes content)
{
	if (claims_kind(content) == NULL)
		return show_cbor(cli, content) == ST_OK ? ST_OK
							: ST_COSE_FORMAT;
	claims_show(&cli->out, content);
	return show_signer(cli, what, content);
}

static enum status
inspect_file(struct cli *cli, struct inspect *what)
{
	uint8_t *buf = malloc(CMD_FILE_MAX);
	size_t len;
	enum status st;

	if (buf == NULL)
		return ST_STATION_MEMORY;
	st = cmd_load_roots(cli, &what->roots);
	if (st == ST_OK)
		st = cmd_read_file(cli, what->file, buf, CMD_FILE_MAX, &len);
	if (st == ST_OK) {
		st = show_content(cli, what, bytes_of(buf, len));
		if (st != ST_OK && cli->detail[0] == '\0')
			cmd_detail(cli, "%s", what->file);
	}
	free(buf);
	return st;
}

enum status
cmd_inspect(struct cli *cli, int argc, char **argv)
{
	static const struct argp_option options[] = {
		{"unit", OPT_UNIT, "ADDR", 0,
		 "A unit: its fuses field by field, locks and state", 0},
		{"root", OPT_ROOT, "FILE", 0,
		 "Check a certificate's or notice's signature under this root (PEM); again "
		 "for each that is accepted",
		 0},
		{"cert", OPT_CERT, "FILE", 0,
		 "Check a ticket's or record's signature under the key of this "
		 "certificate",
		 0},
		{0},
	};
	static const struct argp argp = {
		.options = options,
		.parser = parse_inspect,
		.args_doc = "[FILE]",
		.doc = "Show what is in a unit or in a signed object; other "
		       "CBOR is shown in diagnostic notation.  Reads only.\v"
		       "Example:\n"
		       "  imeilock inspect --unit unix:h1/agent.sock\n"
		       "  imeilock inspect line1.cert --root root.pem",
	};
	struct inspect what = {.unit = NULL};

	cmd_parse(cli, argc, argv, &argp, &what);
	return what.unit != NULL ? fuses_inspect(cli, what.unit)
				 : inspect_file(cli, &what);
}
