/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_pem.c - public keys as PEM: what openssl writes is read, and the other
 * way round; everything else is refused.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "proto/pem.h"

#define BEGIN "-----BEGIN PUBLIC KEY-----\n"
#define END "-----END PUBLIC KEY-----\n"
#define BODY_1                                                                 \
	"MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEYP7UuiVanTHJYet0xjVtaMBJuJI7"
#define BODY_2 "Yfps5mliLmDyn7Z5A/4QCLi8maQa6elWKLxk8vGyDC1+n1F3o8KU1EYimQ=="

/* The public key of RFC 6979, A.2.5, as another library writes it. */
static const char good_pem[] = BEGIN BODY_1 "\n" BODY_2 "\n" END;
static const uint8_t good_xy[ES256_PUBLIC_LEN] = {
	0x60, 0xfe, 0xd4, 0xba, 0x25, 0x5a, 0x9d, 0x31, 0xc9, 0x61, 0xeb,
	0x74, 0xc6, 0x35, 0x6d, 0x68, 0xc0, 0x49, 0xb8, 0x92, 0x3b, 0x61,
	0xfa, 0x6c, 0xe6, 0x69, 0x62, 0x2e, 0x60, 0xf2, 0x9f, 0xb6, 0x79,
	0x03, 0xfe, 0x10, 0x08, 0xb8, 0xbc, 0x99, 0xa4, 0x1a, 0xe9, 0xe9,
	0x56, 0x28, 0xbc, 0x64, 0xf2, 0xf1, 0xb2, 0x0c, 0x2d, 0x7e, 0x9f,
	0x51, 0x77, 0xa3, 0xc2, 0x94, 0xd4, 0x46, 0x22, 0x99,
};

static void
assert_read(const char *text)
{
	struct public_key key;

	assert_int_equal(pem_public_parse(&key, text_bytes(text)), ST_OK);
	assert_memory_equal(key.xy, good_xy, sizeof(good_xy));
}

static void
assert_refused(const char *text, size_t len)
{
	static const struct public_key none;
	struct public_key key;

	memset(&key, 0xee, sizeof(key));
	assert_int_equal(pem_public_parse(&key, bytes_of(text, len)),
			 ST_PEM_FORMAT);
	assert_memory_equal(&key, &none, sizeof(key));
}

static void
reads_what_others_write(void **state)
{
	(void)state;
	assert_read(good_pem);
	assert_read("a comment\r\n" BEGIN BODY_1 "\r\n" BODY_2 "\r\n" END "x");
	assert_read(BEGIN " " BODY_1 BODY_2 END);
}

static void
writes_what_others_write(void **state)
{
	char text[PEM_PUBLIC_LEN + 1];
	struct public_key key;

	(void)state;
	memcpy(key.xy, good_xy, sizeof(good_xy));
	pem_public_format(text, &key);
	assert_string_equal(text, good_pem);
	assert_int_equal(strlen(text), PEM_PUBLIC_LEN);
}

static void
round_trip_of_any_bytes(void **state)
{
	char text[PEM_PUBLIC_LEN + 1];
	struct public_key key, again;

	(void)state;
	for (unsigned int i = 0; i < 256; i++) {
		for (unsigned int j = 0; j < sizeof(key.xy); j++)
			key.xy[j] = (uint8_t)(i * (j + 1) + j);
		pem_public_format(text, &key);
		assert_int_equal(pem_public_parse(&again, text_bytes(text)),
				 ST_OK);
		assert_memory_equal(&key, &again, sizeof(key));
	}
}

static void
refuses_every_prefix(void **state)
{
	(void)state;
	/* the last newline is not needed */
	for (size_t len = 0; len < sizeof(good_pem) - 2; len++)
		assert_refused(good_pem, len);
}

static void
refuses_other_shapes(void **state)
{
	static const char *const bad[] = {
		/* a P-384 key */
		BEGIN
		"MHYwEAYHKoZIzj0CAQYFK4EEACIDYgAEEd4kosJRx3dXPKxeoCXkZ/II"
		"5R2/+Y/F\nT2Zhy+Vlg7A3iC9KHKKX5gq828ODbYS8j6aWx3RA+S0PW"
		"DfpCgDnxShLRHdU1d7o\njJhlM7aQGusxd2htCuj7MxhEFKvmwXE6\n" END,
		/* two keys */
		BEGIN BODY_1 BODY_2 "\n" END BEGIN BODY_1 BODY_2 "\n" END,
		/* no padding, more of it, bits behind the last byte */
		BEGIN BODY_1 "Yfps5mliLmDyn7Z5A/4QCLi8maQa6elWKLxk8vGyDC1+n1F"
			     "3o8KU1EYimQ\n" END,
		BEGIN BODY_1 BODY_2 "=\n" END,
		BEGIN BODY_1 "Yfps5mliLmDyn7Z5A/4QCLi8maQa6elWKLxk8vGyDC1+n1F"
			     "3o8KU1EYimR==\n" END,
		/* characters that are not base64; a private key's label */
		BEGIN BODY_1 "*" BODY_2 "\n" END,
		"-----BEGIN PRIVATE KEY-----\n" BODY_1 BODY_2
		"\n-----END PRIVATE KEY-----\n",
		/* end before begin */
		END BODY_1 BODY_2 "\n" BEGIN,
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_refused(bad[i], strlen(bad[i]));
}

static void
refuses_every_changed_character(void **state)
{
	char text[sizeof(good_pem)];
	size_t head = sizeof(BEGIN) - 1;

	(void)state;
	/* the algorithm and the lengths: the first 36 characters */
	for (size_t i = head; i < head + 36; i++) {
		memcpy(text, good_pem, sizeof(text));
		text[i] = text[i] == 'A' ? 'B' : 'A';
		assert_refused(text, sizeof(text) - 1);
	}
}

static void
der_is_of_the_right_key(void **state)
{
	uint8_t spki[SPKI_LEN];
	struct public_key key;

	(void)state;
	memcpy(key.xy, good_xy, sizeof(good_xy));
	pem_public_spki(spki, &key);
	assert_int_equal(spki[0], 0x30);
	assert_int_equal(spki[1], SPKI_LEN - 2);
	assert_memory_equal(spki + SPKI_LEN - 64, good_xy, 64);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_what_others_write),
		cmocka_unit_test(writes_what_others_write),
		cmocka_unit_test(round_trip_of_any_bytes),
		cmocka_unit_test(refuses_every_prefix),
		cmocka_unit_test(refuses_other_shapes),
		cmocka_unit_test(refuses_every_changed_character),
		cmocka_unit_test(der_is_of_the_right_key),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
