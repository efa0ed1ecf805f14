/* SPDX-License-Identifier: Apache-2.0 */
/*
 * serve.h - the agent over a chip, behind its USB interface or a serial port,
 * and an AT port for each modem slot.
 */
#ifndef IMEILOCK_PORT_LINUX_SERVE_H
#define IMEILOCK_PORT_LINUX_SERVE_H

#include "agent/agent.h"
#include "port/linux/chip.h"
#include "port/linux/usb.h"

/* A serial port, opened again whenever it was hung up. */
struct serve_port {
	const char *path;
	int fd; /* -1: not open now */
	struct at_reader at;
};

struct server {
	struct chip *chip;
	struct agent agent;
	struct frame_reader reader;
	struct usb usb; /* if the configuration has it, else: */
	struct serve_port agent_port;
	struct serve_port at[SLOTS_MAX];
};

/*
 * Start the agent and open what it is reached by.  The server must not be
 * moved afterwards; chip and trust must outlive it.
 *   ST_PORT_FILE  USB or the agent's port cannot be used
 *   ST_AGENT_*    the agent does not start
 */
MUST_CHECK enum status serve_open(struct server *server, struct chip *chip,
				  const struct boot_trust *trust);

/* Serve until stop_fd can be read, or a reset has ended the chip. */
void serve_run(struct server *server, int stop_fd);
void serve_close(struct server *server); /* after serve_open in any case */

#endif
