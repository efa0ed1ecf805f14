/* SPDX-License-Identifier: Apache-2.0 */
#include "hsm/token_pkcs11_session.h"

#include <stdio.h>

#define APPLICATION "imeilock"
#define FOUND_MAX 16
#define POINT_LEN (1 + ES256_PUBLIC_LEN)
#define POINT_DER_LEN (2 + POINT_LEN)
#define COORDINATE_LEN (ES256_SIG_LEN / 2)

/* OBJECT IDENTIFIER prime256v1 */
static const uint8_t p256_params[] = {0x06, 0x08, 0x2a, 0x86, 0x48,
				      0xce, 0x3d, 0x03, 0x01, 0x07};
static const CK_BBOOL yes = CK_TRUE, no = CK_FALSE;

/* The library's templates want pointers that are not const. */
static CK_ATTRIBUTE
attribute(CK_ATTRIBUTE_TYPE type, const void *value, size_t len)
{
	CK_ATTRIBUTE attr = {type, NULL, len};

	memcpy(&attr.pValue, &value, sizeof(value));
	return attr;
}

static CK_ATTRIBUTE
text_attribute(CK_ATTRIBUTE_TYPE type, const char *text)
{
	return attribute(type, text, strlen(text));
}

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

/* --------------------------------------------------------------- finding */

struct found {
	CK_OBJECT_HANDLE object[FOUND_MAX];
	CK_ULONG count;
};

static enum status
find(struct p11_session *session, struct found *found, CK_ATTRIBUTE *template,
     size_t count)
{
	CK_FUNCTION_LIST *module = session->module;
	enum status status, ended;

	found->count = 0;
	status = p11_say(session, "C_FindObjectsInit",
			 module->C_FindObjectsInit(session->handle, template,
						   count));
	if (status != ST_OK)
		return status;
	status = p11_say(session, "C_FindObjects",
			 module->C_FindObjects(session->handle, found->object,
					       FOUND_MAX, &found->count));
	if (status != ST_OK) {
		(void)module->C_FindObjectsFinal(session->handle);
		return status;
	}
	ended = p11_say(session, "C_FindObjectsFinal",
			module->C_FindObjectsFinal(session->handle));
	return ended;
}

/* The one object of class and label. */
static enum status
find_one(struct p11_session *session, CK_OBJECT_CLASS class, const char *label,
	 CK_OBJECT_HANDLE *out)
{
	CK_ATTRIBUTE template[] = {
		attribute(CKA_CLASS, &class, sizeof(class)),
		attribute(CKA_TOKEN, &yes, sizeof(yes)),
		text_attribute(CKA_LABEL, label),
	};
	struct found found;
	enum status status =
		find(session, &found, template, COUNT_OF(template));

	if (status != ST_OK)
		return status;
	if (found.count == 0)
		return ST_HSM_KEY_ABSENT;
	*out = found.object[0];
	return found.count == 1 ? ST_OK : ST_HSM_KEY_TWICE;
}

/* ------------------------------------------------------------------ keys */

static enum status
check_private(struct p11_session *session, CK_OBJECT_HANDLE object)
{
	CK_KEY_TYPE type = 0;
	CK_BBOOL sign = CK_FALSE, sensitive = CK_FALSE, extractable = CK_TRUE;
	uint8_t params[sizeof(p256_params)] = {0};
	CK_ATTRIBUTE template[] = {
		{CKA_KEY_TYPE, &type, sizeof(type)},
		{CKA_SIGN, &sign, sizeof(sign)},
		{CKA_SENSITIVE, &sensitive, sizeof(sensitive)},
		{CKA_EXTRACTABLE, &extractable, sizeof(extractable)},
		{CKA_EC_PARAMS, params, sizeof(params)},
	};
	CK_RV rv = session->module->C_GetAttributeValue(
		session->handle, object, template, COUNT_OF(template));

	/* another curve's name has another length */
	if (rv == CKR_BUFFER_TOO_SMALL)
		return ST_HSM_KEY_UNFIT;
	if (rv != CKR_OK)
		return p11_say(session, "C_GetAttributeValue", rv);
	if (type != CKK_EC || sign != CK_TRUE || sensitive != CK_TRUE ||
	    extractable != CK_FALSE ||
	    template[4].ulValueLen != sizeof(params) ||
	    memcmp(params, p256_params, sizeof(params)) != 0)
		return ST_HSM_KEY_UNFIT;
	return ST_OK;
}

/* The handle is looked up once for each session. */
static enum status
private_key(struct p11_session *session, const char *label,
	    CK_OBJECT_HANDLE *out)
{
	struct p11_key *key = session->key;
	enum status status;

	for (; key < session->key + session->key_count; key++) {
		if (strcmp(key->label, label) == 0) {
			*out = key->object;
			return ST_OK;
		}
	}
	status = find_one(session, CKO_PRIVATE_KEY, label, out);
	if (status == ST_OK)
		status = check_private(session, *out);
	if (status == ST_OK && session->key_count < TOKEN_KEYS_MAX) {
		snprintf(key->label, sizeof(key->label), "%s", label);
		key->object = *out;
		session->key_count++;
	}
	return status;
}

/* DER OCTET STRING around 04 X Y; some modules leave the DER out. */
static enum status
decode_point(struct public_key *out, const uint8_t *der, size_t len)
{
	const uint8_t *point = der;

	if (len == POINT_DER_LEN && der[0] == 0x04 && der[1] == POINT_LEN)
		point = der + 2;
	else if (len != POINT_LEN)
		return ST_HSM_KEY_UNFIT;
	if (point[0] != 0x04)
		return ST_HSM_KEY_UNFIT;
	memcpy(out->xy, point + 1, sizeof(out->xy));
	return ST_OK;
}

struct public_arg {
	const char *label;
	struct public_key *out;
};

static enum status
public_key_op(struct p11_session *session, void *arg)
{
	const struct public_arg *public = arg;
	uint8_t der[POINT_DER_LEN];
	CK_ATTRIBUTE point = {CKA_EC_POINT, der, sizeof(der)};
	CK_OBJECT_HANDLE object;
	enum status status = private_key(session, public->label, &object);
	CK_RV rv;

	if (status == ST_OK)
		status = find_one(session, CKO_PUBLIC_KEY, public->label,
				  &object);
	if (status != ST_OK)
		return status;
	rv = session->module->C_GetAttributeValue(session->handle, object,
						  &point, 1);
	if (rv == CKR_BUFFER_TOO_SMALL)
		return ST_HSM_KEY_UNFIT;
	if (rv != CKR_OK)
		return p11_say(session, "C_GetAttributeValue", rv);
	return decode_point(public->out, der, point.ulValueLen);
}

static enum status
pkcs11_public_key(struct token *token, const char *label,
		  struct public_key *out)
{
	struct public_arg arg = {label, out};

	memset(out, 0, sizeof(*out));
	return p11_run(token, public_key_op, &arg);
}

static enum status
generate_op(struct p11_session *session, void *arg)
{
	const char *label = arg;
	CK_MECHANISM mechanism = {CKM_EC_KEY_PAIR_GEN, NULL, 0};
	CK_ATTRIBUTE public[] = {
		text_attribute(CKA_LABEL, label),
		text_attribute(CKA_ID, label),
		attribute(CKA_TOKEN, &yes, sizeof(yes)),
		attribute(CKA_VERIFY, &yes, sizeof(yes)),
		attribute(CKA_EC_PARAMS, p256_params, sizeof(p256_params)),
	};
	CK_ATTRIBUTE private[] = {
		text_attribute(CKA_LABEL, label),
		text_attribute(CKA_ID, label),
		attribute(CKA_TOKEN, &yes, sizeof(yes)),
		attribute(CKA_PRIVATE, &yes, sizeof(yes)),
		attribute(CKA_SENSITIVE, &yes, sizeof(yes)),
		attribute(CKA_EXTRACTABLE, &no, sizeof(no)),
		attribute(CKA_SIGN, &yes, sizeof(yes)),
	};
	CK_OBJECT_HANDLE public_object, private_object;

	return p11_say(session, "C_GenerateKeyPair",
		       session->module->C_GenerateKeyPair(
			       session->handle, &mechanism, public,
			       COUNT_OF(public), private, COUNT_OF(private),
			       &public_object, &private_object));
}

static enum status
absent_op(struct p11_session *session, void *arg)
{
	CK_OBJECT_HANDLE object;
	enum status status = find_one(session, CKO_PRIVATE_KEY, arg, &object);

	if (status == ST_OK || status == ST_HSM_KEY_TWICE)
		return ST_HSM_EXISTS;
	return status == ST_HSM_KEY_ABSENT ? ST_OK : status;
}

static enum status
pkcs11_generate(struct token *token, const char *label)
{
	char copy[TOKEN_LABEL_MAX + 1];
	enum status status;

	if (strlen(label) >= sizeof(copy))
		return ST_HSM_TOKEN_FAILED;
	strcpy(copy, label);
	status = p11_run(token, absent_op, copy);
	if (status != ST_OK)
		return status;
	return p11_run_once(token, generate_op, copy);
}

/* --------------------------------------------------------------- signing */

struct sign_arg {
	const char *label;
	const struct sha256 *digest;
	struct signature *out;
};

/* Two halves of equal length, shorter where a module drops leading zeros. */
static enum status
decode_signature(struct signature *out, const uint8_t *raw, size_t len)
{
	size_t half = len / 2;

	if (len == 0 || len % 2 != 0 || len > ES256_SIG_LEN)
		return ST_HSM_SIGNATURE;
	memset(out, 0, sizeof(*out));
	memcpy(out->rs + COORDINATE_LEN - half, raw, half);
	memcpy(out->rs + ES256_SIG_LEN - half, raw + half, half);
	return ST_OK;
}

static enum status
sign_op(struct p11_session *session, void *arg)
{
	const struct sign_arg *sign = arg;
	CK_MECHANISM mechanism = {CKM_ECDSA, NULL, 0};
	struct sha256 digest = *sign->digest;
	uint8_t raw[ES256_SIG_LEN];
	CK_ULONG len = sizeof(raw);
	CK_OBJECT_HANDLE key;
	enum status status = private_key(session, sign->label, &key);

	if (status != ST_OK)
		return status;
	status = p11_say(session, "C_SignInit",
			 session->module->C_SignInit(session->handle,
						     &mechanism, key));
	if (status != ST_OK)
		return status;
	status = p11_say(session, "C_Sign",
			 session->module->C_Sign(session->handle, digest.byte,
						 sizeof(digest.byte), raw,
						 &len));
	if (status != ST_OK)
		return status;
	return decode_signature(sign->out, raw, len);
}

static enum status
pkcs11_sign(struct token *token, const char *label, const struct sha256 *digest,
	    struct signature *out)
{
	struct sign_arg arg = {label, digest, out};

	memset(out, 0, sizeof(*out));
	return p11_run(token, sign_op, &arg);
}

/* ----------------------------------------------------------------- marks */

static enum status
find_marks(struct p11_session *session, const char *label, struct found *found)
{
	CK_OBJECT_CLASS class = CKO_DATA;
	CK_ATTRIBUTE template[] = {
		attribute(CKA_CLASS, &class, sizeof(class)),
		attribute(CKA_TOKEN, &yes, sizeof(yes)),
		text_attribute(CKA_APPLICATION, APPLICATION),
		text_attribute(CKA_LABEL, label),
	};

	return find(session, found, template, COUNT_OF(template));
}

struct mark_arg {
	const char *label;
	uint8_t value[TOKEN_MARK_MAX];
	size_t len;
};

static enum status
mark_value(struct p11_session *session, CK_OBJECT_HANDLE object, uint8_t *out,
	   size_t *len)
{
	CK_ATTRIBUTE value = {CKA_VALUE, out, TOKEN_MARK_MAX};
	CK_RV rv = session->module->C_GetAttributeValue(session->handle, object,
							&value, 1);

	if (rv == CKR_BUFFER_TOO_SMALL)
		return ST_HSM_MARK;
	if (rv != CKR_OK)
		return p11_say(session, "C_GetAttributeValue", rv);
	*len = value.ulValueLen;
	return ST_OK;
}

/* memcmp over both; a prefix comes before what it begins. */
static bool
is_higher(const uint8_t *a, size_t a_len, const uint8_t *b, size_t b_len)
{
	int order = memcmp(a, b, a_len < b_len ? a_len : b_len);

	return order > 0 || (order == 0 && a_len > b_len);
}

static enum status
mark_read_op(struct p11_session *session, void *arg)
{
	struct mark_arg *mark = arg;
	struct found found;
	enum status status = find_marks(session, mark->label, &found);

	mark->len = 0;
	for (CK_ULONG i = 0; i < found.count && status == ST_OK; i++) {
		uint8_t value[TOKEN_MARK_MAX];
		size_t len = 0;

		status = mark_value(session, found.object[i], value, &len);
		if (status != ST_OK ||
		    !is_higher(value, len, mark->value, mark->len))
			continue;
		memcpy(mark->value, value, len);
		mark->len = len;
	}
	return status;
}

static enum status
pkcs11_mark_read(struct token *token, const char *label, uint8_t *out,
		 size_t size, size_t *len)
{
	struct mark_arg mark = {label, {0}, 0};
	enum status status = p11_run(token, mark_read_op, &mark);

	*len = 0;
	if (status != ST_OK)
		return status;
	if (mark.len > size)
		return ST_HSM_MARK;
	memcpy(out, mark.value, mark.len);
	*len = mark.len;
	return ST_OK;
}

static enum status
create_mark(struct p11_session *session, const struct mark_arg *mark)
{
	CK_OBJECT_CLASS class = CKO_DATA;
	CK_ATTRIBUTE template[] = {
		attribute(CKA_CLASS, &class, sizeof(class)),
		attribute(CKA_TOKEN, &yes, sizeof(yes)),
		attribute(CKA_PRIVATE, &yes, sizeof(yes)),
		text_attribute(CKA_APPLICATION, APPLICATION),
		text_attribute(CKA_LABEL, mark->label),
		attribute(CKA_VALUE, mark->value, mark->len),
	};
	CK_OBJECT_HANDLE object;

	return p11_say(
		session, "C_CreateObject",
		session->module->C_CreateObject(session->handle, template,
						COUNT_OF(template), &object));
}

/* The new one first: a cut in between leaves both. */
static enum status
mark_write_op(struct p11_session *session, void *arg)
{
	struct found old;
	struct mark_arg *mark = arg;
	enum status status = find_marks(session, mark->label, &old);

	if (status == ST_OK)
		status = create_mark(session, mark);
	for (CK_ULONG i = 0; i < old.count && status == ST_OK; i++)
		status = p11_say(session, "C_DestroyObject",
				 session->module->C_DestroyObject(
					 session->handle, old.object[i]));
	return status;
}

static enum status
pkcs11_mark_write(struct token *token, const char *label, struct bytes value)
{
	struct mark_arg mark = {label, {0}, value.len};

	if (value.len == 0 || value.len > sizeof(mark.value))
		return ST_HSM_MARK;
	memcpy(mark.value, value.ptr, value.len);
	return p11_run(token, mark_write_op, &mark);
}

static void
pkcs11_info(struct token *token, struct token_info *out)
{
	pthread_mutex_lock(&token->lock);
	*out = token->info;
	pthread_mutex_unlock(&token->lock);
}

const struct token_ops token_pkcs11 = {
	.prefix = "pkcs11:",
	.open = p11_open,
	.info = pkcs11_info,
	.generate = pkcs11_generate,
	.public_key = pkcs11_public_key,
	.sign = pkcs11_sign,
	.mark_read = pkcs11_mark_read,
	.mark_write = pkcs11_mark_write,
	.close = p11_close,
};
