/* SPDX-License-Identifier: Apache-2.0 */
#include "hsm/log.h"
#include "hsm/signer_state.h"
#include "hsm/value.h"

/* --------------------------------------------------------------- request */

static enum status
sign_request(struct signer *signer, const struct signer_key *key,
	     struct object *out)
{
	struct cert_request asked = {
		.key = key->public,
		.role = ROLE_LINE,
		.class = signer->class,
		.ledger = signer->ledger,
	};
	uint8_t buf[PAYLOAD_MAX];
	struct cbor_out payload;
	struct sha256 digest;
	struct bytes encoded;
	enum status status;

	memcpy(asked.model, key->model, sizeof(asked.model));
	cbor_out_init(&payload, buf, sizeof(buf));
	cert_request_encode(&payload, &asked);
	status = cbor_out_end(&payload, &encoded);
	if (status == ST_OK)
		status = cose_digest(&digest, &KIND_REQUEST, encoded);
	if (status != ST_OK)
		return status;
	return signer_sign(signer, key, &KIND_REQUEST, encoded, &digest, out);
}

/* Kept, because another signature would be another object. */
static enum status
make_request(struct signer *signer, const struct signer_key *key)
{
	struct entry entry = {.kind = ENTRY_REQUEST};
	enum status status = sign_request(signer, key, &entry.object);

	if (status != ST_OK)
		return status;
	memcpy(entry.model, key->model, sizeof(entry.model));
	return signer_append(signer, &entry);
}

/* The model's key, made if there is none. */
static enum status
find_or_make(struct signer *signer, const struct wire_request *request,
	     struct signer_key **key)
{
	struct signer_purpose purpose = {
		.role = ROLE_LINE,
		.class = request->class,
		.ledger = request->ledger,
		.model = request->model,
	};
	enum status status = signer_make_key(signer, &purpose);

	*key = signer_find_key(signer, request->model);
	/* there already, and all else as asked for */
	if (status == ST_HSM_EXISTS || (status == ST_HSM_LINES && *key != NULL))
		return ST_OK;
	return status;
}

enum status
signer_request(struct signer *signer, const struct wire_request *request,
	       struct wire_reply *reply)
{
	struct signer_key *key;
	enum status status = find_or_make(signer, request, &key);

	if (status == ST_OK && key->request.len == 0)
		status = make_request(signer, key);
	if (status == ST_OK)
		reply->object = key->request;
	return status;
}

/* --------------------------------------------------------------- install */

static struct signer_key *
key_of(struct signer *signer, const struct cert *cert)
{
	struct signer_key *key = signer_find_key(signer, cert->model);

	if (key == NULL ||
	    memcmp(&key->public, &cert->key, sizeof(cert->key)) != 0)
		return NULL;
	return key;
}

enum status
signer_check_cert(struct signer *signer, struct bytes object,
		  const struct public_key *root, struct cert *out,
		  struct signer_key **key)
{
	enum status status = cert_open(out, object, root);

	if (status != ST_OK)
		return status == ST_CRYPTO_FAILED ? status : ST_HSM_CERTIFICATE;
	if (memcmp(&out->ledger, &signer->ledger, sizeof(out->ledger)) != 0)
		return ST_HSM_CERT_LEDGER;
	if (out->role != ROLE_LINE || out->class != signer->class ||
	    key_of(signer, out) == NULL)
		return ST_HSM_CERTIFICATE;
	if (key != NULL)
		*key = key_of(signer, out);
	return interval_check(out->interval, out->interval_count, out->class);
}

/* The root stays the one that was trusted first; a successor is not older. */
static enum status
check_successor(const struct signer *signer, const struct signer_key *key,
		const struct cert *cert, const struct public_key *root)
{
	if (signer->has_root && memcmp(&signer->root, root, sizeof(*root)) != 0)
		return ST_HSM_CERTIFICATE;
	if (signer_key_has_cert(key) && cert->epoch < key->cert.epoch)
		return ST_HSM_CERT_OLD;
	return ST_OK;
}

static enum status
install(struct signer *signer, struct signer_key *key,
	const struct wire_request *request, const struct cert *cert)
{
	struct entry entry = {.kind = ENTRY_INSTALL, .key = request->root};
	enum status status;

	if (bytes_equal(request->object, object_bytes(&key->cert_object)))
		return ST_OK;
	memcpy(entry.model, key->model, sizeof(entry.model));
	memcpy(entry.object.byte, request->object.ptr, request->object.len);
	entry.object.len = request->object.len;
	status = signer_append(signer, &entry);
	if (status != ST_OK)
		return status;
	key->cert = *cert;
	signer_log("install: %u intervals, model %s",
		   (unsigned int)cert->interval_count, cert->model);
	return signer_mark_install(signer, key);
}

enum status
signer_install(struct signer *signer, const struct wire_request *request,
	       struct wire_reply *reply)
{
	struct signer_key *key;
	struct cert cert;
	enum status status;

	(void)reply;
	if (signer->role != ROLE_LINE)
		return ST_HSM_ROLE;
	if (request->object.len > OBJECT_MAX)
		return ST_HSM_CERTIFICATE;
	status = signer_check_cert(signer, request->object, &request->root,
				   &cert, &key);
	if (status == ST_OK)
		status = check_successor(signer, key, &cert, &request->root);
	return status != ST_OK ? status : install(signer, key, request, &cert);
}
