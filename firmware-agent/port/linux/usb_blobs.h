/* SPDX-License-Identifier: Apache-2.0 */
/*
 * usb_blobs.h - what FunctionFS is told of interface 0, byte for byte.
 *
 * Descriptors for full, high and super speed, each the interface of
 * proto/usb.h with one bulk endpoint in (ep1) and one out (ep2), and the OS
 * descriptor by which Windows binds WinUSB; then the interface's name.  The
 * kernel renumbers endpoints as its controller has them.
 */
#ifndef IMEILOCK_PORT_LINUX_USB_BLOBS_H
#define IMEILOCK_PORT_LINUX_USB_BLOBS_H

#include "proto/bytes.h"
#include "proto/usb.h"

struct bytes usb_blob_descriptors(void);
struct bytes usb_blob_strings(void);

#endif
