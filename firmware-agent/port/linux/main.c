/* SPDX-License-Identifier: Apache-2.0 */
#include <signal.h>
#include <stdio.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "port/linux/serve.h"
#include "proto/pem.h"

static const char usage[] =
	"usage: %s CONFIG\n"
	"The agent of a Linux handset, as the configuration file says.\n"
	"  --help     this text\n"
	"  --version  the version\n";

static const char *
sentence(enum status st)
{
	switch (st) {
#define X(name, a, b, index, class, text)                                      \
	case ST_##name:                                                        \
		return text;
		STATUS_LIST(X)
#undef X
	case ST_OK:
	default:
		return "";
	}
}

/* The file's text, with a NUL behind it. */
static bool
read_text(char *out, size_t size, size_t *len, const char *path)
{
	FILE *file = fopen(path, "re");

	*len = 0;
	if (file == NULL)
		return false;
	*len = fread(out, 1, size - 1, file);
	out[*len] = '\0';
	fclose(file);
	return *len < size - 1 && memchr(out, '\0', *len) == NULL;
}

static bool
read_config(struct config *out, const char *path)
{
	static char text[CONFIG_FILE_MAX + 1];
	struct config_error error;
	size_t len;

	if (!read_text(text, sizeof(text), &len, path)) {
		fprintf(stderr, "%s: it cannot be read\n", path);
		return false;
	}
	if (config_parse(out, text, &error))
		return true;
	fprintf(stderr, "%s:%u: %s: %s\n", path, error.line, error.key,
		error.why);
	return false;
}

static enum status
read_trust(struct boot_trust *out, const struct config *config)
{
	char text[PEM_PUBLIC_FILE_MAX + 1];
	size_t len;

	out->class = config->class;
	out->min_epoch = config->min_epoch;
	if (!read_text(text, sizeof(text), &len, config->root))
		return ST_PORT_FILE;
	return pem_public_parse(&out->root, bytes_of(text, len));
}

static enum status
serve(struct chip *chip, const struct boot_trust *trust)
{
	static struct server server;
	sigset_t signals;
	enum status st;
	int stop_fd;

	/* before there are threads: they are to be blocked in all of them */
	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	stop_fd = signalfd(-1, &signals, SFD_CLOEXEC);
	st = serve_open(&server, chip, trust);
	if (st == ST_OK) {
		printf("ready: %s%s%s\n", chip->info.model,
		       chip->info.is_virtual ? ", virtual: " : "",
		       chip->info.is_virtual ? chip->virtual_for : "");
		fflush(stdout);
		serve_run(&server, stop_fd);
	}
	serve_close(&server);
	close(stop_fd);
	return st;
}

static enum status
run(const struct config *config)
{
	static struct chip chip;
	struct boot_trust trust;
	enum status st = read_trust(&trust, config);

	if (st != ST_OK)
		return st;
	st = chip_open(&chip, config);
	if (st == ST_OK)
		st = serve(&chip, &trust);
	chip_close(&chip);
	return st;
}

int
main(int argc, char **argv)
{
	static struct config config;
	enum status st;

	if (argc == 2 && text_equal(argv[1], "--help"))
		return printf(usage, argv[0]) < 0;
	if (argc == 2 && text_equal(argv[1], "--version"))
		return printf("%s %s\n", argv[0], IMEILOCK_VERSION) < 0;
	if (argc != 2) {
		fprintf(stderr, usage, argv[0]);
		return 2;
	}
	if (!read_config(&config, argv[1]))
		return 1;
	st = run(&config);
	if (st == ST_OK)
		return 0;
	fprintf(stderr, "%s: %s\n", argv[0], sentence(st));
	return 1;
}
