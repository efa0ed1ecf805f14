/* SPDX-License-Identifier: Apache-2.0 */
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/obj_mac.h>
#include <openssl/param_build.h>

#include "proto/crypto.h"

#define COORDINATE_LEN 32
#define POINT_LEN (1 + ES256_PUBLIC_LEN) /* 04, x, y */
#define POINT_UNCOMPRESSED 0x04
#define DER_MAX 80 /* bytes of an ECDSA-Sig-Value on P-256: 72 at most */

/* Made once and only read afterwards, so threads may share them. */
static EVP_MD *sha256_md;
static EC_GROUP *p256;
static EVP_PKEY *curve; /* a key without a point, for public keys to begin
			   with: it takes a fifth of making one from its name */

static EVP_PKEY *
make_curve(void)
{
	char name[] = SN_X9_62_prime256v1;
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME,
						 name, 0),
		OSSL_PARAM_construct_end(),
	};
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	EVP_PKEY *key = NULL;

	if (ctx == NULL || EVP_PKEY_fromdata_init(ctx) != 1 ||
	    EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_KEY_PARAMETERS, params) != 1)
		key = NULL;
	EVP_PKEY_CTX_free(ctx);
	return key;
}

enum status
crypto_init(void)
{
	if (sha256_md == NULL)
		sha256_md = EVP_MD_fetch(NULL, "SHA256", NULL);
	if (p256 == NULL)
		p256 = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
	if (curve == NULL)
		curve = make_curve();
	if (sha256_md == NULL || p256 == NULL || curve == NULL)
		return ST_CRYPTO_FAILED;
	return ST_OK;
}

static bool
hash_parts(EVP_MD_CTX *ctx, struct sha256 *out, const struct bytes *part,
	   size_t count)
{
	unsigned int len = 0;

	if (EVP_DigestInit_ex2(ctx, sha256_md, NULL) != 1)
		return false;
	for (size_t i = 0; i < count; i++)
		if (part[i].len > 0 &&
		    EVP_DigestUpdate(ctx, part[i].ptr, part[i].len) != 1)
			return false;
	return EVP_DigestFinal_ex(ctx, out->byte, &len) == 1 &&
	       len == SHA256_LEN;
}

enum status
crypto_sha256(struct sha256 *out, const struct bytes *part, size_t count)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool is_done = ctx != NULL && sha256_md != NULL &&
		       hash_parts(ctx, out, part, count);

	EVP_MD_CTX_free(ctx);
	if (is_done)
		return ST_OK;
	memset(out, 0, sizeof(*out));
	return ST_CRYPTO_FAILED;
}

/* NULL if point is none of the curve. */
static EVP_PKEY *
public_make(const uint8_t point[POINT_LEN])
{
	EVP_PKEY *key = curve == NULL ? NULL : EVP_PKEY_dup(curve);

	if (key == NULL ||
	    EVP_PKEY_set1_encoded_public_key(key, point, POINT_LEN) == 1)
		return key;
	EVP_PKEY_free(key);
	return NULL;
}

static EVP_PKEY *
private_make(const uint8_t point[POINT_LEN], const BIGNUM *scalar)
{
	OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	OSSL_PARAM *params = NULL;
	EVP_PKEY *key = NULL;

	if (build == NULL || ctx == NULL ||
	    OSSL_PARAM_BLD_push_utf8_string(build, OSSL_PKEY_PARAM_GROUP_NAME,
					    SN_X9_62_prime256v1, 0) != 1 ||
	    OSSL_PARAM_BLD_push_octet_string(build, OSSL_PKEY_PARAM_PUB_KEY,
					     point, POINT_LEN) != 1 ||
	    OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_PRIV_KEY, scalar) !=
		    1)
		goto out;
	params = OSSL_PARAM_BLD_to_param(build);
	if (params == NULL || EVP_PKEY_fromdata_init(ctx) != 1 ||
	    EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_KEYPAIR, params) != 1)
		key = NULL;
out:
	OSSL_PARAM_free(params);
	EVP_PKEY_CTX_free(ctx);
	OSSL_PARAM_BLD_free(build);
	return key;
}

/* Whether the last error is the curve's word on a point. */
static bool
is_point_refused(void)
{
	unsigned long code = ERR_peek_last_error();

	return ERR_GET_LIB(code) == ERR_LIB_EC &&
	       ERR_GET_REASON(code) != ERR_R_MALLOC_FAILURE;
}

/* r and s as DER, which is what EVP takes; 0 when there is no memory. */
static size_t
signature_to_der(uint8_t der[DER_MAX], const struct signature *sig)
{
	ECDSA_SIG *both = ECDSA_SIG_new();
	BIGNUM *r = BN_bin2bn(sig->rs, COORDINATE_LEN, NULL);
	BIGNUM *s = BN_bin2bn(sig->rs + COORDINATE_LEN, COORDINATE_LEN, NULL);
	int len = 0;

	if (both == NULL || r == NULL || s == NULL ||
	    ECDSA_SIG_set0(both, r, s) != 1) {
		BN_free(r);
		BN_free(s);
	} else if (i2d_ECDSA_SIG(both, NULL) <= DER_MAX) {
		len = i2d_ECDSA_SIG(both, &der);
	}
	ECDSA_SIG_free(both);
	return len > 0 ? (size_t)len : 0;
}

static enum status
verify_der(EVP_PKEY *key, const struct sha256 *digest, const uint8_t *der,
	   size_t der_len)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
	int verdict = -1;

	if (ctx != NULL && EVP_PKEY_verify_init(ctx) == 1)
		verdict = EVP_PKEY_verify(ctx, der, der_len, digest->byte,
					  SHA256_LEN);
	EVP_PKEY_CTX_free(ctx);
	if (verdict == 1)
		return ST_OK;
	return verdict == 0 ? ST_CRYPTO_SIGNATURE : ST_CRYPTO_FAILED;
}

/*
 * What this thread saw good last.  Objects are verified twice in a row, which
 * guards a chip against a glitch (proto/decide.h); a host need not pay for it.
 */
static _Thread_local struct seen_good {
	bool is_set;
	struct public_key key;
	struct sha256 digest;
	struct signature sig;
} seen_good;

static bool
was_seen_good(const struct public_key *key, const struct sha256 *digest,
	      const struct signature *sig)
{
	return seen_good.is_set &&
	       memcmp(&seen_good.key, key, sizeof(*key)) == 0 &&
	       memcmp(&seen_good.digest, digest, sizeof(*digest)) == 0 &&
	       memcmp(&seen_good.sig, sig, sizeof(*sig)) == 0;
}

static enum status
verify_anew(const struct public_key *key, const struct sha256 *digest,
	    const struct signature *sig)
{
	uint8_t point[POINT_LEN] = {POINT_UNCOMPRESSED};
	uint8_t der[DER_MAX];
	size_t der_len = signature_to_der(der, sig);
	enum status status = ST_CRYPTO_FAILED;
	EVP_PKEY *pkey;

	memcpy(point + 1, key->xy, sizeof(key->xy));
	ERR_clear_error();
	pkey = public_make(point);
	if (pkey == NULL && is_point_refused())
		status = ST_CRYPTO_SIGNATURE;
	else if (pkey != NULL && der_len > 0)
		status = verify_der(pkey, digest, der, der_len);
	EVP_PKEY_free(pkey);
	ERR_clear_error();
	return status;
}

enum status
crypto_verify(const struct public_key *key, const struct sha256 *digest,
	      const struct signature *sig)
{
	enum status status;

	if (was_seen_good(key, digest, sig))
		return ST_OK;
	status = verify_anew(key, digest, sig);
	if (status == ST_OK)
		seen_good = (struct seen_good){true, *key, *digest, *sig};
	return status;
}

static bool
point_of_scalar(uint8_t out[POINT_LEN], const BIGNUM *scalar)
{
	EC_POINT *point = EC_POINT_new(p256);
	bool is_done =
		point != NULL &&
		EC_POINT_mul(p256, point, scalar, NULL, NULL, NULL) == 1 &&
		EC_POINT_point2oct(p256, point, POINT_CONVERSION_UNCOMPRESSED,
				   out, POINT_LEN, NULL) == POINT_LEN;

	EC_POINT_free(point);
	return is_done;
}

static bool
is_scalar(const BIGNUM *scalar)
{
	return !BN_is_zero(scalar) &&
	       BN_cmp(scalar, EC_GROUP_get0_order(p256)) < 0;
}

static EVP_PKEY *
key_of_scalar(const BIGNUM *scalar)
{
	uint8_t point[POINT_LEN];

	return point_of_scalar(point, scalar) ? private_make(point, scalar)
					      : NULL;
}

enum status
crypto_key_open(struct crypto_key *key, const struct secret_scalar *scalar)
{
	BIGNUM *number = BN_secure_new();
	enum status status = ST_CRYPTO_FAILED;

	key->handle = 0;
	if (p256 == NULL || number == NULL ||
	    BN_bin2bn(scalar->byte, ES256_PRIVATE_LEN, number) == NULL)
		goto out;
	BN_set_flags(number, BN_FLG_CONSTTIME);
	status = ST_CRYPTO_SCALAR;
	if (!is_scalar(number))
		goto out;
	key->handle = (uintptr_t)key_of_scalar(number);
	status = key->handle != 0 ? ST_OK : ST_CRYPTO_FAILED;
out:
	BN_clear_free(number);
	ERR_clear_error();
	return status;
}

static EVP_PKEY *
key_of(const struct crypto_key *key)
{
	return (EVP_PKEY *)key->handle;
}

enum status
crypto_key_public(struct public_key *out, const struct crypto_key *key)
{
	uint8_t point[POINT_LEN];
	size_t len = 0;

	memset(out, 0, sizeof(*out));
	if (key->handle == 0 ||
	    EVP_PKEY_get_octet_string_param(key_of(key),
					    OSSL_PKEY_PARAM_PUB_KEY, point,
					    sizeof(point), &len) != 1 ||
	    len != POINT_LEN || point[0] != POINT_UNCOMPRESSED)
		return ST_CRYPTO_FAILED;
	memcpy(out->xy, point + 1, sizeof(out->xy));
	return ST_OK;
}

static bool
signature_of_der(struct signature *out, const uint8_t *der, size_t der_len)
{
	ECDSA_SIG *both = d2i_ECDSA_SIG(NULL, &der, (long)der_len);
	bool is_done = both != NULL &&
		       BN_bn2binpad(ECDSA_SIG_get0_r(both), out->rs,
				    COORDINATE_LEN) == COORDINATE_LEN &&
		       BN_bn2binpad(ECDSA_SIG_get0_s(both),
				    out->rs + COORDINATE_LEN,
				    COORDINATE_LEN) == COORDINATE_LEN;

	ECDSA_SIG_free(both);
	return is_done;
}

enum status
crypto_key_sign(struct signature *out, const struct crypto_key *key,
		const struct sha256 *digest)
{
	uint8_t der[DER_MAX];
	size_t der_len = sizeof(der);
	EVP_PKEY_CTX *ctx = NULL;
	bool is_done;

	memset(out, 0, sizeof(*out));
	if (key->handle == 0)
		return ST_CRYPTO_FAILED;
	ctx = EVP_PKEY_CTX_new_from_pkey(NULL, key_of(key), NULL);
	is_done = ctx != NULL && EVP_PKEY_sign_init(ctx) == 1 &&
		  EVP_PKEY_sign(ctx, der, &der_len, digest->byte, SHA256_LEN) ==
			  1 &&
		  signature_of_der(out, der, der_len);
	EVP_PKEY_CTX_free(ctx);
	if (is_done)
		return ST_OK;
	memset(out, 0, sizeof(*out));
	return ST_CRYPTO_FAILED;
}

void
crypto_key_close(struct crypto_key *key)
{
	if (key->handle != 0)
		EVP_PKEY_free(key_of(key));
	key->handle = 0;
}
