/* SPDX-License-Identifier: Apache-2.0 */
/* What one back end signs, the other verifies; and they judge alike. */
#include "conform/crypto_table.h"
#include "conform/crypto_vectors.h"
#include "support/hex.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define ROUNDS 24

static const struct crypto_table *const ends[] = {&crypto_table_openssl,
						  &crypto_table_psa};

#define ENDS (sizeof(ends) / sizeof(ends[0]))

static int
setup(void **state)
{
	(void)state;
	for (size_t i = 0; i < ENDS; i++)
		if (ends[i]->init() != ST_OK)
			return -1;
	return 0;
}

static void
test_are_two(void **state)
{
	(void)state;
	assert_ptr_not_equal(ends[0]->verify, ends[1]->verify);
	assert_string_not_equal(ends[0]->name, ends[1]->name);
}

/* Some bytes that differ for each number; the first back end hashes. */
static void
digest_of(struct sha256 *out, unsigned int number)
{
	struct bytes part = bytes_of(&number, sizeof(number));

	assert_int_equal(ends[0]->sha256(out, &part, 1), ST_OK);
}

static void
test_same_digest(void **state)
{
	uint8_t data[200];
	struct sha256 a, b;

	(void)state;
	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)(i * 11);
	for (size_t len = 0; len <= sizeof(data); len++) {
		const struct bytes part[] = {bytes_of(data, len / 3),
					     bytes_of(data + len / 3,
						      len - len / 3)};
		const struct bytes whole = bytes_of(data, len);

		assert_int_equal(ends[0]->sha256(&a, part, 2), ST_OK);
		assert_int_equal(ends[1]->sha256(&b, &whole, 1), ST_OK);
		assert_memory_equal(a.byte, b.byte, SHA256_LEN);
	}
}

/* What both verifiers say, which must be the same. */
static enum status
verdict_of(const struct public_key *key, const struct sha256 *digest,
	   const struct signature *sig)
{
	enum status first = ends[0]->verify(key, digest, sig);

	for (size_t i = 1; i < ENDS; i++)
		assert_int_equal(ends[i]->verify(key, digest, sig), first);
	return first;
}

static void
check_signer(const struct crypto_table *end, const struct secret_scalar *scalar)
{
	struct crypto_key key;
	struct public_key public;
	struct signature sig;
	struct sha256 digest;

	digest_of(&digest, scalar->byte[0]);
	assert_int_equal(end->key_open(&key, scalar), ST_OK);
	assert_int_equal(end->key_public(&public, &key), ST_OK);
	assert_int_equal(end->key_sign(&sig, &key, &digest), ST_OK);
	end->key_close(&key);
	assert_int_equal(verdict_of(&public, &digest, &sig), ST_OK);
	sig.rs[digest.byte[0] % sizeof(sig.rs)] ^= 0x10;
	assert_int_equal(verdict_of(&public, &digest, &sig),
			 ST_CRYPTO_SIGNATURE);
	digest.byte[5] ^= 1;
	assert_int_equal(verdict_of(&public, &digest, &sig),
			 ST_CRYPTO_SIGNATURE);
}

static void
test_crosswise(void **state)
{
	(void)state;
	for (unsigned int round = 0; round < ROUNDS; round++) {
		struct secret_scalar scalar;
		struct sha256 seed;

		digest_of(&seed, round + 1000);
		memcpy(scalar.byte, seed.byte, sizeof(scalar.byte));
		for (size_t i = 0; i < ENDS; i++)
			check_signer(ends[i], &scalar);
	}
}

static void
test_same_public_key(void **state)
{
	static const char *const scalars[] = {ONE_32, P256_N_LESS_1, RFC6979_X};

	(void)state;
	for (size_t i = 0; i < sizeof(scalars) / sizeof(scalars[0]); i++) {
		struct public_key public[ENDS];
		struct secret_scalar scalar;

		hex_exact(scalar.byte, sizeof(scalar.byte), scalars[i]);
		for (size_t j = 0; j < ENDS; j++) {
			struct crypto_key key;

			assert_int_equal(ends[j]->key_open(&key, &scalar),
					 ST_OK);
			assert_int_equal(ends[j]->key_public(&public[j], &key),
					 ST_OK);
			ends[j]->key_close(&key);
		}
		assert_memory_equal(public[0].xy, public[1].xy,
				    sizeof(public[0].xy));
	}
}

static void
test_same_refusals(void **state)
{
	static const char *const keys[] = {P256_GX P256_GY_NEGATIVE,
					   P256_GX ZERO_32, ZERO_32 ZERO_32,
					   P256_P P256_GY, FF_32 FF_32};
	static const char *const signatures[] = {ZERO_32 ZERO_32, P256_N P256_N,
						 ONE_32 ONE_32,
						 RFC6979_TEST_R RFC6979_TEST_S};
	struct sha256 digest;

	(void)state;
	digest_of(&digest, 1);
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		for (size_t j = 0;
		     j < sizeof(signatures) / sizeof(signatures[0]); j++) {
			struct public_key key;
			struct signature sig;

			hex_exact(key.xy, sizeof(key.xy), keys[i]);
			hex_exact(sig.rs, sizeof(sig.rs), signatures[j]);
			assert_int_equal(verdict_of(&key, &digest, &sig),
					 ST_CRYPTO_SIGNATURE);
		}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_are_two),
		cmocka_unit_test(test_same_digest),
		cmocka_unit_test(test_crosswise),
		cmocka_unit_test(test_same_public_key),
		cmocka_unit_test(test_same_refusals),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
