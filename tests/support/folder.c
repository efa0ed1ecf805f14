/* SPDX-License-Identifier: Apache-2.0 */
#include "support/folder.h"

#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <cmocka.h>

void
folder_make(char out[FOLDER_MAX])
{
	const char *parent = getenv("TMPDIR");
	int len;

	if (parent == NULL || parent[0] == '\0')
		parent = "/tmp";
	len = snprintf(out, FOLDER_MAX, "%s/imeilock-XXXXXX", parent);
	assert_in_range(len, 1, FOLDER_MAX - 1);
	assert_non_null(mkdtemp(out));
}

static int
remove_one(const char *path, const struct stat *about, int type,
	   struct FTW *where)
{
	(void)about;
	(void)type;
	(void)where;
	return remove(path);
}

void
folder_remove(const char *folder)
{
	assert_int_equal(nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS), 0);
}

void
folder_path(char out[FOLDER_PATH_MAX], const char *folder, const char *name)
{
	int len = snprintf(out, FOLDER_PATH_MAX, "%s/%s", folder, name);

	assert_in_range(len, 1, FOLDER_PATH_MAX - 1);
}
