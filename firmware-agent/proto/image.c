/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/image.h"

#define TAG UINT32_C(0x50000000)
#define PAYLOAD_MASK UINT32_C(0x0fffffff)
#define ALL_ONES UINT32_C(0xffffffff)

static const uint8_t payload_words[IMAGE_FIELDS] = {
	[FIELD_SECRET] = 5,	[FIELD_HEADER] = 1,	[FIELD_IDENTITY_1] = 2,
	[FIELD_IDENTITY_2] = 2, [FIELD_IDENTITY_3] = 2, [FIELD_IDENTITY_4] = 2,
	[FIELD_DIGEST] = 10,	[FIELD_MARKER] = 1,
};

unsigned int
image_payload_words(enum image_field field)
{
	return payload_words[field];
}

unsigned int
image_copy_words(enum image_field field)
{
	return 1u + 2u * payload_words[field];
}

unsigned int
image_kill_word(enum image_field field, enum image_copy copy)
{
	unsigned int at = 0;

	for (unsigned int f = 0; f < (unsigned int)field; f++)
		at += 2u * image_copy_words((enum image_field)f);
	return at + (unsigned int)copy * image_copy_words(field);
}

uint32_t
image_encode_word(uint32_t payload)
{
	return TAG | (payload & PAYLOAD_MASK);
}

uint32_t
image_encode_complement(uint32_t payload)
{
	return ~image_encode_word(payload);
}

void
image_encode_copy(uint32_t *words, enum image_field field,
		  const struct image_payload *payload)
{
	words[0] = 0;
	for (unsigned int i = 0; i < payload_words[field]; i++) {
		words[1 + 2 * i] = image_encode_word(payload->word[i]);
		words[2 + 2 * i] = image_encode_complement(payload->word[i]);
	}
}

/* A kill bit, a pair that reads (1,1) or a word that cannot be read. */
static bool
is_dead(const uint32_t *word, const uint8_t *health, unsigned int count)
{
	bool dead = word[0] != 0;

	for (unsigned int i = 0; i < count; i++)
		dead |= health[i] == WORD_UNREADABLE;
	for (unsigned int i = 1; i + 1 < count; i += 2)
		dead |= (word[i] & word[i + 1]) != 0;
	return dead;
}

static bool
is_pair_valid(const uint32_t *pair)
{
	return pair[1] == ~pair[0] && (pair[0] & ~PAYLOAD_MASK) == TAG;
}

enum copy_state
image_copy_state(const struct image *image, enum image_field field,
		 enum image_copy copy)
{
	unsigned int at = image_kill_word(field, copy);
	unsigned int count = image_copy_words(field);
	const uint32_t *word = image->word + at;
	bool blank = true;
	bool valid = true;

	if (is_dead(word, image->health + at, count))
		return COPY_DEAD;
	for (unsigned int i = 1; i < count; i++)
		blank &= word[i] == 0;
	for (unsigned int i = 1; i < count; i += 2)
		valid &= is_pair_valid(word + i);
	if (blank)
		return COPY_BLANK;
	return valid ? COPY_VALID : COPY_TORN;
}

void
image_copy_payload(struct image_payload *out, const struct image *image,
		   enum image_field field, enum image_copy copy)
{
	unsigned int at = image_kill_word(field, copy) + 1;

	memset(out, 0, sizeof(*out));
	for (unsigned int i = 0; i < payload_words[field]; i++)
		out->word[i] = image->word[at + 2 * i] & PAYLOAD_MASK;
}

/* Bits are taken from the first byte's highest on, 28 to a word; what is left
 * of the last word stays zero. */
static void
pack(struct image_payload *out, const uint8_t *bytes, unsigned int len)
{
	memset(out, 0, sizeof(*out));
	for (unsigned int bit = 0; bit < 8 * len; bit++) {
		uint32_t one = (uint32_t)bytes[bit / 8] >> (7 - bit % 8) & 1u;

		out->word[bit / 28] |= one << (27 - bit % 28);
	}
}

/* False if a bit behind the last byte is set. */
static bool
unpack(uint8_t *bytes, unsigned int len, const struct image_payload *in,
       unsigned int words)
{
	uint32_t rest = 0;

	memset(bytes, 0, len);
	for (unsigned int bit = 0; bit < 28 * words; bit++) {
		uint32_t one = (in->word[bit / 28] >> (27 - bit % 28)) & 1u;

		if (bit < 8 * len)
			bytes[bit / 8] |= (uint8_t)(one << (7 - bit % 8));
		else
			rest |= one;
	}
	return rest == 0;
}

void
image_secret_payload(struct image_payload *out,
		     const uint8_t secret[IMAGE_SECRET_LEN])
{
	pack(out, secret, IMAGE_SECRET_LEN);
}

void
image_payload_secret(uint8_t secret[IMAGE_SECRET_LEN],
		     const struct image_payload *payload)
{
	(void)unpack(secret, IMAGE_SECRET_LEN, payload,
		     payload_words[FIELD_SECRET]);
}

void
image_identity_payload(struct image_payload *out, struct imei imei)
{
	memset(out, 0, sizeof(*out));
	out->word[0] = imei_encode_bcd(imei, 0);
	out->word[1] = imei_encode_bcd(imei, 1);
}

void
image_digest_payload(struct image_payload *out, const struct sha256 *digest)
{
	pack(out, digest->byte, SHA256_LEN);
}

bool
image_payload_digest(struct sha256 *out, const struct image_payload *payload)
{
	return unpack(out->byte, SHA256_LEN, payload,
		      payload_words[FIELD_DIGEST]);
}

void
image_marker_payload(struct image_payload *out)
{
	memset(out, 0, sizeof(*out));
	out->word[0] = UINT32_C(0x6b5a3c9);
}

/* Header: layout, class, mask of populated slots, primary slot. */
#define HEADER_DEVELOPMENT UINT32_C(0x5a)
#define HEADER_PRODUCTION UINT32_C(0xa6)

void
image_header_payload(struct image_payload *out, const struct identity *identity,
		     enum dev_class class)
{
	uint32_t code = class == CLASS_PRODUCTION ? HEADER_PRODUCTION
						  : HEADER_DEVELOPMENT;

	memset(out, 0, sizeof(*out));
	out->word[0] = (uint32_t)IMAGE_LAYOUT << 20 | code << 12 |
		       (uint32_t)identity_mask(identity) << 8 |
		       identity->primary;
}

bool
image_payload_header(struct image_header *out,
		     const struct image_payload *payload)
{
	uint32_t word = payload->word[0];
	uint32_t code = (word >> 12) & 0xff;
	uint32_t primary = word & 0xff;

	out->class = code == HEADER_PRODUCTION	  ? CLASS_PRODUCTION
		     : code == HEADER_DEVELOPMENT ? CLASS_DEVELOPMENT
						  : CLASS_NONE;
	out->slot_mask = (word >> 8) & 0xf;
	out->primary = (uint8_t)(primary & (SLOTS_MAX - 1));
	return word >> 20 == IMAGE_LAYOUT && out->class != CLASS_NONE &&
	       primary < SLOTS_MAX && (out->slot_mask >> primary & 1) != 0;
}
