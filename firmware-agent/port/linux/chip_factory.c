/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>

#include "port/linux/chip.h"

const int CHIP_ACCESS = O_RDWR;

const struct port CHIP_PORT = {
	.chip_id = chip_id_read,
	.otp_read = chip_otp_read,
	.otp_program = chip_otp_program,
	.otp_reload = chip_otp_reload,
	.lock_read = chip_lock_read,
	.lock = chip_lock,
	.canary_read = chip_canary_read,
	.canary_program = chip_canary_program,
	.store_read = chip_store_read,
	.store_erase = chip_store_erase,
	.store_program = chip_store_program,
	.random = chip_random,
	.debug_state = chip_debug,
	.is_secure_boot = chip_secure_boot,
	.reset = chip_reset,
};
