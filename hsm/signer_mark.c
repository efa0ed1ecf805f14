/* SPDX-License-Identifier: Apache-2.0 */
#include "hsm/log.h"
#include "hsm/signer_state.h"
#include "hsm/value.h"

static enum status
read_mark(struct signer *signer, const struct signer_key *key,
	  struct mark *mark)
{
	uint8_t buf[TOKEN_MARK_MAX];
	size_t len;
	enum status status = signer->ops->mark_read(
		signer->token, key->mark_label, buf, sizeof(buf), &len);

	memset(mark, 0, sizeof(*mark));
	status = signer_token_said(signer, status);
	if (status != ST_OK || len == 0)
		return status;
	return mark_decode(mark, bytes_of(buf, len));
}

static bool
is_same(const struct mark *a, const struct mark *b)
{
	return a->generation == b->generation && a->reg.count == b->reg.count &&
	       memcmp(&a->reg.hash, &b->reg.hash, sizeof(a->reg.hash)) == 0 &&
	       memcmp(a->next, b->next, sizeof(a->next)) == 0;
}

/* A copy of this signer at work with the same token would hand out the same
 * numbers: what it did to the mark gives it away. */
static enum status
check_alone(struct signer *signer, const struct signer_key *key)
{
	struct mark mark;
	enum status status = read_mark(signer, key, &mark);

	if (status != ST_OK)
		return status;
	/* a token that lost its last write knows less */
	if (mark.generation < key->mark.generation ||
	    is_same(&mark, &key->mark) || is_same(&mark, &key->tried))
		return ST_OK;
	signer_log("mark: moved by another signer");
	return ST_HSM_MARK;
}

static enum status
write_mark(struct signer *signer, const struct signer_key *key,
	   struct bytes encoded)
{
	uint8_t back[TOKEN_MARK_MAX];
	size_t len;
	enum status status = signer->ops->mark_write(signer->token,
						     key->mark_label, encoded);

	if (status == ST_OK)
		status = signer->ops->mark_read(signer->token, key->mark_label,
						back, sizeof(back), &len);
	status = signer_token_said(signer, status);
	if (status != ST_OK)
		return status;
	return bytes_equal(encoded, bytes_of(back, len)) ? ST_OK : ST_HSM_MARK;
}

/* Put mark into the token, one generation on, and note it. */
static enum status
move(struct signer *signer, struct signer_key *key, const struct mark *to)
{
	struct entry entry = {.kind = ENTRY_MARK};
	struct mark mark = *to;
	struct bytes encoded;
	enum status status;

	mark.generation++;
	register_head(signer->reg, &mark.reg);
	/* a mark that knows what the disk lost would find an old copy */
	status = register_sync(signer->reg, mark.reg.count);
	if (status != ST_OK)
		return status;
	status = mark_encode(&encoded, entry.mark, &mark);
	if (status == ST_OK)
		status = check_alone(signer, key);
	key->tried = mark;
	if (status == ST_OK)
		status = write_mark(signer, key, encoded);
	if (status != ST_OK) {
		signer_log("mark: cannot be moved");
		return status;
	}
	key->mark = mark;
	entry.mark_len = encoded.len;
	memcpy(entry.model, key->model, sizeof(entry.model));
	return signer_append(signer, &entry);
}

/* ------------------------------------------------------------- old copies */

/* What the token knows of the register must still be so. */
static enum status
compare_register(const struct signer *signer, const struct mark *mark,
		 bool *is_old)
{
	struct chain_head head;
	struct sha256 hash;
	enum status status;

	register_head(signer->reg, &head);
	if (head.count < mark->reg.count) {
		*is_old = true;
		return ST_OK;
	}
	status = register_at(signer->reg, mark->reg.count, &hash);
	if (status != ST_OK)
		return status;
	/* an old copy that went on without this token */
	return memcmp(&hash, &mark->reg.hash, sizeof(hash)) == 0
		       ? ST_OK
		       : ST_HSM_REGISTER_OLD;
}

/* Whatever lies below the mark may be out. */
static enum status
skip_to_mark(struct signer *signer, const struct mark *mark)
{
	struct entry entry = {.kind = ENTRY_SKIP};

	for (unsigned int i = 0; i < mark->count; i++) {
		struct interval *skip = &entry.interval[entry.interval_count];

		if (mark->next[i] == mark->interval[i].first.body)
			continue;
		skip->first = mark->interval[i].first;
		skip->last.body = mark->next[i] - 1;
		entry.interval_count++;
	}
	return signer_append(signer, &entry);
}

static enum status
skip_all(struct signer *signer)
{
	enum status status = ST_OK;

	if (signer->role != ROLE_LINE)
		return ST_HSM_REGISTER_OLD;
	for (unsigned int i = 0; i < signer->key_count; i++) {
		const struct signer_key *key = &signer->key[i];

		if (!mark_fits(&key->mark, key->cert.interval,
			       key->cert.interval_count))
			return ST_HSM_REGISTER_OLD;
	}
	signer_log("register: an old copy; numbers go on from the mark");
	for (unsigned int i = 0; i < signer->key_count && status == ST_OK; i++)
		status = skip_to_mark(signer, &signer->key[i].mark);
	return status;
}

/* --------------------------------------------------------------- opening */

/* A number is never handed out below what the register itself knows. */
static void
raise_to_register(const struct signer *signer, struct mark *mark)
{
	for (unsigned int i = 0; i < mark->count; i++) {
		struct imei highest =
			register_highest(signer->reg, &mark->interval[i]);

		if (imei_is_valid(highest) && highest.body >= mark->next[i])
			mark->next[i] = highest.body + 1;
	}
}

static enum status
read_key_mark(struct signer *signer, struct signer_key *key, bool *is_old)
{
	enum status status = read_mark(signer, key, &key->mark);

	if (status != ST_OK)
		return status;
	/* a mark that was made once does not go away by itself */
	if (key->mark.generation == 0)
		return key->registered_mark.generation > 0 ? ST_HSM_MARK
							   : ST_OK;
	return compare_register(signer, &key->mark, is_old);
}

enum status
signer_mark_open(struct signer *signer)
{
	bool is_old = false;
	enum status status = ST_OK;

	for (unsigned int i = 0; i < signer->key_count && status == ST_OK; i++)
		status = read_key_mark(signer, &signer->key[i], &is_old);
	if (status == ST_OK && is_old)
		status = skip_all(signer);
	for (unsigned int i = 0; i < signer->key_count; i++) {
		struct signer_key *key = &signer->key[i];

		/* a token that lost its last write knows less */
		if (key->registered_mark.generation > key->mark.generation)
			key->mark = key->registered_mark;
		memcpy(key->next, key->mark.next, sizeof(key->next));
	}
	return status;
}

enum status
signer_mark_install(struct signer *signer, struct signer_key *key)
{
	struct mark mark = key->mark;

	if (signer->role == ROLE_LINE && !signer_key_has_cert(key))
		return ST_OK;
	/* what was handed out, and not how far ahead the mark stands */
	memcpy(mark.next, key->next, sizeof(mark.next));
	mark_rebase(&mark, key->cert.interval, key->cert.interval_count);
	raise_to_register(signer, &mark);
	memcpy(key->next, mark.next, sizeof(key->next));
	return move(signer, key, &mark);
}

/* ------------------------------------------------------------------- use */

static unsigned int
interval_of(const struct mark *mark, struct imei imei)
{
	unsigned int i = 0;

	while (i < mark->count && !interval_has(&mark->interval[i], imei))
		i++;
	return i;
}

enum status
signer_mark_reserve(struct signer *signer, struct signer_key *key,
		    const struct identity *identity)
{
	struct mark mark = key->mark;
	bool is_moved = false;

	for (unsigned int i = 0; i < SLOTS_MAX; i++) {
		uint64_t body = identity->slot[i].body;
		unsigned int at = interval_of(&mark, identity->slot[i]);
		uint64_t end;

		if (body == IMEI_NONE.body || at == mark.count ||
		    body < mark.next[at])
			continue;
		end = mark.interval[at].last.body + 1;
		mark.next[at] = end - body > MARK_AHEAD ? body + MARK_AHEAD
							: end;
		is_moved = true;
	}
	return is_moved ? move(signer, key, &mark) : ST_OK;
}

void
signer_mark_used(struct signer_key *key, const struct identity *identity)
{
	for (unsigned int i = 0; i < SLOTS_MAX; i++) {
		uint64_t body = identity->slot[i].body;
		unsigned int at = interval_of(&key->mark, identity->slot[i]);

		if (body != IMEI_NONE.body && at < key->mark.count &&
		    body >= key->next[at])
			key->next[at] = body + 1;
	}
}

enum status
signer_mark_exact(struct signer *signer, struct signer_key *key)
{
	struct mark mark = key->mark;

	if (signer->role == ROLE_LINE && !signer_key_has_cert(key))
		return ST_OK;
	memcpy(mark.next, key->next, sizeof(mark.next));
	return move(signer, key, &mark);
}

bool
signer_mark_is_skipped(const struct signer *signer, struct imei imei)
{
	for (size_t i = 0; i < signer->skip_count; i++)
		if (interval_has(&signer->skip[i], imei))
			return true;
	return false;
}
