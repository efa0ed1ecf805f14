/* SPDX-License-Identifier: Apache-2.0 */
#include "port/virtual/vhci.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#define PATH_SIZE (VHCI_SYSFS_MAX + 64)
#define CONTROLLERS_MAX 64
#define STATUS_FREE 4 /* enum usbip_device_status, VDEV_ST_NULL */
#define SPEED_HIGH 3  /* enum usb_device_speed */
/* What the remote bus and device would be; nobody looks. */
#define REMOTE_DEVICE (1 << 16 | 2)
#define PAUSE_MS 20

/* A line of the status file. */
struct row {
	unsigned int port;
	unsigned int number; /* on its controller, from 1 */
	bool is_free;
};

static FILE *
open_status(const char *sysfs, unsigned int controller)
{
	char path[PATH_SIZE];

	if (controller == 0)
		snprintf(path, sizeof(path), "%s/status", sysfs);
	else
		snprintf(path, sizeof(path), "%s/status.%u", sysfs, controller);
	return fopen(path, "re");
}

/* The next port for high speed; false: there are no more. */
static bool
next_row(FILE *file, struct row *row)
{
	char line[128], hub[4];
	unsigned int state;

	while (fgets(line, sizeof(line), file) != NULL) {
		if (sscanf(line, "%3s %u %u", hub, &row->port, &state) != 3 ||
		    strcmp(hub, "hs") != 0)
			continue;
		row->number++;
		row->is_free = state == STATUS_FREE;
		return true;
	}
	return false;
}

/* Handsets that start at the same time agree by locks on one byte of the file
 * for each port, which end with their processes. */
static bool
take(const struct vhci *vhci, unsigned int port)
{
	struct flock lock = {
		.l_type = F_WRLCK,
		.l_whence = SEEK_SET,
		.l_start = port,
		.l_len = 1,
	};

	return fcntl(vhci->attach_fd, F_OFD_SETLK, &lock) == 0;
}

static void
name_row(char name[VHCI_NAME_MAX + 1], unsigned int controller,
	 const struct row *row)
{
	snprintf(name, VHCI_NAME_MAX + 1, "vhci_hcd.%u/%u", controller,
		 row->number);
}

static bool
take_from(struct vhci *vhci, unsigned int controller, FILE *file,
	  const char *wanted)
{
	struct row row = {.number = 0};

	while (next_row(file, &row)) {
		name_row(vhci->name, controller, &row);
		if ((wanted != NULL && strcmp(wanted, vhci->name) != 0) ||
		    !row.is_free || !take(vhci, row.port))
			continue;
		vhci->controller = controller;
		vhci->port = row.port;
		return true;
	}
	return false;
}

static bool
take_any(struct vhci *vhci, const char *wanted)
{
	bool is_taken = false;

	for (unsigned int i = 0; i < CONTROLLERS_MAX && !is_taken; i++) {
		FILE *file = open_status(vhci->sysfs, i);

		if (file == NULL)
			return false;
		is_taken = take_from(vhci, i, file, wanted);
		fclose(file);
	}
	return is_taken;
}

enum status
vhci_open(struct vhci *vhci, const char *sysfs, const char *name,
	  int patience_ms)
{
	char path[PATH_SIZE];

	memset(vhci, 0, sizeof(*vhci));
	snprintf(vhci->sysfs, sizeof(vhci->sysfs), "%s", sysfs);
	snprintf(path, sizeof(path), "%s/attach", vhci->sysfs);
	vhci->attach_fd = open(path, O_WRONLY | O_CLOEXEC);
	if (vhci->attach_fd < 0)
		return ST_PORT_USB;
	for (int ms = 0; ms <= patience_ms; ms += PAUSE_MS) {
		if (take_any(vhci, name))
			return ST_OK;
		(void)usleep(PAUSE_MS * 1000);
	}
	vhci_close(vhci);
	return ST_PORT_USB;
}

void
vhci_close(struct vhci *vhci)
{
	if (vhci->attach_fd >= 0)
		close(vhci->attach_fd);
	vhci->attach_fd = -1;
}

static enum status
attach(void *ctx, int fd)
{
	const struct vhci *vhci = ctx;
	char line[64];
	int len = snprintf(line, sizeof(line), "%u %d %u %u\n", vhci->port, fd,
			   REMOTE_DEVICE, SPEED_HIGH);

	if (pwrite(vhci->attach_fd, line, (size_t)len, 0) != len)
		return ST_PORT_USB;
	return ST_OK;
}

static bool
is_free(void *ctx)
{
	const struct vhci *vhci = ctx;
	FILE *file = open_status(vhci->sysfs, vhci->controller);
	struct row row = {.number = 0};
	bool is_empty = false;

	if (file == NULL)
		return false;
	while (next_row(file, &row))
		if (row.port == vhci->port)
			is_empty = row.is_free;
	fclose(file);
	return is_empty;
}

struct usb_cable
vhci_cable(struct vhci *vhci)
{
	return (struct usb_cable){vhci, attach, is_free};
}
