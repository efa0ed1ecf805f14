/* SPDX-License-Identifier: Apache-2.0 */
#include "hsm/token_pkcs11_session.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "hsm/log.h"

#define SLOTS_SEEN_MAX 64
#define RELOADS_MAX 3
#define BACKOFF_FIRST_MS 100 /* four times as long each time */

/* ----------------------------------------------------- what a value means */

enum rv_class {
	RV_STOP,   /* trying again cannot help, or must not be done */
	RV_RENEW,  /* a new session, and find the key again, once */
	RV_RELOAD, /* finalise, load anew, back off */
};

static enum rv_class
rv_class(CK_RV rv)
{
	switch (rv) {
	case CKR_SESSION_HANDLE_INVALID:
	case CKR_SESSION_CLOSED:
	case CKR_USER_NOT_LOGGED_IN:
	case CKR_OBJECT_HANDLE_INVALID:
	case CKR_KEY_HANDLE_INVALID:
	case CKR_OPERATION_ACTIVE:
		return RV_RENEW;
	case CKR_DEVICE_REMOVED:
	case CKR_DEVICE_ERROR:
	case CKR_TOKEN_NOT_PRESENT:
	case CKR_GENERAL_ERROR:
	case CKR_FUNCTION_FAILED:
	case CKR_CRYPTOKI_NOT_INITIALIZED:
		return RV_RELOAD;
	default:
		return RV_STOP;
	}
}

static enum status
rv_status(CK_RV rv)
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
p11_say(struct token *token, const char *call, CK_RV rv)
{
	token->rv = rv;
	if (rv == CKR_OK)
		return ST_OK;
	signer_log("token: %s: 0x%lx %s", call, rv, p11_kit_strerror(rv));
	return ST_HSM_TOKEN_FAILED;
}

/* -------------------------------------------------------- module and slot */

static void
drop_session(struct token *token)
{
	if (token->has_session)
		(void)token->module->C_CloseSession(token->session);
	token->has_session = false;
	token->key_count = 0;
}

static void
drop_module(struct token *token)
{
	if (token->module == NULL)
		return;
	drop_session(token);
	p11_kit_module_finalize(token->module);
	p11_kit_module_release(token->module);
	token->module = NULL;
}

static enum status
load_module(struct token *token)
{
	const char *path = p11_kit_uri_get_module_path(token->uri);
	CK_RV rv;

	if (token->module != NULL)
		return ST_OK;
	token->module = p11_kit_module_load(path, P11_KIT_MODULE_CRITICAL);
	if (token->module == NULL) {
		signer_log("token: the module cannot be loaded: %s", path);
		return ST_HSM_MODULE;
	}
	rv = p11_kit_module_initialize(token->module);
	if (rv == CKR_OK)
		return ST_OK;
	p11_kit_module_release(token->module);
	token->module = NULL;
	return p11_say(token, "C_Initialize", rv);
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
take_slot(struct token *token, CK_SLOT_ID slot, const CK_TOKEN_INFO *info)
{
	CK_SLOT_INFO slot_info;
	CK_RV rv = token->module->C_GetSlotInfo(slot, &slot_info);

	if (rv != CKR_OK)
		return p11_say(token, "C_GetSlotInfo", rv);
	token->slot = slot;
	copy_padded(token->info.label, info->label, sizeof(info->label));
	copy_padded(token->info.serial, info->serialNumber,
		    sizeof(info->serialNumber));
	token->info.is_hardware = (slot_info.flags & CKF_HW_SLOT) != 0;
	return ST_OK;
}

static enum status
slot_list(struct token *token, CK_SLOT_ID *slots, CK_ULONG *count)
{
	*count = SLOTS_SEEN_MAX;
	return p11_say(token, "C_GetSlotList",
		       token->module->C_GetSlotList(CK_TRUE, slots, count));
}

/* The token that the address names: exactly one. */
static enum status
find_slot(struct token *token)
{
	CK_SLOT_ID slots[SLOTS_SEEN_MAX];
	CK_ULONG count;
	unsigned int found = 0;
	enum status status = slot_list(token, slots, &count);

	for (CK_ULONG i = 0; i < count && status == ST_OK; i++) {
		CK_TOKEN_INFO info;

		if (token->module->C_GetTokenInfo(slots[i], &info) != CKR_OK)
			continue;
		if ((info.flags & CKF_TOKEN_INITIALIZED) == 0 ||
		    !p11_kit_uri_match_token_info(token->uri, &info))
			continue;
		if (++found > 1)
			return ST_HSM_ADDRESS;
		status = take_slot(token, slots[i], &info);
	}
	if (status == ST_OK && found == 0)
		return p11_say(token, "no token fits the address",
			       CKR_TOKEN_NOT_PRESENT);
	return status;
}

/* Found out at the start and not with the first unit. */
static enum status
check_mechanism(struct token *token)
{
	CK_MECHANISM_INFO info = {0};
	CK_RV rv = token->module->C_GetMechanismInfo(token->slot, CKM_ECDSA,
						     &info);

	if (rv != CKR_OK)
		return p11_say(token, "C_GetMechanismInfo CKM_ECDSA", rv);
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

static enum status
log_in(struct token *token)
{
	const char *pin = pin_text(token->pin);
	CK_UTF8CHAR copy[TOKEN_PIN_MAX + 1];
	size_t len = strlen(pin);
	enum status status;
	CK_RV rv;

	if (token->pin_state != ST_OK)
		return token->pin_state;
	memcpy(copy, pin, len);
	rv = token->module->C_Login(token->session, CKU_USER, copy, len);
	bytes_wipe(copy, sizeof(copy));
	if (rv == CKR_OK || rv == CKR_USER_ALREADY_LOGGED_IN)
		return ST_OK;
	status = p11_say(token, "C_Login", rv);
	if (is_about_pin(rv_status(rv)))
		token->pin_state = rv_status(rv);
	return token->pin_state != ST_OK ? token->pin_state : status;
}

static enum status
open_session(struct token *token)
{
	enum status status;

	if (token->has_session)
		return ST_OK;
	status = find_slot(token);
	if (status == ST_OK)
		status = check_serial(token);
	if (status == ST_OK)
		status = check_mechanism(token);
	if (status != ST_OK)
		return status;
	status = p11_say(token, "C_OpenSession",
			 token->module->C_OpenSession(
				 token->slot,
				 CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL,
				 NULL, &token->session));
	if (status != ST_OK)
		return status;
	token->has_session = true;
	status = log_in(token);
	if (status != ST_OK)
		drop_session(token);
	return status;
}

/* --------------------------------------------------------------- running */

static enum status
run_now(struct token *token, p11_op op, void *arg)
{
	enum status status = load_module(token);

	if (status == ST_OK)
		status = open_session(token);
	if (status != ST_OK || op == NULL)
		return status;
	return op(token, arg);
}

static void
back_off(unsigned int reloads)
{
	long ms = BACKOFF_FIRST_MS << (2 * reloads);
	struct timespec wait = {ms / 1000, ms % 1000 * 1000000};

	nanosleep(&wait, NULL);
}

/* Prepare for another try; false if there is to be none. */
static bool
may_retry(struct token *token, bool *is_renewed, unsigned int *reloads)
{
	switch (rv_class(token->rv)) {
	case RV_RENEW:
		if (*is_renewed)
			return false;
		*is_renewed = true;
		drop_session(token);
		return true;
	case RV_RELOAD:
		if (*reloads == RELOADS_MAX)
			return false;
		drop_module(token);
		back_off((*reloads)++);
		return true;
	case RV_STOP:
	default:
		return false;
	}
}

enum status
p11_run(struct token *token, p11_op op, void *arg)
{
	bool is_renewed = false;
	unsigned int reloads = 0;

	for (;;) {
		enum status status = run_now(token, op, arg);

		if (status != ST_HSM_TOKEN_FAILED)
			return status;
		if (!may_retry(token, &is_renewed, &reloads)) {
			/* the next operation starts from nothing */
			drop_module(token);
			return rv_status(token->rv);
		}
		signer_log("token: trying again");
	}
}

enum status
p11_run_once(struct token *token, p11_op op, void *arg)
{
	enum status status = run_now(token, op, arg);

	if (status != ST_HSM_TOKEN_FAILED)
		return status;
	drop_module(token);
	return rv_status(token->rv);
}

/* --------------------------------------------------------------- opening */

static enum status
parse_address(struct token *token, const char *address)
{
	token->uri = p11_kit_uri_new();
	if (token->uri == NULL)
		return ST_STATION_MEMORY;
	if (p11_kit_uri_parse(address, P11_KIT_URI_FOR_ANY, token->uri) !=
		    P11_KIT_URI_OK ||
	    p11_kit_uri_any_unrecognized(token->uri) ||
	    p11_kit_uri_get_module_path(token->uri) == NULL)
		return ST_HSM_ADDRESS;
	/* a PIN in an address would be seen in the list of processes */
	if (p11_kit_uri_get_pin_value(token->uri) != NULL ||
	    p11_kit_uri_get_pin_source(token->uri) != NULL)
		return ST_HSM_ADDRESS;
	return ST_OK;
}

static enum status
open_all(struct token *token, const char *address, const char *serial,
	 const char *pin)
{
	enum status status = parse_address(token, address);

	if (status != ST_OK)
		return status;
	if (serial != NULL)
		snprintf(token->serial, sizeof(token->serial), "%s", serial);
	status = pin_copy(&token->pin, pin);
	if (status != ST_OK)
		return status;
	return p11_run(token, NULL, NULL);
}

enum status
p11_open(struct token **out, const char *address, const char *serial,
	 const char *pin)
{
	struct token *token = calloc(1, sizeof(*token));
	enum status status;

	*out = NULL;
	if (token == NULL)
		return ST_STATION_MEMORY;
	token->pin_state = ST_OK;
	status = open_all(token, address, serial, pin);
	if (status != ST_OK) {
		p11_close(token);
		return status;
	}
	*out = token;
	return ST_OK;
}

void
p11_close(struct token *token)
{
	if (token == NULL)
		return;
	drop_module(token);
	pin_close(token->pin);
	p11_kit_uri_free(token->uri);
	free(token);
}
