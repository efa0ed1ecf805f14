/* SPDX-License-Identifier: Apache-2.0 */
/*
 * serial_bed.h - serial ports that are none, for the link serial: a device of
 * sysfs, its node, and the requests that a driver answers.
 *
 * The program must run under umockdev-wrapper.  One bed a process, which stays;
 * each port on it is plugged in once.
 */
#ifndef IMEILOCK_TESTS_SERIAL_BED_H
#define IMEILOCK_TESTS_SERIAL_BED_H

#include <stdbool.h>
#include <stdint.h>

/* Port number N of the bus is SERIAL_BED_PORT "N", as link/usb_port.h has it. */
#define SERIAL_BED_PORT "0000:00:14.0/"

enum serial_bed_kind {
	SERIAL_BED_UNIT,    /* a USB modem, /dev/ttyACMn */
	SERIAL_BED_ADAPTER, /* an FTDI with something behind it, /dev/ttyUSBn */
	SERIAL_BED_BARE,    /* of the board: /dev/ttySn */
};

struct serial_bed_plug {
	enum serial_bed_kind kind;
	unsigned int n;
};

/* What the driver says, for all of them. */
struct serial_bed_driver {
	int lines;	      /* TIOCM_*, as they are now */
	unsigned int changes; /* how often one of them was told to change */
	uint32_t baud;	      /* what it makes of any that is not usual; or 0 */
	bool has_no_lines;    /* no serial port at all */
	bool is_hurried;      /* by ASYNC_LOW_LATENCY */
};

extern struct serial_bed_driver serial_bed_driver;

bool serial_bed_open(void);

/* Plug it in at port n.  The other end's descriptor, for who plays the unit:
 * the cable is pulled when that is closed.  Or -1. */
int serial_bed_plug(struct serial_bed_plug plug);
/* Its folders and node go away as well. */
void serial_bed_unplug(struct serial_bed_plug plug);
/* As if it had been unplugged for a moment: the bus numbers it anew. */
void serial_bed_number(struct serial_bed_plug plug, unsigned int number);

/* An adapter's latency timer; and make it one that nobody may write. */
int serial_bed_latency(unsigned int n);
bool serial_bed_deny_latency(unsigned int n);

#endif
