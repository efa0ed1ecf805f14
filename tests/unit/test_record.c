/* SPDX-License-Identifier: Apache-2.0 */
#include "support/signed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static void
check_roundtrip(const struct sample_kind *kind, struct bytes object,
		struct bytes payload)
{
	struct opened opened;

	open_with(&opened, kind, object, kind->signer);
	assert_int_equal(opened.status, ST_OK);
	assert_false(opened.is_cleared);
	assert_true(bytes_equal(opened.again, payload));
	assert_int_equal(cbor_check(payload), ST_OK);
	assert_true(object.len <= payload.len + COSE_OVERHEAD);
	assert_ptr_equal(signed_kind(object), kind->kind);
}

static void
test_roundtrip(void **state)
{
	(void)state;
	each_kind(check_roundtrip);
}

static void
check_corrupted(const struct sample_kind *kind, struct bytes object,
		struct bytes payload)
{
	uint8_t buf[OBJECT_MAX];

	(void)payload;
	memcpy(buf, object.ptr, object.len);
	for (size_t i = 0; i < object.len; i++) {
		uint8_t flip = (uint8_t)(1u << (i % 8));

		buf[i] ^= flip;
		assert_int_not_equal(
			open_status(kind, bytes_of(buf, object.len)), ST_OK);
		buf[i] ^= flip;
	}
	assert_int_equal(open_status(kind, bytes_of(buf, object.len)), ST_OK);
}

static void
test_every_byte_counts(void **state)
{
	(void)state;
	each_kind(check_corrupted);
}

static void
check_lengths(const struct sample_kind *kind, struct bytes object,
	      struct bytes payload)
{
	uint8_t buf[OBJECT_MAX + 1] = {0};

	(void)payload;
	memcpy(buf, object.ptr, object.len);
	for (size_t len = 0; len < object.len; len++)
		assert_int_not_equal(open_status(kind, bytes_of(buf, len)),
				     ST_OK);
	assert_int_not_equal(open_status(kind, bytes_of(buf, object.len + 1)),
			     ST_OK);
}

static void
test_truncated_or_longer(void **state)
{
	(void)state;
	each_kind(check_lengths);
}

static void
check_as_others(const struct sample_kind *kind, struct bytes object,
		struct bytes payload)
{
	for (unsigned int i = 0; i < SAMPLE_KINDS; i++) {
		const struct sample_kind *other = &sample_kinds[i];
		struct opened opened;

		(void)payload;
		if (other == kind)
			continue;
		open_with(&opened, other, object, kind->signer);
		assert_int_equal(opened.status, ST_COSE_TYPE);
		assert_true(opened.is_cleared);
	}
}

static void
test_kinds_do_not_pass_for_each_other(void **state)
{
	(void)state;
	each_kind(check_as_others);
}

/* The typ of one kind around a signature that was made for another. */
static void
check_relabelled(const struct sample_kind *kind, struct bytes object,
		 struct bytes payload)
{
	for (unsigned int i = 0; i < SAMPLE_KINDS; i++) {
		const struct sample_kind *other = &sample_kinds[i];
		struct cose_sign1 sign1;
		uint8_t buf[OBJECT_MAX];
		struct cbor_out out;
		struct bytes forged;

		if (other == kind)
			continue;
		assert_int_equal(cose_decode(&sign1, kind->kind, object),
				 ST_OK);
		cbor_out_init(&out, buf, sizeof(buf));
		assert_int_equal(cose_encode(&out, other->kind, payload,
					     &sign1.sig),
				 ST_OK);
		assert_int_equal(cbor_out_end(&out, &forged), ST_OK);
		assert_int_not_equal(open_status(other, forged), ST_OK);
	}
}

static void
test_relabelled(void **state)
{
	(void)state;
	each_kind(check_relabelled);
}

static void
check_other_keys(const struct sample_kind *kind, struct bytes object,
		 struct bytes payload)
{
	struct sample_kind forger = *kind;
	uint8_t buf[OBJECT_MAX];

	(void)object;
	for (unsigned int i = 0; i < SIGNERS; i++) {
		forger.signer = (enum sample_signer)i;
		if (forger.signer == kind->signer)
			continue;
		assert_int_equal(
			open_status(kind, sample_sign(buf, &forger, payload)),
			ST_CRYPTO_SIGNATURE);
	}
}

static void
test_other_keys(void **state)
{
	(void)state;
	each_kind(check_other_keys);
}

static void
test_names_differ(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < SAMPLE_KINDS; i++)
		for (unsigned int k = 0; k < i; k++) {
			const struct cose_kind *a = sample_kinds[i].kind;
			const struct cose_kind *b = sample_kinds[k].kind;

			assert_string_not_equal(a->typ, b->typ);
			assert_string_not_equal(a->aad, b->aad);
		}
}

static void
test_kind_of_nothing(void **state)
{
	static const uint8_t other[] = {0xd2, 0x84, 0x40, 0xa0, 0x40, 0x40};

	(void)state;
	assert_null(object_kind(bytes_of(NULL, 0)));
	assert_null(object_kind(bytes_of(other, sizeof(other))));
}

/* A word of the read token is at its place, and so is its health. */
static void
test_read_token_words(void **state)
{
	const struct sample_kind *kind = &sample_kinds[5];
	uint8_t payload[PAYLOAD_MAX], buf[OBJECT_MAX];
	struct read_token sent, got;

	(void)state;
	sample_read_token(&sent, SAMPLE_LARGE);
	assert_int_equal(
		read_token_open(&got,
				sample_sign(buf, kind,
					    sample_payload(payload, kind,
							   SAMPLE_LARGE))),
		ST_OK);
	assert_memory_equal(&got.image, &sent.image, sizeof(got.image));
	for (unsigned int i = 0; i < IMAGE_FIRST_OPEN_WORD; i++)
		assert_int_equal(got.image.word[i], 0);
}

static struct bytes
encoded_read_token(uint8_t buf[PAYLOAD_MAX], const struct read_token *token)
{
	struct cbor_out out;
	struct bytes payload;

	cbor_out_init(&out, buf, PAYLOAD_MAX);
	read_token_encode(&out, token);
	assert_int_equal(cbor_out_end(&out, &payload), ST_OK);
	return payload;
}

/* The words of the secret never leave, whatever the struct holds. */
static void
test_read_token_hides_the_secret(void **state)
{
	uint8_t first[PAYLOAD_MAX], second[PAYLOAD_MAX];
	struct read_token token;
	struct bytes payload, blank;

	(void)state;
	sample_read_token(&token, SAMPLE_SMALL);
	blank = encoded_read_token(first, &token);
	for (unsigned int i = 0; i < IMAGE_FIRST_OPEN_WORD; i++) {
		token.image.word[i] = UINT32_C(0xdeadbeef);
		token.image.health[i] = WORD_UNREADABLE;
	}
	payload = encoded_read_token(second, &token);
	assert_true(bytes_equal(payload, blank));
}

static void
test_cert_covers(void **state)
{
	const enum status no = ST_AGENT_INTERVAL;
	struct identity identity;
	struct cert cert;

	(void)state;
	sample_cert(&cert, SAMPLE_LARGE);
	cert.interval_count = 2;
	cert.interval[1].first.body += 10;
	assert_int_equal(cert_covers(&cert, cert.interval[0].first, no), ST_OK);
	assert_int_equal(cert_covers(&cert, cert.interval[0].last, no), ST_OK);
	assert_int_equal(cert_covers(&cert, cert.interval[1].first, no), ST_OK);
	assert_int_equal(cert_covers(&cert, cert.interval[1].last, no), ST_OK);
	cert.interval[0].first.body++;
	assert_int_equal(cert_covers(&cert, imei_of(35693803, 0), no), no);
	assert_int_equal(cert_covers(&cert, imei_of(35693804, 9), no), no);
	assert_int_equal(cert_covers(&cert, cert.interval[2].first, no), no);
	assert_int_equal(cert_covers(&cert, IMEI_NONE, no), no);

	identity_init(&identity);
	assert_int_equal(cert_covers_all(&cert, &identity, no), no);
	identity.slot[0] = imei_of(35693803, 1);
	assert_int_equal(cert_covers_all(&cert, &identity, no), ST_OK);
	identity.slot[3] = imei_of(35693804, 10);
	assert_int_equal(cert_covers_all(&cert, &identity, no), ST_OK);
	identity.slot[2] = imei_of(35693804, 9);
	assert_int_equal(cert_covers_all(&cert, &identity, no), no);
	identity.slot[2].body = 0;
	assert_int_equal(cert_covers_all(&cert, &identity, no), no);
}

/* A look at what is said, for those who then compare; any signature passes. */
static void
test_record_peek(void **state)
{
	uint8_t payload[PAYLOAD_MAX], buf[OBJECT_MAX];
	struct record sent, got;
	struct bytes object;

	(void)state;
	sample_record(&sent, SAMPLE_LARGE);
	object = sample_sign(buf, &sample_kinds[3],
			     sample_payload(payload, &sample_kinds[3],
					    SAMPLE_LARGE));
	buf[object.len - 1] ^= 1;
	assert_int_equal(record_peek(&got, object), ST_OK);
	assert_memory_equal(&got, &sent, sizeof(got));
	buf[object.len - 70] ^= 0x80;
	assert_int_not_equal(record_peek(&got, object), ST_OK);
	assert_true(bytes_are(bytes_of(&got, sizeof(got)), 0));
	object = sample_sign(buf, &sample_kinds[2],
			     sample_payload(payload, &sample_kinds[2],
					    SAMPLE_LARGE));
	assert_int_equal(record_peek(&got, object), ST_COSE_TYPE);
}

static void
test_record_digest(void **state)
{
	struct sha256 digest, same, expected;
	struct record record;

	(void)state;
	sample_record(&record, SAMPLE_LARGE);
	assert_int_equal(record_digest(&digest, &record), ST_OK);
	assert_int_equal(identity_digest(&expected, record.class, &record.chip,
					 &record.identity, &record.device),
			 ST_OK);
	assert_memory_equal(&digest, &expected, sizeof(digest));
	record.issued--;
	record.ledger.byte[0]++;
	record.model[0] = 'x';
	assert_int_equal(record_digest(&same, &record), ST_OK);
	assert_memory_equal(&digest, &same, sizeof(digest));
	record.identity.primary = 0;
	assert_int_equal(record_digest(&same, &record), ST_OK);
	assert_memory_not_equal(&digest, &same, sizeof(digest));
}

static void
test_sign_without_room(void **state)
{
	uint8_t payload[PAYLOAD_MAX], buf[OBJECT_MAX];
	struct cbor_out out;
	struct crypto_key key;

	(void)state;
	sample_key(&key, SIGNER_LINE);
	cbor_out_init(&out, buf, 64);
	assert_int_equal(object_sign(&out, &KIND_RECORD,
				     sample_payload(payload, &sample_kinds[3],
						    SAMPLE_LARGE),
				     &key),
			 ST_CBOR_SPACE);
	crypto_key_close(&key);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_roundtrip),
		cmocka_unit_test(test_every_byte_counts),
		cmocka_unit_test(test_truncated_or_longer),
		cmocka_unit_test(test_kinds_do_not_pass_for_each_other),
		cmocka_unit_test(test_relabelled),
		cmocka_unit_test(test_other_keys),
		cmocka_unit_test(test_names_differ),
		cmocka_unit_test(test_kind_of_nothing),
		cmocka_unit_test(test_read_token_words),
		cmocka_unit_test(test_read_token_hides_the_secret),
		cmocka_unit_test(test_cert_covers),
		cmocka_unit_test(test_record_peek),
		cmocka_unit_test(test_record_digest),
		cmocka_unit_test(test_sign_without_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
