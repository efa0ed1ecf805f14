/* SPDX-License-Identifier: Apache-2.0 */
#include "hsm/register.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "hsm/durable.h"
#include "hsm/file.h"
#include "hsm/index.h"
#include "hsm/item.h"
#include "hsm/log.h"
#include "hsm/value.h"

#define ZERO_TAIL_LEN 8 /* a hash does not end in as many zeros */
#define OFFSETS_MIN 1024

struct hsm_register {
	struct durable file;
	uint64_t *offset; /* of each entry's head */
	size_t offset_size;
	struct chain_head head;
	enum entry_kind last;
	struct index by_imei; /* body -> number of the entry that bound it */
	struct index by_chip; /* start of the chip id's hash -> the same */
};

/* ----------------------------------------------------------------- index */

static enum status
chip_index_key(uint64_t *key, const struct chip_id *chip)
{
	struct bytes part = chip_id_bytes(chip);
	struct sha256 hash;
	enum status status = crypto_sha256(&hash, &part, 1);

	*key = 0;
	for (unsigned int i = 0; i < sizeof(*key); i++)
		*key = *key << 8 | hash.byte[i];
	return status;
}

static bool
is_binding(enum entry_kind kind)
{
	return kind == ENTRY_TICKET || kind == ENTRY_SHOWN;
}

/* Room for one more entry, so that nothing fails once it is on the disk. */
static enum status
reserve(struct hsm_register *reg)
{
	size_t size = reg->offset_size;
	uint64_t *offset;
	enum status status = index_reserve(&reg->by_imei, SLOTS_MAX);

	if (status != ST_OK)
		return status;
	status = index_reserve(&reg->by_chip, 1);
	if (status != ST_OK || reg->head.count < size)
		return status;
	size = size == 0 ? OFFSETS_MIN : size * 2;
	offset = realloc(reg->offset, size * sizeof(*offset));
	if (offset == NULL)
		return ST_STATION_MEMORY;
	reg->offset = offset;
	reg->offset_size = size;
	return ST_OK;
}

static void
index_unit(struct hsm_register *reg, const struct entry *entry,
	   uint64_t chip_key)
{
	for (unsigned int i = 0; i < SLOTS_MAX; i++) {
		uint64_t body = entry->identity.slot[i].body;

		if (body != IMEI_NONE.body)
			index_put(&reg->by_imei, body, entry->number);
	}
	index_put(&reg->by_chip, chip_key, entry->number);
}

/* entry stands at start, behind the others: make it count.  chip_key was made
 * before, because here nothing may fail. */
static void
take(struct hsm_register *reg, const struct entry *entry,
     const struct sha256 *hash, uint64_t start, uint64_t chip_key)
{
	reg->offset[reg->head.count] = start;
	reg->head.count = entry->number;
	reg->head.hash = *hash;
	reg->last = entry->kind;
	if (is_binding(entry->kind))
		index_unit(reg, entry, chip_key);
}

/* --------------------------------------------------------------- opening */

enum tail { TAIL_NONE, TAIL_WHOLE, TAIL_TORN, TAIL_DAMAGED };

/* What stands at the start of rest. */
static enum tail
next_item(struct bytes *item, struct bytes rest)
{
	size_t len;

	if (rest.len == 0)
		return TAIL_NONE;
	/* a file system may extend a file before the data is there */
	if (rest.len < ITEM_HEAD_LEN ||
	    bytes_are(bytes_of(rest.ptr + ITEM_HEAD_LEN,
			       rest.len - ITEM_HEAD_LEN),
		      0))
		return TAIL_TORN;
	if (!item_head(&len, rest.ptr))
		return TAIL_DAMAGED;
	if (rest.len < ITEM_HEAD_LEN + len)
		return TAIL_TORN;
	*item = bytes_of(rest.ptr + ITEM_HEAD_LEN, len);
	return TAIL_WHOLE;
}

static bool
is_zero_tail(struct bytes item, struct bytes rest)
{
	return rest.len == ITEM_HEAD_LEN + item.len &&
	       item.len > ZERO_TAIL_LEN &&
	       bytes_are(bytes_of(item.ptr + item.len - ZERO_TAIL_LEN,
				  ZERO_TAIL_LEN),
			 0);
}

struct visit {
	register_entry_fn each;
	void *ctx;
};

static enum status
load_item(struct hsm_register *reg, struct bytes item,
	  const struct visit *visit)
{
	struct sha256 before, hash;
	struct entry entry;
	uint64_t chip_key = 0;
	enum status status = item_decode(&entry, &before, &hash, item);

	if (status != ST_OK)
		return status;
	if (entry.number != reg->head.count + 1 ||
	    memcmp(&before, &reg->head.hash, sizeof(before)) != 0)
		return ST_HSM_REGISTER;
	status = reserve(reg);
	if (status == ST_OK && is_binding(entry.kind))
		status = chip_index_key(&chip_key, &entry.chip);
	if (status != ST_OK)
		return status;
	take(reg, &entry, &hash, reg->file.size, chip_key);
	reg->file.size += ITEM_HEAD_LEN + item.len;
	return visit->each == NULL ? ST_OK : visit->each(visit->ctx, &entry);
}

static enum status
load(struct hsm_register *reg, struct bytes all, const struct visit *visit)
{
	for (;;) {
		struct bytes rest = bytes_of(all.ptr + reg->file.size,
					     all.len - reg->file.size);
		struct bytes item;
		enum status status;

		switch (next_item(&item, rest)) {
		case TAIL_NONE:
		case TAIL_TORN:
			return ST_OK;
		case TAIL_WHOLE:
			break;
		case TAIL_DAMAGED:
		default:
			return ST_HSM_REGISTER;
		}
		status = load_item(reg, item, visit);
		if (status == ST_HSM_REGISTER && is_zero_tail(item, rest))
			return ST_OK;
		if (status != ST_OK)
			return status;
	}
}

static enum status
load_file(struct hsm_register *reg, size_t len, const struct visit *visit)
{
	enum status status;
	void *all;

	if (len == 0)
		return ST_OK;
	all = mmap(NULL, len, PROT_READ, MAP_PRIVATE, reg->file.fd, 0);
	if (all == MAP_FAILED)
		return ST_HSM_REGISTER;
	status = load(reg, bytes_of(all, len), visit);
	munmap(all, len);
	if (status == ST_HSM_REGISTER)
		signer_log("register: damaged behind entry %llu",
			   (unsigned long long)reg->head.count);
	return status;
}

static enum status
open_file(struct hsm_register *reg, const char *path, size_t *len)
{
	struct stat stat;

	reg->file.fd =
		open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW,
		     0600);
	if (reg->file.fd < 0)
		return ST_HSM_REGISTER;
	if (flock(reg->file.fd, LOCK_EX | LOCK_NB) != 0)
		return errno == EWOULDBLOCK ? ST_HSM_BUSY : ST_HSM_REGISTER;
	if (fstat(reg->file.fd, &stat) != 0 || !S_ISREG(stat.st_mode))
		return ST_HSM_REGISTER;
	*len = (size_t)stat.st_size;
	return file_sync_folder(path) == ST_OK ? ST_OK : ST_HSM_REGISTER;
}

static enum status
open_all(struct hsm_register *reg, const char *path, const struct visit *visit)
{
	size_t len = 0;
	enum status status = open_file(reg, path, &len);

	if (status != ST_OK)
		return status;
	status = load_file(reg, len, visit);
	reg->file.count = reg->head.count;
	if (status != ST_OK || reg->file.size == len)
		return status;
	signer_log("register: the last entry was unfinished and is cut off");
	return durable_cut(&reg->file);
}

enum status
register_open(struct hsm_register **out, const char *path,
	      register_entry_fn each, void *ctx)
{
	struct visit visit = {each, ctx};
	struct hsm_register *reg = calloc(1, sizeof(*reg));
	enum status status;

	*out = NULL;
	if (reg == NULL)
		return ST_STATION_MEMORY;
	durable_init(&reg->file);
	status = open_all(reg, path, &visit);
	if (status != ST_OK) {
		register_close(reg);
		return status;
	}
	*out = reg;
	return ST_OK;
}

void
register_close(struct hsm_register *reg)
{
	if (reg == NULL)
		return;
	durable_wipe(&reg->file);
	index_wipe(&reg->by_imei);
	index_wipe(&reg->by_chip);
	free(reg->offset);
	free(reg);
}

/* ------------------------------------------------------------- appending */

enum status
register_write(struct hsm_register *reg, struct entry *entry)
{
	uint8_t buf[ITEM_MAX];
	uint64_t chip_key = 0, start = reg->file.size;
	struct sha256 hash;
	struct bytes data;
	enum status status;

	entry->number = reg->head.count + 1;
	entry->time = (uint64_t)time(NULL);
	status = item_encode(&data, buf, &hash, entry, &reg->head.hash);
	if (status == ST_OK)
		status = reserve(reg);
	if (status == ST_OK && is_binding(entry->kind))
		status = chip_index_key(&chip_key, &entry->chip);
	if (status == ST_OK)
		status = durable_append(&reg->file, data);
	if (status == ST_OK)
		take(reg, entry, &hash, start, chip_key);
	return status;
}

enum status
register_sync(struct hsm_register *reg, uint64_t count)
{
	return durable_sync(&reg->file, count);
}

enum status
register_append(struct hsm_register *reg, struct entry *entry)
{
	enum status status = register_write(reg, entry);

	return status != ST_OK ? status : register_sync(reg, entry->number);
}

/* --------------------------------------------------------------- reading */

void
register_head(const struct hsm_register *reg, struct chain_head *out)
{
	*out = reg->head;
}

enum entry_kind
register_last_kind(const struct hsm_register *reg)
{
	return reg->last;
}

/* Entry number from the file again. */
static enum status
read_entry(const struct hsm_register *reg, uint64_t number, struct entry *entry,
	   struct sha256 *hash)
{
	uint8_t buf[ITEM_MAX];
	uint64_t start = reg->offset[number - 1];
	struct sha256 before;
	size_t len;
	ssize_t got = pread(reg->file.fd, buf, sizeof(buf), (off_t)start);

	memset(entry, 0, sizeof(*entry));
	if (got < ITEM_HEAD_LEN || !item_head(&len, buf) ||
	    (size_t)got < ITEM_HEAD_LEN + len)
		return ST_HSM_REGISTER;
	return item_decode(entry, &before, hash,
			   bytes_of(buf + ITEM_HEAD_LEN, len));
}

enum status
register_at(const struct hsm_register *reg, uint64_t count, struct sha256 *out)
{
	struct entry entry;

	memset(out, 0, sizeof(*out));
	if (count > reg->head.count)
		return ST_HSM_REGISTER_OLD;
	if (count == 0)
		return ST_OK;
	return read_entry(reg, count, &entry, out);
}

enum status
register_find_imei(const struct hsm_register *reg, struct imei imei,
		   struct entry *out, bool *found)
{
	struct sha256 hash;
	size_t cursor;
	uint64_t number = index_find(&reg->by_imei, imei.body, false, &cursor);

	*found = number != 0;
	memset(out, 0, sizeof(*out));
	return *found ? read_entry(reg, number, out, &hash) : ST_OK;
}

enum status
register_find_chip(const struct hsm_register *reg, const struct chip_id *chip,
		   struct entry *out, bool *found)
{
	struct sha256 hash;
	uint64_t key, number;
	size_t cursor;
	enum status status = chip_index_key(&key, chip);

	*found = false;
	memset(out, 0, sizeof(*out));
	if (status != ST_OK)
		return status;
	number = index_find(&reg->by_chip, key, false, &cursor);
	while (number != 0) {
		status = read_entry(reg, number, out, &hash);
		if (status != ST_OK)
			return status;
		if (chip_id_equal(&out->chip, chip)) {
			*found = true;
			return ST_OK;
		}
		number = index_find(&reg->by_chip, key, true, &cursor);
	}
	memset(out, 0, sizeof(*out));
	return ST_OK;
}

struct imei
register_highest(const struct hsm_register *reg,
		 const struct interval *interval)
{
	struct imei highest = IMEI_NONE;

	for (size_t i = 0; i < reg->by_imei.size; i++) {
		struct imei imei = {reg->by_imei.place[i].key};

		if (reg->by_imei.place[i].value == 0 ||
		    !interval_has(interval, imei))
			continue;
		if (highest.body == IMEI_NONE.body || imei.body > highest.body)
			highest = imei;
	}
	return highest;
}
