/* SPDX-License-Identifier: Apache-2.0 */
#include "board.h"

const struct port_info PORT_INFO = {
	.model = "zcu102",
	.word_kind = WORDS_ADDITIVE,
	.modem_slots = 1,
	.lock_units = 1,
	.is_lock_permanent = true,
	.is_refusal_harmless = true,
};

bool
reg_wait(uint64_t address, uint32_t bits)
{
	for (unsigned int i = 0; i < POLL_MAX; i++)
		if ((reg_read(address) & bits) != 0)
			return true;
	return false;
}

enum port_debug
board_debug(void *ctx)
{
	(void)ctx;
	return DEBUG_ENABLED;
}

bool
board_is_secure_boot(void *ctx)
{
	(void)ctx;
	return false;
}

void
board_reset(void *ctx)
{
	(void)ctx;
	psci_reset();
}
