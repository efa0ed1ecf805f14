/* SPDX-License-Identifier: Apache-2.0 */
#include "hsm/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <time.h>

#include "hsm/file.h"

#define LINE_MAX_LEN 256

static int log_fds[2] = {-1, -1};

void
signer_log_to(int file_fd, int stderr_fd)
{
	log_fds[0] = file_fd;
	log_fds[1] = stderr_fd;
}

static size_t
put_time(char *line, size_t size)
{
	time_t now = time(NULL);
	struct tm tm;

	if (gmtime_r(&now, &tm) == NULL)
		return 0;
	return strftime(line, size, "%Y-%m-%dT%H:%M:%SZ ", &tm);
}

void
signer_log(const char *format, ...)
{
	char line[LINE_MAX_LEN + 1];
	size_t len = put_time(line, sizeof(line));
	va_list args;
	int added;

	va_start(args, format);
	added = vsnprintf(line + len, LINE_MAX_LEN - len, format, args);
	va_end(args);
	if (added < 0)
		return;
	len += (size_t)added;
	if (len > LINE_MAX_LEN - 1)
		len = LINE_MAX_LEN - 1;
	line[len++] = '\n';
	for (unsigned int i = 0; i < 2; i++)
		if (log_fds[i] >= 0)
			(void)!file_write_all(log_fds[i], bytes_of(line, len));
}
