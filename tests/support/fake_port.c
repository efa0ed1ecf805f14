/* SPDX-License-Identifier: Apache-2.0 */
#include "support/fake_port.h"

#define HALF_OF_CELLS UINT32_C(0x55555555)

/* What is done of a change; everything, unless power goes in it. */
static bool
cut_now(struct fake_port *fake)
{
	fake->changes++;
	if (fake->changes != fake->cut_at)
		return false;
	fake->is_gone = true;
	return true;
}

static uint32_t
torn_cells(const struct fake_port *fake, uint32_t value)
{
	switch (fake->tear) {
	case TEAR_HALF:
		return value & HALF_OF_CELLS;
	case TEAR_GARBAGE:
		return value & ~HALF_OF_CELLS;
	case TEAR_AFTER:
		return value;
	case TEAR_BEFORE:
	case FAKE_TEARS:
		break;
	}
	return 0;
}

static enum status
chip_id(void *ctx, struct chip_id *out)
{
	const struct fake_port *fake = ctx;

	*out = fake->chip;
	return fake->is_gone ? ST_PORT_POWER : ST_OK;
}

static enum status
otp_read(void *ctx, unsigned int word, uint32_t *value,
	 enum word_health *health)
{
	const struct fake_port *fake = ctx;

	*value = fake->cells.word[word];
	*health = (enum word_health)fake->health[word];
	if (fake->is_gone)
		return ST_PORT_POWER;
	return *health == WORD_UNREADABLE ? ST_OTP_READ : ST_OK;
}

static bool
holds(const struct fake_port *fake, unsigned int unit)
{
	return fake->cells.lock[unit] != 0 &&
	       fake->lock[unit] != FAKE_LOCK_LIES;
}

static bool
is_misuse(const struct fake_port *fake, uint32_t have, uint32_t value)
{
	if (fake->info.word_kind == WORDS_ONCE)
		return have != 0;
	return (have & ~value) != 0;
}

static enum status
otp_program(void *ctx, unsigned int word, uint32_t value)
{
	struct fake_port *fake = ctx;
	uint32_t *cell = &fake->cells.word[word];

	if (fake->is_gone)
		return ST_PORT_POWER;
	fake->burns++;
	if (is_misuse(fake, *cell, value)) {
		fake->misuses++;
		return ST_PORT_REFUSED;
	}
	if (holds(fake, fake_port_unit(fake, word)))
		return ST_PORT_REFUSED;
	value &= ~fake->stuck[word];
	if (cut_now(fake)) {
		*cell |= torn_cells(fake, value);
		return ST_PORT_POWER;
	}
	if (fake->burns != fake->lie_at)
		*cell |= value;
	return fake->burns == fake->deny_at ? ST_PORT_REFUSED : ST_OK;
}

static enum status
otp_reload(void *ctx)
{
	struct fake_port *fake = ctx;

	fake->reloads++;
	return fake->is_gone ? ST_PORT_POWER : ST_OK;
}

static enum status
lock_read(void *ctx, unsigned int unit, bool *is_locked)
{
	const struct fake_port *fake = ctx;

	*is_locked = fake->cells.lock[unit] != 0;
	if (fake->is_gone)
		return ST_PORT_POWER;
	return fake->lock[unit] == FAKE_LOCK_UNREADABLE ? ST_OTP_READ : ST_OK;
}

static enum status
lock(void *ctx, unsigned int unit)
{
	struct fake_port *fake = ctx;
	bool is_cut;

	if (fake->is_gone)
		return ST_PORT_POWER;
	is_cut = cut_now(fake);
	if (fake->lock[unit] != FAKE_LOCK_OPEN &&
	    (!is_cut || fake->tear == TEAR_AFTER))
		fake->cells.lock[unit] = 1;
	return is_cut ? ST_PORT_POWER : ST_OK;
}

static enum status
fuse_program(void *ctx, enum further_fuse fuse)
{
	struct fake_port *fake = ctx;
	bool is_cut;

	if (fake->is_gone)
		return ST_PORT_POWER;
	fake->fuse_burns++;
	if ((fake->info.fuses & fuse) == 0)
		fake->misuses++;
	is_cut = cut_now(fake);
	if (fake->fuse != FAKE_FUSE_LIES && fake->fuse != FAKE_FUSE_REFUSES &&
	    (!is_cut || fake->tear == TEAR_AFTER))
		fake->cells.fuses |= (uint32_t)fuse;
	if (is_cut)
		return ST_PORT_POWER;
	return fake->fuse == FAKE_FUSE_REFUSES || fake->fuse == FAKE_FUSE_DENIES
		       ? ST_PORT_REFUSED
		       : ST_OK;
}

static enum status
canary_read(void *ctx, unsigned int unit, uint32_t *value)
{
	const struct fake_port *fake = ctx;

	*value = fake->cells.canary[unit];
	if (fake->is_gone)
		return ST_PORT_POWER;
	return fake->is_canary_unreadable[unit] ? ST_OTP_READ : ST_OK;
}

static enum status
canary_program(void *ctx, unsigned int unit)
{
	struct fake_port *fake = ctx;

	if (fake->is_gone)
		return ST_PORT_POWER;
	fake->canary_tries++;
	if (holds(fake, unit))
		return ST_PORT_REFUSED;
	if (cut_now(fake))
		return ST_PORT_POWER;
	fake->cells.canary[unit] = 1;
	return ST_OK;
}

static enum status
store_read(void *ctx, unsigned int sector, size_t offset, void *out, size_t len)
{
	const struct fake_port *fake = ctx;

	if (fake->is_gone)
		return ST_PORT_POWER;
	if (sector >= PORT_STORE_SECTORS ||
	    len > PORT_STORE_SECTOR_MIN - offset)
		return ST_PORT_REFUSED;
	memcpy(out, fake->store[sector] + offset, len);
	return ST_OK;
}

/* Old bytes and new ones are mixed up, over the whole sector. */
static void
spoil(uint8_t *sector)
{
	for (size_t i = 0; i < PORT_STORE_SECTOR_MIN; i++)
		sector[i] = (uint8_t)(sector[i] ^ (17 * i + 1));
}

static enum status
store_erase(void *ctx, unsigned int sector)
{
	struct fake_port *fake = ctx;
	size_t len = PORT_STORE_SECTOR_MIN;
	bool is_cut;

	if (fake->is_gone)
		return ST_PORT_POWER;
	if (fake->has_no_store || sector >= PORT_STORE_SECTORS)
		return ST_PORT_REFUSED;
	if (fake->is_store_deaf)
		return ST_OK;
	is_cut = cut_now(fake);
	if (is_cut && fake->tear == TEAR_GARBAGE)
		spoil(fake->store[sector]);
	else if (!is_cut || fake->tear != TEAR_BEFORE)
		memset(fake->store[sector], 0xff,
		       is_cut && fake->tear == TEAR_HALF ? len / 2 : len);
	return is_cut ? ST_PORT_POWER : ST_OK;
}

static enum status
store_program(void *ctx, unsigned int sector, size_t offset, struct bytes data)
{
	struct fake_port *fake = ctx;
	bool is_cut;

	if (fake->is_gone)
		return ST_PORT_POWER;
	if (fake->has_no_store || sector >= PORT_STORE_SECTORS ||
	    data.len > PORT_STORE_SECTOR_MIN - offset)
		return ST_PORT_REFUSED;
	if (fake->is_store_deaf)
		return ST_OK;
	is_cut = cut_now(fake);
	if (is_cut && fake->tear == TEAR_BEFORE)
		data.len = 0;
	if (is_cut && fake->tear == TEAR_HALF)
		data.len /= 2;
	for (size_t i = 0; i < data.len; i++)
		fake->store[sector][offset + i] &= data.ptr[i];
	if (is_cut && fake->tear == TEAR_GARBAGE)
		spoil(fake->store[sector]);
	return is_cut ? ST_PORT_POWER : ST_OK;
}

static enum status
random_bytes(void *ctx, void *out, size_t len)
{
	struct fake_port *fake = ctx;
	uint8_t *byte = out;

	if (fake->is_gone)
		return ST_PORT_POWER;
	if (fake->has_no_random)
		return ST_OTP_READ;
	for (size_t i = 0; i < len; i++) {
		fake->random_state = fake->random_state *
					     UINT64_C(6364136223846793005) +
				     UINT64_C(1442695040888963407);
		byte[i] = (uint8_t)(fake->random_state >> 56);
	}
	return ST_OK;
}

static enum port_debug
debug_state(void *ctx)
{
	const struct fake_port *fake = ctx;

	return fake->debug;
}

static bool
is_secure_boot(void *ctx)
{
	const struct fake_port *fake = ctx;

	return fake->is_secure_boot;
}

static void
reset(void *ctx)
{
	fake_port_power_on(ctx);
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
	.store_sector_size = PORT_STORE_SECTOR_MIN,
	.store_read = store_read,
	.store_erase = store_erase,
	.store_program = store_program,
	.random = random_bytes,
	.debug_state = debug_state,
	.is_secure_boot = is_secure_boot,
	.reset = reset,
};

static void
attach(struct fake_port *fake)
{
	fake->port = functions;
	fake->port.info = &fake->info;
	fake->port.ctx = fake;
}

void
fake_port_init(struct fake_port *fake, enum word_kind kind, uint8_t modem_slots,
	       uint8_t lock_units)
{
	memset(fake, 0, sizeof(*fake));
	attach(fake);
	fake->info = (struct port_info){
		.model = "fake",
		.word_kind = kind,
		.modem_slots = modem_slots,
		.lock_units = lock_units,
		.is_lock_permanent = true,
		.is_refusal_harmless = true,
		.has_random = true,
		.is_secret_hidden = true,
		.is_virtual = true,
	};
	fake->chip.len = CHIP_ID_MAX;
	memset(fake->chip.byte, 0xc1, CHIP_ID_MAX);
	memset(fake->store, 0xff, sizeof(fake->store));
	fake->random_state = 1;
}

void
fake_port_copy(struct fake_port *to, const struct fake_port *from)
{
	*to = *from;
	attach(to);
}

void
fake_port_power_on(struct fake_port *fake)
{
	fake->is_gone = false;
	fake->cut_at = 0;
	/* what is burnt takes effect; it changes nothing else */
	if ((fake->cells.fuses & FUSE_DEBUG_CLOSED) != 0)
		fake->debug = DEBUG_DISABLED_PERMANENTLY;
	if ((fake->cells.fuses & FUSE_SECURE_BOOT) != 0)
		fake->is_secure_boot = true;
}

unsigned int
fake_port_unit(const struct fake_port *fake, unsigned int word)
{
	return word * fake->info.lock_units / IMAGE_WORDS;
}

void
fake_port_lock_all(struct fake_port *fake)
{
	for (unsigned int unit = 0; unit < fake->info.lock_units; unit++)
		fake->cells.lock[unit] = 1;
}
