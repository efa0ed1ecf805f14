/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/claims.h"

/* Of a COSE_Key (RFC 9052 7.1, RFC 9053 7.1.1). */
enum {
	CNF_COSE_KEY = 1,
	COSE_KEY_KTY = 1,
	COSE_KEY_CRV = -1,
	COSE_KEY_X = -2,
	COSE_KEY_Y = -3,
	KTY_EC2 = 2,
	CRV_P256 = 1,
};

#define COORDINATE_LEN (ES256_PUBLIC_LEN / 2)

/* ------------------------------------------------------------- encoding */

void
claim_put_uint(struct cbor_out *out, int64_t key, uint64_t value)
{
	cbor_put_int(out, key);
	cbor_put_uint(out, value);
}

void
claim_put_bytes(struct cbor_out *out, int64_t key, struct bytes value)
{
	cbor_put_int(out, key);
	cbor_put_bytes(out, value);
}

void
claim_put_text(struct cbor_out *out, int64_t key, const char *text)
{
	cbor_put_int(out, key);
	cbor_put_text(out, text);
}

void
claim_put_bool(struct cbor_out *out, int64_t key, bool value)
{
	cbor_put_int(out, key);
	cbor_put_bool(out, value);
}

void
claim_put_own(struct cbor_out *out, size_t pairs)
{
	cbor_put_int(out, CLAIM_OWN);
	cbor_put_map(out, pairs);
}

void
claim_put_cnf(struct cbor_out *out, const struct public_key *key)
{
	cbor_put_int(out, CLAIM_CNF);
	cbor_put_map(out, 1);
	cbor_put_int(out, CNF_COSE_KEY);
	cbor_put_map(out, 4);
	claim_put_uint(out, COSE_KEY_KTY, KTY_EC2);
	claim_put_uint(out, COSE_KEY_CRV, CRV_P256);
	claim_put_bytes(out, COSE_KEY_X, bytes_of(key->xy, COORDINATE_LEN));
	claim_put_bytes(out, COSE_KEY_Y,
			bytes_of(key->xy + COORDINATE_LEN, COORDINATE_LEN));
}

void
claim_put_unit(struct cbor_out *out, enum dev_class class,
	       const struct chip_id *chip, const struct public_key *device)
{
	claim_put_uint(out, OWN_CLASS, (uint64_t) class);
	claim_put_bytes(out, OWN_CHIP, chip_id_bytes(chip));
	claim_put_bytes(out, OWN_DEVICE,
			bytes_of(device->xy, sizeof(device->xy)));
}

/* ------------------------------------------------------------- decoding */

uint64_t
claim_get_uint(struct cbor_in *in, int64_t key, uint64_t first, uint64_t last)
{
	uint64_t value;

	cbor_expect_key(in, key);
	value = cbor_get_uint_max(in, last);
	if (value >= first)
		return value;
	cbor_fail(in, ST_CBOR_TYPE);
	return 0;
}

void
claim_get_exact(struct cbor_in *in, int64_t key, void *out, size_t len)
{
	cbor_expect_key(in, key);
	cbor_get_bytes_exact(in, out, len);
}

bool
is_claim_text(struct bytes text, size_t max)
{
	if (text.len < 1 || text.len > max)
		return false;
	for (size_t i = 0; i < text.len; i++)
		if (text.ptr[i] < 0x20 || text.ptr[i] > 0x7e)
			return false;
	return true;
}

void
claim_get_text(struct cbor_in *in, int64_t key, char *out, size_t size)
{
	struct bytes text;

	memset(out, 0, size);
	cbor_expect_key(in, key);
	text = cbor_get_text(in);
	if (is_claim_text(text, size - 1))
		memcpy(out, text.ptr, text.len);
	else
		cbor_fail(in, ST_CBOR_TYPE);
}

bool
claim_get_bool(struct cbor_in *in, int64_t key)
{
	cbor_expect_key(in, key);
	return cbor_get_bool(in);
}

void
claim_expect_own(struct cbor_in *in, size_t pairs)
{
	cbor_expect_key(in, CLAIM_OWN);
	cbor_expect_map(in, pairs);
}

void
claim_get_cnf(struct cbor_in *in, struct public_key *out)
{
	cbor_expect_key(in, CLAIM_CNF);
	cbor_expect_map(in, 1);
	cbor_expect_key(in, CNF_COSE_KEY);
	cbor_expect_map(in, 4);
	(void)claim_get_uint(in, COSE_KEY_KTY, KTY_EC2, KTY_EC2);
	(void)claim_get_uint(in, COSE_KEY_CRV, CRV_P256, CRV_P256);
	claim_get_exact(in, COSE_KEY_X, out->xy, COORDINATE_LEN);
	claim_get_exact(in, COSE_KEY_Y, out->xy + COORDINATE_LEN,
			COORDINATE_LEN);
}

enum dev_class
claim_get_class(struct cbor_in *in)
{
	return (enum dev_class)claim_get_uint(in, OWN_CLASS, CLASS_DEVELOPMENT,
					      CLASS_PRODUCTION);
}

void
claim_get_chip(struct cbor_in *in, int64_t key, struct chip_id *out)
{
	struct bytes id;

	memset(out, 0, sizeof(*out));
	cbor_expect_key(in, key);
	id = cbor_get_bytes(in);
	if (id.len <= CHIP_ID_MAX) {
		out->len = (uint8_t)id.len;
		if (id.len > 0)
			memcpy(out->byte, id.ptr, id.len);
	}
	cbor_fail(in, chip_id_check(out));
}

void
claim_get_unit(struct cbor_in *in, enum dev_class *class, struct chip_id *chip,
	       struct public_key *device)
{
	*class = claim_get_class(in);
	claim_get_chip(in, OWN_CHIP, chip);
	claim_get_exact(in, OWN_DEVICE, device->xy, sizeof(device->xy));
}

void
claim_get_identity(struct cbor_in *in, struct identity *out)
{
	cbor_expect_key(in, OWN_IDENTITY);
	identity_get(in, out);
}
