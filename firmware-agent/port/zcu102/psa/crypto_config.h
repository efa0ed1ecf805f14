/* SPDX-License-Identifier: Apache-2.0 */
/*
 * crypto_config.h - the algorithms that Mbed TLS is built with: ES256 and
 * SHA-256.  Stands before the library's own file of this name on the include
 * path.
 */
#ifndef PSA_CRYPTO_CONFIG_H
#define PSA_CRYPTO_CONFIG_H

#define PSA_WANT_ALG_DETERMINISTIC_ECDSA 1
/* Version 2.28 does not build the deterministic form without the other. */
#define PSA_WANT_ALG_ECDSA 1
#define PSA_WANT_ALG_SHA_256 1
#define PSA_WANT_ECC_SECP_R1_256 1
#define PSA_WANT_KEY_TYPE_ECC_KEY_PAIR 1
#define PSA_WANT_KEY_TYPE_ECC_PUBLIC_KEY 1

#endif
