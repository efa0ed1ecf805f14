/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Stands around proto/crypto.h in a program that is measured (ld --wrap): the
 * processor time that its cryptography takes.  At the end of the program a
 * line of nanoseconds is added to the file that IMEILOCK_CRYPTO names.
 */
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "proto/crypto.h"

#define REAL(name) __real_crypto_##name
#define WRAP(name) __wrap_crypto_##name

enum status REAL(sha256)(struct sha256 *out, const struct bytes *part,
			 size_t count);
enum status REAL(verify)(const struct public_key *key,
			 const struct sha256 *digest,
			 const struct signature *sig);
enum status REAL(key_open)(struct crypto_key *key,
			   const struct secret_scalar *scalar);
enum status REAL(key_public)(struct public_key *out,
			     const struct crypto_key *key);
enum status REAL(key_sign)(struct signature *out, const struct crypto_key *key,
			   const struct sha256 *digest);
enum status WRAP(sha256)(struct sha256 *out, const struct bytes *part,
			 size_t count);
enum status WRAP(verify)(const struct public_key *key,
			 const struct sha256 *digest,
			 const struct signature *sig);
enum status WRAP(key_open)(struct crypto_key *key,
			   const struct secret_scalar *scalar);
enum status WRAP(key_public)(struct public_key *out,
			     const struct crypto_key *key);
enum status WRAP(key_sign)(struct signature *out, const struct crypto_key *key,
			   const struct sha256 *digest);

static atomic_ullong spent_ns;

static long long
thread_ns(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return now.tv_sec * 1000000000LL + now.tv_nsec;
}

static void
spend(long long begun_ns)
{
	atomic_fetch_add(&spent_ns,
			 (unsigned long long)(thread_ns() - begun_ns));
}

__attribute__((destructor)) static void
tell(void)
{
	const char *path = getenv("IMEILOCK_CRYPTO");
	FILE *file = path == NULL ? NULL : fopen(path, "ae");

	if (file == NULL)
		return;
	(void)fprintf(file, "%llu\n", atomic_load(&spent_ns));
	(void)fclose(file);
}

enum status
WRAP(sha256)(struct sha256 *out, const struct bytes *part, size_t count)
{
	long long begun = thread_ns();
	enum status st = REAL(sha256)(out, part, count);

	spend(begun);
	return st;
}

enum status
WRAP(verify)(const struct public_key *key, const struct sha256 *digest,
	     const struct signature *sig)
{
	long long begun = thread_ns();
	enum status st = REAL(verify)(key, digest, sig);

	spend(begun);
	return st;
}

enum status
WRAP(key_open)(struct crypto_key *key, const struct secret_scalar *scalar)
{
	long long begun = thread_ns();
	enum status st = REAL(key_open)(key, scalar);

	spend(begun);
	return st;
}

enum status
WRAP(key_public)(struct public_key *out, const struct crypto_key *key)
{
	long long begun = thread_ns();
	enum status st = REAL(key_public)(out, key);

	spend(begun);
	return st;
}

enum status
WRAP(key_sign)(struct signature *out, const struct crypto_key *key,
	       const struct sha256 *digest)
{
	long long begun = thread_ns();
	enum status st = REAL(key_sign)(out, key, digest);

	spend(begun);
	return st;
}
