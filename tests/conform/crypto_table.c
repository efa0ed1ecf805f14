/* SPDX-License-Identifier: Apache-2.0 */
#include "conform/crypto_table.h"

/* CRYPTO_TABLE and CRYPTO_NAME come from the command line. */
const struct crypto_table CRYPTO_TABLE = {
	.name = CRYPTO_NAME,
	.init = crypto_init,
	.sha256 = crypto_sha256,
	.verify = crypto_verify,
	.key_open = crypto_key_open,
	.key_public = crypto_key_public,
	.key_sign = crypto_key_sign,
	.key_close = crypto_key_close,
};
