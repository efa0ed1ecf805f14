/* SPDX-License-Identifier: Apache-2.0 */
/*
 * folder.h - a temporary folder of a test's own, and files in it.
 *
 * Under $TMPDIR, or /tmp.  Failures fail the running test.
 */
#ifndef IMEILOCK_TESTS_FOLDER_H
#define IMEILOCK_TESTS_FOLDER_H

#define FOLDER_MAX 200

/* An absolute path in out. */
void folder_make(char out[FOLDER_MAX]);
/* With all that is in it. */
void folder_remove(const char *folder);
/* folder/name in out, which has room for FOLDER_MAX + 64. */
#define FOLDER_PATH_MAX (FOLDER_MAX + 64)
void folder_path(char out[FOLDER_PATH_MAX], const char *folder,
		 const char *name);

#endif
