/* SPDX-License-Identifier: Apache-2.0 */
#include "hsm/signer.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "hsm/log.h"
#include "hsm/signer_state.h"

/* ---------------------------------------------------------------- folder */

static enum status
open_folder(struct signer *signer, const char *folder)
{
	struct stat stat;

	if (strlen(folder) >= sizeof(signer->folder))
		return ST_HSM_FOLDER;
	strcpy(signer->folder, folder);
	if (mkdir(folder, 0700) != 0 && errno != EEXIST)
		return ST_HSM_FOLDER;
	if (lstat(folder, &stat) != 0 || !S_ISDIR(stat.st_mode) ||
	    stat.st_uid != geteuid() || (stat.st_mode & 077) != 0)
		return ST_HSM_FOLDER;
	return ST_OK;
}

static bool
is_about_pin(enum status status)
{
	return status == ST_HSM_PIN || status == ST_HSM_PIN_LOCKED ||
	       status == ST_HSM_PIN_EXPIRED;
}

/* The code that the file begins with; one made by hand has none. */
static enum status
latched_code(const char *path)
{
	FILE *file = fopen(path, "re");
	unsigned int code = 0;

	if (file != NULL) {
		if (fscanf(file, "%x", &code) != 1)
			code = 0;
		(void)fclose(file);
	}
	return is_about_pin((enum status)code) ? (enum status)code : ST_HSM_PIN;
}

static enum status
check_pin_latch(const struct signer *signer)
{
	char path[FILE_PATH_MAX];
	enum status status =
		file_path(path, signer->folder, SIGNER_PIN_REFUSED);

	if (status != ST_OK || access(path, F_OK) != 0)
		return status;
	signer_log("pin: refused before; delete %s to try again", path);
	return latched_code(path);
}

static void
latch_pin(const struct signer *signer, enum status status)
{
	char path[FILE_PATH_MAX], text[128];

	snprintf(text, sizeof(text),
		 "0x%08x The token refused the PIN. Delete this file to have a "
		 "PIN tried again.\n",
		 (unsigned int)status);
	if (file_path(path, signer->folder, SIGNER_PIN_REFUSED) != ST_OK ||
	    file_replace(path, bytes_of(text, strlen(text))) != ST_OK)
		signer_log("pin: that it was refused cannot be noted");
}

enum status
signer_token_said(struct signer *signer, enum status status)
{
	if (!is_about_pin(status))
		return status;
	/* several that sign may hear of it at once */
	pthread_mutex_lock(&signer->latch_lock);
	latch_pin(signer, status);
	pthread_mutex_unlock(&signer->latch_lock);
	return status;
}

/* ----------------------------------------------------------------- token */

static enum status
open_token(struct signer *signer, const struct signer_config *config)
{
	const char *serial = signer->role != 0 ? signer->serial : NULL;
	enum status status;

	signer->ops = token_find(config->token);
	if (signer->ops == NULL)
		return ST_HSM_ADDRESS;
	status = signer->ops->open(&signer->token, config->token, serial,
				   config->pin);
	status = signer_token_said(signer, status);
	if (status == ST_OK)
		signer->ops->info(signer->token, &signer->info);
	return status;
}

/* The key that the register speaks of, and its certificate. */
static enum status
open_key(struct signer *signer, struct signer_key *key)
{
	struct public_key public;
	enum status status =
		signer->ops->public_key(signer->token, key->key_label, &public);

	status = signer_token_said(signer, status);
	if (status != ST_OK)
		return signer_key_said(status);
	if (memcmp(&public, &key->public, sizeof(public)) != 0)
		return ST_HSM_TOKEN_CHANGED;
	if (!signer_key_has_cert(key))
		return ST_OK;
	return signer_check_cert(signer, object_bytes(&key->cert_object),
				 &signer->root, &key->cert, NULL);
}

/* --------------------------------------------------------------- opening */

static enum status
open_role(struct signer *signer)
{
	struct entry entry = {.kind = ENTRY_OPEN};
	enum status status = ST_OK;

	if (signer->class == CLASS_PRODUCTION && !signer->info.is_hardware)
		return ST_HSM_NOT_HARDWARE;
	for (unsigned int i = 0; i < signer->key_count && status == ST_OK; i++)
		status = open_key(signer, &signer->key[i]);
	if (status != ST_OK)
		return status;
	if (register_last_kind(signer->reg) != ENTRY_CLOSE)
		signer_log("signer: the last run had no orderly end");
	status = signer_mark_open(signer);
	if (status == ST_OK)
		status = signer_append(signer, &entry);
	for (unsigned int i = 0; i < signer->key_count && status == ST_OK; i++)
		status = signer_mark_install(signer, &signer->key[i]);
	return status;
}

/* An old copy must be found before the mark moves: the right register, put back
 * afterwards, would be a second branch for the token. */
static enum status
check_expected(const struct signer *signer, const struct chain_head *expect)
{
	struct sha256 hash;
	enum status status;

	if (expect == NULL)
		return ST_OK;
	status = register_at(signer->reg, expect->count, &hash);
	if (status != ST_OK)
		return status;
	return memcmp(&hash, &expect->hash, sizeof(hash)) == 0
		       ? ST_OK
		       : ST_HSM_REGISTER_OLD;
}

static enum status
open_all(struct signer *signer, const struct signer_config *config)
{
	char path[FILE_PATH_MAX];
	enum status status = open_folder(signer, config->folder);

	if (status == ST_OK)
		status = check_pin_latch(signer);
	if (status == ST_OK)
		status = file_path(path, config->folder, SIGNER_REGISTER);
	if (status == ST_OK)
		status = register_open(&signer->reg, path, signer_take_entry,
				       signer);
	if (status == ST_OK)
		status = check_expected(signer, config->expect);
	if (status == ST_OK)
		status = open_token(signer, config);
	if (status != ST_OK || signer->role == 0)
		return status;
	return open_role(signer);
}

enum status
signer_open(struct signer **out, const struct signer_config *config)
{
	struct signer *signer;
	enum status status = crypto_init();

	*out = NULL;
	if (status != ST_OK)
		return status;
	signer = calloc(1, sizeof(*signer));
	if (signer == NULL)
		return ST_STATION_MEMORY;
	pthread_mutex_init(&signer->lock, NULL);
	pthread_mutex_init(&signer->latch_lock, NULL);
	pthread_cond_init(&signer->is_idle, NULL);
	status = open_all(signer, config);
	if (status != ST_OK) {
		signer_close(signer);
		return status;
	}
	signer_log("signer: up");
	*out = signer;
	return ST_OK;
}

void
signer_close(struct signer *signer)
{
	if (signer == NULL)
		return;
	if (signer->token != NULL)
		signer->ops->close(signer->token);
	register_close(signer->reg);
	free(signer->skip);
	free(signer->certified);
	free(signer->revoked);
	pthread_cond_destroy(&signer->is_idle);
	pthread_mutex_destroy(&signer->latch_lock);
	pthread_mutex_destroy(&signer->lock);
	free(signer);
}

/* --------------------------------------------------------------- closing */

static enum status
shut_down(struct signer *signer)
{
	struct entry entry = {.kind = ENTRY_CLOSE};
	enum status status = ST_OK;

	if (signer->is_shut_down)
		return ST_OK;
	signer->is_shut_down = true;
	/* what was decided is signed and given out */
	while (signer->under_way > 0)
		pthread_cond_wait(&signer->is_idle, &signer->lock);
	for (unsigned int i = 0; i < signer->key_count && status == ST_OK; i++)
		status = signer_mark_exact(signer, &signer->key[i]);
	if (status == ST_OK && signer->role != 0)
		status = signer_append(signer, &entry);
	/* the token goes now, and with it the PIN */
	signer->ops->close(signer->token);
	signer->token = NULL;
	signer_log("signer: closed%s", status == ST_OK ? "" : ", not in order");
	return status;
}

enum status
signer_shutdown(struct signer *signer)
{
	enum status status;

	pthread_mutex_lock(&signer->lock);
	status = shut_down(signer);
	pthread_mutex_unlock(&signer->lock);
	return status;
}

bool
signer_is_shut_down(struct signer *signer)
{
	return signer->is_shut_down;
}

/* -------------------------------------------------------------- requests */

static struct imei
next_number(const struct signer_key *key, unsigned int i)
{
	if (i >= key->mark.count || !signer_key_has_cert(key) ||
	    key->next[i] > key->mark.interval[i].last.body)
		return IMEI_NONE;
	return (struct imei){key->next[i]};
}

static void
report_line(struct hsm_line *line, const struct signer_key *key)
{
	strcpy(line->model, key->model);
	line->key = key->public;
	line->has_cert = signer_key_has_cert(key);
	line->cert = key->cert_object;
	for (unsigned int i = 0; i < INTERVALS_MAX; i++)
		line->next[i] = next_number(key, i);
}

static enum status
report_status(struct signer *signer, const struct wire_request *request,
	      struct wire_reply *reply)
{
	struct hsm_status *info = &reply->info;

	(void)request;
	info->role = signer->role;
	info->class = signer->class;
	strcpy(info->token_label, signer->info.label);
	strcpy(info->token_serial, signer->info.serial);
	info->is_hardware = signer->info.is_hardware;
	info->ledger = signer->ledger;
	register_head(signer->reg, &info->reg);
	info->seen_ledger = signer->heard;
	if (signer->role == ROLE_LINE) {
		info->line_count = (uint8_t)signer->key_count;
		for (unsigned int i = 0; i < signer->key_count; i++)
			report_line(&info->line[i], &signer->key[i]);
	} else if (signer->key_count > 0) {
		info->has_key = true;
		info->key = signer->key[0].public;
	}
	/* who remembers the register must not know more than the disk */
	return register_sync(signer->reg, info->reg.count);
}

static enum status
report_register_at(struct signer *signer, const struct wire_request *request,
		   struct wire_reply *reply)
{
	return register_at(signer->reg, request->count, &reply->hash);
}

static enum status
request_shutdown(struct signer *signer, const struct wire_request *request,
		 struct wire_reply *reply)
{
	(void)request;
	(void)reply;
	return shut_down(signer);
}

static const signer_request_fn requests[WIRE_OPS] = {
	[WIRE_STATUS] = report_status,
	[WIRE_REGISTER_AT] = report_register_at,
	[WIRE_ROOT] = signer_root,
	[WIRE_CERTIFY] = signer_certify,
	[WIRE_REQUEST] = signer_request,
	[WIRE_INSTALL] = signer_install,
	[WIRE_TICKET] = signer_ticket,
	[WIRE_RECORD] = signer_record,
	[WIRE_SHUTDOWN] = request_shutdown,
	[WIRE_REVOKE] = signer_revoke,
};

static void
handle(struct signer *signer, const struct wire_request *request,
       struct wire_reply *reply)
{
	pthread_mutex_lock(&signer->lock);
	if (signer->is_shut_down)
		reply->status = ST_HSM_CONNECT;
	else
		reply->status = requests[request->op](signer, request, reply);
	pthread_mutex_unlock(&signer->lock);
	if (reply->status != ST_OK)
		signer_log("request %d: refused, 0x%08x", (int)request->op,
			   (unsigned int)reply->status);
}

enum status
signer_handle(struct signer *signer, struct bytes request,
	      uint8_t buf[WIRE_MAX], struct bytes *out)
{
	struct wire_request decoded;
	struct wire_reply reply = {0};
	enum status status, encoded;

	*out = bytes_of(NULL, 0);
	status = wire_request_decode(&decoded, request);
	if (status == ST_OK)
		handle(signer, &decoded, &reply);
	else
		reply.status = status;
	encoded = wire_reply_encode(out, buf, decoded.op, &reply);
	if (encoded != ST_OK)
		return encoded;
	return status == ST_HSM_REQUEST ? status : ST_OK;
}
