/* SPDX-License-Identifier: Apache-2.0 */
#include "port/virtual/otp_model.h"

#include "port/virtual/mapped.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
	       "the file is mapped as it is");
_Static_assert(sizeof(struct otp_cells) == 488, "the file's layout is fixed");

enum status
otp_model_open(struct otp_model *otp, const char *path)
{
	void *memory;
	enum status st = mapped_open(&memory, path, sizeof(*otp->cells), 0);

	otp->cells = memory;
	if (st == ST_OK)
		otp_model_reload(otp);
	return st;
}

void
otp_model_close(struct otp_model *otp)
{
	mapped_close(otp->cells, sizeof(*otp->cells));
	otp->cells = NULL;
}

void
otp_model_reload(struct otp_model *otp)
{
	otp->shadow = *otp->cells;
	for (unsigned int i = 0; i < IMAGE_WORDS; i++)
		otp->shadow.word[i] |=
			otp->traits.word[i].cells[OTP_STUCK_BURNT];
}

enum status
otp_model_read(struct otp_model *otp, unsigned int word, uint32_t *value,
	       enum word_health *health)
{
	*value = 0;
	*health = WORD_UNREADABLE;
	if (otp->power->is_gone)
		return ST_PORT_POWER;
	if (word >= IMAGE_WORDS ||
	    otp->traits.word[word].health == WORD_UNREADABLE)
		return ST_OTP_READ;
	*value = otp->shadow.word[word];
	*health = otp->traits.word[word].health;
	return ST_OK;
}

bool
otp_model_is_locked(const struct otp_model *otp, unsigned int unit)
{
	return (otp->shadow.lock[unit] & 1) != 0;
}

static bool
is_holding(const struct otp_model *otp, unsigned int unit)
{
	return otp_model_is_locked(otp, unit) &&
	       otp->traits.lock[unit] != OTP_LOCK_LIES;
}

static enum status
refuse(struct otp_model *otp)
{
	if (otp->counters != NULL)
		counters_add(otp->counters, COUNTER_REFUSED_BURNS);
	return ST_PORT_REFUSED;
}

/* The only place where a cell of a word changes. */
static void
burn_bits(struct otp_model *otp, unsigned int word, uint32_t bits)
{
	const struct otp_word_fault *fault = &otp->traits.word[word];

	bits &= ~fault->cells[OTP_STUCK_BLANK];
	otp->shadow.word[word] |= bits;
	otp->cells->word[word] |= bits & ~fault->cells[OTP_WEAK];
}

/* What a burn of value does to the word, where nothing goes wrong. */
static enum status
plan_burn(struct otp_model *otp, unsigned int word, uint32_t value,
	  uint32_t *bits)
{
	uint32_t old = otp->shadow.word[word];

	*bits = value & ~old;
	if (is_holding(otp, word / OTP_UNIT_WORDS))
		return refuse(otp);
	if (otp->traits.word_kind == WORDS_ADDITIVE || old == 0)
		return ST_OK;
	if (otp->counters != NULL)
		counters_add(otp->counters, COUNTER_SECOND_WRITES);
	if (!otp->traits.is_spoiling)
		return refuse(otp);
	/* what an error code made of two writes comes to: neither of them */
	*bits = ~old & (value ^ UINT32_C(0xa5a5a5a5));
	return ST_OK;
}

/* The outcome of a step, once as much of it was done as was to be. */
static enum status
end_step(struct otp_model *otp, enum step_extent extent, enum status st)
{
	if (extent == STEP_WHOLE)
		return st;
	power_fail(otp->power);
	return ST_PORT_POWER;
}

static uint64_t
chance(const struct otp_model *otp)
{
	uint64_t seed = otp->power->cut.seed;

	return power_chance(&seed);
}

/* A single bit burns or it does not. */
static bool
is_one_bit_burnt(const struct otp_model *otp, enum step_extent extent)
{
	if (extent == STEP_TORN)
		return (chance(otp) & 1) != 0;
	return extent != STEP_BEFORE;
}

enum status
otp_model_program(struct otp_model *otp, unsigned int word, uint32_t value)
{
	enum step_extent extent;
	enum status st;
	uint32_t count, bits;

	if (otp->power->is_gone)
		return ST_PORT_POWER;
	if (word >= IMAGE_WORDS)
		return refuse(otp);
	extent = power_step(otp->power, STEP_OTP_PROGRAM);
	if (extent == STEP_BEFORE)
		return end_step(otp, extent, ST_OK);
	st = plan_burn(otp, word, value, &bits);
	count = otp->power->count[STEP_OTP_PROGRAM];
	if (st != ST_OK || count == otp->traits.lie_at)
		bits = 0;
	if (extent == STEP_TORN)
		bits &= (uint32_t)chance(otp);
	burn_bits(otp, word, bits);
	if (count == otp->traits.deny_at)
		st = ST_PORT_REFUSED;
	return end_step(otp, extent, st);
}

static void
burn_lock(struct otp_model *otp, unsigned int unit)
{
	enum otp_lock_kind kind = otp->traits.lock[unit];

	if (kind == OTP_LOCK_STUCK_OPEN)
		return;
	otp->shadow.lock[unit] |= 1;
	if (kind != OTP_LOCK_FADES)
		otp->cells->lock[unit] |= 1;
}

enum status
otp_model_lock(struct otp_model *otp, unsigned int unit)
{
	enum step_extent extent;

	if (otp->power->is_gone)
		return ST_PORT_POWER;
	if (unit >= OTP_LOCK_UNITS)
		return refuse(otp);
	extent = power_step(otp->power, STEP_LOCK);
	if (is_one_bit_burnt(otp, extent))
		burn_lock(otp, unit);
	return end_step(otp, extent, ST_OK);
}

uint32_t
otp_model_canary_read(const struct otp_model *otp, unsigned int unit)
{
	return otp->shadow.canary[unit];
}

static void
burn_canary(struct otp_model *otp, unsigned int unit)
{
	otp->shadow.canary[unit] |= 1;
	otp->cells->canary[unit] |= 1;
}

enum status
otp_model_canary_program(struct otp_model *otp, unsigned int unit)
{
	enum step_extent extent;
	enum status st = ST_OK;

	if (otp->power->is_gone)
		return ST_PORT_POWER;
	if (unit >= OTP_LOCK_UNITS)
		return refuse(otp);
	extent = power_step(otp->power, STEP_CANARY);
	if (is_holding(otp, unit))
		st = refuse(otp);
	else if (is_one_bit_burnt(otp, extent))
		burn_canary(otp, unit);
	return end_step(otp, extent, st);
}

static bool
is_fuse(enum further_fuse fuse)
{
	return fuse == FUSE_DEBUG_CLOSED || fuse == FUSE_SECURE_BOOT;
}

static void
burn_fuse(struct otp_model *otp, enum further_fuse fuse)
{
	for (unsigned int i = 0; i < OTP_FUSES; i++)
		otp->cells->fuse[i] |= (uint8_t)((unsigned int)fuse >> i & 1);
}

enum status
otp_model_fuse_program(struct otp_model *otp, enum further_fuse fuse)
{
	enum otp_fuse_kind kind = otp->traits.fuse;
	enum step_extent extent;
	enum status st = ST_OK;

	if (otp->power->is_gone)
		return ST_PORT_POWER;
	if (!is_fuse(fuse))
		return refuse(otp);
	extent = power_step(otp->power, STEP_FUSE);
	if (kind != OTP_FUSE_LIES && kind != OTP_FUSE_REFUSES &&
	    is_one_bit_burnt(otp, extent))
		burn_fuse(otp, fuse);
	if (kind == OTP_FUSE_REFUSES || kind == OTP_FUSE_DENIES)
		st = refuse(otp);
	return end_step(otp, extent, st);
}

uint8_t
otp_model_fuses(const struct otp_model *otp)
{
	unsigned int mask = 0;

	for (unsigned int i = 0; i < OTP_FUSES; i++)
		mask |= (otp->cells->fuse[i] & 1u) << i;
	return (uint8_t)mask;
}
