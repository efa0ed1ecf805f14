/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/cbor.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

/* The bytes of a literal. */
#define RAW(literal) bytes_of("" literal, sizeof(literal) - 1)

/* ------------------------------------------------------------- encoding */

static void
put_one_of_each(struct cbor_out *out)
{
	cbor_put_map(out, 2);
	cbor_put_int(out, 1);
	cbor_put_array(out, 6);
	cbor_put_uint(out, UINT64_MAX);
	cbor_put_int(out, INT64_MIN);
	cbor_put_bytes(out, RAW("\x01\x02"));
	cbor_put_text(out, "imei");
	cbor_put_bool(out, true);
	cbor_put_null(out);
	cbor_put_int(out, -1);
	cbor_put_tag(out, 18);
	cbor_put_raw(out, RAW("\x80"));
}

static const char one_of_each[] =
	"\xa2\x01\x86\x1b\xff\xff\xff\xff\xff\xff\xff\xff"
	"\x3b\x7f\xff\xff\xff\xff\xff\xff\xff\x42\x01\x02\x64imei\xf5\xf6"
	"\x20\xd2\x80";

static void
test_encode(void **state)
{
	uint8_t buf[64];
	struct cbor_out out;
	struct bytes encoded;

	(void)state;
	cbor_out_init(&out, buf, sizeof(buf));
	put_one_of_each(&out);
	assert_int_equal(cbor_out_end(&out, &encoded), ST_OK);
	assert_true(bytes_equal(encoded, bytes_of(one_of_each,
						  sizeof(one_of_each) - 1)));
	assert_int_equal(cbor_check(encoded), ST_OK);
}

static void
test_encode_edges_are_shortest(void **state)
{
	(void)state;
	for (unsigned int bit = 0; bit < 64; bit++)
		for (unsigned int add = 0; add < 3; add++) {
			uint64_t value = (UINT64_C(1) << bit) + add - 1;
			uint8_t buf[9];
			struct cbor_out out;
			struct cbor_in in;
			struct bytes encoded;

			cbor_out_init(&out, buf, sizeof(buf));
			cbor_put_uint(&out, value);
			assert_int_equal(cbor_out_end(&out, &encoded), ST_OK);
			cbor_in_init(&in, encoded);
			assert_true(cbor_get_uint(&in) == value);
			assert_int_equal(cbor_in_end(&in), ST_OK);
		}
}

static void
test_encode_without_room(void **state)
{
	uint8_t buf[sizeof(one_of_each) - 1];

	(void)state;
	for (size_t size = 0; size <= sizeof(buf); size++) {
		struct cbor_out out;
		struct bytes encoded;

		memset(buf, 0xee, sizeof(buf));
		cbor_out_init(&out, buf, size);
		put_one_of_each(&out);
		assert_int_equal(cbor_out_end(&out, &encoded),
				 size < sizeof(buf) ? ST_CBOR_SPACE : ST_OK);
		assert_int_equal(encoded.len, size < sizeof(buf) ? 0 : size);
		assert_true(bytes_are(bytes_of(buf + size, sizeof(buf) - size),
				      0xee));
	}
}

/* What is too long latches, even if something shorter would still fit. */
static void
test_encode_latches(void **state)
{
	uint8_t buf[4];
	struct cbor_out out;
	struct bytes encoded;

	(void)state;
	cbor_out_init(&out, buf, sizeof(buf));
	cbor_put_text(&out, "long");
	cbor_put_uint(&out, 1);
	assert_int_equal(cbor_out_end(&out, &encoded), ST_CBOR_SPACE);
	cbor_out_init(&out, buf, sizeof(buf));
	cbor_put_raw(&out, bytes_of(buf, SIZE_MAX));
	assert_int_equal(cbor_out_end(&out, &encoded), ST_CBOR_SPACE);
}

/* ------------------------------------------------------------- decoding */

static void
test_decode(void **state)
{
	struct cbor_in in;

	(void)state;
	cbor_in_init(&in, bytes_of(one_of_each, sizeof(one_of_each) - 1));
	cbor_expect_map(&in, 2);
	assert_false(cbor_try_key(&in, 2));
	assert_true(cbor_try_key(&in, 1));
	assert_int_equal(cbor_get_array(&in), 6);
	assert_true(cbor_get_uint(&in) == UINT64_MAX);
	assert_true(cbor_get_int(&in) == INT64_MIN);
	assert_true(bytes_equal(cbor_get_bytes(&in), RAW("\x01\x02")));
	assert_true(bytes_equal(cbor_get_text(&in), RAW("imei")));
	assert_true(cbor_get_bool(&in));
	assert_int_equal(cbor_peek(&in), CBOR_NULL);
	cbor_get_null(&in);
	cbor_expect_key(&in, -1);
	cbor_expect_tag(&in, 18);
	assert_int_equal(cbor_get_array(&in), 0);
	assert_int_equal(cbor_peek(&in), CBOR_NONE);
	assert_int_equal(cbor_in_end(&in), ST_OK);
}

static void
test_decode_past_the_end(void **state)
{
	struct cbor_in in;

	(void)state;
	cbor_in_init(&in, RAW("\x01"));
	assert_int_equal(cbor_get_uint(&in), 1);
	assert_int_equal(cbor_in_end(&in), ST_OK);
	assert_int_equal(cbor_get_uint(&in), 0);
	assert_int_equal(cbor_in_end(&in), ST_CBOR_TYPE);
}

static void
test_decode_leaves_something(void **state)
{
	struct cbor_in in;

	(void)state;
	cbor_in_init(&in, RAW("\x82\x01\x02"));
	assert_int_equal(cbor_get_array(&in), 2);
	assert_int_equal(cbor_get_uint(&in), 1);
	assert_int_equal(cbor_in_end(&in), ST_CBOR_TRAILING);
}

static void
test_decode_latches_the_first(void **state)
{
	struct cbor_in in;

	(void)state;
	cbor_in_init(&in, RAW("\x82\x01\x40"));
	cbor_expect_array(&in, 2);
	cbor_fail(&in, ST_OK);
	assert_int_equal(cbor_get_uint(&in), 1);
	cbor_fail(&in, ST_AGENT_IDENTITY);
	cbor_fail(&in, ST_CBOR_TYPE);
	assert_null(cbor_get_bytes(&in).ptr);
	assert_int_equal(cbor_peek(&in), CBOR_NONE);
	assert_int_equal(cbor_in_end(&in), ST_AGENT_IDENTITY);
	cbor_in_init(&in, RAW("\x18\x01"));
	assert_int_equal(cbor_get_uint(&in), 0);
	assert_int_equal(cbor_in_end(&in), ST_CBOR_ORDER);
}

static const struct bytes items[] = {
	{(const uint8_t *)"\x01", 1},	  {(const uint8_t *)"\x20", 1},
	{(const uint8_t *)"\x40", 1},	  {(const uint8_t *)"\x60", 1},
	{(const uint8_t *)"\x80", 1},	  {(const uint8_t *)"\xa0", 1},
	{(const uint8_t *)"\xc1\x00", 2}, {(const uint8_t *)"\xf4", 1},
	{(const uint8_t *)"\xf6", 1},
};

#define ITEMS (sizeof(items) / sizeof(items[0]))

/* Take with the getter of that type; the value is not looked at. */
static void
take(struct cbor_in *in, size_t type)
{
	switch (type) {
	case 0:
		(void)cbor_get_uint(in);
		break;
	case 1:
		/* An integer of either sign: made to fit by the caller. */
		(void)cbor_get_int(in);
		break;
	case 2:
		(void)cbor_get_bytes(in);
		break;
	case 3:
		(void)cbor_get_text(in);
		break;
	case 4:
		(void)cbor_get_array(in);
		break;
	case 5:
		(void)cbor_get_map(in);
		break;
	case 6:
		(void)cbor_get_tag(in);
		cbor_expect_key(in, 0);
		break;
	case 7:
		(void)cbor_get_bool(in);
		break;
	default:
		cbor_get_null(in);
		break;
	}
}

static void
test_decode_wrong_type(void **state)
{
	(void)state;
	for (size_t item = 0; item < ITEMS; item++)
		for (size_t type = 0; type < ITEMS; type++) {
			bool is_right = item == type ||
					(item == 0 && type == 1);
			struct cbor_in in;

			cbor_in_init(&in, items[item]);
			take(&in, type);
			assert_int_equal(cbor_in_end(&in),
					 is_right ? ST_OK : ST_CBOR_TYPE);
		}
}

static void
test_decode_int_range(void **state)
{
	struct cbor_in in;

	(void)state;
	cbor_in_init(&in, RAW("\x1b\x80\x00\x00\x00\x00\x00\x00\x00"));
	assert_true(cbor_get_int(&in) == 0);
	assert_int_equal(cbor_in_end(&in), ST_CBOR_TYPE);
	cbor_in_init(&in, RAW("\x3b\x80\x00\x00\x00\x00\x00\x00\x00"));
	assert_true(cbor_get_int(&in) == 0);
	assert_int_equal(cbor_in_end(&in), ST_CBOR_TYPE);
	cbor_in_init(&in, RAW("\x1b\x7f\xff\xff\xff\xff\xff\xff\xff"));
	assert_true(cbor_get_int(&in) == INT64_MAX);
	assert_int_equal(cbor_in_end(&in), ST_OK);
	cbor_in_init(&in, RAW("\x18\x65"));
	assert_true(cbor_get_uint_max(&in, 100) == 0);
	assert_int_equal(cbor_in_end(&in), ST_CBOR_TYPE);
	cbor_in_init(&in, RAW("\x18\x64"));
	assert_true(cbor_get_uint_max(&in, 100) == 100);
	assert_int_equal(cbor_in_end(&in), ST_OK);
}

static void
test_decode_exact_bytes(void **state)
{
	uint8_t out[4];
	struct cbor_in in;

	(void)state;
	for (size_t len = 0; len <= sizeof(out); len++) {
		memset(out, 0xee, sizeof(out));
		cbor_in_init(&in, RAW("\x42\x01\x02"));
		cbor_get_bytes_exact(&in, out, len);
		assert_int_equal(cbor_in_end(&in),
				 len == 2 ? ST_OK : ST_CBOR_TYPE);
		assert_int_equal(out[0], len == 0 ? 0xee : len == 2 ? 1 : 0);
		assert_true(bytes_are(bytes_of(out + len, 4 - len), 0xee));
	}
}

static void
test_decode_text_copy(void **state)
{
	char out[5];
	struct cbor_in in;

	(void)state;
	cbor_in_init(&in, RAW("\x64imei"));
	cbor_get_text_copy(&in, out, 5);
	assert_string_equal(out, "imei");
	assert_int_equal(cbor_in_end(&in), ST_OK);
	cbor_in_init(&in, RAW("\x64imei"));
	cbor_get_text_copy(&in, out, 4);
	assert_string_equal(out, "");
	assert_int_equal(cbor_in_end(&in), ST_CBOR_TYPE);
	cbor_in_init(&in, RAW("\x63\x61\x00\x61"));
	cbor_get_text_copy(&in, out, 5);
	assert_string_equal(out, "");
	assert_int_equal(cbor_in_end(&in), ST_CBOR_TYPE);
	cbor_in_init(&in, RAW("\x60"));
	cbor_get_text_copy(&in, out, 1);
	assert_string_equal(out, "");
	assert_int_equal(cbor_in_end(&in), ST_OK);
	cbor_in_init(&in, RAW("\x60"));
	cbor_get_text_copy(&in, out, 0);
	assert_int_equal(cbor_in_end(&in), ST_CBOR_TYPE);
}

static void
test_decode_raw(void **state)
{
	struct cbor_in in;

	(void)state;
	cbor_in_init(&in, RAW("\x82\xa1\x01\x42\x00\x01\xd2\x80"));
	cbor_expect_array(&in, 2);
	assert_true(
		bytes_equal(cbor_get_raw(&in), RAW("\xa1\x01\x42\x00\x01")));
	assert_true(bytes_equal(cbor_get_raw(&in), RAW("\xd2\x80")));
	assert_int_equal(cbor_in_end(&in), ST_OK);
	assert_null(cbor_get_raw(&in).ptr);
	assert_int_equal(cbor_in_end(&in), ST_CBOR_TYPE);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_encode),
		cmocka_unit_test(test_encode_edges_are_shortest),
		cmocka_unit_test(test_encode_without_room),
		cmocka_unit_test(test_encode_latches),
		cmocka_unit_test(test_decode),
		cmocka_unit_test(test_decode_past_the_end),
		cmocka_unit_test(test_decode_leaves_something),
		cmocka_unit_test(test_decode_latches_the_first),
		cmocka_unit_test(test_decode_wrong_type),
		cmocka_unit_test(test_decode_int_range),
		cmocka_unit_test(test_decode_exact_bytes),
		cmocka_unit_test(test_decode_text_copy),
		cmocka_unit_test(test_decode_raw),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
