/* SPDX-License-Identifier: Apache-2.0 */
#include "port/virtual/mapped.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static bool
fill(int fd, size_t len, uint8_t blank)
{
	uint8_t block[512];

	memset(block, blank, sizeof(block));
	while (len > 0) {
		size_t part = len < sizeof(block) ? len : sizeof(block);

		if (write(fd, block, part) != (ssize_t)part)
			return false;
		len -= part;
	}
	return true;
}

/* Whole or not at all: a file that is cut short would be of another size. */
static bool
make(const char *path, size_t len, uint8_t blank)
{
	char *temporary;
	bool is_made = false;
	int fd;

	if (asprintf(&temporary, "%s.XXXXXX", path) < 0)
		return false;
	fd = mkostemp(temporary, O_CLOEXEC);
	if (fd >= 0) {
		is_made = fill(fd, len, blank) && fchmod(fd, 0644) == 0;
		close(fd);
		is_made = is_made && rename(temporary, path) == 0;
		if (!is_made)
			unlink(temporary);
	}
	free(temporary);
	return is_made;
}

enum status
mapped_open(void **out, const char *path, size_t len, uint8_t blank)
{
	struct stat about;
	void *memory = MAP_FAILED;
	int fd;

	*out = NULL;
	if (access(path, F_OK) != 0 && !make(path, len, blank))
		return ST_PORT_FILE;
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return ST_PORT_FILE;
	if (fstat(fd, &about) == 0 && about.st_size == (off_t)len)
		memory = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
			      0);
	close(fd);
	if (memory == MAP_FAILED)
		return ST_PORT_FILE;
	*out = memory;
	return ST_OK;
}

void
mapped_close(void *memory, size_t len)
{
	if (memory != NULL)
		munmap(memory, len);
}
