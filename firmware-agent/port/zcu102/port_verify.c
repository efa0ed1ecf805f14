/* SPDX-License-Identifier: Apache-2.0 */
#include "board.h"

/* Without otp_program, lock, canary_program: a verify-only agent has nothing
 * that calls them. */
const struct port PORT = {
	.info = &PORT_INFO,
	.chip_id = chip_id_read,
	.otp_read = efuse_read,
	.otp_reload = efuse_reload,
	.lock_read = efuse_lock_read,
	.canary_read = efuse_canary_read,
	.store_sector_size = NOR_SECTOR_SIZE,
	.store_read = nor_read,
	.random = random_bytes,
	.debug_state = board_debug,
	.is_secure_boot = board_is_secure_boot,
	.reset = board_reset,
};
