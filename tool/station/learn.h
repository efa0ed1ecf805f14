/* SPDX-License-Identifier: Apache-2.0 */
/*
 * learn.h - which USB port is a slot: whoever is asked plugs something in, and
 * what is new there is it.
 *
 * Works on lists of what is plugged in, one after the other, and looks at
 * nothing itself.  What was there when it began is never taken.
 */
#ifndef IMEILOCK_TOOL_STATION_LEARN_H
#define IMEILOCK_TOOL_STATION_LEARN_H

#include "link/usb_port.h"
#include "station/station.h"

#define LEARN_SETTLE_MS 500 /* so long nothing of a device may change */

/* Something that came since, and since when it is as it is. */
struct learn_newcomer {
	struct usb_device device;
	int64_t since_ms;
};

struct learn {
	const struct profile *profile;
	bool has_at; /* AT ports are given, and need not be there */
	/* what was there, or was spoken of */
	size_t known_count;
	struct usb_device known[USB_DEVICES_MAX];
	size_t new_count;
	struct learn_newcomer newcomer[USB_DEVICES_MAX];
};

enum learn_event {
	LEARN_NOTHING,
	LEARN_SEEN,    /* what could be it has come */
	LEARN_OTHER,   /* something else has come; it is let be */
	LEARN_SETTLED, /* this is it */
};

/* Begin with what is there now. */
void learn_begin(struct learn *learn, const struct profile *profile,
		 bool has_at, const struct usb_device *now, size_t count);

/*
 * The next look, now_ms on the monotonic clock.  *about is the device that the
 * event is about.
 *   ST_SLOT_TWO          two came at once, so either could be it
 *   ST_LINK_TWO_DEVICES  its port's name is that of another device as well
 */
MUST_CHECK enum status learn_look(struct learn *learn,
				  const struct usb_device *now, size_t count,
				  int64_t now_ms, enum learn_event *event,
				  struct usb_device *about);

/* Has the agent's interface and an id of usb, or is one of serial_adapters. */
bool learn_fits(const struct profile *profile, const struct usb_device *device);

/* The serial ports that a device lacks until it can be a slot. */
unsigned int learn_lacks(const struct learn *learn,
			 const struct usb_device *device);

/* The addresses of the unit at that device's port; AT ports of an adapter as
 * far as it has serial ports. */
void learn_addresses(struct unit_address *out, const struct profile *profile,
		     const struct usb_device *device);

#endif
