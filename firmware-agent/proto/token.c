/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/claims.h"

#define WORD_LEN 4 /* bytes of a word in the token, big endian */
#define WORDS_LEN (IMAGE_OPEN_WORDS * WORD_LEN)
#define HEALTH_UNREADABLE 0x80 /* with the word's index in the other bits */

static void
put_nonce(struct cbor_out *out, const struct nonce *nonce)
{
	claim_put_bytes(out, CLAIM_NONCE, bytes_of(nonce->byte, NONCE_LEN));
}

static void
get_nonce(struct cbor_in *in, struct nonce *out)
{
	claim_get_exact(in, CLAIM_NONCE, out->byte, NONCE_LEN);
}

/* ----------------------------------------------------------- key token */

void
key_token_encode(struct cbor_out *out, const struct key_token *token)
{
	cbor_put_map(out, 2);
	put_nonce(out, &token->nonce);
	claim_put_own(out, 5);
	claim_put_unit(out, token->class, &token->chip, &token->device);
	claim_put_bytes(out, OWN_DEVICE_NONCE,
			bytes_of(token->device_nonce.byte, NONCE_LEN));
	claim_put_uint(out, OWN_ORIGIN, (uint64_t)token->origin);
}

static enum status
key_token_decode(struct key_token *out, struct bytes payload)
{
	struct cbor_in in;

	cbor_in_init(&in, payload);
	cbor_expect_map(&in, 2);
	get_nonce(&in, &out->nonce);
	claim_expect_own(&in, 5);
	claim_get_unit(&in, &out->class, &out->chip, &out->device);
	claim_get_exact(&in, OWN_DEVICE_NONCE, out->device_nonce.byte,
			NONCE_LEN);
	out->origin = (enum key_origin)claim_get_uint(
		&in, OWN_ORIGIN, ORIGIN_CHIP, ORIGIN_INJECTED);
	return cbor_in_end(&in);
}

enum status
key_token_open(struct key_token *out, struct bytes object)
{
	const struct cose_kind *kind = &KIND_KEY_TOKEN;
	struct bytes payload;
	enum status decoded = object_payload(&payload, kind, object);

	memset(out, 0, sizeof(*out));
	if (decoded == ST_OK)
		decoded = key_token_decode(out, payload);
	return object_settle(out, sizeof(*out), decoded,
			     object_verify(&payload, kind, object,
					   &out->device));
}

/* ---------------------------------------------------------- read token */

static void
put_words(struct cbor_out *out, const struct image *image)
{
	cbor_put_int(out, OWN_WORDS);
	cbor_put_bytes_head(out, WORDS_LEN);
	for (unsigned int i = IMAGE_FIRST_OPEN_WORD; i < IMAGE_WORDS; i++) {
		uint8_t raw[WORD_LEN];

		for (unsigned int k = 0; k < WORD_LEN; k++)
			raw[k] = (uint8_t)(image->word[i] >> (24 - 8 * k));
		cbor_put_raw(out, bytes_of(raw, WORD_LEN));
	}
}

/* Only words that were not read well, so the common case takes one byte. */
static void
put_health(struct cbor_out *out, const struct image *image)
{
	uint8_t bad[IMAGE_OPEN_WORDS];
	size_t count = 0;

	for (unsigned int i = 0; i < IMAGE_OPEN_WORDS; i++) {
		uint8_t health = image->health[IMAGE_FIRST_OPEN_WORD + i];

		if (health == WORD_CORRECTED)
			bad[count++] = (uint8_t)i;
		else if (health != WORD_GOOD)
			bad[count++] = (uint8_t)(i | HEALTH_UNREADABLE);
	}
	claim_put_bytes(out, OWN_HEALTH, bytes_of(bad, count));
}

void
read_token_encode(struct cbor_out *out, const struct read_token *token)
{
	cbor_put_map(out, 2);
	put_nonce(out, &token->nonce);
	claim_put_own(out, 7);
	claim_put_unit(out, token->class, &token->chip, &token->device);
	claim_put_uint(out, OWN_LAYOUT, token->layout);
	claim_put_uint(out, OWN_SECRET, (uint64_t)token->secret);
	put_words(out, &token->image);
	put_health(out, &token->image);
}

static void
get_words(struct cbor_in *in, struct image *out)
{
	uint8_t raw[WORDS_LEN];

	claim_get_exact(in, OWN_WORDS, raw, sizeof(raw));
	for (unsigned int i = 0; i < IMAGE_OPEN_WORDS; i++) {
		uint32_t word = 0;

		for (unsigned int k = 0; k < WORD_LEN; k++)
			word = word << 8 | raw[i * WORD_LEN + k];
		out->word[IMAGE_FIRST_OPEN_WORD + i] = word;
	}
}

static void
get_health(struct cbor_in *in, struct image *out)
{
	unsigned int next = 0;
	struct bytes bad;

	cbor_expect_key(in, OWN_HEALTH);
	bad = cbor_get_bytes(in);
	for (size_t i = 0; i < bad.len; i++) {
		unsigned int word = bad.ptr[i] &
				    ~(unsigned int)HEALTH_UNREADABLE;

		if (word < next || word >= IMAGE_OPEN_WORDS) {
			cbor_fail(in, ST_CBOR_TYPE);
			return;
		}
		out->health[IMAGE_FIRST_OPEN_WORD + word] =
			bad.ptr[i] == word ? WORD_CORRECTED : WORD_UNREADABLE;
		next = word + 1;
	}
}

static enum status
read_token_decode(struct read_token *out, struct bytes payload)
{
	struct cbor_in in;

	cbor_in_init(&in, payload);
	cbor_expect_map(&in, 2);
	get_nonce(&in, &out->nonce);
	claim_expect_own(&in, 7);
	claim_get_unit(&in, &out->class, &out->chip, &out->device);
	out->layout = (uint8_t)claim_get_uint(&in, OWN_LAYOUT, IMAGE_LAYOUT,
					      IMAGE_LAYOUT);
	out->secret = (enum field_state)claim_get_uint(
		&in, OWN_SECRET, FIELD_EMPTY, FIELD_CLASH);
	get_words(&in, &out->image);
	get_health(&in, &out->image);
	return cbor_in_end(&in);
}

enum status
read_token_open(struct read_token *out, struct bytes object)
{
	const struct cose_kind *kind = &KIND_READ_TOKEN;
	struct bytes payload;
	enum status decoded = object_payload(&payload, kind, object);

	memset(out, 0, sizeof(*out));
	if (decoded == ST_OK)
		decoded = read_token_decode(out, payload);
	return object_settle(out, sizeof(*out), decoded,
			     object_verify(&payload, kind, object,
					   &out->device));
}

/* --------------------------------------------------------- probe token */

void
probe_token_encode(struct cbor_out *out, const struct probe_token *token)
{
	cbor_put_map(out, 2);
	put_nonce(out, &token->nonce);
	claim_put_own(out, 6);
	claim_put_unit(out, token->class, &token->chip, &token->device);
	claim_put_uint(out, OWN_STATE, (uint64_t)token->state);
	claim_put_bool(out, OWN_STATUS_ONLY, token->is_status_only);
	cbor_put_int(out, OWN_CANARIES);
	cbor_put_array(out, token->unit_count);
	for (unsigned int i = 0; i < token->unit_count; i++)
		cbor_put_uint(out, token->canary[i]);
}

static void
get_canaries(struct cbor_in *in, struct probe_token *out)
{
	size_t count;

	cbor_expect_key(in, OWN_CANARIES);
	count = cbor_get_array(in);
	if (count < 1 || count > LOCK_UNITS_MAX) {
		cbor_fail(in, ST_CBOR_TYPE);
		return;
	}
	out->unit_count = (uint8_t)count;
	for (size_t i = 0; i < count; i++) {
		out->canary[i] =
			(uint8_t)cbor_get_uint_max(in, CANARY_NOT_TRIED);
		if (out->canary[i] < CANARY_HELD)
			cbor_fail(in, ST_CBOR_TYPE);
	}
}

static enum status
probe_token_decode(struct probe_token *out, struct bytes payload)
{
	struct cbor_in in;

	cbor_in_init(&in, payload);
	cbor_expect_map(&in, 2);
	get_nonce(&in, &out->nonce);
	claim_expect_own(&in, 6);
	claim_get_unit(&in, &out->class, &out->chip, &out->device);
	out->state = (enum device_state)claim_get_uint(&in, OWN_STATE,
						       STATE_BLANK, STATE_VOID);
	out->is_status_only = claim_get_bool(&in, OWN_STATUS_ONLY);
	get_canaries(&in, out);
	return cbor_in_end(&in);
}

enum status
probe_token_open(struct probe_token *out, struct bytes object)
{
	const struct cose_kind *kind = &KIND_PROBE_TOKEN;
	struct bytes payload;
	enum status decoded = object_payload(&payload, kind, object);

	memset(out, 0, sizeof(*out));
	if (decoded == ST_OK)
		decoded = probe_token_decode(out, payload);
	return object_settle(out, sizeof(*out), decoded,
			     object_verify(&payload, kind, object,
					   &out->device));
}
