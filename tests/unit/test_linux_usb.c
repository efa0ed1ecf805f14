/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_linux_usb.c - what FunctionFS is told, byte for byte, and the agent
 * behind a FunctionFS that is none: a folder of pipes.
 */
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "port/linux/serve.h"
#include "port/linux/usb_blobs.h"
#include "support/hex.h"
#include "support/linux_files.h"

#define LONG_MS 10000

/* Interface 0; then a speed's endpoints, by their packets; a companion. */
#define INTERFACE "0904000002ff490101"
#define EP_IN(packet) "07058102" packet "00"
#define EP_OUT(packet) "07050202" packet "00"
#define COMPANION "063000000000"
#define FULL_SPEED INTERFACE EP_IN("4000") EP_OUT("4000")
#define HIGH_SPEED INTERFACE EP_IN("0002") EP_OUT("0002")
#define SUPER_SPEED INTERFACE EP_IN("0004") COMPANION EP_OUT("0004") COMPANION

static const char descriptors_hex[] =
	/* magic, length, flags: three speeds and OS descriptors */
	"03000000e40000000f000000"
	/* how many descriptors of each */
	"03000000030000000500000002000000"
	/* each speed */
	FULL_SPEED HIGH_SPEED SUPER_SPEED
	/* of interface 0, length, version, extended compatible id, one */
	"0023000000010004000100"
	/* from the first interface on, "WINUSB" */
	"000157494e55534200000000000000000000000000000000"
	/* the same with properties; its length, text, length of its name */
	"0054000000010005000100"
	"49000000010000001400"
	/* "DeviceInterfaceGUID", length, and the GUID as text */
	"446576696365496e746572666163654755494400"
	"27000000"
	"7b36623065316633612d356430632d346637652d"
	"396135332d3263386134653164376239307d00";

static const char strings_hex[] =
	/* magic, length, one string, one language */
	"02000000210000000100000001000000"
	/* in English, "imeilock agent" */
	"0904696d65696c6f636b206167656e7400";

#define DESCRIPTORS_LEN (sizeof(descriptors_hex) / 2)
#define STRINGS_LEN (sizeof(strings_hex) / 2)

static uint8_t descriptors[DESCRIPTORS_LEN];
static uint8_t strings[STRINGS_LEN];

static int
make_blobs(void **state)
{
	(void)state;
	hex_exact(descriptors, DESCRIPTORS_LEN, descriptors_hex);
	hex_exact(strings, STRINGS_LEN, strings_hex);
	return 0;
}

static void
assert_bytes(struct bytes got, const uint8_t *expected, size_t len)
{
	assert_int_equal(got.len, len);
	assert_memory_equal(got.ptr, expected, len);
}

static void
what_functionfs_is_told(void **state)
{
	(void)state;
	assert_bytes(usb_blob_descriptors(), descriptors, sizeof(descriptors));
	assert_bytes(usb_blob_strings(), strings, sizeof(strings));
	/* the length within is that of the whole */
	assert_int_equal(descriptors[4], sizeof(descriptors));
	assert_int_equal(strings[4], sizeof(strings));
}

/* ------------------------------------------------------ a folder of pipes */

static struct chip chip;
static struct server server;
static int host_in, host_out, control; /* the host's ends */

static int
make_pipe(const char *name)
{
	char path[FOLDER_PATH_MAX];

	files_path(path, name);
	assert_int_equal(mkfifo(path, 0600), 0);
	return open(path, O_RDWR | O_CLOEXEC);
}

static int
plug_in(void **state)
{
	if (files_set_up(state) != 0)
		return -1;
	control = make_pipe("ep0");
	host_in = make_pipe("ep1");
	host_out = make_pipe("ep2");
	return 0;
}

static int
unplug(void **state)
{
	close(control);
	close(host_in);
	close(host_out);
	return files_tear_down(state);
}

/* What can be read, at once. */
static size_t
take(int fd, void *out, size_t size)
{
	struct pollfd ready = {.fd = fd, .events = POLLIN};
	ssize_t len;

	assert_int_equal(poll(&ready, 1, LONG_MS), 1);
	len = read(fd, out, size);
	assert_true(len > 0);
	return (size_t)len;
}

static void
open_usb(struct usb *usb)
{
	uint8_t buf[512];

	assert_int_equal(usb_open(usb, files.folder), ST_OK);
	/* first the descriptors, then the strings */
	assert_int_equal(take(control, buf, sizeof(buf)),
			 sizeof(descriptors) + sizeof(strings));
	assert_memory_equal(buf, descriptors, sizeof(descriptors));
	assert_memory_equal(buf + sizeof(descriptors), strings,
			    sizeof(strings));
}

static void
no_transfer_is_of_whole_packets(void **state)
{
	uint8_t frame[512], got[1024];
	struct usb usb;

	(void)state;
	memset(frame, 0x11, sizeof(frame));
	open_usb(&usb);
	for (size_t len = 1; len <= sizeof(frame); len += 1 + len / 3) {
		usb_send(&usb, bytes_of(frame, len));
		assert_int_equal(take(host_in, got, sizeof(got)),
				 len % 64 == 0 ? len + 1 : len);
	}
	usb_send(&usb, bytes_of(frame, 512));
	usb_flush(&usb);
	assert_int_equal(take(host_in, got, sizeof(got)), 513);
	assert_int_equal(got[0], 0);
	assert_memory_equal(got + 1, frame, 512);
	usb_close(&usb);
}

static void
bytes_of_the_host_come_in(void **state)
{
	uint8_t got[1024];
	struct usb usb;

	(void)state;
	open_usb(&usb);
	assert_int_equal(write(host_out, "abc", 3), 3);
	assert_int_equal(take(usb.fd, got, sizeof(got)), 3);
	assert_memory_equal(got, "abc", 3);
	usb_close(&usb);
}

/* A host that takes nothing costs frames, and no standstill. */
static void
a_host_that_does_not_read(void **state)
{
	static uint8_t frame[1000];
	struct usb usb;

	(void)state;
	open_usb(&usb);
	for (unsigned int i = 0; i < 2000; i++)
		usb_send(&usb, bytes_of(frame, sizeof(frame)));
	assert_true(usb.queued < 2000);
	usb_close(&usb);
}

static void
no_functionfs(void **state)
{
	struct usb usb;

	(void)state;
	assert_int_equal(usb_open(&usb, "/nowhere"), ST_PORT_FILE);
	usb_close(&usb);
}

/* -------------------------------------------------------------- the agent */

static pthread_t thread;
static int stop_fd;

static void *
run(void *ctx)
{
	(void)ctx;
	serve_run(&server, stop_fd);
	return NULL;
}

static void
start_agent(void)
{
	static const struct boot_trust trust = {.class = CLASS_DEVELOPMENT};
	uint8_t buf[512];

	snprintf(files.config.agent, sizeof(files.config.agent), "%.190s",
		 files.folder);
	assert_int_equal(chip_open(&chip, &files.config), ST_OK);
	assert_int_equal(serve_open(&server, &chip, &trust), ST_OK);
	(void)take(control, buf, sizeof(buf));
	stop_fd = eventfd(0, EFD_CLOEXEC);
	assert_true(stop_fd >= 0);
	assert_int_equal(pthread_create(&thread, NULL, run, NULL), 0);
}

static void
stop_agent(void)
{
	assert_int_equal(eventfd_write(stop_fd, 1), 0);
	pthread_join(thread, NULL);
	serve_close(&server);
	chip_close(&chip);
	close(stop_fd);
}

static struct reply
ask(const struct request *req)
{
	static struct frame_reader reader;
	uint8_t buf[FRAME_MESSAGE_MAX], wire[FRAME_WIRE_MAX];
	struct bytes message;
	struct reply reply;
	size_t len;

	assert_int_equal(request_encode(&message, buf, sizeof(buf), req),
			 ST_OK);
	assert_int_equal(frame_encode(wire, sizeof(wire), &len, message),
			 ST_OK);
	/* in two packets */
	assert_int_equal(write(host_out, wire, 2), 2);
	assert_int_equal(write(host_out, wire + 2, len - 2), len - 2);
	frame_reader_init(&reader);
	for (;;) {
		len = take(host_in, wire, sizeof(wire));
		for (size_t i = 0; i < len; i++) {
			if (frame_reader_take(&reader, wire[i], &message) !=
			    ST_OK)
				continue;
			assert_int_equal(reply_decode(&reply, message), ST_OK);
			return reply;
		}
	}
}

static struct request
request_of(enum msg_op op, uint64_t session, uint32_t sequence)
{
	struct request req = {.head.op = op};

	req.head.session = session;
	req.head.sequence = sequence;
	if (op == OP_HELLO)
		req.protocol = PROTOCOL_VERSION;
	return req;
}

static void
it_says_hello(void **state)
{
	static const uint8_t setup[12] = {0xc1, 1, [8] = 4};
	struct request req = request_of(OP_HELLO, 0, 1);
	struct reply reply;

	(void)state;
	start_agent();
	/* a request to the interface is answered, and nothing stops */
	assert_int_equal(write(control, setup, sizeof(setup)), sizeof(setup));
	reply = ask(&req);
	assert_int_equal(reply.status, ST_OK);
	assert_string_equal(reply.hello.model, "linux-files");
	assert_int_equal(reply.hello.state, STATE_BLANK);
	assert_true(reply.hello.is_virtual);
	stop_agent();
}

static void
a_reset_is_answered_first(void **state)
{
	struct request hello = request_of(OP_HELLO, 0, 1), reset;
	struct reply reply;

	(void)state;
	start_agent();
	reply = ask(&hello);
	reset = request_of(OP_RESET, reply.head.session, 2);
	reply = ask(&reset);
	assert_int_equal(reply.status, ST_OK);
	pthread_join(thread, NULL);
	assert_true(chip.is_ended);
	serve_close(&server);
	chip_close(&chip);
	close(stop_fd);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, plug_in, unplug)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_functionfs_is_told),
		TEST(no_transfer_is_of_whole_packets),
		TEST(bytes_of_the_host_come_in),
		TEST(a_host_that_does_not_read),
		TEST(no_functionfs),
		TEST(it_says_hello),
		TEST(a_reset_is_answered_first),
	};

	return cmocka_run_group_tests(tests, make_blobs, NULL);
}
