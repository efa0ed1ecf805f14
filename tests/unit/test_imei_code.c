/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/imei.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define EXAMPLE (samples[0])

#define assert_none(imei) assert_true((imei).body == IMEI_NONE.body)

static const struct imei samples[] = {
	{UINT64_C(26053179311383)}, /* TS 23.003 B.3 */
	{IMEI_BODY_MAX},
	{1}};
static const enum imei_carrier carriers[] = {IMEI_TS24008, IMEI_TS24301,
					     IMEI_TS24501};

#define SAMPLES (sizeof(samples) / sizeof(samples[0]))
#define CARRIERS (sizeof(carriers) / sizeof(carriers[0]))

static void
check_mi(enum imei_carrier carrier, enum imei_form form, struct imei imei)
{
	uint8_t value[IMEI_MI_LEN];
	enum imei_form seen;
	struct imei back;

	imei_encode_mi(value, carrier, form, imei);
	assert_int_equal(value[0] & 0x0f, carrier == IMEI_TS24008 ? 0xa : 0xb);
	assert_int_equal(imei_decode_mi(&back, &seen, carrier,
					bytes_of(value, sizeof(value))),
			 ST_OK);
	assert_true(back.body == imei.body);
	assert_int_equal(seen, form);
}

static void
test_mi_roundtrip(void **state)
{
	(void)state;
	for (size_t i = 0; i < SAMPLES; i++)
		for (size_t c = 0; c < CARRIERS; c++) {
			check_mi(carriers[c], IMEI_FORM_CHECK, samples[i]);
			check_mi(carriers[c], IMEI_FORM_SPARE, samples[i]);
		}
}

/* Each nibble is set to each value; what is taken must be the same number,
 * or another with a check digit that fits. */
static void
test_mi_hostile_nibbles(void **state)
{
	uint8_t good[IMEI_MI_LEN];

	(void)state;
	imei_encode_mi(good, IMEI_TS24008, IMEI_FORM_CHECK, EXAMPLE);
	for (unsigned int at = 0; at < 2 * IMEI_MI_LEN; at++)
		for (unsigned int nibble = 0; nibble < 16; nibble++) {
			unsigned int shift = at % 2 * 4;
			uint8_t value[IMEI_MI_LEN];
			enum imei_form form;
			struct imei imei;
			bool is_same, is_last;

			memcpy(value, good, sizeof(value));
			value[at / 2] =
				(uint8_t)((value[at / 2] & ~(0xfu << shift)) |
					  nibble << shift);
			is_same = value[at / 2] == good[at / 2];
			is_last = at == 2 * IMEI_MI_LEN - 1 && nibble == 0;
			assert_int_equal(
				imei_decode_mi(&imei, &form, IMEI_TS24008,
					       bytes_of(value,
							sizeof(value))) ==
					ST_OK,
				is_same || is_last);
			if (!is_same && !is_last)
				assert_none(imei);
		}
}

static void
test_mi_refuses(void **state)
{
	uint8_t value[IMEISV_MI_LEN] = {0};
	enum imei_form form;
	struct imei imei;

	(void)state;
	imei_encode_mi(value, IMEI_TS24008, IMEI_FORM_CHECK, EXAMPLE);
	assert_int_equal(imei_decode_mi(&imei, &form, IMEI_TS24301,
					bytes_of(value, IMEI_MI_LEN)),
			 ST_IMEI_FORMAT);
	for (size_t len = 0; len <= sizeof(value); len++)
		assert_int_equal(imei_decode_mi(&imei, &form, IMEI_TS24008,
						bytes_of(value, len)),
				 len == IMEI_MI_LEN ? ST_OK : ST_IMEI_FORMAT);
	memset(value, 0, sizeof(value));
	value[0] = 0x0a;
	assert_int_equal(imei_decode_mi(&imei, &form, IMEI_TS24008,
					bytes_of(value, IMEI_MI_LEN)),
			 ST_IMEI_ZERO);
	assert_none(imei);
}

static void
test_imeisv_mi(void **state)
{
	const struct imeisv sv = {EXAMPLE, 98};
	uint8_t value[IMEISV_MI_LEN];
	struct imeisv back;

	(void)state;
	for (size_t c = 0; c < CARRIERS; c++) {
		bool has_form = carriers[c] != IMEI_TS24301;
		enum status expected = has_form ? ST_OK : ST_IMEI_CARRIER;

		assert_int_equal(imeisv_encode_mi(value, carriers[c], sv),
				 expected);
		assert_int_equal(
			imeisv_decode_mi(&back, carriers[c],
					 bytes_of(value, sizeof(value))),
			expected);
		assert_true(!has_form ||
			    (back.imei.body == EXAMPLE.body && back.svn == 98));
	}
	/* The filler must be F, and the version not 99. */
	assert_int_equal(imeisv_encode_mi(value, IMEI_TS24501, sv), ST_OK);
	value[8] = 0x08;
	assert_int_equal(imeisv_decode_mi(&back, IMEI_TS24501,
					  bytes_of(value, sizeof(value))),
			 ST_IMEI_FORMAT);
	value[8] = 0xf9;
	assert_int_equal(imeisv_decode_mi(&back, IMEI_TS24501,
					  bytes_of(value, sizeof(value))),
			 ST_IMEI_SVN);
	assert_none(back.imei);
	value[8] = 0xfa;
	assert_int_equal(imeisv_decode_mi(&back, IMEI_TS24501,
					  bytes_of(value, sizeof(value))),
			 ST_IMEI_FORMAT);
}

static void
test_tbcd(void **state)
{
	uint8_t value[IMEI_TBCD_LEN];
	struct imeisv sv = {EXAMPLE, 7};
	struct imei imei;

	(void)state;
	for (size_t i = 0; i < SAMPLES; i++) {
		imei_encode_tbcd(value, samples[i]);
		assert_int_equal(
			imei_decode_tbcd(&imei, bytes_of(value, sizeof(value))),
			ST_OK);
		assert_true(imei.body == samples[i].body);
		assert_int_equal(
			imeisv_decode_tbcd(&sv, bytes_of(value, sizeof(value))),
			ST_IMEI_FORMAT);
		assert_none(sv.imei);
	}
	/* A check digit in the place of the spare digit. */
	value[7] = 0xf8;
	assert_int_equal(imei_decode_tbcd(&imei,
					  bytes_of(value, sizeof(value))),
			 ST_IMEI_FORMAT);
	assert_int_equal(imei_decode_tbcd(&imei, bytes_of(value, 7)),
			 ST_IMEI_FORMAT);
	sv = (struct imeisv){EXAMPLE, 7};
	imeisv_encode_tbcd(value, sv);
	assert_int_equal(
		imeisv_decode_tbcd(&sv, bytes_of(value, sizeof(value))), ST_OK);
	assert_int_equal(sv.svn, 7);
	assert_int_equal(imei_decode_tbcd(&imei,
					  bytes_of(value, sizeof(value))),
			 ST_IMEI_FORMAT);
}

static void
test_ueid(void **state)
{
	uint8_t ueid[IMEI_UEID_LEN];
	struct imei imei;

	(void)state;
	imei_encode_ueid(ueid, EXAMPLE);
	assert_int_equal(imei_decode_ueid(&imei, bytes_of(ueid, 15)), ST_OK);
	assert_true(imei.body == EXAMPLE.body);
	assert_int_equal(imei_decode_ueid(&imei, bytes_of(ueid, 14)),
			 ST_IMEI_FORMAT);
	ueid[14] = 10;
	assert_int_equal(imei_decode_ueid(&imei, bytes_of(ueid, 15)),
			 ST_IMEI_FORMAT);
	assert_none(imei);
	ueid[14] = '3';
	assert_int_equal(imei_decode_ueid(&imei, bytes_of(ueid, 15)),
			 ST_IMEI_FORMAT);
	ueid[14] = 3;
	ueid[0] = 1;
	assert_int_equal(imei_decode_ueid(&imei, bytes_of(ueid, 15)),
			 ST_IMEI_FORMAT);
}

static void
test_bcd(void **state)
{
	struct imei imei;

	(void)state;
	assert_int_equal(imei_encode_bcd(EXAMPLE, 0), 0x2605317);
	assert_int_equal(imei_encode_bcd(EXAMPLE, 1), 0x9311383);
	for (size_t i = 0; i < SAMPLES; i++) {
		assert_int_equal(
			imei_decode_bcd(&imei, imei_encode_bcd(samples[i], 0),
					imei_encode_bcd(samples[i], 1)),
			ST_OK);
		assert_true(imei.body == samples[i].body);
	}
	assert_int_equal(imei_decode_bcd(&imei, 0, 0), ST_IMEI_ZERO);
	assert_none(imei);
	for (unsigned int at = 0; at < 28; at += 4) {
		assert_int_equal(imei_decode_bcd(&imei, 0xau << at, 0),
				 ST_IMEI_FORMAT);
		assert_int_equal(imei_decode_bcd(&imei, 0, 0xau << at),
				 ST_IMEI_FORMAT);
	}
	assert_int_equal(imei_decode_bcd(&imei, 0x10000001, 0), ST_IMEI_FORMAT);
	assert_int_equal(imei_decode_bcd(&imei, 1, 0x80000000), ST_IMEI_FORMAT);
	assert_none(imei);
}

/* "None" must not come out as some other number. */
static void
test_none_is_taken_by_no_decoder(void **state)
{
	uint8_t value[IMEI_UEID_LEN];
	enum imei_form form;
	struct imeisv sv;
	struct imei imei;

	(void)state;
	imei_encode_mi(value, IMEI_TS24008, IMEI_FORM_SPARE, IMEI_NONE);
	assert_int_equal(imei_decode_mi(&imei, &form, IMEI_TS24008,
					bytes_of(value, IMEI_MI_LEN)),
			 ST_IMEI_FORMAT);
	imei_encode_tbcd(value, IMEI_NONE);
	assert_int_equal(imei_decode_tbcd(&imei,
					  bytes_of(value, IMEI_TBCD_LEN)),
			 ST_IMEI_FORMAT);
	imei_encode_ueid(value, IMEI_NONE);
	assert_int_equal(imei_decode_ueid(&imei,
					  bytes_of(value, IMEI_UEID_LEN)),
			 ST_IMEI_FORMAT);
	assert_int_equal(imei_decode_bcd(&imei, imei_encode_bcd(IMEI_NONE, 0),
					 imei_encode_bcd(IMEI_NONE, 1)),
			 ST_IMEI_FORMAT);
	imeisv_encode_tbcd(value, (struct imeisv){EXAMPLE, 99});
	assert_int_equal(imeisv_decode_tbcd(&sv,
					    bytes_of(value, IMEI_TBCD_LEN)),
			 ST_IMEI_FORMAT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_mi_roundtrip),
		cmocka_unit_test(test_mi_hostile_nibbles),
		cmocka_unit_test(test_mi_refuses),
		cmocka_unit_test(test_imeisv_mi),
		cmocka_unit_test(test_tbcd),
		cmocka_unit_test(test_ueid),
		cmocka_unit_test(test_bcd),
		cmocka_unit_test(test_none_is_taken_by_no_decoder),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
