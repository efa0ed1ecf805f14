/* SPDX-License-Identifier: Apache-2.0 */
#include "station/revoked.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

enum status
revoked_add(struct revoked *revoked, struct bytes object,
	    const struct public_key *root, size_t root_count)
{
	struct revoked_notice *item = &revoked->item[revoked->count];

	if (revoked->count == REVOKED_MAX)
		return ST_HSM_REVOCATION;
	for (size_t i = 0; i < root_count; i++) {
		enum status st =
			revocation_open(&item->notice, object, &root[i]);

		if (st == ST_OK) {
			item->root = root[i];
			revoked->count++;
			return st;
		}
	}
	return ST_HSM_REVOCATION;
}

static enum status
add_file(struct revoked *revoked, int folder, const char *name,
	 const struct public_key *root)
{
	uint8_t buf[OBJECT_MAX + 1];
	int fd = openat(folder, name, O_RDONLY | O_CLOEXEC);
	ssize_t len;

	if (fd < 0)
		return ST_STATION_FILE;
	len = read(fd, buf, sizeof(buf));
	(void)close(fd);
	if (len < 0)
		return ST_STATION_FILE;
	return revoked_add(revoked, bytes_of(buf, (size_t)len), root, 1);
}

enum status
revoked_load(struct revoked *revoked, const char *folder,
	     const struct public_key *root)
{
	DIR *dir = opendir(folder);
	struct dirent *entry;
	enum status st = ST_OK;

	revoked->count = 0;
	if (dir == NULL)
		return errno == ENOENT ? ST_OK : ST_STATION_FILE;
	while (st == ST_OK && (entry = readdir(dir)) != NULL)
		if (entry->d_name[0] != '.')
			st = add_file(revoked, dirfd(dir), entry->d_name, root);
	(void)closedir(dir);
	return st;
}

const struct revocation *
revoked_find(const struct revoked *revoked, const struct cert *cert,
	     const struct public_key *root)
{
	const struct revocation *found = NULL;

	for (size_t i = 0; i < revoked->count; i++) {
		const struct revoked_notice *item = &revoked->item[i];

		if (memcmp(&item->root, root, sizeof(*root)) == 0 &&
		    revocation_hits(&item->notice, cert, UINT64_MAX) &&
		    (found == NULL || item->notice.from < found->from))
			found = &item->notice;
	}
	return found;
}

enum status
revoked_judge(const char **detail, const struct revoked *revoked,
	      const struct cert *cert, const struct public_key *root,
	      uint64_t time)
{
	const struct revocation *notice;

	*detail = NULL;
	if (revoked_is_empty(revoked))
		return ST_OK;
	notice = revoked_find(revoked, cert, root);
	*detail = "no notice that was given names its key";
	if (notice == NULL)
		return ST_OK;
	*detail = "the key is revoked from later on; the record is older, by "
		  "the station's clock";
	if (!revocation_hits(notice, cert, time))
		return ST_OK;
	*detail = notice->reason;
	return ST_VERIFY_REVOKED;
}
