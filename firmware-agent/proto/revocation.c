/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/revocation.h"

#include "proto/claims.h"

const struct cose_kind KIND_REVOCATION = {
	"application/imeilock-revoke+cwt",
	"imeilock 1 revoke",
};

void
revocation_encode(struct cbor_out *out, const struct revocation *notice)
{
	cbor_put_map(out, 4);
	claim_put_uint(out, CLAIM_IAT, notice->issued);
	claim_put_bytes(out, CLAIM_CTI, bytes_of(notice->id, CERT_ID_LEN));
	claim_put_cnf(out, &notice->key);
	claim_put_own(out, 3);
	claim_put_uint(out, OWN_CLASS, (uint64_t)notice->class);
	claim_put_uint(out, OWN_REVOKED_FROM, notice->from);
	claim_put_text(out, OWN_REASON, notice->reason);
}

static enum status
revocation_decode(struct revocation *out, struct bytes payload)
{
	struct cbor_in in;

	memset(out, 0, sizeof(*out));
	cbor_in_init(&in, payload);
	cbor_expect_map(&in, 4);
	out->issued = claim_get_uint(&in, CLAIM_IAT, 0, ISSUED_MAX);
	claim_get_exact(&in, CLAIM_CTI, out->id, CERT_ID_LEN);
	claim_get_cnf(&in, &out->key);
	claim_expect_own(&in, 3);
	out->class = claim_get_class(&in);
	out->from = claim_get_uint(&in, OWN_REVOKED_FROM, 0, ISSUED_MAX);
	claim_get_text(&in, OWN_REASON, out->reason, sizeof(out->reason));
	return cbor_in_end(&in);
}

enum status
revocation_open(struct revocation *out, struct bytes object,
		const struct public_key *root)
{
	struct bytes payload;
	enum status verified =
		object_verify(&payload, &KIND_REVOCATION, object, root);
	enum status decoded = revocation_decode(out, payload);

	return object_settle(out, sizeof(*out), verified, decoded);
}

bool
revocation_hits(const struct revocation *notice, const struct cert *cert,
		uint64_t time)
{
	return memcmp(&notice->key, &cert->key, sizeof(cert->key)) == 0 &&
	       time >= notice->from;
}

const struct cose_kind *
signed_kind(struct bytes object)
{
	const struct cose_kind *kind = object_kind(object);
	struct cose_sign1 sign1;

	if (kind == NULL &&
	    cose_decode(&sign1, &KIND_REVOCATION, object) == ST_OK)
		kind = &KIND_REVOCATION;
	return kind;
}
