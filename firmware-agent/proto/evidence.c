/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/claims.h"

/* Names this set of claims (docs/record.md); a URI that needs no registrar. */
static const char profile[] = "urn:uuid:ede9facf-c8f3-495d-acb3-c56a0ef8b015";

#define PROFILE_SIZE sizeof(profile)
#define DEBUG_MAX 4	      /* dbgstat, RFC 9711 4.2.9 */
#define STATUS_MAX 0x7fffffff /* letters are ASCII, so the top bit is clear */

static void
put_own(struct cbor_out *out, const struct evidence *ev, bool has_identity)
{
	claim_put_own(out, ev->has_record ? 17 : 16);
	claim_put_unit(out, ev->class, &ev->chip, &ev->device);
	cbor_put_int(out, OWN_IDENTITY);
	if (has_identity)
		identity_put(out, &ev->identity);
	else
		cbor_put_null(out);
	claim_put_uint(out, OWN_LAYOUT, ev->layout);
	claim_put_text(out, OWN_MODEL, ev->model);
	claim_put_uint(out, OWN_STATE, (uint64_t)ev->state);
	claim_put_uint(out, OWN_ORIGIN, (uint64_t)ev->origin);
	claim_put_bool(out, OWN_FACTORY_BUILD, ev->is_factory_build);
	claim_put_bool(out, OWN_SECRET_HIDDEN, ev->is_secret_hidden);
	claim_put_bool(out, OWN_LOCK_PERMANENT, ev->is_lock_permanent);
	claim_put_bool(out, OWN_VIRTUAL, ev->is_virtual);
	claim_put_uint(out, OWN_LOCK_UNITS, ev->unit_count);
	claim_put_uint(out, OWN_LOCKED, ev->locked_mask);
	claim_put_uint(out, OWN_BLANK_CANARIES, ev->blank_canary_mask);
	claim_put_uint(out, OWN_BOOT, (uint64_t)ev->boot);
	if (ev->has_record)
		claim_put_bytes(out, OWN_RECORD,
				bytes_of(ev->record.byte, SHA256_LEN));
}

void
evidence_encode(struct cbor_out *out, const struct evidence *evidence)
{
	const struct identity *identity = &evidence->identity;
	bool has_identity = identity_check(identity) == ST_OK;

	cbor_put_map(out, has_identity ? 7 : 6);
	claim_put_bytes(out, CLAIM_NONCE,
			bytes_of(evidence->nonce.byte, NONCE_LEN));
	if (has_identity) {
		uint8_t ueid[IMEI_UEID_LEN];

		imei_encode_ueid(ueid, identity->slot[identity->primary]);
		claim_put_bytes(out, CLAIM_UEID, bytes_of(ueid, sizeof(ueid)));
	}
	claim_put_bool(out, CLAIM_OEMBOOT, evidence->is_secure_boot);
	claim_put_uint(out, CLAIM_DBGSTAT, evidence->debug);
	claim_put_text(out, CLAIM_PROFILE, profile);
	cbor_put_int(out, CLAIM_SWVERSION);
	cbor_put_array(out, 1);
	cbor_put_text(out, evidence->version);
	put_own(out, evidence, has_identity);
}

static void
get_profile(struct cbor_in *in)
{
	char text[PROFILE_SIZE];

	claim_get_text(in, CLAIM_PROFILE, text, sizeof(text));
	if (memcmp(text, profile, sizeof(profile)) != 0)
		cbor_fail(in, ST_CBOR_TYPE);
}

static void
get_version(struct cbor_in *in, char *out, size_t size)
{
	struct bytes text;

	cbor_expect_key(in, CLAIM_SWVERSION);
	cbor_expect_array(in, 1);
	text = cbor_get_text(in);
	if (is_claim_text(text, size - 1))
		memcpy(out, text.ptr, text.len);
	else
		cbor_fail(in, ST_CBOR_TYPE);
}

/* The ueid claim, which may be left out; out->len is then 0. */
static void
get_ueid(struct cbor_in *in, struct bytes *out)
{
	*out = bytes_of(NULL, 0);
	if (!cbor_try_key(in, CLAIM_UEID))
		return;
	*out = cbor_get_bytes(in);
	if (out->len != IMEI_UEID_LEN)
		cbor_fail(in, ST_CBOR_TYPE);
}

/* The identity is there if and only if the ueid is, which is its primary. */
static void
get_identity(struct cbor_in *in, struct identity *out, struct bytes ueid)
{
	uint8_t expected[IMEI_UEID_LEN];

	if (ueid.len == 0) {
		cbor_expect_key(in, OWN_IDENTITY);
		cbor_get_null(in);
		identity_init(out);
		return;
	}
	claim_get_identity(in, out);
	if (in->status != ST_OK)
		return;
	imei_encode_ueid(expected, out->slot[out->primary]);
	if (!bytes_equal(ueid, bytes_of(expected, sizeof(expected))))
		cbor_fail(in, ST_CBOR_TYPE);
}

static void
get_locks(struct cbor_in *in, struct evidence *out)
{
	uint64_t all;

	out->unit_count =
		(uint8_t)claim_get_uint(in, OWN_LOCK_UNITS, 1, LOCK_UNITS_MAX);
	all = (UINT64_C(1) << out->unit_count) - 1;
	out->locked_mask = (uint8_t)claim_get_uint(in, OWN_LOCKED, 0, all);
	out->blank_canary_mask =
		(uint8_t)claim_get_uint(in, OWN_BLANK_CANARIES, 0, all);
}

static void
get_own(struct cbor_in *in, struct evidence *out, struct bytes ueid)
{
	claim_get_unit(in, &out->class, &out->chip, &out->device);
	get_identity(in, &out->identity, ueid);
	out->layout = (uint8_t)claim_get_uint(in, OWN_LAYOUT, IMAGE_LAYOUT,
					      IMAGE_LAYOUT);
	claim_get_text(in, OWN_MODEL, out->model, sizeof(out->model));
	out->state = (enum device_state)claim_get_uint(in, OWN_STATE,
						       STATE_BLANK, STATE_VOID);
	out->origin = (enum key_origin)claim_get_uint(
		in, OWN_ORIGIN, ORIGIN_CHIP, ORIGIN_INJECTED);
	out->is_factory_build = claim_get_bool(in, OWN_FACTORY_BUILD);
	out->is_secret_hidden = claim_get_bool(in, OWN_SECRET_HIDDEN);
	out->is_lock_permanent = claim_get_bool(in, OWN_LOCK_PERMANENT);
	out->is_virtual = claim_get_bool(in, OWN_VIRTUAL);
	get_locks(in, out);
	out->boot = (enum status)claim_get_uint(in, OWN_BOOT, 1, STATUS_MAX);
	out->has_record = cbor_try_key(in, OWN_RECORD);
	if (out->has_record)
		cbor_get_bytes_exact(in, out->record.byte, SHA256_LEN);
}

static enum status
evidence_decode(struct evidence *out, struct bytes payload)
{
	struct cbor_in in;
	struct bytes ueid;

	cbor_in_init(&in, payload);
	/* a wrong count shows as a pair that is missing or left over */
	(void)cbor_get_map(&in);
	claim_get_exact(&in, CLAIM_NONCE, out->nonce.byte, NONCE_LEN);
	get_ueid(&in, &ueid);
	out->is_secure_boot = claim_get_bool(&in, CLAIM_OEMBOOT);
	out->debug = (uint8_t)claim_get_uint(&in, CLAIM_DBGSTAT, 0, DEBUG_MAX);
	get_profile(&in);
	get_version(&in, out->version, sizeof(out->version));
	cbor_expect_key(&in, CLAIM_OWN);
	(void)cbor_get_map(&in);
	get_own(&in, out, ueid);
	return cbor_in_end(&in);
}

enum status
evidence_open(struct evidence *out, struct bytes object)
{
	const struct cose_kind *kind = &KIND_EVIDENCE;
	struct bytes payload;
	enum status decoded = object_payload(&payload, kind, object);

	memset(out, 0, sizeof(*out));
	if (decoded == ST_OK)
		decoded = evidence_decode(out, payload);
	return object_settle(out, sizeof(*out), decoded,
			     object_verify(&payload, kind, object,
					   &out->device));
}
