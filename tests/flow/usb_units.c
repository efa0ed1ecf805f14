/* SPDX-License-Identifier: Apache-2.0 */
/*
 * usb_units - a bed of USB devices that are none, for programs that are run in
 * it: virtual handsets, and what else a technician plugs in.
 *
 *   usb_units ROOT.pem PORT=KIND[,key=VALUE]...
 *
 * It says "bed FOLDER" (for UMOCKDEV_DIR) and "ready", and ends when its input
 * does; then it says what each device saw.  A handset's AT ports are sockets
 * in its folder.  When it restarts it is unplugged and comes back as another
 * device, as a real one.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "port/virtual/handset.h"
#include "proto/pem.h"
#include "support/peer.h"
#include "support/usb_gadget.h"

#define UNITS_MAX 32
#define AWAY_MS 60
#define FLAP_US 2000
/* A host that has a device open may ask it for some time after it went. */
#define OLD_MAX 30

struct unit;

struct at_port {
	struct unit *unit;
	unsigned int slot;
	struct peer peer;
};

struct unit {
	char port[16]; /* as sysfs has it: "1-3" */
	char kind[16];
	char folder[FOLDER_PATH_MAX];
	char model[32];
	unsigned int slots;
	unsigned int pull;	/* the cable, at this transfer; 0: never */
	unsigned int flaps;	/* so often it is unplugged before it stays */
	unsigned int loader_ms; /* so long its boot loader shows at restarts */
	unsigned int number;
	unsigned int plugs;

	struct gadget *gadget;
	struct gadget *old[OLD_MAX];
	unsigned int old_number[OLD_MAX];
	struct gadget_counts counts; /* of devices that it was before */
	pthread_t thread;
	pthread_mutex_t lock; /* of the handset */
	struct port_virtual_options options;
	struct handset handset;
	struct at_port at[SLOTS_MAX];
};

static struct unit units[UNITS_MAX];
static unsigned int unit_count;
static atomic_bool is_over;
static struct boot_trust trust = {.class = CLASS_DEVELOPMENT};

/* ---------------------------------------------------------------- the bus */

static bool
has_number(const struct unit *unit, unsigned int number)
{
	for (unsigned int i = 0; i < OLD_MAX; i++)
		if (unit->old[i] != NULL && unit->old_number[i] == number)
			return true;
	return unit->number == number;
}

static bool
is_taken(unsigned int number)
{
	for (unsigned int i = 0; i < unit_count; i++)
		if (has_number(&units[i], number))
			return true;
	return false;
}

/* As a bus has it: up to 127, those that are in use left out. */
static void
number_anew(struct unit *unit)
{
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	static unsigned int last;

	pthread_mutex_lock(&lock);
	do
		last = last % 127 + 1;
	while (is_taken(last));
	unit->number = last;
	pthread_mutex_unlock(&lock);
}

static void
shape_of(struct gadget_shape *shape, struct unit *unit)
{
	gadget_shape_init(shape);
	number_anew(unit);
	shape->place.sysname = unit->port;
	shape->place.number = unit->number;
	if (strcmp(unit->kind, "foreign") == 0)
		shape->triple = "08/06/50";
	if (strcmp(unit->kind, "lying") == 0)
		shape->descriptors[GADGET_OUT + 3] = 3;
}

static void
plug(struct unit *unit)
{
	struct gadget_faults faults = {0};
	struct gadget_shape shape;

	shape_of(&shape, unit);
	if (strcmp(unit->kind, "busy") == 0)
		faults.claim = 16; /* EBUSY */
	if (strcmp(unit->kind, "refused") == 0)
		faults.claim = 5; /* EIO */
	if (strcmp(unit->kind, "halted") == 0)
		faults.stalls = 1000000;
	if (strcmp(unit->kind, "deaf") == 0)
		faults.is_deaf = true;
	unit->gadget = gadget_plug(&shape, &faults);
	unit->plugs++;
}

static void
add_counts(struct unit *unit)
{
	struct gadget_counts counts = gadget_counts(unit->gadget);

	unit->counts.opens += counts.opens;
	unit->counts.claims += counts.claims;
	unit->counts.transfers += counts.transfers;
	unit->counts.out += counts.out;
}

/* Away, and back as another device. */
static void
plug_anew(struct unit *unit, useconds_t away_us)
{
	unsigned int i = unit->plugs % OLD_MAX;

	gadget_unplug(unit->gadget);
	add_counts(unit);
	gadget_free(unit->old[i]);
	unit->old_number[i] = unit->number;
	unit->old[i] = unit->gadget;
	usleep(away_us);
	plug(unit);
}

/* As a phone: its boot loader is another device for a while. */
static void
restart(struct unit *unit)
{
	if (unit->loader_ms > 0) {
		snprintf(unit->kind, sizeof(unit->kind), "foreign");
		plug_anew(unit, AWAY_MS * 1000);
		usleep(unit->loader_ms * 1000);
		snprintf(unit->kind, sizeof(unit->kind), "handset");
	}
	plug_anew(unit, AWAY_MS * 1000);
}

/* ------------------------------------------------------------- the devices */

static void
to_host(void *ctx, struct bytes data)
{
	struct unit *unit = ctx;

	gadget_write(unit->gadget, data);
}

/* Whether it restarted. */
static bool
take(struct unit *unit, struct bytes data)
{
	uint64_t session;
	bool is_another;

	pthread_mutex_lock(&unit->lock);
	session = unit->handset.agent.session;
	handset_bytes_in(&unit->handset, data);
	is_another = unit->handset.agent.session != session;
	pthread_mutex_unlock(&unit->lock);
	return is_another;
}

static void *
run_handset(void *ctx)
{
	struct unit *unit = ctx;
	uint8_t buf[4096];
	size_t len;

	for (; unit->flaps > 0 && !is_over; unit->flaps--) {
		usleep(FLAP_US);
		plug_anew(unit, FLAP_US);
	}
	while ((len = gadget_read(unit->gadget, buf, sizeof(buf))) > 0) {
		bool is_pulled = unit->pull > 0 && --unit->pull == 0;

		if (is_pulled)
			plug_anew(unit, AWAY_MS * 1000);
		else if (take(unit, bytes_of(buf, len)))
			restart(unit);
	}
	return NULL;
}

static void *
run_noise(void *ctx)
{
	struct unit *unit = ctx;
	uint8_t noise[700];

	for (size_t i = 0; i < sizeof(noise); i++)
		noise[i] = (uint8_t)(i * 31 + 1);
	while (gadget_write(unit->gadget, bytes_of(noise, sizeof(noise))))
		continue;
	return NULL;
}

static void *
run_silent(void *ctx)
{
	struct unit *unit = ctx;
	uint8_t buf[4096];

	while (gadget_read(unit->gadget, buf, sizeof(buf)) > 0)
		continue;
	return NULL;
}

/* ---------------------------------------------------------------- AT ports */

static void
serve_at(int fd, void *ctx)
{
	struct at_port *at = ctx;
	uint8_t byte;

	while (read(fd, &byte, 1) == 1) {
		char answer[AT_ANSWER_MAX];
		size_t len;

		pthread_mutex_lock(&at->unit->lock);
		handset_at_in(&at->unit->handset, at->slot, byte, answer, &len);
		pthread_mutex_unlock(&at->unit->lock);
		peer_send(fd, bytes_of(answer, len));
	}
}

static void
open_at_ports(struct unit *unit)
{
	for (unsigned int i = 0; i < unit->slots; i++) {
		struct at_port *at = &unit->at[i];
		char name[24], path[2 * FOLDER_PATH_MAX];

		at->unit = unit;
		at->slot = i;
		peer_start(&at->peer, serve_at, at);
		snprintf(name, sizeof(name), "at%u.sock", i + 1);
		snprintf(path, sizeof(path), "%s/%s", unit->folder, name);
		assert_int_equal(symlink(at->peer.path, path), 0);
	}
}

/* -------------------------------------------------------------------- both */

static void
start(struct unit *unit)
{
	void *(*run)(void *) = run_silent;

	pthread_mutex_init(&unit->lock, NULL);
	if (strcmp(unit->kind, "handset") == 0) {
		run = run_handset;
		unit->options.model = unit->model;
		unit->options.slots = unit->slots;
		assert_int_equal(handset_open(&unit->handset, unit->folder,
					      &unit->options, &trust),
				 ST_OK);
		unit->handset.out = to_host;
		unit->handset.out_ctx = unit;
		open_at_ports(unit);
	}
	if (strcmp(unit->kind, "noise") == 0)
		run = run_noise;
	plug(unit);
	assert_int_equal(pthread_create(&unit->thread, NULL, run, unit), 0);
}

static void
stop(struct unit *unit)
{
	gadget_unplug(unit->gadget);
	pthread_join(unit->thread, NULL);
	add_counts(unit);
	gadget_free(unit->gadget);
	for (unsigned int i = 0; i < OLD_MAX; i++)
		gadget_free(unit->old[i]);
	for (unsigned int i = 0; i < unit->slots && unit->handset.is_running;
	     i++)
		peer_stop(&unit->at[i].peer);
	handset_close(&unit->handset);
	printf("%s plugs %u opens %u claims %u transfers %u bytes %zu\n",
	       unit->port, unit->plugs, unit->counts.opens, unit->counts.claims,
	       unit->counts.transfers, unit->counts.out);
}

static void
parse(struct unit *unit, const char *word)
{
	const char *key;

	snprintf(unit->model, sizeof(unit->model), "virtual-additive");
	unit->slots = 1;
	assert_int_equal(
		sscanf(word, "%15[0-9.-]=%15[a-z]", unit->port, unit->kind), 2);
	while ((key = strchr(word, ',')) != NULL) {
		word = key + 1;
		assert_true(sscanf(word, "folder=%263[^,]", unit->folder) ==
				    1 ||
			    sscanf(word, "model=%31[^,]", unit->model) == 1 ||
			    sscanf(word, "slots=%u", &unit->slots) == 1 ||
			    sscanf(word, "pull=%u", &unit->pull) == 1 ||
			    sscanf(word, "flaps=%u", &unit->flaps) == 1 ||
			    sscanf(word, "loader=%u", &unit->loader_ms) == 1);
	}
}

static void
read_root(const char *path)
{
	char text[PEM_PUBLIC_FILE_MAX];
	FILE *file = fopen(path, "re");
	size_t len;

	assert_non_null(file);
	len = fread(text, 1, sizeof(text), file);
	fclose(file);
	assert_int_equal(pem_public_parse(&trust.root, bytes_of(text, len)),
			 ST_OK);
}

int
main(int argc, char **argv)
{
	char byte;

	assert_in_range(argc, 3, 2 + UNITS_MAX);
	read_root(argv[1]);
	usb_bed_open();
	for (int i = 2; i < argc; i++) {
		struct unit *unit = &units[unit_count++];

		parse(unit, argv[i]);
		start(unit);
	}
	printf("bed %s\nready\n", getenv("UMOCKDEV_DIR"));
	fflush(stdout);
	while (read(STDIN_FILENO, &byte, 1) == 1)
		continue;
	is_over = true;
	for (unsigned int i = 0; i < unit_count; i++)
		stop(&units[i]);
	usb_bed_close();
	return 0;
}
