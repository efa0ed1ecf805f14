/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/crc.h"

#define POLYNOMIAL_REFLECTED UINT32_C(0xedb88320)

/* Bit by bit: messages are short, and a table would cost 1 kB of flash. */
static uint32_t
crc_add(uint32_t crc, uint8_t byte)
{
	crc ^= byte;
	for (unsigned int i = 0; i < 8; i++)
		crc = crc >> 1 ^ ((crc & 1) != 0 ? POLYNOMIAL_REFLECTED : 0);
	return crc;
}

uint32_t
crc32_of(struct bytes data)
{
	uint32_t crc = UINT32_MAX;

	for (size_t i = 0; i < data.len; i++)
		crc = crc_add(crc, data.ptr[i]);
	return ~crc;
}
