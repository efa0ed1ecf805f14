/* SPDX-License-Identifier: Apache-2.0 */
#include "support/signed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

void
open_with(struct opened *out, const struct sample_kind *kind,
	  struct bytes object, enum sample_signer signer)
{
	struct public_key key;
	struct cbor_out cbor;

	sample_public(&key, signer);
	cbor_out_init(&cbor, out->buf, sizeof(out->buf));
	out->again = bytes_of(NULL, 0);
	out->status = kind->open(&cbor, object, &key, &out->is_cleared);
	if (out->status == ST_OK)
		assert_int_equal(cbor_out_end(&cbor, &out->again), ST_OK);
}

enum status
open_status(const struct sample_kind *kind, struct bytes object)
{
	struct opened opened;

	open_with(&opened, kind, object, kind->signer);
	if (opened.status != ST_OK)
		assert_true(opened.is_cleared);
	return opened.status;
}

enum status
payload_status(const struct sample_kind *kind, struct bytes payload)
{
	uint8_t buf[OBJECT_MAX];

	return open_status(kind, sample_sign(buf, kind, payload));
}

void
each_kind(void (*check)(const struct sample_kind *kind, struct bytes object,
			struct bytes payload))
{
	for (unsigned int i = 0; i < SAMPLE_KINDS * SAMPLE_SIZES; i++) {
		const struct sample_kind *kind = &sample_kinds[i / 2];
		uint8_t payload_buf[PAYLOAD_MAX], object_buf[OBJECT_MAX];
		struct bytes payload = sample_payload(
			payload_buf, kind, (enum sample_size)(i % 2));

		check(kind, sample_sign(object_buf, kind, payload), payload);
	}
}

void
pairs_split(struct pairs *out, struct bytes map)
{
	struct cbor_in in;

	cbor_in_init(&in, map);
	out->count = cbor_get_map(&in);
	assert_in_range(out->count, 1, PAIRS_MAX - 1);
	for (size_t i = 0; i < out->count; i++) {
		out->key[i] = cbor_get_raw(&in);
		out->value[i] = cbor_get_raw(&in);
	}
	assert_int_equal(cbor_in_end(&in), ST_OK);
}

struct bytes
pairs_join(uint8_t *buf, size_t size, const struct pairs *pairs)
{
	struct cbor_out out;
	struct bytes map;

	cbor_out_init(&out, buf, size);
	cbor_put_map(&out, pairs->count);
	for (size_t i = 0; i < pairs->count; i++) {
		cbor_put_raw(&out, pairs->key[i]);
		cbor_put_raw(&out, pairs->value[i]);
	}
	assert_int_equal(cbor_out_end(&out, &map), ST_OK);
	return map;
}

void
pairs_drop(struct pairs *out, const struct pairs *pairs, size_t at)
{
	out->count = 0;
	for (size_t i = 0; i < pairs->count; i++) {
		if (i == at)
			continue;
		out->key[out->count] = pairs->key[i];
		out->value[out->count++] = pairs->value[i];
	}
}

void
pairs_insert(struct pairs *out, const struct pairs *pairs, struct bytes key,
	     struct bytes value)
{
	size_t at = 0;

	while (at < pairs->count && memcmp(pairs->key[at].ptr, key.ptr, 1) < 0)
		at++;
	out->count = pairs->count + 1;
	for (size_t i = 0; i < out->count; i++) {
		out->key[i] = i == at  ? key
			      : i < at ? pairs->key[i]
				       : pairs->key[i - 1];
		out->value[i] = i == at	 ? value
				: i < at ? pairs->value[i]
					 : pairs->value[i - 1];
	}
}
