/* SPDX-License-Identifier: Apache-2.0 */
#include "efuse.h"

enum status
efuse_sense(uint32_t row, uint32_t *value)
{
	uint32_t result;

	*value = 0;
	reg_write(EFUSE_WR_LOCK, WR_LOCK_OPEN);
	reg_write(EFUSE_ISR, ISR_RD_DONE | ISR_RD_ERROR);
	reg_write(EFUSE_RD_ADDR, row);
	if (!reg_wait(EFUSE_ISR, ISR_RD_DONE | ISR_RD_ERROR)) {
		reg_write(EFUSE_WR_LOCK, WR_LOCK_CLOSED);
		return ST_OTP_READ;
	}
	result = reg_read(EFUSE_ISR);
	*value = reg_read(EFUSE_RD_DATA);
	reg_write(EFUSE_WR_LOCK, WR_LOCK_CLOSED);
	if ((result & ISR_RD_ERROR) == 0)
		return ST_OK;
	*value = 0;
	return ST_OTP_READ;
}

enum status
efuse_read(void *ctx, unsigned int word, uint32_t *value,
	   enum word_health *health)
{
	enum status st;

	(void)ctx;
	*value = 0;
	*health = WORD_UNREADABLE;
	if (word >= IMAGE_WORDS)
		return ST_PORT_REFUSED;
	st = efuse_sense(efuse_row_of(word), value);
	if (st == ST_OK)
		*health = WORD_GOOD;
	return st;
}

/* Rows are sensed at each read; only the chip id is in registers. */
enum status
efuse_reload(void *ctx)
{
	bool is_done;

	(void)ctx;
	reg_write(EFUSE_WR_LOCK, WR_LOCK_OPEN);
	reg_write(EFUSE_ISR, ISR_CACHE_ERROR);
	reg_write(EFUSE_CACHE_LOAD, 1);
	is_done = reg_wait(EFUSE_STATUS, STATUS_CACHE_DONE) &&
		  (reg_read(EFUSE_ISR) & ISR_CACHE_ERROR) == 0;
	reg_write(EFUSE_WR_LOCK, WR_LOCK_CLOSED);
	return is_done ? ST_OK : ST_OTP_READ;
}

enum status
efuse_lock_read(void *ctx, unsigned int unit, bool *is_locked)
{
	uint32_t row;
	enum status st;

	(void)ctx;
	*is_locked = false;
	if (unit >= PORT_INFO.lock_units)
		return ST_PORT_REFUSED;
	st = efuse_sense(EFUSE_LOCK_ROW, &row);
	if (st == ST_OK)
		*is_locked = (row >> EFUSE_LOCK_BIT & 1) != 0;
	return st;
}

enum status
efuse_canary_read(void *ctx, unsigned int unit, uint32_t *value)
{
	(void)ctx;
	*value = 0;
	if (unit >= PORT_INFO.lock_units)
		return ST_PORT_REFUSED;
	return efuse_sense(EFUSE_CANARY, value);
}
