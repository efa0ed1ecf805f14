/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/identity.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define FIRST UINT64_C(35209900176148)

static struct identity two;
static struct chip_id chip;
static struct public_key key;

static int
setup(void **state)
{
	(void)state;
	identity_init(&two);
	two.slot[0].body = FIRST;
	two.slot[1].body = FIRST + 1;
	chip.len = CHIP_ID_MIN;
	memset(chip.byte, 0, sizeof(chip.byte));
	for (uint8_t i = 0; i < CHIP_ID_MIN; i++)
		chip.byte[i] = i;
	memset(key.xy, 0x5a, sizeof(key.xy));
	return crypto_init() != ST_OK;
}

static void
test_chip_id(void **state)
{
	(void)state;
	for (unsigned int len = 0; len < 256; len++) {
		bool fits = len >= CHIP_ID_MIN && len <= CHIP_ID_MAX;

		chip.len = (uint8_t)len;
		assert_int_equal(chip_id_check(&chip),
				 fits ? ST_OK : ST_AGENT_CHIP_ID);
	}
	chip.len = CHIP_ID_MIN;
	memset(chip.byte, 0x00, sizeof(chip.byte));
	assert_int_equal(chip_id_check(&chip), ST_AGENT_CHIP_ID);
	chip.byte[CHIP_ID_MIN] = 1; /* not a part of it */
	assert_int_equal(chip_id_check(&chip), ST_AGENT_CHIP_ID);
	chip.byte[CHIP_ID_MIN - 1] = 1;
	assert_int_equal(chip_id_check(&chip), ST_OK);
	memset(chip.byte, 0xff, CHIP_ID_MIN);
	assert_int_equal(chip_id_check(&chip), ST_AGENT_CHIP_ID);
	chip.byte[0] = 0xfe;
	assert_int_equal(chip_id_check(&chip), ST_OK);
}

static void
test_chip_id_equal(void **state)
{
	struct chip_id other = chip;

	(void)state;
	assert_true(chip_id_equal(&chip, &other));
	other.byte[CHIP_ID_MIN] ^= 1;
	assert_true(chip_id_equal(&chip, &other));
	other.byte[0] ^= 1;
	assert_false(chip_id_equal(&chip, &other));
	other = chip;
	other.len++;
	assert_false(chip_id_equal(&chip, &other));
	other.len = 255;
	assert_false(chip_id_equal(&other, &other));
}

static void
test_masks(void **state)
{
	struct identity other = two;

	(void)state;
	assert_int_equal(identity_mask(&two), 3);
	assert_int_equal(identity_count(&two), 2);
	other.slot[3].body = FIRST + 9;
	assert_int_equal(identity_mask(&other), 0xb);
	assert_int_equal(identity_count(&other), 3);
	assert_false(identity_equal(&two, &other));
	other = two;
	assert_true(identity_equal(&two, &other));
	other.primary = 1;
	assert_false(identity_equal(&two, &other));
	identity_init(&other);
	assert_int_equal(identity_mask(&other), 0);
	assert_int_equal(identity_count(&other), 0);
}

static void
test_check(void **state)
{
	(void)state;
	assert_int_equal(identity_check(&two), ST_OK);
	two.primary = 1;
	assert_int_equal(identity_check(&two), ST_OK);
	two.primary = 2;
	assert_int_equal(identity_check(&two), ST_AGENT_IDENTITY);
	two.primary = SLOTS_MAX;
	assert_int_equal(identity_check(&two), ST_AGENT_IDENTITY);
	two.primary = 255;
	assert_int_equal(identity_check(&two), ST_AGENT_IDENTITY);
	identity_init(&two);
	assert_int_equal(identity_check(&two), ST_AGENT_IDENTITY);
	two.slot[2].body = FIRST;
	assert_int_equal(identity_check(&two), ST_AGENT_IDENTITY);
	two.primary = 2;
	assert_int_equal(identity_check(&two), ST_OK);
}

static void
test_check_numbers(void **state)
{
	const uint64_t wrong[] = {0, IMEI_BODY_MAX + 1, UINT64_MAX - 1, FIRST};

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		for (unsigned int slot = 1; slot < SLOTS_MAX; slot++) {
			struct identity other = two;

			other.slot[slot].body = wrong[i];
			assert_int_equal(identity_check(&other),
					 ST_AGENT_IDENTITY);
		}
}

/* What identity_get says of a text of CBOR. */
static enum status
get_status(const void *text, size_t len)
{
	struct identity out = two;
	struct cbor_in in;

	cbor_in_init(&in, bytes_of(text, len));
	identity_get(&in, &out);
	if (cbor_in_end(&in) != ST_OK)
		assert_int_equal(identity_mask(&out), 0);
	return cbor_in_end(&in);
}

#define assert_get(literal, expected)                                          \
	assert_int_equal(get_status(literal, sizeof(literal) - 1), expected)

static void
test_put_and_get(void **state)
{
	uint8_t buf[64];
	struct identity back;
	struct bytes encoded;
	struct cbor_out out;
	struct cbor_in in;

	(void)state;
	two.primary = 1;
	cbor_out_init(&out, buf, sizeof(buf));
	identity_put(&out, &two);
	assert_int_equal(cbor_out_end(&out, &encoded), ST_OK);
	cbor_in_init(&in, encoded);
	identity_get(&in, &back);
	assert_int_equal(cbor_in_end(&in), ST_OK);
	assert_true(identity_equal(&two, &back));
}

static void
test_get_refuses(void **state)
{
	(void)state;
	assert_get("\x85\x00\x01\xf6\xf6\xf6", ST_OK);
	assert_get("\x85\x03\x01\x02\x03\x04", ST_OK);
	assert_get("\x85\x01\x01\xf6\xf6\xf6", ST_AGENT_IDENTITY);
	assert_get("\x85\x00\xf6\xf6\xf6\xf6", ST_AGENT_IDENTITY);
	assert_get("\x85\x00\x01\x01\xf6\xf6", ST_AGENT_IDENTITY);
	assert_get("\x85\x00\x00\xf6\xf6\xf6", ST_AGENT_IDENTITY);
	assert_get("\x85\x04\x01\x02\x03\x04", ST_CBOR_TYPE);
	assert_get("\x85\x20\x01\x02\x03\x04", ST_CBOR_TYPE);
	assert_get("\x84\x00\x01\xf6\xf6", ST_CBOR_TYPE);
	assert_get("\x86\x00\x01\xf6\xf6\xf6\xf6", ST_CBOR_TYPE);
	assert_get("\x85\x00\x01\x20\xf6\xf6", ST_CBOR_TYPE);
	assert_get("\x85\x00\x01\xf4\xf6\xf6", ST_CBOR_TYPE);
	assert_get("\xa0", ST_CBOR_TYPE);
	/* 10^14, and the number that stands for none in memory */
	assert_get("\x85\x00\x1b\x00\x00\x5a\xf3\x10\x7a\x40\x00\xf6\xf6\xf6",
		   ST_CBOR_TYPE);
	assert_get("\x85\x00\x01\x1b\xff\xff\xff\xff\xff\xff\xff\xff\xf6\xf6",
		   ST_CBOR_TYPE);
}

/* Worked out by other means from the text in the header. */
static void
test_digest_value(void **state)
{
	static const struct sha256 expected = {
		{0x9b, 0x8d, 0xad, 0xc8, 0x5f, 0x00, 0x36, 0x3d,
		 0x24, 0x80, 0x62, 0x16, 0x20, 0x48, 0xc6, 0x94,
		 0x15, 0x3c, 0x77, 0x80, 0x6c, 0xba, 0x46, 0x76,
		 0xc9, 0x22, 0xa5, 0x37, 0x9d, 0xa3, 0xd2, 0xba}};
	struct sha256 digest;

	(void)state;
	assert_int_equal(identity_digest(&digest, CLASS_PRODUCTION, &chip, &two,
					 &key),
			 ST_OK);
	assert_memory_equal(digest.byte, expected.byte, SHA256_LEN);
}

static void
test_digest_depends_on_all(void **state)
{
	struct sha256 seen[6];

	(void)state;
	assert_int_equal(identity_digest(&seen[0], CLASS_PRODUCTION, &chip,
					 &two, &key),
			 ST_OK);
	assert_int_equal(identity_digest(&seen[1], CLASS_DEVELOPMENT, &chip,
					 &two, &key),
			 ST_OK);
	two.primary = 1;
	assert_int_equal(identity_digest(&seen[2], CLASS_PRODUCTION, &chip,
					 &two, &key),
			 ST_OK);
	two.slot[2].body = FIRST + 2;
	assert_int_equal(identity_digest(&seen[3], CLASS_PRODUCTION, &chip,
					 &two, &key),
			 ST_OK);
	chip.len++;
	assert_int_equal(identity_digest(&seen[4], CLASS_PRODUCTION, &chip,
					 &two, &key),
			 ST_OK);
	key.xy[63] ^= 1;
	assert_int_equal(identity_digest(&seen[5], CLASS_PRODUCTION, &chip,
					 &two, &key),
			 ST_OK);
	for (size_t i = 0; i < 6; i++)
		for (size_t j = 0; j < i; j++)
			assert_memory_not_equal(seen[i].byte, seen[j].byte,
						SHA256_LEN);
}

static void
test_digest_refuses(void **state)
{
	struct sha256 digest;

	(void)state;
	assert_int_equal(identity_digest(&digest, CLASS_NONE, &chip, &two,
					 &key),
			 ST_AGENT_CLASS);
	assert_true(bytes_are(bytes_of(digest.byte, SHA256_LEN), 0));
	chip.len = CHIP_ID_MAX + 1;
	assert_int_equal(identity_digest(&digest, CLASS_PRODUCTION, &chip, &two,
					 &key),
			 ST_AGENT_CHIP_ID);
	chip.len = CHIP_ID_MAX;
	two.slot[2].body = IMEI_BODY_MAX;
	two.slot[3].body = IMEI_BODY_MAX - 1;
	assert_int_equal(identity_digest(&digest, CLASS_PRODUCTION, &chip, &two,
					 &key),
			 ST_OK);
	identity_init(&two);
	assert_int_equal(identity_digest(&digest, CLASS_PRODUCTION, &chip, &two,
					 &key),
			 ST_AGENT_IDENTITY);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_chip_id, setup),
		cmocka_unit_test_setup(test_chip_id_equal, setup),
		cmocka_unit_test_setup(test_masks, setup),
		cmocka_unit_test_setup(test_check, setup),
		cmocka_unit_test_setup(test_check_numbers, setup),
		cmocka_unit_test_setup(test_put_and_get, setup),
		cmocka_unit_test_setup(test_get_refuses, setup),
		cmocka_unit_test_setup(test_digest_value, setup),
		cmocka_unit_test_setup(test_digest_depends_on_all, setup),
		cmocka_unit_test_setup(test_digest_refuses, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
