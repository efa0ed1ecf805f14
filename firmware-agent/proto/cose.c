/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/cose.h"

#define COSE_SIGN1_TAG 18
#define COSE_HEADER_ALG 1
#define COSE_HEADER_TYP 16
#define COSE_ALG_ES256 (-7)

/* What COSE_OVERHEAD leaves for the protected header: all but 74 bytes, which
 * are tag, array, its head of 2, map, the payload's head of up to 3, and a
 * signature of 64 behind its head of 2. */
#define PROTECTED_MAX (COSE_OVERHEAD - 74)

#define HEAD_MAX 9 /* bytes of a CBOR head */

static enum status
protected_encode(struct bytes *out, uint8_t buf[PROTECTED_MAX],
		 const struct cose_kind *kind)
{
	struct cbor_out cbor;

	cbor_out_init(&cbor, buf, PROTECTED_MAX);
	cbor_put_map(&cbor, 2);
	cbor_put_uint(&cbor, COSE_HEADER_ALG);
	cbor_put_int(&cbor, COSE_ALG_ES256);
	cbor_put_uint(&cbor, COSE_HEADER_TYP);
	cbor_put_text(&cbor, kind->typ);
	return cbor_out_end(&cbor, out);
}

static enum status
bytes_head(struct bytes *out, uint8_t buf[HEAD_MAX], size_t len)
{
	struct cbor_out cbor;

	cbor_out_init(&cbor, buf, HEAD_MAX);
	cbor_put_bytes_head(&cbor, len);
	return cbor_out_end(&cbor, out);
}

enum status
cose_digest_any(struct sha256 *out, struct bytes protected_header,
		struct bytes external_aad, struct bytes payload)
{
	static const uint8_t empty_map[] = {0xa0};
	static const uint8_t context[] = {0x84, 0x6a, 'S', 'i', 'g', 'n',
					  'a',	't',  'u', 'r', 'e', '1'};
	struct bytes value[3] = {protected_header, external_aad, payload};
	struct bytes part[7];
	uint8_t head[3][HEAD_MAX];

	memset(out, 0, sizeof(*out));
	if (bytes_equal(value[0], bytes_of(empty_map, sizeof(empty_map))))
		value[0].len = 0;
	part[0] = bytes_of(context, sizeof(context));
	for (size_t i = 0; i < 3; i++) {
		enum status status =
			bytes_head(&part[1 + 2 * i], head[i], value[i].len);

		if (status != ST_OK)
			return status;
		part[2 + 2 * i] = value[i];
	}
	return crypto_sha256(out, part, 7);
}

enum status
cose_digest(struct sha256 *out, const struct cose_kind *kind,
	    struct bytes payload)
{
	uint8_t buf[PROTECTED_MAX];
	struct bytes header;
	enum status status = protected_encode(&header, buf, kind);

	memset(out, 0, sizeof(*out));
	if (status != ST_OK)
		return status;
	return cose_digest_any(out, header, text_bytes(kind->aad), payload);
}

enum status
cose_encode(struct cbor_out *out, const struct cose_kind *kind,
	    struct bytes payload, const struct signature *sig)
{
	uint8_t buf[PROTECTED_MAX];
	struct bytes header;
	struct bytes all;
	enum status status = protected_encode(&header, buf, kind);

	if (status != ST_OK)
		return status;
	cbor_put_tag(out, COSE_SIGN1_TAG);
	cbor_put_array(out, 4);
	cbor_put_bytes(out, header);
	cbor_put_map(out, 0);
	cbor_put_bytes(out, payload);
	cbor_put_bytes(out, bytes_of(sig->rs, sizeof(sig->rs)));
	return cbor_out_end(out, &all);
}

enum status
cose_decode(struct cose_sign1 *out, const struct cose_kind *kind,
	    struct bytes encoded)
{
	uint8_t buf[PROTECTED_MAX];
	struct cose_sign1 object;
	struct bytes header;
	struct cbor_in in;
	enum status status = protected_encode(&header, buf, kind);

	memset(out, 0, sizeof(*out));
	if (status != ST_OK)
		return status;
	cbor_in_init(&in, encoded);
	cbor_expect_tag(&in, COSE_SIGN1_TAG);
	cbor_expect_array(&in, 4);
	object.protected_header = cbor_get_bytes(&in);
	cbor_expect_map(&in, 0);
	object.payload = cbor_get_bytes(&in);
	cbor_get_bytes_exact(&in, object.sig.rs, sizeof(object.sig.rs));
	if (cbor_in_end(&in) != ST_OK)
		return ST_COSE_FORMAT;
	if (!bytes_equal(object.protected_header, header))
		return ST_COSE_TYPE;
	*out = object;
	return ST_OK;
}

enum status
cose_verify(const struct cose_sign1 *object, const struct cose_kind *kind,
	    const struct public_key *key)
{
	struct sha256 digest;
	enum status status = cose_digest(&digest, kind, object->payload);

	if (status != ST_OK)
		return status;
	return crypto_verify(key, &digest, &object->sig);
}
