/* SPDX-License-Identifier: Apache-2.0 */
/*
 * efuse.h - the eFUSE controller, for efuse.c and efuse_burn.c.
 *
 * Three arrays (0, 2, 3) of 64 rows of 32 bits.  The image is in rows 1 to 63
 * of arrays 2 and 3, one logical word a row, the canary in the last row of
 * array 3; row 0 of each array holds the maker's test bits.  One fuse of array
 * 0 locks both arrays.
 */
#ifndef IMEILOCK_ZCU102_EFUSE_H
#define IMEILOCK_ZCU102_EFUSE_H

#include "board.h"

#define EFUSE DEVICE(0xffcc0000)
#define EFUSE_WR_LOCK (EFUSE + 0x00)
#define EFUSE_CFG (EFUSE + 0x04)
#define EFUSE_STATUS (EFUSE + 0x08)
#define EFUSE_PGM_ADDR (EFUSE + 0x0c)
#define EFUSE_RD_ADDR (EFUSE + 0x10)
#define EFUSE_RD_DATA (EFUSE + 0x14)
#define EFUSE_ISR (EFUSE + 0x30)
#define EFUSE_CACHE_LOAD (EFUSE + 0x40)

#define WR_LOCK_OPEN 0xdf0d
#define WR_LOCK_CLOSED 0
#define CFG_PGM_EN (1u << 1)
#define STATUS_CACHE_DONE (1u << 5)
#define ISR_PGM_DONE (1u << 0)
#define ISR_PGM_ERROR (1u << 1)
#define ISR_RD_DONE (1u << 2)
#define ISR_RD_ERROR (1u << 3)
#define ISR_CACHE_ERROR (1u << 4)

/* A row's address: array, then row, then column. */
#define EFUSE_ROW(array, row) ((array) << 11 | (row) << 5)
#define EFUSE_ROWS_USED 63 /* 1 to 63 */
#define EFUSE_CANARY EFUSE_ROW(3u, 63u)
#define EFUSE_LOCK_ROW EFUSE_ROW(0u, 21u)
#define EFUSE_LOCK_BIT 30

_Static_assert(IMAGE_WORDS < 2 * EFUSE_ROWS_USED,
	       "the image and its canary fit into arrays 2 and 3");

/* The row of a logical word below IMAGE_WORDS. */
static inline uint32_t
efuse_row_of(unsigned int word)
{
	if (word < EFUSE_ROWS_USED)
		return EFUSE_ROW(2u, 1 + word);
	return EFUSE_ROW(3u, 1 + word - EFUSE_ROWS_USED);
}

/* Sense one row from the cells.  ST_OTP_READ */
MUST_CHECK enum status efuse_sense(uint32_t row, uint32_t *value);

#endif
