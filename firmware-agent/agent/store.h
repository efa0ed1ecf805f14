/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store.h - the objects that a unit keeps: ticket, record, their certificates.
 *
 * Two sectors take turns.  A sector is a header (magic, sequence, lengths and
 * CRCs of the objects, CRC of the header), then the objects.  The header is
 * programmed last, so a sector counts only when it is whole; the one with the
 * higher sequence holds.  A power cut leaves the old objects or the new ones.
 */
#ifndef IMEILOCK_AGENT_STORE_H
#define IMEILOCK_AGENT_STORE_H

#include "port/port.h"
#include "proto/msg.h"

#define STORE_OBJECTS_MAX 2048 /* bytes of all objects together */

/* What is stored, by enum stored - 1; len 0 where nothing is. */
struct store_view {
	struct bytes object[STORED_COUNT];
	uint32_t sequence; /* 0: nothing was ever stored */
	unsigned int sector;
};

/*
 * Load the newest whole sector into buf; the views point into it.  A store in
 * which nothing is whole is empty, and that is no error.
 *   ST_PORT_POWER
 */
MUST_CHECK enum status store_load(struct store_view *out,
				  uint8_t buf[STORE_OBJECTS_MAX],
				  const struct port *port);

/*
 * Write objects to the other sector.  old is what store_load gave; objects may
 * be views into its buffer.  Not read back here: load again and compare.
 *   ST_AGENT_STORE  too large, or the store refused
 */
MUST_CHECK enum status store_save(const struct store_view *old,
				  const struct bytes object[STORED_COUNT],
				  const struct port *port);

#endif
