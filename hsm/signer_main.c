/* SPDX-License-Identifier: Apache-2.0 */
/* imeilock-signer: the one process that has keys.  See docs/hsm.md. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "hsm/file.h"
#include "hsm/log.h"
#include "hsm/pin.h"
#include "hsm/server.h"

struct options {
	const char *folder;
	const char *token;
	const char *socket;
	int fd;
	int pin_fd;
	const char *credential; /* the PIN, as systemd hands it over */
	bool has_expect;
	struct chain_head expect;
	const char *asked; /* what to print instead of all else, or NULL */
};

static const char usage[] =
	"Usage: imeilock-signer --folder FOLDER --token ADDRESS\n"
	"                       {--pin-fd N | --pin-credential NAME}\n"
	"                       [--socket PATH] [--fd N] [--expect COUNT:HASH]\n"
	"\n"
	"  --folder FOLDER        register and certificate; mode 0700\n"
	"  --token ADDRESS        pkcs11:token=LABEL?module-path=FILE (RFC 7512)\n"
	"  --pin-fd N             descriptor that the PIN is read from\n"
	"  --pin-credential NAME  systemd credential that the PIN is read from\n"
	"  --socket PATH          listen there, mode 0600\n"
	"  --fd N                 a connected client, or a listening socket\n"
	"  --expect COUNT:HASH    the register's hash after COUNT entries\n"
	"  --help                 this text\n"
	"  --version              the version\n";
static const char version[] = "imeilock-signer " IMEILOCK_VERSION "\n";

/* -------------------------------------------------------------- options */

static bool
parse_fd(int *fd, const char *text)
{
	char *end;
	long value = strtol(text, &end, 10);

	if (*text == '\0' || *end != '\0' || value < 0 || value > 65535)
		return false;
	*fd = (int)value;
	return true;
}

static bool
parse_hash(struct sha256 *hash, const char *text)
{
	static const char digits[] = "0123456789abcdef";

	if (strlen(text) != 2 * sizeof(hash->byte) ||
	    strspn(text, digits) != 2 * sizeof(hash->byte))
		return false;
	for (size_t i = 0; i < sizeof(hash->byte); i++) {
		long high = strchr(digits, text[2 * i]) - digits;
		long low = strchr(digits, text[2 * i + 1]) - digits;

		hash->byte[i] = (uint8_t)(high << 4 | low);
	}
	return true;
}

/* COUNT:HASH */
static bool
parse_head(struct chain_head *head, const char *text)
{
	size_t len = strspn(text, "0123456789");

	errno = 0;
	head->count = strtoull(text, NULL, 10);
	return len > 0 && text[len] == ':' && errno == 0 &&
	       parse_hash(&head->hash, text + len + 1);
}

static bool
parse_options(struct options *options, int argc, char **argv)
{
	static const struct option names[] = {
		{"folder", required_argument, NULL, 'f'},
		{"token", required_argument, NULL, 't'},
		{"socket", required_argument, NULL, 's'},
		{"fd", required_argument, NULL, 'c'},
		{"pin-fd", required_argument, NULL, 'p'},
		{"pin-credential", required_argument, NULL, 'r'},
		{"expect", required_argument, NULL, 'e'},
		{"help", no_argument, NULL, 'h'},
		{"version", no_argument, NULL, 'v'},
		{NULL, 0, NULL, 0},
	};
	bool is_good = true;
	int option;

	*options = (struct options){.fd = -1, .pin_fd = -1};
	while ((option = getopt_long(argc, argv, "", names, NULL)) != -1) {
		if (option == 'f')
			options->folder = optarg;
		else if (option == 't')
			options->token = optarg;
		else if (option == 's')
			options->socket = optarg;
		else if (option == 'c')
			is_good &= parse_fd(&options->fd, optarg);
		else if (option == 'p')
			is_good &= parse_fd(&options->pin_fd, optarg);
		else if (option == 'r')
			options->credential = optarg;
		else if (option == 'e')
			is_good &= options->has_expect =
				parse_head(&options->expect, optarg);
		else if (option == 'h')
			options->asked = usage;
		else if (option == 'v')
			options->asked = version;
		else
			is_good = false;
	}
	if (is_good && options->asked != NULL)
		return true;
	return is_good && optind == argc && options->folder != NULL &&
	       options->token != NULL &&
	       (options->pin_fd >= 0) != (options->credential != NULL) &&
	       (options->socket != NULL || options->fd >= 0);
}

/* -------------------------------------------------------------- process */

/* Nobody of the same user may look in or find a dump.  The PIN's own page is
 * locked in any case; all memory only where there is no limit, because under
 * one a growing register would fail. */
static void
protect_memory(void)
{
	struct rlimit none = {0, 0}, locked;

	(void)prctl(PR_SET_DUMPABLE, 0);
	(void)setrlimit(RLIMIT_CORE, &none);
	if (getrlimit(RLIMIT_MEMLOCK, &locked) == 0 &&
	    locked.rlim_cur == RLIM_INFINITY)
		(void)mlockall(MCL_CURRENT | MCL_FUTURE);
}

/* Before the module is loaded, because its threads inherit the mask. */
static int
catch_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	if (sigprocmask(SIG_BLOCK, &set, NULL) != 0)
		return -1;
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

static int
open_log(const struct options *options)
{
	char path[FILE_PATH_MAX];
	int fd = -1;

	/* signer_open judges the folder; here it only has to be there */
	(void)!mkdir(options->folder, 0700);
	if (file_path(path, options->folder, SIGNER_LOG) == ST_OK)
		fd = open(path,
			  O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC |
				  O_NOFOLLOW,
			  0600);
	signer_log_to(fd, STDERR_FILENO);
	return fd;
}

static bool
is_listening(int fd)
{
	int value = 0;
	socklen_t len = sizeof(value);

	return fd >= 0 &&
	       getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &value, &len) == 0 &&
	       value != 0;
}

/* A name only: systemd says where its credentials are. */
static int
open_credential(const char *name)
{
	const char *folder = getenv("CREDENTIALS_DIRECTORY");
	char path[FILE_PATH_MAX];

	if (folder == NULL || strchr(name, '/') != NULL ||
	    file_path(path, folder, name) != ST_OK)
		return -1;
	return open(path, O_RDONLY | O_CLOEXEC);
}

static enum status
read_pin(struct pin **pin, const struct options *options)
{
	int fd = options->credential != NULL
			 ? open_credential(options->credential)
			 : options->pin_fd;
	enum status status;

	*pin = NULL;
	if (fd < 0)
		return ST_HSM_PIN_ABSENT;
	status = pin_read(pin, fd);
	close(fd);
	return status;
}

static enum status
open_signer(struct signer **out, const struct options *options)
{
	struct signer_config config = {
		.folder = options->folder,
		.token = options->token,
		.expect = options->has_expect ? &options->expect : NULL,
	};
	struct pin *pin;
	enum status status = read_pin(&pin, options);

	*out = NULL;
	if (status != ST_OK)
		return status;
	config.pin = pin_text(pin);
	status = signer_open(out, &config);
	pin_close(pin);
	return status;
}

static enum status
serve(struct signer *signer, const struct options *options, int signals)
{
	bool is_inherited = is_listening(options->fd);
	struct server_fds fds = {
		.listen = is_inherited ? options->fd : -1,
		.connection = is_inherited ? -1 : options->fd,
		.signals = signals,
	};
	enum status status = ST_OK;

	if (options->socket != NULL)
		status = server_listen(&fds.listen, options->socket);
	if (status == ST_OK)
		server_run(signer, &fds);
	else if (fds.connection >= 0)
		server_greet(fds.connection, status);
	if (options->socket != NULL && status == ST_OK) {
		(void)unlink(options->socket);
		close(fds.listen);
	}
	return status;
}

/* Whoever waits learns why it does not come up. */
static void
greet_waiting(const struct options *options, enum status status)
{
	if (is_listening(options->fd))
		server_refuse(options->fd, status);
	else if (options->fd >= 0)
		server_greet(options->fd, status);
}

static enum status
run(const struct options *options)
{
	int signals = catch_signals();
	struct signer *signer;
	enum status status, ended;

	status = open_signer(&signer, options);
	if (status != ST_OK) {
		greet_waiting(options, status);
		return status;
	}
	status = serve(signer, options, signals);
	ended = signer_shutdown(signer);
	signer_close(signer);
	return status != ST_OK ? status : ended;
}

static int
exit_code(enum status status)
{
	switch (status_class(status)) {
	case ST_CLASS_NONE:
		return 0;
	case ST_CLASS_RETRY:
		return 2;
	case ST_CLASS_REWORK:
		return 3;
	case ST_CLASS_STOP:
		return 4;
	case ST_CLASS_BUG:
	default:
		return 5;
	}
}

static const char *
sentence_of(enum status status)
{
#define X(name, a, b, index, class, sentence)                                  \
	if (status == ST_##name)                                               \
		return sentence;
	STATUS_LIST(X)
#undef X
	return "";
}

int
main(int argc, char **argv)
{
	struct options options;
	enum status status;
	int log_fd;

	if (!parse_options(&options, argc, argv)) {
		fputs(usage, stderr);
		return exit_code(ST_USAGE);
	}
	if (options.asked != NULL)
		return fputs(options.asked, stdout) < 0;
	umask(077);
	protect_memory();
	log_fd = open_log(&options);
	status = run(&options);
	if (status != ST_OK)
		signer_log("signer: 0x%08x %s", (unsigned int)status,
			   sentence_of(status));
	signer_log_to(-1, -1);
	if (log_fd >= 0)
		close(log_fd);
	return exit_code(status);
}
