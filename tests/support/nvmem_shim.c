/* SPDX-License-Identifier: Apache-2.0 */
/*
 * nvmem_shim.c - a file that burns, for the Linux port: preloaded, it takes
 * each write to the file $NVMEM as a fuse driver does.
 *
 * Words only, bits one way, and EPERM once what governs the word is locked:
 * lock unit 0 is locked when the file $NVMEM_LOCK says 1, unit 1 by bit 0 of
 * the word at 0x14.  Unit 0 has words 0x100 to 0x1e4 and the canary at 0x2d0,
 * unit 1 those to 0x2cc and the canary at 0x2d4.  With NVMEM_CUT=N, burn N of
 * this process burns some of its bits, and the process dies.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LOCK_WORD 0x14
#define IMAGE 0x100
#define SECOND_UNIT 0x1e8
#define CANARIES 0x2d0
#define TORN_BITS UINT32_C(0x5a5aa5a5)

typedef ssize_t write_fn(int fd, const void *data, size_t len, off_t at);

static write_fn *
real_pwrite(void)
{
	void *found = dlsym(RTLD_NEXT, "pwrite");
	write_fn *real;

	memcpy(&real, &found, sizeof(real));
	return real;
}

static int
is_nvmem(int fd)
{
	const char *path = getenv("NVMEM");
	struct stat there, here;

	return path != NULL && stat(path, &there) == 0 &&
	       fstat(fd, &here) == 0 && there.st_ino == here.st_ino &&
	       there.st_dev == here.st_dev;
}

static int
is_lock_file_set(void)
{
	const char *path = getenv("NVMEM_LOCK");
	int fd = path == NULL ? -1 : open(path, O_RDONLY | O_CLOEXEC);
	char text = '0';

	if (fd < 0)
		return 0;
	if (read(fd, &text, 1) != 1)
		text = '0';
	close(fd);
	return text == '1';
}

static int
is_locked(int fd, off_t at)
{
	uint32_t word = 0;

	if (at < IMAGE)
		return 0;
	if (at < SECOND_UNIT || at == CANARIES)
		return is_lock_file_set();
	return pread(fd, &word, sizeof(word), LOCK_WORD) == sizeof(word) &&
	       (word & 1) != 0;
}

static int
is_cut_now(void)
{
	static long burns;
	const char *at = getenv("NVMEM_CUT");

	burns++;
	return at != NULL && strtol(at, NULL, 10) == burns;
}

ssize_t pwrite(int fd, const void *data, size_t len, off_t at);

ssize_t
pwrite(int fd, const void *data, size_t len, off_t at)
{
	uint32_t old, value;
	int is_cut;

	if (!is_nvmem(fd))
		return real_pwrite()(fd, data, len, at);
	if (len != sizeof(value) || at % (off_t)sizeof(value) != 0 ||
	    pread(fd, &old, sizeof(old), at) != (ssize_t)sizeof(old)) {
		errno = EINVAL;
		return -1;
	}
	if (is_locked(fd, at)) {
		errno = EPERM;
		return -1;
	}
	memcpy(&value, data, sizeof(value));
	is_cut = is_cut_now();
	if (is_cut)
		value &= TORN_BITS;
	value |= old;
	if (real_pwrite()(fd, &value, sizeof(value), at) !=
	    (ssize_t)sizeof(value))
		return -1;
	if (is_cut) {
		(void)raise(SIGKILL);
		_exit(1); /* the first of its process ids is not killed */
	}
	return (ssize_t)len;
}
