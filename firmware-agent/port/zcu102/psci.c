/* SPDX-License-Identifier: Apache-2.0 */
#include "board.h"

#define SYSTEM_RESET UINT64_C(0x84000009) /* Arm DEN 0022 5.1.9 */

void
psci_reset(void)
{
	register uint64_t function __asm__("x0") = SYSTEM_RESET;

	__asm__ volatile("smc #0" : "+r"(function) : : "memory");
	/* The reset comes while we wait; without it there is nothing to do. */
	for (;;)
		__asm__ volatile("wfi");
}
