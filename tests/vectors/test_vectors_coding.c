/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/cose.h"
#include "support/hex.h"
#include "vectors/vector_file.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

/* ----------------------------------------------------------------- cose */

/* A COSE_Sign1 with any headers, which cose_decode does not take. */
struct any_sign1 {
	uint64_t tag;
	struct bytes header, payload;
	struct signature sig;
};

static void
any_decode(struct any_sign1 *out, struct bytes object)
{
	struct cbor_in in;

	cbor_in_init(&in, object);
	out->tag = cbor_get_tag(&in);
	cbor_expect_array(&in, 4);
	out->header = cbor_get_bytes(&in);
	(void)cbor_get_raw(&in);
	out->payload = cbor_get_bytes(&in);
	cbor_get_bytes_exact(&in, out->sig.rs, sizeof(out->sig.rs));
	assert_int_equal(cbor_in_end(&in), ST_OK);
}

static void
check_cose(const json_t *entry)
{
	uint8_t object_buf[VECTOR_MAX], aad_buf[VECTOR_MAX];
	uint8_t signed_buf[VECTOR_MAX];
	struct bytes to_be_signed =
		vector_bytes(signed_buf, entry, "to_be_signed");
	struct sha256 rebuilt, published;
	struct public_key key;
	struct any_sign1 any;
	bool is_good;

	hex_exact(key.xy, sizeof(key.xy), vector_text(entry, "public_key"));
	any_decode(&any, vector_bytes(object_buf, entry, "object"));
	assert_int_equal(
		cose_digest_any(&rebuilt, any.header,
				vector_bytes(aad_buf, entry, "external_aad"),
				any.payload),
		ST_OK);
	assert_int_equal(crypto_sha256(&published, &to_be_signed, 1), ST_OK);
	/* What the signature was made over, before the object was changed. */
	assert_int_equal(crypto_verify(&key, &published, &any.sig), ST_OK);
	is_good = crypto_verify(&key, &rebuilt, &any.sig) == ST_OK;
	assert_int_equal(memcmp(&rebuilt, &published, sizeof(rebuilt)) == 0,
			 is_good);
	assert_int_equal(is_good && any.tag == 18, vector_flag(entry, "valid"));
	/* Its payload is not in question: the tag alone makes it fail. */
	assert_int_equal(is_good && any.tag != 18,
			 strcmp(vector_text(entry, "name"), "sign-fail-01") ==
				 0);
}

static void
check_cose_is_not_ours(const json_t *entry)
{
	static const struct cose_kind kind = {"application/test+cwt", "test"};
	uint8_t buf[VECTOR_MAX];
	struct cose_sign1 object;

	assert_int_equal(cose_decode(&object, &kind,
				     vector_bytes(buf, entry, "object")),
			 ST_COSE_FORMAT);
}

static void
test_cose(void **state)
{
	(void)state;
	assert_int_equal(crypto_init(), ST_OK);
	vector_each("cose.json", "cose_sign1", check_cose);
	vector_each("cose.json", "cose_sign1", check_cose_is_not_ours);
}

/* ----------------------------------------------------------------- cbor */

static void copy_item(struct cbor_out *out, struct cbor_in *in);

static void
copy_items(struct cbor_out *out, struct cbor_in *in, size_t count)
{
	for (size_t i = 0; i < count; i++)
		copy_item(out, in);
}

static void
copy_nested(struct cbor_out *out, struct cbor_in *in, enum cbor_type type)
{
	size_t count = 1;

	if (type == CBOR_TAG) {
		cbor_put_tag(out, cbor_get_tag(in));
	} else if (type == CBOR_ARRAY) {
		count = cbor_get_array(in);
		cbor_put_array(out, count);
	} else {
		count = cbor_get_map(in);
		cbor_put_map(out, count);
		count *= 2;
	}
	copy_items(out, in, count);
}

static void
copy_text(struct cbor_out *out, struct cbor_in *in)
{
	char text[VECTOR_MAX];

	cbor_get_text_copy(in, text, sizeof(text));
	cbor_put_text(out, text);
}

/* Take an item with its getter and put what came with its putter. */
static void
copy_item(struct cbor_out *out, struct cbor_in *in)
{
	enum cbor_type type = cbor_peek(in);
	struct cbor_in ahead = *in;

	if (type == CBOR_UINT) {
		cbor_put_uint(out, cbor_get_uint(in));
	} else if (type == CBOR_NEGINT) {
		/* Below -2^63 there is no getter: it is out of our range. */
		(void)cbor_get_int(&ahead);
		if (ahead.status == ST_OK)
			cbor_put_int(out, cbor_get_int(in));
		else
			cbor_put_raw(out, cbor_get_raw(in));
	} else if (type == CBOR_BYTES) {
		cbor_put_bytes(out, cbor_get_bytes(in));
	} else if (type == CBOR_TEXT) {
		copy_text(out, in);
	} else if (type == CBOR_BOOL) {
		cbor_put_bool(out, cbor_get_bool(in));
	} else if (type == CBOR_NULL) {
		cbor_get_null(in);
		cbor_put_null(out);
	} else {
		copy_nested(out, in, type);
	}
}

static void
check_cbor(const json_t *entry)
{
	uint8_t buf[VECTOR_MAX], copy[VECTOR_MAX];
	struct bytes data = vector_bytes(buf, entry, "hex");
	struct bytes encoded;
	struct cbor_out out;
	struct cbor_in in;

	if (!vector_flag(entry, "accept")) {
		assert_int_equal(cbor_check(data), ST_CBOR_FORMAT);
		return;
	}
	assert_int_equal(cbor_check(data), ST_OK);
	cbor_in_init(&in, data);
	cbor_out_init(&out, copy, sizeof(copy));
	copy_item(&out, &in);
	assert_int_equal(cbor_in_end(&in), ST_OK);
	assert_int_equal(cbor_out_end(&out, &encoded), ST_OK);
	assert_true(bytes_equal(encoded, data));
}

static void
test_cbor(void **state)
{
	(void)state;
	vector_each("cbor.json", "cbor", check_cbor);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cose),
		cmocka_unit_test(test_cbor),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
