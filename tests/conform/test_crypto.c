/* SPDX-License-Identifier: Apache-2.0 */
/* What every back end of proto/crypto.h must do; built once for each. */
#include "conform/crypto_vectors.h"
#include "proto/crypto.h"
#include "support/hex.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static struct public_key public;
static struct crypto_key key;

/* The digest of a message, and a signature over it that is good. */
static struct sha256 digest;
static struct signature good;

static enum status
hash_text(struct sha256 *out, const char *text)
{
	struct bytes part = text_bytes(text);

	return crypto_sha256(out, &part, 1);
}

static enum status
open_hex(struct crypto_key *out, const char *scalar_hex)
{
	struct secret_scalar scalar;

	hex_exact(scalar.byte, sizeof(scalar.byte), scalar_hex);
	return crypto_key_open(out, &scalar);
}

static int
setup(void **state)
{
	(void)state;
	assert_int_equal(crypto_init(), ST_OK);
	assert_int_equal(open_hex(&key, RFC6979_X), ST_OK);
	assert_int_equal(crypto_key_public(&public, &key), ST_OK);
	hex_exact(good.rs, sizeof(good.rs), RFC6979_SAMPLE_R RFC6979_SAMPLE_S);
	return hash_text(&digest, "sample") != ST_OK;
}

static int
teardown(void **state)
{
	(void)state;
	crypto_key_close(&key);
	return 0;
}

static void
test_init_twice(void **state)
{
	(void)state;
	assert_int_equal(crypto_init(), ST_OK);
	assert_int_equal(crypto_init(), ST_OK);
}

static void
test_sha256(void **state)
{
	const struct bytes parts[] = {bytes_of("a", 1), bytes_of(NULL, 0),
				      bytes_of("bc", 2)};
	struct sha256 expected, out;

	(void)state;
	/* FIPS 180-4: of nothing, and of "abc" */
	hex_exact(expected.byte, SHA256_LEN,
		  "e3b0c44298fc1c149afbf4c8996fb924"
		  "27ae41e4649b934ca495991b7852b855");
	assert_int_equal(crypto_sha256(&out, NULL, 0), ST_OK);
	assert_memory_equal(out.byte, expected.byte, SHA256_LEN);
	assert_int_equal(crypto_sha256(&out, parts + 1, 1), ST_OK);
	assert_memory_equal(out.byte, expected.byte, SHA256_LEN);
	hex_exact(expected.byte, SHA256_LEN,
		  "ba7816bf8f01cfea414140de5dae2223"
		  "b00361a396177a9cb410ff61f20015ad");
	assert_int_equal(crypto_sha256(&out, parts, 3), ST_OK);
	assert_memory_equal(out.byte, expected.byte, SHA256_LEN);
	assert_int_equal(hash_text(&out, "abc"), ST_OK);
	assert_memory_equal(out.byte, expected.byte, SHA256_LEN);
}

static void
test_public_key(void **state)
{
	struct public_key expected;

	(void)state;
	hex_exact(expected.xy, sizeof(expected.xy), RFC6979_UX RFC6979_UY);
	assert_memory_equal(public.xy, expected.xy, sizeof(public.xy));
}

static void
test_sign_and_verify(void **state)
{
	struct signature sig;
	struct sha256 other;

	(void)state;
	for (uint8_t i = 0; i < 20; i++) {
		struct bytes part = bytes_of(&i, 1);

		assert_int_equal(crypto_sha256(&other, &part, 1), ST_OK);
		assert_int_equal(crypto_key_sign(&sig, &key, &other), ST_OK);
		assert_int_equal(crypto_verify(&public, &other, &sig), ST_OK);
		assert_int_equal(crypto_verify(&public, &digest, &sig),
				 ST_CRYPTO_SIGNATURE);
	}
}

static void
test_published_signatures(void **state)
{
	struct sha256 other;
	struct signature sig;

	(void)state;
	assert_int_equal(crypto_verify(&public, &digest, &good), ST_OK);
	assert_int_equal(hash_text(&other, "test"), ST_OK);
	hex_exact(sig.rs, sizeof(sig.rs), RFC6979_TEST_R RFC6979_TEST_S);
	assert_int_equal(crypto_verify(&public, &other, &sig), ST_OK);
	assert_int_equal(crypto_verify(&public, &other, &good),
			 ST_CRYPTO_SIGNATURE);
	assert_int_equal(crypto_verify(&public, &digest, &sig),
			 ST_CRYPTO_SIGNATURE);
}

static void
test_every_flipped_bit(void **state)
{
	(void)state;
	for (size_t bit = 0; bit < 8 * sizeof(good.rs); bit++) {
		struct signature bad = good;

		bad.rs[bit / 8] ^= (uint8_t)(1u << (bit % 8));
		assert_int_equal(crypto_verify(&public, &digest, &bad),
				 ST_CRYPTO_SIGNATURE);
	}
	for (size_t bit = 0; bit < 8 * SHA256_LEN; bit++) {
		struct sha256 bad = digest;

		bad.byte[bit / 8] ^= (uint8_t)(1u << (bit % 8));
		assert_int_equal(crypto_verify(&public, &bad, &good),
				 ST_CRYPTO_SIGNATURE);
	}
}

/* A flipped bit takes a point off the curve, or makes another key of it. */
static void
test_every_flipped_bit_of_the_key(void **state)
{
	(void)state;
	for (size_t bit = 0; bit < 8 * sizeof(public.xy); bit++) {
		struct public_key bad = public;

		bad.xy[bit / 8] ^= (uint8_t)(1u << (bit % 8));
		assert_int_equal(crypto_verify(&bad, &digest, &good),
				 ST_CRYPTO_SIGNATURE);
	}
}

static void
test_wrong_key(void **state)
{
	struct public_key other;

	(void)state;
	hex_exact(other.xy, sizeof(other.xy), P256_GX P256_GY);
	assert_int_equal(crypto_verify(&other, &digest, &good),
			 ST_CRYPTO_SIGNATURE);
}

static void
test_no_point(void **state)
{
	static const char *const points[] = {
		ZERO_32 ZERO_32, ZERO_32 ONE_32,  FF_32 FF_32,
		P256_GX ZERO_32, P256_GY P256_GX, P256_P P256_P,
		P256_P P256_GY,	 P256_GX P256_P,  RFC6979_UX P256_GY,
	};

	(void)state;
	for (size_t i = 0; i < sizeof(points) / sizeof(points[0]); i++) {
		struct public_key bad;

		hex_exact(bad.xy, sizeof(bad.xy), points[i]);
		assert_int_equal(crypto_verify(&bad, &digest, &good),
				 ST_CRYPTO_SIGNATURE);
	}
}

/* r and s must be from 1 to n - 1. */
static void
test_signature_out_of_range(void **state)
{
	static const char *const signatures[] = {
		ZERO_32 ZERO_32,
		ZERO_32 RFC6979_SAMPLE_S,
		RFC6979_SAMPLE_R ZERO_32,
		P256_N RFC6979_SAMPLE_S,
		RFC6979_SAMPLE_R P256_N,
		P256_N P256_N,
		FF_32 FF_32,
		ONE_32 ONE_32,
		P256_N_LESS_1 P256_N_LESS_1,
	};

	(void)state;
	for (size_t i = 0; i < sizeof(signatures) / sizeof(signatures[0]);
	     i++) {
		struct signature bad;

		hex_exact(bad.rs, sizeof(bad.rs), signatures[i]);
		assert_int_equal(crypto_verify(&public, &digest, &bad),
				 ST_CRYPTO_SIGNATURE);
	}
}

static void
test_scalars_out_of_range(void **state)
{
	static const char *const scalars[] = {ZERO_32, P256_N, P256_P, FF_32};

	(void)state;
	for (size_t i = 0; i < sizeof(scalars) / sizeof(scalars[0]); i++) {
		struct crypto_key bad = {1};

		assert_int_equal(open_hex(&bad, scalars[i]), ST_CRYPTO_SCALAR);
		assert_true(bad.handle == 0);
		crypto_key_close(&bad);
	}
}

static void
check_scalar(const char *scalar_hex, const char *public_hex)
{
	struct public_key expected, made;
	struct crypto_key edge;
	struct signature sig;

	hex_exact(expected.xy, sizeof(expected.xy), public_hex);
	assert_int_equal(open_hex(&edge, scalar_hex), ST_OK);
	assert_int_equal(crypto_key_public(&made, &edge), ST_OK);
	assert_memory_equal(made.xy, expected.xy, sizeof(made.xy));
	assert_int_equal(crypto_key_sign(&sig, &edge, &digest), ST_OK);
	assert_int_equal(crypto_verify(&made, &digest, &sig), ST_OK);
	crypto_key_close(&edge);
}

static void
test_scalars_at_the_edge(void **state)
{
	(void)state;
	check_scalar(ONE_32, P256_GX P256_GY);
	check_scalar(P256_N_LESS_1, P256_GX P256_GY_NEGATIVE);
}

static void
test_closed_key(void **state)
{
	struct crypto_key none = {0};
	struct public_key made;
	struct signature sig;

	(void)state;
	crypto_key_close(&none);
	crypto_key_close(&none);
	assert_int_equal(crypto_key_public(&made, &none), ST_CRYPTO_FAILED);
	assert_true(bytes_are(bytes_of(made.xy, sizeof(made.xy)), 0));
	assert_int_equal(crypto_key_sign(&sig, &none, &digest),
			 ST_CRYPTO_FAILED);
	assert_true(bytes_are(bytes_of(sig.rs, sizeof(sig.rs)), 0));
}

/* The device has room for few keys: none may be left behind. */
static void
test_keys_are_given_back(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 100; i++) {
		struct crypto_key again;
		struct public_key bad;

		assert_int_equal(open_hex(&again, ONE_32), ST_OK);
		crypto_key_close(&again);
		assert_true(again.handle == 0);
		memset(bad.xy, 0, sizeof(bad.xy));
		assert_int_equal(crypto_verify(&bad, &digest, &good),
				 ST_CRYPTO_SIGNATURE);
		assert_int_equal(open_hex(&again, ZERO_32), ST_CRYPTO_SCALAR);
	}
	assert_int_equal(crypto_verify(&public, &digest, &good), ST_OK);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_init_twice),
		cmocka_unit_test(test_sha256),
		cmocka_unit_test(test_public_key),
		cmocka_unit_test(test_sign_and_verify),
		cmocka_unit_test(test_published_signatures),
		cmocka_unit_test(test_every_flipped_bit),
		cmocka_unit_test(test_every_flipped_bit_of_the_key),
		cmocka_unit_test(test_wrong_key),
		cmocka_unit_test(test_no_point),
		cmocka_unit_test(test_signature_out_of_range),
		cmocka_unit_test(test_scalars_out_of_range),
		cmocka_unit_test(test_scalars_at_the_edge),
		cmocka_unit_test(test_closed_key),
		cmocka_unit_test(test_keys_are_given_back),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
