/* SPDX-License-Identifier: Apache-2.0 */
#include "port/linux/files.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/vfs.h>
#include <unistd.h>

bool
files_text(char out[FILES_TEXT_MAX], const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t len;

	out[0] = '\0';
	if (fd < 0)
		return false;
	len = read(fd, out, FILES_TEXT_MAX);
	close(fd);
	if (len < 0 || len == FILES_TEXT_MAX) {
		out[0] = '\0';
		return false;
	}
	/* device trees end their texts in a NUL */
	while (len > 0 && memchr(" \t\r\n", out[len - 1], 5) != NULL)
		len--;
	out[len] = '\0';
	return true;
}

bool
files_beside(char out[FILES_TEXT_MAX], const char *path, const char *name)
{
	char *real = realpath(path, NULL);
	char *beside = NULL;
	bool is_read = false;

	out[0] = '\0';
	if (real != NULL &&
	    asprintf(&beside, "%.*s/%s", (int)(strrchr(real, '/') - real), real,
		     name) >= 0) {
		is_read = files_text(out, beside);
		free(beside);
	}
	free(real);
	return is_read;
}

bool
files_is_sysfs(const char *path)
{
	struct statfs about;
	int fd = open(path, O_PATH | O_CLOEXEC);
	bool is_sysfs;

	if (fd < 0)
		return false;
	is_sysfs = fstatfs(fd, &about) == 0 && about.f_type == SYSFS_MAGIC;
	close(fd);
	return is_sysfs;
}
