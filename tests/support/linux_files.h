/* SPDX-License-Identifier: Apache-2.0 */
/*
 * linux_files.h - the files of a Linux handset's chip, in a folder of a test's
 * own, and what sample.conf says with their paths in it.
 */
#ifndef IMEILOCK_TESTS_LINUX_FILES_H
#define IMEILOCK_TESTS_LINUX_FILES_H

#include "port/linux/config.h"
#include "support/folder.h"

struct linux_files {
	char folder[FOLDER_MAX];
	struct config config;
};

extern struct linux_files files;

/* For cmocka: a blank chip of two lock units, the first locked by the file
 * "lock", the second by bit 0 of the word at 0x14; its id is at 0. */
int files_set_up(void **state);
int files_tear_down(void **state);

void files_path(char out[FOLDER_PATH_MAX], const char *name);
void files_write(const char *name, const void *data, size_t len);
void files_read(const char *name, size_t offset, void *data, size_t len);

#endif
