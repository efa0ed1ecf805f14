/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_usb_device.c - a virtual handset as a USB device: which transfer gets
 * which bytes and when it ends.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "port/virtual/usb_device.h"
#include "support/handset_unit.h"

#define ENDS_MAX (2 * USB_TRANSFERS_MAX)

static struct usb_device device;
static struct usb_end ends[ENDS_MAX];
static uint8_t last_data[USB_FIFO_SIZE]; /* of the last end */
static size_t ends_count;

static void
note_end(void *ctx, const struct usb_end *end)
{
	(void)ctx;
	assert_true(ends_count < ENDS_MAX);
	assert_true(end->data.len <= sizeof(last_data));
	if (end->data.len > 0)
		memcpy(last_data, end->data.ptr, end->data.len);
	ends[ends_count++] = *end;
}

static void
submit(uint32_t id, uint8_t endpoint, uint32_t len, const void *data)
{
	struct usb_transfer transfer = {
		.id = id,
		.endpoint = endpoint,
		.len = len,
	};

	usb_device_submit(&device, &transfer,
			  bytes_of(data, data == NULL ? 0 : len));
}

static void
control(uint8_t type, uint8_t request, uint8_t value, uint8_t index)
{
	struct usb_transfer transfer = {
		.id = 900,
		.setup = {type, request, value, 0, index, 0, 0, 0},
	};

	usb_device_submit(&device, &transfer, bytes_of(NULL, 0));
	assert_int_equal(ends[ends_count - 1].id, 900);
	assert_int_equal(ends[ends_count - 1].status, 0);
	ends_count--;
}

/* One that ended since the last look, and no other. */
static void
assert_end(uint32_t id, int32_t status, uint32_t actual)
{
	assert_int_equal(ends_count, 1);
	assert_int_equal(ends[0].id, id);
	assert_int_equal(ends[0].status, status);
	assert_int_equal(ends[0].actual, actual);
	ends_count = 0;
}

static int
set_up(void **state)
{
	unit_set_up(state);
	unit_power_up();
	memset(&device, 0, sizeof(device));
	ends_count = 0;
	assert_int_equal(
		usb_device_init(&device, &unit.handset, note_end, NULL), ST_OK);
	control(0x00, 9, USB_CONFIGURATION, 0);
	return 0;
}

/* The agent says so many bytes. */
static void
say(size_t len)
{
	uint8_t data[USB_FIFO_SIZE];

	for (size_t i = 0; i < len; i++)
		data[i] = (uint8_t)(i / 3);
	unit.handset.out(unit.handset.out_ctx, bytes_of(data, len));
}

static void
a_transfer_waits_for_bytes(void **state)
{
	(void)state;
	submit(1, USB_AGENT_IN, 1024, NULL);
	submit(2, USB_AGENT_IN, 1024, NULL);
	assert_int_equal(ends_count, 0);
	assert_true(usb_device_is_drained(&device));
	say(100);
	assert_end(1, 0, 100);
	assert_int_equal(last_data[99], 33);
	say(5);
	assert_end(2, 0, 5);
}

static void
bytes_wait_for_a_transfer(void **state)
{
	(void)state;
	say(700);
	say(3);
	assert_false(usb_device_is_drained(&device));
	submit(1, USB_AGENT_IN, 512, NULL);
	assert_end(1, 0, 512);
	submit(2, USB_AGENT_IN, 512, NULL);
	assert_end(2, 0, 191);
	assert_true(usb_device_is_drained(&device));
}

/* A packet of no bytes ends what is a multiple of whole ones. */
static void
whole_packets_end_with_an_empty_one(void **state)
{
	(void)state;
	say(1024);
	submit(1, USB_AGENT_IN, 16384, NULL);
	assert_end(1, 0, 1024);
	/* none is owed when the host asked for no more */
	say(512);
	submit(2, USB_AGENT_IN, 512, NULL);
	assert_end(2, 0, 512);
	submit(3, USB_AGENT_IN, 512, NULL);
	assert_int_equal(ends_count, 0);
}

/* A host that asks for less than a packet loses what does not fit. */
static void
a_packet_too_long_is_lost(void **state)
{
	(void)state;
	say(1200);
	submit(1, USB_AGENT_IN, 600, NULL);
	assert_end(1, -EOVERFLOW, 512);
	submit(2, USB_AGENT_IN, 600, NULL);
	assert_end(2, 0, 176);
	say(5);
	submit(3, USB_AGENT_IN, 4, NULL);
	assert_end(3, -EOVERFLOW, 0);
	say(5);
	submit(4, USB_AGENT_IN, 5, NULL);
	assert_end(4, 0, 5);
}

static void
less_than_asked_for_may_be_an_error(void **state)
{
	struct usb_transfer transfer = {
		.id = 7,
		.endpoint = USB_AGENT_IN,
		.is_whole = true,
		.len = 512,
	};

	(void)state;
	say(20);
	usb_device_submit(&device, &transfer, bytes_of(NULL, 0));
	assert_end(7, -EREMOTEIO, 20);
}

static void
what_nobody_fetches_is_lost(void **state)
{
	(void)state;
	for (int i = 0; i < 40; i++)
		say(1000);
	assert_int_equal(device.fifo[0].len, 16000);
	submit(1, USB_AGENT_IN, 32768, NULL);
	assert_end(1, 0, 16000);
}

static void
an_unlinked_transfer_is_forgotten(void **state)
{
	(void)state;
	submit(1, USB_AGENT_IN, 512, NULL);
	submit(2, USB_AGENT_IN, 512, NULL);
	assert_true(usb_device_unlink(&device, 1));
	assert_false(usb_device_unlink(&device, 1));
	assert_false(usb_device_unlink(&device, 3));
	say(10);
	assert_end(2, 0, 10);
	assert_false(usb_device_unlink(&device, 2));
}

static void
only_so_many_wait(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < USB_TRANSFERS_MAX; i++)
		submit(i, i % 2 ? USB_AGENT_IN : USB_AT_NOTIFY(1), 512, NULL);
	assert_int_equal(ends_count, 0);
	submit(999, USB_AGENT_IN, 512, NULL);
	assert_end(999, -ENOMEM, 0);
	say(1);
	assert_end(1, 0, 1);
}

static void
at_ports_are_apart(void **state)
{
	(void)state;
	submit(1, USB_AT_IN(0), 512, NULL);
	submit(2, USB_AT_IN(1), 512, NULL);
	submit(3, USB_AT_NOTIFY(1), 16, NULL);
	submit(4, USB_AT_OUT(1), 3, "AT\r");
	assert_int_equal(ends_count, 2);
	/* taken before it is answered */
	assert_int_equal(ends[0].id, 4);
	assert_int_equal(ends[0].actual, 3);
	assert_int_equal(ends[1].id, 2);
	assert_memory_equal(last_data, "\r\nOK\r\n", 6);
	ends_count = 0;
	submit(5, USB_AT_OUT(0), 2, "AT");
	assert_end(5, 0, 2);
	submit(6, USB_AT_OUT(0), 1, "\r");
	assert_int_equal(ends[1].id, 1);
}

static void
a_halted_pipe_stalls(void **state)
{
	(void)state;
	control(0x02, 3, 0, USB_AGENT_IN);
	submit(1, USB_AGENT_IN, 512, NULL);
	assert_end(1, -EPIPE, 0);
	say(10);
	submit(2, USB_AGENT_IN, 512, NULL);
	assert_end(2, -EPIPE, 0);
	control(0x02, 1, 0, USB_AGENT_IN);
	submit(3, USB_AGENT_IN, 512, NULL);
	assert_end(3, 0, 10);
	submit(4, 0x8f, 512, NULL);
	assert_end(4, -EPIPE, 0);
	submit(5, 0x0f, 1, "x");
	assert_end(5, -EPIPE, 0);
}

static void
a_new_configuration_begins_empty(void **state)
{
	(void)state;
	say(10);
	submit(1, USB_AT_IN(0), 512, NULL);
	control(0x00, 9, USB_CONFIGURATION, 0);
	assert_end(1, -ESHUTDOWN, 0);
	assert_true(usb_device_is_drained(&device));
	control(0x00, 9, 0, 0);
	submit(2, USB_AGENT_IN, 512, NULL);
	assert_end(2, -EPIPE, 0);
}

/* What is said before a reset is fetched; nothing more is taken. */
static void
a_reset_unit_leaves(void **state)
{
	(void)state;
	say(10);
	assert_false(usb_device_is_leaving(&device));
	assert_int_equal(handset_reset(&unit.handset), ST_OK);
	assert_true(usb_device_is_leaving(&device));
	submit(1, USB_AT_OUT(0), 3, "AT\r");
	assert_int_equal(ends_count, 0);
	submit(2, USB_AGENT_IN, 512, NULL);
	assert_end(2, 0, 10);
	assert_true(usb_device_is_drained(&device));
	usb_device_plug(&device);
	assert_false(usb_device_is_leaving(&device));
	assert_false(usb_device_unlink(&device, 1));
	submit(3, USB_AGENT_IN, 512, NULL);
	assert_end(3, -EPIPE, 0);
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, unit_tear_down)
	const struct CMUnitTest tests[] = {
		TEST(a_transfer_waits_for_bytes),
		TEST(bytes_wait_for_a_transfer),
		TEST(whole_packets_end_with_an_empty_one),
		TEST(a_packet_too_long_is_lost),
		TEST(less_than_asked_for_may_be_an_error),
		TEST(what_nobody_fetches_is_lost),
		TEST(an_unlinked_transfer_is_forgotten),
		TEST(only_so_many_wait),
		TEST(at_ports_are_apart),
		TEST(a_halted_pipe_stalls),
		TEST(a_new_configuration_begins_empty),
		TEST(a_reset_unit_leaves),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
