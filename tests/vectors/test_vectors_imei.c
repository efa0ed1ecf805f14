/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/cbor.h"
#include "proto/imei.h"
#include "vectors/vector_file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

/* The status that a file names, as it stands in the list without ST_. */
static enum status
status_named(const char *name)
{
	static const struct {
		const char *name;
		enum status status;
	} list[] = {{"OK", ST_OK},
#define X(name, a, b, index, class, sentence) {#name, ST_##name},
		    STATUS_LIST(X)
#undef X
	};

	for (size_t i = 0; i < sizeof(list) / sizeof(list[0]); i++)
		if (strcmp(list[i].name, name) == 0)
			return list[i].status;
	fail_msg("no status %s", name);
	return ST_OK;
}

/* 000000000000000 stands in the files, and is refused in every form. */
static bool
is_zero(const json_t *entry)
{
	return strcmp(vector_text(entry, "imei"), "000000000000000") == 0;
}

static struct imei
imei_in(const json_t *entry)
{
	unsigned long tac = strtoul(vector_text(entry, "tac"), NULL, 10);
	unsigned long snr = strtoul(vector_text(entry, "snr"), NULL, 10);

	return imei_of((uint32_t)tac, (uint32_t)snr);
}

/* What decoding gave, against the entry's number. */
static void
assert_decoded(const json_t *entry, enum status status, struct imei imei)
{
	assert_int_equal(status, is_zero(entry) ? ST_IMEI_ZERO : ST_OK);
	assert_true(imei.body == imei_in(entry).body);
}

static void
assert_bytes(const json_t *entry, const char *name, const void *made,
	     size_t len)
{
	uint8_t buf[VECTOR_MAX];

	if (!is_zero(entry))
		assert_true(bytes_equal(vector_bytes(buf, entry, name),
					bytes_of(made, len)));
}

static void
check_text(const json_t *entry)
{
	const char *plain = vector_text(entry, "imei");
	const char *labelled = vector_text(entry, "presentation");
	const char *urn = vector_text(entry, "urn");
	struct imei imei = imei_in(entry);
	char text[IMEI_URN_LEN];
	struct imei back;
	enum status status;

	status = imei_parse(&back, plain, strlen(plain));
	assert_decoded(entry, status, back);
	status = imei_parse_presentation(&back, labelled, strlen(labelled));
	assert_decoded(entry, status, back);
	status = imei_parse_urn(&back, urn, strlen(urn));
	assert_decoded(entry, status, back);
	status = imei_parse_body(&back, plain, IMEI_BODY_LEN);
	assert_decoded(entry, status, back);
	imei_format(text, imei);
	assert_string_equal(text, is_zero(entry) ? "" : plain);
	imei_format_presentation(text, imei);
	assert_string_equal(text, is_zero(entry) ? "" : labelled);
	imei_format_urn(text, imei);
	assert_string_equal(text, is_zero(entry) ? "" : urn);
}

static void
check_mi(const json_t *entry, const char *name, enum imei_carrier carrier,
	 enum imei_form form)
{
	uint8_t buf[VECTOR_MAX];
	uint8_t made[IMEI_MI_LEN];
	struct imei imei = imei_in(entry);
	enum imei_form seen;
	struct imei back;
	enum status status = imei_decode_mi(&back, &seen, carrier,
					    vector_bytes(buf, entry, name));

	assert_decoded(entry, status, back);
	if (!is_zero(entry) && imei_check_digit(imei) != 0)
		assert_int_equal(seen, form);
	imei_encode_mi(made, carrier, form, imei);
	assert_bytes(entry, name, made, sizeof(made));
}

static void
check_mis(const json_t *entry)
{
	check_mi(entry, "ts24008_check", IMEI_TS24008, IMEI_FORM_CHECK);
	check_mi(entry, "ts24008_spare", IMEI_TS24008, IMEI_FORM_SPARE);
	check_mi(entry, "ts24301_check", IMEI_TS24301, IMEI_FORM_CHECK);
	check_mi(entry, "ts24301_spare", IMEI_TS24301, IMEI_FORM_SPARE);
	check_mi(entry, "ts24501_check", IMEI_TS24501, IMEI_FORM_CHECK);
	check_mi(entry, "ts24501_spare", IMEI_TS24501, IMEI_FORM_SPARE);
}

static void
check_imeisv_mi(const json_t *entry, const char *name,
		enum imei_carrier carrier)
{
	uint8_t buf[VECTOR_MAX];
	uint8_t made[IMEISV_MI_LEN];
	struct imeisv sv = {imei_in(entry), 1};
	struct imeisv back;
	enum status status = imeisv_decode_mi(&back, carrier,
					      vector_bytes(buf, entry, name));

	assert_decoded(entry, status, back.imei);
	assert_int_equal(back.svn, is_zero(entry) ? 0 : 1);
	assert_int_equal(imeisv_encode_mi(made, carrier, sv), ST_OK);
	assert_bytes(entry, name, made, sizeof(made));
}

static void
check_imeisv(const json_t *entry)
{
	const char *plain = vector_text(entry, "imeisv_svn01");
	struct imeisv sv = {imei_in(entry), 1};
	char text[IMEISV_LEN + 1];
	struct imeisv back;
	enum status status = imeisv_parse(&back, plain, strlen(plain));

	assert_decoded(entry, status, back.imei);
	imeisv_format(text, sv);
	assert_string_equal(text, is_zero(entry) ? "" : plain);
	check_imeisv_mi(entry, "ts24008_imeisv", IMEI_TS24008);
	check_imeisv_mi(entry, "ts24501_imeisv", IMEI_TS24501);
}

static void
check_tbcd(const json_t *entry)
{
	uint8_t buf[VECTOR_MAX];
	uint8_t made[IMEI_TBCD_LEN];
	struct imeisv sv;
	struct imei back;
	enum status status;

	status = imei_decode_tbcd(&back, vector_bytes(buf, entry, "tbcd_imei"));
	assert_decoded(entry, status, back);
	imei_encode_tbcd(made, imei_in(entry));
	assert_bytes(entry, "tbcd_imei", made, sizeof(made));
	status = imeisv_decode_tbcd(&sv,
				    vector_bytes(buf, entry, "tbcd_imeisv"));
	assert_decoded(entry, status, sv.imei);
	imeisv_encode_tbcd(made, (struct imeisv){imei_in(entry), 1});
	assert_bytes(entry, "tbcd_imeisv", made, sizeof(made));
}

static void
check_ueid(const json_t *entry)
{
	uint8_t buf[VECTOR_MAX];
	uint8_t made[IMEI_UEID_LEN];
	struct cbor_in in;
	struct imei back;
	enum status status;

	status = imei_decode_ueid(&back, vector_bytes(buf, entry, "ueid"));
	assert_decoded(entry, status, back);
	imei_encode_ueid(made, imei_in(entry));
	assert_bytes(entry, "ueid", made, sizeof(made));
	cbor_in_init(&in, vector_bytes(buf, entry, "ueid_cbor"));
	status = imei_decode_ueid(&back, cbor_get_bytes(&in));
	assert_int_equal(cbor_in_end(&in), ST_OK);
	assert_decoded(entry, status, back);
}

static void
check_bcd(const json_t *entry)
{
	const char *plain = vector_text(entry, "imei");
	char half[2][8] = {"", ""};
	uint32_t word[2];
	struct imei back;
	enum status status;

	for (size_t i = 0; i < 2; i++) {
		memcpy(half[i], plain + 7 * i, 7);
		word[i] = (uint32_t)strtoul(half[i], NULL, 16);
	}
	status = imei_decode_bcd(&back, word[0], word[1]);
	assert_decoded(entry, status, back);
	if (is_zero(entry))
		return;
	assert_int_equal(imei_encode_bcd(back, 0), word[0]);
	assert_int_equal(imei_encode_bcd(back, 1), word[1]);
}

static void
check_imei(const json_t *entry)
{
	check_text(entry);
	check_mis(entry);
	check_imeisv(entry);
	check_tbcd(entry);
	check_ueid(entry);
	check_bcd(entry);
}

static void
test_imei(void **state)
{
	(void)state;
	vector_each("imei.json", "imei", check_imei);
}

static void
check_reject(const json_t *entry)
{
	const char *text = vector_text(entry, "text");
	enum status expected = status_named(vector_text(entry, "status"));
	enum imei_form form;
	struct imei imei;

	assert_int_not_equal(expected, ST_OK);
	assert_int_equal(imei_parse(&imei, text, strlen(text)), expected);
	assert_false(imei_is_valid(imei));
	/* The form with a spare digit is one that networks show. */
	assert_int_equal(imei_parse_network(&imei, &form, text, strlen(text)),
			 expected == ST_IMEI_SPARE ? ST_OK : expected);
}

static void
test_imei_reject(void **state)
{
	(void)state;
	vector_each("imei.json", "reject", check_reject);
}

static void
check_mobile_identity(const json_t *entry)
{
	uint8_t buf[VECTOR_MAX];
	struct bytes lv = vector_bytes(buf, entry, "lv");
	struct bytes value = bytes_of(lv.ptr + 1, lv.len - 1);
	struct imeisv sv = {IMEI_NONE, 0};
	char text[IMEISV_LEN + 1];
	enum imei_form form;
	enum status status;

	/* The length byte is the element's, and here it may lie. */
	if (strcmp(vector_text(entry, "type"), "imeisv") == 0)
		status = imeisv_decode_mi(&sv, IMEI_TS24008, value);
	else
		status = imei_decode_mi(&sv.imei, &form, IMEI_TS24008, value);
	assert_int_equal(status, status_named(vector_text(entry, "status")));
	assert_int_equal(imei_is_valid(sv.imei), status == ST_OK);
	if (status != ST_OK)
		return;
	imeisv_format(text, sv);
	assert_string_equal(text, vector_text(entry, "digits"));
}

static void
test_mobile_identity(void **state)
{
	(void)state;
	vector_each("imei.json", "mobile_identity_ts24008",
		    check_mobile_identity);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_imei),
		cmocka_unit_test(test_imei_reject),
		cmocka_unit_test(test_mobile_identity),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
