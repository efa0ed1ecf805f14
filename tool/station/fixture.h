/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fixture.h - the slots of a station as they are changed, and what of them is
 * a physical USB port.
 */
#ifndef IMEILOCK_TOOL_STATION_FIXTURE_H
#define IMEILOCK_TOOL_STATION_FIXTURE_H

#include "link/usb_port.h"
#include "station/station.h"

/* The USB port that an address names, usb:PORT or serial:PORT#N; or "". */
void fixture_port(char out[USB_PORT_MAX + 1], const char *address);

/* The address leads to this device: it names its port, or one of its serial
 * ports by a path. */
bool fixture_leads_to(const char *address, const struct usb_device *device);

/* The slot one of whose addresses leads to the device, or NULL. */
const struct station_slot *fixture_find(const struct station *station,
					const struct usb_device *device);

/* The slot of this number, or NULL. */
const struct station_slot *fixture_slot(const struct station *station,
					int number);

/*
 * Put a slot in, in the order of numbers, or in the place of the one that has
 * its number.  *other is the slot that has its agent or the agent's USB port.
 *   ST_SLOT_TAKEN    another slot has it; nothing was changed
 *   ST_STATION_FILE  there is no room for one more
 */
MUST_CHECK enum status fixture_put(struct station *station,
				   const struct station_slot *slot, int *other);
/* False if there is none. */
bool fixture_remove(struct station *station, int number);

/* ST_STATION_ARMED: slots of an armed station are not changed. */
MUST_CHECK enum status fixture_may_change(const struct station *station);

/*
 * Write station.json anew, whole or not at all.  What was locked of the old
 * file has to be locked again.
 *   ST_STATION_ARMED, ST_STATION_FILE
 */
MUST_CHECK enum status fixture_save(const struct station *station);

#endif
