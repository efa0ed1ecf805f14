/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Preloaded into a program that is measured: each fsync and fdatasync adds a
 * byte to the file that IMEILOCK_SYNCS names, so its length is their number.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

int fsync(int fd);
int fdatasync(int fd);

static void
count(void)
{
	const char *path = getenv("IMEILOCK_SYNCS");
	int fd = path == NULL
			 ? -1
			 : open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC,
				0600);

	if (fd < 0)
		return;
	if (write(fd, "s", 1) != 1)
		abort();
	(void)close(fd);
}

static int
forward(const char *name, int fd)
{
	int (*real)(int fd);

	*(void **)&real = dlsym(RTLD_NEXT, name);
	count();
	return real(fd);
}

int
fsync(int fd)
{
	return forward("fsync", fd);
}

int
fdatasync(int fd)
{
	return forward("fdatasync", fd);
}
