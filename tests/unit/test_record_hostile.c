/* SPDX-License-Identifier: Apache-2.0 */
#include "support/signed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

/* Hand every such spoiling of a map on: pairs lost, added, retyped. */
static void
spoil(const struct pairs *pairs, void *ctx,
      void (*hand_on)(void *ctx, const struct pairs *spoiled))
{
	static const uint8_t null = 0xf6,
			     last_key[] = {0x3b, 0xff, 0xff, 0xff, 0xff,
					   0xff, 0xff, 0xff, 0xff};
	static const uint8_t text_key[] = {0x61, 'k'};
	static const uint8_t deep[] = {0x81, 0x81, 0xa1, 0x00, 0x80};
	struct bytes values[] = {{&null, 1}, {deep, sizeof(deep)}};
	struct pairs spoiled;

	for (size_t i = 0; i < pairs->count; i++) {
		pairs_drop(&spoiled, pairs, i);
		hand_on(ctx, &spoiled);
		for (size_t k = 0; k < 2; k++) {
			spoiled = *pairs;
			if (bytes_equal(spoiled.value[i], values[k]))
				continue;
			spoiled.value[i] = values[k];
			hand_on(ctx, &spoiled);
		}
	}
	pairs_insert(&spoiled, pairs, bytes_of(last_key, sizeof(last_key)),
		     values[0]);
	hand_on(ctx, &spoiled);
	pairs_insert(&spoiled, pairs, bytes_of(text_key, sizeof(text_key)),
		     values[0]);
	hand_on(ctx, &spoiled);
}

struct spoil_ctx {
	const struct sample_kind *kind;
	const struct pairs *outer; /* if the spoiled map is the last inside */
	unsigned int tried;
};

static void
refuse_outer(void *ctx, const struct pairs *spoiled)
{
	struct spoil_ctx *spoil_ctx = ctx;
	uint8_t buf[PAYLOAD_MAX];

	spoil_ctx->tried++;
	assert_int_not_equal(
		payload_status(spoil_ctx->kind,
			       pairs_join(buf, sizeof(buf), spoiled)),
		ST_OK);
}

static void
refuse_inner(void *ctx, const struct pairs *spoiled)
{
	struct spoil_ctx *spoil_ctx = ctx;
	struct pairs outer = *spoil_ctx->outer;
	uint8_t buf[PAYLOAD_MAX];

	outer.value[outer.count - 1] = pairs_join(buf, sizeof(buf), spoiled);
	refuse_outer(ctx, &outer);
}

static void
check_hostile(const struct sample_kind *kind, struct bytes object,
	      struct bytes payload)
{
	struct pairs outer, own;
	struct spoil_ctx ctx = {kind, &outer, 0};

	(void)object;
	if (payload.len > PAYLOAD_MAX - 16)
		return;
	pairs_split(&outer, payload);
	pairs_split(&own, outer.value[outer.count - 1]);
	spoil(&outer, &ctx, refuse_outer);
	spoil(&own, &ctx, refuse_inner);
	assert_int_equal(ctx.tried, 3 * (outer.count + own.count) + 4);
}

static void
check_hostile_but_optional(const struct sample_kind *kind, struct bytes object,
			   struct bytes payload)
{
	if (kind->kind != &KIND_EVIDENCE)
		check_hostile(kind, object, payload);
}

static void
test_hostile_maps(void **state)
{
	(void)state;
	each_kind(check_hostile_but_optional);
}

static void
check_keys_twice(const struct sample_kind *kind, struct bytes object,
		 struct bytes payload)
{
	struct pairs outer, spoiled;
	uint8_t buf[2 * PAYLOAD_MAX];
	struct bytes map;

	(void)object;
	pairs_split(&outer, payload);
	pairs_insert(&spoiled, &outer, outer.key[0], outer.value[0]);
	map = pairs_join(buf, sizeof(buf), &spoiled);
	if (map.len <= PAYLOAD_MAX)
		assert_int_equal(payload_status(kind, map), ST_CBOR_ORDER);
}

static void
test_keys_twice(void **state)
{
	(void)state;
	each_kind(check_keys_twice);
}

#define ENCODED(put, value, buf)                                               \
	do {                                                                   \
		struct cbor_out cbor_;                                         \
		cbor_out_init(&cbor_, (buf), sizeof(buf));                     \
		put(&cbor_, &(value));                                         \
		assert_int_equal(cbor_out_end(&cbor_, &payload), ST_OK);       \
	} while (0)

/* Change one thing in a sample, sign it well, and see it refused so. */
#define REFUSED(index, type, sample, put, change, code)                        \
	do {                                                                   \
		type v;                                                        \
		uint8_t buf[PAYLOAD_MAX];                                      \
		struct bytes payload;                                          \
		sample(&v, SAMPLE_LARGE);                                      \
		change;                                                        \
		ENCODED(put, v, buf);                                          \
		assert_int_equal(                                              \
			payload_status(&sample_kinds[index], payload), code);  \
	} while (0)

#define CERT(change)                                                           \
	REFUSED(0, struct cert, sample_cert, cert_encode, change, ST_CBOR_TYPE)

static void
test_cert_ranges(void **state)
{
	(void)state;
	CERT(v.class = CLASS_NONE);
	CERT(v.class = (enum dev_class)3);
	CERT(v.role = (enum key_role)0);
	CERT(v.role = ROLE_ROOT);
	CERT(v.issued = UINT64_C(253402300800));
	CERT(v.model[0] = '\0');
	CERT(v.model[3] = '\n');
	CERT(v.model[3] = '\x7f');
	CERT(v.interval_count = 0);
	CERT(v.interval[0].first.body = 0);
	CERT(v.interval[3].last.body = IMEI_BODY_MAX + 1);
	CERT(v.interval[0].last.body = v.interval[0].first.body - 1);
	CERT(v.interval[1].first = v.interval[0].last);
	CERT(v.interval[1] = v.interval[0]);
	CERT(v.interval[2] = v.interval[0]);
}

static void
test_cert_too_many_intervals(void **state)
{
	const struct sample_kind *kind = &sample_kinds[0];
	uint8_t buf[PAYLOAD_MAX], own_buf[PAYLOAD_MAX], last[PAYLOAD_MAX];
	struct pairs outer, own;
	struct cbor_out out;

	(void)state;
	pairs_split(&outer, sample_payload(buf, kind, SAMPLE_LARGE));
	pairs_split(&own, outer.value[outer.count - 1]);
	cbor_out_init(&out, last, sizeof(last));
	cbor_put_array(&out, INTERVALS_MAX + 1);
	for (unsigned int i = 0; i <= INTERVALS_MAX; i++) {
		cbor_put_array(&out, 2);
		cbor_put_uint(&out, 2 * i + 1);
		cbor_put_uint(&out, 2 * i + 1);
	}
	assert_int_equal(cbor_out_end(&out, &own.value[own.count - 1]), ST_OK);
	outer.value[outer.count - 1] =
		pairs_join(own_buf, sizeof(own_buf), &own);
	assert_int_equal(payload_status(kind,
					pairs_join(last + 256, 512, &outer)),
			 ST_CBOR_TYPE);
}

static void
test_request_ranges(void **state)
{
#define REQUEST(change)                                                        \
	REFUSED(1, struct cert_request, sample_request, cert_request_encode,   \
		change, ST_CBOR_TYPE)
	(void)state;
	REQUEST(v.class = CLASS_NONE);
	REQUEST(v.role = ROLE_ROOT);
	REQUEST(v.model[0] = '\x1f');
}

static void
test_revocation_ranges(void **state)
{
#define REVOCATION(change)                                                     \
	REFUSED(8, struct revocation, sample_revocation, revocation_encode,    \
		change, ST_CBOR_TYPE)
	(void)state;
	REVOCATION(v.class = CLASS_NONE);
	REVOCATION(v.from = UINT64_MAX);
	REVOCATION(v.reason[0] = '\0');
	REVOCATION(v.reason[0] = '\x1f');
}

static void
test_ticket_ranges(void **state)
{
#define TICKET(change, code)                                                   \
	REFUSED(2, struct ticket, sample_ticket, ticket_encode, change, code)
	(void)state;
	TICKET(v.class = CLASS_NONE, ST_CBOR_TYPE);
	TICKET(v.issued = UINT64_MAX, ST_CBOR_TYPE);
	TICKET(v.chip.len = CHIP_ID_MIN - 1, ST_AGENT_CHIP_ID);
	TICKET(v.chip.len = 0, ST_AGENT_CHIP_ID);
	TICKET(memset(v.chip.byte, 0, CHIP_ID_MAX), ST_AGENT_CHIP_ID);
	TICKET(memset(v.chip.byte, 0xff, CHIP_ID_MAX), ST_AGENT_CHIP_ID);
	TICKET(identity_init(&v.identity), ST_AGENT_IDENTITY);
	TICKET(v.identity.slot[3] = IMEI_NONE, ST_AGENT_IDENTITY);
	TICKET(v.identity.slot[0] = v.identity.slot[1], ST_AGENT_IDENTITY);
	TICKET(v.identity.slot[0].body = 0, ST_AGENT_IDENTITY);
	TICKET(v.identity.slot[0].body = IMEI_BODY_MAX + 1, ST_CBOR_TYPE);
	TICKET(v.identity.primary = SLOTS_MAX, ST_CBOR_TYPE);
}

static void
test_record_ranges(void **state)
{
#define RECORD(change, code)                                                   \
	REFUSED(3, struct record, sample_record, record_encode, change, code)
	(void)state;
	RECORD(v.class = (enum dev_class)3, ST_CBOR_TYPE);
	RECORD(v.layout = IMAGE_LAYOUT + 1, ST_CBOR_TYPE);
	RECORD(v.layout = 0, ST_CBOR_TYPE);
	RECORD(v.model[0] = '\0', ST_CBOR_TYPE);
	RECORD(v.final_process[0] = '\0', ST_CBOR_TYPE);
	RECORD(identity_init(&v.identity), ST_AGENT_IDENTITY);
	RECORD(v.chip.len = 1, ST_AGENT_CHIP_ID);
}

static void
test_token_ranges(void **state)
{
#define KEY(change)                                                            \
	REFUSED(4, struct key_token, sample_key_token, key_token_encode,       \
		change, ST_CBOR_TYPE)
#define READ(change)                                                           \
	REFUSED(5, struct read_token, sample_read_token, read_token_encode,    \
		change, ST_CBOR_TYPE)
#define PROBE(change)                                                          \
	REFUSED(6, struct probe_token, sample_probe_token, probe_token_encode, \
		change, ST_CBOR_TYPE)
	(void)state;
	KEY(v.origin = (enum key_origin)0);
	KEY(v.origin = (enum key_origin)3);
	KEY(v.class = CLASS_NONE);
	READ(v.layout = 2);
	READ(v.secret = (enum field_state)(FIELD_CLASH + 1));
	READ(v.class = CLASS_NONE);
	PROBE(v.state = (enum device_state)0);
	PROBE(v.state = (enum device_state)(STATE_VOID + 1));
	PROBE(v.unit_count = 0);
	PROBE(v.canary[7] = 0);
	PROBE(v.canary[0] = CANARY_NOT_TRIED + 1);
}

static void
test_evidence_ranges(void **state)
{
#define EVIDENCE(change)                                                       \
	REFUSED(7, struct evidence, sample_evidence, evidence_encode, change,  \
		ST_CBOR_TYPE)
	(void)state;
	EVIDENCE(v.class = CLASS_NONE);
	EVIDENCE(v.state = (enum device_state)0);
	EVIDENCE(v.layout = 0);
	EVIDENCE(v.model[1] = '\t');
	EVIDENCE(v.version[0] = '\0');
	EVIDENCE(v.debug = 5);
	EVIDENCE(v.origin = (enum key_origin)3);
	EVIDENCE(v.unit_count = 0);
	EVIDENCE(v.unit_count = 9);
	EVIDENCE(v.unit_count = 7);
	EVIDENCE((v.unit_count = 1, v.locked_mask = 1));
	EVIDENCE(v.boot = (enum status)0);
}

/* Health entries out of order, twice, or of a word that is not there. */
static void
test_read_token_health(void **state)
{
	static const uint8_t hostile[][4] = {
		{0x42, 0x01, 0x00}, {0x42, 0x01, 0x81}, {0x41, 94},
		{0x41, 0x80 | 94},  {0x41, 0x7f},
	};
	const struct sample_kind *kind = &sample_kinds[5];
	uint8_t buf[PAYLOAD_MAX], own_buf[PAYLOAD_MAX], out[PAYLOAD_MAX];
	struct pairs outer, own;

	(void)state;
	pairs_split(&outer, sample_payload(buf, kind, SAMPLE_SMALL));
	pairs_split(&own, outer.value[1]);
	for (size_t i = 0; i < sizeof(hostile) / sizeof(hostile[0]); i++) {
		own.value[own.count - 1] =
			bytes_of(hostile[i], 1u + (hostile[i][0] & 0x1f));
		outer.value[1] = pairs_join(own_buf, sizeof(own_buf), &own);
		assert_int_equal(
			payload_status(kind,
				       pairs_join(out, sizeof(out), &outer)),
			ST_CBOR_TYPE);
	}
}

static void
put_evidence(struct bytes *payload_out, uint8_t *buf, size_t size,
	     const struct evidence *evidence)
{
	struct cbor_out out;

	cbor_out_init(&out, buf, size);
	evidence_encode(&out, evidence);
	assert_int_equal(cbor_out_end(&out, payload_out), ST_OK);
}

/* An identity that is not whole is null, and no ueid claims otherwise. */
static void
test_evidence_without_identity(void **state)
{
	const struct sample_kind *kind = &sample_kinds[7];
	uint8_t payload[PAYLOAD_MAX], object[OBJECT_MAX];
	struct evidence evidence;
	struct bytes view;

	(void)state;
	sample_evidence(&evidence, SAMPLE_LARGE);
	evidence.identity.slot[evidence.identity.primary] = IMEI_NONE;
	put_evidence(&view, payload, sizeof(payload), &evidence);
	assert_int_equal(evidence_open(&evidence,
				       sample_sign(object, kind, view)),
			 ST_OK);
	assert_int_equal(identity_count(&evidence.identity), 0);
	assert_int_equal(evidence.state, STATE_LOCKED);
}

/* The first key of the outer map is the nonce, the second the ueid. */
static void
test_evidence_ueid(void **state)
{
	const struct sample_kind *kind = &sample_kinds[7];
	uint8_t buf[PAYLOAD_MAX], out[PAYLOAD_MAX], other[1 + IMEI_UEID_LEN];
	struct pairs outer, spoiled;

	(void)state;
	pairs_split(&outer, sample_payload(buf, kind, SAMPLE_LARGE));
	pairs_drop(&spoiled, &outer, 1);
	assert_int_equal(payload_status(kind,
					pairs_join(out, sizeof(out), &spoiled)),
			 ST_CBOR_TYPE);
	assert_int_equal(outer.value[1].len, sizeof(other));
	memcpy(other, outer.value[1].ptr, sizeof(other));
	other[IMEI_UEID_LEN] ^= 1;
	outer.value[1] = bytes_of(other, sizeof(other));
	assert_int_equal(payload_status(kind,
					pairs_join(out, sizeof(out), &outer)),
			 ST_CBOR_TYPE);
	outer.value[1] = bytes_of("\x40", 1);
	assert_int_equal(payload_status(kind,
					pairs_join(out, sizeof(out), &outer)),
			 ST_CBOR_TYPE);
}

/* No identity, and a ueid all the same, be it an empty one. */
static void
test_evidence_ueid_alone(void **state)
{
	static const uint8_t key[] = {0x19, 0x01, 0x00}, empty = 0x40;
	const struct sample_kind *kind = &sample_kinds[7];
	uint8_t buf[PAYLOAD_MAX], out[PAYLOAD_MAX];
	struct pairs outer, spoiled;

	(void)state;
	pairs_split(&outer, sample_payload(buf, kind, SAMPLE_SMALL));
	pairs_insert(&spoiled, &outer, bytes_of(key, sizeof(key)),
		     bytes_of(&empty, 1));
	assert_int_equal(payload_status(kind,
					pairs_join(out, sizeof(out), &spoiled)),
			 ST_CBOR_TYPE);
}

/* Another set of claims is not ours to read, whatever its shape. */
static void
test_evidence_profile(void **state)
{
	const struct sample_kind *kind = &sample_kinds[7];
	uint8_t buf[PAYLOAD_MAX], out[PAYLOAD_MAX], profile[64];
	struct pairs outer;
	struct bytes *value;

	(void)state;
	pairs_split(&outer, sample_payload(buf, kind, SAMPLE_LARGE));
	value = &outer.value[4];
	assert_in_range(value->len, 16, sizeof(profile));
	memcpy(profile, value->ptr, value->len);
	profile[value->len - 1] ^= 1;
	*value = bytes_of(profile, value->len);
	assert_int_equal(payload_status(kind,
					pairs_join(out, sizeof(out), &outer)),
			 ST_CBOR_TYPE);
}

/* Every claim but the record's hash, which may be left out, must be there. */
static void
test_evidence_hostile(void **state)
{
	const struct sample_kind *kind = &sample_kinds[7];
	uint8_t buf[PAYLOAD_MAX], own_buf[PAYLOAD_MAX], out[PAYLOAD_MAX];
	struct pairs outer, own, spoiled;

	(void)state;
	pairs_split(&outer, sample_payload(buf, kind, SAMPLE_LARGE));
	pairs_split(&own, outer.value[outer.count - 1]);
	for (size_t i = 0; i < own.count; i++) {
		pairs_drop(&spoiled, &own, i);
		outer.value[outer.count - 1] =
			pairs_join(own_buf, sizeof(own_buf), &spoiled);
		assert_int_equal(
			payload_status(kind,
				       pairs_join(out, sizeof(out), &outer)),
			i + 1 == own.count ? ST_OK : ST_CBOR_TYPE);
	}
	pairs_split(&outer, sample_payload(buf, kind, SAMPLE_LARGE));
	for (size_t i = 0; i < outer.count; i++) {
		pairs_drop(&spoiled, &outer, i);
		assert_int_equal(
			payload_status(kind,
				       pairs_join(out, sizeof(out), &spoiled)),
			ST_CBOR_TYPE);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hostile_maps),
		cmocka_unit_test(test_keys_twice),
		cmocka_unit_test(test_cert_ranges),
		cmocka_unit_test(test_cert_too_many_intervals),
		cmocka_unit_test(test_request_ranges),
		cmocka_unit_test(test_revocation_ranges),
		cmocka_unit_test(test_ticket_ranges),
		cmocka_unit_test(test_record_ranges),
		cmocka_unit_test(test_token_ranges),
		cmocka_unit_test(test_evidence_ranges),
		cmocka_unit_test(test_read_token_health),
		cmocka_unit_test(test_evidence_without_identity),
		cmocka_unit_test(test_evidence_ueid),
		cmocka_unit_test(test_evidence_ueid_alone),
		cmocka_unit_test(test_evidence_profile),
		cmocka_unit_test(test_evidence_hostile),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
