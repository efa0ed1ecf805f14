/* SPDX-License-Identifier: Apache-2.0 */
#include "hsm/item.h"

#include "proto/cbor.h"

#define HEAD_FIRST 0x1a /* four bytes of unsigned integer follow */

static void
head_encode(uint8_t head[ITEM_HEAD_LEN], size_t len)
{
	head[0] = HEAD_FIRST;
	head[1] = (uint8_t)(len >> 8);
	head[2] = (uint8_t)len;
	head[3] = (uint8_t)~head[1];
	head[4] = (uint8_t)~head[2];
}

bool
item_head(size_t *len, const uint8_t *head)
{
	*len = (size_t)head[1] << 8 | head[2];
	return head[0] == HEAD_FIRST && (head[1] ^ head[3]) == 0xff &&
	       (head[2] ^ head[4]) == 0xff && *len > 0 &&
	       *len <= ITEM_MAX - ITEM_HEAD_LEN;
}

enum status
item_encode(struct bytes *out, uint8_t buf[ITEM_MAX], struct sha256 *hash,
	    const struct entry *entry, const struct sha256 *before)
{
	struct cbor_out cbor;
	struct bytes encoded;
	enum status status;

	cbor_out_init(&cbor, buf + ITEM_HEAD_LEN, ITEM_MAX - ITEM_HEAD_LEN);
	cbor_put_array(&cbor, 2);
	entry_encode(&cbor, entry, before);
	status = cbor_out_end(&cbor, &encoded);
	if (status != ST_OK)
		return status;
	encoded.ptr++;
	encoded.len--;
	status = crypto_sha256(hash, &encoded, 1);
	if (status != ST_OK)
		return status;
	cbor_put_bytes(&cbor, bytes_of(hash->byte, sizeof(hash->byte)));
	status = cbor_out_end(&cbor, &encoded);
	head_encode(buf, encoded.len);
	*out = bytes_of(buf, ITEM_HEAD_LEN + encoded.len);
	return status;
}

enum status
item_decode(struct entry *entry, struct sha256 *before, struct sha256 *hash,
	    struct bytes item)
{
	struct sha256 stored;
	struct cbor_in in;
	struct bytes raw;
	enum status status;

	cbor_in_init(&in, item);
	cbor_expect_array(&in, 2);
	raw = cbor_get_raw(&in);
	cbor_get_bytes_exact(&in, stored.byte, sizeof(stored.byte));
	status = cbor_in_end(&in);
	if (status != ST_OK)
		return ST_HSM_REGISTER;
	status = crypto_sha256(hash, &raw, 1);
	if (status != ST_OK)
		return status;
	if (memcmp(hash, &stored, sizeof(stored)) != 0)
		return ST_HSM_REGISTER;
	status = entry_decode(entry, before, raw);
	return status != ST_OK ? ST_HSM_REGISTER : ST_OK;
}
