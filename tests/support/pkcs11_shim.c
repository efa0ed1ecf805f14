/* SPDX-License-Identifier: Apache-2.0 */
#include "support/pkcs11_shim.h"

#include <dlfcn.h>
#include <string.h>
#include <time.h>

#include "support/softhsm.h"

struct shim_control shim_control;

static CK_FUNCTION_LIST *real;
static CK_FUNCTION_LIST list;

/* Count the call; true if it is to fail. */
static bool
fails(enum shim_call call)
{
	unsigned int times = shim_control.times;

	shim_control.count[call]++;
	if (shim_control.call != call)
		return false;
	while (times > 0)
		if (atomic_compare_exchange_weak(&shim_control.times, &times,
						 times - 1))
			return true;
	return false;
}

static void
enter(atomic_uint *now, atomic_uint *most)
{
	unsigned int count = ++*now, seen = *most;

	while (count > seen &&
	       !atomic_compare_exchange_weak(most, &seen, count))
		;
}

/* A call of the module, counted while it lasts. */
static CK_RV
enter_module(void)
{
	enter(&shim_control.inside, &shim_control.most_inside);
	return CKR_OK;
}

static CK_RV
leave_module(CK_RV rv)
{
	shim_control.inside--;
	return rv;
}

#define CALL(call) (enter_module(), leave_module(call))

static CK_RV
initialize(void *args)
{
	const CK_C_INITIALIZE_ARGS *wanted = args;

	if (fails(SHIM_INITIALIZE))
		return shim_control.rv;
	if (shim_control.cannot_lock && wanted != NULL &&
	    (wanted->flags & CKF_OS_LOCKING_OK) != 0)
		return CKR_CANT_LOCK;
	return real->C_Initialize(args);
}

static CK_RV
finalize(void *reserved)
{
	shim_control.misused += shim_control.inside > 0;
	shim_control.sessions = 0;
	return real->C_Finalize(reserved);
}

static CK_RV
get_slot_info(CK_SLOT_ID slot, CK_SLOT_INFO *info)
{
	CK_RV rv = real->C_GetSlotInfo(slot, info);

	if (rv == CKR_OK && shim_control.is_hardware)
		info->flags |= CKF_HW_SLOT;
	return rv;
}

static CK_RV
get_token_info(CK_SLOT_ID slot, CK_TOKEN_INFO *info)
{
	CK_RV rv = real->C_GetTokenInfo(slot, info);

	if (rv == CKR_OK && shim_control.is_other_token)
		memset(info->serialNumber, '7', sizeof(info->serialNumber));
	return rv;
}

static CK_RV
get_mechanism_info(CK_SLOT_ID slot, CK_MECHANISM_TYPE type,
		   CK_MECHANISM_INFO *info)
{
	CK_RV rv;

	if (fails(SHIM_MECHANISM))
		return shim_control.rv;
	rv = real->C_GetMechanismInfo(slot, type, info);
	if (rv == CKR_OK && shim_control.is_verify_only)
		info->flags &= ~(CK_FLAGS)CKF_SIGN;
	return rv;
}

static CK_RV
open_session(CK_SLOT_ID slot, CK_FLAGS flags, void *ctx, CK_NOTIFY notify,
	     CK_SESSION_HANDLE *session)
{
	CK_RV rv;

	if (fails(SHIM_OPEN_SESSION))
		return shim_control.rv;
	if (shim_control.sessions_max > 0 &&
	    shim_control.sessions >= shim_control.sessions_max)
		return CKR_SESSION_COUNT;
	rv = CALL(real->C_OpenSession(slot, flags, ctx, notify, session));
	shim_control.sessions += rv == CKR_OK;
	return rv;
}

static CK_RV
close_session(CK_SESSION_HANDLE session)
{
	CK_RV rv = CALL(real->C_CloseSession(session));

	shim_control.sessions -= rv == CKR_OK;
	return rv;
}

static CK_RV
login(CK_SESSION_HANDLE session, CK_USER_TYPE user, CK_UTF8CHAR *pin,
      CK_ULONG len)
{
	return fails(SHIM_LOGIN) ? shim_control.rv
				 : CALL(real->C_Login(session, user, pin, len));
}

static CK_RV
find_objects_init(CK_SESSION_HANDLE session, CK_ATTRIBUTE *template,
		  CK_ULONG count)
{
	return fails(SHIM_FIND)
		       ? shim_control.rv
		       : CALL(real->C_FindObjectsInit(session, template,
						      count));
}

static CK_RV
generate_key_pair(CK_SESSION_HANDLE session, CK_MECHANISM *mechanism,
		  CK_ATTRIBUTE *public, CK_ULONG public_count,
		  CK_ATTRIBUTE *private, CK_ULONG private_count,
		  CK_OBJECT_HANDLE *public_key, CK_OBJECT_HANDLE *private_key)
{
	return fails(SHIM_GENERATE)
		       ? shim_control.rv
		       : real->C_GenerateKeyPair(session, mechanism, public,
						 public_count, private,
						 private_count, public_key,
						 private_key);
}

static CK_RV
sign_init(CK_SESSION_HANDLE session, CK_MECHANISM *mechanism,
	  CK_OBJECT_HANDLE key)
{
	return fails(SHIM_SIGN_INIT)
		       ? shim_control.rv
		       : CALL(real->C_SignInit(session, mechanism, key));
}

static CK_RV
slow_sign(CK_SESSION_HANDLE session, uint8_t *data, CK_ULONG len, uint8_t *out,
	  CK_ULONG *out_len)
{
	struct timespec wait = {0, shim_control.sign_ms * 1000000L};
	CK_RV rv;

	enter(&shim_control.signing, &shim_control.most_signing);
	(void)nanosleep(&wait, NULL);
	rv = real->C_Sign(session, data, len, out, out_len);
	shim_control.signing--;
	return rv;
}

static CK_RV
sign(CK_SESSION_HANDLE session, uint8_t *data, CK_ULONG len, uint8_t *out,
     CK_ULONG *out_len)
{
	CK_RV rv;

	if (fails(SHIM_SIGN))
		return shim_control.rv;
	rv = CALL(slow_sign(session, data, len, out, out_len));
	if (rv == CKR_OK && shim_control.signature_len > 0) {
		memcpy(out, shim_control.signature, shim_control.signature_len);
		*out_len = shim_control.signature_len;
	}
	return rv;
}

static CK_RV
create_object(CK_SESSION_HANDLE session, CK_ATTRIBUTE *template, CK_ULONG count,
	      CK_OBJECT_HANDLE *object)
{
	return fails(SHIM_CREATE) ? shim_control.rv
				  : CALL(real->C_CreateObject(session, template,
							      count, object));
}

CK_RV
C_GetFunctionList(CK_FUNCTION_LIST **out)
{
	void *module = dlopen(SOFTHSM_MODULE, RTLD_NOW | RTLD_LOCAL);
	CK_RV (*get)(CK_FUNCTION_LIST **);
	void *symbol = module == NULL ? NULL
				      : dlsym(module, "C_GetFunctionList");

	if (symbol == NULL)
		return CKR_GENERAL_ERROR;
	memcpy(&get, &symbol, sizeof(get));
	if (get(&real) != CKR_OK)
		return CKR_GENERAL_ERROR;
	list = *real;
	list.C_Initialize = initialize;
	list.C_Finalize = finalize;
	list.C_GetFunctionList = C_GetFunctionList;
	list.C_GetSlotInfo = get_slot_info;
	list.C_GetTokenInfo = get_token_info;
	list.C_GetMechanismInfo = get_mechanism_info;
	list.C_OpenSession = open_session;
	list.C_CloseSession = close_session;
	list.C_Login = login;
	list.C_FindObjectsInit = find_objects_init;
	list.C_GenerateKeyPair = generate_key_pair;
	list.C_SignInit = sign_init;
	list.C_Sign = sign;
	list.C_CreateObject = create_object;
	*out = &list;
	return CKR_OK;
}
