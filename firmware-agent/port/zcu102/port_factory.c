/* SPDX-License-Identifier: Apache-2.0 */
#include "board.h"

const struct port PORT = {
	.info = &PORT_INFO,
	.chip_id = chip_id_read,
	.otp_read = efuse_read,
	.otp_program = efuse_program,
	.otp_reload = efuse_reload,
	.lock_read = efuse_lock_read,
	.lock = efuse_lock,
	.canary_read = efuse_canary_read,
	.canary_program = efuse_canary_program,
	.store_sector_size = NOR_SECTOR_SIZE,
	.store_read = nor_read,
	.store_erase = nor_erase,
	.store_program = nor_program,
	.random = random_bytes,
	.debug_state = board_debug,
	.is_secure_boot = board_is_secure_boot,
	.reset = board_reset,
};
