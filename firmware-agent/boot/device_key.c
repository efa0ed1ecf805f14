/* SPDX-License-Identifier: Apache-2.0 */
#include "boot/device_key.h"

#include "proto/image.h"

static const char info[] = "imeilock device key 1";

static bool
find_secret(uint8_t secret[IMAGE_SECRET_LEN], const struct image *image)
{
	struct image_payload payload;
	enum image_copy copy = COPY_A;

	if (image_field_state(image, FIELD_SECRET) != FIELD_DONE)
		return false;
	if (image_copy_state(image, FIELD_SECRET, COPY_A) != COPY_VALID)
		copy = COPY_B;
	image_copy_payload(&payload, image, FIELD_SECRET, copy);
	image_payload_secret(secret, &payload);
	bytes_wipe(&payload, sizeof(payload));
	return true;
}

static enum status
open_candidate(struct crypto_key *key, uint8_t counter,
	       const uint8_t secret[IMAGE_SECRET_LEN],
	       const struct chip_id *chip)
{
	const uint8_t be_counter[4] = {0, 0, 0, counter};
	const struct bytes part[] = {
		bytes_of(be_counter, sizeof(be_counter)),
		bytes_of(secret, IMAGE_SECRET_LEN),
		bytes_of(info, sizeof(info) - 1),
		chip_id_bytes(chip),
	};
	struct sha256 hash;
	struct secret_scalar scalar;
	enum status st = crypto_sha256(&hash, part, 4);

	if (st == ST_OK) {
		memcpy(scalar.byte, hash.byte, sizeof(scalar.byte));
		st = crypto_key_open(key, &scalar);
	}
	bytes_wipe(&hash, sizeof(hash));
	bytes_wipe(&scalar, sizeof(scalar));
	return st;
}

enum status
device_key_open(struct crypto_key *key, const struct image *image,
		const struct chip_id *chip)
{
	uint8_t secret[IMAGE_SECRET_LEN];
	enum status st = ST_CRYPTO_SCALAR;

	key->handle = 0;
	if (!find_secret(secret, image))
		return ST_AGENT_STATE;
	/* a candidate fails about once in 2^32: eight are one too many */
	for (uint8_t i = 1; i <= 8 && st == ST_CRYPTO_SCALAR; i++)
		st = open_candidate(key, i, secret, chip);
	bytes_wipe(secret, sizeof(secret));
	return st;
}
