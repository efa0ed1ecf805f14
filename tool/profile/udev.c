/* SPDX-License-Identifier: Apache-2.0 */
#include "profile/udev.h"

static const char head[] =
	"# SPDX-License-Identifier: Apache-2.0\n"
	"#\n"
	"# Made by 'imeilock profile udev'; not changed by hand.  To be\n"
	"# /etc/udev/rules.d/70-imeilock.rules: behind 60-serial.rules, before\n"
	"# ModemManager's and 73-seat-late.rules.\n"
	"#\n"
	"# brltty takes some serial adapters for braille displays, such as\n"
	"# 1a86:7523 and 10c4:ea60, and asks no rule: remove it from a station.\n"
	"\n"
	"ACTION==\"remove\", GOTO=\"imeilock_end\"\n"
	"SUBSYSTEM==\"usb\", ENV{DEVTYPE}==\"usb_device\", "
	"GOTO=\"imeilock_usb\"\n"
	"SUBSYSTEM==\"tty\", SUBSYSTEMS==\"usb\", GOTO=\"imeilock_usb\"\n"
	"GOTO=\"imeilock_end\"\n"
	"\n"
	"LABEL=\"imeilock_usb\"\n"
	"# the device's own ids, never those of a hub above it\n"
	"IMPORT{builtin}=\"usb_id\"\n";

static const char access_rules[] =
	"\n"
	"ENV{.IMEILOCK}==\"\", GOTO=\"imeilock_end\"\n"
	"ENV{ID_MM_DEVICE_IGNORE}=\"1\"\n"
	"SUBSYSTEM==\"tty\", ENV{ID_MM_PORT_IGNORE}=\"1\"\n"
	"# nobody talks to an adapter itself\n"
	"SUBSYSTEM==\"usb\", ENV{.IMEILOCK}==\"adapter\", "
	"GOTO=\"imeilock_names\"\n"
	"GROUP=\"" UDEV_GROUP "\", MODE=\"0660\", TAG+=\"uaccess\"\n"
	"LABEL=\"imeilock_names\"\n";

static const char port_rule[] =
	"\n"
	"# adapters that have several ports at one interface\n"
	"SUBSYSTEM==\"tty\", SUBSYSTEMS==\"usb-serial\", "
	"ATTRS{port_number}==\"?*\", ATTRS{port_number}!=\"0\", "
	"ENV{.IMEILOCK_PORT}=\"-port$attr{port_number}\"\n";

static const char tail[] = "\nLABEL=\"imeilock_end\"\n";

static void
put_ids(FILE *to, const struct usb_id *id, size_t count, const char *kind)
{
	for (size_t i = 0; i < count; i++)
		(void)fprintf(to,
			      "ENV{ID_VENDOR_ID}==\"%04x\", "
			      "ENV{ID_MODEL_ID}==\"%04x\", "
			      "ENV{.IMEILOCK}=\"%s\"\n",
			      id[i].vendor, id[i].product, kind);
}

/* The names of controllers and chains have no character that a glob knows. */
static void
put_place(FILE *to, const struct udev_place *place)
{
	size_t before = strcspn(place->port, "/");
	const char *chain = place->port + before;

	chain += *chain == '/';
	(void)fprintf(to,
		      "\n# %s is %s\n"
		      "SUBSYSTEM==\"usb\", DEVPATH==\"*/%.*s/usb*/*-%s\", "
		      "SYMLINK+=\"imeilock/%s\"\n"
		      "SUBSYSTEM==\"tty\", DEVPATH==\"*/%.*s/usb*/*-%s:*\", "
		      "ATTRS{bInterfaceNumber}==\"?*\", SYMLINK+=\"imeilock/"
		      "%s-if$attr{bInterfaceNumber}$env{.IMEILOCK_PORT}\"\n",
		      place->name, place->port, (int)before, place->port, chain,
		      place->name, (int)before, place->port, chain,
		      place->name);
}

void
udev_rules(FILE *to, const struct profile *profile, size_t count,
	   const struct udev_place *place, size_t places)
{
	(void)fputs(head, to);
	/* an id that is both is a model's: more may be done with it */
	for (size_t i = 0; i < count; i++) {
		if (profile[i].adapter_count == 0)
			continue;
		(void)fprintf(to, "\n# adapters of %s\n", profile[i].model);
		put_ids(to, profile[i].adapter, profile[i].adapter_count,
			"adapter");
	}
	for (size_t i = 0; i < count; i++) {
		if (profile[i].usb_count == 0)
			continue;
		(void)fprintf(to, "\n# %s\n", profile[i].model);
		put_ids(to, profile[i].usb, profile[i].usb_count, "model");
	}
	(void)fputs(access_rules, to);
	if (places > 0)
		(void)fputs(port_rule, to);
	for (size_t i = 0; i < places; i++)
		put_place(to, &place[i]);
	(void)fputs(tail, to);
}
