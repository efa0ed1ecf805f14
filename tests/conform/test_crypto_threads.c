/* SPDX-License-Identifier: Apache-2.0 */
/* The host's back end serves many threads at once after crypto_init. */
#include "conform/crypto_vectors.h"
#include "proto/crypto.h"
#include "support/hex.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define THREADS 4
#define ROUNDS 40

static struct crypto_key key; /* one for all */
static struct public_key public;

/* Rounds that came out wrong, in a thread of its own: no cmocka in here. */
static void *
work(void *argument)
{
	size_t *wrong = argument;
	struct signature sig;
	struct sha256 digest;

	for (uint8_t i = 0; i < ROUNDS; i++) {
		struct bytes part = bytes_of(&i, 1);

		if (crypto_sha256(&digest, &part, 1) != ST_OK ||
		    crypto_key_sign(&sig, &key, &digest) != ST_OK ||
		    crypto_verify(&public, &digest, &sig) != ST_OK)
			++*wrong;
		sig.rs[i] ^= 1;
		if (crypto_verify(&public, &digest, &sig) !=
		    ST_CRYPTO_SIGNATURE)
			++*wrong;
	}
	return NULL;
}

static void
test_threads(void **state)
{
	pthread_t thread[THREADS];
	size_t wrong[THREADS] = {0};
	struct secret_scalar scalar;

	(void)state;
	hex_exact(scalar.byte, sizeof(scalar.byte), RFC6979_X);
	assert_int_equal(crypto_init(), ST_OK);
	assert_int_equal(crypto_key_open(&key, &scalar), ST_OK);
	assert_int_equal(crypto_key_public(&public, &key), ST_OK);
	for (size_t i = 0; i < THREADS; i++)
		assert_int_equal(
			pthread_create(&thread[i], NULL, work, &wrong[i]), 0);
	for (size_t i = 0; i < THREADS; i++) {
		assert_int_equal(pthread_join(thread[i], NULL), 0);
		assert_int_equal(wrong[i], 0);
	}
	crypto_key_close(&key);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_threads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
