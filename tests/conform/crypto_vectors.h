/* SPDX-License-Identifier: Apache-2.0 */
/*
 * crypto_vectors.h - numbers of P-256 and SHA-256, as hexadecimal text.
 */
#ifndef IMEILOCK_TESTS_CRYPTO_VECTORS_H
#define IMEILOCK_TESTS_CRYPTO_VECTORS_H

/* SEC 2, 2.4.2: field, order, and the base point's coordinates. */
#define P256_P                                                                 \
	"ffffffff00000001000000000000000000000000ffffffffffffffffffffffff"
#define P256_N                                                                 \
	"ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551"
#define P256_N_LESS_1                                                          \
	"ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632550"
#define P256_GX                                                                \
	"6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"
#define P256_GY                                                                \
	"4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5"
/* P256_P less P256_GY: the base point's negative. */
#define P256_GY_NEGATIVE                                                       \
	"b01cbd1c01e58065711814b583f061e9d431cca994cea1313449bf97c840ae0a"

#define ZERO_32                                                                \
	"0000000000000000000000000000000000000000000000000000000000000000"
#define ONE_32                                                                 \
	"0000000000000000000000000000000000000000000000000000000000000001"
#define FF_32 "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"

/* RFC 6979 A.2.5: key, and the signatures over SHA-256 of two messages. */
#define RFC6979_X                                                              \
	"c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721"
#define RFC6979_UX                                                             \
	"60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6"
#define RFC6979_UY                                                             \
	"7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299"
#define RFC6979_SAMPLE_R                                                       \
	"efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716"
#define RFC6979_SAMPLE_S                                                       \
	"f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8"
#define RFC6979_TEST_R                                                         \
	"f1abb023518351cd71d881567b1ea663ed3efcf6c5132b354f28d3b0b7d38367"
#define RFC6979_TEST_S                                                         \
	"019f4113742a2b14bd25926b49c649155f267e60d3814b4c0cc84250e46f0083"

#endif
