/* SPDX-License-Identifier: Apache-2.0 */
#include "hsm/value.h"

void
value_put_class(struct cbor_out *out, enum dev_class class)
{
	cbor_put_uint(out, (uint64_t) class);
}

enum dev_class
value_get_class(struct cbor_in *in)
{
	return (enum dev_class)cbor_get_uint_max(in, CLASS_PRODUCTION);
}

void
value_put_role(struct cbor_out *out, enum key_role role)
{
	cbor_put_uint(out, (uint64_t)role);
}

enum key_role
value_get_role(struct cbor_in *in)
{
	return (enum key_role)cbor_get_uint_max(in, ROLE_ROOT);
}

void
value_put_key(struct cbor_out *out, const struct public_key *key)
{
	cbor_put_bytes(out, bytes_of(key->xy, sizeof(key->xy)));
}

void
value_get_key(struct cbor_in *in, struct public_key *key)
{
	cbor_get_bytes_exact(in, key->xy, sizeof(key->xy));
}

void
value_put_hash(struct cbor_out *out, const struct sha256 *hash)
{
	cbor_put_bytes(out, bytes_of(hash->byte, sizeof(hash->byte)));
}

void
value_get_hash(struct cbor_in *in, struct sha256 *hash)
{
	cbor_get_bytes_exact(in, hash->byte, sizeof(hash->byte));
}

void
value_put_ledger(struct cbor_out *out, const struct ledger_id *ledger)
{
	cbor_put_bytes(out, bytes_of(ledger->byte, sizeof(ledger->byte)));
}

void
value_get_ledger(struct cbor_in *in, struct ledger_id *ledger)
{
	cbor_get_bytes_exact(in, ledger->byte, sizeof(ledger->byte));
}

void
value_put_chip(struct cbor_out *out, const struct chip_id *chip)
{
	cbor_put_bytes(out, chip_id_bytes(chip));
}

void
value_get_chip(struct cbor_in *in, struct chip_id *chip)
{
	struct bytes byte = cbor_get_bytes(in);

	memset(chip, 0, sizeof(*chip));
	if (byte.len > CHIP_ID_MAX) {
		cbor_fail(in, ST_CBOR_TYPE);
		return;
	}
	if (byte.len > 0)
		memcpy(chip->byte, byte.ptr, byte.len);
	chip->len = (uint8_t)byte.len;
}

void
value_put_head(struct cbor_out *out, const struct chain_head *head)
{
	cbor_put_array(out, 2);
	cbor_put_uint(out, head->count);
	value_put_hash(out, &head->hash);
}

void
value_get_head(struct cbor_in *in, struct chain_head *head)
{
	cbor_expect_array(in, 2);
	head->count = cbor_get_uint(in);
	value_get_hash(in, &head->hash);
}

void
value_put_imei(struct cbor_out *out, struct imei imei)
{
	if (imei_is_valid(imei))
		cbor_put_uint(out, imei.body);
	else
		cbor_put_null(out);
}

struct imei
value_get_imei(struct cbor_in *in)
{
	struct imei imei;

	if (cbor_peek(in) == CBOR_NULL) {
		cbor_get_null(in);
		return IMEI_NONE;
	}
	imei.body = cbor_get_uint_max(in, IMEI_BODY_MAX);
	return imei_is_valid(imei) ? imei : IMEI_NONE;
}

void
value_put_intervals(struct cbor_out *out, const struct interval *interval,
		    unsigned int count)
{
	cbor_put_array(out, count);
	for (unsigned int i = 0; i < count; i++) {
		cbor_put_array(out, 2);
		value_put_imei(out, interval[i].first);
		value_put_imei(out, interval[i].last);
	}
}

unsigned int
value_get_intervals(struct cbor_in *in, struct interval interval[INTERVALS_MAX])
{
	size_t count = cbor_get_array(in);

	if (count > INTERVALS_MAX) {
		cbor_fail(in, ST_CBOR_TYPE);
		return 0;
	}
	for (size_t i = 0; i < count; i++) {
		cbor_expect_array(in, 2);
		interval[i].first = value_get_imei(in);
		interval[i].last = value_get_imei(in);
	}
	return (unsigned int)count;
}

void
value_get_text(struct cbor_in *in, char *out, size_t size)
{
	cbor_get_text_copy(in, out, size);
	if (*out == '\0')
		cbor_fail(in, ST_CBOR_TYPE);
	for (const char *p = out; *p != '\0'; p++)
		if (*p < 0x20 || *p > 0x7e)
			cbor_fail(in, ST_CBOR_TYPE);
}

void
value_put_object(struct cbor_out *out, const struct object *object)
{
	cbor_put_bytes(out, object_bytes(object));
}

void
value_get_object(struct cbor_in *in, struct object *object)
{
	struct bytes byte = cbor_get_bytes(in);

	object->len = 0;
	if (byte.len > sizeof(object->byte)) {
		cbor_fail(in, ST_CBOR_TYPE);
		return;
	}
	if (byte.len > 0)
		memcpy(object->byte, byte.ptr, byte.len);
	object->len = byte.len;
}

enum status
interval_check(const struct interval *interval, unsigned int count,
	       enum dev_class class)
{
	uint64_t before = 0;

	if (count == 0 || count > INTERVALS_MAX)
		return ST_HSM_INTERVAL;
	for (unsigned int i = 0; i < count; i++) {
		struct imei first = interval[i].first;
		struct imei last = interval[i].last;

		if (!imei_is_valid(first) || !imei_is_valid(last) ||
		    first.body <= before || last.body < first.body ||
		    imei_tac(first) != imei_tac(last))
			return ST_HSM_INTERVAL;
		if (imei_is_test(first) != (class == CLASS_DEVELOPMENT))
			return ST_HSM_TEST_TAC;
		before = last.body;
	}
	return ST_OK;
}

bool
interval_overlaps(const struct interval *a, const struct interval *b)
{
	return a->first.body <= b->last.body && b->first.body <= a->last.body;
}
