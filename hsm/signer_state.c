/* SPDX-License-Identifier: Apache-2.0 */
#include "hsm/signer_state.h"

#include <stdio.h>
#include <stdlib.h>

#include "hsm/log.h"
#include "hsm/value.h"

#define ROLE_LABEL "imeilock role" /* a mark that says what a token is for */

void
signer_leave(struct signer *signer)
{
	signer->under_way++;
	pthread_mutex_unlock(&signer->lock);
}

void
signer_enter(struct signer *signer)
{
	pthread_mutex_lock(&signer->lock);
	if (--signer->under_way == 0)
		pthread_cond_broadcast(&signer->is_idle);
}

struct signer_key *
signer_find_key(struct signer *signer, const char *model)
{
	for (unsigned int i = 0; i < signer->key_count; i++)
		if (strcmp(signer->key[i].model, model) == 0)
			return &signer->key[i];
	return NULL;
}

/* Model and labels; the rest is cleared. */
static void
name_key(struct signer_key *key, const char *model)
{
	bool is_root = *model == '\0';

	memset(key, 0, sizeof(*key));
	snprintf(key->model, sizeof(key->model), "%s", model);
	snprintf(key->key_label, sizeof(key->key_label), "imeilock %s%s",
		 is_root ? "root" : "line ", model);
	snprintf(key->mark_label, sizeof(key->mark_label), "imeilock %s%s",
		 is_root ? "root mark" : "mark ", model);
}

/* --------------------------------------------------------------- entries */

static void
take_role(struct signer *signer, const struct entry *entry)
{
	signer->role = entry->role;
	signer->class = entry->class;
	signer->ledger = entry->ledger;
	strcpy(signer->serial, entry->serial);
}

static enum status
take_key(struct signer *signer, const struct entry *entry)
{
	struct signer_key *key = &signer->key[signer->key_count];

	if (signer->key_count == HSM_LINES_MAX ||
	    (signer->role == ROLE_ROOT) != (*entry->model == '\0') ||
	    signer_find_key(signer, entry->model) != NULL)
		return ST_HSM_REGISTER;
	name_key(key, entry->model);
	key->public = entry->key;
	signer->key_count++;
	return ST_OK;
}

/* Entries that are about one key. */
static enum status
take_for_key(struct signer *signer, const struct entry *entry)
{
	struct signer_key *key = signer_find_key(signer, entry->model);

	if (key == NULL)
		return ST_HSM_REGISTER;
	if (entry->kind == ENTRY_MARK)
		return mark_decode(&key->registered_mark,
				   bytes_of(entry->mark, entry->mark_len));
	if (entry->kind == ENTRY_REQUEST) {
		key->request = entry->object;
		return ST_OK;
	}
	key->cert_object = entry->object;
	signer->root = entry->key;
	signer->has_root = true;
	return ST_OK;
}

static enum status
take_skip(struct signer *signer, const struct entry *entry)
{
	size_t count = signer->skip_count + entry->interval_count;
	struct interval *skip =
		realloc(signer->skip, (count + 1) * sizeof(*skip));

	if (skip == NULL)
		return ST_STATION_MEMORY;
	memcpy(skip + signer->skip_count, entry->interval,
	       entry->interval_count * sizeof(*skip));
	signer->skip = skip;
	signer->skip_count = count;
	return ST_OK;
}

static enum status
take_certify(struct signer *signer, const struct entry *entry)
{
	size_t count = signer->certified_count;
	struct certified *certified =
		realloc(signer->certified, (count + entry->interval_count + 1) *
						   sizeof(*certified));

	if (certified == NULL)
		return ST_STATION_MEMORY;
	for (unsigned int i = 0; i < entry->interval_count; i++, count++) {
		certified[count].interval = entry->interval[i];
		certified[count].ledger = entry->ledger;
		strcpy(certified[count].model, entry->model);
	}
	signer->certified = certified;
	signer->certified_count = count;
	return ST_OK;
}

static enum status
take_revoke(struct signer *signer, const struct entry *entry)
{
	struct public_key *revoked =
		realloc(signer->revoked,
			(signer->revoked_count + 1) * sizeof(*revoked));

	if (revoked == NULL)
		return ST_STATION_MEMORY;
	revoked[signer->revoked_count++] = entry->key;
	signer->revoked = revoked;
	return ST_OK;
}

enum status
signer_take_entry(void *ctx, const struct entry *entry)
{
	struct signer *signer = ctx;

	/* the first entry says whose the others are */
	if ((entry->kind == ENTRY_ROLE) != (entry->number == 1))
		return ST_HSM_REGISTER;
	switch (entry->kind) {
	case ENTRY_ROLE:
		take_role(signer, entry);
		return ST_OK;
	case ENTRY_KEY:
		return take_key(signer, entry);
	case ENTRY_REQUEST:
	case ENTRY_INSTALL:
	case ENTRY_MARK:
		return take_for_key(signer, entry);
	case ENTRY_TICKET:
	case ENTRY_AGAIN:
		signer->heard = entry->heard;
		return ST_OK;
	case ENTRY_SKIP:
		return take_skip(signer, entry);
	case ENTRY_CERTIFY:
		return take_certify(signer, entry);
	case ENTRY_REVOKE:
		return take_revoke(signer, entry);
	case ENTRY_OPEN:
	case ENTRY_CLOSE:
	case ENTRY_SHOWN:
	case ENTRY_RECORD:
		return ST_OK;
	case ENTRY_NONE:
	case ENTRY_KINDS:
	default:
		return ST_HSM_REGISTER;
	}
}

enum status
signer_append(struct signer *signer, struct entry *entry)
{
	enum status status = register_append(signer->reg, entry);

	return status != ST_OK ? status : signer_take_entry(signer, entry);
}

enum status
signer_note(struct signer *signer, struct entry *entry)
{
	enum status status = register_write(signer->reg, entry);

	return status != ST_OK ? status : signer_take_entry(signer, entry);
}

/* --------------------------------------------------------------- signing */

enum status
signer_sign(struct signer *signer, const struct signer_key *key,
	    const struct cose_kind *kind, struct bytes payload,
	    const struct sha256 *digest, struct object *out)
{
	struct cbor_out object;
	struct signature sig;
	struct bytes encoded;
	enum status status =
		signer->ops->sign(signer->token, key->key_label, digest, &sig);

	out->len = 0;
	status = signer_token_said(signer, status);
	if (status != ST_OK)
		return signer_key_said(status);
	/* finds a fault, a wrong key, a digest that was cut short */
	status = crypto_verify(&key->public, digest, &sig);
	if (status != ST_OK) {
		signer_log("token: its signature is not valid");
		return status == ST_CRYPTO_SIGNATURE ? ST_HSM_SIGNATURE
						     : status;
	}
	cbor_out_init(&object, out->byte, sizeof(out->byte));
	status = cose_encode(&object, kind, payload, &sig);
	if (status == ST_OK)
		status = cbor_out_end(&object, &encoded);
	if (status == ST_OK)
		out->len = encoded.len;
	return status;
}

/* ------------------------------------------------------------------ keys */

/* A folder has one role, class and ledger. */
static enum status
check_folder(const struct signer *signer, const struct signer_purpose *purpose)
{
	if (purpose->class != CLASS_PRODUCTION &&
	    purpose->class != CLASS_DEVELOPMENT)
		return ST_HSM_CLASS;
	if (purpose->class == CLASS_PRODUCTION && !signer->info.is_hardware)
		return ST_HSM_NOT_HARDWARE;
	if (signer->role == 0)
		return ST_OK;
	if (signer->role != purpose->role)
		return ST_HSM_ROLE;
	if (signer->class != purpose->class)
		return ST_HSM_CLASS;
	if (memcmp(&signer->ledger, &purpose->ledger, sizeof(signer->ledger)) !=
	    0)
		return ST_LEDGER_ID;
	return signer->key_count < HSM_LINES_MAX ? ST_OK : ST_HSM_LINES;
}

static struct bytes
role_name(enum key_role role)
{
	return bytes_of(role == ROLE_ROOT ? "root" : "line", 4);
}

/* A token is a root's or a line's, never both. */
static enum status
check_token(struct signer *signer, enum key_role role)
{
	uint8_t name[TOKEN_MARK_MAX];
	size_t len;
	enum status status = signer->ops->mark_read(signer->token, ROLE_LABEL,
						    name, sizeof(name), &len);

	if (status != ST_OK)
		return status;
	if (len == 0)
		return signer->ops->mark_write(signer->token, ROLE_LABEL,
					       role_name(role));
	return bytes_equal(bytes_of(name, len), role_name(role)) ? ST_OK
								 : ST_HSM_ROLE;
}

/* A mark says that the key was used, so there was a register beside it. */
static enum status
check_unused(struct signer *signer, const struct signer_key *key,
	     enum key_role role)
{
	uint8_t mark[TOKEN_MARK_MAX];
	size_t len;
	enum status status = signer->ops->mark_read(
		signer->token, key->mark_label, mark, sizeof(mark), &len);

	if (status != ST_OK || len == 0)
		return status;
	return role == ROLE_ROOT ? ST_HSM_EXISTS : ST_HSM_REGISTER_OLD;
}

static enum status
find_or_generate(struct signer *signer, const struct signer_key *key,
		 struct public_key *out)
{
	enum status status =
		signer->ops->public_key(signer->token, key->key_label, out);

	if (status != ST_HSM_KEY_ABSENT)
		return status;
	status = signer->ops->generate(signer->token, key->key_label);
	if (status != ST_OK)
		return status;
	return signer->ops->public_key(signer->token, key->key_label, out);
}

static enum status
take_folder(struct signer *signer, const struct signer_purpose *purpose)
{
	struct entry entry = {
		.kind = ENTRY_ROLE,
		.role = purpose->role,
		.class = purpose->class,
		.ledger = purpose->ledger,
	};

	if (signer->role != 0)
		return ST_OK;
	strcpy(entry.serial, signer->info.serial);
	return signer_append(signer, &entry);
}

enum status
signer_make_key(struct signer *signer, const struct signer_purpose *purpose)
{
	struct entry entry = {.kind = ENTRY_KEY};
	struct signer_key key;
	enum status status = check_folder(signer, purpose);

	if (status != ST_OK)
		return status;
	if (signer_find_key(signer, purpose->model) != NULL)
		return ST_HSM_EXISTS;
	name_key(&key, purpose->model);
	strcpy(entry.model, key.model);
	status = check_token(signer, purpose->role);
	if (status == ST_OK)
		status = check_unused(signer, &key, purpose->role);
	if (status == ST_OK)
		status = take_folder(signer, purpose);
	if (status == ST_OK)
		status = find_or_generate(signer, &key, &entry.key);
	status = signer_token_said(signer, status);
	return status != ST_OK ? status : signer_append(signer, &entry);
}
