/* SPDX-License-Identifier: Apache-2.0 */
/*
 * serial_run BAUD KIND=SOCKET... -- COMMAND... - run a program that finds a
 * serial port each, number n at the n-th port of a USB bus, with the unit
 * behind it that listens at SOCKET.  KIND is acm (/dev/ttyACMn), usb
 * (/dev/ttyUSBn) or bare (/dev/ttySn).  To be run by umockdev-wrapper.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/pace.h"
#include "support/serial_bed.h"

#define LINES_MAX 8

static const char *const kinds[] = {
	[SERIAL_BED_UNIT] = "acm=",
	[SERIAL_BED_ADAPTER] = "usb=",
	[SERIAL_BED_BARE] = "bare=",
};

static bool
start_line(struct pace *pace, const char *word, unsigned int n,
	   unsigned int baud)
{
	for (unsigned int i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		struct serial_bed_plug plug = {(enum serial_bed_kind)i, n};
		size_t len = strlen(kinds[i]);
		int end;

		if (strncmp(word, kinds[i], len) != 0)
			continue;
		end = serial_bed_plug(plug);
		return end >= 0 && pace_start_fd(pace, end, word + len, baud);
	}
	return false;
}

static int
run(char **command)
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		(void)execvp(command[0], command);
		_exit(127);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		return 127;
	return WEXITSTATUS(status);
}

int
main(int argc, char **argv)
{
	static struct pace line[LINES_MAX];
	unsigned int count = 0;
	int at = 2, code;

	if (argc < 5 || !serial_bed_open())
		return 127;
	for (; at < argc && strcmp(argv[at], "--") != 0; at++) {
		if (count == LINES_MAX ||
		    !start_line(&line[count], argv[at], count + 1,
				(unsigned int)strtoul(argv[1], NULL, 10))) {
			perror(argv[at]);
			return 127;
		}
		count++;
	}
	code = at + 1 < argc ? run(argv + at + 1) : 127;
	while (count > 0)
		pace_stop(&line[--count]);
	return code;
}
