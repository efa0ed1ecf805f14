/* SPDX-License-Identifier: Apache-2.0 */
/*
 * file.h - the few things that the signer does with files.
 */
#ifndef IMEILOCK_HSM_FILE_H
#define IMEILOCK_HSM_FILE_H

#include "proto/bytes.h"
#include "proto/status.h"

/* Longest path that is put together from a folder and a name. */
#define FILE_PATH_MAX 1024

/* All of data, or ST_STATION_FILE; then a part may have been written. */
MUST_CHECK enum status file_write_all(int fd, struct bytes data);

/* Make the folder that holds path remember its entries.  ST_STATION_FILE */
MUST_CHECK enum status file_sync_folder(const char *path);

/* "folder/name".  ST_STATION_FILE if it is too long. */
MUST_CHECK enum status file_path(char out[FILE_PATH_MAX], const char *folder,
				 const char *name);

/* Read a whole file of at most size bytes.  ST_STATION_FILE */
MUST_CHECK enum status file_read(const char *path, uint8_t *buf, size_t size,
				 size_t *len);

/*
 * Put a file of mode 0600 in the place of path, whole or not at all, also
 * after a power cut.  ST_STATION_FILE
 */
MUST_CHECK enum status file_replace(const char *path, struct bytes data);

#endif
