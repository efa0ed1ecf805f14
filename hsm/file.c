/* SPDX-License-Identifier: Apache-2.0 */
#include "hsm/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

enum status
file_write_all(int fd, struct bytes data)
{
	while (data.len > 0) {
		ssize_t done = write(fd, data.ptr, data.len);

		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return ST_STATION_FILE;
		data.ptr += done;
		data.len -= (size_t)done;
	}
	return ST_OK;
}

/* The folder that path is in. */
static enum status
folder_of(char out[FILE_PATH_MAX + 1], const char *path)
{
	const char *slash = strrchr(path, '/');
	size_t len = slash == NULL ? 0 : (size_t)(slash - path);

	if (len >= FILE_PATH_MAX)
		return ST_STATION_FILE;
	memcpy(out, path, len);
	strcpy(out + len, len > 0 ? "" : slash == NULL ? "." : "/");
	return ST_OK;
}

enum status
file_sync_folder(const char *path)
{
	char folder[FILE_PATH_MAX + 1];
	enum status status = folder_of(folder, path);
	int fd, done;

	if (status != ST_OK)
		return status;
	fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return ST_STATION_FILE;
	done = fsync(fd);
	close(fd);
	return done == 0 ? ST_OK : ST_STATION_FILE;
}

enum status
file_path(char out[FILE_PATH_MAX], const char *folder, const char *name)
{
	int len = snprintf(out, FILE_PATH_MAX, "%s/%s", folder, name);

	return len > 0 && len < FILE_PATH_MAX ? ST_OK : ST_STATION_FILE;
}

static enum status
read_all(int fd, uint8_t *buf, size_t size, size_t *len)
{
	for (*len = 0; *len < size;) {
		ssize_t got = read(fd, buf + *len, size - *len);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return ST_STATION_FILE;
		if (got == 0)
			return ST_OK;
		*len += (size_t)got;
	}
	/* a file that fills the buffer may go on */
	return ST_STATION_FILE;
}

enum status
file_read(const char *path, uint8_t *buf, size_t size, size_t *len)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	enum status status;

	*len = 0;
	if (fd < 0)
		return ST_STATION_FILE;
	status = read_all(fd, buf, size, len);
	close(fd);
	return status;
}

static enum status
write_new(const char *path, struct bytes data)
{
	int fd = open(path,
		      O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW,
		      0600);
	enum status status;

	if (fd < 0)
		return ST_STATION_FILE;
	status = file_write_all(fd, data);
	if (status == ST_OK && fsync(fd) != 0)
		status = ST_STATION_FILE;
	close(fd);
	return status;
}

enum status
file_replace(const char *path, struct bytes data)
{
	char fresh[FILE_PATH_MAX];
	int len = snprintf(fresh, sizeof(fresh), "%s.new", path);
	enum status status;

	if (len < 0 || (size_t)len >= sizeof(fresh))
		return ST_STATION_FILE;
	status = write_new(fresh, data);
	if (status != ST_OK)
		return status;
	if (rename(fresh, path) != 0)
		return ST_STATION_FILE;
	return file_sync_folder(path);
}
