/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pace BAUD PATH=SOCKET... - a serial line each, of so many baud or, with 0, as
 * fast as it goes: PATH becomes a link to a terminal, which leads to the unit
 * that listens at SOCKET.
 *
 * Says "ready"; ends when its input does, and says how many bytes went to the
 * units and how many came from them.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "support/pace.h"

#define LINES_MAX 8

static bool
start_line(struct pace *pace, char *word, unsigned int baud)
{
	char path[PACE_PATH_MAX + 1];
	char *equals = strchr(word, '=');

	if (equals == NULL)
		return false;
	*equals = '\0';
	(void)unlink(word);
	return pace_start(pace, path, equals + 1, baud) &&
	       symlink(path, word) == 0;
}

int
main(int argc, char **argv)
{
	static struct pace line[LINES_MAX];
	uint64_t sent = 0, received = 0;
	int count = argc - 2;

	if (count < 1 || count > LINES_MAX)
		return 2;
	for (int i = 0; i < count; i++)
		if (!start_line(&line[i], argv[i + 2],
				(unsigned int)strtoul(argv[1], NULL, 10))) {
			perror(argv[i + 2]);
			return 1;
		}
	printf("ready\n");
	(void)fflush(stdout);
	while (getchar() != EOF)
		;
	for (int i = 0; i < count; i++) {
		pace_stop(&line[i]);
		sent += line[i].way[0].bytes;
		received += line[i].way[1].bytes;
	}
	printf("%llu %llu\n", (unsigned long long)sent,
	       (unsigned long long)received);
	return 0;
}
