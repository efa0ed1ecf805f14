/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>

#include "port/linux/chip.h"

const int CHIP_ACCESS = O_RDONLY;

/* Without what changes the chip: a verify-only agent has nothing that calls
 * it. */
const struct port CHIP_PORT = {
	.chip_id = chip_id_read,
	.otp_read = chip_otp_read,
	.otp_reload = chip_otp_reload,
	.lock_read = chip_lock_read,
	.canary_read = chip_canary_read,
	.store_read = chip_store_read,
	.random = chip_random,
	.debug_state = chip_debug,
	.is_secure_boot = chip_secure_boot,
	.reset = chip_reset,
};
