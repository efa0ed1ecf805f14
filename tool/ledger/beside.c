/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/beside.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <unistd.h>

enum status
beside_name(char out[PATH_MAX], const char *path, const char *suffix)
{
	int len = snprintf(out, PATH_MAX, "%s%s", path, suffix);

	return len > 0 && len < PATH_MAX ? ST_OK : ST_LEDGER_OPEN;
}

enum status
beside_remove(const char *path, const char *suffix)
{
	char name[PATH_MAX];
	enum status status = beside_name(name, path, suffix);

	if (status == ST_OK && unlink(name) != 0 && errno != ENOENT)
		status = ST_LEDGER_FAILED;
	return status;
}

enum status
beside_sync(const char *path)
{
	char copy[PATH_MAX];
	enum status status = beside_name(copy, path, "");
	int fd;

	if (status != ST_OK)
		return status;
	fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || fsync(fd) != 0)
		status = ST_LEDGER_FAILED;
	if (fd >= 0)
		(void)close(fd);
	return status;
}
