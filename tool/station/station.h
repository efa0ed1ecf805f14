/* SPDX-License-Identifier: Apache-2.0 */
/*
 * station.h - one host with its fixture: its folder, and whether it is armed.
 *
 *   station.json   class, ledger id, slots and their addresses
 *   ledger.db      the ledger (tool/ledger)
 *   signer/        the signer's own folder (hsm), unless it is a service
 *   revoked/       revocation notices, since `key install --revoked`
 *   root.pem       the vendor root's public key, since `key install`
 *   armed.json     while armed: operator, shift, profiles, count, end
 *   signer.sock    while armed: where the signer listens
 *
 * jansson is used for the two JSON files.
 */
#ifndef IMEILOCK_TOOL_STATION_STATION_H
#define IMEILOCK_TOOL_STATION_STATION_H

#include "station/flow.h"

#define STATION_SLOTS_MAX 32
#define STATION_PROFILES_MAX 8
#define STATION_TEXT_MAX 63

struct station_slot {
	int number; /* from 1 */
	struct unit_address unit;
};

/* station.json */
struct station {
	char folder[ADDRESS_MAX + 1];
	enum dev_class class;
	struct ledger_id ledger;
	/* where a signer listens that somebody else starts, as systemd does;
	 * "": `arm` starts one */
	char signer[ADDRESS_MAX + 1];
	size_t slot_count;
	struct station_slot slot[STATION_SLOTS_MAX];
};

/* armed.json */
struct station_arms {
	char operator_name[STATION_TEXT_MAX + 1];
	char shift[STATION_TEXT_MAX + 1];
	size_t profile_count;
	char profile[STATION_PROFILES_MAX][ADDRESS_MAX + 1];
	uint32_t units;	  /* how many may be made */
	uint32_t made;	  /* how many were, from the ledger */
	uint64_t after;	  /* events of the ledger when it was armed */
	uint64_t counted; /* events up to which made was counted */
	int64_t begun;	  /* seconds since 1970 */
	int64_t ends;	  /* the same */
	int64_t signer_pid;
};

/* "DIR/name"; ST_STATION_PATH when it is too long. */
MUST_CHECK enum status station_path(const struct station *station,
				    const char *name,
				    char out[ADDRESS_MAX + 1]);
/* Where the signer listens; a socket has less room for its path. */
MUST_CHECK enum status station_socket(const struct station *station,
				      char out[ADDRESS_MAX + 1]);

/*
 * Make a station folder (mode 0700) with a new ledger.  slots may be none.
 *   ST_LEDGER_EXISTS, ST_STATION_FILE
 *   ST_STATION_PATH  too long, if only for the signer's socket
 */
MUST_CHECK enum status station_init(struct station *station);
/* Read station.json.  ST_STATION_FOLDER */
MUST_CHECK enum status station_load(struct station *out, const char *folder);

/* What `station arm` is given; strings are borrowed. */
struct station_arm {
	const struct station_arms *arms; /* made and signer_pid are ignored */
	const char *token; /* these two: unless the signer is a service */
	int pin_fd;
};

/*
 * Arm: the signer is started with the PIN, or asked where it is a service;
 * certificate, root, class and ledger id are held against each other, old copies
 * of ledger or register are looked for, numbers that the token's mark knows as
 * used are quarantined, and those that come next must be certified.
 *   ST_STATION_ARMED, ST_HSM_*, ST_LEDGER_*, ST_PROFILE_FORMAT
 * error has more to say, also with ST_OK, or is empty.
 */
MUST_CHECK enum status station_arm(const struct station *station,
				   const struct station_arm *how,
				   const char *version,
				   char error[PROFILE_ERROR_MAX + 1]);

/* Read armed.json.  ST_STATION_NOT_ARMED */
MUST_CHECK enum status station_arms_load(struct station_arms *out,
					 const struct station *station);

/* Count arms->made: units verified since it was armed.  Events that were counted
 * before are not read again. */
MUST_CHECK enum status station_count_made(struct station_arms *arms,
					  struct ledger *ledger);

/* End the signer in order and forget the arming; the sums are for show. */
MUST_CHECK enum status station_close(const struct station *station,
				     const char *version);

/* An armed station that is ready for flow_run. */
struct station_run {
	struct flow_station flow;
	struct profile profile[STATION_PROFILES_MAX];
	struct station_arms arms;
};

/*
 * Open ledger and signer of an armed station.  ST_STATION_NOT_ARMED,
 * ST_STATION_ENDED (time or count), ST_HSM_CONNECT; old copies are looked for
 * here as well.
 */
MUST_CHECK enum status station_open(struct station_run *run,
				    const struct station *station,
				    const char *version);
void station_run_close(struct station_run *run);

/* Neither ledger nor register is older than the other remembers.
 *   ST_HSM_REGISTER_OLD, ST_HSM_LEDGER_OLD */
MUST_CHECK enum status station_check_copies(struct ledger *ledger,
					    struct hsm *hsm);

/*
 * The ledger's intervals that are not used up follow each profile's list of
 * TACs, if it has one; error names the first that does not.
 *   ST_PROFILE_TACS
 */
MUST_CHECK enum status station_check_tacs(struct ledger *ledger,
					  const struct profile *profile,
					  size_t count,
					  char error[PROFILE_ERROR_MAX + 1]);

/*
 * The numbers that the ledger has for cert's model are certified.  What is not
 * certified further on is told in error with ST_OK: it may be certified later.
 *   ST_HSM_INTERVAL  not even the one that comes next
 */
MUST_CHECK enum status station_check_certified(
	struct ledger *ledger, const struct cert *cert,
	char error[PROFILE_ERROR_MAX + 1]);

/* The notices that were installed here.  ST_HSM_REVOCATION, ST_STATION_FILE */
MUST_CHECK enum status station_revoked(struct revoked *out,
				       const struct station *station,
				       const struct public_key *root);

/* Read a public key from a PEM file.  ST_STATION_FILE, ST_PEM_FORMAT */
MUST_CHECK enum status root_load(struct public_key *out, const char *path);
/* Write it; an existing file is kept.  ST_STATION_FILE */
MUST_CHECK enum status root_save(const struct public_key *root,
				 const char *path);

#endif
