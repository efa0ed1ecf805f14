/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_usb_serve.c - a virtual handset on a USB cable whose other end is this
 * program: what a kernel says and hears, and what none would say.
 */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "port/virtual/usb_serve.h"
#include "proto/frame.h"
#include "proto/msg.h"
#include "support/handset_unit.h"

#define LONG_MS 10000

static struct usb_server server;
static pthread_t thread;
static int stop_fd;
static int plugs_fd;	    /* counts what was plugged in */
static _Atomic int host_fd; /* our end, of the last plug */
static uint32_t last_id;
static enum status served; /* how usb_serve_run ended */

static enum status
plug_in(void *ctx, int fd)
{
	struct timeval patience = {.tv_sec = LONG_MS / 1000};

	(void)ctx;
	host_fd = dup(fd);
	if (host_fd < 0 || setsockopt(host_fd, SOL_SOCKET, SO_RCVTIMEO,
				      &patience, sizeof(patience)) != 0)
		return ST_PORT_USB;
	return eventfd_write(plugs_fd, 1) == 0 ? ST_OK : ST_PORT_USB;
}

/* The port is free when the host has closed its end. */
static bool
is_free(void *ctx)
{
	(void)ctx;
	return host_fd < 0;
}

static void *
run(void *ctx)
{
	(void)ctx;
	served = usb_serve_run(&server, stop_fd);
	return NULL;
}

static void
await_plug(void)
{
	struct pollfd fd = {.fd = plugs_fd, .events = POLLIN};
	eventfd_t count;

	assert_int_equal(poll(&fd, 1, LONG_MS), 1);
	assert_int_equal(eventfd_read(plugs_fd, &count), 0);
	assert_int_equal(count, 1);
}

static void
start(void)
{
	struct usb_cable cable = {NULL, plug_in, is_free};

	unit_power_up();
	last_id = 0;
	stop_fd = eventfd(0, EFD_CLOEXEC);
	plugs_fd = eventfd(0, EFD_CLOEXEC);
	assert_true(stop_fd >= 0 && plugs_fd >= 0);
	assert_int_equal(usb_serve_open(&server, &unit.handset, &cable), ST_OK);
	assert_int_equal(pthread_create(&thread, NULL, run, NULL), 0);
	await_plug();
}

static void
join(enum status expected)
{
	pthread_join(thread, NULL);
	assert_int_equal(served, expected);
	usb_serve_close(&server);
	if (host_fd >= 0)
		close(host_fd);
	close(stop_fd);
	close(plugs_fd);
}

static void
stop(void)
{
	assert_int_equal(eventfd_write(stop_fd, 1), 0);
	join(ST_OK);
}

/* -------------------------------------------------- the kernel's language */

static void
put(uint8_t *p, uint32_t value)
{
	for (int i = 0; i < 4; i++)
		p[i] = (uint8_t)(value >> (24 - 8 * i));
}

static uint32_t
get(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
	       (uint32_t)p[2] << 8 | p[3];
}

static void
send_bytes(const void *data, size_t len)
{
	assert_int_equal(send(host_fd, data, len, MSG_NOSIGNAL), len);
}

/* A head as vhci-hcd makes it; its id. */
static uint32_t
make_head(uint8_t head[USBIP_HEADER_LEN], uint32_t command, uint8_t endpoint,
	  uint32_t len)
{
	memset(head, 0, USBIP_HEADER_LEN);
	put(head, command);
	put(head + 4, ++last_id);
	put(head + 8, 0x10002);
	put(head + 12, (endpoint & USB_IN) != 0);
	put(head + 16, endpoint & 15);
	put(head + 24, len);
	return last_id;
}

static uint32_t
submit(uint8_t endpoint, const void *data, size_t len)
{
	uint8_t head[USBIP_HEADER_LEN];
	uint32_t id = make_head(head, 1, endpoint, (uint32_t)len);

	send_bytes(head, sizeof(head));
	if (data != NULL)
		send_bytes(data, len);
	return id;
}

static uint32_t
control(uint8_t type, uint8_t request, uint16_t value, uint16_t length)
{
	uint8_t head[USBIP_HEADER_LEN];
	uint8_t setup[] = {
		type, request, (uint8_t)value,	(uint8_t)(value >> 8),
		0,    0,       (uint8_t)length, (uint8_t)(length >> 8)};
	uint32_t id = make_head(head, 1, type & USB_IN, length);

	memcpy(head + 40, setup, sizeof(setup));
	send_bytes(head, sizeof(head));
	return id;
}

static uint32_t
unlink_id(uint32_t which)
{
	uint8_t head[USBIP_HEADER_LEN];
	uint32_t id = make_head(head, 2, 0, 0);

	put(head + 20, which);
	send_bytes(head, sizeof(head));
	return id;
}

/* One reply; of an in transfer (is_in) with its data.  Its length. */
static size_t
receive(uint32_t command, uint32_t id, int32_t status, uint8_t *data,
	size_t size)
{
	uint8_t head[USBIP_HEADER_LEN];
	size_t len;

	assert_int_equal(recv(host_fd, head, sizeof(head), MSG_WAITALL),
			 sizeof(head));
	assert_int_equal(get(head), command);
	assert_int_equal(get(head + 4), id);
	assert_int_equal((int32_t)get(head + 20), status);
	len = get(head + 24);
	if (data == NULL)
		return len;
	assert_true(len <= size);
	if (len > 0)
		assert_int_equal(recv(host_fd, data, len, MSG_WAITALL), len);
	return len;
}

static void
configure(void)
{
	assert_int_equal(receive(3, control(0, 9, 1, 0), 0, NULL, 0), 0);
}

/* -------------------------------------------------------------- requests */

static void
ask(enum msg_op op, struct reply *reply)
{
	static struct frame_reader reader;
	static struct bytes message;
	struct request req = {.head = {.sequence = 1, .op = op}};
	uint8_t buf[FRAME_MESSAGE_MAX], wire[USB_PACKET * 4];
	uint32_t in, out;
	size_t len;

	req.protocol = PROTOCOL_VERSION;
	if (op != OP_HELLO) {
		req.head.session = reply->head.session;
		req.head.sequence = reply->head.sequence + 1;
	}
	assert_int_equal(request_encode(&message, buf, sizeof(buf), &req),
			 ST_OK);
	assert_int_equal(frame_encode(wire, sizeof(wire), &len, message),
			 ST_OK);
	in = submit(USB_AGENT_IN, NULL, sizeof(wire));
	out = submit(USB_AGENT_OUT, wire, len);
	assert_int_equal(receive(3, out, 0, NULL, 0), len);
	len = receive(3, in, 0, wire, sizeof(wire));
	frame_reader_init(&reader);
	for (size_t i = 0; i < len; i++)
		if (frame_reader_take(&reader, wire[i], &message) == ST_OK)
			assert_int_equal(reply_decode(reply, message), ST_OK);
	assert_int_equal(reply->head.op, op);
	assert_int_equal(reply->status, ST_OK);
}

static void
is_enumerated_and_says_hello(void **state)
{
	uint8_t data[USB_DESCRIPTOR_MAX];
	struct reply reply;

	(void)state;
	start();
	assert_int_equal(receive(3, control(0x80, 6, 0x0100, 64), 0, data,
				 sizeof(data)),
			 18);
	assert_int_equal(data[8] | data[9] << 8, USB_TEST_VENDOR);
	assert_int_equal(receive(3, control(0x80, 6, 0x0200, 512), 0, data,
				 sizeof(data)),
			 32 + 2 * 66);
	assert_int_equal(receive(3, control(0x80, 6, 0x2200, 8), -EPIPE, data,
				 sizeof(data)),
			 0);
	configure();
	ask(OP_HELLO, &reply);
	assert_int_equal(reply.hello.modem_slots, 2);
	ask(OP_HELLO, &reply);
	stop();
}

static void
unlinked_is_told_from_done(void **state)
{
	uint32_t waits, done;

	(void)state;
	start();
	configure();
	waits = submit(USB_AT_NOTIFY(0), NULL, 16);
	done = submit(USB_AT_OUT(0), "AT", 2);
	assert_int_equal(receive(3, done, 0, NULL, 0), 2);
	receive(4, unlink_id(waits), -ECONNRESET, NULL, 0);
	receive(4, unlink_id(waits), 0, NULL, 0);
	receive(4, unlink_id(done), 0, NULL, 0);
	receive(4, unlink_id(77777), 0, NULL, 0);
	stop();
}

/* The reply to reset arrives, then it is gone, then there anew: unconfigured,
 * with a session of its own. */
static void
a_reset_plugs_in_anew(void **state)
{
	struct reply first, again;
	uint8_t byte;
	int fd;

	(void)state;
	start();
	configure();
	ask(OP_HELLO, &first);
	again = first;
	ask(OP_RESET, &again);
	assert_int_equal(recv(host_fd, &byte, 1, 0), 0);
	fd = host_fd;
	host_fd = -1;
	close(fd);
	await_plug();
	receive(3, submit(USB_AGENT_IN, NULL, 512), -EPIPE, NULL, 0);
	configure();
	ask(OP_HELLO, &again);
	assert_int_not_equal(again.head.session, first.head.session);
	stop();
}

static void
a_host_that_lets_go_ends_it(void **state)
{
	(void)state;
	start();
	configure();
	assert_int_equal(shutdown(host_fd, SHUT_RDWR), 0);
	join(ST_PORT_USB);
}

/* ------------------------------------------------------------- nonsense */

/* What no kernel says ends the connection, and reserves nothing for it. */
static void
nonsense_ends_it(void **state)
{
	static const struct {
		size_t at;
		uint32_t value;
	} wrong[] = {
		{0, 0},		  {0, 3},
		{0, 0x01000000},  {12, 2},
		{16, 16},	  {16, UINT32_MAX},
		{24, 0x80000000}, {24, USBIP_DATA_MAX + 1},
		{32, 1},	  {32, 0x7fffffff},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		uint8_t head[USBIP_HEADER_LEN];

		start();
		make_head(head, 1, USB_AGENT_OUT, 4);
		put(head + wrong[i].at, wrong[i].value);
		send_bytes(head, sizeof(head));
		join(ST_PORT_USB);
	}
}

/* A host that stops in the middle does not keep the unit from ending. */
static void
half_a_request_waits(void **state)
{
	uint8_t head[USBIP_HEADER_LEN];

	(void)state;
	start();
	make_head(head, 1, USB_AGENT_OUT, 1000);
	send_bytes(head, 20);
	stop();
	start();
	send_bytes(head, sizeof(head));
	send_bytes(head, 7);
	stop();
}

/* Bytes in any portions are the same requests. */
static void
portions_do_not_matter(void **state)
{
	static struct usbip_reader reader;
	uint8_t stream[3 * USBIP_HEADER_LEN + 100] = {0};
	struct usbip_request request;
	size_t len = 0;

	(void)state;
	make_head(stream, 1, USB_AGENT_OUT, 100);
	make_head(stream + 148, 2, 0, 0);
	put(stream + 148 + 20, 5);
	make_head(stream + 196, 1, USB_AGENT_IN, 0x7fffffff);
	put(stream + 196 + 20, 1);
	for (size_t portion = 1; portion < sizeof(stream); portion += 13) {
		unsigned int count = 0;
		bool is_whole;
		size_t room;

		usbip_reader_init(&reader);
		for (size_t at = 0; at < sizeof(stream); at += len) {
			uint8_t *to = usbip_reader_room(&reader, &room);

			assert_true(room > 0);
			len = portion < room ? portion : room;
			if (len > sizeof(stream) - at)
				len = sizeof(stream) - at;
			memcpy(to, stream + at, len);
			assert_int_equal(usbip_reader_take(&reader, len,
							   &request, &is_whole),
					 ST_OK);
			if (!is_whole)
				continue;
			assert_int_equal(request.is_unlink, ++count == 2);
			assert_int_equal(request.data.len,
					 count == 1 ? 100 : 0);
		}
		assert_int_equal(count, 3);
		assert_int_equal(request.transfer.endpoint, USB_AGENT_IN);
		assert_true(request.transfer.is_whole);
	}
}

/* Noise in heads that a kernel could make: answered, or the end. */
static void
noise_is_bounded(void **state)
{
	static struct usbip_reader reader;
	static struct usbip_request request;
	uint32_t seed = 7;
	bool is_whole;
	size_t room;
	unsigned int taken = 0;

	(void)state;
	usbip_reader_init(&reader);
	for (unsigned int i = 0; i < 200000; i++) {
		uint8_t *to = usbip_reader_room(&reader, &room);
		uint8_t head[USBIP_HEADER_LEN];
		size_t len = room < sizeof(head) ? room : sizeof(head);

		assert_true(room > 0 &&
			    room <= USBIP_HEADER_LEN + USBIP_DATA_MAX);
		make_head(head, 1 + (seed >> 20 & 1), 0, 0);
		for (int n = 0; n < 3; n++) {
			seed = seed * 1664525 + 1013904223;
			head[12 + (seed >> 8) % 36] =
				(uint8_t)(seed >> 24 & seed >> 16);
		}
		memcpy(to, head, len);
		if (usbip_reader_take(&reader, len, &request, &is_whole) !=
		    ST_OK)
			usbip_reader_init(&reader);
		else if (is_whole)
			taken++;
	}
	assert_true(taken > 1000);
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, unit_set_up, unit_tear_down)
	const struct CMUnitTest tests[] = {
		TEST(is_enumerated_and_says_hello),
		TEST(unlinked_is_told_from_done),
		TEST(a_reset_plugs_in_anew),
		TEST(a_host_that_lets_go_ends_it),
		TEST(nonsense_ends_it),
		TEST(half_a_request_waits),
		TEST(portions_do_not_matter),
		TEST(noise_is_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
