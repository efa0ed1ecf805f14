/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <libserialport.h>
#include <limits.h>
#include <linux/serial.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "link/kinds.h"
#include "link/terminal.h"
#include "link/usb_port.h"

#define BAUD_DEFAULT 115200
#define BAUD_MAX 100000000
#define BITS_A_BYTE 10 /* start, eight, stop */
#define TTYS_MAX 99
#define HASH UINT64_C(0x100000001b3)
/* Below the folder of a port. */
#define DRIVER "/device/driver"
#define LATENCY "/device/latency_timer"
#define DEVNUM "/device/../devnum"

/* What an address says. */
struct place {
	char where[PATH_MAX]; /* a path below /dev, or a USB port */
	bool is_port;
	unsigned int number; /* of the port's serial ports */
	int baud;
	bool has_rtscts;
};

/* A serial port as the kernel names it. */
struct tty {
	char name[NAME_MAX + 1]; /* "ttyUSB0" */
	dev_t device;
	ino_t node;
};

struct link_serial {
	struct link link;
	int lock; /* has the port before the library opens it */
	struct sp_port *port;
	int fd; /* the library's; -1 until it is open */
};

/* ------------------------------------------------------------ the address */

/* Decimal without leading zeros, from at to the end; 0 if it is none. */
static int
take_number(const char *at, int max)
{
	char *end;
	long value;

	if (*at < '1' || *at > '9')
		return 0;
	value = strtol(at, &end, 10);
	return *end == '\0' && value <= max ? (int)value : 0;
}

/* "BAUD" or "BAUD+rtscts"; text is cut at the plus. */
static bool
parse_baud(struct place *out, char *text)
{
	char *plus = strchr(text, '+');

	if (plus != NULL) {
		if (strcmp(plus, "+rtscts") != 0)
			return false;
		*plus = '\0';
		out->has_rtscts = true;
	}
	out->baud = take_number(text, BAUD_MAX);
	return out->baud != 0;
}

/* "PORT#N" */
static bool
parse_port(struct place *out)
{
	char *hash = strchr(out->where, '#');

	if (hash == NULL ||
	    !usb_port_is_name(out->where, (size_t)(hash - out->where)))
		return false;
	*hash = '\0';
	out->is_port = true;
	out->number = (unsigned int)take_number(hash + 1, TTYS_MAX);
	return out->number != 0 || strcmp(hash + 1, "0") == 0;
}

static bool
parse_place(struct place *out, const char *rest)
{
	size_t len = strlen(rest);
	char *at;

	memset(out, 0, sizeof(*out));
	out->baud = BAUD_DEFAULT;
	if (len >= sizeof(out->where))
		return false;
	memcpy(out->where, rest, len + 1);
	at = strrchr(out->where, '@');
	if (at != NULL) {
		*at = '\0';
		if (!parse_baud(out, at + 1))
			return false;
	}
	if (strncmp(out->where, "/dev/", 5) == 0)
		return true;
	return parse_port(out);
}

/* --------------------------------------------------------------- the port */

/* The kernel's own name of a device: the library knows no other, and a link
 * may lead to it from anywhere. */
static bool
name_of(char name[NAME_MAX + 1], dev_t device)
{
	char link[64], target[PATH_MAX];
	const char *last;
	ssize_t len;

	(void)snprintf(link, sizeof(link), "/sys/dev/char/%u:%u", major(device),
		       minor(device));
	len = readlink(link, target, sizeof(target) - 1);
	if (len <= 0)
		return false;
	target[len] = '\0';
	last = strrchr(target, '/');
	last = last == NULL ? target : last + 1;
	if (*last == '\0' || strlen(last) > NAME_MAX)
		return false;
	memcpy(name, last, strlen(last) + 1);
	return true;
}

/* Below /sys/class/tty, where the kernel has what is a terminal. */
static bool
make_path(char out[PATH_MAX], const struct tty *tty, const char *rest)
{
	int len =
		snprintf(out, PATH_MAX, "/sys/class/tty/%s%s", tty->name, rest);

	return len > 0 && len < PATH_MAX;
}

static enum status
find_path(struct tty *out, const char *path)
{
	char beside[PATH_MAX];
	struct stat about;

	if (stat(path, &about) != 0)
		return terminal_refusal(errno);
	if (!S_ISCHR(about.st_mode) || !name_of(out->name, about.st_rdev) ||
	    !make_path(beside, out, "") || access(beside, F_OK) != 0)
		return ST_LINK_TTY;
	out->device = about.st_rdev;
	out->node = about.st_ino;
	/* it will be opened by this name */
	(void)snprintf(beside, sizeof(beside), "/dev/%s", out->name);
	if (stat(beside, &about) != 0 || about.st_rdev != out->device)
		return ST_LINK_TTY;
	return ST_OK;
}

static enum status
find_tty(struct tty *out, const struct place *place)
{
	char path[USB_TTY_MAX + 1];
	enum status st;

	if (!place->is_port)
		return find_path(out, place->where);
	st = usb_port_tty(path, place->where, place->number);
	return st == ST_OK ? find_path(out, path) : st;
}

/* Whether the port comes and goes with the unit: a unit that is itself a USB
 * modem, and not an adapter with a unit behind it. */
static bool
is_unit(const struct tty *tty)
{
	char path[PATH_MAX], target[PATH_MAX];
	const char *last;
	ssize_t len;

	if (!make_path(path, tty, DRIVER))
		return false;
	len = readlink(path, target, sizeof(target) - 1);
	if (len <= 0)
		return false;
	target[len] = '\0';
	last = strrchr(target, '/');
	return last != NULL && strcmp(last, "/cdc_acm") == 0;
}

/* A number below the port's folder; 0 if it is not there. */
static int
read_number(const struct tty *tty, const char *rest)
{
	char path[PATH_MAX];
	FILE *file;
	int number;

	if (!make_path(path, tty, rest))
		return 0;
	file = fopen(path, "re");
	if (file == NULL)
		return 0;
	if (fscanf(file, "%d", &number) != 1)
		number = 0;
	(void)fclose(file);
	return number;
}

static void
write_number(const struct tty *tty, const char *rest, int number)
{
	char path[PATH_MAX];
	FILE *file;

	if (!make_path(path, tty, rest))
		return;
	file = fopen(path, "r+e");
	if (file == NULL)
		return;
	(void)fprintf(file, "%d\n", number);
	(void)fclose(file);
}

/* An FTDI adapter keeps what it has received for up to 16 ms, unless it is
 * told otherwise; it forgets that when it is unplugged. */
static void
hurry(int fd, const struct tty *tty)
{
	struct serial_struct serial;

	if (read_number(tty, LATENCY) <= 1)
		return;
	write_number(tty, LATENCY, 1);
	/* the file is the superuser's; this wish is everybody's */
	if (read_number(tty, LATENCY) <= 1 ||
	    ioctl(fd, TIOCGSERIAL, &serial) != 0)
		return;
	serial.flags = (int)((unsigned int)serial.flags | ASYNC_LOW_LATENCY);
	(void)ioctl(fd, TIOCSSERIAL, &serial);
}

/* ---------------------------------------------------------------- opening */

/* DTR and RTS stay on, as the kernel has put them: a unit that is a USB modem
 * says nothing without DTR, and where both are wired to reset and boot mode,
 * both on means to run. */
static bool
configure(struct sp_port *port, struct sp_port_config *config, int baud)
{
	return sp_set_config_baudrate(config, baud) == SP_OK &&
	       sp_set_config_bits(config, 8) == SP_OK &&
	       sp_set_config_parity(config, SP_PARITY_NONE) == SP_OK &&
	       sp_set_config_stopbits(config, 1) == SP_OK &&
	       sp_set_config_xon_xoff(config, SP_XONXOFF_DISABLED) == SP_OK &&
	       sp_set_config_dtr(config, SP_DTR_ON) == SP_OK &&
	       sp_set_config_rts(config, SP_RTS_ON) == SP_OK &&
	       sp_set_config(port, config) == SP_OK;
}

/* What the driver made of it: an adapter divides its clock by whole numbers.
 * A receiver stands 5 % at most, and the unit has its own share of that. */
static bool
is_near(struct sp_port *port, struct sp_port_config *config, int baud)
{
	int64_t off;
	int is;

	if (sp_get_config(port, config) != SP_OK ||
	    sp_get_config_baudrate(config, &is) != SP_OK)
		return false;
	off = (int64_t)is - baud;
	return (off < 0 ? -off : off) * 50 <= baud;
}

static bool
set_baud(struct sp_port *port, int baud)
{
	struct sp_port_config *config;
	bool is_set;

	if (sp_new_config(&config) != SP_OK)
		return false;
	is_set = configure(port, config, baud) && is_near(port, config, baud);
	sp_free_config(config);
	return is_set;
}

static enum status
open_port(struct link_serial *serial, const struct tty *tty)
{
	char path[PATH_MAX];
	enum status st;

	(void)snprintf(path, sizeof(path), "/dev/%s", tty->name);
	st = terminal_open(&serial->lock, path);
	if (st != ST_OK)
		return st;
	if (sp_get_port_by_name(path, &serial->port) != SP_OK)
		return ST_LINK_OPEN;
	if (sp_open(serial->port, SP_MODE_READ_WRITE) != SP_OK ||
	    sp_get_port_handle(serial->port, &serial->fd) != SP_OK)
		return ST_LINK_TTY;
	(void)fcntl(serial->fd, F_SETFD, FD_CLOEXEC);
	(void)ioctl(serial->fd, TIOCEXCL);
	return ST_OK;
}

static enum status
set_up(struct link_serial *serial, const struct place *place,
       const struct tty *tty)
{
	/* the library has CRTSCTS in the wrong word */
	if (!terminal_make_raw(serial->fd, place->has_rtscts) ||
	    !set_baud(serial->port, place->baud))
		return ST_LINK_BAUD;
	serial->link.byte_us =
		(uint32_t)((BITS_A_BYTE * 1000000 + place->baud - 1) /
			   place->baud);
	hurry(serial->fd, tty);
	return ST_OK;
}

static void
serial_close(struct link *link)
{
	struct link_serial *serial = (struct link_serial *)link;

	terminal_drop_unsent(serial->fd);
	if (serial->fd >= 0)
		(void)ioctl(serial->fd, TIOCNXCL);
	if (serial->port != NULL) {
		(void)sp_close(serial->port);
		sp_free_port(serial->port);
	}
	if (serial->lock >= 0)
		close(serial->lock);
	free(serial);
}

static enum status
serial_open(struct link **out, const char *rest, struct deadline deadline)
{
	struct link_serial *serial;
	struct place place;
	struct tty tty;
	enum status st;

	(void)deadline; /* it does not wait */
	if (!parse_place(&place, rest))
		return ST_LINK_ADDRESS;
	serial = calloc(1, sizeof(*serial));
	if (serial == NULL)
		return ST_STATION_MEMORY;
	serial->link.ops = &link_serial_ops;
	serial->lock = serial->fd = -1;
	st = find_tty(&tty, &place);
	if (st == ST_OK)
		st = open_port(serial, &tty);
	if (st == ST_OK)
		st = set_up(serial, &place, &tty);
	if (st == ST_OK)
		*out = &serial->link;
	else
		serial_close(&serial->link);
	return st;
}

/* --------------------------------------------------------------- the rest */

static enum status
serial_send(struct link *link, struct bytes data, struct deadline deadline)
{
	return terminal_send(((struct link_serial *)link)->fd, data, deadline);
}

static enum status
serial_receive(struct link *link, uint8_t *buf, size_t size, size_t *len,
	       struct deadline deadline)
{
	return terminal_receive(((struct link_serial *)link)->fd, buf, size,
				len, deadline);
}

/* Another one after each plug: the bus numbers its devices anew, and the kernel
 * its nodes and folders. */
static uint64_t
instance_of(const struct tty *tty)
{
	uint64_t sum = (unsigned int)read_number(tty, DEVNUM);
	struct stat folder;
	char path[PATH_MAX];

	sum = sum * HASH ^ tty->node;
	if (make_path(path, tty, "") && stat(path, &folder) == 0)
		sum = sum * HASH ^ folder.st_ino;
	return sum * HASH ^ tty->device;
}

static enum link_presence
serial_look(const char *rest, uint64_t *instance)
{
	struct usb_device device;
	struct place place;
	struct tty tty;
	enum status st;

	if (!parse_place(&place, rest))
		return LINK_UNKNOWN;
	st = find_tty(&tty, &place);
	if (st == ST_LINK_OPEN)
		return LINK_ABSENT;
	if (st != ST_OK || !is_unit(&tty))
		return LINK_UNKNOWN;
	if (!place.is_port) {
		*instance = instance_of(&tty);
		return LINK_PRESENT;
	}
	if (usb_port_find(&device, place.where) != ST_OK)
		return LINK_ABSENT;
	*instance = device.instance;
	return LINK_PRESENT;
}

const struct link_ops link_serial_ops = {
	.kind = "serial",
	.open = serial_open,
	.send = serial_send,
	.receive = serial_receive,
	.close = serial_close,
	.look = serial_look,
};
