/* SPDX-License-Identifier: Apache-2.0 */
#include "station/learn.h"

#include <stdio.h>

static bool
is_same(const struct usb_device *a, const struct usb_device *b)
{
	return a->instance == b->instance && a->bus == b->bus &&
	       text_equal(a->port, b->port);
}

static bool
is_unchanged(const struct usb_device *a, const struct usb_device *b)
{
	return a->has_agent == b->has_agent && a->tty_count == b->tty_count &&
	       a->vendor == b->vendor && a->product == b->product;
}

static bool
is_among(const struct usb_device *list, size_t count,
	 const struct usb_device *device)
{
	for (size_t i = 0; i < count; i++)
		if (is_same(&list[i], device))
			return true;
	return false;
}

static struct usb_id
id_of(const struct usb_device *device)
{
	return (struct usb_id){device->vendor, device->product};
}

static bool
is_handset(const struct profile *profile, const struct usb_device *device)
{
	return usb_id_in(profile->usb, profile->usb_count, id_of(device));
}

static bool
is_adapter(const struct profile *profile, const struct usb_device *device)
{
	return usb_id_in(profile->adapter, profile->adapter_count,
			 id_of(device));
}

bool
learn_fits(const struct profile *profile, const struct usb_device *device)
{
	return is_handset(profile, device) ? device->has_agent
					   : is_adapter(profile, device);
}

/* Its id is there at once, its interfaces come later. */
static bool
may_fit(const struct profile *profile, const struct usb_device *device)
{
	return is_handset(profile, device) || is_adapter(profile, device);
}

unsigned int
learn_lacks(const struct learn *learn, const struct usb_device *device)
{
	bool is_usb = is_handset(learn->profile, device);
	unsigned int needed = is_usb ? learn->profile->slots : 1;

	if (is_usb && learn->has_at)
		return 0;
	return device->tty_count < needed ? needed - device->tty_count : 0;
}

void
learn_begin(struct learn *learn, const struct profile *profile, bool has_at,
	    const struct usb_device *now, size_t count)
{
	memset(learn, 0, sizeof(*learn));
	learn->profile = profile;
	learn->has_at = has_at;
	learn->known_count = count;
	if (count != 0)
		memcpy(learn->known, now, count * sizeof(*now));
}

/* Those that went away are no newcomers, and no longer known. */
static void
forget_gone(struct learn *learn, const struct usb_device *now, size_t count)
{
	size_t known = 0, fresh = 0;

	for (size_t i = 0; i < learn->known_count; i++)
		if (is_among(now, count, &learn->known[i]))
			learn->known[known++] = learn->known[i];
	for (size_t i = 0; i < learn->new_count; i++)
		if (is_among(now, count, &learn->newcomer[i].device))
			learn->newcomer[fresh++] = learn->newcomer[i];
	learn->known_count = known;
	learn->new_count = fresh;
}

/* True if it is here for the first time. */
static bool
take_in(struct learn *learn, const struct usb_device *device, int64_t now_ms)
{
	for (size_t i = 0; i < learn->new_count; i++) {
		struct learn_newcomer *newcomer = &learn->newcomer[i];

		if (!is_same(&newcomer->device, device))
			continue;
		if (!is_unchanged(&newcomer->device, device))
			newcomer->since_ms = now_ms;
		newcomer->device = *device;
		return false;
	}
	learn->newcomer[learn->new_count++] =
		(struct learn_newcomer){*device, now_ms};
	return true;
}

static size_t
count_possible(const struct learn *learn)
{
	size_t count = 0;

	for (size_t i = 0; i < learn->new_count; i++)
		count += may_fit(learn->profile, &learn->newcomer[i].device);
	return count;
}

static bool
shares_name(const struct usb_device *now, size_t count,
	    const struct usb_device *device)
{
	for (size_t i = 0; i < count; i++)
		if (text_equal(now[i].port, device->port) &&
		    !is_same(&now[i], device))
			return true;
	return false;
}

/* The first that stayed as it is for long enough, and what that means. */
static enum learn_event
settle(struct learn *learn, int64_t now_ms, struct usb_device *about)
{
	for (size_t i = 0; i < learn->new_count; i++) {
		const struct learn_newcomer newcomer = learn->newcomer[i];

		if (now_ms - newcomer.since_ms < LEARN_SETTLE_MS)
			continue;
		*about = newcomer.device;
		if (!learn_fits(learn->profile, about)) {
			learn->newcomer[i] =
				learn->newcomer[--learn->new_count];
			learn->known[learn->known_count++] = newcomer.device;
			return LEARN_OTHER;
		}
		if (learn_lacks(learn, about) == 0)
			return LEARN_SETTLED;
	}
	return LEARN_NOTHING;
}

enum status
learn_look(struct learn *learn, const struct usb_device *now, size_t count,
	   int64_t now_ms, enum learn_event *event, struct usb_device *about)
{
	*event = LEARN_NOTHING;
	forget_gone(learn, now, count);
	for (size_t i = 0; i < count; i++) {
		if (is_among(learn->known, learn->known_count, &now[i]) ||
		    !take_in(learn, &now[i], now_ms) ||
		    !may_fit(learn->profile, &now[i]))
			continue;
		*event = LEARN_SEEN;
		*about = now[i];
	}
	if (count_possible(learn) > 1)
		return ST_SLOT_TWO;
	if (*event == LEARN_NOTHING)
		*event = settle(learn, now_ms, about);
	if (*event == LEARN_SETTLED && shares_name(now, count, about))
		return ST_LINK_TWO_DEVICES;
	return ST_OK;
}

static void
put_serial(char out[ADDRESS_MAX + 1], const char *port, unsigned int number,
	   uint32_t baud, const char *more)
{
	char rate[16] = "";

	if (baud != 0)
		(void)snprintf(rate, sizeof(rate), "@%u", (unsigned int)baud);
	(void)snprintf(out, ADDRESS_MAX + 1, "serial:%s#%u%s%s", port, number,
		       rate, baud != 0 ? more : "");
}

void
learn_addresses(struct unit_address *out, const struct profile *profile,
		const struct usb_device *device)
{
	bool is_usb = is_handset(profile, device);
	unsigned int first = is_usb ? 0 : 1;

	memset(out, 0, sizeof(*out));
	if (is_usb)
		(void)snprintf(out->agent, sizeof(out->agent), "usb:%s",
			       device->port);
	else
		put_serial(out->agent, device->port, 0, profile->serial_baud,
			   profile->serial_rtscts ? "+rtscts" : "");
	for (unsigned int i = 0; i < profile->slots && i < SLOTS_MAX; i++)
		if (i + first < device->tty_count)
			put_serial(out->at[i], device->port, i + first,
				   is_usb ? 0 : profile->serial_baud, "");
}
