/* SPDX-License-Identifier: Apache-2.0 */
/*
 * keys.h - what the commands of the key ceremony share.
 *
 * Each starts a signer for itself alone, without a socket.
 */
#ifndef IMEILOCK_TOOL_KEYS_H
#define IMEILOCK_TOOL_KEYS_H

#include "tool/claims.h"
#include "tool/cmd.h"

#define OPT_FOLDER 0x200
#define OPT_CLASS 0x201
#define OPT_OUT 0x202
#define OPT_MODEL 0x203
#define OPT_REQUEST 0x204
#define OPT_FIRST 0x205
#define OPT_LAST 0x206
#define OPT_EPOCH 0x207
#define OPT_CERT 0x208
#define OPT_ROOT 0x209
#define OPT_REASON 0x20a
#define OPT_FROM 0x20b
#define OPT_REVOKED 0x20c

/* The options of all key commands; each command names those that it takes, and
 * checks that it was given what it needs. */
struct key {
	struct cmd_token token;
	const char *folder;
	enum dev_class class;
	const char *out;
	const char *model;
	const char *request;
	unsigned int first_count, last_count;
	struct interval interval[INTERVALS_MAX];
	uint32_t epoch;
	const char *cert;
	const char *root;
	const char *reason;
	const char *from;
	const char *revoked;
};

error_t keys_parse(int key, char *arg, struct argp_state *state);
extern const struct argp_child keys_token_child[];

#define KEYS_OPTION_FOLDER                                                     \
	{                                                                      \
		"folder", OPT_FOLDER, "DIR", 0, "The signer's own folder", 0   \
	}
#define KEYS_OPTION_OUT                                                        \
	{                                                                      \
		"out", OPT_OUT, "FILE", 0, "A new file for the result", 0      \
	}

/* ST_USAGE, with a detail that names it, unless it is there. */
MUST_CHECK enum status keys_need(struct cli *cli, const char *name,
				 bool is_there);

void keys_show(struct output *out, const char *kind,
	       const struct public_key *key);
/* A new file with a public key.  ST_STATION_EXISTS, ST_STATION_FILE */
MUST_CHECK enum status keys_save(struct cli *cli, const struct public_key *root,
				 const char *path);
/* Check a notice under the station's root and keep it in its folder.
 *   ST_HSM_REVOCATION, ST_STATION_FILE, ST_STATION_EXISTS */
MUST_CHECK enum status keys_install_notice(struct cli *cli, const char *from);
MUST_CHECK enum status keys_read_object(struct cli *cli, const char *path,
					struct object *object);

#endif
