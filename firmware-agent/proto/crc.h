/* SPDX-License-Identifier: Apache-2.0 */
/*
 * crc.h - CRC-32 (ISO-HDLC: polynomial 0x04C11DB7 reflected, as in zlib).
 *
 * It finds accidents on the cable and in the record store.  It is no
 * protection against anybody: what must be trusted is signed.
 */
#ifndef IMEILOCK_PROTO_CRC_H
#define IMEILOCK_PROTO_CRC_H

#include "proto/bytes.h"

#define CRC32_LEN 4 /* bytes, little endian where it is stored or sent */

/* The CRC-32 of "123456789" is 0xCBF43926. */
uint32_t crc32_of(struct bytes data);

#endif
