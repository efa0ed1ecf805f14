/* SPDX-License-Identifier: Apache-2.0 */
#include "board.h"

#include <mbedtls/memory_buffer_alloc.h>

#define ARENA_LEN 7168
#define FIRST_HEADER 128 /* more than what the allocator keeps at the front */
#define PAINT 0xa5	 /* as in start.S */

static uint8_t arena[ARENA_LEN] __attribute__((section(".arena"), aligned(16)));

void
heap_init(void)
{
	mbedtls_memory_buffer_alloc_init(arena, sizeof(arena));
	/* It has cleared the paint; free memory may hold anything. */
	memset(arena + FIRST_HEADER, PAINT, sizeof(arena) - FIRST_HEADER);
}
