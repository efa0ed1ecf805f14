/* SPDX-License-Identifier: Apache-2.0 */
/*
 * port_virtual.h - a chip that is a folder of files, as a struct port.
 *
 * Files, made when they are not there; each is a unit's own:
 *   otp.bin    the fuses (otp_model.h)
 *   chip.bin   the chip id: 16 random bytes, never written again
 *   store.bin  the record store: two sectors of 4096 bytes
 *   counters   what was done and refused so far (otp_model.h)
 *
 * Models: "virtual-additive", whose words take further bits, and
 * "virtual-once", whose words take one write.
 *
 * It comes with debug closed and secure boot on, and can burn no further fuse;
 * with `open`, some are left to be burnt.  A burnt one takes effect at the next
 * reset, as the boot code of a chip senses it.
 */
#ifndef IMEILOCK_PORT_VIRTUAL_PORT_VIRTUAL_H
#define IMEILOCK_PORT_VIRTUAL_PORT_VIRTUAL_H

#include "port/port.h"
#include "port/virtual/otp_model.h"

#define VIRTUAL_CHIP_ID_LEN 16
#define VIRTUAL_SECTOR_SIZE PORT_STORE_SECTOR_MIN

struct port_virtual_options {
	const char *model;
	unsigned int slots; /* modem slots, 1 to SLOTS_MAX */
	uint8_t open;	    /* a mask of further_fuse: not burnt by the mill */
	struct power_cut cut;
	/* what is wrong with the fuses; word_kind comes from the model */
	struct otp_traits traits;
};

/* Shown so that a test can declare other properties, or change until the next
 * reset the state that the evidence reports. */
struct port_virtual {
	struct port port;
	struct port_info info;
	enum port_debug debug;
	bool is_secure_boot;
	struct power power;
	struct counters counters;
	struct otp_model otp;
	uint8_t *chip_id; /* the mapped files */
	uint8_t *store;
};

/*
 * Power up the chip of a folder.  chip must not be moved afterwards.
 *   ST_USAGE      no such model, or a slot count out of bounds
 *   ST_PORT_FILE  the folder or a file in it cannot be used
 */
MUST_CHECK enum status port_virtual_open(
	struct port_virtual *chip, const char *folder,
	const struct port_virtual_options *options);
void port_virtual_close(struct port_virtual *chip); /* of a zeroed one too */

/* A mask for `open` from a list with commas: debug, secure-boot.
 *   ST_USAGE  anything else */
MUST_CHECK enum status port_virtual_open_parse(uint8_t *out, const char *text);

#endif
