/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A whole station and a virtual handset in one process, on one folder:
 *
 *   cutrun setup DIR MODEL           root, ledger, register, certificate
 *   cutrun run DIR MODEL SLOTS UNIT [--cut SPEC] [--fault LIST]
 *              [--open LIST] [--survive] [--mains]
 *
 * run brings DIR/UNIT through the flow and prints what the station says of it,
 * as JSON.  A cut of the handset (--cut of imeilock-handset) ends the handset:
 * its link closes, and it comes back in the next run.  A cut of the station
 * (cut.h) ends the process, exit code 77, and the handset at any point of its
 * work, or, with --survive, when it has done what it was asked.  With --mains
 * the station loses what it has not synced.  With --open (as that of
 * imeilock-handset) the profile burns these fuses.
 */
#include <errno.h>
#include <linux/sockios.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "hsm/signer.h"
#include "hsm/transport.h"
#include "port/virtual/serve.h"
#include "power/cut.h"
#include "station/station.h"

#define PATH_SIZE 512
#define PIN "123456"
#define FIRST UINT64_C(101000000000)
#define LAST UINT64_C(101000000999)

struct arguments {
	const char *folder;
	const char *model;
	unsigned int slots;
	const char *unit;
	struct power_cut cut;
	struct otp_traits traits;
	uint8_t open;
	bool is_surviving;
};

static struct handset handset;
static struct server server;
static pthread_t handset_thread;
static int stop_fd = -1;

static const char *
name_of(enum status st)
{
	switch (st) {
#define X(name, a, b, index, class, text)                                      \
	case ST_##name:                                                        \
		return #name;
		STATUS_LIST(X)
#undef X
	case ST_OK:
	default:
		return "OK";
	}
}

static void
must(enum status st, const char *what)
{
	if (st == ST_OK)
		return;
	fprintf(stderr, "cutrun: %s: %s\n", what, name_of(st));
	exit(3);
}

static void
path_in(char out[PATH_SIZE], const struct arguments *arguments,
	const char *name)
{
	int len = snprintf(out, PATH_SIZE, "%s/%s", arguments->folder, name);

	if (len < 0 || len >= PATH_SIZE)
		exit(3);
}

/* ---------------------------------------------------------------- signer */

static const struct token_ops *real_ops;
static bool is_reply_due; /* signed, and cut before the reply comes out */

static enum status
counted_sign(struct token *token, const char *label,
	     const struct sha256 *digest, struct signature *out)
{
	enum cut_extent extent = cut_step(CUT_SIGN);
	enum status st;

	if (extent == CUT_BEFORE)
		cut_die(-1);
	st = real_ops->sign(token, label, digest, out);
	if (extent == CUT_TORN)
		cut_die(-1);
	is_reply_due = extent == CUT_AFTER;
	return st;
}

const struct token_ops *__real_token_find(const char *address);
const struct token_ops *__wrap_token_find(const char *address);

const struct token_ops *
__wrap_token_find(const char *address)
{
	static struct token_ops ops;

	real_ops = __real_token_find(address);
	if (real_ops == NULL)
		return NULL;
	ops = *real_ops;
	ops.sign = counted_sign;
	return &ops;
}

static enum status
exchange(void *ctx, struct bytes request, uint8_t buf[WIRE_MAX],
	 struct bytes *reply)
{
	enum status st = signer_handle(ctx, request, buf, reply);

	if (is_reply_due)
		cut_die(-1);
	return st == ST_HSM_REQUEST ? ST_OK : st;
}

static void
leave_open(void *ctx)
{
	(void)ctx;
}

static void
open_signer(struct signer **signer, struct hsm **hsm,
	    const struct arguments *arguments, const char *folder,
	    const char *token)
{
	char folder_path[PATH_SIZE], token_path[PATH_SIZE + 8];
	struct signer_config config = {folder_path, token_path, PIN, NULL};
	struct hsm_transport transport = {NULL, exchange, leave_open};

	path_in(folder_path, arguments, folder);
	(void)snprintf(token_path, sizeof(token_path), "soft:%s/%s",
		       arguments->folder, token);
	must(signer_open(signer, &config), "signer_open");
	transport.ctx = *signer;
	must(hsm_open(hsm, &transport), "hsm_open");
}

static void
close_signer(struct signer *signer, struct hsm *hsm)
{
	must(hsm_shutdown(hsm), "hsm_shutdown");
	hsm_close(hsm);
	signer_close(signer);
}

/* ---------------------------------------------------------------- set-up */

static void
certify(struct object *cert, struct public_key *root,
	const struct arguments *arguments, const struct object *request)
{
	const struct interval interval = {{FIRST}, {LAST}};
	struct signer *signer;
	struct hsm *hsm;

	open_signer(&signer, &hsm, arguments, "root", "root.token");
	must(hsm_root(hsm, CLASS_DEVELOPMENT, root), "hsm_root");
	must(hsm_certify(hsm, object_bytes(request), &interval, 1, 0, cert),
	     "hsm_certify");
	close_signer(signer, hsm);
}

static void
set_up(const struct arguments *arguments)
{
	const struct ledger_who who = {"test", 0, "test"};
	const struct interval interval = {{FIRST}, {LAST}};
	char path[PATH_SIZE];
	struct object request, cert;
	struct public_key root;
	struct ledger *ledger;
	struct ledger_id id;
	struct signer *signer;
	struct hsm *hsm;

	path_in(path, arguments, "ledger.db");
	must(ledger_create(path, CLASS_DEVELOPMENT, &id), "ledger_create");
	must(ledger_open(&ledger, path), "ledger_open");
	must(ledger_add_interval(ledger, &who, arguments->model, &interval),
	     "ledger_add_interval");
	ledger_close(ledger);
	open_signer(&signer, &hsm, arguments, "signer", "token");
	must(hsm_request(hsm, CLASS_DEVELOPMENT, arguments->model, &id,
			 &request),
	     "hsm_request");
	certify(&cert, &root, arguments, &request);
	must(hsm_install(hsm, object_bytes(&cert), &root), "hsm_install");
	close_signer(signer, hsm);
	path_in(path, arguments, "root.pem");
	must(root_save(&root, path), "root_save");
}

/* --------------------------------------------------------------- handset */

static void *
serve_handset(void *ctx)
{
	(void)ctx;
	if (serve_run(&server, stop_fd) != ST_OK)
		serve_close(&server);
	return NULL;
}

static void
start_handset(const struct arguments *arguments, const struct public_key *root)
{
	const struct port_virtual_options options = {
		.model = arguments->model,
		.slots = arguments->slots,
		.cut = arguments->cut,
		.traits = arguments->traits,
		.open = arguments->open,
	};
	const struct boot_trust trust = {
		.root = *root,
		.class = CLASS_DEVELOPMENT,
	};
	char path[PATH_SIZE];

	path_in(path, arguments, arguments->unit);
	if (mkdir(path, 0700) != 0 && errno != EEXIST)
		exit(3);
	must(handset_open(&handset, path, &options, &trust), "handset_open");
	must(serve_open(&server, &handset, path), "serve_open");
	stop_fd = eventfd(0, EFD_CLOEXEC);
	if (pthread_create(&handset_thread, NULL, serve_handset, NULL) != 0)
		exit(3);
}

static void
stop_handset(void)
{
	(void)eventfd_write(stop_fd, 1);
	(void)pthread_join(handset_thread, NULL);
}

/* The station is dead; the handset still does what it was asked. */
static void
outlive(int fd)
{
	int left = 1;

	while (fd >= 0 && ioctl(fd, SIOCOUTQ, &left) == 0 && left > 0)
		poll(NULL, 0, 1);
	stop_handset();
}

/* --------------------------------------------------------------- station */

/* As `station arm` does after a crash: numbers that the token's mark knows as
 * used are nobody's. */
static void
skip_used(const struct flow_station *flow, const struct ledger_who *who)
{
	const struct hsm_line *line = &flow->signer.line[0];
	struct cert cert;

	must(cert_open(&cert, object_bytes(&line->cert), &flow->root),
	     "cert_open");
	for (unsigned int i = 0; i < cert.interval_count; i++)
		must(ledger_skip_to(flow->ledger, who, &cert.interval[i],
				    line->next[i]),
		     "ledger_skip_to");
}

static void
open_station(struct flow_station *flow, struct signer **signer,
	     struct profile *profile, const struct arguments *arguments)
{
	const struct ledger_who who = {"test", 0, "test"};
	char path[PATH_SIZE], error[PROFILE_ERROR_MAX + 1];

	(void)snprintf(path, sizeof(path), "%s/profiles/%s.yaml",
		       getenv("IMEILOCK_SOURCE_DIR"), arguments->model);
	must(profile_load(profile, path, error), "profile_load");
	profile->slots = (uint8_t)arguments->slots;
	profile->lock_fuses = arguments->open;
	*flow = (struct flow_station){
		.class = CLASS_DEVELOPMENT,
		.profile = profile,
		.profile_count = 1,
		.operator_name = "test",
		.version = "test",
	};
	path_in(path, arguments, "root.pem");
	must(root_load(&flow->root, path), "root_load");
	path_in(path, arguments, "ledger.db");
	must(ledger_open(&flow->ledger, path), "ledger_open");
	ledger_identify(flow->ledger, &flow->ledger_id, &flow->class);
	open_signer(signer, &flow->hsm, arguments, "signer", "token");
	must(hsm_status(flow->hsm, &flow->signer), "hsm_status");
	must(station_check_copies(flow->ledger, flow->hsm), "check_copies");
	skip_used(flow, &who);
}

static void
print_result(const struct flow_result *result)
{
	const struct power *power = &handset.chip.power;

	printf("{\"status\": \"%s\", \"step\": \"%s\", \"detail\": \"%s\","
	       " \"class\": %u, \"imei\": [",
	       name_of(result->status), result->step, result->detail,
	       (unsigned int)status_class(result->status));
	for (unsigned int i = 0; i < SLOTS_MAX; i++)
		printf("%s%llu", i == 0 ? "" : ", ",
		       (unsigned long long)result->identity.slot[i].body);
	printf("], \"handset_cut\": %s, \"steps\": {",
	       power->is_gone ? "true" : "false");
	for (unsigned int i = 0; i < STEP_KINDS; i++)
		printf("\"%s\": %u, ", step_kind_name((enum step_kind)i),
		       power->count[i]);
	for (unsigned int i = 0; i < CUT_KINDS; i++)
		printf("%s\"%s\": %u", i == 0 ? "" : ", ",
		       cut_kind_name((enum cut_kind)i),
		       cut_count((enum cut_kind)i));
	printf("}}\n");
}

static void
run(const struct arguments *arguments)
{
	struct flow_slot slot = {.number = 1};
	struct flow_station flow;
	struct flow_result result;
	struct signer *signer;
	struct profile profile;

	if (arguments->is_surviving)
		cut_on_death(outlive);
	open_station(&flow, &signer, &profile, arguments);
	start_handset(arguments, &flow.root);
	(void)snprintf(slot.unit.agent, sizeof(slot.unit.agent),
		       "unix:%.100s/%.50s/agent.sock", arguments->folder,
		       arguments->unit);
	for (unsigned int i = 0; i < arguments->slots; i++)
		(void)snprintf(slot.unit.at[i], sizeof(slot.unit.at[i]),
			       "unix:%.100s/%.50s/at%u.sock", arguments->folder,
			       arguments->unit, i + 1);
	flow_run(&result, &flow, &slot);
	close_signer(signer, flow.hsm);
	ledger_close(flow.ledger);
	cut_finish();
	stop_handset();
	print_result(&result);
	serve_close(&server);
	handset_close(&handset);
}

static bool
parse_option(struct arguments *arguments, const char *name, const char *value)
{
	if (strcmp(name, "--cut") == 0)
		return power_cut_parse(&arguments->cut, value) == ST_OK ||
		       cut_parse(value);
	if (strcmp(name, "--open") == 0)
		return port_virtual_open_parse(&arguments->open, value) ==
		       ST_OK;
	if (strcmp(name, "--fault") == 0)
		return otp_traits_parse(&arguments->traits, value) == ST_OK;
	return false;
}

static bool
parse_run(struct arguments *arguments, int argc, char **argv)
{
	if (argc < 2 || getenv("IMEILOCK_SOURCE_DIR") == NULL)
		return false;
	arguments->slots = (unsigned int)strtoul(argv[0], NULL, 10);
	arguments->unit = argv[1];
	for (int i = 2; i < argc; i++) {
		if (strcmp(argv[i], "--survive") == 0)
			arguments->is_surviving = true;
		else if (strcmp(argv[i], "--mains") == 0)
			cut_is_of_mains();
		else if (i + 1 == argc ||
			 !parse_option(arguments, argv[i], argv[i + 1]))
			return false;
		else
			i++;
	}
	return true;
}

int
main(int argc, char **argv)
{
	struct arguments arguments = {.folder = "", .model = ""};

	if (argc > 3) {
		arguments.folder = argv[2];
		arguments.model = argv[3];
	}
	if (argc == 4 && strcmp(argv[1], "setup") == 0)
		set_up(&arguments);
	else if (argc > 4 && strcmp(argv[1], "run") == 0 &&
		 parse_run(&arguments, argc - 4, argv + 4))
		run(&arguments);
	else
		return 2;
	return 0;
}
