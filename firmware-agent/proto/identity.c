/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/identity.h"

#include "proto/cbor.h"
#include "proto/image.h"

#define DIGEST_INPUT_MAX 160 /* bytes: 157 for the longest chip id */

enum status
chip_id_check(const struct chip_id *chip)
{
	if (chip->len < CHIP_ID_MIN || chip->len > CHIP_ID_MAX)
		return ST_AGENT_CHIP_ID;
	if (bytes_are(chip_id_bytes(chip), 0x00) ||
	    bytes_are(chip_id_bytes(chip), 0xff))
		return ST_AGENT_CHIP_ID;
	return ST_OK;
}

bool
chip_id_equal(const struct chip_id *a, const struct chip_id *b)
{
	return a->len <= CHIP_ID_MAX &&
	       bytes_equal(chip_id_bytes(a), chip_id_bytes(b));
}

void
identity_init(struct identity *identity)
{
	for (unsigned int i = 0; i < SLOTS_MAX; i++)
		identity->slot[i] = IMEI_NONE;
	identity->primary = 0;
}

static bool
is_none(struct imei imei)
{
	return imei.body == IMEI_NONE.body;
}

uint8_t
identity_mask(const struct identity *identity)
{
	unsigned int mask = 0;

	for (unsigned int i = 0; i < SLOTS_MAX; i++)
		if (!is_none(identity->slot[i]))
			mask |= 1u << i;
	return (uint8_t)mask;
}

unsigned int
identity_count(const struct identity *identity)
{
	unsigned int count = 0;

	for (unsigned int i = 0; i < SLOTS_MAX; i++)
		if (!is_none(identity->slot[i]))
			count++;
	return count;
}

bool
identity_equal(const struct identity *a, const struct identity *b)
{
	for (unsigned int i = 0; i < SLOTS_MAX; i++)
		if (a->slot[i].body != b->slot[i].body)
			return false;
	return a->primary == b->primary;
}

static bool
is_twice(const struct identity *identity, unsigned int slot)
{
	for (unsigned int i = 0; i < slot; i++)
		if (identity->slot[i].body == identity->slot[slot].body)
			return true;
	return false;
}

enum status
identity_check(const struct identity *identity)
{
	if (identity->primary >= SLOTS_MAX ||
	    is_none(identity->slot[identity->primary]))
		return ST_AGENT_IDENTITY;
	for (unsigned int i = 0; i < SLOTS_MAX; i++) {
		if (is_none(identity->slot[i]))
			continue;
		if (!imei_is_valid(identity->slot[i]) || is_twice(identity, i))
			return ST_AGENT_IDENTITY;
	}
	return ST_OK;
}

void
identity_put(struct cbor_out *out, const struct identity *identity)
{
	cbor_put_array(out, 1 + SLOTS_MAX);
	cbor_put_uint(out, identity->primary);
	for (unsigned int i = 0; i < SLOTS_MAX; i++) {
		if (is_none(identity->slot[i]))
			cbor_put_null(out);
		else
			cbor_put_uint(out, identity->slot[i].body);
	}
}

void
identity_get(struct cbor_in *in, struct identity *identity)
{
	cbor_expect_array(in, 1 + SLOTS_MAX);
	identity->primary = (uint8_t)cbor_get_uint_max(in, SLOTS_MAX - 1);
	for (unsigned int i = 0; i < SLOTS_MAX; i++) {
		identity->slot[i] = IMEI_NONE;
		if (cbor_peek(in) == CBOR_NULL)
			cbor_get_null(in);
		else
			identity->slot[i].body =
				cbor_get_uint_max(in, IMEI_BODY_MAX);
	}
	cbor_fail(in, identity_check(identity));
	if (in->status != ST_OK)
		identity_init(identity);
}

enum status
identity_digest(struct sha256 *out, enum dev_class class,
		const struct chip_id *chip, const struct identity *identity,
		const struct public_key *key)
{
	uint8_t buf[DIGEST_INPUT_MAX];
	struct cbor_out cbor;
	struct bytes encoded;
	enum status status = chip_id_check(chip);

	memset(out, 0, sizeof(*out));
	if (status != ST_OK)
		return status;
	status = identity_check(identity);
	if (status != ST_OK)
		return status;
	if (class != CLASS_DEVELOPMENT && class != CLASS_PRODUCTION)
		return ST_AGENT_CLASS;
	cbor_out_init(&cbor, buf, sizeof(buf));
	cbor_put_array(&cbor, 6);
	cbor_put_text(&cbor, "imeilock-digest");
	cbor_put_uint(&cbor, IMAGE_LAYOUT);
	cbor_put_uint(&cbor, class);
	cbor_put_bytes(&cbor, chip_id_bytes(chip));
	identity_put(&cbor, identity);
	cbor_put_bytes(&cbor, bytes_of(key->xy, sizeof(key->xy)));
	status = cbor_out_end(&cbor, &encoded);
	if (status != ST_OK)
		return status;
	return crypto_sha256(out, &encoded, 1);
}
