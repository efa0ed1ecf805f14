/* SPDX-License-Identifier: Apache-2.0 */
#include "hsm/entry.h"

#include "hsm/value.h"

/* ------------------------------------------------------------- encoding */

static void
put_role(struct cbor_out *out, const struct entry *entry)
{
	cbor_put_array(out, 4);
	value_put_role(out, entry->role);
	value_put_class(out, entry->class);
	cbor_put_text(out, entry->serial);
	value_put_ledger(out, &entry->ledger);
}

static void
put_key(struct cbor_out *out, const struct entry *entry)
{
	cbor_put_array(out, 2);
	cbor_put_text(out, entry->model);
	value_put_key(out, &entry->key);
}

static void
put_request(struct cbor_out *out, const struct entry *entry)
{
	cbor_put_array(out, 2);
	cbor_put_text(out, entry->model);
	value_put_object(out, &entry->object);
}

static void
put_install(struct cbor_out *out, const struct entry *entry)
{
	cbor_put_array(out, 3);
	cbor_put_text(out, entry->model);
	value_put_key(out, &entry->key);
	value_put_object(out, &entry->object);
}

static void
put_unit(struct cbor_out *out, const struct entry *entry)
{
	value_put_chip(out, &entry->chip);
	value_put_key(out, &entry->key);
	identity_put(out, &entry->identity);
	value_put_hash(out, &entry->digest);
}

static void
put_ticket(struct cbor_out *out, const struct entry *entry)
{
	cbor_put_array(out, 5);
	put_unit(out, entry);
	value_put_head(out, &entry->heard);
}

static void
put_shown(struct cbor_out *out, const struct entry *entry)
{
	cbor_put_array(out, 4);
	put_unit(out, entry);
}

static void
put_record(struct cbor_out *out, const struct entry *entry)
{
	cbor_put_array(out, 3);
	value_put_chip(out, &entry->chip);
	value_put_hash(out, &entry->digest);
	value_put_hash(out, &entry->readback);
}

static void
put_certify(struct cbor_out *out, const struct entry *entry)
{
	cbor_put_array(out, 6);
	cbor_put_bytes(out, bytes_of(entry->id, sizeof(entry->id)));
	cbor_put_text(out, entry->model);
	value_put_key(out, &entry->key);
	value_put_ledger(out, &entry->ledger);
	cbor_put_uint(out, entry->epoch);
	value_put_intervals(out, entry->interval, entry->interval_count);
}

static void
put_revoke(struct cbor_out *out, const struct entry *entry)
{
	cbor_put_array(out, 4);
	cbor_put_bytes(out, bytes_of(entry->id, sizeof(entry->id)));
	value_put_key(out, &entry->key);
	cbor_put_uint(out, entry->from);
	cbor_put_text(out, entry->reason);
}

static void
put_mark(struct cbor_out *out, const struct entry *entry)
{
	cbor_put_array(out, 2);
	cbor_put_text(out, entry->model);
	cbor_put_bytes(out, bytes_of(entry->mark, entry->mark_len));
}

static void
put_skip(struct cbor_out *out, const struct entry *entry)
{
	value_put_intervals(out, entry->interval, entry->interval_count);
}

static void
put_nothing(struct cbor_out *out, const struct entry *entry)
{
	(void)entry;
	cbor_put_null(out);
}

/* ------------------------------------------------------------- decoding */

static void
get_role(struct cbor_in *in, struct entry *entry)
{
	cbor_expect_array(in, 4);
	entry->role = value_get_role(in);
	entry->class = value_get_class(in);
	cbor_get_text_copy(in, entry->serial, sizeof(entry->serial));
	value_get_ledger(in, &entry->ledger);
}

static void
get_key(struct cbor_in *in, struct entry *entry)
{
	cbor_expect_array(in, 2);
	cbor_get_text_copy(in, entry->model, sizeof(entry->model));
	value_get_key(in, &entry->key);
}

static void
get_request(struct cbor_in *in, struct entry *entry)
{
	cbor_expect_array(in, 2);
	cbor_get_text_copy(in, entry->model, sizeof(entry->model));
	value_get_object(in, &entry->object);
}

static void
get_install(struct cbor_in *in, struct entry *entry)
{
	cbor_expect_array(in, 3);
	cbor_get_text_copy(in, entry->model, sizeof(entry->model));
	value_get_key(in, &entry->key);
	value_get_object(in, &entry->object);
}

static void
get_unit(struct cbor_in *in, struct entry *entry)
{
	value_get_chip(in, &entry->chip);
	value_get_key(in, &entry->key);
	identity_get(in, &entry->identity);
	value_get_hash(in, &entry->digest);
}

static void
get_ticket(struct cbor_in *in, struct entry *entry)
{
	cbor_expect_array(in, 5);
	get_unit(in, entry);
	value_get_head(in, &entry->heard);
}

static void
get_shown(struct cbor_in *in, struct entry *entry)
{
	cbor_expect_array(in, 4);
	get_unit(in, entry);
}

static void
get_record(struct cbor_in *in, struct entry *entry)
{
	cbor_expect_array(in, 3);
	value_get_chip(in, &entry->chip);
	value_get_hash(in, &entry->digest);
	value_get_hash(in, &entry->readback);
}

static void
get_certify(struct cbor_in *in, struct entry *entry)
{
	cbor_expect_array(in, 6);
	cbor_get_bytes_exact(in, entry->id, sizeof(entry->id));
	cbor_get_text_copy(in, entry->model, sizeof(entry->model));
	value_get_key(in, &entry->key);
	value_get_ledger(in, &entry->ledger);
	entry->epoch = (uint32_t)cbor_get_uint_max(in, UINT32_MAX);
	entry->interval_count = value_get_intervals(in, entry->interval);
}

static void
get_revoke(struct cbor_in *in, struct entry *entry)
{
	cbor_expect_array(in, 4);
	cbor_get_bytes_exact(in, entry->id, sizeof(entry->id));
	value_get_key(in, &entry->key);
	entry->from = cbor_get_uint(in);
	value_get_text(in, entry->reason, sizeof(entry->reason));
}

static void
get_mark(struct cbor_in *in, struct entry *entry)
{
	struct bytes mark;

	cbor_expect_array(in, 2);
	cbor_get_text_copy(in, entry->model, sizeof(entry->model));
	mark = cbor_get_bytes(in);
	if (mark.len == 0 || mark.len > sizeof(entry->mark)) {
		cbor_fail(in, ST_CBOR_TYPE);
		return;
	}
	memcpy(entry->mark, mark.ptr, mark.len);
	entry->mark_len = mark.len;
}

static void
get_skip(struct cbor_in *in, struct entry *entry)
{
	entry->interval_count = value_get_intervals(in, entry->interval);
}

static void
get_nothing(struct cbor_in *in, struct entry *entry)
{
	(void)entry;
	cbor_get_null(in);
}

/* ----------------------------------------------------------------- both */

static const struct body {
	void (*put)(struct cbor_out *out, const struct entry *entry);
	void (*get)(struct cbor_in *in, struct entry *entry);
} bodies[ENTRY_KINDS] = {
	[ENTRY_ROLE] = {put_role, get_role},
	[ENTRY_KEY] = {put_key, get_key},
	[ENTRY_OPEN] = {put_nothing, get_nothing},
	[ENTRY_CLOSE] = {put_nothing, get_nothing},
	[ENTRY_REQUEST] = {put_request, get_request},
	[ENTRY_INSTALL] = {put_install, get_install},
	[ENTRY_TICKET] = {put_ticket, get_ticket},
	[ENTRY_AGAIN] = {put_ticket, get_ticket},
	[ENTRY_SHOWN] = {put_shown, get_shown},
	[ENTRY_RECORD] = {put_record, get_record},
	[ENTRY_MARK] = {put_mark, get_mark},
	[ENTRY_SKIP] = {put_skip, get_skip},
	[ENTRY_CERTIFY] = {put_certify, get_certify},
	[ENTRY_REVOKE] = {put_revoke, get_revoke},
};

void
entry_encode(struct cbor_out *out, const struct entry *entry,
	     const struct sha256 *before)
{
	cbor_put_array(out, 5);
	cbor_put_uint(out, entry->number);
	cbor_put_uint(out, entry->time);
	cbor_put_uint(out, (uint64_t)entry->kind);
	value_put_hash(out, before);
	bodies[entry->kind].put(out, entry);
}

enum status
entry_decode(struct entry *entry, struct sha256 *before, struct bytes encoded)
{
	struct cbor_in in;

	memset(entry, 0, sizeof(*entry));
	cbor_in_init(&in, encoded);
	cbor_expect_array(&in, 5);
	entry->number = cbor_get_uint(&in);
	entry->time = cbor_get_uint(&in);
	entry->kind = (enum entry_kind)cbor_get_uint_max(&in, ENTRY_KINDS - 1);
	value_get_hash(&in, before);
	if (entry->kind == ENTRY_NONE)
		cbor_fail(&in, ST_CBOR_TYPE);
	else
		bodies[entry->kind].get(&in, entry);
	return cbor_in_end(&in);
}
