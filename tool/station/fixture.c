/* SPDX-License-Identifier: Apache-2.0 */
#include "station/fixture.h"

#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

#include "station/station_file.h"

static const char usb_kind[] = "usb:";
static const char serial_kind[] = "serial:";

/* What follows the kind, or NULL for another. */
static const char *
rest_of(const char *address, const char *kind)
{
	size_t len = strlen(kind);

	return strncmp(address, kind, len) == 0 ? address + len : NULL;
}

void
fixture_port(char out[USB_PORT_MAX + 1], const char *address)
{
	const char *rest = rest_of(address, usb_kind);
	size_t len = rest != NULL ? strlen(rest) : 0;

	out[0] = '\0';
	if (rest == NULL) {
		rest = rest_of(address, serial_kind);
		if (rest == NULL || strchr(rest, '#') == NULL)
			return;
		len = strcspn(rest, "#");
	}
	if (!usb_port_is_name(rest, len))
		return;
	memcpy(out, rest, len);
	out[len] = '\0';
}

static bool
has_tty(const struct usb_device *device, const char *path)
{
	char tty[USB_TTY_MAX + 1];

	for (unsigned int i = 0; i < device->tty_count; i++)
		if (usb_port_tty(tty, device->port, i) == ST_OK &&
		    text_equal(tty, path))
			return true;
	return false;
}

bool
fixture_leads_to(const char *address, const struct usb_device *device)
{
	const char *rest = rest_of(address, serial_kind);
	char port[USB_PORT_MAX + 1];
	char path[PATH_MAX], real[PATH_MAX];
	size_t len;

	fixture_port(port, address);
	if (port[0] != '\0')
		return text_equal(port, device->port);
	if (rest == NULL || rest[0] != '/')
		return false;
	len = strcspn(rest, "@");
	if (len >= sizeof(path))
		return false;
	memcpy(path, rest, len);
	path[len] = '\0';
	return has_tty(device, realpath(path, real) != NULL ? real : path);
}

static bool
slot_leads_to(const struct station_slot *slot, const struct usb_device *device)
{
	if (fixture_leads_to(slot->unit.agent, device))
		return true;
	for (unsigned int i = 0; i < SLOTS_MAX; i++)
		if (fixture_leads_to(slot->unit.at[i], device))
			return true;
	return false;
}

const struct station_slot *
fixture_find(const struct station *station, const struct usb_device *device)
{
	for (size_t i = 0; i < station->slot_count; i++)
		if (slot_leads_to(&station->slot[i], device))
			return &station->slot[i];
	return NULL;
}

const struct station_slot *
fixture_slot(const struct station *station, int number)
{
	for (size_t i = 0; i < station->slot_count; i++)
		if (station->slot[i].number == number)
			return &station->slot[i];
	return NULL;
}

/* One agent, or two agents at one USB port that are not two serial ports. */
static bool
is_same_agent(const char *one, const char *two)
{
	char port[USB_PORT_MAX + 1], other[USB_PORT_MAX + 1];

	if (text_equal(one, two))
		return true;
	fixture_port(port, one);
	fixture_port(other, two);
	if (port[0] == '\0' || !text_equal(port, other))
		return false;
	if (rest_of(one, serial_kind) == NULL ||
	    rest_of(two, serial_kind) == NULL)
		return true;
	/* however fast: the same serial port of an adapter is the same */
	return strtoul(strchr(one, '#') + 1, NULL, 10) ==
	       strtoul(strchr(two, '#') + 1, NULL, 10);
}

enum status
fixture_put(struct station *station, const struct station_slot *slot,
	    int *other)
{
	size_t at = 0;

	*other = 0;
	for (size_t i = 0; i < station->slot_count; i++)
		if (station->slot[i].number != slot->number &&
		    is_same_agent(station->slot[i].unit.agent,
				  slot->unit.agent)) {
			*other = station->slot[i].number;
			return ST_SLOT_TAKEN;
		}
	while (at < station->slot_count &&
	       station->slot[at].number < slot->number)
		at++;
	if (at == station->slot_count ||
	    station->slot[at].number != slot->number) {
		if (station->slot_count == STATION_SLOTS_MAX)
			return ST_STATION_FILE;
		memmove(&station->slot[at + 1], &station->slot[at],
			(station->slot_count - at) * sizeof(*slot));
		station->slot_count++;
	}
	station->slot[at] = *slot;
	return ST_OK;
}

bool
fixture_remove(struct station *station, int number)
{
	size_t at = 0;

	while (at < station->slot_count && station->slot[at].number != number)
		at++;
	if (at == station->slot_count)
		return false;
	station->slot_count--;
	memmove(&station->slot[at], &station->slot[at + 1],
		(station->slot_count - at) * sizeof(station->slot[0]));
	return true;
}

enum status
fixture_may_change(const struct station *station)
{
	char path[ADDRESS_MAX + 1];
	enum status st = station_path(station, "armed.json", path);

	if (st != ST_OK)
		return st;
	/* also one that cannot be read */
	return access(path, F_OK) == 0 ? ST_STATION_ARMED : ST_OK;
}

enum status
fixture_save(const struct station *station)
{
	enum status st = fixture_may_change(station);

	return st == ST_OK ? station_file_save(station, false) : st;
}
