/* SPDX-License-Identifier: Apache-2.0 */
#include "board.h"

/*
 * Two small tables in place of one large one.  Low addresses (TTBR0, 32 MiB)
 * are the program, as they are; the top 4 GiB (TTBR1) show the devices of the
 * last gigabyte.  The first 2 MiB stay unmapped, so a null pointer faults.
 */
#define LOW_BLOCKS 16
#define HIGH_BLOCKS 4

#define BLOCK UINT64_C(1)
#define ATTR_NORMAL (UINT64_C(0) << 2)
#define ATTR_DEVICE (UINT64_C(1) << 2)
#define READ_ONLY (UINT64_C(1) << 7)
#define INNER_SHARED (UINT64_C(3) << 8)
#define ACCESSED (UINT64_C(1) << 10)
#define NO_EXECUTE (UINT64_C(3) << 53)

#define MIB_2 UINT64_C(0x200000)
#define DEVICES UINT64_C(0xc0000000)

static const uint64_t low[LOW_BLOCKS] __attribute__((aligned(128))) = {
	[1] = (1 * MIB_2) | BLOCK | ATTR_NORMAL | READ_ONLY | INNER_SHARED |
	      ACCESSED,
	[2] = (2 * MIB_2) | BLOCK | ATTR_NORMAL | INNER_SHARED | ACCESSED |
	      NO_EXECUTE,
};

static const uint64_t high[HIGH_BLOCKS] __attribute__((aligned(32))) = {
	[3] = DEVICES | BLOCK | ATTR_DEVICE | ACCESSED | NO_EXECUTE,
};

/* Attribute 0: write-back memory; 1: device, nGnRE. */
#define MAIR UINT64_C(0x04ff)
/*
 * T0SZ 39: 32 MiB, starts at level 2; T1SZ 32: 4 GiB, starts at level 1; both
 * with 4 KiB granule and write-back, inner-shareable walks; 32-bit physical
 * addresses.
 */
#define TCR                                                                    \
	(UINT64_C(39) | UINT64_C(1) << 8 | UINT64_C(1) << 10 |                 \
	 UINT64_C(3) << 12 | UINT64_C(32) << 16 | UINT64_C(1) << 24 |          \
	 UINT64_C(1) << 26 | UINT64_C(3) << 28 | UINT64_C(2) << 30)
/* Bits that are always one; then MMU, data and instruction cache, and the
 * check that the stack pointer is aligned. */
#define SCTLR (UINT64_C(0x30d00800) | 1 << 0 | 1 << 2 | 1 << 3 | 1 << 12)

void
mmu_on(void)
{
	__asm__ volatile("msr mair_el1, %0\n\t"
			 "msr tcr_el1, %1\n\t"
			 "msr ttbr0_el1, %2\n\t"
			 "msr ttbr1_el1, %3\n\t"
			 "isb\n\t"
			 "tlbi vmalle1\n\t"
			 "ic iallu\n\t"
			 "dsb sy\n\t"
			 "msr sctlr_el1, %4\n\t"
			 "isb"
			 :
			 : "r"(MAIR), "r"(TCR), "r"(low), "r"(high), "r"(SCTLR)
			 : "memory");
}
