/* SPDX-License-Identifier: Apache-2.0 */
/*
 * device_key.h - the unit's own key, derived from the secret in its fuses.
 *
 * The scalar is the first of SHA-256(counter | secret | "imeilock device key
 * 1" | chip id), counter = 1, 2, ... as four bytes big endian, that is a valid
 * P-256 scalar (one-step KDF of NIST SP 800-56C, candidates tested as in FIPS
 * 186-5 A.2.2).  Scalar and secret never leave this file but in the key.
 */
#ifndef IMEILOCK_BOOT_DEVICE_KEY_H
#define IMEILOCK_BOOT_DEVICE_KEY_H

#include "port/port.h"

/*
 * Open the key; the caller closes it with crypto_key_close.
 *   ST_AGENT_STATE  the image has no whole secret
 */
MUST_CHECK enum status device_key_open(struct crypto_key *key,
				       const struct image *image,
				       const struct chip_id *chip);

#endif
