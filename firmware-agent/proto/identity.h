/* SPDX-License-Identifier: Apache-2.0 */
/*
 * identity.h - who a unit is: chip, class, and one IMEI for each modem slot.
 *
 * Values that image, messages and signed objects share.  No I/O, no globals.
 */
#ifndef IMEILOCK_PROTO_IDENTITY_H
#define IMEILOCK_PROTO_IDENTITY_H

#include "proto/bytes.h"
#include "proto/cbor.h"
#include "proto/crypto.h"
#include "proto/imei.h"
#include "proto/status.h"

#define SLOTS_MAX 4 /* modem slots: transceivers that need their own IMEI */
#define CHIP_ID_MIN 8
#define CHIP_ID_MAX 32
#define NONCE_LEN 16
#define LEDGER_ID_LEN 16
#define MODEL_MAX 31 /* bytes of a model's name, ASCII */

/* What a thing is for.  On the wire 1 and 2; in fuses see docs/otp.md. */
enum dev_class {
	CLASS_NONE = 0,
	CLASS_DEVELOPMENT = 1,
	CLASS_PRODUCTION = 2,
};

/* The SoC's own number. */
struct chip_id {
	uint8_t len;
	uint8_t byte[CHIP_ID_MAX];
};

struct nonce {
	uint8_t byte[NONCE_LEN];
};

struct ledger_id {
	uint8_t byte[LEDGER_ID_LEN];
};

/*
 * The IMEIs of a unit by modem slot, IMEI_NONE where a slot has none, and
 * which one is primary (GSMA TS.37).  primary counts from 0 and names a
 * populated slot.
 */
struct identity {
	struct imei slot[SLOTS_MAX];
	uint8_t primary;
};

/* ST_AGENT_CHIP_ID: length out of bounds, or all zeros, or all ones. */
MUST_CHECK enum status chip_id_check(const struct chip_id *chip);
bool chip_id_equal(const struct chip_id *a, const struct chip_id *b);
static inline struct bytes
chip_id_bytes(const struct chip_id *chip)
{
	return bytes_of(chip->byte, chip->len);
}

void identity_init(struct identity *identity); /* no slot populated */
uint8_t identity_mask(const struct identity *identity);
unsigned int identity_count(const struct identity *identity);
bool identity_equal(const struct identity *a, const struct identity *b);
/* ST_AGENT_IDENTITY: nothing populated, primary not populated, a number
 * twice, or a number that is not valid. */
MUST_CHECK enum status identity_check(const struct identity *identity);

/*
 * An identity in CBOR, everywhere: [primary, imei 1, imei 2, imei 3, imei 4],
 * primary 0 to 3, each imei its body as an unsigned integer, or null.
 * identity_get latches ST_CBOR_TYPE for another shape, and what
 * identity_check finds; *identity has then no slot populated.
 */
void identity_put(struct cbor_out *out, const struct identity *identity);
void identity_get(struct cbor_in *in, struct identity *identity);

/*
 * SHA-256 of the canonical payload {layout, class, chip id, identity, device
 * key} (docs/otp.md): what the digest field of the fuses holds.  Only facts
 * that fuses and ticket fix, so a record that is signed again still fits.
 * The input is one CBOR array:
 *   ["imeilock-digest", layout, class, chip id, identity, device key]
 *   ST_AGENT_CHIP_ID, ST_AGENT_IDENTITY  as the checks above
 *   ST_AGENT_CLASS                       neither development nor production
 */
MUST_CHECK enum status identity_digest(struct sha256 *out, enum dev_class class,
				       const struct chip_id *chip,
				       const struct identity *identity,
				       const struct public_key *key);

#endif
