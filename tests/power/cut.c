/* SPDX-License-Identifier: Apache-2.0 */
#include "power/cut.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#define CHANGES_MAX 1024
#define PATH_SIZE 256

/* One write that no sync has made durable yet. */
struct change {
	ino_t file;
	char path[PATH_SIZE];
	off_t offset;
	off_t size; /* of the file before it */
	size_t old_len;
	size_t len;
	uint8_t *old;
	uint8_t *new;
};

static struct {
	enum cut_kind kind;
	uint32_t at; /* 0: nowhere */
	enum cut_extent extent;
	uint64_t seed;
} plan;

static uint32_t counts[CUT_KINDS];
static bool is_of_mains;
static bool is_due; /* the process ends at its next step of any kind */
static void (*on_death)(int fd);
static struct change changes[CHANGES_MAX];
static size_t change_count;

static const char *const kind_names[CUT_KINDS] = {
	[CUT_LEDGER] = "ledger",
	[CUT_REGISTER] = "register",
	[CUT_MARK] = "mark",
	[CUT_SEND] = "host-send",
	[CUT_RECEIVE] = "host-receive",
	[CUT_SIGN] = "sign",
};

const char *
cut_kind_name(enum cut_kind kind)
{
	return kind_names[kind];
}

uint32_t
cut_count(enum cut_kind kind)
{
	return counts[kind];
}

void
cut_on_death(void (*death)(int fd))
{
	on_death = death;
}

/* ------------------------------------------------------------- the plan */

static bool
parse_kind(const char **text)
{
	for (unsigned int i = 0; i < CUT_KINDS; i++) {
		size_t len = strlen(kind_names[i]);

		if (strncmp(*text, kind_names[i], len) != 0 ||
		    (*text)[len] != '@')
			continue;
		plan.kind = (enum cut_kind)i;
		*text += len + 1;
		return true;
	}
	return false;
}

static bool
parse_extent(const char **text)
{
	static const char *const names[] = {
		[CUT_BEFORE] = ":before",
		[CUT_TORN] = ":torn",
		[CUT_AFTER] = ":after",
	};

	for (unsigned int i = CUT_BEFORE; i <= CUT_AFTER; i++) {
		size_t len = strlen(names[i]);

		if (strncmp(*text, names[i], len) != 0)
			continue;
		plan.extent = (enum cut_extent)i;
		*text += len;
		return true;
	}
	return false;
}

bool
cut_parse(const char *text)
{
	unsigned long at;
	char *end;

	if (!parse_kind(&text))
		return false;
	at = strtoul(text, &end, 10);
	text = end;
	if (at == 0 || !parse_extent(&text))
		return false;
	plan.at = (uint32_t)at;
	if (*text == ':')
		plan.seed = strtoull(text + 1, &end, 10);
	return *end == '\0' || *text == '\0';
}

static uint64_t
chance(void)
{
	uint64_t z = plan.seed += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

void
cut_is_of_mains(void)
{
	is_of_mains = true;
}

static void lose_all(void);

void
cut_die(int fd)
{
	if (is_of_mains)
		lose_all();
	if (on_death != NULL)
		on_death(fd);
	_exit(CUT_EXIT);
}

void
cut_finish(void)
{
	if (is_due)
		cut_die(-1);
}

enum cut_extent
cut_step(enum cut_kind kind)
{
	cut_finish();
	counts[kind]++;
	if (plan.at == 0 || plan.kind != kind || plan.at != counts[kind])
		return CUT_WHOLE;
	return plan.extent;
}

/* -------------------------------------------------------- which step it is */

static bool
ends_with(const char *text, const char *end)
{
	size_t len = strlen(text), end_len = strlen(end);

	return len >= end_len && strcmp(text + len - end_len, end) == 0;
}

static bool
kind_of_path(enum cut_kind *kind, const char *path)
{
	if (ends_with(path, "/ledger.db") || ends_with(path, "/ledger.db-wal"))
		*kind = CUT_LEDGER;
	else if (ends_with(path, "/signer/register"))
		*kind = CUT_REGISTER;
	else if (ends_with(path, "/token.new") || ends_with(path, "/token"))
		*kind = CUT_MARK;
	else
		return false;
	return true;
}

static void
path_of_fd(char path[PATH_SIZE], int fd)
{
	int before = errno;
	char link[32];
	ssize_t len;

	(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	len = readlink(link, path, PATH_SIZE - 1);
	path[len > 0 ? len : 0] = '\0';
	errno = before;
}

static bool
kind_of_fd(enum cut_kind *kind, int fd)
{
	char path[PATH_SIZE];

	path_of_fd(path, fd);
	return kind_of_path(kind, path);
}

typedef int name_fn(int fd, struct sockaddr *address, socklen_t *len);

static bool
is_named(int fd, name_fn *name, const char *end)
{
	struct sockaddr_un address;
	socklen_t len = sizeof(address);
	int before = errno;
	bool is_it;

	memset(&address, 0, sizeof(address));
	is_it = name(fd, (struct sockaddr *)&address, &len) == 0 &&
		address.sun_family == AF_UNIX &&
		ends_with(address.sun_path, end);
	errno = before;
	return is_it;
}

static bool
is_agent(int fd)
{
	return is_named(fd, getpeername, "/agent.sock");
}

/* In the signer's own process: a reply on its way to the station. */
static bool
is_client(int fd)
{
	return is_named(fd, getsockname, "/signer.sock") &&
	       !is_named(fd, getpeername, "/signer.sock");
}

/* ------------------------------------------------------- what is not synced */

static void *
copy_of(const void *from, size_t len)
{
	void *copy = malloc(len > 0 ? len : 1);

	if (copy == NULL)
		abort();
	if (len > 0 && from != NULL)
		memcpy(copy, from, len);
	return copy;
}

static void
remember(int fd, const void *data, size_t len, off_t offset)
{
	struct change *change = &changes[change_count];
	struct stat stat;
	ssize_t got;

	if (change_count == CHANGES_MAX || fstat(fd, &stat) != 0)
		abort();
	change_count++;
	*change = (struct change){
		.file = stat.st_ino,
		.offset = offset,
		.size = stat.st_size,
		.len = len,
		.old = copy_of(NULL, len),
		.new = copy_of(data, len),
	};
	path_of_fd(change->path, fd);
	got = pread(fd, change->old, len, offset);
	change->old_len = got > 0 ? (size_t)got : 0;
}

static void
forget(int fd)
{
	struct stat stat;
	size_t kept = 0;

	if (fstat(fd, &stat) != 0)
		abort();
	for (size_t i = 0; i < change_count; i++) {
		if (changes[i].file != stat.st_ino) {
			changes[kept++] = changes[i];
			continue;
		}
		free(changes[i].old);
		free(changes[i].new);
	}
	change_count = kept;
}

static void
put_back(int fd, const void *data, size_t len, off_t offset)
{
	/* a file that is open to append takes nothing elsewhere */
	int flags = fcntl(fd, F_GETFL);

	(void)fcntl(fd, F_SETFL, flags & ~O_APPEND);
	if (syscall(SYS_pwrite64, fd, data, len, offset) != (long)len)
		abort();
	(void)fcntl(fd, F_SETFL, flags);
}

static void
undo(int fd, const struct change *change)
{
	put_back(fd, change->old, change->old_len, change->offset);
	if (ftruncate(fd, change->size) != 0)
		abort();
}

/* The same for every file. */
static void
lose_all(void)
{
	for (size_t i = change_count; i-- > 0;) {
		int fd = open(changes[i].path, O_WRONLY | O_CLOEXEC);

		/* a file that is gone has nothing to lose */
		if (fd < 0)
			continue;
		undo(fd, &changes[i]);
		(void)close(fd);
	}
}

/* The mains went: nothing of it, or any part, had come to the disk. */
static void
lose(int fd, bool is_part)
{
	struct stat stat;

	if (fstat(fd, &stat) != 0)
		abort();
	for (size_t i = change_count; i-- > 0;)
		if (changes[i].file == stat.st_ino)
			undo(fd, &changes[i]);
	for (size_t i = 0; is_part && i < change_count; i++)
		if (changes[i].file == stat.st_ino && (chance() & 1) != 0)
			put_back(fd, changes[i].new, changes[i].len,
				 changes[i].offset);
}

/* --------------------------------------------------------- system calls */

static off_t
write_offset(int fd)
{
	struct stat stat;

	if ((fcntl(fd, F_GETFL) & O_APPEND) == 0)
		return lseek(fd, 0, SEEK_CUR);
	return fstat(fd, &stat) == 0 ? stat.st_size : 0;
}

/* How much of len bytes is written by this step. */
static size_t
written_part(enum cut_extent extent, size_t len)
{
	if (extent == CUT_BEFORE)
		return 0;
	if (extent == CUT_TORN)
		return len > 1 ? 1 + (size_t)(chance() % (len - 1)) : 0;
	return len;
}

ssize_t
write(int fd, const void *data, size_t len)
{
	enum cut_extent extent = CUT_WHOLE;
	enum cut_kind kind;
	ssize_t done;

	if (kind_of_fd(&kind, fd)) {
		extent = cut_step(kind);
		remember(fd, data, len, write_offset(fd));
	}
	done = syscall(SYS_write, fd, data, written_part(extent, len));
	if (extent != CUT_WHOLE)
		cut_die(-1);
	return done;
}

ssize_t
pwrite64(int fd, const void *data, size_t len, off64_t offset)
{
	enum cut_extent extent = CUT_WHOLE;
	enum cut_kind kind;
	ssize_t done;

	if (kind_of_fd(&kind, fd)) {
		extent = cut_step(kind);
		remember(fd, data, len, offset);
	}
	done = syscall(SYS_pwrite64, fd, data, written_part(extent, len),
		       offset);
	if (extent != CUT_WHOLE)
		cut_die(-1);
	return done;
}

ssize_t
pwrite(int fd, const void *data, size_t len, off_t offset)
{
	return pwrite64(fd, data, len, offset);
}

static int
sync_file(int fd)
{
	enum cut_extent extent = CUT_WHOLE;
	enum cut_kind kind;
	int done;

	if (!kind_of_fd(&kind, fd))
		return (int)syscall(SYS_fsync, fd);
	extent = cut_step(kind);
	if (extent == CUT_BEFORE || extent == CUT_TORN) {
		lose(fd, extent == CUT_TORN);
		cut_die(-1);
	}
	done = (int)syscall(SYS_fsync, fd);
	forget(fd);
	if (extent == CUT_AFTER)
		cut_die(-1);
	return done;
}

int
fsync(int fd)
{
	return sync_file(fd);
}

int
fdatasync(int fd)
{
	return sync_file(fd);
}

int
rename(const char *from, const char *to)
{
	enum cut_extent extent = CUT_WHOLE;
	enum cut_kind kind;
	int done = 0;

	if (kind_of_path(&kind, to))
		extent = cut_step(kind);
	if (extent == CUT_TORN)
		extent = (chance() & 1) != 0 ? CUT_BEFORE : CUT_AFTER;
	if (extent != CUT_BEFORE)
		done = (int)syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to,
				    0);
	if (extent != CUT_WHOLE)
		cut_die(-1);
	return done;
}

ssize_t
send(int fd, const void *data, size_t len, int flags)
{
	enum cut_extent extent = CUT_WHOLE;
	ssize_t done = 0;

	if (is_agent(fd))
		extent = cut_step(CUT_SEND);
	else if (is_client(fd))
		extent = cut_step(CUT_SIGN);
	len = extent == CUT_TORN ? len / 2 : len;
	if (extent != CUT_BEFORE)
		done = syscall(SYS_sendto, fd, data, len, flags, NULL, 0);
	if (extent != CUT_WHOLE)
		cut_die(fd);
	return done;
}

/*
 * Frames that arrived: a step is the zero that ends one.  What is told of the
 * frame that is cut is all that the process still hears.
 */
static ssize_t
hear(const uint8_t *data, ssize_t len)
{
	ssize_t start = 0;

	for (ssize_t i = 0; i < len; i++) {
		enum cut_extent extent;

		if (data[i] != 0)
			continue;
		extent = cut_step(CUT_RECEIVE);
		if (extent == CUT_BEFORE)
			cut_die(-1);
		if (extent != CUT_WHOLE) {
			is_due = true;
			return extent == CUT_AFTER ? i + 1
						   : (start + i + 2) / 2;
		}
		start = i + 1;
	}
	return len;
}

ssize_t
recv(int fd, void *data, size_t len, int flags)
{
	ssize_t got;

	if (!is_agent(fd))
		return syscall(SYS_recvfrom, fd, data, len, flags, NULL, NULL);
	cut_finish();
	got = syscall(SYS_recvfrom, fd, data, len, flags, NULL, NULL);
	return got > 0 ? hear(data, got) : got;
}

/* ------------------------------------------------ in a program of the product */

#ifdef CUT_PRELOAD
/* That it fired is told by a file. */
static void
kill_me(int fd)
{
	const char *path = getenv("CUT_FIRED");

	if (path != NULL)
		(void)close(open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
	(void)fd;
	(void)raise(SIGKILL);
}

static bool
is_meant(void)
{
	const char *program = getenv("CUT_PROGRAM");

	return program != NULL &&
	       strcmp(program, program_invocation_short_name) == 0;
}

__attribute__((constructor)) static void
begin(void)
{
	const char *spec = getenv("CUT_AT");

	on_death = kill_me;
	if (is_meant() && spec != NULL && !cut_parse(spec))
		_exit(CUT_EXIT + 1);
}

/* One line a kind, for a run that was not cut. */
__attribute__((destructor)) static void
end(void)
{
	const char *path = getenv("CUT_COUNTS");
	FILE *file = is_meant() && path != NULL ? fopen(path, "we") : NULL;

	if (is_meant())
		cut_finish();
	if (file == NULL)
		return;
	for (unsigned int i = 0; i < CUT_KINDS; i++)
		(void)fprintf(file, "%s %u\n", kind_names[i], counts[i]);
	(void)fclose(file);
}
#endif
