/* SPDX-License-Identifier: Apache-2.0 */
/*
 * crypto_table.h - both back ends of proto/crypto.h in one program.
 *
 * crypto_table.c is compiled once for each, together with the back end; the
 * functions of the second are renamed there by definitions of the compiler's
 * command line (tests/CMakeLists.txt), so that the names do not clash.
 */
#ifndef IMEILOCK_TESTS_CRYPTO_TABLE_H
#define IMEILOCK_TESTS_CRYPTO_TABLE_H

#include "proto/crypto.h"

struct crypto_table {
	const char *name;
	enum status (*init)(void);
	enum status (*sha256)(struct sha256 *out, const struct bytes *part,
			      size_t count);
	enum status (*verify)(const struct public_key *key,
			      const struct sha256 *digest,
			      const struct signature *sig);
	enum status (*key_open)(struct crypto_key *key,
				const struct secret_scalar *scalar);
	enum status (*key_public)(struct public_key *out,
				  const struct crypto_key *key);
	enum status (*key_sign)(struct signature *out,
				const struct crypto_key *key,
				const struct sha256 *digest);
	void (*key_close)(struct crypto_key *key);
};

extern const struct crypto_table crypto_table_openssl;
extern const struct crypto_table crypto_table_psa;

#endif
