/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/cose.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static const struct cose_kind kind = {"application/test+cwt", "test 1"};
static const struct cose_kind other_typ = {"application/tesu+cwt", "test 1"};
static const struct cose_kind other_aad = {"application/test+cwt", "test 2"};
/* As long as COSE_OVERHEAD allows, and one letter more. */
static const struct cose_kind longest = {"application/test-test-test-t+cwt",
					 "test 1"};
static const struct cose_kind too_long = {"application/test-test-test-te+cwt",
					  "test 1"};

static struct public_key public;
static struct bytes object; /* signed, of kind, payload "\x01" */
static uint8_t object_buf[256];

static const uint8_t payload_byte[] = {0x01};

static struct bytes
make(uint8_t *buf, size_t size, const struct cose_kind *of,
     struct bytes payload)
{
	const struct secret_scalar scalar = {{1, 2, 3}};
	struct crypto_key key;
	struct sha256 digest;
	struct signature sig;
	struct cbor_out out;
	struct bytes made;

	assert_int_equal(cose_digest(&digest, of, payload), ST_OK);
	assert_int_equal(crypto_key_open(&key, &scalar), ST_OK);
	assert_int_equal(crypto_key_public(&public, &key), ST_OK);
	assert_int_equal(crypto_key_sign(&sig, &key, &digest), ST_OK);
	crypto_key_close(&key);
	cbor_out_init(&out, buf, size);
	assert_int_equal(cose_encode(&out, of, payload, &sig), ST_OK);
	assert_int_equal(cbor_out_end(&out, &made), ST_OK);
	return made;
}

static int
setup(void **state)
{
	(void)state;
	assert_int_equal(crypto_init(), ST_OK);
	object = make(object_buf, sizeof(object_buf), &kind,
		      bytes_of(payload_byte, 1));
	return 0;
}

static enum status
judge(struct bytes encoded, const struct cose_kind *as)
{
	struct cose_sign1 decoded;
	enum status status = cose_decode(&decoded, as, encoded);

	if (status == ST_OK)
		return cose_verify(&decoded, as, &public);
	assert_null(decoded.payload.ptr);
	assert_null(decoded.protected_header.ptr);
	return status;
}

static void
test_roundtrip(void **state)
{
	struct cose_sign1 decoded;

	(void)state;
	assert_int_equal(judge(object, &kind), ST_OK);
	assert_int_equal(cose_decode(&decoded, &kind, object), ST_OK);
	assert_true(bytes_equal(decoded.payload, bytes_of(payload_byte, 1)));
	assert_int_equal(cbor_check(object), ST_OK);
}

static void
test_overhead(void **state)
{
	uint8_t payload[1000] = {0};
	uint8_t buf[sizeof(payload) + COSE_OVERHEAD];
	struct bytes made;

	(void)state;
	for (size_t len = 0; len <= sizeof(payload); len += 250) {
		made = make(buf, sizeof(buf), &longest, bytes_of(payload, len));
		assert_true(made.len <= len + COSE_OVERHEAD);
		assert_int_equal(judge(made, &longest), ST_OK);
	}
	assert_int_equal(made.len, sizeof(buf));
}

static void
test_other_kinds(void **state)
{
	(void)state;
	assert_int_equal(judge(object, &other_typ), ST_COSE_TYPE);
	assert_int_equal(judge(object, &longest), ST_COSE_TYPE);
	assert_int_equal(judge(object, &other_aad), ST_CRYPTO_SIGNATURE);
}

static void
test_every_flipped_bit(void **state)
{
	(void)state;
	for (size_t bit = 0; bit < 8 * object.len; bit++) {
		uint8_t flip = (uint8_t)(1u << (bit % 8));

		object_buf[bit / 8] ^= flip;
		assert_int_not_equal(judge(object, &kind), ST_OK);
		object_buf[bit / 8] ^= flip;
	}
}

static void
test_every_length(void **state)
{
	uint8_t longer[sizeof(object_buf)];

	(void)state;
	for (size_t len = 0; len < object.len; len++)
		assert_int_equal(judge(bytes_of(object.ptr, len), &kind),
				 ST_COSE_FORMAT);
	memcpy(longer, object.ptr, object.len);
	longer[object.len] = 0;
	assert_int_equal(judge(bytes_of(longer, object.len + 1), &kind),
			 ST_COSE_FORMAT);
}

/* tag(18) [protected, unprotected, payload, signature] of any parts. */
static enum status
judge_parts(uint64_t tag, struct bytes unprotected, struct bytes payload,
	    size_t sig_len)
{
	uint8_t buf[256];
	uint8_t sig[80] = {1};
	struct cose_sign1 good;
	struct cbor_out out;
	struct bytes encoded;

	assert_int_equal(cose_decode(&good, &kind, object), ST_OK);
	cbor_out_init(&out, buf, sizeof(buf));
	cbor_put_tag(&out, tag);
	cbor_put_array(&out, 4);
	cbor_put_bytes(&out, good.protected_header);
	cbor_put_raw(&out, unprotected);
	cbor_put_raw(&out, payload);
	cbor_put_bytes(&out, bytes_of(sig, sig_len));
	assert_int_equal(cbor_out_end(&out, &encoded), ST_OK);
	return judge(encoded, &kind);
}

static void
test_shapes(void **state)
{
	const struct bytes none = bytes_of("\xa0", 1);
	const struct bytes bstr = bytes_of("\x41\x01", 2);

	(void)state;
	assert_int_equal(judge_parts(18, none, bstr, 64), ST_CRYPTO_SIGNATURE);
	assert_int_equal(judge_parts(17, none, bstr, 64), ST_COSE_FORMAT);
	assert_int_equal(judge_parts(98, none, bstr, 64), ST_COSE_FORMAT);
	assert_int_equal(judge_parts(18, none, bstr, 63), ST_COSE_FORMAT);
	assert_int_equal(judge_parts(18, none, bstr, 65), ST_COSE_FORMAT);
	assert_int_equal(judge_parts(18, none, bstr, 0), ST_COSE_FORMAT);
	assert_int_equal(judge_parts(18, none, bytes_of("\xf6", 1), 64),
			 ST_COSE_FORMAT);
	assert_int_equal(judge_parts(18, none, bytes_of("\x61\x61", 2), 64),
			 ST_COSE_FORMAT);
	assert_int_equal(judge_parts(18, bytes_of("\xa1\x04\x40", 3), bstr, 64),
			 ST_COSE_FORMAT);
	assert_int_equal(judge_parts(18, bytes_of("\x80", 1), bstr, 64),
			 ST_COSE_FORMAT);
}

static void
test_without_tag(void **state)
{
	(void)state;
	assert_int_equal(judge(bytes_of(object.ptr + 1, object.len - 1), &kind),
			 ST_COSE_FORMAT);
}

static void
test_no_room(void **state)
{
	uint8_t buf[256];
	struct signature sig = {{0}};
	struct cbor_out out;

	(void)state;
	for (size_t size = 0; size <= object.len; size++) {
		cbor_out_init(&out, buf, size);
		assert_int_equal(cose_encode(&out, &kind,
					     bytes_of(payload_byte, 1), &sig),
				 size < object.len ? ST_CBOR_SPACE : ST_OK);
	}
}

static void
test_typ_too_long(void **state)
{
	struct signature sig = {{0}};
	struct cose_sign1 decoded;
	struct sha256 digest;
	struct cbor_out out;
	uint8_t buf[256];

	(void)state;
	cbor_out_init(&out, buf, sizeof(buf));
	assert_int_equal(cose_encode(&out, &too_long, bytes_of(payload_byte, 1),
				     &sig),
			 ST_CBOR_SPACE);
	assert_int_equal(cose_digest(&digest, &too_long,
				     bytes_of(payload_byte, 1)),
			 ST_CBOR_SPACE);
	assert_int_equal(cose_decode(&decoded, &too_long, object),
			 ST_CBOR_SPACE);
}

static void
test_empty_header_counts_as_none(void **state)
{
	struct sha256 with, without;

	(void)state;
	assert_int_equal(cose_digest_any(&with, bytes_of("\xa0", 1),
					 bytes_of("x", 1), bytes_of("y", 1)),
			 ST_OK);
	assert_int_equal(cose_digest_any(&without, bytes_of(NULL, 0),
					 bytes_of("x", 1), bytes_of("y", 1)),
			 ST_OK);
	assert_memory_equal(with.byte, without.byte, SHA256_LEN);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_roundtrip, setup),
		cmocka_unit_test_setup(test_overhead, setup),
		cmocka_unit_test_setup(test_other_kinds, setup),
		cmocka_unit_test_setup(test_every_flipped_bit, setup),
		cmocka_unit_test_setup(test_every_length, setup),
		cmocka_unit_test_setup(test_shapes, setup),
		cmocka_unit_test_setup(test_without_tag, setup),
		cmocka_unit_test_setup(test_no_room, setup),
		cmocka_unit_test_setup(test_typ_too_long, setup),
		cmocka_unit_test_setup(test_empty_header_counts_as_none, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
