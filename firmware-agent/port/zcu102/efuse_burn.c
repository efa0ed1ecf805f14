/* SPDX-License-Identifier: Apache-2.0 */
#include "efuse.h"

/* IRREVERSIBLE.  Burn one fuse, with the controller open for this one only. */
static enum status
burn_bit(uint32_t row, unsigned int bit)
{
	bool is_over;
	uint32_t result;

	reg_write(EFUSE_WR_LOCK, WR_LOCK_OPEN);
	reg_write(EFUSE_CFG, CFG_PGM_EN);
	reg_write(EFUSE_ISR, ISR_PGM_DONE | ISR_PGM_ERROR);
	reg_write(EFUSE_PGM_ADDR, row | bit);
	is_over = reg_wait(EFUSE_ISR, ISR_PGM_DONE | ISR_PGM_ERROR);
	result = reg_read(EFUSE_ISR);
	reg_write(EFUSE_CFG, 0);
	reg_write(EFUSE_WR_LOCK, WR_LOCK_CLOSED);
	if (!is_over || (result & ISR_PGM_ERROR) != 0)
		return ST_PORT_REFUSED;
	return ST_OK;
}

enum status
efuse_program(void *ctx, unsigned int word, uint32_t value)
{
	uint32_t row, burnt;
	enum status st;

	(void)ctx;
	if (word >= IMAGE_WORDS)
		return ST_PORT_REFUSED;
	row = efuse_row_of(word);
	st = efuse_sense(row, &burnt);
	for (unsigned int bit = 0; bit < 32 && st == ST_OK; bit++)
		if (((value & ~burnt) >> bit & 1) != 0)
			st = burn_bit(row, bit);
	return st;
}

enum status
efuse_lock(void *ctx, unsigned int unit)
{
	(void)ctx;
	if (unit >= PORT_INFO.lock_units)
		return ST_PORT_REFUSED;
	return burn_bit(EFUSE_LOCK_ROW, EFUSE_LOCK_BIT);
}

enum status
efuse_canary_program(void *ctx, unsigned int unit)
{
	(void)ctx;
	if (unit >= PORT_INFO.lock_units)
		return ST_PORT_REFUSED;
	return burn_bit(EFUSE_CANARY, 0);
}
