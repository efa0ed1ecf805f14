/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuse.h - further fuses, outside the image, that may be burnt at the lock.
 *
 * A chip's own switches: what they do shows in its debug state and in its
 * secure boot, after its next reset at the latest.  Bits of a mask in messages,
 * ports and profiles.  Append only.
 */
#ifndef IMEILOCK_PROTO_FUSE_H
#define IMEILOCK_PROTO_FUSE_H

#include <stdbool.h>
#include <stdint.h>

enum further_fuse {
	FUSE_DEBUG_CLOSED = 1 << 0, /* debug access is closed for ever */
	FUSE_SECURE_BOOT = 1 << 1,  /* only signed code boots */
};

#define FUSES_ALL (FUSE_DEBUG_CLOSED | FUSE_SECURE_BOOT)
#define FUSE_MASK_MAX 0xff /* in messages: a later version may know more */

/* The mask of those that a chip in this state shows to be burnt: debug as
 * EAT's dbgstat (RFC 9711 4.2.9), where 3 and 4 are the values for ever. */
static inline unsigned int
fuses_shown(unsigned int debug, bool is_secure_boot)
{
	unsigned int shown = is_secure_boot ? FUSE_SECURE_BOOT : 0;

	return debug == 3 || debug == 4 ? shown | FUSE_DEBUG_CLOSED : shown;
}

#endif
