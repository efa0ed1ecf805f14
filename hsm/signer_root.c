/* SPDX-License-Identifier: Apache-2.0 */
#include <sys/random.h>
#include <time.h>

#include "hsm/log.h"
#include "hsm/signer_state.h"
#include "hsm/value.h"

enum status
signer_root(struct signer *signer, const struct wire_request *request,
	    struct wire_reply *reply)
{
	struct signer_purpose purpose = {
		.role = ROLE_ROOT,
		.class = request->class,
		.model = "",
	};
	enum status status = signer_make_key(signer, &purpose);

	if (status != ST_OK)
		return status;
	reply->key = signer->key[0].public;
	/* the mark: from now on a lost register is found */
	return signer_mark_install(signer, &signer->key[0]);
}

/* Numbers are one ledger's, and one model's. */
static enum status
check_overlap(const struct signer *signer, const struct interval *interval,
	      const struct cert_request *asked)
{
	for (size_t i = 0; i < signer->certified_count; i++) {
		const struct certified *other = &signer->certified[i];

		if (!interval_overlaps(&other->interval, interval))
			continue;
		if (memcmp(&other->ledger, &asked->ledger,
			   sizeof(other->ledger)) != 0 ||
		    strcmp(other->model, asked->model) != 0)
			return ST_HSM_OVERLAP;
	}
	return ST_OK;
}

static bool
is_revoked(const struct signer *signer, const struct public_key *key)
{
	for (size_t i = 0; i < signer->revoked_count; i++)
		if (memcmp(&signer->revoked[i], key, sizeof(*key)) == 0)
			return true;
	return false;
}

static enum status
check_request(const struct signer *signer, const struct wire_request *request,
	      struct cert_request *out)
{
	enum status status = cert_request_open(out, request->object);

	if (status != ST_OK)
		return status;
	if (out->class != signer->class)
		return ST_HSM_CLASS;
	if (out->role != ROLE_LINE ||
	    memcmp(&out->key, &signer->key[0].public, sizeof(out->key)) == 0)
		return ST_HSM_ROLE;
	if (is_revoked(signer, &out->key))
		return ST_HSM_CERT_REVOKED;
	status = interval_check(request->interval, request->interval_count,
				signer->class);
	for (unsigned int i = 0; i < request->interval_count && status == ST_OK;
	     i++)
		status = check_overlap(signer, &request->interval[i], out);
	return status;
}

static enum status
make_cert(struct cert *cert, const struct cert_request *asked,
	  const struct wire_request *request)
{
	memset(cert, 0, sizeof(*cert));
	if (getrandom(cert->id, sizeof(cert->id), 0) !=
	    (ssize_t)sizeof(cert->id))
		return ST_CRYPTO_FAILED;
	cert->issued = (uint64_t)time(NULL);
	cert->key = asked->key;
	cert->role = asked->role;
	cert->class = asked->class;
	memcpy(cert->model, asked->model, sizeof(cert->model));
	cert->ledger = asked->ledger;
	cert->epoch = request->epoch;
	cert->interval_count = (uint8_t)request->interval_count;
	memcpy(cert->interval, request->interval, sizeof(cert->interval));
	return ST_OK;
}

/* Sign what the root says, once the entry about it is in register and mark. */
static enum status
sign_noted(struct signer *signer, const struct cose_kind *kind,
	   struct cbor_out *payload, struct entry *entry, struct object *out)
{
	struct signer_key *root = &signer->key[0];
	struct sha256 digest;
	struct bytes encoded;
	enum status status = cbor_out_end(payload, &encoded);

	if (status == ST_OK)
		status = cose_digest(&digest, kind, encoded);
	if (status == ST_OK)
		status = signer_append(signer, entry);
	if (status == ST_OK)
		status = signer_mark_exact(signer, root);
	if (status != ST_OK)
		return status;
	return signer_sign(signer, root, kind, encoded, &digest, out);
}

static enum status
sign_cert(struct signer *signer, const struct cert *cert, struct object *out)
{
	struct entry entry = {
		.kind = ENTRY_CERTIFY,
		.key = cert->key,
		.ledger = cert->ledger,
		.epoch = cert->epoch,
		.interval_count = cert->interval_count,
	};
	uint8_t buf[PAYLOAD_MAX];
	struct cbor_out payload;

	memcpy(entry.id, cert->id, sizeof(entry.id));
	memcpy(entry.model, cert->model, sizeof(entry.model));
	memcpy(entry.interval, cert->interval, sizeof(entry.interval));
	cbor_out_init(&payload, buf, sizeof(buf));
	cert_encode(&payload, cert);
	return sign_noted(signer, &KIND_CERT, &payload, &entry, out);
}

enum status
signer_certify(struct signer *signer, const struct wire_request *request,
	       struct wire_reply *reply)
{
	struct cert_request asked;
	struct cert cert;
	enum status status;

	if (signer->role != ROLE_ROOT || signer->key_count == 0)
		return ST_HSM_ROLE;
	status = check_request(signer, request, &asked);
	if (status == ST_OK)
		status = make_cert(&cert, &asked, request);
	if (status != ST_OK)
		return status;
	status = sign_cert(signer, &cert, &reply->object);
	if (status == ST_OK)
		signer_log("certify: %u intervals, model %s",
			   (unsigned int)cert.interval_count, cert.model);
	return status;
}

/* ---------------------------------------------------------------- revoking */

static enum status
make_notice(struct revocation *notice, const struct signer *signer,
	    const struct wire_request *request)
{
	struct cert cert;
	enum status status =
		cert_open(&cert, request->object, &signer->key[0].public);

	memset(notice, 0, sizeof(*notice));
	if (status != ST_OK)
		return status == ST_CRYPTO_FAILED ? status : ST_HSM_REVOCATION;
	notice->issued = (uint64_t)time(NULL);
	memcpy(notice->id, cert.id, sizeof(notice->id));
	notice->key = cert.key;
	notice->class = cert.class;
	notice->from = request->count;
	memcpy(notice->reason, request->reason, sizeof(notice->reason));
	return ST_OK;
}

static enum status
sign_notice(struct signer *signer, const struct revocation *notice,
	    struct object *out)
{
	struct entry entry = {
		.kind = ENTRY_REVOKE,
		.key = notice->key,
		.from = notice->from,
	};
	uint8_t buf[PAYLOAD_MAX];
	struct cbor_out payload;

	memcpy(entry.id, notice->id, sizeof(entry.id));
	memcpy(entry.reason, notice->reason, sizeof(entry.reason));
	cbor_out_init(&payload, buf, sizeof(buf));
	revocation_encode(&payload, notice);
	return sign_noted(signer, &KIND_REVOCATION, &payload, &entry, out);
}

enum status
signer_revoke(struct signer *signer, const struct wire_request *request,
	      struct wire_reply *reply)
{
	struct revocation notice;
	enum status status;

	if (signer->role != ROLE_ROOT || signer->key_count == 0)
		return ST_HSM_ROLE;
	status = make_notice(&notice, signer, request);
	if (status == ST_OK)
		status = sign_notice(signer, &notice, &reply->object);
	if (status == ST_OK)
		signer_log("revoke: a key, for: %s", notice.reason);
	return status;
}
