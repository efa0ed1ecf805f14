/* SPDX-License-Identifier: Apache-2.0 */
/*
 * item.h - how an entry stands in the register's file.
 *
 * A head that guards the length, then [entry, SHA-256 of the entry].  The head
 * is a CBOR unsigned integer: length << 16 | complement of the length, so a
 * flipped bit in it is not taken for a file that was cut short.
 */
#ifndef IMEILOCK_HSM_ITEM_H
#define IMEILOCK_HSM_ITEM_H

#include "hsm/entry.h"

#define ITEM_HEAD_LEN 5
#define ITEM_MAX (ITEM_HEAD_LEN + 1 + ENTRY_MAX + 34) /* head included */

/* The length behind the head in the first ITEM_HEAD_LEN bytes at head; false
 * if it is none that item_encode makes. */
bool item_head(size_t *len, const uint8_t *head);

/* Head and item for entry, a view into buf; *hash is the entry's. */
MUST_CHECK enum status item_encode(struct bytes *out, uint8_t buf[ITEM_MAX],
				   struct sha256 *hash,
				   const struct entry *entry,
				   const struct sha256 *before);

/*
 * Take an item (without its head) apart.
 *   ST_HSM_REGISTER  its hash is wrong, or it is no entry
 */
MUST_CHECK enum status item_decode(struct entry *entry, struct sha256 *before,
				   struct sha256 *hash, struct bytes item);

#endif
