/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_usb_control.c - requests on endpoint zero: those that are answered, and
 * that all others stall, whatever they are.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "port/virtual/usb_control.h"

#define STALLS SIZE_MAX

static struct usb_control control;
static uint8_t out[USB_DESCRIPTOR_MAX];

static int
set_up(void **state)
{
	(void)state;
	memset(&control, 0, sizeof(control));
	control.identity.model = "virtual-additive";
	control.identity.chip.len = 16;
	control.identity.slots = 2;
	usb_control_init(&control);
	control.is_renewed = false;
	return 0;
}

/* The length of the answer, or STALLS. */
static size_t
ask_with(uint8_t type, uint8_t request, uint16_t value, uint16_t index,
	 uint16_t length, const void *data)
{
	struct usb_setup setup = {type, request, value, index, length};
	struct bytes sent = bytes_of(data, data == NULL ? 0 : length);
	size_t len;

	if (!usb_control_handle(&control, &setup, sent, out, &len)) {
		assert_int_equal(len, 0);
		return STALLS;
	}
	assert_true(len <= length);
	return len;
}

static size_t
ask(uint8_t type, uint8_t request, uint16_t value, uint16_t index,
    uint16_t length)
{
	return ask_with(type, request, value, index, length, NULL);
}

static void
configure(void)
{
	assert_int_equal(ask(0x00, 9, USB_CONFIGURATION, 0, 0), 0);
}

static void
a_setup_is_little_endian(void **state)
{
	static const uint8_t bytes[] = {0x80, 6, 2, 3, 4, 5, 6, 7};
	struct usb_setup setup = usb_setup_parse(bytes);

	(void)state;
	assert_int_equal(setup.type, 0x80);
	assert_int_equal(setup.request, 6);
	assert_int_equal(setup.value, 0x0302);
	assert_int_equal(setup.index, 0x0504);
	assert_int_equal(setup.length, 0x0706);
}

static void
descriptors_end_where_the_host_says(void **state)
{
	(void)state;
	assert_int_equal(ask(0x80, 6, 0x0100, 0, 64), 18);
	assert_int_equal(ask(0x80, 6, 0x0100, 0, 8), 8);
	assert_int_equal(ask(0x80, 6, 0x0200, 0, 9), 9);
	assert_int_equal(ask(0x80, 6, 0x0200, 0, UINT16_MAX), 32 + 2 * 66);
	assert_int_equal(ask(0x80, 6, 0x0303, 0x0409, 255), 2 + 4 * 16);
	assert_int_equal(ask(0x80, 6, 0x0f00, 0, 5), 5);
	assert_int_equal(ask(0x80, 6, 0x0201, 0, 9), STALLS);
	assert_int_equal(ask(0x80, 6, 0x2200, 0, 9), STALLS);
	assert_int_equal(ask(0x81, 6, 0x0100, 0, 18), STALLS);
	assert_int_equal(ask(0xc0, USB_MS_OS_REQUEST, 0, 7, 10), 10);
	assert_int_equal(ask(0xc0, USB_MS_OS_REQUEST, 0, 8, 10), STALLS);
	assert_int_equal(ask(0xc0, USB_MS_OS_REQUEST + 1, 0, 7, 10), STALLS);
}

static void
is_configured_before_it_is_used(void **state)
{
	(void)state;
	assert_false(usb_control_has_endpoint(&control, USB_AGENT_IN));
	assert_int_equal(ask(0x81, 0x0a, 0, 0, 1), STALLS);
	assert_int_equal(ask(0x80, 8, 0, 0, 1), 1);
	assert_int_equal(out[0], 0);
	assert_int_equal(ask(0x00, 9, 2, 0, 0), STALLS);
	configure();
	assert_true(control.is_renewed);
	assert_int_equal(ask(0x80, 8, 0, 0, 1), 1);
	assert_int_equal(out[0], USB_CONFIGURATION);
	assert_int_equal(ask(0x81, 0x0a, 0, 4, 1), 1);
	assert_int_equal(ask(0x81, 0x0a, 0, 5, 1), STALLS);
	assert_int_equal(ask(0x01, 0x0b, 0, 4, 0), 0);
	assert_int_equal(ask(0x01, 0x0b, 1, 4, 0), STALLS);
	assert_int_equal(ask(0x01, 0x0b, 0, 5, 0), STALLS);
	assert_int_equal(ask(0x00, 9, 0, 0, 0), 0);
	assert_false(usb_control_has_endpoint(&control, USB_AGENT_IN));
}

/* All of a unit of two slots, and none besides. */
static void
endpoints_are_those_of_the_descriptors(void **state)
{
	static const uint8_t there[] = {0x02, 0x03, 0x04, 0x81,
					0x82, 0x83, 0x84, 0x85};
	size_t count = 0;

	(void)state;
	configure();
	for (int address = 0; address < 256; address++) {
		bool is_there =
			usb_control_has_endpoint(&control, (uint8_t)address);

		if (count < sizeof(there) && there[count] == address) {
			assert_true(is_there);
			count++;
		} else {
			assert_false(is_there);
		}
	}
	assert_int_equal(count, sizeof(there));
}

static void
halts_are_set_shown_and_cleared(void **state)
{
	(void)state;
	configure();
	assert_int_equal(ask(0x82, 0, 0, USB_AGENT_IN, 2), 2);
	assert_int_equal(out[0] | out[1], 0);
	assert_int_equal(ask(0x02, 3, 0, USB_AGENT_IN, 0), 0);
	assert_true(usb_control_is_halted(&control, USB_AGENT_IN));
	assert_false(usb_control_is_halted(&control, USB_AGENT_OUT));
	assert_int_equal(ask(0x82, 0, 0, USB_AGENT_IN, 2), 2);
	assert_int_equal(out[0], 1);
	assert_int_equal(ask(0x02, 1, 0, USB_AGENT_IN, 0), 0);
	assert_false(usb_control_is_halted(&control, USB_AGENT_IN));
	assert_int_equal(ask(0x02, 1, 1, USB_AGENT_IN, 0), STALLS);
	assert_int_equal(ask(0x02, 1, 0, 0x89, 0), STALLS);
	assert_int_equal(ask(0x02, 1, 0, 0x181, 0), STALLS);
	assert_int_equal(ask(0x82, 0, 0, 0x89, 2), STALLS);
	assert_int_equal(ask(0x82, 0, 0, 0, 2), 2);
	assert_int_equal(ask(0x82, 0, 0, 0x80, 2), 2);
	assert_int_equal(ask(0x80, 0, 0, 0, 2), 2);
	assert_int_equal(ask(0x81, 0, 0, 1, 2), 2);
	assert_int_equal(ask(0x81, 0, 0, 5, 2), STALLS);
}

static void
a_line_is_coded_slot_by_slot(void **state)
{
	static const uint8_t first[] = {0, 0xc2, 1, 0, 0, 0, 8};
	static const uint8_t coding[] = {0x80, 0x25, 0, 0, 2, 1, 7};

	(void)state;
	assert_int_equal(ask(0xa1, 0x21, 0, 1, 7), STALLS);
	configure();
	assert_int_equal(ask(0xa1, 0x21, 0, 1, 7), 7);
	assert_memory_equal(out, first, 7);
	assert_int_equal(ask_with(0x21, 0x20, 0, 3, 7, coding), 0);
	assert_int_equal(ask(0xa1, 0x21, 0, 3, 7), 7);
	assert_memory_equal(out, coding, 7);
	assert_int_equal(ask(0xa1, 0x21, 0, 1, 7), 7);
	assert_memory_equal(out, first, 7);
	assert_int_equal(ask_with(0x21, 0x20, 0, 3, 6, coding), STALLS);
	assert_int_equal(ask(0x21, 0x20, 0, 3, 0), STALLS);
	/* the agent's, the data interface, one that is not there */
	assert_int_equal(ask(0xa1, 0x21, 0, 0, 7), STALLS);
	assert_int_equal(ask(0xa1, 0x21, 0, 2, 7), STALLS);
	assert_int_equal(ask(0xa1, 0x21, 0, 5, 7), STALLS);
	assert_int_equal(ask(0x21, 0x22, 3, 3, 0), 0);
	assert_int_equal(control.line_state[1], 3);
	assert_int_equal(ask(0x21, 0x23, 100, 3, 0), STALLS); /* a break */
}

/* Anything from outside: it ends, within bounds, and says no or little. */
static void
any_request_is_answered_or_stalls(void **state)
{
	uint32_t seed = 1;
	uint8_t bytes[USB_SETUP_LEN], data[64] = {0};
	unsigned int answered = 0;

	(void)state;
	for (unsigned int n = 0; n < 300000; n++) {
		struct usb_setup setup;
		size_t len;

		for (size_t i = 0; i < sizeof(bytes); i++) {
			seed = seed * 1664525 + 1013904223;
			bytes[i] = (uint8_t)(seed >> 24);
			/* small numbers reach more */
			if ((seed >> 8 & 3) != 0)
				bytes[i] &= i == 0 ? 0xa3 : 0x0f;
		}
		setup = usb_setup_parse(bytes);
		if (usb_control_handle(&control, &setup,
				       bytes_of(data, seed >> 26), out, &len)) {
			answered++;
			assert_true(len <= setup.length);
			assert_true(len <= sizeof(out));
		} else {
			assert_int_equal(len, 0);
		}
		assert_true(control.configuration <= 1);
	}
	assert_in_range(answered, 1000, 299000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_setup_is_little_endian, set_up),
		cmocka_unit_test_setup(descriptors_end_where_the_host_says,
				       set_up),
		cmocka_unit_test_setup(is_configured_before_it_is_used, set_up),
		cmocka_unit_test_setup(endpoints_are_those_of_the_descriptors,
				       set_up),
		cmocka_unit_test_setup(halts_are_set_shown_and_cleared, set_up),
		cmocka_unit_test_setup(a_line_is_coded_slot_by_slot, set_up),
		cmocka_unit_test_setup(any_request_is_answered_or_stalls,
				       set_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
