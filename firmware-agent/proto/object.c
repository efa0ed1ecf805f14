/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/claims.h"
#include "proto/decide.h"

const struct cose_kind KIND_CERT = {
	"application/imeilock-cert+cwt",
	"imeilock 1 cert",
};
const struct cose_kind KIND_REQUEST = {
	"application/imeilock-request+cwt",
	"imeilock 1 request",
};
const struct cose_kind KIND_TICKET = {
	"application/imeilock-ticket+cwt",
	"imeilock 1 ticket",
};
const struct cose_kind KIND_RECORD = {
	"application/imeilock-record+cwt",
	"imeilock 1 record",
};
const struct cose_kind KIND_KEY_TOKEN = {
	"application/imeilock-key+cwt",
	"imeilock 1 key",
};
const struct cose_kind KIND_READ_TOKEN = {
	"application/imeilock-read+cwt",
	"imeilock 1 read",
};
const struct cose_kind KIND_PROBE_TOKEN = {
	"application/imeilock-probe+cwt",
	"imeilock 1 probe",
};
const struct cose_kind KIND_EVIDENCE = {
	"application/imeilock-eat+cwt",
	"imeilock 1 evidence",
};

static const struct cose_kind *const kinds[] = {
	&KIND_CERT,	 &KIND_REQUEST,	   &KIND_TICKET,      &KIND_RECORD,
	&KIND_KEY_TOKEN, &KIND_READ_TOKEN, &KIND_PROBE_TOKEN, &KIND_EVIDENCE,
};

static enum status
reason(enum status first, enum status second, enum status otherwise)
{
	if (first != ST_OK)
		return first;
	return second != ST_OK ? second : otherwise;
}

static enum status
verify_once(struct bytes *payload, const struct cose_kind *kind,
	    struct bytes object, const struct public_key *key)
{
	struct cose_sign1 sign1;
	enum status status = cose_decode(&sign1, kind, object);

	if (status != ST_OK)
		return status;
	status = cose_verify(&sign1, kind, key);
	if (status != ST_OK)
		return status;
	*payload = sign1.payload;
	return status;
}

enum status
object_verify(struct bytes *payload, const struct cose_kind *kind,
	      struct bytes object, const struct public_key *key)
{
	struct bytes seen[2] = {{NULL, 0}, {NULL, 0}};
	enum status first = verify_once(&seen[0], kind, object, key);
	enum status second = verify_once(&seen[1], kind, object, key);
	enum status status = decide_both(
		first, second, reason(first, second, ST_CRYPTO_SIGNATURE));

	*payload = status != ST_OK ? bytes_of(NULL, 0) : seen[1];
	return status;
}

enum status
object_payload(struct bytes *payload, const struct cose_kind *kind,
	       struct bytes object)
{
	struct cose_sign1 sign1;
	enum status status = cose_decode(&sign1, kind, object);

	*payload = status != ST_OK ? bytes_of(NULL, 0) : sign1.payload;
	return status;
}

enum status
object_settle(void *out, size_t size, enum status first, enum status second)
{
	enum status status = decide_both(
		first, second, reason(first, second, ST_CRYPTO_SIGNATURE));

	if (status != ST_OK)
		memset(out, 0, size);
	return status;
}

enum status
object_sign(struct cbor_out *out, const struct cose_kind *kind,
	    struct bytes payload, const struct crypto_key *key)
{
	struct sha256 digest;
	struct signature sig;
	enum status status = cose_digest(&digest, kind, payload);

	if (status != ST_OK)
		return status;
	status = crypto_key_sign(&sig, key, &digest);
	if (status != ST_OK)
		return status;
	return cose_encode(out, kind, payload, &sig);
}

const struct cose_kind *
object_kind(struct bytes object)
{
	struct cose_sign1 sign1;

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (cose_decode(&sign1, kinds[i], object) == ST_OK)
			return kinds[i];
	return NULL;
}
