/* SPDX-License-Identifier: Apache-2.0 */
#include "support/serial_bed.h"

#include <asm/termbits.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/serial.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <umockdev.h>
#include <unistd.h>

#define BUS "/devices/pci0000:00/0000:00:14.0/usb1"
#define TEXT_MAX 2000
#define FOLDERS_MAX 4

struct serial_bed_driver serial_bed_driver;

static UMockdevTestbed *bed;
static UMockdevIoctlBase *handler;

/* How a kind looks in sysfs, with @ for its number. */
struct look {
	const char *node;
	const char *tree;
	const char *folder[FOLDERS_MAX]; /* from the inside out */
};

#define UNIT BUS "/1-@"
#define UNIT_PORT UNIT "/1-@:1.1"
#define ADAPTER BUS "/1-@"
#define ADAPTER_PORT ADAPTER "/1-@:1.0/ttyUSB@"
#define BARE "/devices/platform/serial8250.@"

static const struct look looks[] = {
	[SERIAL_BED_UNIT] =
		{
			"/dev/ttyACM@",
			"P: " UNIT "\nE: SUBSYSTEM=usb\nE: DEVTYPE=usb_device\n"
			"A: busnum=1\\n\nA: devnum=@\\n\nA: idVendor=1209\\n\n"
			"A: idProduct=0001\\n\nA: bDeviceClass=ef\\n\n\n"
			"P: " UNIT_PORT "\nE: SUBSYSTEM=usb\n"
			"E: DEVTYPE=usb_interface\nA: bInterfaceClass=02\\n\n"
			"A: bInterfaceSubClass=02\\n\nA: bInterfaceProtocol=01\\n\n"
			"L: driver=../../../../../../bus/usb/drivers/cdc_acm\n\n"
			"P: " UNIT_PORT "/tty/ttyACM@\nN: ttyACM@\n"
			"E: DEVNAME=/dev/ttyACM@\nE: SUBSYSTEM=tty\nE: MAJOR=166\n"
			"E: MINOR=@\nA: dev=166:@\\n\nL: device=../../../1-@:1.1\n",
			{UNIT_PORT "/tty/ttyACM@", UNIT_PORT, UNIT},
		},
	[SERIAL_BED_ADAPTER] =
		{
			"/dev/ttyUSB@",
			"P: " ADAPTER
			"\nE: SUBSYSTEM=usb\nE: DEVTYPE=usb_device\n"
			"A: busnum=1\\n\nA: devnum=@\\n\nA: idVendor=0403\\n\n"
			"A: idProduct=6001\\n\nA: bDeviceClass=00\\n\n\n"
			"P: " ADAPTER "/1-@:1.0\nE: SUBSYSTEM=usb\n"
			"E: DEVTYPE=usb_interface\nA: bInterfaceClass=ff\\n\n"
			"A: bInterfaceSubClass=ff\\n\nA: bInterfaceProtocol=ff\\n\n"
			"L: driver=../../../../../../bus/usb/drivers/ftdi_sio\n\n"
			"P: " ADAPTER_PORT "\nE: SUBSYSTEM=usb-serial\n"
			"A: latency_timer=16\\n\n"
			"L: driver=../../../../../../../bus/usb-serial/drivers/"
			"ftdi_sio\n\n"
			"P: " ADAPTER_PORT "/tty/ttyUSB@\nN: ttyUSB@\n"
			"E: DEVNAME=/dev/ttyUSB@\nE: SUBSYSTEM=tty\nE: MAJOR=188\n"
			"E: MINOR=@\nA: dev=188:@\\n\nL: device=../../../ttyUSB@\n",
			{ADAPTER_PORT "/tty/ttyUSB@", ADAPTER_PORT,
			 ADAPTER "/1-@:1.0", ADAPTER},
		},
	[SERIAL_BED_BARE] =
		{
			"/dev/ttyS@",
			"P: " BARE "\nE: SUBSYSTEM=platform\n"
			"L: driver=../../../bus/platform/drivers/serial8250\n\n"
			"P: " BARE "/tty/ttyS@\nN: ttyS@\n"
			"E: DEVNAME=/dev/ttyS@\nE: SUBSYSTEM=tty\nE: MAJOR=4\n"
			"E: MINOR=@\nA: dev=4:@\\n\nL: device=../../../serial8250.@\n",
			{BARE "/tty/ttyS@", BARE},
		},
};

/* text with the number in it. */
static void
fill(char out[TEXT_MAX], const char *text, unsigned int n)
{
	size_t len = 0;

	for (; *text != '\0' && len + 12 < TEXT_MAX; text++) {
		if (*text == '@')
			len += (size_t)snprintf(out + len, TEXT_MAX - len, "%u",
						n);
		else
			out[len++] = *text;
	}
	out[len] = '\0';
}

/* ------------------------------------------------------------- the driver */

static long
answer_lines(unsigned long request, int *bits)
{
	struct serial_bed_driver *driver = &serial_bed_driver;
	int before = driver->lines;

	if (request == TIOCMGET)
		*bits = before;
	else if (request == TIOCMBIS)
		driver->lines |= *bits;
	else
		driver->lines &= ~*bits;
	driver->changes += driver->lines != before ? 1 : 0;
	return 0;
}

static void *
argument(UMockdevIoctlClient *client, size_t len)
{
	UMockdevIoctlData *data = umockdev_ioctl_data_resolve(
		umockdev_ioctl_client_get_arg(client), 0, len, NULL);

	return data == NULL ? NULL : data->data;
}

/* The terminal behind it does that as well. */
static gboolean
pass_on(UMockdevIoctlClient *client)
{
	int error = 0;
	int result = umockdev_ioctl_client_execute(client, &error, NULL);

	umockdev_ioctl_client_complete(client, result, error);
	return TRUE;
}

/* TRUE: it was answered here; else the terminal behind it answers. */
static gboolean
on_ioctl(UMockdevIoctlBase *base, UMockdevIoctlClient *client, gpointer ctx)
{
	unsigned long request = umockdev_ioctl_client_get_request(client);
	struct termios2 *is;
	struct serial_struct *serial;

	(void)base;
	(void)ctx;
	switch (request) {
	case TIOCMGET:
	case TIOCMBIS:
	case TIOCMBIC:
		if (serial_bed_driver.has_no_lines) {
			umockdev_ioctl_client_complete(client, -1, ENOTTY);
			return TRUE;
		}
		answer_lines(request, argument(client, sizeof(int)));
		break;
	case TCGETS2:
	case TCSETS2:
		if (request == TCSETS2 || serial_bed_driver.baud == 0)
			return pass_on(client);
		is = argument(client, sizeof(*is));
		memset(is, 0, sizeof(*is));
		is->c_cflag = BOTHER | CS8 | CREAD;
		is->c_ispeed = is->c_ospeed = serial_bed_driver.baud;
		break;
	case TIOCGSERIAL:
		memset(argument(client, sizeof(*serial)), 0, sizeof(*serial));
		break;
	case TIOCSSERIAL:
		serial = argument(client, sizeof(*serial));
		serial_bed_driver.is_hurried =
			((unsigned int)serial->flags & ASYNC_LOW_LATENCY) != 0;
		break;
	default:
		return FALSE;
	}
	umockdev_ioctl_client_complete(client, 0, 0);
	return TRUE;
}

/* ----------------------------------------------------------------- the bed */

bool
serial_bed_open(void)
{
	bed = umockdev_testbed_new();
	handler = umockdev_ioctl_base_new();
	g_signal_connect(handler, "handle-ioctl", G_CALLBACK(on_ioctl), NULL);
	return umockdev_in_mock_environment();
}

/* The bed keeps a descriptor of its own, which would hold the line open. */
static int
take_end(int bed_fd)
{
	int fd = fcntl(bed_fd, F_DUPFD_CLOEXEC, 0);
	int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (nothing < 0 || dup2(nothing, bed_fd) < 0)
		return -1;
	close(nothing);
	return fd;
}

/* The bed remembers a terminal's number, which another may have afterwards. */
static void
forget_terminal(int end)
{
	char path[PATH_MAX], name[64] = "";
	gchar *root = umockdev_testbed_get_root_dir(bed);

	if (ptsname_r(end, name, sizeof(name)) == 0) {
		for (char *at = name; *at != '\0'; at++)
			*at = *at == '/' ? '_' : *at;
		snprintf(path, sizeof(path), "%s/dev/.ptymap/%s", root, name);
		unlink(path);
	}
	g_free(root);
}

int
serial_bed_plug(struct serial_bed_plug plug)
{
	const struct look *look = &looks[plug.kind];
	char text[TEXT_MAX], node[TEXT_MAX];
	GError *error = NULL;
	int end;

	fill(text, look->tree, plug.n);
	fill(node, look->node, plug.n);
	if (!umockdev_testbed_add_from_string(bed, text, &error) ||
	    !umockdev_testbed_attach_ioctl(bed, node, handler, &error)) {
		fprintf(stderr, "%s\n", error->message);
		return -1;
	}
	end = take_end(umockdev_testbed_get_dev_fd(bed, node));
	forget_terminal(end);
	return end;
}

/* The bed does not take children away with their parents. */
void
serial_bed_unplug(struct serial_bed_plug plug)
{
	const struct look *look = &looks[plug.kind];
	char path[TEXT_MAX + 4] = "/sys";

	for (size_t i = 0; i < FOLDERS_MAX && look->folder[i] != NULL; i++) {
		fill(path + 4, look->folder[i], plug.n);
		umockdev_testbed_remove_device(bed, path);
	}
}

void
serial_bed_number(struct serial_bed_plug plug, unsigned int number)
{
	char path[TEXT_MAX + 4] = "/sys", text[16];

	fill(path + 4, UNIT, plug.n);
	snprintf(text, sizeof(text), "%u\n", number);
	umockdev_testbed_set_attribute(bed, path, "devnum", text);
}

static void
latency_path(char out[TEXT_MAX + PATH_MAX], unsigned int n)
{
	gchar *root = umockdev_testbed_get_root_dir(bed);
	char path[TEXT_MAX];

	fill(path, ADAPTER_PORT "/latency_timer", n);
	snprintf(out, TEXT_MAX + PATH_MAX, "%s/sys%s", root, path);
	g_free(root);
}

int
serial_bed_latency(unsigned int n)
{
	char path[TEXT_MAX + PATH_MAX];
	FILE *file;
	int latency = 0;

	latency_path(path, n);
	file = fopen(path, "re");
	if (file == NULL || fscanf(file, "%d", &latency) != 1)
		latency = -1;
	if (file != NULL)
		fclose(file);
	return latency;
}

bool
serial_bed_deny_latency(unsigned int n)
{
	char path[TEXT_MAX + PATH_MAX];

	latency_path(path, n);
	/* a number that the superuser may not write either */
	return unlink(path) == 0 &&
	       symlink("/proc/sys/kernel/random/poolsize", path) == 0;
}
