/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The device has no random source that it could trust with its key, so its
 * back end makes the signatures of RFC 6979; the host's back end need not.
 */
#include "conform/crypto_vectors.h"
#include "proto/crypto.h"
#include "support/hex.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void
check_signature(const char *message, const char *rs_hex)
{
	struct bytes part = text_bytes(message);
	struct signature expected, sig;
	struct secret_scalar scalar;
	struct crypto_key key;
	struct sha256 digest;

	hex_exact(expected.rs, sizeof(expected.rs), rs_hex);
	hex_exact(scalar.byte, sizeof(scalar.byte), RFC6979_X);
	assert_int_equal(crypto_key_open(&key, &scalar), ST_OK);
	assert_int_equal(crypto_sha256(&digest, &part, 1), ST_OK);
	for (unsigned int i = 0; i < 3; i++) {
		assert_int_equal(crypto_key_sign(&sig, &key, &digest), ST_OK);
		assert_memory_equal(sig.rs, expected.rs, sizeof(sig.rs));
	}
	crypto_key_close(&key);
}

static void
test_published(void **state)
{
	(void)state;
	assert_int_equal(crypto_init(), ST_OK);
	check_signature("sample", RFC6979_SAMPLE_R RFC6979_SAMPLE_S);
	check_signature("test", RFC6979_TEST_R RFC6979_TEST_S);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_published),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
