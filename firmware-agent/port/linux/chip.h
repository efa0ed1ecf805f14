/* SPDX-License-Identifier: Apache-2.0 */
/*
 * chip.h - the SoC of a Linux handset as a struct port, through files of its
 * kernel that config.h names.
 *
 * Reading is in chip.c.  Whatever changes the chip is in chip_burn.c, which a
 * verify-only program does not have: chip_factory.c and chip_verify.c are what
 * the two are made with.
 */
#ifndef IMEILOCK_PORT_LINUX_CHIP_H
#define IMEILOCK_PORT_LINUX_CHIP_H

#include <sys/types.h>

#include "port/linux/config.h"

struct chip {
	struct port port;
	struct port_info info;
	struct config config;
	int nvmem; /* -1: not open */
	int store;
	bool is_ended;		 /* reset was called, and ends the process */
	const char *virtual_for; /* why it is a model; NULL: it is a chip */
};

/* The functions of this build, and how its files are opened. */
extern const struct port CHIP_PORT;
extern const int CHIP_ACCESS;

/*
 * chip must not be moved afterwards.  A chip is a model unless all that is
 * known of it comes from sysfs, nvmem from a device that is no EEPROM or
 * memory with a battery, and a reset is one of the machine.
 *   ST_PORT_FILE  a file is not there, or cannot be used
 */
MUST_CHECK enum status chip_open(struct chip *chip,
				 const struct config *config);
void chip_close(struct chip *chip); /* after chip_open in any case */

/* One word of nvmem; a word of *value is 0 if it cannot be read.
 *   ST_OTP_READ */
MUST_CHECK enum status chip_word(const struct chip *chip, uint32_t offset,
				 uint32_t *value);

/* What cannot be read does not hold. */
bool chip_holds(const struct chip *chip,
		const struct config_condition *condition);

/* The functions of struct port, with its contracts. */
enum status chip_id_read(void *ctx, struct chip_id *out);
enum status chip_otp_read(void *ctx, unsigned int word, uint32_t *value,
			  enum word_health *health);
enum status chip_otp_reload(void *ctx);
enum status chip_lock_read(void *ctx, unsigned int unit, bool *is_locked);
enum status chip_canary_read(void *ctx, unsigned int unit, uint32_t *value);
enum status chip_store_read(void *ctx, unsigned int sector, size_t offset,
			    void *out, size_t len);
enum status chip_random(void *ctx, void *out, size_t len);
enum port_debug chip_debug(void *ctx);
bool chip_secure_boot(void *ctx);
void chip_reset(void *ctx);

/* Where bytes of the store are in its file; -1 if not all in one sector. */
off_t chip_store_at(const struct chip *chip, unsigned int sector, size_t offset,
		    size_t len);

/* Factory builds only. */
enum status chip_otp_program(void *ctx, unsigned int word, uint32_t value);
enum status chip_lock(void *ctx, unsigned int unit);
enum status chip_canary_program(void *ctx, unsigned int unit);
enum status chip_store_erase(void *ctx, unsigned int sector);
enum status chip_store_program(void *ctx, unsigned int sector, size_t offset,
			       struct bytes data);

#endif
