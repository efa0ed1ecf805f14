/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_link_usb.c - what a USB device may do, and what the link makes of it.
 */
#include <dirent.h>
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "link/usb_port.h"
#include "station/device.h"
#include "support/usb_gadget.h"

#define ADDRESS "usb:0000:00:14.0/2"
#define SHORT_MS 50
#define LONG_MS 5000
#define PACKET 512

static struct gadget_shape shape;

static int
set_up(void **state)
{
	(void)state;
	usb_bed_open();
	gadget_shape_init(&shape);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	usb_bed_close();
	return 0;
}

static struct link *
must_open(const char *address)
{
	struct link *link;

	assert_int_equal(link_open(&link, address, deadline_in(LONG_MS)),
			 ST_OK);
	return link;
}

static enum status
open_status(int64_t ms)
{
	struct link *link;
	enum status st = link_open(&link, ADDRESS, deadline_in(ms));

	if (st == ST_OK)
		link_close(link);
	else
		assert_null(link);
	return st;
}

static void
must_receive(struct link *link, const void *expected, size_t len)
{
	uint8_t in[4096];
	size_t got = 0;

	while (got < len) {
		size_t more;

		assert_int_equal(link_receive(link, in + got, len - got, &more,
					      deadline_in(LONG_MS)),
				 ST_OK);
		assert_in_range(more, 1, len - got);
		got += more;
	}
	assert_memory_equal(in, expected, len);
}

static enum status
receive_status(struct link *link, int64_t ms)
{
	uint8_t in[64];
	size_t len;

	return link_receive(link, in, sizeof(in), &len, deadline_in(ms));
}

static enum status
send_status(struct link *link, size_t len, int64_t ms)
{
	static const uint8_t data[4 * PACKET];

	assert_true(len <= sizeof(data));
	return link_send(link, bytes_of(data, len), deadline_in(ms));
}

/* A device that sends back what it gets. */
static void *
echo(void *ctx)
{
	struct gadget *gadget = ctx;
	uint8_t buf[GADGET_QUEUE_MAX];
	size_t len;

	while ((len = gadget_read(gadget, buf, sizeof(buf))) > 0)
		gadget_write(gadget, bytes_of(buf, len));
	return NULL;
}

/* ---------------------------------------------------------- what it says */

struct patch {
	size_t at;
	uint8_t byte;
};

/* Lies of one or some bytes; what is there for none of them is 0 at 0. */
struct lie {
	const char *name;
	enum status status;
	struct patch patch[4];
	size_t len; /* of all descriptors; 0: as it was */
};

#define D GADGET_DEVICE
#define C GADGET_CONFIG
#define I GADGET_INTERFACE
#define E GADGET_IN
#define O GADGET_OUT

static const struct lie lies[] = {
	{"no agent at all", ST_LINK_FOREIGN, {{I + 5, 0x0a}}, 0},
	{"another subclass", ST_LINK_FOREIGN, {{I + 6, 0x42}}, 0},
	{"another protocol", ST_LINK_FOREIGN, {{I + 7, 0x02}}, 0},
	{"an interface less", ST_LINK_FOREIGN, {{C + 4, 0}}, 0},
	{"no endpoints", ST_LINK_DESCRIPTORS, {{I + 4, 0}}, GADGET_IN},
	{"one endpoint", ST_LINK_DESCRIPTORS, {{I + 4, 1}}, GADGET_OUT},
	{"more endpoints than there are", ST_LINK_DESCRIPTORS, {{I + 4, 9}}, 0},
	{"all endpoints in one", ST_LINK_DESCRIPTORS, {{I + 4, 255}}, 0},
	{"isochronous", ST_LINK_DESCRIPTORS, {{E + 3, 1}}, 0},
	{"interrupt", ST_LINK_DESCRIPTORS, {{O + 3, 3}}, 0},
	{"control", ST_LINK_DESCRIPTORS, {{O + 3, 0}}, 0},
	{"both in", ST_LINK_DESCRIPTORS, {{O + 2, 0x84}}, 0},
	{"both out", ST_LINK_DESCRIPTORS, {{E + 2, 0x04}}, 0},
	{"endpoint 0", ST_LINK_DESCRIPTORS, {{E + 2, 0x80}}, 0},
	{"empty packets", ST_LINK_DESCRIPTORS, {{E + 5, 0}}, 0},
	{"odd packets", ST_LINK_DESCRIPTORS, {{O + 4, 7}}, 0},
	{"packets of 64 KiB",
	 ST_LINK_DESCRIPTORS,
	 {{E + 4, 0xff}, {E + 5, 0xff}},
	 0},
	{"three packets at once", ST_LINK_DESCRIPTORS, {{E + 5, 0x12}}, 0},
	{"an endpoint that is short", ST_LINK_DESCRIPTORS, {{O, 3}}, 0},
	{"an endpoint without end", ST_LINK_DESCRIPTORS, {{O, 255}}, 0},
	{"an endpoint of no length", ST_LINK_DESCRIPTORS, {{E, 0}}, 0},
	{"an interface of no length", ST_LINK_DESCRIPTORS, {{I, 0}}, 0},
	{"a setting that is none", ST_LINK_FOREIGN, {{I + 1, 0x24}}, 0},
	{"no configuration", ST_LINK_DESCRIPTORS, {{D + 17, 0}}, 0},
	{"nine configurations", ST_LINK_DESCRIPTORS, {{D + 17, 9}}, 0},
	{"another configuration", ST_LINK_DESCRIPTORS, {{C + 5, 2}}, 0},
	{"a configuration that is none", ST_LINK_DESCRIPTORS, {{C + 1, 7}}, 0},
	{"a configuration that is short", ST_LINK_DESCRIPTORS, {{C, 8}}, 0},
	{"a total that is short", ST_LINK_DESCRIPTORS, {{C + 2, 8}}, 0},
	{"a total of the head", ST_LINK_FOREIGN, {{C + 2, 9}}, 0},
	{"33 interfaces", ST_LINK_DESCRIPTORS, {{C + 4, 33}}, 0},
	{"half a device", ST_LINK_DESCRIPTORS, {{0}}, 10},
	{"half a configuration", ST_LINK_DESCRIPTORS, {{0}}, C + 5},
	{"half an interface", ST_LINK_FOREIGN, {{0}}, I + 5},
	{"half an endpoint", ST_LINK_DESCRIPTORS, {{0}}, O + 3},
	{"nothing", ST_LINK_DESCRIPTORS, {{D, 0}}, 1},
};

/* Whether an open ends so, in a process of its own, which may give its rights
 * away; of some lies libusb 1.0.26 keeps 40 bytes for ever. */
static bool
ends_elsewhere(enum status expected, bool has_rights)
{
	int code;
	pid_t child = fork();

	assert_true(child >= 0);
	if (child == 0) {
		struct link *link;

		if (!has_rights && geteuid() == 0 &&
		    setresuid(65534, 65534, 65534) != 0)
			_exit(1);
		_exit(link_open(&link, ADDRESS, deadline_in(SHORT_MS)) ==
				      expected
			      ? 42
			      : 2);
	}
	assert_int_equal(waitpid(child, &code, 0), child);
	return WIFEXITED(code) && WEXITSTATUS(code) == 42;
}

/* Nobody claims what cannot be right, and it gets no byte. */
static void
expect_untouched(struct gadget *gadget, enum status expected)
{
	struct gadget_counts counts;

	assert_true(ends_elsewhere(expected, true));
	counts = gadget_counts(gadget);
	assert_int_equal(counts.claims, 0);
	assert_int_equal(counts.transfers, 0);
}

static void
lies_are_told(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
		const struct lie *lie = &lies[i];
		struct gadget_shape lying = shape;
		struct gadget *gadget;

		print_message("  %s\n", lie->name);
		for (size_t k = 0; k < 4; k++)
			if (lie->patch[k].at != 0 || lie->patch[k].byte != 0)
				lying.descriptors[lie->patch[k].at] =
					lie->patch[k].byte;
		if (lie->len != 0)
			lying.descriptors_len = lie->len;
		lying.place.number = (unsigned int)i + 1;
		gadget = gadget_plug(&lying, NULL);
		expect_untouched(gadget, lie->status);
		gadget_free(gadget);
	}
}

#undef D
#undef C
#undef I
#undef E
#undef O

/* Two agents, or one with two settings: nobody can tell which is meant. */
static void
doubles_are_lies(void **state)
{
	size_t size = GADGET_END - GADGET_INTERFACE;
	struct gadget *gadget;

	(void)state;
	for (unsigned int i = 0; i < 2; i++) {
		struct gadget_shape twice = shape;
		uint8_t *second = twice.descriptors + GADGET_END;

		memcpy(second, twice.descriptors + GADGET_INTERFACE, size);
		second[i == 0 ? 2 : 3] = 1; /* number, or setting */
		twice.descriptors_len = GADGET_END + size;
		twice.descriptors[GADGET_CONFIG + 2] += (uint8_t)size;
		twice.descriptors[GADGET_CONFIG + 4] = i == 0 ? 2 : 1;
		twice.place.number = 1 + i;
		gadget = gadget_plug(&twice, NULL);
		expect_untouched(gadget, ST_LINK_DESCRIPTORS);
		gadget_free(gadget);
	}
}

/* A foreign device is not even opened. */
static void
foreign_devices_are_left_alone(void **state)
{
	static const char *const triples[] = {"ff/42/01", "ff/42/03",
					      "08/06/50", "ff/49/02"};
	struct gadget *gadget;

	(void)state;
	for (unsigned int i = 0; i < 4; i++) {
		shape.triple = triples[i];
		shape.place.number = 1 + i;
		gadget = gadget_plug(&shape, NULL);
		expect_untouched(gadget, ST_LINK_FOREIGN);
		assert_int_equal(gadget_counts(gadget).opens, 0);
		gadget_free(gadget);
	}
}

/* Endpoints and packets may be any that USB has. */
static void
every_speed_is_spoken(void **state)
{
	static const unsigned int sizes[] = {8, 16, 32, 64, 512, 1024};

	(void)state;
	for (unsigned int i = 0; i < 6; i++) {
		struct gadget *gadget;
		struct link *link;
		uint8_t data[3000];

		for (size_t at = GADGET_IN; at < GADGET_END; at += 7) {
			shape.descriptors[at + 2]++;
			shape.descriptors[at + 4] = (uint8_t)sizes[i];
			shape.descriptors[at + 5] = (uint8_t)(sizes[i] >> 8);
		}
		shape.place.number = 1 + i;
		gadget = gadget_plug(&shape, NULL);
		link = must_open(ADDRESS);
		for (size_t k = 0; k < sizeof(data); k++)
			data[k] = (uint8_t)(k * 7);
		assert_true(gadget_write(gadget, bytes_of(data, 3000)));
		must_receive(link, data, sizeof(data));
		link_close(link);
		gadget_free(gadget);
	}
}

/* ----------------------------------------------------------------- opening */

static enum status
status_of_claim(int error)
{
	struct gadget_faults faults = {.claim = error};
	struct gadget *gadget = gadget_plug(&shape, &faults);
	enum status st = open_status(LONG_MS);

	assert_int_equal(gadget_counts(gadget).transfers, 0);
	gadget_free(gadget);
	return st;
}

static void
claims_may_be_refused(void **state)
{
	(void)state;
	assert_int_equal(status_of_claim(EBUSY), ST_LINK_BUSY);
	assert_int_equal(status_of_claim(ENODEV), ST_LINK_OPEN);
	assert_int_equal(status_of_claim(EINVAL), ST_LINK_CLAIM);
	assert_int_equal(status_of_claim(EACCES), ST_LINK_CLAIM);
	assert_int_equal(status_of_claim(EIO), ST_LINK_CLAIM);
	assert_int_equal(status_of_claim(0), ST_OK);
}

static void
a_driver_goes_and_comes_back(void **state)
{
	struct gadget_faults faults = {.has_driver = true};
	struct gadget *gadget = gadget_plug(&shape, &faults);
	struct link *link = must_open(ADDRESS);

	(void)state;
	assert_int_equal(gadget_counts(gadget).detaches, 1);
	assert_int_equal(gadget_counts(gadget).attaches, 0);
	link_close(link);
	assert_int_equal(gadget_counts(gadget).releases, 1);
	assert_int_equal(gadget_counts(gadget).attaches, 1);
	gadget_free(gadget);
}

static void
rights_may_be_missing(void **state)
{
	struct gadget *gadget = gadget_plug(&shape, NULL);

	(void)state;
	usb_bed_close_node("/dev/bus/usb/001/007");
	assert_true(ends_elsewhere(ST_LINK_PERMISSION, false));
	assert_int_equal(gadget_counts(gadget).opens, 0);
	gadget_free(gadget);
}

static void *
settle(void *ctx)
{
	usleep(100000);
	usb_bed_interface(ctx, "1-2:1.1", "ff/49/01");
	return NULL;
}

/* What was just plugged in does not have all of its interfaces yet. */
static void
what_settles_is_waited_for(void **state)
{
	static char path[] = USB_BED_PCI "/1-2";
	struct gadget *gadget;
	pthread_t thread;

	(void)state;
	shape.triple = "02/02/01";
	gadget = gadget_plug(&shape, NULL);
	assert_int_equal(open_status(0), ST_LINK_FOREIGN);
	pthread_create(&thread, NULL, settle, path);
	assert_int_equal(open_status(LONG_MS), ST_OK);
	pthread_join(thread, NULL);
	gadget_free(gadget);
}

static size_t
count_files(void)
{
	DIR *entries = opendir("/proc/self/fd");
	size_t count = 0;

	assert_non_null(entries);
	while (readdir(entries) != NULL)
		count++;
	closedir(entries);
	return count;
}

static void
nothing_is_left_open(void **state)
{
	struct gadget *gadget = gadget_plug(&shape, NULL);
	size_t before;

	(void)state;
	assert_int_equal(open_status(LONG_MS), ST_OK);
	before = count_files();
	for (unsigned int i = 0; i < 50; i++)
		assert_int_equal(open_status(LONG_MS), ST_OK);
	/* the bed's own ends close a moment later */
	for (unsigned int i = 0; i < 200 && count_files() > before; i++)
		usleep(10000);
	assert_true(count_files() <= before);
	gadget_free(gadget);
}

static void
looking_opens_nothing(void **state)
{
	struct gadget *gadget;
	uint64_t instance = 1, first;

	(void)state;
	assert_int_equal(link_look(ADDRESS, &instance), LINK_ABSENT);
	assert_int_equal(instance, 0);
	gadget = gadget_plug(&shape, NULL);
	assert_int_equal(link_look(ADDRESS, &first), LINK_PRESENT);
	assert_true(first != 0);
	assert_int_equal(link_look(ADDRESS, &instance), LINK_PRESENT);
	assert_true(instance == first);
	assert_int_equal(gadget_counts(gadget).opens, 0);
	gadget_free(gadget);
	assert_int_equal(link_look(ADDRESS, &instance), LINK_ABSENT);
	shape.place.number++;
	shape.triple = "08/06/50"; /* whatever it is */
	gadget = gadget_plug(&shape, NULL);
	assert_int_equal(link_look(ADDRESS, &instance), LINK_PRESENT);
	assert_true(instance != first && instance != 0);
	gadget_free(gadget);
	assert_int_equal(link_look("usb:x", &instance), LINK_ABSENT);
}

static void
two_devices_are_none(void **state)
{
	struct gadget *gadget = gadget_plug(&shape, NULL);
	struct usb_bed_device fast = shape.place;
	char path[USB_BED_PATH_MAX];
	uint64_t instance;

	(void)state;
	fast.parent = USB_BED_PCI_FAST;
	fast.sysname = "2-2";
	fast.bus = 2;
	usb_bed_add(&fast, path);
	expect_untouched(gadget, ST_LINK_TWO_DEVICES);
	assert_int_equal(link_look(ADDRESS, &instance), LINK_UNKNOWN);
	gadget_free(gadget);
}

/* ----------------------------------------------------------------- packets */

static void
packets_of_any_size(void **state)
{
	struct gadget *gadget = gadget_plug(&shape, NULL);
	struct link *link = must_open(ADDRESS);
	uint8_t data[PACKET];

	(void)state;
	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)i;
	/* one byte a packet, and packets without any between them */
	for (size_t i = 0; i < 40; i++) {
		gadget_packet(gadget, data + i, 1);
		gadget_packet(gadget, NULL, 0);
	}
	must_receive(link, data, 40);
	/* a whole packet is seen at once: nothing need end it */
	for (unsigned int i = 0; i < 3; i++) {
		gadget_packet(gadget, data, PACKET);
		must_receive(link, data, PACKET);
	}
	gadget_packet(gadget, data, PACKET - 1);
	must_receive(link, data, PACKET - 1);
	assert_int_equal(receive_status(link, SHORT_MS), ST_LINK_TIMEOUT);
	link_close(link);
	gadget_free(gadget);
}

static void *
send_nothing_often(void *ctx)
{
	for (unsigned int i = 0; i < 500; i++) {
		gadget_packet(ctx, NULL, 0);
		usleep(1000);
	}
	return NULL;
}

static void
empty_packets_take_no_time(void **state)
{
	struct gadget *gadget = gadget_plug(&shape, NULL);
	struct link *link = must_open(ADDRESS);
	struct deadline start;
	pthread_t thread;

	(void)state;
	pthread_create(&thread, NULL, send_nothing_often, gadget);
	start = deadline_in(LONG_MS);
	assert_int_equal(receive_status(link, 4 * SHORT_MS), ST_LINK_TIMEOUT);
	assert_in_range(LONG_MS - deadline_left_ms(start), 4 * SHORT_MS - 1,
			4 * SHORT_MS + 1000);
	pthread_join(thread, NULL);
	link_close(link);
	gadget_free(gadget);
}

/* A device that waits for a short packet would wait for ever. */
static void
whole_packets_get_an_end(void **state)
{
	static const size_t whole[] = {PACKET, 2 * PACKET, 4 * PACKET};
	static const size_t others[] = {1, PACKET - 1, PACKET + 1};
	struct gadget *gadget = gadget_plug(&shape, NULL);
	struct link *link = must_open(ADDRESS);

	(void)state;
	for (unsigned int i = 0; i < 3; i++) {
		assert_int_equal(send_status(link, others[i], LONG_MS), ST_OK);
		assert_int_equal(gadget_counts(gadget).empty, i);
		assert_int_equal(send_status(link, whole[i], LONG_MS), ST_OK);
		assert_int_equal(gadget_counts(gadget).empty, i + 1);
	}
	assert_int_equal(gadget_counts(gadget).out,
			 PACKET + 2 * PACKET + 4 * PACKET + 1 + 2 * PACKET);
	link_close(link);
	gadget_free(gadget);
}

/* The kernel may say that less went out than it was given. */
static void
the_rest_is_sent(void **state)
{
	struct gadget_faults faults = {.out_short = PACKET};
	struct gadget *gadget = gadget_plug(&shape, &faults);
	struct link *link = must_open(ADDRESS);

	(void)state;
	assert_int_equal(send_status(link, 3 * PACKET + 5, LONG_MS), ST_OK);
	assert_int_equal(gadget_counts(gadget).out, 3 * PACKET + 5);
	link_close(link);
	gadget_free(gadget);
}

/* A time-out does not mean that nothing came. */
static void
data_with_a_timeout_counts(void **state)
{
	struct gadget_faults faults = {.is_late = true};
	struct gadget *gadget = gadget_plug(&shape, &faults);
	struct link *link = must_open(ADDRESS);
	uint8_t in[8];
	size_t len;

	(void)state;
	gadget_packet(gadget, "late", 5);
	assert_int_equal(link_receive(link, in, sizeof(in), &len,
				      deadline_in(SHORT_MS)),
			 ST_OK);
	assert_int_equal(len, 5);
	assert_memory_equal(in, "late", 5);
	assert_int_equal(receive_status(link, SHORT_MS), ST_LINK_TIMEOUT);
	link_close(link);
	gadget_free(gadget);
}

static void
too_long_a_packet_ends_it(void **state)
{
	struct gadget *gadget = gadget_plug(&shape, NULL);
	struct link *link = must_open(ADDRESS);
	uint8_t data[PACKET + 1] = {0};

	(void)state;
	gadget_packet(gadget, data, sizeof(data));
	assert_int_equal(receive_status(link, LONG_MS), ST_LINK_CLOSED);
	assert_int_equal(send_status(link, 1, LONG_MS), ST_LINK_CLOSED);
	link_close(link);
	gadget_free(gadget);
}

/* ------------------------------------------------------------------- halts */

static void
a_halt_is_cleared_once(void **state)
{
	struct gadget_faults faults = {.stalls = 1};
	struct gadget *gadget = gadget_plug(&shape, &faults);
	struct link *link = must_open(ADDRESS);

	(void)state;
	gadget_packet(gadget, "good", 5);
	must_receive(link, "good", 5);
	assert_int_equal(gadget_counts(gadget).clears, 1);
	gadget_set_faults(gadget, &faults);
	assert_int_equal(send_status(link, 100, LONG_MS), ST_OK);
	assert_int_equal(gadget_counts(gadget).clears, 2);
	assert_int_equal(gadget_counts(gadget).out, 100);
	link_close(link);
	gadget_free(gadget);
}

static void
halts_without_end(void **state)
{
	struct gadget_faults faults = {.stalls = 1000};
	struct gadget *gadget = gadget_plug(&shape, &faults);
	struct link *link = must_open(ADDRESS);

	(void)state;
	assert_int_equal(receive_status(link, LONG_MS), ST_LINK_STALLED);
	assert_int_equal(send_status(link, 1, LONG_MS), ST_LINK_STALLED);
	assert_int_equal(gadget_counts(gadget).clears, 2);
	faults.is_halt_for_ever = true;
	gadget_set_faults(gadget, &faults);
	assert_int_equal(receive_status(link, LONG_MS), ST_LINK_CLOSED);
	link_close(link);
	gadget_free(gadget);
}

/* ------------------------------------------------------------------ errors */

static void
errors_of_transfers(void **state)
{
	static const int ends[] = {EPROTO,    EILSEQ,	 ETIME, ECOMM, ENOSR,
				   EOVERFLOW, ESHUTDOWN, EIO,	ENODEV};
	struct gadget_faults faults = {0};

	(void)state;
	for (unsigned int i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		struct gadget *gadget;
		struct link *link;

		faults.end = ends[i];
		shape.place.number = 1 + i;
		gadget = gadget_plug(&shape, &faults);
		link = must_open(ADDRESS);
		assert_int_equal(receive_status(link, LONG_MS), ST_LINK_CLOSED);
		assert_int_equal(receive_status(link, LONG_MS), ST_LINK_CLOSED);
		assert_int_equal(send_status(link, 1, LONG_MS), ST_LINK_CLOSED);
		link_close(link);
		gadget_free(gadget);
	}
}

static void
errors_of_the_kernel(void **state)
{
	struct gadget_faults faults = {.submit = ENOMEM};
	struct gadget *gadget = gadget_plug(&shape, NULL);
	struct link *link = must_open(ADDRESS);

	(void)state;
	gadget_set_faults(gadget, &faults);
	assert_int_equal(receive_status(link, LONG_MS), ST_STATION_MEMORY);
	assert_int_equal(send_status(link, 1, LONG_MS), ST_STATION_MEMORY);
	faults.submit = ENOENT;
	gadget_set_faults(gadget, &faults);
	assert_int_equal(send_status(link, 1, LONG_MS), ST_LINK_CLOSED);
	link_close(link);
	gadget_free(gadget);
}

/* ------------------------------------------------------------------- plugs */

static void *
unplug_soon(void *ctx)
{
	usleep(100000);
	gadget_unplug(ctx);
	return NULL;
}

static void
unplugged_in_the_middle(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 2; i++) {
		struct gadget_faults faults = {.is_deaf = true};
		struct gadget *gadget = gadget_plug(&shape, &faults);
		struct link *link = must_open(ADDRESS);
		struct deadline start = deadline_in(LONG_MS);
		pthread_t thread;

		pthread_create(&thread, NULL, unplug_soon, gadget);
		assert_int_equal(i == 0 ? receive_status(link, LONG_MS)
					: send_status(link, 1, LONG_MS),
				 ST_LINK_CLOSED);
		assert_in_range(LONG_MS - deadline_left_ms(start), 50, 2000);
		pthread_join(thread, NULL);
		assert_int_equal(receive_status(link, 0), ST_LINK_CLOSED);
		assert_int_equal(send_status(link, 1, 0), ST_LINK_CLOSED);
		assert_int_equal(open_status(LONG_MS), ST_LINK_OPEN);
		link_close(link);
		gadget_free(gadget);
		shape.place.number++;
	}
}

#define PLUGS 120

static void *
storm(void *ctx)
{
	(void)ctx;
	for (unsigned int i = 0; i < PLUGS; i++) {
		shape.place.number = 1 + i % 127;
		gadget_free(gadget_plug(&shape, NULL));
	}
	return NULL;
}

static bool
is_of_a_storm(enum status st)
{
	return st == ST_OK || st == ST_LINK_OPEN || st == ST_LINK_CLOSED ||
	       st == ST_LINK_TIMEOUT || st == ST_LINK_FOREIGN;
}

/* Who looks and opens while a cable comes and goes is told so, and no more. */
static void
a_storm_of_plugs(void **state)
{
	struct gadget *gadget;
	unsigned int seen = 0;
	pthread_t thread;

	(void)state;
	pthread_create(&thread, NULL, storm, NULL);
	while (pthread_tryjoin_np(thread, NULL) != 0) {
		struct link *link;
		uint64_t instance;
		enum status st;

		seen += link_look(ADDRESS, &instance) == LINK_PRESENT;
		st = link_open(&link, ADDRESS, deadline_in(5));
		if (st == ST_OK) {
			st = receive_status(link, 5);
			link_close(link);
		}
		assert_true(is_of_a_storm(st));
	}
	assert_true(seen > 0);
	gadget = gadget_plug(&shape, NULL);
	assert_int_equal(open_status(LONG_MS), ST_OK);
	gadget_free(gadget);
}

/* ---------------------------------------------------------- many, and much */

#define SLOTS 32

static void *
talk_in_a_slot(void *ctx)
{
	const unsigned int *slot = ctx;
	uint8_t data[600];
	char address[64];
	struct link *link;

	memset(data, (int)*slot + 1, sizeof(data));
	snprintf(address, sizeof(address), "usb:0000:00:14.0/%u", *slot + 1);
	link = must_open(address);
	for (unsigned int i = 0; i < 5; i++) {
		assert_int_equal(link_send(link, bytes_of(data, sizeof(data)),
					   deadline_in(LONG_MS)),
				 ST_OK);
		must_receive(link, data, sizeof(data));
	}
	link_close(link);
	return NULL;
}

static void
all_slots_at_once(void **state)
{
	struct gadget *gadget[SLOTS];
	pthread_t device[SLOTS], thread[SLOTS];
	unsigned int slot[SLOTS];

	(void)state;
	for (unsigned int i = 0; i < SLOTS; i++) {
		char sysname[16];

		snprintf(sysname, sizeof(sysname), "1-%u", i + 1);
		shape.place.sysname = sysname;
		shape.place.number = 1 + i;
		slot[i] = i;
		gadget[i] = gadget_plug(&shape, NULL);
		pthread_create(&device[i], NULL, echo, gadget[i]);
	}
	for (unsigned int i = 0; i < SLOTS; i++)
		pthread_create(&thread[i], NULL, talk_in_a_slot, &slot[i]);
	for (unsigned int i = 0; i < SLOTS; i++)
		pthread_join(thread[i], NULL);
	for (unsigned int i = 0; i < SLOTS; i++) {
		gadget_unplug(gadget[i]);
		pthread_join(device[i], NULL);
		gadget_free(gadget[i]);
	}
}

static void *
flood(void *ctx)
{
	uint8_t noise[1500];

	memset(noise, 'n', sizeof(noise));
	while (gadget_write(ctx, bytes_of(noise, sizeof(noise))))
		continue;
	return NULL;
}

/* Bytes that never end do not carry a request beyond its time. */
static void
a_flood_ends_in_time(void **state)
{
	struct gadget *gadget = gadget_plug(&shape, NULL);
	struct deadline start = deadline_in(LONG_MS);
	struct device device;
	struct hello hello;
	pthread_t thread;

	(void)state;
	pthread_create(&thread, NULL, flood, gadget);
	assert_int_equal(device_open(&device, ADDRESS, start), ST_OK);
	assert_int_equal(device_hello(&device, &hello, deadline_in(600)),
			 ST_LINK_TIMEOUT);
	assert_in_range(LONG_MS - deadline_left_ms(start), 600, 3000);
	assert_true(gadget_counts(gadget).in > 10000);
	device_close(&device);
	gadget_unplug(gadget);
	pthread_join(thread, NULL);
	gadget_free(gadget);
}

#define ON_A_BED(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		ON_A_BED(lies_are_told),
		ON_A_BED(doubles_are_lies),
		ON_A_BED(foreign_devices_are_left_alone),
		ON_A_BED(every_speed_is_spoken),
		ON_A_BED(claims_may_be_refused),
		ON_A_BED(a_driver_goes_and_comes_back),
		ON_A_BED(rights_may_be_missing),
		ON_A_BED(what_settles_is_waited_for),
		ON_A_BED(nothing_is_left_open),
		ON_A_BED(looking_opens_nothing),
		ON_A_BED(two_devices_are_none),
		ON_A_BED(packets_of_any_size),
		ON_A_BED(empty_packets_take_no_time),
		ON_A_BED(whole_packets_get_an_end),
		ON_A_BED(the_rest_is_sent),
		ON_A_BED(data_with_a_timeout_counts),
		ON_A_BED(too_long_a_packet_ends_it),
		ON_A_BED(a_halt_is_cleared_once),
		ON_A_BED(halts_without_end),
		ON_A_BED(errors_of_transfers),
		ON_A_BED(errors_of_the_kernel),
		ON_A_BED(unplugged_in_the_middle),
		ON_A_BED(a_storm_of_plugs),
		ON_A_BED(all_slots_at_once),
		ON_A_BED(a_flood_ends_in_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
