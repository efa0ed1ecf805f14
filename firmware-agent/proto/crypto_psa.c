/* SPDX-License-Identifier: Apache-2.0 */
#include <psa/crypto.h>

#include "proto/crypto.h"

#define P256_BITS 256
#define POINT_LEN (1 + ES256_PUBLIC_LEN) /* 04, x, y */
#define POINT_UNCOMPRESSED 0x04

/* To verify, it is the same as the randomised form; named alike in both
 * places, so that a build needs only one of the two. */
#define ALG_ES256 PSA_ALG_DETERMINISTIC_ECDSA(PSA_ALG_SHA_256)

enum status
crypto_init(void)
{
	if (psa_crypto_init() != PSA_SUCCESS)
		return ST_CRYPTO_FAILED;
	return ST_OK;
}

static bool
hash_parts(psa_hash_operation_t *hash, struct sha256 *out,
	   const struct bytes *part, size_t count)
{
	size_t len = 0;

	if (psa_hash_setup(hash, PSA_ALG_SHA_256) != PSA_SUCCESS)
		return false;
	for (size_t i = 0; i < count; i++)
		if (part[i].len > 0 &&
		    psa_hash_update(hash, part[i].ptr, part[i].len) !=
			    PSA_SUCCESS)
			return false;
	return psa_hash_finish(hash, out->byte, sizeof(out->byte), &len) ==
		       PSA_SUCCESS &&
	       len == SHA256_LEN;
}

enum status
crypto_sha256(struct sha256 *out, const struct bytes *part, size_t count)
{
	psa_hash_operation_t hash = PSA_HASH_OPERATION_INIT;

	if (hash_parts(&hash, out, part, count))
		return ST_OK;
	/* What abort says does not matter: the outcome is a failure already */
	(void)psa_hash_abort(&hash);
	memset(out, 0, sizeof(*out));
	return ST_CRYPTO_FAILED;
}

static psa_status_t
key_import(psa_key_id_t *id, psa_key_type_t type, psa_key_usage_t usage,
	   struct bytes data)
{
	psa_key_attributes_t attributes = PSA_KEY_ATTRIBUTES_INIT;

	psa_set_key_type(&attributes, type);
	psa_set_key_bits(&attributes, P256_BITS);
	psa_set_key_usage_flags(&attributes, usage);
	psa_set_key_algorithm(&attributes, ALG_ES256);
	return psa_import_key(&attributes, data.ptr, data.len, id);
}

static enum status
verify_status(psa_status_t result)
{
	if (result == PSA_SUCCESS)
		return ST_OK;
	if (result == PSA_ERROR_INVALID_SIGNATURE)
		return ST_CRYPTO_SIGNATURE;
	return ST_CRYPTO_FAILED;
}

enum status
crypto_verify(const struct public_key *key, const struct sha256 *digest,
	      const struct signature *sig)
{
	uint8_t point[POINT_LEN] = {POINT_UNCOMPRESSED};
	psa_key_id_t id = 0;
	psa_status_t result;

	memcpy(point + 1, key->xy, sizeof(key->xy));
	result = key_import(&id,
			    PSA_KEY_TYPE_ECC_PUBLIC_KEY(PSA_ECC_FAMILY_SECP_R1),
			    PSA_KEY_USAGE_VERIFY_HASH,
			    bytes_of(point, sizeof(point)));
	if (result == PSA_ERROR_INVALID_ARGUMENT)
		return ST_CRYPTO_SIGNATURE;
	if (result != PSA_SUCCESS)
		return ST_CRYPTO_FAILED;
	result = psa_verify_hash(id, ALG_ES256, digest->byte, SHA256_LEN,
				 sig->rs, sizeof(sig->rs));
	if (psa_destroy_key(id) != PSA_SUCCESS)
		return ST_CRYPTO_FAILED;
	return verify_status(result);
}

enum status
crypto_key_open(struct crypto_key *key, const struct secret_scalar *scalar)
{
	psa_key_id_t id = 0;
	psa_status_t result = key_import(
		&id, PSA_KEY_TYPE_ECC_KEY_PAIR(PSA_ECC_FAMILY_SECP_R1),
		PSA_KEY_USAGE_SIGN_HASH,
		bytes_of(scalar->byte, sizeof(scalar->byte)));

	key->handle = 0;
	if (result == PSA_ERROR_INVALID_ARGUMENT)
		return ST_CRYPTO_SCALAR;
	if (result != PSA_SUCCESS)
		return ST_CRYPTO_FAILED;
	key->handle = (uintptr_t)id;
	return ST_OK;
}

enum status
crypto_key_public(struct public_key *out, const struct crypto_key *key)
{
	uint8_t point[POINT_LEN];
	size_t len = 0;

	memset(out, 0, sizeof(*out));
	if (psa_export_public_key((psa_key_id_t)key->handle, point,
				  sizeof(point), &len) != PSA_SUCCESS ||
	    len != POINT_LEN || point[0] != POINT_UNCOMPRESSED)
		return ST_CRYPTO_FAILED;
	memcpy(out->xy, point + 1, sizeof(out->xy));
	return ST_OK;
}

enum status
crypto_key_sign(struct signature *out, const struct crypto_key *key,
		const struct sha256 *digest)
{
	size_t len = 0;

	if (psa_sign_hash((psa_key_id_t)key->handle, ALG_ES256, digest->byte,
			  SHA256_LEN, out->rs, sizeof(out->rs),
			  &len) == PSA_SUCCESS &&
	    len == ES256_SIG_LEN)
		return ST_OK;
	memset(out, 0, sizeof(*out));
	return ST_CRYPTO_FAILED;
}

void
crypto_key_close(struct crypto_key *key)
{
	/* Fails for a handle that names no key, and then there is none. */
	(void)psa_destroy_key((psa_key_id_t)key->handle);
	key->handle = 0;
}
