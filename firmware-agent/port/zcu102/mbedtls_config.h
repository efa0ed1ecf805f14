/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mbedtls_config.h - Mbed TLS as the agent needs it: the PSA API with ES256,
 * memory from one static array, random bytes from the port.
 *
 * What is in it is chosen in psa/crypto_config.h.
 */
#ifndef IMEILOCK_ZCU102_MBEDTLS_CONFIG_H
#define IMEILOCK_ZCU102_MBEDTLS_CONFIG_H

#define MBEDTLS_HAVE_ASM
#define MBEDTLS_NO_UDBL_DIVISION

#define MBEDTLS_PLATFORM_C
#define MBEDTLS_PLATFORM_MEMORY
#define MBEDTLS_PLATFORM_NO_STD_FUNCTIONS
#define MBEDTLS_PLATFORM_EXIT_MACRO(code) psci_reset()
#define MBEDTLS_MEMORY_BUFFER_ALLOC_C
#define MBEDTLS_MEMORY_ALIGN_MULTIPLE 8

#define MBEDTLS_PSA_CRYPTO_C
#define MBEDTLS_PSA_CRYPTO_CONFIG
#define MBEDTLS_PSA_CRYPTO_EXTERNAL_RNG
#define MBEDTLS_PSA_KEY_SLOT_COUNT 4

/* The smallest tables: a signature takes some milliseconds more. */
#define MBEDTLS_ECP_WINDOW_SIZE 2
#define MBEDTLS_ECP_FIXED_POINT_OPTIM 0
#define MBEDTLS_ECP_NIST_OPTIM
/* Signing hands in its own blinding; verifying has nothing to hide. */
#define MBEDTLS_ECP_NO_INTERNAL_RNG
#define MBEDTLS_MPI_MAX_SIZE 64
#define MBEDTLS_MPI_WINDOW_SIZE 1
#define MBEDTLS_SHA256_SMALLER

/* The heap calls it when its chain of blocks is broken. */
_Noreturn void psci_reset(void);

#include "mbedtls/check_config.h"
#include "mbedtls/config_psa.h"

#endif
