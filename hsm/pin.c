/* SPDX-License-Identifier: Apache-2.0 */
#include "hsm/pin.h"

#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

struct pin {
	char text[TOKEN_PIN_MAX + 1];
};

/* A mapping of its own, because locks and dump marks go by whole pages. */
static struct pin *
pin_new(void)
{
	struct pin *pin = mmap(NULL, sizeof(*pin), PROT_READ | PROT_WRITE,
			       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (pin == MAP_FAILED)
		return NULL;
	if (mlock(pin, sizeof(*pin)) != 0) {
		munmap(pin, sizeof(*pin));
		return NULL;
	}
	(void)madvise(pin, sizeof(*pin), MADV_DONTDUMP);
	return pin;
}

static bool
read_byte(int fd, char *out)
{
	ssize_t got;

	do
		got = read(fd, out, 1);
	while (got < 0 && errno == EINTR);
	return got == 1 && *out != '\n';
}

static enum status
fill(struct pin *pin, int fd)
{
	size_t len = 0;
	char byte;

	while (read_byte(fd, &byte)) {
		if (len == TOKEN_PIN_MAX || byte == '\0')
			return ST_HSM_PIN_ABSENT;
		pin->text[len++] = byte;
	}
	return len > 0 ? ST_OK : ST_HSM_PIN_ABSENT;
}

enum status
pin_read(struct pin **out, int fd)
{
	struct pin *pin = pin_new();
	enum status status;

	*out = NULL;
	if (pin == NULL)
		return ST_STATION_MEMORY;
	status = fill(pin, fd);
	if (status != ST_OK) {
		pin_close(pin);
		return status;
	}
	*out = pin;
	return ST_OK;
}

enum status
pin_copy(struct pin **out, const char *text)
{
	size_t len = strlen(text);
	struct pin *pin;

	*out = NULL;
	if (len == 0 || len > TOKEN_PIN_MAX)
		return ST_HSM_PIN_ABSENT;
	pin = pin_new();
	if (pin == NULL)
		return ST_STATION_MEMORY;
	memcpy(pin->text, text, len + 1);
	*out = pin;
	return ST_OK;
}

const char *
pin_text(const struct pin *pin)
{
	return pin->text;
}

void
pin_close(struct pin *pin)
{
	if (pin == NULL)
		return;
	bytes_wipe(pin, sizeof(*pin));
	munmap(pin, sizeof(*pin));
}
