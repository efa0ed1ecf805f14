/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mapped.h - a file of fixed size as memory: what is stored outlives the
 * process, however it ends, but not the host.
 */
#ifndef IMEILOCK_PORT_VIRTUAL_MAPPED_H
#define IMEILOCK_PORT_VIRTUAL_MAPPED_H

#include "proto/bytes.h"
#include "proto/status.h"

/*
 * Map path; a file that is not there is made of len bytes of blank.
 *   ST_PORT_FILE  it cannot be used, or is of another size
 */
MUST_CHECK enum status mapped_open(void **out, const char *path, size_t len,
				   uint8_t blank);
void mapped_close(void *memory, size_t len); /* NULL is allowed */

#endif
