/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tty.h - a serial port: one of a gadget, or a UART with its speed as it is.
 */
#ifndef IMEILOCK_PORT_LINUX_TTY_H
#define IMEILOCK_PORT_LINUX_TTY_H

#include "proto/bytes.h"

/* Bytes as they are, no echo; a descriptor that does not block, or -1. */
int tty_open(const char *path);

/* Send all of it; what a host does not take within a second is lost. */
void tty_send(int fd, struct bytes data);

#endif
