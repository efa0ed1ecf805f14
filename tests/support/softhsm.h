/* SPDX-License-Identifier: Apache-2.0 */
/*
 * softhsm.h - SoftHSM tokens of a test's own, in its folder.
 *
 * Needs softhsm2-util and pkcs11-tool.  Failures fail the running test.
 */
#ifndef IMEILOCK_TESTS_SOFTHSM_H
#define IMEILOCK_TESTS_SOFTHSM_H

#include <stdbool.h>
#include <stddef.h>

#define SOFTHSM_MODULE "/usr/lib/softhsm/libsofthsm2.so"
#define SOFTHSM_ADDRESS_MAX 400

/* Configuration in folder, SOFTHSM2_CONF set, one token; its address. */
void softhsm_make(char address[SOFTHSM_ADDRESS_MAX], const char *folder,
		  const char *label, const char *pin);
/* One more token. */
void softhsm_add(const char *label, const char *pin);
/* A key as pkcs11-tool makes it; extractable if is_open. */
void softhsm_keygen(const char *token, const char *pin, const char *label,
		    const char *type, bool is_open);
/* A private data object. */
void softhsm_write_data(const char *token, const char *pin, const char *label,
			const char *application, const char *text);
/* The private key of this label is gone. */
void softhsm_delete(const char *token, const char *pin, const char *label);
/* What pkcs11-tool lists. */
void softhsm_list(const char *token, const char *pin, char *out, size_t size);

#endif
