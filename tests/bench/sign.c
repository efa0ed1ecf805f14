/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench_sign MODULE TOKEN PIN LABEL COUNT: COUNT signatures of a key straight
 * at the token, one after the other; session, login and key are kept.  Prints
 * the seconds.
 */
#include <p11-kit/p11-kit.h>
#include <p11-kit/pkcs11.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/clock.h"

#define SLOTS 16
#define DIGEST_LEN 32
#define SIGNATURE_LEN 64

static bool
find_slot(CK_FUNCTION_LIST *module, const char *label, CK_SLOT_ID *out)
{
	CK_SLOT_ID slot[SLOTS];
	CK_ULONG count = SLOTS;

	if (module->C_GetSlotList(CK_TRUE, slot, &count) != CKR_OK)
		return false;
	for (CK_ULONG i = 0; i < count; i++) {
		CK_TOKEN_INFO info;

		if (module->C_GetTokenInfo(slot[i], &info) != CKR_OK ||
		    memcmp(info.label, label, strlen(label)) != 0)
			continue;
		*out = slot[i];
		return true;
	}
	return false;
}

static bool
find_key(CK_FUNCTION_LIST *module, CK_SESSION_HANDLE session, char *label,
	 CK_OBJECT_HANDLE *out)
{
	CK_OBJECT_CLASS class = CKO_PRIVATE_KEY;
	CK_ATTRIBUTE wanted[] = {
		{CKA_CLASS, &class, sizeof(class)},
		{CKA_LABEL, label, strlen(label)},
	};
	CK_ULONG count = 0;

	return module->C_FindObjectsInit(session, wanted, 2) == CKR_OK &&
	       module->C_FindObjects(session, out, 1, &count) == CKR_OK &&
	       count == 1 && module->C_FindObjectsFinal(session) == CKR_OK;
}

static bool
sign_once(CK_FUNCTION_LIST *module, CK_SESSION_HANDLE session,
	  CK_OBJECT_HANDLE key, long n)
{
	CK_MECHANISM mechanism = {CKM_ECDSA, NULL, 0};
	unsigned char digest[DIGEST_LEN] = {0}, out[SIGNATURE_LEN];
	CK_ULONG len = sizeof(out);

	memcpy(digest, &n, sizeof(n));
	return module->C_SignInit(session, &mechanism, key) == CKR_OK &&
	       module->C_Sign(session, digest, sizeof(digest), out, &len) ==
		       CKR_OK;
}

int
main(int argc, char **argv)
{
	CK_FUNCTION_LIST *module;
	CK_SESSION_HANDLE session;
	CK_OBJECT_HANDLE key;
	CK_SLOT_ID slot;
	double begun;

	if (argc != 6)
		return 2;
	module = p11_kit_module_load(argv[1], 0);
	if (module == NULL || p11_kit_module_initialize(module) != CKR_OK ||
	    !find_slot(module, argv[2], &slot) ||
	    module->C_OpenSession(slot, CKF_SERIAL_SESSION, NULL, NULL,
				  &session) != CKR_OK ||
	    module->C_Login(session, CKU_USER, (unsigned char *)argv[3],
			    strlen(argv[3])) != CKR_OK ||
	    !find_key(module, session, argv[4], &key) ||
	    !sign_once(module, session, key, 0))
		return 1;
	begun = clock_s();
	for (long n = 0; n < atol(argv[5]); n++)
		if (!sign_once(module, session, key, n))
			return 1;
	printf("%.6f\n", clock_s() - begun);
	(void)p11_kit_module_finalize(module);
	p11_kit_module_release(module);
	return 0;
}
