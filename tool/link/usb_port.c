/* SPDX-License-Identifier: Apache-2.0 */
#include "link/usb_port.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "proto/usb.h"

#define DEVICES "/sys/bus/usb/devices"
#define HUB_CLASS 9
#define TTYS_MAX 32
#define NUMBER_MAX 255

/* A serial port, and what it is ordered by before its name. */
struct tty {
	unsigned int config, interface;
	char name[USB_TTY_MAX + 1];
};

/* One device's folder, and what stands in it. */
struct place {
	int dir;
	struct usb_device device;
	struct tty tty[TTYS_MAX];
	unsigned int tty_count;
};

/* ------------------------------------------------------------------ names */

/* Numbers with dots between them. */
static bool
is_chain(const char *text, size_t len)
{
	bool is_number = false;

	for (size_t i = 0; i < len; i++) {
		if (text[i] == '.' && is_number)
			is_number = false;
		else if (text[i] >= '0' && text[i] <= '9')
			is_number = true;
		else
			return false;
	}
	return is_number;
}

static bool
is_controller(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (!isascii(text[i]) || (!isalnum((unsigned char)text[i]) &&
					  memchr(":.-_", text[i], 4) == NULL))
			return false;
	return len > 0;
}

bool
usb_port_is_name(const char *text, size_t len)
{
	const char *slash = len == 0 ? NULL : memchr(text, '/', len);
	size_t before;

	if (slash == NULL || len > USB_PORT_MAX)
		return false;
	before = (size_t)(slash - text);
	return is_controller(text, before) &&
	       is_chain(slash + 1, len - before - 1);
}

/* "1-2.3": the bus, and where the chain of ports begins; NULL for a root hub
 * or an interface. */
static const char *
chain_of(const char *sysname, unsigned int *bus)
{
	const char *dash = strchr(sysname, '-');
	char *end;
	unsigned long number;

	if (dash == NULL || !isdigit((unsigned char)sysname[0]))
		return NULL;
	number = strtoul(sysname, &end, 10);
	if (end != dash || number == 0 || number > NUMBER_MAX ||
	    !is_chain(dash + 1, strlen(dash + 1)))
		return NULL;
	*bus = (unsigned int)number;
	return dash + 1;
}

/* What /dev calls serial ports: never a way out of that folder. */
static bool
is_tty_name(const char *name)
{
	size_t len = strlen(name);

	for (size_t i = 0; i < len; i++)
		if (!isascii(name[i]) ||
		    (!isalnum((unsigned char)name[i]) && name[i] != '_'))
			return false;
	return strncmp(name, "tty", 3) == 0 && len > 3 &&
	       len <= USB_TTY_MAX - (sizeof("/dev/") - 1);
}

/* ------------------------------------------------------------- attributes */

/* An attribute that is one number and nothing else. */
static bool
read_number(int dir, const char *name, int base, unsigned int *out)
{
	char text[8];
	char *end;
	ssize_t len;
	int fd = openat(dir, name, O_RDONLY | O_CLOEXEC);

	*out = 0;
	if (fd < 0)
		return false;
	len = read(fd, text, sizeof(text) - 1);
	close(fd);
	if (len <= 0)
		return false;
	text[len] = '\0';
	if (strspn(text, "0123456789abcdef") + 1 != (size_t)len)
		return false;
	*out = (unsigned int)strtoul(text, &end, base);
	return end != text && strcmp(end, "\n") == 0 && *out <= UINT16_MAX;
}

static bool
has_number(int dir, const char *name, unsigned int expected)
{
	unsigned int number;

	return read_number(dir, name, 16, &number) && number == expected;
}

static int
open_folder(int dir, const char *name)
{
	return openat(dir, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

/* For each entry of a folder of dir; one that is not there has none. */
typedef void entry_fn(struct place *place, int dir, const char *name,
		      void *ctx);

static void
for_each(struct place *place, int dir, const char *folder, entry_fn *visit,
	 void *ctx)
{
	int fd = open_folder(dir, folder);
	DIR *entries = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *entry;

	if (entries == NULL) {
		if (fd >= 0)
			close(fd);
		return;
	}
	while ((entry = readdir(entries)) != NULL)
		visit(place, fd, entry->d_name, ctx);
	closedir(entries);
}

/* ------------------------------------------------------------- interfaces */

static void
add_tty(struct place *place, int dir, const char *name, void *ctx)
{
	struct tty *tty = &place->tty[place->tty_count];

	(void)dir;
	if (place->tty_count == TTYS_MAX || !is_tty_name(name))
		return;
	*tty = *(const struct tty *)ctx;
	memcpy(tty->name, name, strlen(name) + 1);
	place->tty_count++;
}

/* A port of usb-serial is a folder with the tty in it. */
static void
look_for_port(struct place *place, int dir, const char *name, void *ctx)
{
	char folder[USB_TTY_MAX + sizeof("/tty")];

	int len;

	if (!is_tty_name(name))
		return;
	len = snprintf(folder, sizeof(folder), "%s/tty", name);
	if (len > 0 && (size_t)len < sizeof(folder))
		for_each(place, dir, folder, add_tty, ctx);
}

static void
look_at_interface(struct place *place, int dir, const char *name, void *ctx)
{
	size_t len = strlen(place->device.sysname);
	struct tty at;
	int interface;

	(void)ctx;
	if (strncmp(name, place->device.sysname, len) != 0 ||
	    sscanf(name + len, ":%3u.%3u", &at.config, &at.interface) != 2)
		return;
	interface = open_folder(dir, name);
	if (interface < 0)
		return;
	if (has_number(interface, "bInterfaceClass", USB_AGENT_CLASS) &&
	    has_number(interface, "bInterfaceSubClass", USB_AGENT_SUBCLASS) &&
	    has_number(interface, "bInterfaceProtocol", USB_AGENT_PROTOCOL))
		place->device.has_agent = true;
	for_each(place, interface, "tty", add_tty, &at);
	for_each(place, interface, ".", look_for_port, &at);
	close(interface);
}

static int
compare_ttys(const void *a, const void *b)
{
	const struct tty *left = a, *right = b;

	if (left->config != right->config)
		return left->config < right->config ? -1 : 1;
	if (left->interface != right->interface)
		return left->interface < right->interface ? -1 : 1;
	return strverscmp(left->name, right->name);
}

/* ---------------------------------------------------------------- devices */

/* CONTROLLER/PORTS of a path ".../CONTROLLER/usbBUS/...". */
static bool
name_port(struct usb_device *device, const char *path, const char *chain)
{
	char root_hub[sizeof("/usb255/")];
	const char *end, *start;
	int len;

	snprintf(root_hub, sizeof(root_hub), "/usb%u/", device->bus);
	end = strstr(path, root_hub);
	if (end == NULL || end == path)
		return false;
	start = memrchr(path, '/', (size_t)(end - path));
	if (start == NULL)
		return false;
	start++;
	len = snprintf(device->port, sizeof(device->port), "%.*s/%s",
		       (int)(end - start), start, chain);
	return len > 0 && (size_t)len < sizeof(device->port) &&
	       usb_port_is_name(device->port, (size_t)len);
}

/* What stands in the folder itself; false for a hub, or when it goes away. */
static bool
read_device(struct place *place)
{
	struct usb_device *device = &place->device;
	unsigned int class, vendor, product, number;
	struct stat folder;

	if (!read_number(place->dir, "bDeviceClass", 16, &class) ||
	    !read_number(place->dir, "idVendor", 16, &vendor) ||
	    !read_number(place->dir, "idProduct", 16, &product) ||
	    !read_number(place->dir, "devnum", 10, &number) ||
	    fstat(place->dir, &folder) != 0)
		return false;
	if (class == HUB_CLASS || number == 0 || number > NUMBER_MAX)
		return false;
	device->vendor = (uint16_t)vendor;
	device->product = (uint16_t)product;
	device->number = (uint8_t)number;
	/* sysfs numbers its folders anew, and so does the bus its devices;
	 * times are those of a cache and would not do */
	device->instance = (uint64_t)folder.st_ino << 16 |
			   (uint64_t)device->bus << 8 | number;
	return true;
}

static void
place_close(struct place *place)
{
	if (place->dir >= 0)
		close(place->dir);
	place->dir = -1;
}

/* The real path is opened, so that what is read belongs to that port. */
static bool
place_open(struct place *place, const char *sysname)
{
	char link[sizeof(DEVICES) + NAME_MAX + 1];
	char path[PATH_MAX];
	unsigned int bus;
	const char *chain = chain_of(sysname, &bus);

	memset(place, 0, sizeof(*place));
	place->dir = -1;
	if (chain == NULL || strlen(sysname) >= sizeof(place->device.sysname))
		return false;
	place->device.bus = (uint8_t)bus;
	memcpy(place->device.sysname, sysname, strlen(sysname) + 1);
	snprintf(link, sizeof(link), DEVICES "/%s", sysname);
	if (realpath(link, path) == NULL ||
	    !name_port(&place->device, path, chain))
		return false;
	place->dir = open_folder(AT_FDCWD, path);
	if (place->dir < 0)
		return false;
	if (!read_device(place)) {
		place_close(place);
		return false;
	}
	for_each(place, place->dir, ".", look_at_interface, NULL);
	qsort(place->tty, place->tty_count, sizeof(place->tty[0]),
	      compare_ttys);
	place->device.tty_count = (uint8_t)place->tty_count;
	return true;
}

/* ------------------------------------------------------------------ looks */

/* What a walk over all devices is for: a list, or one port. */
struct walk {
	struct usb_device *out;
	size_t max, count;
	bool is_full;
	const char *port; /* NULL for a list */
	struct place *found;
};

static void
list_device(struct walk *walk, const char *sysname)
{
	struct place place;

	if (!place_open(&place, sysname))
		return;
	place_close(&place);
	if (walk->count == walk->max)
		walk->is_full = true;
	else
		walk->out[walk->count++] = place.device;
}

static void
match_device(struct walk *walk, const char *sysname)
{
	unsigned int bus;
	const char *chain = chain_of(sysname, &bus);
	struct place place;

	/* most are told by their names alone */
	if (chain == NULL || strcmp(chain, strchr(walk->port, '/') + 1) != 0 ||
	    !place_open(&place, sysname))
		return;
	place_close(&place);
	if (strcmp(place.device.port, walk->port) != 0)
		return;
	walk->count++;
	*walk->found = place;
}

static enum status
walk_devices(struct walk *walk, void (*visit)(struct walk *, const char *))
{
	DIR *entries = opendir(DEVICES);
	const struct dirent *entry;

	if (entries == NULL)
		return ST_LINK_OPEN;
	while ((entry = readdir(entries)) != NULL)
		visit(walk, entry->d_name);
	closedir(entries);
	return ST_OK;
}

static int
compare_devices(const void *a, const void *b)
{
	const struct usb_device *left = a, *right = b;
	int order = strverscmp(left->port, right->port);

	return order != 0 ? order : left->bus - right->bus;
}

enum status
usb_port_list(struct usb_device *out, size_t max, size_t *count)
{
	struct walk walk = {.out = out, .max = max};
	enum status st = walk_devices(&walk, list_device);

	*count = 0;
	if (st != ST_OK || walk.is_full)
		return ST_LINK_OPEN;
	if (walk.count > 0)
		qsort(out, walk.count, sizeof(*out), compare_devices);
	*count = walk.count;
	return ST_OK;
}

static enum status
find_place(struct place *out, const char *port)
{
	struct walk walk = {.port = port, .found = out};
	enum status st;

	memset(out, 0, sizeof(*out));
	if (!usb_port_is_name(port, strlen(port)))
		return ST_LINK_OPEN;
	st = walk_devices(&walk, match_device);
	if (st == ST_OK && walk.count > 1)
		st = ST_LINK_TWO_DEVICES;
	else if (st == ST_OK && walk.count == 0)
		st = ST_LINK_OPEN;
	if (st != ST_OK)
		memset(out, 0, sizeof(*out));
	return st;
}

enum status
usb_port_find(struct usb_device *out, const char *port)
{
	struct place place;
	enum status st = find_place(&place, port);

	*out = place.device;
	return st;
}

enum status
usb_port_tty(char out[USB_TTY_MAX + 1], const char *port, unsigned int n)
{
	struct place place;
	enum status st = find_place(&place, port);

	out[0] = '\0';
	if (st != ST_OK)
		return st;
	if (n >= place.tty_count)
		return ST_LINK_OPEN;
	snprintf(out, USB_TTY_MAX + 1, "/dev/%s", place.tty[n].name);
	return ST_OK;
}
