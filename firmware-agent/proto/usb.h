/* SPDX-License-Identifier: Apache-2.0 */
/*
 * usb.h - how an agent shows itself on USB; for the tool's link and the ports.
 *
 * One configuration.  Interface 0 is the agent's: class, subclass and protocol
 * as below, one bulk endpoint each way, whatever their numbers.  Behind it
 * stands a CDC-ACM function for each modem slot, in order, for AT+CGSN.
 * docs/protocol.md, "On USB".
 */
#ifndef IMEILOCK_PROTO_USB_H
#define IMEILOCK_PROTO_USB_H

/* Vendor-specific; ff/42/01 and ff/42/03 belong to others on phones. */
#define USB_AGENT_CLASS 0xff
#define USB_AGENT_SUBCLASS 0x49
#define USB_AGENT_PROTOCOL 0x01

/* What virtual handsets call themselves: an id that is set aside for tests.
 * A product has its maker's own. */
#define USB_TEST_VENDOR 0x1209
#define USB_TEST_PRODUCT 0x0001

/* bRequest of a handset's MS OS 2.0 descriptor set, by which Windows binds
 * WinUSB to interface 0. */
#define USB_MS_OS_REQUEST 0x4d
/* By which programs on Windows find interface 0. */
#define USB_MS_OS_GUID "{6b0e1f3a-5d0c-4f7e-9a53-2c8a4e1d7b90}"

#endif
