/* SPDX-License-Identifier: Apache-2.0 */
#include "port/virtual/port_virtual.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

#include "port/virtual/mapped.h"

#define STORE_LEN ((size_t)PORT_STORE_SECTORS * VIRTUAL_SECTOR_SIZE)

struct model {
	const char *name;
	enum word_kind word_kind;
};

static const struct model models[] = {
	{"virtual-additive", WORDS_ADDITIVE},
	{"virtual-once", WORDS_ONCE},
};

/* ----------------------------------------------------------------- fuses */

static enum status
chip_id(void *ctx, struct chip_id *out)
{
	const struct port_virtual *chip = ctx;

	memset(out, 0, sizeof(*out));
	if (chip->power.is_gone)
		return ST_PORT_POWER;
	out->len = VIRTUAL_CHIP_ID_LEN;
	memcpy(out->byte, chip->chip_id, VIRTUAL_CHIP_ID_LEN);
	return ST_OK;
}

static enum status
otp_read(void *ctx, unsigned int word, uint32_t *value,
	 enum word_health *health)
{
	struct port_virtual *chip = ctx;

	return otp_model_read(&chip->otp, word, value, health);
}

static enum status
otp_program(void *ctx, unsigned int word, uint32_t value)
{
	struct port_virtual *chip = ctx;

	return otp_model_program(&chip->otp, word, value);
}

static enum status
otp_reload(void *ctx)
{
	struct port_virtual *chip = ctx;

	if (chip->power.is_gone)
		return ST_PORT_POWER;
	otp_model_reload(&chip->otp);
	return ST_OK;
}

static enum status
lock_read(void *ctx, unsigned int unit, bool *is_locked)
{
	struct port_virtual *chip = ctx;

	*is_locked = false;
	if (chip->power.is_gone)
		return ST_PORT_POWER;
	if (unit >= OTP_LOCK_UNITS)
		return ST_OTP_READ;
	*is_locked = otp_model_is_locked(&chip->otp, unit);
	return ST_OK;
}

static enum status
lock(void *ctx, unsigned int unit)
{
	struct port_virtual *chip = ctx;

	return otp_model_lock(&chip->otp, unit);
}

static enum status
canary_read(void *ctx, unsigned int unit, uint32_t *value)
{
	struct port_virtual *chip = ctx;

	*value = UINT32_MAX;
	if (chip->power.is_gone)
		return ST_PORT_POWER;
	if (unit >= OTP_LOCK_UNITS)
		return ST_OTP_READ;
	*value = otp_model_canary_read(&chip->otp, unit);
	return ST_OK;
}

static enum status
canary_program(void *ctx, unsigned int unit)
{
	struct port_virtual *chip = ctx;

	return otp_model_canary_program(&chip->otp, unit);
}

/* ---------------------------------------------------------- record store */

/* The bytes of a store access; NULL if they are not all in one sector. */
static uint8_t *
store_at(struct port_virtual *chip, unsigned int sector, size_t offset,
	 size_t len)
{
	if (sector >= PORT_STORE_SECTORS || offset > VIRTUAL_SECTOR_SIZE ||
	    len > VIRTUAL_SECTOR_SIZE - offset)
		return NULL;
	return chip->store + (size_t)sector * VIRTUAL_SECTOR_SIZE + offset;
}

static enum status
store_read(void *ctx, unsigned int sector, size_t offset, void *out, size_t len)
{
	struct port_virtual *chip = ctx;
	const uint8_t *at = store_at(chip, sector, offset, len);

	if (chip->power.is_gone)
		return ST_PORT_POWER;
	if (at == NULL)
		return ST_PORT_REFUSED;
	memcpy(out, at, len);
	return ST_OK;
}

static void
program_bits(uint8_t *at, struct bytes data)
{
	for (size_t i = 0; i < data.len; i++)
		at[i] &= data.ptr[i];
}

/* What a cut leaves of a sector that was being written: anything. */
static void
spoil_sector(struct port_virtual *chip, unsigned int sector)
{
	uint8_t *at = store_at(chip, sector, 0, VIRTUAL_SECTOR_SIZE);
	uint64_t seed = chip->power.cut.seed;

	for (size_t i = 0; i < VIRTUAL_SECTOR_SIZE; i++)
		at[i] = (uint8_t)power_chance(&seed);
}

/*
 * A torn write: its first part, or noise over the whole sector.  What comes
 * of it is told from the seed's last bit.
 */
static void
tear_program(struct port_virtual *chip, unsigned int sector, uint8_t *at,
	     struct bytes data)
{
	uint64_t seed = chip->power.cut.seed;

	if ((seed & 1) != 0) {
		spoil_sector(chip, sector);
		return;
	}
	if (data.len > 0)
		data.len = power_chance(&seed) % data.len;
	program_bits(at, data);
}

static enum status
end_step(struct port_virtual *chip, enum step_extent extent)
{
	if (extent == STEP_WHOLE)
		return ST_OK;
	power_fail(&chip->power);
	return ST_PORT_POWER;
}

static enum status
store_erase(void *ctx, unsigned int sector)
{
	struct port_virtual *chip = ctx;
	uint8_t *at = store_at(chip, sector, 0, VIRTUAL_SECTOR_SIZE);
	size_t len = VIRTUAL_SECTOR_SIZE;
	enum step_extent extent;

	if (chip->power.is_gone)
		return ST_PORT_POWER;
	if (at == NULL)
		return ST_PORT_REFUSED;
	extent = power_step(&chip->power, STEP_STORE_ERASE);
	if (extent == STEP_TORN && (chip->power.cut.seed & 1) != 0)
		spoil_sector(chip, sector);
	else if (extent != STEP_BEFORE)
		memset(at, 0xff, extent == STEP_TORN ? len / 2 : len);
	return end_step(chip, extent);
}

static enum status
store_program(void *ctx, unsigned int sector, size_t offset, struct bytes data)
{
	struct port_virtual *chip = ctx;
	uint8_t *at = store_at(chip, sector, offset, data.len);
	enum step_extent extent;

	if (chip->power.is_gone)
		return ST_PORT_POWER;
	if (at == NULL || chip->otp.traits.is_store_full)
		return ST_PORT_REFUSED;
	extent = power_step(&chip->power, STEP_STORE_PROGRAM);
	if (extent == STEP_TORN)
		tear_program(chip, sector, at, data);
	else if (extent != STEP_BEFORE)
		program_bits(at, data);
	return end_step(chip, extent);
}

/* -------------------------------------------------------------- the rest */

static bool
fill_random(void *out, size_t len)
{
	/* up to 256 bytes come whole, or not at all */
	return len <= 256 && getrandom(out, len, 0) == (ssize_t)len;
}

static enum status
random_bytes(void *ctx, void *out, size_t len)
{
	const struct port_virtual *chip = ctx;

	if (chip->power.is_gone)
		return ST_PORT_POWER;
	return fill_random(out, len) ? ST_OK : ST_AGENT_RANDOM;
}

static enum port_debug
debug_state(void *ctx)
{
	const struct port_virtual *chip = ctx;

	return chip->debug;
}

static bool
is_secure_boot(void *ctx)
{
	const struct port_virtual *chip = ctx;

	return chip->is_secure_boot;
}

static enum status
fuse_program(void *ctx, enum further_fuse fuse)
{
	struct port_virtual *chip = ctx;

	return otp_model_fuse_program(&chip->otp, fuse);
}

/* What the mill left open is so until its fuse is burnt. */
static void
sense_fuses(struct port_virtual *chip)
{
	unsigned int open = chip->info.fuses & ~otp_model_fuses(&chip->otp);

	chip->debug = (open & FUSE_DEBUG_CLOSED) != 0
			      ? DEBUG_ENABLED
			      : DEBUG_DISABLED_PERMANENTLY;
	chip->is_secure_boot = (open & FUSE_SECURE_BOOT) == 0;
}

static void
reset(void *ctx)
{
	struct port_virtual *chip = ctx;

	power_restore(&chip->power);
	otp_model_reload(&chip->otp);
	sense_fuses(chip);
}

static const struct port functions = {
	.chip_id = chip_id,
	.otp_read = otp_read,
	.otp_program = otp_program,
	.otp_reload = otp_reload,
	.lock_read = lock_read,
	.lock = lock,
	.fuse_program = fuse_program,
	.canary_read = canary_read,
	.canary_program = canary_program,
	.store_sector_size = VIRTUAL_SECTOR_SIZE,
	.store_read = store_read,
	.store_erase = store_erase,
	.store_program = store_program,
	.random = random_bytes,
	.debug_state = debug_state,
	.is_secure_boot = is_secure_boot,
	.reset = reset,
};

/* --------------------------------------------------------------- opening */

enum status
port_virtual_open_parse(uint8_t *out, const char *text)
{
	static const char *const names[] = {"debug", "secure-boot"};
	unsigned int mask = 0;

	*out = 0;
	for (;;) {
		size_t len = strcspn(text, ",");
		unsigned int i = 0;

		while (i < 2 && (strlen(names[i]) != len ||
				 memcmp(names[i], text, len) != 0))
			i++;
		if (i == 2)
			return ST_USAGE;
		mask |= 1u << i;
		if (text[len] == '\0')
			break;
		text += len + 1;
	}
	*out = (uint8_t)mask;
	return ST_OK;
}

static const struct model *
find_model(const char *name)
{
	for (size_t i = 0; i < sizeof(models) / sizeof(models[0]); i++)
		if (strcmp(models[i].name, name) == 0)
			return &models[i];
	return NULL;
}

static void
fill_in(struct port_virtual *chip, const struct model *model,
	const struct port_virtual_options *options)
{
	memset(chip, 0, sizeof(*chip));
	chip->port = functions;
	chip->port.ctx = chip;
	chip->port.info = &chip->info;
	chip->info = (struct port_info){
		.model = model->name,
		.word_kind = model->word_kind,
		.modem_slots = (uint8_t)options->slots,
		.lock_units = OTP_LOCK_UNITS,
		.is_lock_permanent = true,
		.is_refusal_harmless = true,
		.has_random = true,
		.is_secret_hidden = true,
		.is_virtual = true,
		.fuses = options->open,
	};
	power_init(&chip->power, &options->cut, &chip->counters);
	chip->otp.traits = options->traits;
	chip->otp.traits.word_kind = model->word_kind;
	chip->otp.power = &chip->power;
	chip->otp.counters = &chip->counters;
}

static enum status
map_file(uint8_t **out, const char *folder, const char *name, size_t len)
{
	void *memory = NULL;
	char *path;
	enum status st;

	*out = NULL;
	if (asprintf(&path, "%s/%s", folder, name) < 0)
		return ST_PORT_FILE;
	st = mapped_open(&memory, path, len, 0xff);
	free(path);
	*out = memory;
	return st;
}

/* A chip id is drawn once, when the file is new: all ones is no chip id. */
static enum status
open_chip_id(struct port_virtual *chip, const char *folder)
{
	enum status st = map_file(&chip->chip_id, folder, "chip.bin",
				  VIRTUAL_CHIP_ID_LEN);

	if (st != ST_OK)
		return st;
	if (!bytes_are(bytes_of(chip->chip_id, VIRTUAL_CHIP_ID_LEN), 0xff))
		return ST_OK;
	return fill_random(chip->chip_id, VIRTUAL_CHIP_ID_LEN) ? ST_OK
							       : ST_PORT_FILE;
}

static enum status
open_otp(struct port_virtual *chip, const char *folder)
{
	char *path;
	enum status st;

	if (asprintf(&path, "%s/counters", folder) < 0)
		return ST_PORT_FILE;
	st = counters_open(&chip->counters, path);
	free(path);
	if (st != ST_OK)
		return st;
	if (asprintf(&path, "%s/otp.bin", folder) < 0)
		return ST_PORT_FILE;
	st = otp_model_open(&chip->otp, path);
	free(path);
	return st;
}

enum status
port_virtual_open(struct port_virtual *chip, const char *folder,
		  const struct port_virtual_options *options)
{
	const struct model *model = find_model(options->model);
	enum status st;

	memset(chip, 0, sizeof(*chip));
	if (model == NULL || options->slots == 0 || options->slots > SLOTS_MAX)
		return ST_USAGE;
	fill_in(chip, model, options);
	st = open_otp(chip, folder);
	if (st == ST_OK)
		st = open_chip_id(chip, folder);
	if (st == ST_OK)
		st = map_file(&chip->store, folder, "store.bin", STORE_LEN);
	if (st != ST_OK)
		port_virtual_close(chip);
	else
		sense_fuses(chip);
	return st;
}

void
port_virtual_close(struct port_virtual *chip)
{
	counters_close(&chip->counters);
	otp_model_close(&chip->otp);
	mapped_close(chip->chip_id, VIRTUAL_CHIP_ID_LEN);
	mapped_close(chip->store, STORE_LEN);
	chip->chip_id = NULL;
	chip->store = NULL;
}
