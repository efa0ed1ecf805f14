/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench_tray FOLDER ROOT: one slot of a fixture, for measuring a station.
 *
 * A virtual handset at the addresses of FOLDER.  Each byte that is read from
 * the standard input puts a new blank one in the place of the one before; a
 * byte goes out when it is there.  So a slot has thousands of units without
 * the start of a process for each.
 */
#include <stdio.h>
#include <unistd.h>

#include "port/virtual/serve.h"
#include "proto/pem.h"

static enum status
read_root(struct public_key *out, const char *path)
{
	char text[PEM_PUBLIC_FILE_MAX];
	FILE *file = fopen(path, "re");
	size_t len;

	if (file == NULL)
		return ST_PORT_FILE;
	len = fread(text, 1, sizeof(text), file);
	(void)fclose(file);
	return pem_public_parse(out, bytes_of(text, len));
}

/* A new unit has none of the files of the last one. */
static enum status
clear_folder(const char *folder)
{
	static const char *const files[] = {"otp.bin", "chip.bin", "store.bin",
					    "counters"};
	char path[256];

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		int len =
			snprintf(path, sizeof(path), "%s/%s", folder, files[i]);

		if (len < 0 || (size_t)len >= sizeof(path))
			return ST_PORT_FILE;
		(void)unlink(path);
	}
	return ST_OK;
}

/* Until the next byte comes, which is left for the caller. */
static enum status
serve_unit(struct handset *handset, const char *folder)
{
	struct server server;
	enum status st = serve_open(&server, handset, folder);

	if (st == ST_OK && write(STDOUT_FILENO, "r", 1) != 1)
		st = ST_PORT_FILE;
	if (st == ST_OK)
		st = serve_run(&server, STDIN_FILENO);
	serve_close(&server);
	return st;
}

int
main(int argc, char **argv)
{
	static struct handset handset;
	struct port_virtual_options options = {
		.model = "virtual-additive",
		.slots = 1,
	};
	struct boot_trust trust = {.class = CLASS_DEVELOPMENT};
	enum status st = argc == 3 ? read_root(&trust.root, argv[2])
				   : ST_PORT_FILE;
	char byte;

	while (st == ST_OK && read(STDIN_FILENO, &byte, 1) == 1) {
		st = clear_folder(argv[1]);
		if (st == ST_OK)
			st = handset_open(&handset, argv[1], &options, &trust);
		if (st == ST_OK)
			st = serve_unit(&handset, argv[1]);
		handset_close(&handset);
	}
	return st == ST_OK ? 0 : 1;
}
