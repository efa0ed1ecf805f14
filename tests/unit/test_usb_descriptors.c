/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_usb_descriptors.c - what a virtual handset says of itself on USB is
 * consistent by USB 2.0 chapter 9, CDC and MS OS 2.0, byte by byte.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "port/virtual/usb_descriptors.h"

#define INTERFACES_MAX 16

static struct usb_identity identity;

static int
set_up(void **state)
{
	(void)state;
	identity = (struct usb_identity){
		.model = "virtual-additive",
		.chip = {.len = 3, .byte = {0x01, 0xfe, 0xa0}},
		.slots = 2,
	};
	return 0;
}

static unsigned int
word(const uint8_t *p)
{
	return (unsigned int)(p[0] | p[1] << 8);
}

static size_t
get(uint8_t out[USB_DESCRIPTOR_MAX], int type, int index)
{
	memset(out, 0xee, USB_DESCRIPTOR_MAX);
	return usb_descriptor(out, &identity, (uint8_t)type, (uint8_t)index);
}

static void
device_and_qualifier(void **state)
{
	static const uint8_t device[] = {
		18,   1,    0x10, 0x02, 0xef, 2, 1, 64, 0x09,
		0x12, 0x01, 0x00, 0,	1,    1, 2, 3,	1,
	};
	static const uint8_t qualifier[] = {10, 6, 0x10, 0x02, 0xef,
					    2,	1, 64,	 1,    0};
	uint8_t out[USB_DESCRIPTOR_MAX];

	(void)state;
	assert_int_equal(get(out, USB_TYPE_DEVICE, 0), sizeof(device));
	assert_memory_equal(out, device, sizeof(device));
	assert_int_equal(get(out, USB_TYPE_QUALIFIER, 0), sizeof(qualifier));
	assert_memory_equal(out, qualifier, sizeof(qualifier));
}

/* What is known of a configuration while it is walked. */
struct walk {
	int packet;
	unsigned int interfaces, endpoints_left, in_association, unions;
	unsigned int control; /* the last communication interface */
	uint32_t seen;	      /* endpoints */
};

static void
check_interface(struct walk *w, const uint8_t *d)
{
	assert_int_equal(d[0], 9);
	assert_int_equal(w->endpoints_left, 0);
	assert_int_equal(d[2], w->interfaces++);
	assert_int_equal(d[3], 0);
	w->endpoints_left = d[4];
	if (d[2] == 0) {
		assert_int_equal(d[4], 2);
		assert_int_equal(d[5], USB_AGENT_CLASS);
		assert_int_equal(d[6], USB_AGENT_SUBCLASS);
		assert_int_equal(d[7], USB_AGENT_PROTOCOL);
		return;
	}
	/* every other one belongs to the association before it */
	assert_true(w->in_association > 0);
	w->in_association--;
	if (d[2] % 2 == 1) {
		assert_int_equal(d[5] << 16 | d[6] << 8 | d[7], 0x020201);
		assert_int_equal(d[4], 1);
		w->control = d[2];
	} else {
		assert_int_equal(d[5] << 16 | d[6] << 8 | d[7], 0x0a0000);
		assert_int_equal(d[4], 2);
	}
}

static void
check_endpoint(struct walk *w, const uint8_t *d)
{
	uint32_t bit = UINT32_C(1) << ((d[2] & 15) + (d[2] & 0x80 ? 16 : 0));

	assert_int_equal(d[0], 7);
	assert_true(w->endpoints_left-- > 0);
	assert_int_equal(d[2] & 0x70, 0);
	assert_int_not_equal(d[2] & 15, 0);
	assert_int_equal(w->seen & bit, 0);
	w->seen |= bit;
	if (d[3] == 2) {
		assert_int_equal(word(d + 4), w->packet);
		return;
	}
	assert_int_equal(d[3], 3);
	assert_int_equal(d[2] & 0x80, 0x80);
	assert_in_range(word(d + 4), 1, 64);
	assert_in_range(d[6], 1, w->packet == USB_PACKET ? 16 : 255);
}

static void
check_functional(struct walk *w, const uint8_t *d)
{
	static const uint8_t lengths[] = {5, 5, 4, 0, 0, 0, 5};

	assert_true(d[2] < sizeof(lengths));
	assert_int_equal(d[0], lengths[d[2]]);
	if (d[2] == 0)
		assert_int_equal(word(d + 3), 0x0120);
	if (d[2] == 1)
		assert_int_equal(d[4], w->control + 1);
	if (d[2] == 6) {
		assert_int_equal(d[3], w->control);
		assert_int_equal(d[4], w->control + 1);
		w->unions++;
	}
}

static void
check_part(struct walk *w, const uint8_t *d)
{
	uint8_t name[USB_DESCRIPTOR_MAX];

	switch (d[1]) {
	case USB_TYPE_ASSOCIATION:
		assert_int_equal(d[0], 8);
		assert_int_equal(w->in_association, 0);
		assert_int_equal(d[2], w->interfaces);
		assert_int_equal(d[3], 2);
		assert_int_equal(d[4] << 16 | d[5] << 8 | d[6], 0x020201);
		assert_true(get(name, USB_TYPE_STRING, d[7]) > 2);
		w->in_association = d[3];
		break;
	case USB_TYPE_INTERFACE:
		check_interface(w, d);
		if (d[8] != 0)
			assert_true(get(name, USB_TYPE_STRING, d[8]) > 2);
		break;
	case USB_TYPE_ENDPOINT:
		check_endpoint(w, d);
		break;
	case USB_TYPE_CS_INTERFACE:
		check_functional(w, d);
		break;
	default:
		fail();
	}
}

static void
check_configuration(int type, int packet)
{
	uint8_t out[USB_DESCRIPTOR_MAX];
	size_t len = get(out, type, 0);
	struct walk w = {.packet = packet};

	assert_int_equal(len, 32 + 66 * identity.slots);
	assert_int_equal(out[0], 9);
	assert_int_equal(out[1], type);
	assert_int_equal(word(out + 2), len);
	assert_int_equal(out[4], 1 + 2 * identity.slots);
	assert_int_equal(out[5], USB_CONFIGURATION);
	assert_int_equal(out[7] & 0x9f, 0x80);
	for (size_t at = out[0]; at < len; at += out[at]) {
		assert_true(out[at] >= 2);
		assert_true(at + out[at] <= len);
		check_part(&w, out + at);
	}
	assert_int_equal(w.interfaces, out[4]);
	assert_int_equal(w.endpoints_left, 0);
	assert_int_equal(w.in_association, 0);
	assert_int_equal(w.unions, identity.slots);
}

static void
configurations_hold_together(void **state)
{
	(void)state;
	for (identity.slots = 1; identity.slots <= SLOTS_MAX;
	     identity.slots++) {
		check_configuration(USB_TYPE_CONFIGURATION, USB_PACKET);
		check_configuration(USB_TYPE_OTHER_SPEED, 64);
	}
}

static void
assert_string(int index, const char *text)
{
	uint8_t out[USB_DESCRIPTOR_MAX];
	size_t len = get(out, USB_TYPE_STRING, index);

	assert_int_equal(len, 2 + 2 * strlen(text));
	assert_int_equal(out[0], len);
	assert_int_equal(out[1], USB_TYPE_STRING);
	for (size_t i = 0; text[i] != '\0'; i++)
		assert_int_equal(word(out + 2 + 2 * i), (uint8_t)text[i]);
}

static void
strings_tell_the_unit(void **state)
{
	static const uint8_t languages[] = {4, 3, 0x09, 0x04};
	uint8_t out[USB_DESCRIPTOR_MAX];

	(void)state;
	assert_int_equal(get(out, USB_TYPE_STRING, 0), sizeof(languages));
	assert_memory_equal(out, languages, sizeof(languages));
	assert_string(1, "imeilock");
	assert_string(2, "virtual-additive");
	assert_string(3, "01fea0");
	assert_string(4, "imeilock agent");
	assert_string(6, "AT port of slot 2");
	assert_int_equal(get(out, USB_TYPE_STRING, 7), 0);
	assert_int_equal(get(out, USB_TYPE_STRING, 0xee), 0);
	/* the longest serial number that there is */
	identity.chip.len = CHIP_ID_MAX;
	assert_int_equal(get(out, USB_TYPE_STRING, 3), 2 + 4 * CHIP_ID_MAX);
}

static void
windows_finds_its_driver(void **state)
{
	static const uint8_t head[] = {5, 15, 40, 0, 2, 7, 16, 2, 0, 0, 0, 0};
	static const uint8_t platform[] = {
		28,   16,   5,	  0,	0xdf, 0x60, 0xdd, 0xd8,
		0x89, 0x45, 0xc7, 0x4c, 0x9c, 0xd2, 0x65, 0x9d,
		0x9e, 0x64, 0x8a, 0x9f, 0,    0,    3,	  6,
	};
	uint8_t bos[USB_DESCRIPTOR_MAX], set[USB_DESCRIPTOR_MAX];
	size_t len = usb_ms_os_set(set);
	const uint8_t *cap = bos + sizeof(head);

	(void)state;
	assert_int_equal(get(bos, USB_TYPE_BOS, 0), 40);
	assert_memory_equal(bos, head, sizeof(head));
	assert_memory_equal(cap, platform, sizeof(platform));
	assert_int_equal(word(cap + 24), len);
	assert_int_equal(cap[26], USB_MS_OS_REQUEST);
	assert_int_equal(cap[27], 0);
}

static void
the_set_is_as_long_as_it_says(void **state)
{
	uint8_t set[USB_DESCRIPTOR_MAX];
	size_t len = usb_ms_os_set(set);
	const uint8_t *registry = set + 46;
	unsigned int name = word(registry + 6);

	(void)state;
	/* header, configuration, function, compatible id, registry property */
	assert_int_equal(word(set) << 16 | word(set + 2), 10 << 16 | 0);
	assert_int_equal(word(set + 8), len);
	assert_int_equal(word(set + 10) << 16 | word(set + 12), 8 << 16 | 1);
	assert_int_equal(word(set + 16), len - 10);
	assert_int_equal(word(set + 18) << 16 | word(set + 20), 8 << 16 | 2);
	assert_int_equal(set[22], 0); /* the agent's interface */
	assert_int_equal(word(set + 24), len - 18);
	assert_int_equal(word(set + 26) << 16 | word(set + 28), 20 << 16 | 3);
	assert_memory_equal(set + 30, "WINUSB\0\0\0\0\0\0\0\0\0", 16);
	assert_int_equal(word(registry + 2), 4);
	assert_int_equal(word(registry + 4), 7); /* REG_MULTI_SZ */
	assert_int_equal(name, 2 * sizeof("DeviceInterfaceGUIDs"));
	/* "{", 36 characters, "}", and both ends of a list */
	assert_int_equal(word(registry + 8 + name), 2 * (38 + 2));
	assert_int_equal(word(registry), 10 + name + 2 * (38 + 2));
	assert_int_equal(46 + word(registry), len);
	assert_int_equal(registry[10 + name], '{');
	assert_int_equal(registry[10 + name + 2 * 37], '}');
	assert_int_equal(word(set + len - 4) | word(set + len - 2), 0);
}

/* Of nearly every type and index there is none, and none is too long. */
static void
nothing_else_is_there(void **state)
{
	uint8_t out[USB_DESCRIPTOR_MAX];
	unsigned int found = 0;

	(void)state;
	identity.slots = SLOTS_MAX;
	identity.chip.len = CHIP_ID_MAX;
	for (int type = 0; type < 256; type++)
		for (int index = 0; index < 256; index++) {
			size_t len = get(out, type, index);

			assert_true(len <= sizeof(out));
			if (len == 0)
				continue;
			found++;
			assert_int_equal(out[1], type);
			assert_true(index == 0 || type == USB_TYPE_STRING);
		}
	/* and as many strings as are named */
	assert_int_equal(found, 5 + 5 + SLOTS_MAX);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(device_and_qualifier, set_up),
		cmocka_unit_test_setup(configurations_hold_together, set_up),
		cmocka_unit_test_setup(strings_tell_the_unit, set_up),
		cmocka_unit_test_setup(windows_finds_its_driver, set_up),
		cmocka_unit_test_setup(the_set_is_as_long_as_it_says, set_up),
		cmocka_unit_test_setup(nothing_else_is_there, set_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
