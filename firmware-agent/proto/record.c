/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/claims.h"
#include "proto/decide.h"

/* --------------------------------------------------------- certificate */

static void
put_intervals(struct cbor_out *out, const struct cert *cert)
{
	cbor_put_int(out, OWN_INTERVALS);
	cbor_put_array(out, cert->interval_count);
	for (unsigned int i = 0; i < cert->interval_count; i++) {
		cbor_put_array(out, 2);
		cbor_put_uint(out, cert->interval[i].first.body);
		cbor_put_uint(out, cert->interval[i].last.body);
	}
}

void
cert_encode(struct cbor_out *out, const struct cert *cert)
{
	cbor_put_map(out, 4);
	claim_put_uint(out, CLAIM_IAT, cert->issued);
	claim_put_bytes(out, CLAIM_CTI, bytes_of(cert->id, CERT_ID_LEN));
	claim_put_cnf(out, &cert->key);
	claim_put_own(out, 6);
	claim_put_uint(out, OWN_CLASS, (uint64_t)cert->class);
	claim_put_bytes(out, OWN_LEDGER,
			bytes_of(cert->ledger.byte, LEDGER_ID_LEN));
	claim_put_text(out, OWN_MODEL, cert->model);
	claim_put_uint(out, OWN_ROLE, (uint64_t)cert->role);
	claim_put_uint(out, OWN_EPOCH, cert->epoch);
	put_intervals(out, cert);
}

/* Ascending and disjoint: each begins behind the end of the one before. */
static void
get_intervals(struct cbor_in *in, struct cert *out)
{
	uint64_t floor = 1;
	size_t count;

	cbor_expect_key(in, OWN_INTERVALS);
	count = cbor_get_array(in);
	if (count < 1 || count > INTERVALS_MAX) {
		cbor_fail(in, ST_CBOR_TYPE);
		return;
	}
	for (size_t i = 0; i < count; i++) {
		uint64_t first, last;

		cbor_expect_array(in, 2);
		first = cbor_get_uint_max(in, IMEI_BODY_MAX);
		last = cbor_get_uint_max(in, IMEI_BODY_MAX);
		if (first < floor || last < first)
			cbor_fail(in, ST_CBOR_TYPE);
		out->interval[i].first = (struct imei){first};
		out->interval[i].last = (struct imei){last};
		floor = last + 1;
	}
	out->interval_count = (uint8_t)count;
}

static enum status
cert_decode(struct cert *out, struct bytes payload)
{
	struct cbor_in in;

	memset(out, 0, sizeof(*out));
	cbor_in_init(&in, payload);
	cbor_expect_map(&in, 4);
	out->issued = claim_get_uint(&in, CLAIM_IAT, 0, ISSUED_MAX);
	claim_get_exact(&in, CLAIM_CTI, out->id, CERT_ID_LEN);
	claim_get_cnf(&in, &out->key);
	claim_expect_own(&in, 6);
	out->class = claim_get_class(&in);
	claim_get_exact(&in, OWN_LEDGER, out->ledger.byte, LEDGER_ID_LEN);
	claim_get_text(&in, OWN_MODEL, out->model, sizeof(out->model));
	out->role = (enum key_role)claim_get_uint(&in, OWN_ROLE, ROLE_LINE,
						  ROLE_LOG);
	out->epoch = (uint32_t)claim_get_uint(&in, OWN_EPOCH, 0, UINT32_MAX);
	get_intervals(&in, out);
	return cbor_in_end(&in);
}

enum status
cert_open(struct cert *out, struct bytes object, const struct public_key *root)
{
	struct bytes payload;
	enum status verified =
		object_verify(&payload, &KIND_CERT, object, root);
	enum status decoded = cert_decode(out, payload);

	return object_settle(out, sizeof(*out), verified, decoded);
}

enum status
cert_covers(const struct cert *cert, struct imei imei, enum status otherwise)
{
	for (unsigned int i = 0; i < cert->interval_count; i++) {
		enum status status =
			decide_within(imei.body, cert->interval[i].first.body,
				      cert->interval[i].last.body, otherwise);

		/* what was decided is returned, never a new ST_OK */
		if (status == ST_OK)
			return status;
	}
	return otherwise;
}

static enum status
covers_each(const struct cert *cert, const struct identity *identity,
	    enum status otherwise)
{
	unsigned int count = identity_count(identity);
	unsigned int covered = 0;

	for (unsigned int i = 0; i < SLOTS_MAX; i++) {
		enum status status;

		if (identity->slot[i].body == IMEI_NONE.body)
			continue;
		status = cert_covers(cert, identity->slot[i], otherwise);
		if (status != ST_OK)
			return status;
		covered++;
	}
	return count == 0 ? otherwise
			  : decide_within(covered, count, count, otherwise);
}

enum status
cert_covers_all(const struct cert *cert, const struct identity *identity,
		enum status otherwise)
{
	return decide_both(covers_each(cert, identity, otherwise),
			   covers_each(cert, identity, otherwise), otherwise);
}

/* ------------------------------------------------------------- request */

void
cert_request_encode(struct cbor_out *out, const struct cert_request *req)
{
	cbor_put_map(out, 2);
	claim_put_cnf(out, &req->key);
	claim_put_own(out, 4);
	claim_put_uint(out, OWN_CLASS, (uint64_t)req->class);
	claim_put_bytes(out, OWN_LEDGER,
			bytes_of(req->ledger.byte, LEDGER_ID_LEN));
	claim_put_text(out, OWN_MODEL, req->model);
	claim_put_uint(out, OWN_ROLE, (uint64_t)req->role);
}

static enum status
cert_request_decode(struct cert_request *out, struct bytes payload)
{
	struct cbor_in in;

	memset(out, 0, sizeof(*out));
	cbor_in_init(&in, payload);
	cbor_expect_map(&in, 2);
	claim_get_cnf(&in, &out->key);
	claim_expect_own(&in, 4);
	out->class = claim_get_class(&in);
	claim_get_exact(&in, OWN_LEDGER, out->ledger.byte, LEDGER_ID_LEN);
	claim_get_text(&in, OWN_MODEL, out->model, sizeof(out->model));
	out->role = (enum key_role)claim_get_uint(&in, OWN_ROLE, ROLE_LINE,
						  ROLE_LOG);
	return cbor_in_end(&in);
}

enum status
cert_request_open(struct cert_request *out, struct bytes object)
{
	struct bytes payload;
	enum status decoded = object_payload(&payload, &KIND_REQUEST, object);

	memset(out, 0, sizeof(*out));
	if (decoded == ST_OK)
		decoded = cert_request_decode(out, payload);
	return object_settle(out, sizeof(*out), decoded,
			     object_verify(&payload, &KIND_REQUEST, object,
					   &out->key));
}

/* -------------------------------------------------------------- ticket */

void
ticket_encode(struct cbor_out *out, const struct ticket *ticket)
{
	cbor_put_map(out, 3);
	claim_put_uint(out, CLAIM_IAT, ticket->issued);
	claim_put_bytes(out, CLAIM_NONCE,
			bytes_of(ticket->nonce.byte, NONCE_LEN));
	claim_put_own(out, 5);
	claim_put_unit(out, ticket->class, &ticket->chip, &ticket->device);
	cbor_put_int(out, OWN_IDENTITY);
	identity_put(out, &ticket->identity);
	claim_put_bytes(out, OWN_LEDGER,
			bytes_of(ticket->ledger.byte, LEDGER_ID_LEN));
}

static enum status
ticket_decode(struct ticket *out, struct bytes payload)
{
	struct cbor_in in;

	memset(out, 0, sizeof(*out));
	cbor_in_init(&in, payload);
	cbor_expect_map(&in, 3);
	out->issued = claim_get_uint(&in, CLAIM_IAT, 0, ISSUED_MAX);
	claim_get_exact(&in, CLAIM_NONCE, out->nonce.byte, NONCE_LEN);
	claim_expect_own(&in, 5);
	claim_get_unit(&in, &out->class, &out->chip, &out->device);
	claim_get_identity(&in, &out->identity);
	claim_get_exact(&in, OWN_LEDGER, out->ledger.byte, LEDGER_ID_LEN);
	return cbor_in_end(&in);
}

enum status
ticket_open(struct ticket *out, struct bytes object,
	    const struct public_key *line)
{
	struct bytes payload;
	enum status verified =
		object_verify(&payload, &KIND_TICKET, object, line);
	enum status decoded = ticket_decode(out, payload);

	return object_settle(out, sizeof(*out), verified, decoded);
}

/* -------------------------------------------------------------- record */

void
record_encode(struct cbor_out *out, const struct record *record)
{
	cbor_put_map(out, 2);
	claim_put_uint(out, CLAIM_IAT, record->issued);
	claim_put_own(out, 9);
	claim_put_unit(out, record->class, &record->chip, &record->device);
	cbor_put_int(out, OWN_IDENTITY);
	identity_put(out, &record->identity);
	claim_put_bytes(out, OWN_LEDGER,
			bytes_of(record->ledger.byte, LEDGER_ID_LEN));
	claim_put_uint(out, OWN_LAYOUT, record->layout);
	claim_put_text(out, OWN_MODEL, record->model);
	claim_put_bytes(out, OWN_READBACK,
			bytes_of(record->readback.byte, SHA256_LEN));
	claim_put_text(out, OWN_FINAL_PROCESS, record->final_process);
}

static enum status
record_decode(struct record *out, struct bytes payload)
{
	struct cbor_in in;

	memset(out, 0, sizeof(*out));
	cbor_in_init(&in, payload);
	cbor_expect_map(&in, 2);
	out->issued = claim_get_uint(&in, CLAIM_IAT, 0, ISSUED_MAX);
	claim_expect_own(&in, 9);
	claim_get_unit(&in, &out->class, &out->chip, &out->device);
	claim_get_identity(&in, &out->identity);
	claim_get_exact(&in, OWN_LEDGER, out->ledger.byte, LEDGER_ID_LEN);
	out->layout = (uint8_t)claim_get_uint(&in, OWN_LAYOUT, IMAGE_LAYOUT,
					      IMAGE_LAYOUT);
	claim_get_text(&in, OWN_MODEL, out->model, sizeof(out->model));
	claim_get_exact(&in, OWN_READBACK, out->readback.byte, SHA256_LEN);
	claim_get_text(&in, OWN_FINAL_PROCESS, out->final_process,
		       sizeof(out->final_process));
	return cbor_in_end(&in);
}

enum status
record_open(struct record *out, struct bytes object,
	    const struct public_key *line)
{
	struct bytes payload;
	enum status verified =
		object_verify(&payload, &KIND_RECORD, object, line);
	enum status decoded = record_decode(out, payload);

	return object_settle(out, sizeof(*out), verified, decoded);
}

enum status
record_peek(struct record *out, struct bytes object)
{
	struct bytes payload;
	enum status status = object_payload(&payload, &KIND_RECORD, object);

	memset(out, 0, sizeof(*out));
	if (status != ST_OK)
		return status;
	status = record_decode(out, payload);
	if (status != ST_OK)
		memset(out, 0, sizeof(*out));
	return status;
}

enum status
record_digest(struct sha256 *out, const struct record *record)
{
	return identity_digest(out, record->class, &record->chip,
			       &record->identity, &record->device);
}
