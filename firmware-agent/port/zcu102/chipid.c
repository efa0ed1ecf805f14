/* SPDX-License-Identifier: Apache-2.0 */
#include "board.h"

/* DNA_0 to DNA_2 of the eFUSE controller. */
#define DNA DEVICE(0xffcc100c)
#define DNA_WORDS 3

enum status
chip_id_read(void *ctx, struct chip_id *out)
{
	(void)ctx;
	memset(out, 0, sizeof(*out));
	for (unsigned int i = 0; i < DNA_WORDS; i++) {
		uint32_t word = reg_read(DNA + 4 * i);

		for (unsigned int j = 0; j < 4; j++)
			out->byte[4 * i + j] = (uint8_t)(word >> 8 * j);
	}
	out->len = 4 * DNA_WORDS;
	return ST_OK;
}
