/* SPDX-License-Identifier: Apache-2.0 */
#include "port/linux/chip.h"

#include <fcntl.h>
#include <sys/random.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <unistd.h>

#include "port/linux/files.h"

/* ----------------------------------------------------------------- fuses */

enum status
chip_word(const struct chip *chip, uint32_t offset, uint32_t *value)
{
	uint8_t byte[sizeof(*value)];

	*value = 0;
	if (pread(chip->nvmem, byte, sizeof(byte), (off_t)offset) !=
	    (ssize_t)sizeof(byte))
		return ST_OTP_READ;
	for (unsigned int i = 0; i < sizeof(byte); i++)
		*value |= (uint32_t)byte[i] << 8 * i;
	return ST_OK;
}

bool
chip_holds(const struct chip *chip, const struct config_condition *condition)
{
	char text[FILES_TEXT_MAX];
	uint32_t value;

	if (condition->kind == CONDITION_FILE)
		return files_text(text, condition->path) &&
		       text_equal(text, condition->value);
	return condition->kind == CONDITION_BITS &&
	       chip_word(chip, condition->offset, &value) == ST_OK &&
	       (value & condition->mask) == condition->mask;
}

enum status
chip_otp_read(void *ctx, unsigned int word, uint32_t *value,
	      enum word_health *health)
{
	const struct chip *chip = ctx;
	enum status st = ST_OTP_READ;

	*value = 0;
	if (word < IMAGE_WORDS)
		st = chip_word(chip, config_word(&chip->config, word), value);
	*health = st == ST_OK ? WORD_GOOD : WORD_UNREADABLE;
	return st;
}

/* Whether the kernel's driver shows cells or a copy of them, only a reset
 * tells. */
enum status
chip_otp_reload(void *ctx)
{
	(void)ctx;
	return ST_OK;
}

enum status
chip_lock_read(void *ctx, unsigned int unit, bool *is_locked)
{
	const struct chip *chip = ctx;

	*is_locked = false;
	if (unit >= chip->config.lock_units)
		return ST_OTP_READ;
	*is_locked = chip_holds(chip, &chip->config.unit[unit].lock);
	return ST_OK;
}

enum status
chip_canary_read(void *ctx, unsigned int unit, uint32_t *value)
{
	const struct chip *chip = ctx;
	enum status st = ST_OTP_READ;

	if (unit < chip->config.lock_units)
		st = chip_word(chip, chip->config.unit[unit].canary, value);
	if (st != ST_OK)
		*value = UINT32_MAX;
	return st;
}

/* --------------------------------------------------------------- chip id */

static int
hex_digit(char digit)
{
	static const char digits[] = "0123456789abcdefABCDEF";
	const char *found = memchr(digits, digit, sizeof(digits) - 1);
	int at = (int)(found == NULL ? -1 : found - digits);

	return at < 16 ? at : at - 6;
}

static bool
hex_bytes(struct chip_id *out, const char *text)
{
	size_t len = strlen(text);

	if (len % 2 != 0 || len / 2 > CHIP_ID_MAX)
		return false;
	for (size_t i = 0; i < len; i += 2) {
		int high = hex_digit(text[i]), low = hex_digit(text[i + 1]);

		if (high < 0 || low < 0)
			return false;
		out->byte[i / 2] = (uint8_t)(high * 16 + low);
	}
	out->len = (uint8_t)(len / 2);
	return true;
}

static bool
text_id(struct chip_id *out, const char *text)
{
	size_t len = strlen(text);

	if (len > CHIP_ID_MAX)
		return false;
	memcpy(out->byte, text, len);
	out->len = (uint8_t)len;
	return true;
}

static bool
read_chip_id(const struct chip *chip, struct chip_id *out)
{
	const struct config_chip_id *from = &chip->config.chip_id;
	char text[FILES_TEXT_MAX];

	if (from->kind == CHIP_ID_NVMEM) {
		out->len = (uint8_t)from->len;
		return pread(chip->nvmem, out->byte, out->len,
			     (off_t)from->offset) == (ssize_t)out->len;
	}
	if (!files_text(text, from->path))
		return false;
	return from->kind == CHIP_ID_HEX ? hex_bytes(out, text)
					 : text_id(out, text);
}

enum status
chip_id_read(void *ctx, struct chip_id *out)
{
	memset(out, 0, sizeof(*out));
	if (read_chip_id(ctx, out))
		return ST_OK;
	memset(out, 0, sizeof(*out));
	return ST_AGENT_CHIP_ID;
}

/* -------------------------------------------------------------- the rest */

off_t
chip_store_at(const struct chip *chip, unsigned int sector, size_t offset,
	      size_t len)
{
	size_t size = chip->config.store_sector;

	if (sector >= PORT_STORE_SECTORS || offset > size ||
	    len > size - offset)
		return -1;
	return (off_t)(sector * size + offset);
}

enum status
chip_store_read(void *ctx, unsigned int sector, size_t offset, void *out,
		size_t len)
{
	const struct chip *chip = ctx;
	off_t at = chip_store_at(chip, sector, offset, len);

	return at >= 0 && pread(chip->store, out, len, at) == (ssize_t)len
		       ? ST_OK
		       : ST_PORT_REFUSED;
}

enum status
chip_random(void *ctx, void *out, size_t len)
{
	(void)ctx;
	/* up to 256 bytes come whole, or not at all */
	return len <= 256 && getrandom(out, len, 0) == (ssize_t)len
		       ? ST_OK
		       : ST_AGENT_RANDOM;
}

enum port_debug
chip_debug(void *ctx)
{
	const struct chip *chip = ctx;

	return chip_holds(chip, &chip->config.debug_closed) ? chip->config.debug
							    : DEBUG_ENABLED;
}

bool
chip_secure_boot(void *ctx)
{
	const struct chip *chip = ctx;

	return chip_holds(chip, &chip->config.secure_boot);
}

/* Where the machine does not restart, the agent goes on in its old session,
 * so that the host sees it. */
void
chip_reset(void *ctx)
{
	struct chip *chip = ctx;

	if (chip->config.is_reset_reboot) {
		sync();
		(void)reboot(RB_AUTOBOOT);
	} else {
		chip->is_ended = true;
	}
}

/* --------------------------------------------------------------- opening */

static bool
is_condition_sysfs(const struct config_condition *condition)
{
	return condition->kind != CONDITION_FILE ||
	       files_is_sysfs(condition->path);
}

/* nvmem is also what the kernel calls memory that can be written again. */
static bool
may_be_fuses(const char *path)
{
	char type[FILES_TEXT_MAX];

	return files_is_sysfs(path) && files_beside(type, path, "type") &&
	       (text_equal(type, "OTP") || text_equal(type, "Unknown"));
}

static const char *
find_virtual(const struct config *config)
{
	if (!may_be_fuses(config->nvmem))
		return "nvmem is no fuses of a kernel's driver";
	for (unsigned int i = 0; i < config->lock_units; i++)
		if (!is_condition_sysfs(&config->unit[i].lock))
			return "a lock is no file of sysfs";
	if (config->chip_id.kind != CHIP_ID_NVMEM &&
	    !files_is_sysfs(config->chip_id.path))
		return "chip_id is no file of sysfs";
	if (!is_condition_sysfs(&config->debug_closed) ||
	    !is_condition_sysfs(&config->secure_boot))
		return "debug or secure_boot is no file of sysfs";
	return config->is_reset_reboot ? NULL : "a reset restarts no machine";
}

static bool
has_random_source(void)
{
	char name[FILES_TEXT_MAX];

	return files_text(name, "/sys/class/misc/hw_random/rng_current") &&
	       name[0] != '\0' && !text_equal(name, "none");
}

static void
declare(struct chip *chip)
{
	const struct config *config = &chip->config;

	chip->virtual_for = find_virtual(config);
	chip->info = (struct port_info){
		.model = config->model,
		.word_kind = config->word_kind,
		.modem_slots = (uint8_t)config->slots,
		.lock_units = (uint8_t)config->lock_units,
		.is_lock_permanent = config->is_lock_permanent,
		.is_refusal_harmless = config->is_refusal_harmless,
		.has_random = config->has_random && has_random_source(),
		.is_secret_hidden = config->is_secret_hidden,
		.is_virtual = chip->virtual_for != NULL,
	};
}

static bool
is_store_large_enough(const struct chip *chip)
{
	return lseek(chip->store, 0, SEEK_END) >=
	       (off_t)PORT_STORE_SECTORS * (off_t)chip->config.store_sector;
}

enum status
chip_open(struct chip *chip, const struct config *config)
{
	memset(chip, 0, sizeof(*chip));
	chip->config = *config;
	chip->port = CHIP_PORT;
	chip->port.info = &chip->info;
	chip->port.ctx = chip;
	chip->port.store_sector_size = config->store_sector;
	declare(chip);
	chip->nvmem = open(config->nvmem, CHIP_ACCESS | O_CLOEXEC);
	/* what was stored is there when the call is back */
	chip->store = open(config->store, CHIP_ACCESS | O_DSYNC | O_CLOEXEC);
	return chip->nvmem >= 0 && chip->store >= 0 &&
			       is_store_large_enough(chip)
		       ? ST_OK
		       : ST_PORT_FILE;
}

void
chip_close(struct chip *chip)
{
	if (chip->nvmem >= 0)
		close(chip->nvmem);
	if (chip->store >= 0)
		close(chip->store);
	chip->nvmem = chip->store = -1;
}
