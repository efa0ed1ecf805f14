/* SPDX-License-Identifier: Apache-2.0 */
#include "tool/cmd.h"

#include <errno.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "tool/lang.h"

#define OPT_JSON 0x100
#define OPT_TOKEN 0x101
#define OPT_PIN_FD 0x102
#define DOC_MAX 2047

/* ------------------------------------------------------------- arguments */

static error_t
parse_common(int key, char *arg, struct argp_state *state)
{
	struct cli *cli = state->input;

	switch (key) {
	case 's':
		cli->folder = arg;
		return 0;
	case OPT_JSON:
		output_set_json(&cli->out);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp_option common_options[] = {
	{"station", 's', "DIR", 0,
	 "The station's folder (default: $IMEILOCK_STATION, or .)", -2},
	{"json", OPT_JSON, NULL, 0, "One JSON object a line", -2},
	{0},
};

const struct argp cmd_common_argp = {
	.options = common_options,
	.parser = parse_common,
};

static error_t
parse_token(int key, char *arg, struct argp_state *state)
{
	struct cmd_token *token = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		token->pin_fd = -1;
		return 0;
	case OPT_TOKEN:
		token->token = arg;
		if (strstr(arg, "pin-value") != NULL)
			cmd_refuse(state, "--token must not hold the PIN");
		return 0;
	case OPT_PIN_FD:
		token->pin_fd =
			(int)cmd_number(state, "--pin-fd", arg, 0, INT16_MAX);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp_option token_options[] = {
	{"token", OPT_TOKEN, "URI", 0,
	 "The token with the key: a PKCS#11 URI (RFC 7512) with module-path",
	 -1},
	{"pin-fd", OPT_PIN_FD, "FD", 0,
	 "Read the PIN from this descriptor; without it, it is asked for on "
	 "the terminal",
	 -1},
	{0},
};

const struct argp cmd_token_argp = {
	.options = token_options,
	.parser = parse_token,
};

/* What the two parts of every command's arguments are given. */
struct inputs {
	void *command;
	struct cli *cli;
};

static error_t
hand_inputs(int key, char *arg, struct argp_state *state)
{
	struct inputs *inputs = state->input;

	(void)arg;
	if (key != ARGP_KEY_INIT)
		return ARGP_ERR_UNKNOWN;
	state->child_inputs[0] = inputs->command;
	state->child_inputs[1] = inputs->cli;
	return 0;
}

/* argp looks a doc up as a whole; catalogues have what is before its \v and
 * what is behind it. */
static void
translate_doc(char out[DOC_MAX + 1], const char *doc)
{
	const char *rest = strchr(doc, '\v');
	char first[DOC_MAX + 1];
	size_t len = rest != NULL ? (size_t)(rest - doc) : strlen(doc);

	if (len > DOC_MAX)
		len = DOC_MAX;
	memcpy(first, doc, len);
	first[len] = '\0';
	(void)snprintf(out, DOC_MAX + 1, "%s%s%s", lang(first),
		       rest != NULL ? "\v" : "",
		       rest != NULL ? lang(rest + 1) : "");
}

void
cmd_parse(struct cli *cli, int argc, char **argv, const struct argp *argp,
	  void *input)
{
	char doc[DOC_MAX + 1] = "";
	struct argp inner = *argp;
	const struct argp_child children[] = {
		{&inner, 0, NULL, 0},
		{&cmd_common_argp, 0, NULL, 0},
		{0},
	};
	const struct argp outer = {
		.parser = hand_inputs,
		.children = children,
	};
	struct inputs inputs = {input, cli};

	if (argp->doc != NULL)
		translate_doc(doc, argp->doc);
	inner.doc = doc;
	(void)argp_parse(&outer, argc, argv, 0, NULL, &inputs);
}

void
cmd_refuse(const struct argp_state *state, const char *format, ...)
{
	char text[CMD_DETAIL_MAX + 1];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), lang(format), args);
	va_end(args);
	argp_error(state, "%s", text);
}

uint64_t
cmd_number(const struct argp_state *state, const char *name, const char *text,
	   uint64_t first, uint64_t last)
{
	char *end;
	unsigned long long value;

	errno = 0;
	value = strtoull(text, &end, 10);
	if (text[0] < '0' || text[0] > '9' || *end != '\0' || errno != 0 ||
	    value < first || value > last)
		cmd_refuse(state, "%s is a number from %llu to %llu", name,
			   (unsigned long long)first, (unsigned long long)last);
	return value;
}

void
cmd_copy(const struct argp_state *state, const char *name, char *out,
	 size_t size, const char *text)
{
	size_t len = strlen(text);

	if (len == 0 || len >= size) {
		cmd_refuse(state, "%s has 1 to %zu bytes", name, size - 1);
		return;
	}
	memcpy(out, text, len + 1);
}

void
cmd_need(const struct argp_state *state, const char *name, const void *value)
{
	if (value == NULL)
		cmd_refuse(state, "%s is missing", name);
}

struct imei
cmd_body(const struct argp_state *state, const char *name, const char *text)
{
	struct imei imei;

	if (imei_parse_body(&imei, text, strlen(text)) != ST_OK)
		cmd_refuse(state,
			   "%s has 14 digits, not all zero: TAC and "
			   "serial number without check digit",
			   name);
	return imei;
}

enum status
cmd_imei(struct imei *out, const char *text, size_t len)
{
	static const char urn[] = "urn:";

	if (len > sizeof(urn) && memcmp(text, urn, sizeof(urn) - 1) == 0)
		return imei_parse_urn(out, text, len);
	if (memchr(text, '-', len) != NULL)
		return imei_parse_presentation(out, text, len);
	return imei_parse(out, text, len);
}

const char *
cmd_show_imei(char out[IMEI_LEN + 1], struct imei imei, bool is_full)
{
	if (!imei_is_valid(imei))
		memcpy(out, "-", 2);
	else if (is_full)
		imei_format(out, imei);
	else
		imei_format_masked(out, imei);
	return out;
}

void
cmd_detail(struct cli *cli, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	(void)vsnprintf(cli->detail, sizeof(cli->detail), lang(format), args);
	va_end(args);
}

/* ------------------------------------------------------ station and ledger */

static void
login_name(char *out, size_t size)
{
	struct passwd entry, *found = NULL;
	char buf[1024];

	if (getpwuid_r(getuid(), &entry, buf, sizeof(buf), &found) == 0 &&
	    found != NULL)
		(void)snprintf(out, size, "%s", found->pw_name);
	else
		(void)snprintf(out, size, "uid %u", (unsigned int)getuid());
}

static void
who_works(struct cmd_who *by, const struct station *station)
{
	struct station_arms arms;

	if (station_arms_load(&arms, station) == ST_OK)
		(void)snprintf(by->name, sizeof(by->name), "%s",
			       arms.operator_name);
	else
		login_name(by->name, sizeof(by->name));
	by->who = (struct ledger_who){by->name, 0, IMEILOCK_VERSION};
}

enum status
cmd_open_station(struct cmd_station *out, struct cli *cli)
{
	char path[ADDRESS_MAX + 1];
	enum status st;

	memset(out, 0, sizeof(*out));
	st = station_load(&out->station, cli->folder);
	if (st != ST_OK) {
		cmd_detail(cli, "folder '%s'", cli->folder);
		return st;
	}
	st = station_path(&out->station, "ledger.db", path);
	if (st == ST_OK)
		st = ledger_open(&out->ledger, path);
	if (st != ST_OK)
		return st;
	who_works(&out->by, &out->station);
	return ST_OK;
}

void
cmd_close_station(struct cmd_station *station)
{
	ledger_close(station->ledger);
	station->ledger = NULL;
}

enum status
cmd_check_address(const char *text, size_t len, const char **why)
{
	if (memchr(text, ':', len) != NULL)
		return ST_OK;
	*why = "an address is kind:place, as unix:h1/agent.sock";
	return ST_USAGE;
}
