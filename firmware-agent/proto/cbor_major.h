/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cbor_major.h - the numbers in a CBOR head (RFC 8949 3).
 *
 * For cbor.c and cbor_out.c alone; everybody else includes cbor.h.
 */
#ifndef IMEILOCK_PROTO_CBOR_MAJOR_H
#define IMEILOCK_PROTO_CBOR_MAJOR_H

enum major {
	MAJOR_UINT,
	MAJOR_NEGINT,
	MAJOR_BYTES,
	MAJOR_TEXT,
	MAJOR_ARRAY,
	MAJOR_MAP,
	MAJOR_TAG,
	MAJOR_SIMPLE,
};

#define SIMPLE_FALSE 20
#define SIMPLE_TRUE 21
#define SIMPLE_NULL 22

#endif
