/* SPDX-License-Identifier: Apache-2.0 */
/*
 * udev.h - rules for udev, made of profiles: who may open the devices of a
 * line, who keeps off them, and what they are called.
 */
#ifndef IMEILOCK_TOOL_PROFILE_UDEV_H
#define IMEILOCK_TOOL_PROFILE_UDEV_H

#include <stdio.h>

#include "profile/profile.h"

/* Who may open the devices. */
#define UDEV_GROUP "imeilock"
#define UDEV_NAME_MAX 31

/* A name for what is plugged into a USB port, CONTROLLER/PORTS. */
struct udev_place {
	char name[UDEV_NAME_MAX + 1]; /* "slot3" */
	const char *port;
};

/*
 * The rules, as a file for /etc/udev/rules.d.  Devices whose ids stand in no
 * profile get nothing of it, whatever they are plugged into.
 */
void udev_rules(FILE *to, const struct profile *profile, size_t count,
		const struct udev_place *place, size_t places);

#endif
