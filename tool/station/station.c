/* SPDX-License-Identifier: Apache-2.0 */
#include "station/station.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "station/revoked.h"
#include "station/station_file.h"
#include "tool/lang.h"

enum status
station_path(const struct station *station, const char *name,
	     char out[ADDRESS_MAX + 1])
{
	int len =
		snprintf(out, ADDRESS_MAX + 1, "%s/%s", station->folder, name);

	return len > 0 && len <= ADDRESS_MAX ? ST_OK : ST_STATION_PATH;
}

/* ----------------------------------------------------------- init, load */

enum status
station_init(struct station *station)
{
	char path[ADDRESS_MAX + 1];
	enum status st = station_socket(station, path);

	if (st == ST_OK)
		st = station_path(station, "ledger.db", path);
	if (st != ST_OK)
		return st;
	if (mkdir(station->folder, 0700) != 0 && errno != EEXIST)
		return ST_STATION_FILE;
	st = ledger_create(path, station->class, &station->ledger);
	if (st != ST_OK)
		return st;
	st = station_path(station, "signer", path);
	if (st != ST_OK)
		return st;
	if (mkdir(path, 0700) != 0 && errno != EEXIST)
		return ST_STATION_FILE;
	return station_file_save(station, true);
}

enum status
station_load(struct station *out, const char *folder)
{
	size_t len = strlen(folder);

	memset(out, 0, sizeof(*out));
	if (len == 0 || len > ADDRESS_MAX)
		return ST_STATION_FOLDER;
	memcpy(out->folder, folder, len);
	return station_file_load(out);
}

/* ------------------------------------------------------------ arm, close */

/* The root that the profile's firmware was built with is the station's; a path
 * that is relative begins at the profile. */
static enum status
check_root(const struct profile *profile, const char *profile_path,
	   const struct public_key *root)
{
	const char *slash = strrchr(profile_path, '/');
	bool is_relative = profile->root[0] != '/' && slash != NULL;
	size_t folder_len = is_relative ? (size_t)(slash + 1 - profile_path)
					: 0;
	char path[ADDRESS_MAX + PROFILE_PATH_MAX + 1];
	struct public_key own;
	enum status st;

	if (profile->root[0] == '\0')
		return ST_OK;
	(void)snprintf(path, sizeof(path), "%.*s%s", (int)folder_len,
		       profile_path, profile->root);
	st = root_load(&own, path);
	if (st != ST_OK)
		return st;
	return memcmp(&own, root, sizeof(own)) == 0 ? ST_OK
						    : ST_HSM_CERTIFICATE;
}

/* One line key's certificate is what this station and the profile need. */
static enum status
check_line(const struct station *station, const struct hsm_line *line,
	   const struct public_key *root, const struct profile *profile,
	   struct cert *cert)
{
	if (!line->has_cert ||
	    cert_open(cert, object_bytes(&line->cert), root) != ST_OK ||
	    memcmp(&cert->key, &line->key, sizeof(cert->key)) != 0 ||
	    !text_equal(cert->model, line->model))
		return ST_HSM_CERTIFICATE;
	if (cert->epoch < profile->min_epoch)
		return ST_HSM_CERT_OLD;
	if (cert->class != station->class)
		return ST_STATION_CLASS;
	return memcmp(&cert->ledger, &station->ledger, sizeof(cert->ledger)) ==
			       0
		       ? ST_OK
		       : ST_LEDGER_ID;
}

enum status
station_revoked(struct revoked *out, const struct station *station,
		const struct public_key *root)
{
	char folder[ADDRESS_MAX + 1];
	enum status st = station_path(station, "revoked", folder);

	out->count = 0;
	return st == ST_OK ? revoked_load(out, folder, root) : st;
}

/* Signer, ledger and station speak of the same thing, and each profile's model
 * has a line. */
static enum status
check_signer(const struct station *station, const struct station_run *run)
{
	const struct hsm_status *signer = &run->flow.signer;
	const struct public_key *root = &run->flow.root;
	struct revoked revoked;
	enum status st = station_revoked(&revoked, station, root);

	if (st != ST_OK)
		return st;
	if (signer->class != station->class)
		return ST_STATION_CLASS;
	for (size_t i = 0; i < run->arms.profile_count; i++) {
		const struct profile *profile = &run->profile[i];
		const struct hsm_line *line =
			hsm_find_line(signer, profile->model);

		struct cert cert;

		if (line == NULL)
			return ST_HSM_KEY_ABSENT;
		st = check_line(station, line, root, profile, &cert);
		if (st == ST_OK)
			st = check_root(profile, run->arms.profile[i], root);
		if (st != ST_OK)
			return st;
		if (revoked_find(&revoked, &cert, root) != NULL)
			return ST_HSM_CERT_REVOKED;
	}
	return ST_OK;
}

/* Numbers that the token's mark knows as used are nobody's to give again. */
static enum status
skip_used_of_line(struct ledger *ledger, const struct ledger_who *who,
		  const struct hsm_line *line, const struct public_key *root)
{
	struct cert cert;
	enum status st = cert_open(&cert, object_bytes(&line->cert), root);

	for (unsigned int i = 0; st == ST_OK && i < cert.interval_count; i++)
		st = ledger_skip_to(ledger, who, &cert.interval[i],
				    line->next[i]);
	return st;
}

static enum status
skip_used(struct ledger *ledger, const struct ledger_who *who,
	  const struct hsm_status *signer, const struct public_key *root)
{
	enum status st = ST_OK;

	for (unsigned int i = 0; st == ST_OK && i < signer->line_count; i++)
		if (signer->line[i].has_cert)
			st = skip_used_of_line(ledger, who, &signer->line[i],
					       root);
	return st;
}

static enum status
check_ledger(const struct station *station, struct ledger *ledger)
{
	struct ledger_id id;
	enum dev_class class;

	ledger_identify(ledger, &id, &class);
	if (class != station->class)
		return ST_STATION_CLASS;
	return memcmp(&id, &station->ledger, sizeof(id)) == 0 ? ST_OK
							      : ST_LEDGER_ID;
}

static enum status
open_ledger(struct ledger **out, const struct station *station)
{
	char path[ADDRESS_MAX + 1];
	enum status st = station_path(station, "ledger.db", path);

	*out = NULL;
	if (st == ST_OK)
		st = ledger_open(out, path);
	return st == ST_OK ? check_ledger(station, *out) : st;
}

static enum status
load_root(struct public_key *root, const struct station *station)
{
	char path[ADDRESS_MAX + 1];
	enum status st = station_path(station, "root.pem", path);

	return st == ST_OK ? root_load(root, path) : st;
}

static enum status
load_profiles(struct profile *out, const struct station *station,
	      const struct station_arms *arms,
	      char error[PROFILE_ERROR_MAX + 1])
{
	for (size_t i = 0; i < arms->profile_count; i++) {
		enum status st = profile_load(&out[i], arms->profile[i], error);

		if (st != ST_OK)
			return st;
		if (out[i].class != station->class) {
			(void)snprintf(
				error, PROFILE_ERROR_MAX + 1,
				lang("%.200s: class differs from the station's"),
				arms->profile[i]);
			return ST_STATION_CLASS;
		}
	}
	return arms->profile_count != 0 ? ST_OK : ST_PROFILE_NONE;
}

/* The numbers that come next are those that the signer may give. */
static enum status
check_certified(const struct station_run *run,
		char error[PROFILE_ERROR_MAX + 1])
{
	const struct flow_station *flow = &run->flow;
	enum status st = ST_OK;

	for (size_t i = 0; st == ST_OK && i < run->arms.profile_count; i++) {
		const struct hsm_line *line =
			hsm_find_line(&flow->signer, run->profile[i].model);
		struct cert cert;

		st = cert_open(&cert, object_bytes(&line->cert), &flow->root);
		if (st == ST_OK)
			st = station_check_certified(flow->ledger, &cert,
						     error);
	}
	return st;
}

/* What is checked once the signer is up. */
static enum status
make_ready(const struct station *station, struct station_run *run,
	   char error[PROFILE_ERROR_MAX + 1])
{
	const struct ledger_who who = {run->arms.operator_name, 0,
				       run->flow.version};
	struct flow_station *flow = &run->flow;
	struct chain_head head = {.count = 0};
	enum status st = hsm_status(flow->hsm, &flow->signer);

	if (st == ST_OK)
		st = load_root(&flow->root, station);
	if (st == ST_OK)
		st = check_signer(station, run);
	if (st == ST_OK)
		st = station_check_copies(flow->ledger, flow->hsm);
	if (st == ST_OK)
		st = skip_used(flow->ledger, &who, &flow->signer, &flow->root);
	if (st == ST_OK)
		st = check_certified(run, error);
	if (st == ST_OK)
		st = ledger_note(flow->ledger, &who, "arm", "{}");
	if (st == ST_OK)
		st = ledger_head(flow->ledger, &head);
	run->arms.after = head.count;
	return st;
}

/* The ledger comes first: an old copy of the register must be refused before
 * the signer moves the token's mark. */
static enum status
start_signer(struct station_run *run, const struct station *station,
	     const struct station_arm *how)
{
	char folder[ADDRESS_MAX + 1], socket[ADDRESS_MAX + 1];
	struct chain_head seen;
	const struct hsm_start start = {
		.folder = folder,
		.token = how->token,
		.socket = socket,
		.pin_fd = how->pin_fd,
		.expect = &seen,
	};
	pid_t pid = 0;
	enum status st = station_path(station, "signer", folder);

	if (st == ST_OK)
		st = station_socket(station, socket);
	if (st == ST_OK && station->signer[0] != '\0')
		return hsm_connect(&run->flow.hsm, socket);
	if (st == ST_OK)
		st = ledger_seen_register(run->flow.ledger, &seen);
	if (st == ST_OK)
		st = hsm_start(&run->flow.hsm, &pid, &start);
	run->arms.signer_pid = pid;
	return st;
}

enum status
station_arm(const struct station *station, const struct station_arm *how,
	    const char *version, char error[PROFILE_ERROR_MAX + 1])
{
	struct station_run run = {
		.arms = *how->arms,
		.flow.version = version,
	};
	struct station_arms old;
	enum status st = station_arms_load(&old, station);

	error[0] = '\0';
	if (st == ST_OK)
		return ST_STATION_ARMED;
	run.arms.begun = (int64_t)time(NULL);
	st = load_profiles(run.profile, station, &run.arms, error);
	if (st == ST_OK)
		st = open_ledger(&run.flow.ledger, station);
	if (st == ST_OK)
		st = station_check_tacs(run.flow.ledger, run.profile,
					run.arms.profile_count, error);
	if (st == ST_OK)
		st = start_signer(&run, station, how);
	if (st != ST_OK) {
		station_run_close(&run);
		return st;
	}
	st = make_ready(station, &run, error);
	if (st == ST_OK)
		st = station_arms_save(station, &run.arms);
	/* the first failure is the one to tell, the second is added */
	if (st != ST_OK && hsm_shutdown(run.flow.hsm) != ST_OK)
		(void)snprintf(error, PROFILE_ERROR_MAX + 1,
			       lang("the signer, process %lld, did not end"),
			       (long long)run.arms.signer_pid);
	station_run_close(&run);
	return st;
}

enum status
station_close(const struct station *station, const char *version)
{
	struct station_arms arms;
	struct ledger *ledger = NULL;
	struct hsm *hsm = NULL;
	char socket[ADDRESS_MAX + 1];
	enum status st = station_arms_load(&arms, station);
	struct ledger_who who = {arms.operator_name, 0, version};

	if (st != ST_OK)
		return st;
	st = station_socket(station, socket);
	if (st != ST_OK)
		return st;
	/* a signer that is gone cannot be closed in order; the mark tells */
	if (hsm_connect(&hsm, socket) == ST_OK)
		st = hsm_shutdown(hsm);
	hsm_close(hsm);
	if (st == ST_OK)
		st = open_ledger(&ledger, station);
	if (st == ST_OK)
		st = ledger_note(ledger, &who, "close", "{}");
	ledger_close(ledger);
	return st == ST_OK ? station_arms_remove(station) : st;
}

/* ------------------------------------------------------------------- run */

static enum status
connect_signer(struct station_run *run, const struct station *station)
{
	char path[ADDRESS_MAX + 1];
	enum status st = station_socket(station, path);

	if (st == ST_OK)
		st = hsm_connect(&run->flow.hsm, path);
	if (st == ST_OK)
		st = hsm_status(run->flow.hsm, &run->flow.signer);
	return st;
}

static enum status
check_end(const struct station_run *run)
{
	bool is_over = time(NULL) >= run->arms.ends ||
		       run->arms.made >= run->arms.units;

	return is_over ? ST_STATION_ENDED : ST_OK;
}

enum status
station_count_made(struct station_arms *arms, struct ledger *ledger)
{
	uint64_t count;
	enum status st;

	if (arms->counted < arms->after)
		arms->counted = arms->after;
	st = ledger_count_verified(ledger, &arms->counted, &count);
	count += arms->made;
	arms->made = count > UINT32_MAX ? UINT32_MAX : (uint32_t)count;
	return st;
}

enum status
station_open(struct station_run *run, const struct station *station,
	     const char *version)
{
	char error[PROFILE_ERROR_MAX + 1];
	enum status st = station_arms_load(&run->arms, station);

	memset(&run->flow, 0, sizeof(run->flow));
	if (st != ST_OK)
		return st;
	run->flow.class = station->class;
	run->flow.ledger_id = station->ledger;
	run->flow.operator_name = run->arms.operator_name;
	run->flow.version = version;
	run->flow.profile = run->profile;
	run->flow.profile_count = run->arms.profile_count;
	st = load_profiles(run->profile, station, &run->arms, error);
	if (st == ST_OK)
		st = load_root(&run->flow.root, station);
	if (st == ST_OK)
		st = open_ledger(&run->flow.ledger, station);
	if (st == ST_OK)
		st = station_count_made(&run->arms, run->flow.ledger);
	if (st == ST_OK)
		st = check_end(run);
	if (st == ST_OK)
		st = connect_signer(run, station);
	if (st == ST_OK)
		st = check_signer(station, run);
	if (st == ST_OK)
		st = station_check_copies(run->flow.ledger, run->flow.hsm);
	if (st != ST_OK)
		station_run_close(run);
	return st;
}

void
station_run_close(struct station_run *run)
{
	hsm_close(run->flow.hsm);
	ledger_close(run->flow.ledger);
	run->flow.hsm = NULL;
	run->flow.ledger = NULL;
}
