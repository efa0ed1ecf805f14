/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cmd.h - what all commands of the program share.
 *
 * A command is a function in cmd_NAME.c and a row in the table of main.c.  It
 * parses its own arguments with cmd_parse, does its work, prints rows
 * (output.h), and returns a code; main reports the code and turns it into the
 * exit code.  Nothing below main ends the program, but for argp, which does so
 * for --help and for arguments that it does not understand (exit code 1).
 */
#ifndef IMEILOCK_TOOL_CMD_H
#define IMEILOCK_TOOL_CMD_H

#include <argp.h>

#include "station/station.h"
#include "tool/output.h"

#define CMD_DETAIL_MAX 511
#define CMD_ROOTS_MAX 8
#define CMD_FILE_MAX 65536 /* bytes of a file that is read whole */

struct cli {
	struct output out;
	const char *folder;		 /* of the station */
	char detail[CMD_DETAIL_MAX + 1]; /* more than the code's sentence */
	bool is_reported; /* the command has said itself what is wrong */
};

struct cmd {
	const char *group; /* first word, or NULL */
	const char *name;  /* last word */
	const char *summary;
	MUST_CHECK enum status (*run)(struct cli *cli, int argc, char **argv);
};

enum status cmd_station_init(struct cli *cli, int argc, char **argv);
enum status cmd_station_arm(struct cli *cli, int argc, char **argv);
enum status cmd_station_close(struct cli *cli, int argc, char **argv);
enum status cmd_station_show(struct cli *cli, int argc, char **argv);
enum status cmd_slots_list(struct cli *cli, int argc, char **argv);
enum status cmd_slots_learn(struct cli *cli, int argc, char **argv);
enum status cmd_slots_set(struct cli *cli, int argc, char **argv);
enum status cmd_slots_remove(struct cli *cli, int argc, char **argv);
enum status cmd_devices(struct cli *cli, int argc, char **argv);
enum status cmd_provision(struct cli *cli, int argc, char **argv);
enum status cmd_verify(struct cli *cli, int argc, char **argv);
enum status cmd_inspect(struct cli *cli, int argc, char **argv);
enum status cmd_imei_check(struct cli *cli, int argc, char **argv);
enum status cmd_imei_format(struct cli *cli, int argc, char **argv);
enum status cmd_imei_encode(struct cli *cli, int argc, char **argv);
enum status cmd_tac_add(struct cli *cli, int argc, char **argv);
enum status cmd_tac_list(struct cli *cli, int argc, char **argv);
enum status cmd_tac_show(struct cli *cli, int argc, char **argv);
enum status cmd_ledger_show(struct cli *cli, int argc, char **argv);
enum status cmd_ledger_history(struct cli *cli, int argc, char **argv);
enum status cmd_ledger_quarantine(struct cli *cli, int argc, char **argv);
enum status cmd_ledger_release(struct cli *cli, int argc, char **argv);
enum status cmd_ledger_scrap(struct cli *cli, int argc, char **argv);
enum status cmd_ledger_replace(struct cli *cli, int argc, char **argv);
enum status cmd_ledger_export(struct cli *cli, int argc, char **argv);
enum status cmd_ledger_backup(struct cli *cli, int argc, char **argv);
enum status cmd_ledger_check(struct cli *cli, int argc, char **argv);
enum status cmd_profile_new(struct cli *cli, int argc, char **argv);
enum status cmd_profile_check(struct cli *cli, int argc, char **argv);
enum status cmd_profile_udev(struct cli *cli, int argc, char **argv);
enum status cmd_key_root(struct cli *cli, int argc, char **argv);
enum status cmd_key_request(struct cli *cli, int argc, char **argv);
enum status cmd_key_certify(struct cli *cli, int argc, char **argv);
enum status cmd_key_install(struct cli *cli, int argc, char **argv);
enum status cmd_key_revoke(struct cli *cli, int argc, char **argv);
enum status cmd_key_show(struct cli *cli, int argc, char **argv);

/* ------------------------------------------------------------- arguments */

/*
 * Parse with argp; input is what its parser finds as state->input.  The common
 * options (--station, --json) are added.  Does not return for --help and for
 * arguments that argp refuses.
 */
void cmd_parse(struct cli *cli, int argc, char **argv, const struct argp *argp,
	       void *input);
extern const struct argp cmd_common_argp;

/* argp_error in the language of lang.h. */
__attribute__((format(printf, 2, 3))) void cmd_refuse(
	const struct argp_state *state, const char *format, ...);
/* A whole number from first to last, or argp_error with the option's name. */
uint64_t cmd_number(const struct argp_state *state, const char *name,
		    const char *text, uint64_t first, uint64_t last);
/* Copied to out, or argp_error if it does not fit. */
void cmd_copy(const struct argp_state *state, const char *name, char *out,
	      size_t size, const char *text);
/* argp_error unless value was given. */
void cmd_need(const struct argp_state *state, const char *name,
	      const void *value);
/* 14 digits; argp_error otherwise. */
struct imei cmd_body(const struct argp_state *state, const char *name,
		     const char *text);
/* An IMEI in one of the three text forms: plain, presentation, URN. */
MUST_CHECK enum status cmd_imei(struct imei *out, const char *text, size_t len);
/* The 15 digits, or what a log may hold of them; "-" for none. */
const char *cmd_show_imei(char out[IMEI_LEN + 1], struct imei imei,
			  bool is_full);

/* Set the detail that goes with the code that is returned. */
__attribute__((format(printf, 2, 3))) void cmd_detail(struct cli *cli,
						      const char *format, ...);

/* ------------------------------------------------- station, ledger, signer */

/* Who does this: the armed operator, or the login name. */
struct cmd_who {
	struct ledger_who who;
	char name[STATION_TEXT_MAX + 1];
};

struct cmd_station {
	struct station station;
	struct ledger *ledger;
	struct cmd_who by;
};

/* Load the station of cli and open its ledger. */
MUST_CHECK enum status cmd_open_station(struct cmd_station *out,
					struct cli *cli);
void cmd_close_station(struct cmd_station *station);

/* The intervals in a list that the caller frees. */
MUST_CHECK enum status cmd_intervals(struct ledger *ledger,
				     struct ledger_interval **out,
				     size_t *count);
/*
 * A row an interval (of one TAC, or of all if tac is above IMEI_TAC_MAX): how
 * many numbers are in each state, and that they add up.
 *   ST_LEDGER_SUMS  they do not
 *   ST_LEDGER_NONE  no interval of this TAC
 */
MUST_CHECK enum status cmd_show_sums(struct cli *cli, struct ledger *ledger,
				     uint32_t tac);

/* An address of len bytes is kind:place; otherwise ST_USAGE, and *why says it
 * in English. */
MUST_CHECK enum status cmd_check_address(const char *text, size_t len,
					 const char **why);

/* How units ended in so many milliseconds, as a row. */
void cmd_show_tally(struct output *out, const struct tally *tally, int64_t ms);
/* The same of the shift that arms is about, until now. */
MUST_CHECK enum status cmd_show_shift(struct cli *cli, struct ledger *ledger,
				      const struct station_arms *arms);

/*
 * Close the station, and show its sums and those of the shift.  held: slots
 * that this process has taken already; the others are taken here.
 */
MUST_CHECK enum status cmd_close_shift(struct cli *cli,
				       const struct station_slot *const *held,
				       size_t held_count);

/* Warn of each model with fewer units left than its profile's
 * low_water_units. */
void cmd_warn_low(struct cli *cli, struct ledger *ledger,
		  const struct profile *profile, size_t count);
void cmd_warn_low_armed(struct cli *cli, struct ledger *ledger,
			const struct station_arms *arms);
/* Numbers that a unit of model gets, as far as the station knows; or 0. */
unsigned int cmd_model_slots(const struct cmd_station *opened,
			     const char *model);

/* Where the PIN comes from; part of the options of whoever needs one. */
struct cmd_token {
	const char *token;
	int pin_fd; /* -1: ask on the terminal */
};
extern const struct argp cmd_token_argp;
/* For the examples of --help. */
#define CMD_EXAMPLE_TOKEN(label)                                               \
	"'pkcs11:token=" label "?module-path=/usr/lib/softhsm/libsofthsm2.so'"

/*
 * A descriptor to read the PIN from: the one that was given, or a pipe with
 * what was typed on the terminal, without echo.
 *   ST_USAGE  no token, no terminal, or nothing was typed
 */
MUST_CHECK enum status cmd_pin(struct cli *cli, const struct cmd_token *token,
			       int *fd);
/* ST_USAGE if a token or PIN is given: the signer is a service, which has its
 * own. */
MUST_CHECK enum status cmd_no_token(struct cli *cli,
				    const struct cmd_token *token);
/* Ask a question on the terminal; ST_USAGE when there is none. */
MUST_CHECK enum status cmd_ask(struct cli *cli, const char *question,
			       bool is_echoed, char *out, size_t size);
/* Start a signer for this command alone. */
MUST_CHECK enum status cmd_signer(struct hsm **out, struct cli *cli,
				  const char *folder,
				  const struct cmd_token *token);

/* ------------------------------------------------------------------ files */

/* A whole file of at most size bytes, "-" for the input.  ST_STATION_FILE */
MUST_CHECK enum status cmd_read_file(struct cli *cli, const char *path,
				     uint8_t *buf, size_t size, size_t *len);

/* A file that must not be there yet; it appears with mode 0600. */
struct new_file {
	const char *path;
	int fd;
};

/* Make it, empty, before work whose result it takes.  ST_STATION_FILE */
MUST_CHECK enum status new_file_open(struct new_file *file, struct cli *cli,
				     const char *path);
/* Fill it, durably, and close it; on failure it is gone. */
MUST_CHECK enum status new_file_end(struct new_file *file, struct cli *cli,
				    struct bytes data);
/* Close and remove it if it is still open. */
void new_file_drop(struct new_file *file);
/* ST_STATION_FILE, with a detail that says so, if something is there. */
MUST_CHECK enum status cmd_expect_none(struct cli *cli, const char *path);

/*
 * A new file with mode 0600 that is there whole, durably, or not at all; when
 * the program dies on the way a part may be left as PATH.XXXXXX.
 *   ST_STATION_EXISTS  there is a file of this name; it is kept
 *   ST_STATION_FILE
 */
MUST_CHECK enum status cmd_write_whole(struct cli *cli, const char *path,
				       struct bytes data);

/* Roots that were named with --root. */
struct cmd_roots {
	size_t count;
	const char *path[CMD_ROOTS_MAX];
	struct public_key key[CMD_ROOTS_MAX];
};
void cmd_add_root(const struct argp_state *state, struct cmd_roots *roots,
		  const char *path);
MUST_CHECK enum status cmd_load_roots(struct cli *cli, struct cmd_roots *roots);

#endif
