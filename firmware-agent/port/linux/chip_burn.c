/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "port/linux/chip.h"
#include "port/linux/files.h"

/*
 * A kernel that was told not to write refuses in the same words as a lock.
 * That is no answer of the hardware, and must not pass for one.
 */
static bool
is_open_for_burns(const struct chip *chip)
{
	char text[FILES_TEXT_MAX];
	struct stat about;

	if (fstat(chip->nvmem, &about) != 0 || (about.st_mode & 0222) == 0)
		return false;
	return !files_beside(text, chip->config.nvmem, "force_ro") ||
	       text_equal(text, "0");
}

/* IRREVERSIBLE.  The only place where nvmem is written. */
static enum status
burn(const struct chip *chip, uint32_t offset, uint32_t value)
{
	uint8_t byte[sizeof(value)];

	for (unsigned int i = 0; i < sizeof(byte); i++)
		byte[i] = (uint8_t)(value >> 8 * i);
	if (!is_open_for_burns(chip))
		return ST_PORT_FILE;
	if (pwrite(chip->nvmem, byte, sizeof(byte), (off_t)offset) ==
	    (ssize_t)sizeof(byte))
		return ST_OK;
	return errno == chip->config.refusal ? ST_PORT_REFUSED : ST_PORT_FILE;
}

enum status
chip_otp_program(void *ctx, unsigned int word, uint32_t value)
{
	const struct chip *chip = ctx;

	if (word >= IMAGE_WORDS)
		return ST_PORT_REFUSED;
	return burn(chip, config_word(&chip->config, word), value);
}

static enum status
write_lock_file(const struct config_condition *lock)
{
	size_t len = strlen(lock->value);
	int fd = open(lock->path, O_WRONLY | O_CLOEXEC);
	bool is_taken;

	if (fd < 0)
		return ST_PORT_FILE;
	is_taken = write(fd, lock->value, len) == (ssize_t)len;
	/* a second close would be of somebody else's file */
	return close(fd) == 0 && is_taken ? ST_OK : ST_PORT_REFUSED;
}

enum status
chip_lock(void *ctx, unsigned int unit)
{
	const struct chip *chip = ctx;
	const struct config_condition *lock;
	uint32_t value;
	enum status st;

	if (unit >= chip->config.lock_units)
		return ST_PORT_REFUSED;
	lock = &chip->config.unit[unit].lock;
	if (chip_holds(chip, lock))
		return ST_OK;
	if (lock->kind == CONDITION_FILE)
		return write_lock_file(lock);
	st = chip_word(chip, lock->offset, &value);
	return st == ST_OK ? burn(chip, lock->offset, value | lock->mask) : st;
}

enum status
chip_canary_program(void *ctx, unsigned int unit)
{
	const struct chip *chip = ctx;

	if (unit >= chip->config.lock_units)
		return ST_PORT_FILE;
	return burn(chip, chip->config.unit[unit].canary, 1);
}

enum status
chip_store_erase(void *ctx, unsigned int sector)
{
	const struct chip *chip = ctx;
	uint8_t blank[512];

	memset(blank, 0xff, sizeof(blank));
	for (size_t at = 0; at < chip->config.store_sector;
	     at += sizeof(blank)) {
		enum status st = chip_store_program(
			ctx, sector, at, bytes_of(blank, sizeof(blank)));

		if (st != ST_OK)
			return st;
	}
	return ST_OK;
}

enum status
chip_store_program(void *ctx, unsigned int sector, size_t offset,
		   struct bytes data)
{
	const struct chip *chip = ctx;
	off_t at = chip_store_at(chip, sector, offset, data.len);

	return at >= 0 && pwrite(chip->store, data.ptr, data.len, at) ==
				       (ssize_t)data.len
		       ? ST_OK
		       : ST_PORT_REFUSED;
}
