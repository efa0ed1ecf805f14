/* SPDX-License-Identifier: Apache-2.0 */
#include <getopt.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "port/virtual/serve.h"
#include "port/virtual/vhci.h"
#include "proto/pem.h"

static const char usage[] =
	"usage: %s --folder DIR --root FILE [option]...\n"
	"A virtual handset, for development and tests.\n"
	"  --folder DIR     its files and sockets; the folder exists\n"
	"  --root FILE      the root's public key (PEM)\n"
	"  --model NAME     virtual-additive (default) or virtual-once\n"
	"  --slots N        modem slots, 1 to 4 (default 1)\n"
	"  --class CLASS    development (default) or production\n"
	"  --open LIST      further fuses that the mill left to be burnt: debug,\n"
	"                   secure-boot; without it debug is closed, secure\n"
	"                   boot on\n"
	"  --min-epoch N    lowest epoch of a certificate (default 0)\n"
	"  --cut SPEC       KIND@N:before, KIND@N:torn:SEED or KIND@N:after;\n"
	"                   KIND: otp-program, lock, canary, store-erase,\n"
	"                   store-program, frame, fuse; the process then dies\n"
	"  --lock KIND      stuck-open, lies or fades; @U for lock unit U only\n"
	"  --fault LIST     what else is wrong with the fuses: stuck-blank=W.B\n"
	"                   stuck-burnt=W.B weak=W.B corrected=W unreadable=W\n"
	"                   lie@N deny@N spoils fuse=lies fuse=refuses\n"
	"                   fuse=denies, or with the store: store-full\n"
	"  --usb            no sockets: plug it into a virtual USB port of this\n"
	"                   Linux; needs vhci-hcd, and root\n"
	"  --usb-port PORT  the same at this port, such as vhci_hcd.0/3, and not\n"
	"                   at the first that is free\n"
	"  --pid-file FILE  written when the sockets are there, or it is plugged\n"
	"  --help           this text\n"
	"  --version        the version\n";

struct arguments {
	const char *folder;
	const char *root;
	const char *pid_file;
	bool is_usb;
	const char *usb_port; /* NULL: any */
	int asked;	      /* 'h' or 'v': print that, instead of all else */
	struct port_virtual_options options;
	struct boot_trust trust;
};

static const struct option long_options[] = {
	{"folder", required_argument, NULL, 'd'},
	{"root", required_argument, NULL, 'r'},
	{"model", required_argument, NULL, 'm'},
	{"slots", required_argument, NULL, 's'},
	{"class", required_argument, NULL, 'c'},
	{"min-epoch", required_argument, NULL, 'e'},
	{"open", required_argument, NULL, 'o'},
	{"cut", required_argument, NULL, 'x'},
	{"lock", required_argument, NULL, 'l'},
	{"fault", required_argument, NULL, 'f'},
	{"usb", no_argument, NULL, 'u'},
	{"usb-port", required_argument, NULL, 'U'},
	{"pid-file", required_argument, NULL, 'p'},
	{"help", no_argument, NULL, 'h'},
	{"version", no_argument, NULL, 'v'},
	{NULL, 0, NULL, 0},
};

static bool
parse_number(unsigned long *out, const char *text, unsigned long max)
{
	char *end;

	if (*text < '0' || *text > '9')
		return false;
	*out = strtoul(text, &end, 10);
	return *end == '\0' && *out <= max;
}

static bool
parse_class(enum dev_class *out, const char *text)
{
	if (strcmp(text, "development") == 0)
		*out = CLASS_DEVELOPMENT;
	else if (strcmp(text, "production") == 0)
		*out = CLASS_PRODUCTION;
	else
		return false;
	return true;
}

static bool
parse_lock(struct otp_traits *traits, const char *kind)
{
	char item[32];
	int len = snprintf(item, sizeof(item), "lock=%s", kind);

	return len > 0 && (size_t)len < sizeof(item) &&
	       otp_traits_parse(traits, item) == ST_OK;
}

static bool
parse_option(struct arguments *arguments, int option, const char *value)
{
	struct port_virtual_options *options = &arguments->options;
	unsigned long number;

	switch (option) {
	case 'd':
		arguments->folder = value;
		return true;
	case 'r':
		arguments->root = value;
		return true;
	case 'm':
		options->model = value;
		return true;
	case 'p':
		arguments->pid_file = value;
		return true;
	case 'U':
		arguments->usb_port = value;
		arguments->is_usb = true;
		return true;
	case 'u':
		arguments->is_usb = true;
		return true;
	case 's':
		if (!parse_number(&number, value, SLOTS_MAX))
			return false;
		options->slots = (unsigned int)number;
		return true;
	case 'e':
		if (!parse_number(&number, value, UINT32_MAX))
			return false;
		arguments->trust.min_epoch = (uint32_t)number;
		return true;
	case 'c':
		return parse_class(&arguments->trust.class, value);
	case 'o':
		return port_virtual_open_parse(&options->open, value) == ST_OK;
	case 'x':
		return power_cut_parse(&options->cut, value) == ST_OK;
	case 'l':
		return parse_lock(&options->traits, value);
	case 'h':
	case 'v':
		arguments->asked = option;
		return true;
	case 'f':
		return otp_traits_parse(&options->traits, value) == ST_OK;
	default:
		return false;
	}
}

static bool
parse_arguments(struct arguments *out, int argc, char **argv)
{
	int option;

	memset(out, 0, sizeof(*out));
	out->options.model = "virtual-additive";
	out->options.slots = 1;
	out->trust.class = CLASS_DEVELOPMENT;
	while ((option = getopt_long(argc, argv, "", long_options, NULL)) != -1)
		if (!parse_option(out, option, optarg))
			return false;
	return out->asked != 0 ||
	       (optind == argc && out->folder != NULL && out->root != NULL);
}

static enum status
read_root(struct public_key *out, const char *path)
{
	char text[PEM_PUBLIC_FILE_MAX];
	FILE *file = fopen(path, "re");
	size_t len;

	if (file == NULL)
		return ST_PORT_FILE;
	len = fread(text, 1, sizeof(text), file);
	fclose(file);
	return pem_public_parse(out, bytes_of(text, len));
}

static void
die(void *ctx)
{
	(void)ctx;
	raise(SIGKILL);
}

static bool
write_pid(const char *path)
{
	FILE *file = fopen(path, "we");
	bool is_written;

	if (file == NULL)
		return false;
	is_written = fprintf(file, "%ld\n", (long)getpid()) > 0;
	return fclose(file) == 0 && is_written;
}

static int
open_signals(void)
{
	sigset_t signals;

	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	return signalfd(-1, &signals, SFD_CLOEXEC);
}

/* It can be reached there now. */
static enum status
say_ready(const struct handset *handset, const struct arguments *arguments,
	  const char *where)
{
	if (arguments->pid_file != NULL && !write_pid(arguments->pid_file))
		return ST_PORT_FILE;
	printf("ready: %s %s\n", handset->chip.info.model, where);
	fflush(stdout);
	return ST_OK;
}

static enum status
serve(struct handset *handset, const struct arguments *arguments, int stop_fd)
{
	struct server server;
	char where[PATH_MAX];
	enum status st;

	snprintf(where, sizeof(where), "in %s", arguments->folder);
	st = serve_open(&server, handset, arguments->folder);
	if (st == ST_OK)
		st = say_ready(handset, arguments, where);
	if (st == ST_OK)
		st = serve_run(&server, stop_fd);
	serve_close(&server);
	return st;
}

static enum status
serve_usb(struct handset *handset, const struct arguments *arguments,
	  int stop_fd)
{
	static struct usb_server server;
	char where[VHCI_NAME_MAX + 8];
	struct usb_cable cable;
	struct vhci vhci;
	enum status st;

	st = vhci_open(&vhci, VHCI_SYSFS, arguments->usb_port,
		       VHCI_PATIENCE_MS);
	if (st != ST_OK)
		return st;
	cable = vhci_cable(&vhci);
	snprintf(where, sizeof(where), "at usb:%s", vhci.name);
	st = usb_serve_open(&server, handset, &cable);
	if (st == ST_OK)
		st = say_ready(handset, arguments, where);
	if (st == ST_OK)
		st = usb_serve_run(&server, stop_fd);
	usb_serve_close(&server);
	vhci_close(&vhci);
	return st;
}

static enum status
serve_either(struct handset *handset, const struct arguments *arguments)
{
	int stop_fd = open_signals();
	enum status st;

	if (arguments->is_usb)
		st = serve_usb(handset, arguments, stop_fd);
	else
		st = serve(handset, arguments, stop_fd);
	close(stop_fd);
	return st;
}

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

int
main(int argc, char **argv)
{
	static struct handset handset;
	struct arguments arguments;
	enum status st;

	if (!parse_arguments(&arguments, argc, argv)) {
		fprintf(stderr, usage, argv[0]);
		return 2;
	}
	if (arguments.asked == 'h')
		return printf(usage, argv[0]) < 0;
	if (arguments.asked == 'v')
		return printf("%s %s\n", argv[0], IMEILOCK_VERSION) < 0;
	st = read_root(&arguments.trust.root, arguments.root);
	if (st == ST_OK)
		st = handset_open(&handset, arguments.folder,
				  &arguments.options, &arguments.trust);
	if (st == ST_OK) {
		handset.chip.power.gone = die;
		st = serve_either(&handset, &arguments);
	}
	handset_close(&handset);
	if (st == ST_OK)
		return 0;
	fprintf(stderr, "%s: %s\n", argv[0], sentence(st));
	return 1;
}
