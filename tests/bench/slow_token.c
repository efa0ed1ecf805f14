/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A PKCS#11 module that is SoftHSM, but for C_Sign: it takes as many
 * milliseconds longer as IMEILOCK_SIGN_MS says, as a real HSM does.
 */
#include <dlfcn.h>
#include <p11-kit/pkcs11.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define SOFTHSM "/usr/lib/softhsm/libsofthsm2.so"

static CK_FUNCTION_LIST *real;
static CK_FUNCTION_LIST list;
static struct timespec delay;

static CK_RV
sign(CK_SESSION_HANDLE session, unsigned char *data, CK_ULONG len,
     unsigned char *out, CK_ULONG *out_len)
{
	(void)nanosleep(&delay, NULL);
	return real->C_Sign(session, data, len, out, out_len);
}

CK_RV
C_GetFunctionList(CK_FUNCTION_LIST **out)
{
	const char *ms = getenv("IMEILOCK_SIGN_MS");
	void *module = dlopen(SOFTHSM, RTLD_NOW | RTLD_LOCAL);
	CK_RV (*get)(CK_FUNCTION_LIST **);

	if (module == NULL || ms == NULL)
		return CKR_GENERAL_ERROR;
	*(void **)&get = dlsym(module, "C_GetFunctionList");
	if (get == NULL || get(&real) != CKR_OK)
		return CKR_GENERAL_ERROR;
	delay.tv_nsec = atol(ms) * 1000000;
	list = *real;
	list.C_Sign = sign;
	*out = &list;
	return CKR_OK;
}
