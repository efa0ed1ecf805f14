/* SPDX-License-Identifier: Apache-2.0 */
/*
 * state.h - the device's state, from fuses, lock bits and canaries alone.
 *
 * For agent and boot check.  Nothing here remembers: the same silicon always
 * gives the same state, whatever was said before.
 */
#ifndef IMEILOCK_BOOT_STATE_H
#define IMEILOCK_BOOT_STATE_H

#include "port/port.h"
#include "proto/image.h"
#include "proto/record.h"

/* What the silicon says. */
struct device_view {
	struct image_view image;
	enum device_state state;
	uint8_t locked_mask;	   /* bit n: lock unit n reads locked */
	uint8_t blank_canary_mask; /* bit n: its canary reads blank */
};

/* The mask of a port's lock units, all set. */
uint8_t state_all_units(const struct port *port);

/* Sense all words; a word that cannot be sensed is WORD_UNREADABLE.
 *   ST_PORT_POWER  gone in the middle */
MUST_CHECK enum status state_sense(struct image *out, const struct port *port);

/*
 * Judge an image that was just sensed, with locks and canaries.  A lock unit
 * that cannot be read counts as open, a canary that cannot be read as burnt.
 *   ST_PORT_POWER
 */
MUST_CHECK enum status state_judge(struct device_view *out,
				   const struct image *image,
				   const struct port *port);

/* Words behind the secret that are not blank. */
uint8_t state_burnt_words(const struct image *image);

#endif
