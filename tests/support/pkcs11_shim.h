/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pkcs11_shim.h - a PKCS#11 module that passes everything on to SoftHSM, but
 * for what the test says: no module at hand gives every error on demand.
 *
 * The test opens the module with dlopen and takes `shim_control` from it.
 */
#ifndef IMEILOCK_TESTS_PKCS11_SHIM_H
#define IMEILOCK_TESTS_PKCS11_SHIM_H

#include <p11-kit/pkcs11.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum shim_call {
	SHIM_INITIALIZE,
	SHIM_OPEN_SESSION,
	SHIM_LOGIN,
	SHIM_FIND,
	SHIM_GENERATE,
	SHIM_SIGN_INIT,
	SHIM_SIGN,
	SHIM_CREATE,
	SHIM_MECHANISM,
	SHIM_CALLS,
};

struct shim_control {
	atomic_uint count[SHIM_CALLS]; /* calls so far */
	_Atomic enum shim_call call;   /* the next times calls of this */
	atomic_uint times;	       /* give rv and do nothing */
	_Atomic CK_RV rv;
	bool is_hardware;      /* the slot says CKF_HW_SLOT */
	bool is_other_token;   /* the serial is another one */
	bool is_verify_only;   /* mechanisms do not sign */
	uint8_t signature[64]; /* given out if signature_len > 0 */
	size_t signature_len;

	/* For several threads at once. */
	atomic_uint sign_ms;	  /* that C_Sign takes longer */
	atomic_uint sessions_max; /* that can be open; 0: any number */
	atomic_bool cannot_lock;  /* the module knows no threads */
	atomic_uint sessions;	  /* open */
	atomic_uint inside;	  /* calls of all kinds that are under way */
	atomic_uint most_inside;  /* at once, so far */
	atomic_uint signing;	  /* in C_Sign */
	atomic_uint most_signing;
	atomic_uint misused; /* finalised while calls were under way */
};

#endif
