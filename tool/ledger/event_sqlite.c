/* SPDX-License-Identifier: Apache-2.0 */
#include <time.h>

#include "ledger/detail.h"
#include "ledger/store_sqlite.h"

#define EVENT_MAX 8192 /* bytes of an event, encoded */
#define EVENT_COLUMNS                                                          \
	"number, time, kind, operator, slot, version, chip, imei, detail, hash"

/* Kinds that say what became of numbers: a note must not look like one. */
static const char *const own_kinds[] = {
	"created",  "interval", "remainder", "skipped",	 "ticketed",
	"written",  "record",	"locked",    "verified", "quarantined",
	"released", "scrapped", "seen",	     "outcome",	 "refused",
	"register", "board",	"replaced",  "replaces", "migrated",
	"labelled",
};

/* ------------------------------------------------------------------- chain */

static struct bytes
hash_bytes(const struct sha256 *hash)
{
	return bytes_of(hash->byte, sizeof(hash->byte));
}

static void
put_chip(struct cbor_out *out, const struct chip_id *chip)
{
	if (chip->len > 0)
		cbor_put_bytes(out, chip_id_bytes(chip));
	else
		cbor_put_null(out);
}

static void
put_imei(struct cbor_out *out, struct imei imei)
{
	if (imei_is_valid(imei))
		cbor_put_uint(out, imei.body);
	else
		cbor_put_null(out);
}

static enum status
event_hash(struct sha256 *out, const struct sha256 *before,
	   const struct ledger_event *event)
{
	uint8_t buf[EVENT_MAX];
	struct cbor_out cbor;
	struct bytes encoded;
	enum status status;

	cbor_out_init(&cbor, buf, sizeof(buf));
	cbor_put_array(&cbor, 10);
	cbor_put_bytes(&cbor, hash_bytes(before));
	cbor_put_uint(&cbor, event->number);
	cbor_put_int(&cbor, event->time);
	cbor_put_text(&cbor, event->kind);
	cbor_put_text(&cbor, event->operator_name);
	cbor_put_int(&cbor, event->slot);
	cbor_put_text(&cbor, event->version);
	put_chip(&cbor, &event->chip);
	put_imei(&cbor, event->imei);
	cbor_put_text(&cbor, event->detail);
	status = cbor_out_end(&cbor, &encoded);
	/* An operator's name that is not UTF-8 is found here. */
	if (status == ST_OK)
		status = cbor_check(encoded);
	if (status != ST_OK)
		return status;
	return crypto_sha256(out, &encoded, 1);
}

enum status
chain_head_read(struct ledger *ledger, struct chain_head *out)
{
	struct db_query q;

	*out = (struct chain_head){.count = 0};
	db_begin(&q, ledger->db,
		 "SELECT number, hash FROM event ORDER BY number DESC LIMIT 1");
	if (db_next(&q)) {
		out->count = db_uint(&q, 0);
		db_copy(&q, 1, out->hash.byte, sizeof(out->hash.byte));
	}
	return db_end(&q);
}

static enum status
insert(struct ledger *ledger, const struct ledger_event *event,
       const struct sha256 *hash)
{
	struct db_query q;

	db_begin(&q, ledger->db,
		 "INSERT INTO event (" EVENT_COLUMNS ") VALUES"
		 " (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)");
	db_put_uint(&q, 1, event->number);
	db_put_int(&q, 2, event->time);
	db_put_text(&q, 3, event->kind);
	db_put_text(&q, 4, event->operator_name);
	db_put_int(&q, 5, event->slot);
	db_put_text(&q, 6, event->version);
	if (event->chip.len > 0)
		db_put_bytes(&q, 7, chip_id_bytes(&event->chip));
	if (imei_is_valid(event->imei))
		db_put_uint(&q, 8, event->imei.body);
	db_put_text(&q, 9, event->detail);
	db_put_bytes(&q, 10, hash_bytes(hash));
	return db_run(&q);
}

enum status
event_append(struct ledger *ledger, const struct ledger_who *who,
	     const char *kind, const struct chip_id *chip, struct imei imei,
	     const char *detail, uint64_t *number)
{
	struct ledger_event event = {
		.time = (int64_t)time(NULL),
		.kind = kind,
		.operator_name = who->operator_name,
		.slot = who->slot,
		.version = who->version,
		.imei = imei,
		.detail = detail,
	};
	struct chain_head head;
	struct sha256 hash;
	enum status status = chain_head_read(ledger, &head);

	if (chip != NULL)
		event.chip = *chip;
	event.number = *number = head.count + 1;
	if (status == ST_OK)
		status = event_hash(&hash, &head.hash, &event);
	if (status != ST_OK)
		return status;
	return insert(ledger, &event, &hash);
}

/* ----------------------------------------------------------------- reading */

/* Texts are views that hold until the next row. */
static void
read_event(struct db_query *q, struct ledger_event *out)
{
	struct bytes chip = db_bytes(q, 6);

	*out = (struct ledger_event){
		.number = db_uint(q, 0),
		.time = db_int(q, 1),
		.kind = db_text(q, 2),
		.operator_name = db_text(q, 3),
		.slot = (int)db_int(q, 4),
		.version = db_text(q, 5),
		.imei = IMEI_NONE,
		.detail = db_text(q, 8),
	};
	if (chip.len <= CHIP_ID_MAX && chip.len > 0) {
		out->chip.len = (uint8_t)chip.len;
		memcpy(out->chip.byte, chip.ptr, chip.len);
	}
	if (!db_is_null(q, 7))
		out->imei.body = db_uint(q, 7);
}

/* The next event is number, and its hash follows from *hash. */
static enum status
check_event(struct db_query *q, uint64_t number, struct sha256 *hash)
{
	struct ledger_event event;
	struct sha256 have, want;
	enum status status;

	read_event(q, &event);
	db_copy(q, 9, have.byte, sizeof(have.byte));
	if (q->status != ST_OK)
		return q->status;
	status = event_hash(&want, hash, &event);
	*hash = have;
	if (status == ST_CRYPTO_FAILED)
		return status;
	if (status != ST_OK || event.number != number ||
	    !bytes_equal(hash_bytes(&have), hash_bytes(&want)))
		return ST_LEDGER_CHAIN;
	return ST_OK;
}

enum status
chain_check(struct ledger *ledger, uint64_t *number)
{
	struct sha256 hash = {{0}};
	struct db_query q;
	enum status status = ST_OK, end;

	*number = 0;
	db_begin(&q, ledger->db,
		 "SELECT " EVENT_COLUMNS " FROM event ORDER BY number");
	while (status == ST_OK && db_next(&q))
		status = check_event(&q, ++*number, &hash);
	end = db_end(&q);
	return status == ST_OK ? end : status;
}

enum status
ledger_check_chain(struct ledger *ledger)
{
	enum status status = store_begin_read(ledger);
	uint64_t number;

	if (status != ST_OK)
		return status;
	return store_end_read(ledger, chain_check(ledger, &number));
}

enum status
ledger_head(struct ledger *ledger, struct chain_head *out)
{
	enum status status = store_begin_read(ledger);

	*out = (struct chain_head){.count = 0};
	if (status != ST_OK)
		return status;
	return store_end_read(ledger, chain_head_read(ledger, out));
}

enum status
ledger_hash_at(struct ledger *ledger, uint64_t count, struct sha256 *out)
{
	enum status status = store_begin_read(ledger);
	struct db_query q;
	bool is_there = count == 0;

	*out = (struct sha256){{0}};
	if (status != ST_OK)
		return status;
	/* A count that SQLite cannot hold is one that it does not have. */
	db_begin(&q, ledger->db, "SELECT hash FROM event WHERE number = ?1");
	db_put_uint(&q, 1, count > INT64_MAX ? INT64_MAX : count);
	if (db_next(&q)) {
		is_there = true;
		db_copy(&q, 0, out->byte, sizeof(out->byte));
	}
	status = db_end(&q);
	if (status == ST_OK && !is_there)
		status = ST_HSM_LEDGER_OLD;
	return store_end_read(ledger, status);
}

enum status
ledger_history(struct ledger *ledger, const struct chip_id *chip,
	       ledger_event_fn each, void *ctx)
{
	enum status status = store_begin_read(ledger);
	struct ledger_event event;
	struct db_query q;

	if (status != ST_OK)
		return status;
	db_begin(&q, ledger->db,
		 chip == NULL ? "SELECT " EVENT_COLUMNS " FROM event"
				" ORDER BY number"
			      : "SELECT " EVENT_COLUMNS " FROM event"
				" WHERE chip = ?1 ORDER BY number");
	if (chip != NULL)
		db_put_bytes(&q, 1, chip_id_bytes(chip));
	while (db_next(&q)) {
		read_event(&q, &event);
		if (q.status == ST_OK)
			each(ctx, &event);
	}
	return store_end_read(ledger, db_end(&q));
}

enum status
ledger_note(struct ledger *ledger, const struct ledger_who *who,
	    const char *kind, const char *detail_json)
{
	enum status status;
	uint64_t number;

	for (size_t i = 0; i < sizeof(own_kinds) / sizeof(own_kinds[0]); i++)
		if (strcmp(own_kinds[i], kind) == 0)
			return ST_LEDGER_MOVE;
	status = store_begin(ledger);
	if (status != ST_OK)
		return status;
	status = event_append(ledger, who, kind, NULL, IMEI_NONE, detail_json,
			      &number);
	return store_end(ledger, status);
}

/* ---------------------------------------------------------------- register */

static enum status
read_register(struct ledger *ledger, struct chain_head *out)
{
	struct db_query q;

	*out = (struct chain_head){.count = 0};
	db_begin(&q, ledger->db, "SELECT count, hash FROM register");
	if (db_next(&q)) {
		out->count = db_uint(&q, 0);
		db_copy(&q, 1, out->hash.byte, sizeof(out->hash.byte));
	}
	return db_end(&q);
}

enum status
ledger_seen_register(struct ledger *ledger, struct chain_head *out)
{
	enum status status = store_begin_read(ledger);

	*out = (struct chain_head){.count = 0};
	if (status != ST_OK)
		return status;
	return store_end_read(ledger, read_register(ledger, out));
}

static enum status
write_register(struct ledger *ledger, const struct chain_head *reg)
{
	static const struct ledger_who nobody = {"", 0, ""};
	struct detail detail;
	struct db_query q;
	uint64_t event;
	enum status status;

	detail_init(&detail);
	detail_put_uint(&detail, "count", reg->count);
	detail_put_hex(&detail, "hash", hash_bytes(&reg->hash));
	status = event_append(ledger, &nobody, "register", NULL, IMEI_NONE,
			      detail_end(&detail), &event);
	if (status != ST_OK)
		return status;
	db_begin(&q, ledger->db,
		 "UPDATE register SET count = ?1, hash = ?2, event = ?3");
	db_put_uint(&q, 1, reg->count);
	db_put_bytes(&q, 2, hash_bytes(&reg->hash));
	db_put_uint(&q, 3, event);
	return db_run(&q);
}

/* Slots hand in the signer's answers in any order: a shorter register than the
 * one that is remembered is a late answer and no news. */
static enum status
remember(struct ledger *ledger, const struct chain_head *reg)
{
	struct chain_head seen;
	enum status status = read_register(ledger, &seen);

	if (status != ST_OK || reg->count < seen.count)
		return status;
	if (reg->count > seen.count)
		return write_register(ledger, reg);
	return bytes_equal(hash_bytes(&reg->hash), hash_bytes(&seen.hash))
		       ? ST_OK
		       : ST_HSM_REGISTER_OLD;
}

enum status
ledger_remember_register(struct ledger *ledger, const struct chain_head *reg)
{
	enum status status = store_begin_lazy(ledger);

	if (status != ST_OK)
		return status;
	return store_end(ledger, remember(ledger, reg));
}
