/* SPDX-License-Identifier: Apache-2.0 */
#include "hsm/token_pkcs11_session.h"

#include <stdio.h>

#include "hsm/log.h"

#define SLOTS_SEEN_MAX 64
/* ----------------------------------------------------- what a value means */

enum status
p11_rv_status(CK_RV rv)
{
	switch (rv) {
	case CKR_PIN_INCORRECT:
	case CKR_PIN_INVALID:
	case CKR_PIN_LEN_RANGE:
		return ST_HSM_PIN;
	case CKR_PIN_LOCKED:
		return ST_HSM_PIN_LOCKED;
	case CKR_PIN_EXPIRED:
		return ST_HSM_PIN_EXPIRED;
	case CKR_MECHANISM_INVALID:
	case CKR_MECHANISM_PARAM_INVALID:
		return ST_HSM_MECHANISM;
	case CKR_KEY_FUNCTION_NOT_PERMITTED:
	case CKR_KEY_TYPE_INCONSISTENT:
	case CKR_ATTRIBUTE_TYPE_INVALID:
	case CKR_ATTRIBUTE_SENSITIVE:
		return ST_HSM_KEY_UNFIT;
	case CKR_DEVICE_REMOVED:
	case CKR_TOKEN_NOT_PRESENT:
		return ST_HSM_TOKEN_ABSENT;
	default:
		return ST_HSM_TOKEN_FAILED;
	}
}

enum status
p11_say(struct p11_session *session, const char *call, CK_RV rv)
{
	session->rv = rv;
	if (rv == CKR_OK)
		return ST_OK;
	signer_log("token: %s: 0x%lx %s", call, rv, p11_kit_strerror(rv));
	return ST_HSM_TOKEN_FAILED;
}

/* -------------------------------------------------------- module and slot */

void
p11_drop_session(struct p11_session *session)
{
	if (session->is_open)
		(void)session->module->C_CloseSession(session->handle);
	session->is_open = false;
	session->key_count = 0;
}

void
p11_drop_module(struct token *token)
{
	if (token->module == NULL)
		return;
	for (unsigned int i = 0; i < P11_SESSIONS_MAX; i++)
		p11_drop_session(&token->session[i]);
	p11_kit_module_finalize(token->module);
	p11_kit_module_release(token->module);
	token->module = NULL;
}

/* With threads, or with one session where the module knows none. */
static CK_RV
initialize(struct token *token)
{
	CK_C_INITIALIZE_ARGS args = {.flags = CKF_OS_LOCKING_OK};
	CK_RV rv = token->module->C_Initialize(&args);

	token->session_limit = P11_SESSIONS_MAX;
	if (rv != CKR_CANT_LOCK)
		return rv;
	signer_log("token: the module knows no threads: one session");
	args.flags = 0;
	token->session_limit = 1;
	return token->module->C_Initialize(&args);
}

static enum status
load_module(struct p11_session *session)
{
	struct token *token = session->token;
	const char *path = p11_kit_uri_get_module_path(token->uri);
	CK_RV rv;

	token->module = p11_kit_module_load(path, P11_KIT_MODULE_CRITICAL);
	if (token->module == NULL) {
		signer_log("token: the module cannot be loaded: %s", path);
		return ST_HSM_MODULE;
	}
	rv = initialize(token);
	if (rv == CKR_OK)
		return ST_OK;
	p11_kit_module_release(token->module);
	token->module = NULL;
	return p11_say(session, "C_Initialize", rv);
}

/* Fixed length, filled up with spaces. */
static void
copy_padded(char *out, const CK_UTF8CHAR *text, size_t len)
{
	while (len > 0 && text[len - 1] == ' ')
		len--;
	memcpy(out, text, len);
	out[len] = '\0';
}

static enum status
take_slot(struct p11_session *session, CK_SLOT_ID slot,
	  const CK_TOKEN_INFO *info)
{
	struct token *token = session->token;
	CK_SLOT_INFO slot_info;
	CK_RV rv = session->module->C_GetSlotInfo(slot, &slot_info);

	if (rv != CKR_OK)
		return p11_say(session, "C_GetSlotInfo", rv);
	token->slot = slot;
	copy_padded(token->info.label, info->label, sizeof(info->label));
	copy_padded(token->info.serial, info->serialNumber,
		    sizeof(info->serialNumber));
	token->info.is_hardware = (slot_info.flags & CKF_HW_SLOT) != 0;
	return ST_OK;
}

static enum status
slot_list(struct p11_session *session, CK_SLOT_ID *slots, CK_ULONG *count)
{
	*count = SLOTS_SEEN_MAX;
	return p11_say(session, "C_GetSlotList",
		       session->module->C_GetSlotList(CK_TRUE, slots, count));
}

/* The token that the address names: exactly one. */
static enum status
find_slot(struct p11_session *session)
{
	CK_SLOT_ID slots[SLOTS_SEEN_MAX];
	CK_ULONG count;
	unsigned int found = 0;
	enum status status = slot_list(session, slots, &count);

	for (CK_ULONG i = 0; i < count && status == ST_OK; i++) {
		CK_TOKEN_INFO info;

		if (session->module->C_GetTokenInfo(slots[i], &info) != CKR_OK)
			continue;
		if ((info.flags & CKF_TOKEN_INITIALIZED) == 0 ||
		    !p11_kit_uri_match_token_info(session->token->uri, &info))
			continue;
		if (++found > 1)
			return ST_HSM_ADDRESS;
		status = take_slot(session, slots[i], &info);
	}
	if (status == ST_OK && found == 0)
		return p11_say(session, "no token fits the address",
			       CKR_TOKEN_NOT_PRESENT);
	return status;
}

/* Found out at the start and not with the first unit. */
static enum status
check_mechanism(struct p11_session *session)
{
	CK_MECHANISM_INFO info = {0};
	CK_RV rv = session->module->C_GetMechanismInfo(session->token->slot,
						       CKM_ECDSA, &info);

	if (rv != CKR_OK)
		return p11_say(session, "C_GetMechanismInfo CKM_ECDSA", rv);
	if ((info.flags & CKF_SIGN) != 0)
		return ST_OK;
	signer_log("token: CKM_ECDSA does not sign");
	return ST_HSM_MECHANISM;
}

/* Before a login: the PIN must not be shown to another token. */
static enum status
check_serial(struct token *token)
{
	if (token->serial[0] == '\0')
		strcpy(token->serial, token->info.serial);
	if (strcmp(token->serial, token->info.serial) == 0)
		return ST_OK;
	signer_log("token: serial is %s, it must be %s", token->info.serial,
		   token->serial);
	return ST_HSM_TOKEN_CHANGED;
}

/* ---------------------------------------------------- session and login */

static bool
is_about_pin(enum status status)
{
	return status == ST_HSM_PIN || status == ST_HSM_PIN_LOCKED ||
	       status == ST_HSM_PIN_EXPIRED;
}

/* A login is the token's, for all sessions: each new one has it already while
 * another is open. */
static bool
is_logged_in(const struct p11_session *session)
{
	CK_SESSION_INFO info = {0};

	return !session->token->must_log_in &&
	       session->module->C_GetSessionInfo(session->handle, &info) ==
		       CKR_OK &&
	       info.state == CKS_RW_USER_FUNCTIONS;
}

static enum status
log_in(struct p11_session *session)
{
	struct token *token = session->token;
	const char *pin = pin_text(token->pin);
	CK_UTF8CHAR copy[TOKEN_PIN_MAX + 1];
	size_t len = strlen(pin);
	enum status status;
	CK_RV rv;

	if (token->pin_state != ST_OK)
		return token->pin_state;
	memcpy(copy, pin, len);
	rv = session->module->C_Login(session->handle, CKU_USER, copy, len);
	bytes_wipe(copy, sizeof(copy));
	token->must_log_in = false;
	if (rv == CKR_OK || rv == CKR_USER_ALREADY_LOGGED_IN)
		return ST_OK;
	status = p11_say(session, "C_Login", rv);
	if (is_about_pin(p11_rv_status(rv)))
		token->pin_state = p11_rv_status(rv);
	return token->pin_state != ST_OK ? token->pin_state : status;
}

/* The token that the address names, and no other. */
static enum status
look_at_token(struct p11_session *session)
{
	enum status status = find_slot(session);

	if (status == ST_OK)
		status = check_serial(session->token);
	return status != ST_OK ? status : check_mechanism(session);
}

enum status
p11_open_session(struct p11_session *session)
{
	struct token *token = session->token;
	enum status status;

	session->module = token->module;
	status = look_at_token(session);
	if (status != ST_OK)
		return status;
	status = p11_say(session, "C_OpenSession",
			 session->module->C_OpenSession(
				 token->slot,
				 CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL,
				 NULL, &session->handle));
	if (status != ST_OK)
		return status;
	session->is_open = true;
	session->epoch = token->epoch;
	if (!is_logged_in(session))
		status = log_in(session);
	if (status != ST_OK)
		p11_drop_session(session);
	return status;
}

enum status
p11_come_up(struct p11_session *session)
{
	enum status status = load_module(session);

	return status != ST_OK ? status : p11_open_session(session);
}
