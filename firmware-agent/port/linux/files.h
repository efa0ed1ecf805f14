/* SPDX-License-Identifier: Apache-2.0 */
/*
 * files.h - small files of the kernel's: read as text, and told from others.
 */
#ifndef IMEILOCK_PORT_LINUX_FILES_H
#define IMEILOCK_PORT_LINUX_FILES_H

#include "proto/bytes.h"

#define FILES_TEXT_MAX 128

/* The file's text without blanks and line ends behind it.  False if it cannot
 * be read, or is longer than FILES_TEXT_MAX - 1; out is then "". */
MUST_CHECK bool files_text(char out[FILES_TEXT_MAX], const char *path);

/* The text of the file name in the folder where path really is. */
MUST_CHECK bool files_beside(char out[FILES_TEXT_MAX], const char *path,
			     const char *name);

/* It is a file of sysfs, wherever that is mounted. */
bool files_is_sysfs(const char *path);

#endif
