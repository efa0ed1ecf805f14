/* SPDX-License-Identifier: Apache-2.0 */
/*
 * port.h - the hardware, as the agent sees it: one struct of functions.
 *
 * A port is one folder that fills this in; docs/porting.md leads through it.
 * Words are those of the logical image (proto/image.h, 0 to IMAGE_WORDS - 1);
 * the port maps them to the part's rows.  Lock units are counted from 0; each
 * has one canary word of its own, outside the image, that stays blank.
 *
 * Functions return ST_OK, ST_PORT_REFUSED when the hardware said no,
 * ST_PORT_POWER when it is gone, ST_OTP_READ for cells that cannot be sensed.
 * Nothing believes ST_OK of a program or lock: the caller reads back.
 */
#ifndef IMEILOCK_PORT_PORT_H
#define IMEILOCK_PORT_PORT_H

#include "proto/bytes.h"
#include "proto/fuse.h"
#include "proto/identity.h"
#include "proto/image.h"
#include "proto/status.h"

#define PORT_LOCK_UNITS_MAX 8
#define PORT_STORE_SECTORS 2
#define PORT_STORE_SECTOR_MIN 4096 /* bytes, at least, in each sector */

/* Debug access, as EAT's dbgstat (RFC 9711 4.2.9). */
enum port_debug {
	DEBUG_ENABLED = 0,
	DEBUG_DISABLED = 1,
	DEBUG_DISABLED_SINCE_BOOT = 2,
	DEBUG_DISABLED_PERMANENTLY = 3,
	DEBUG_DISABLED_FULLY = 4,
};

/* What the part can and cannot do: declared, and part of the evidence. */
struct port_info {
	const char *model; /* ASCII, MODEL_MAX at most */
	enum word_kind word_kind;
	uint8_t modem_slots;	  /* 1 to SLOTS_MAX */
	uint8_t lock_units;	  /* 1 to PORT_LOCK_UNITS_MAX */
	bool is_lock_permanent;	  /* no reset or voltage brings it back */
	bool is_refusal_harmless; /* a refused burn has no side effect */
	bool has_random;	  /* a true random source on the chip */
	bool is_secret_hidden;	  /* the secret cannot be read after lock */
	bool is_virtual;	  /* a model of a chip, not a chip */
	uint8_t fuses; /* further fuses that it can burn: enum further_fuse */
};

struct port {
	const struct port_info *info;
	void *ctx; /* handed to every function */

	MUST_CHECK enum status (*chip_id)(void *ctx, struct chip_id *out);

	/* Sense one word; *health says how (proto/image.h). */
	MUST_CHECK enum status (*otp_read)(void *ctx, unsigned int word,
					   uint32_t *value,
					   enum word_health *health);
	/*
	 * IRREVERSIBLE.  Burn one word so that it reads value; on additive
	 * words value contains the bits that are burnt already.  After a
	 * power cut any subset of the new bits is burnt.  A second call with
	 * the same value does no harm on additive words; on write-once words
	 * it is refused, or spoils the word, so the agent never makes it.
	 */
	MUST_CHECK enum status (*otp_program)(void *ctx, unsigned int word,
					      uint32_t value);
	/* Fill shadow registers anew from the cells, if the part has any. */
	MUST_CHECK enum status (*otp_reload)(void *ctx);

	MUST_CHECK enum status (*lock_read)(void *ctx, unsigned int unit,
					    bool *is_locked);
	/* IRREVERSIBLE.  After a power cut the unit is locked or it is not;
	 * a second call does no harm. */
	MUST_CHECK enum status (*lock)(void *ctx, unsigned int unit);
	/*
	 * IRREVERSIBLE.  Burn one of info->fuses; NULL where that is none.
	 * After a power cut it is burnt or it is not; a second call does no
	 * harm.  It may show in debug_state and is_secure_boot at once or
	 * after a reset, and is believed when it shows there.
	 */
	MUST_CHECK enum status (*fuse_program)(void *ctx,
					       enum further_fuse fuse);

	MUST_CHECK enum status (*canary_read)(void *ctx, unsigned int unit,
					      uint32_t *value);
	/*
	 * Try to burn one bit of the unit's canary, straight at the driver,
	 * with the controller open as for any burn.  Called on locked units
	 * only, to be refused: ST_PORT_REFUSED is what a good part answers.
	 */
	MUST_CHECK enum status (*canary_program)(void *ctx, unsigned int unit);

	/*
	 * The record store: PORT_STORE_SECTORS sectors of sector_size bytes.
	 * Erase makes FF; program only clears bits.  After a power cut a
	 * sector that was being erased or programmed holds anything.
	 */
	size_t store_sector_size;
	MUST_CHECK enum status (*store_read)(void *ctx, unsigned int sector,
					     size_t offset, void *out,
					     size_t len);
	MUST_CHECK enum status (*store_erase)(void *ctx, unsigned int sector);
	MUST_CHECK enum status (*store_program)(void *ctx, unsigned int sector,
						size_t offset,
						struct bytes data);

	/* Random bytes, from the chip's source or from what was injected. */
	MUST_CHECK enum status (*random)(void *ctx, void *out, size_t len);

	enum port_debug (*debug_state)(void *ctx);
	bool (*is_secure_boot)(void *ctx);

	/* Restart the chip; does not return on hardware. */
	void (*reset)(void *ctx);
};

#endif
