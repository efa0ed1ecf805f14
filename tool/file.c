/* SPDX-License-Identifier: Apache-2.0 */
/* Files that commands read whole, and new ones that never replace another. */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tool/cmd.h"

static enum status
fail(struct cli *cli, const char *path)
{
	cmd_detail(cli, "%s: %s", path, strerror(errno));
	return ST_STATION_FILE;
}

static enum status
fail_exists(struct cli *cli, const char *path)
{
	cmd_detail(cli, "%s is there already, nothing was written", path);
	return ST_STATION_EXISTS;
}

/* All that comes, but at most size bytes; *len beyond size is never said. */
static bool
read_all(FILE *file, uint8_t *buf, size_t size, size_t *len)
{
	*len = fread(buf, 1, size, file);
	errno = EFBIG;
	return *len < size || (fgetc(file) == EOF && ferror(file) == 0);
}

enum status
cmd_read_file(struct cli *cli, const char *path, uint8_t *buf, size_t size,
	      size_t *len)
{
	bool is_input = text_equal(path, "-");
	FILE *file = is_input ? stdin : fopen(path, "rbe");
	bool is_read;

	*len = 0;
	if (file == NULL)
		return fail(cli, path);
	is_read = read_all(file, buf, size, len);
	if (is_read && ferror(file) != 0) {
		is_read = false;
		errno = EIO;
	}
	if (!is_input)
		(void)fclose(file);
	return is_read ? ST_OK : fail(cli, path);
}

enum status
cmd_expect_none(struct cli *cli, const char *path)
{
	return faccessat(AT_FDCWD, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0
		       ? fail_exists(cli, path)
		       : ST_OK;
}

enum status
new_file_open(struct new_file *file, struct cli *cli, const char *path)
{
	file->path = path;
	file->fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (file->fd >= 0)
		return ST_OK;
	return errno == EEXIST ? fail_exists(cli, path) : fail(cli, path);
}

static bool
write_all(int fd, struct bytes data)
{
	while (data.len > 0) {
		ssize_t n = write(fd, data.ptr, data.len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		data.ptr += n;
		data.len -= (size_t)n;
	}
	return fsync(fd) == 0;
}

enum status
new_file_end(struct new_file *file, struct cli *cli, struct bytes data)
{
	if (!write_all(file->fd, data)) {
		enum status st = fail(cli, file->path);

		new_file_drop(file);
		return st;
	}
	(void)close(file->fd);
	file->fd = -1;
	output_say(&cli->out, "%s was written.", file->path);
	return ST_OK;
}

void
new_file_drop(struct new_file *file)
{
	if (file->fd < 0)
		return;
	(void)close(file->fd);
	(void)unlink(file->path);
	file->fd = -1;
}

/* Never in the place of another; some file systems know one way alone. */
static bool
name_file(const char *from, const char *path)
{
	if (renameat2(AT_FDCWD, from, AT_FDCWD, path, RENAME_NOREPLACE) == 0)
		return true;
	if (errno != EINVAL && errno != ENOSYS)
		return false;
	if (link(from, path) != 0)
		return false;
	(void)unlink(from);
	return true;
}

static bool
sync_folder(const char *path)
{
	char copy[PATH_MAX];
	bool is_good;
	int fd;

	(void)snprintf(copy, sizeof(copy), "%s", path);
	fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	is_good = fd >= 0 && fsync(fd) == 0;
	if (fd >= 0)
		(void)close(fd);
	return is_good;
}

enum status
cmd_write_whole(struct cli *cli, const char *path, struct bytes data)
{
	char part[PATH_MAX];
	enum status st = ST_OK;
	int fd;

	if (snprintf(part, sizeof(part), "%s.XXXXXX", path) >=
	    (int)sizeof(part)) {
		errno = ENAMETOOLONG;
		return fail(cli, path);
	}
	fd = mkostemp(part, O_CLOEXEC);
	if (fd < 0)
		return fail(cli, path);
	if (!write_all(fd, data) || !name_file(part, path))
		st = errno == EEXIST ? fail_exists(cli, path) : fail(cli, path);
	else if (!sync_folder(path))
		st = fail(cli, path);
	(void)close(fd);
	if (st != ST_OK)
		(void)unlink(part);
	else
		output_say(&cli->out, "%s was written.", path);
	return st;
}

void
cmd_add_root(const struct argp_state *state, struct cmd_roots *roots,
	     const char *path)
{
	if (roots->count == CMD_ROOTS_MAX)
		cmd_refuse(state, "more than %d times --root", CMD_ROOTS_MAX);
	else
		roots->path[roots->count++] = path;
}

enum status
cmd_load_roots(struct cli *cli, struct cmd_roots *roots)
{
	for (size_t i = 0; i < roots->count; i++) {
		enum status st = root_load(&roots->key[i], roots->path[i]);

		if (st == ST_STATION_FILE)
			cmd_detail(cli, "%s: %s", roots->path[i],
				   strerror(errno));
		else if (st != ST_OK)
			cmd_detail(cli, "%s is no public key in PEM form",
				   roots->path[i]);
		if (st != ST_OK)
			return st;
	}
	return ST_OK;
}
