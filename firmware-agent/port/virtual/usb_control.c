/* SPDX-License-Identifier: Apache-2.0 */
#include "port/virtual/usb_control.h"

#define ENDPOINT_HALT 0

/* bmRequestType and bRequest in one number, as setup_kind has it. */
enum request_kind {
	DEVICE_GET_STATUS = 0x8000,
	INTERFACE_GET_STATUS = 0x8100,
	ENDPOINT_GET_STATUS = 0x8200,
	ENDPOINT_CLEAR_FEATURE = 0x0201,
	ENDPOINT_SET_FEATURE = 0x0203,
	GET_DESCRIPTOR = 0x8006,
	GET_CONFIGURATION = 0x8008,
	SET_CONFIGURATION = 0x0009,
	GET_INTERFACE = 0x810a,
	SET_INTERFACE = 0x010b,
	SET_LINE_CODING = 0x2120,
	GET_LINE_CODING = 0xa121,
	SET_CONTROL_LINE_STATE = 0x2122,
	MS_OS_SET = 0xc000 | USB_MS_OS_REQUEST,
};

/* What a request is answered with. */
struct answer {
	uint8_t *out;
	size_t len;
};

static uint32_t
bit_of(uint8_t address)
{
	return UINT32_C(1) << ((address & 0x0f) + (address & USB_IN ? 16 : 0));
}

void
usb_control_init(struct usb_control *control)
{
	/* 115200 baud, 8N1 */
	static const uint8_t coding[USB_LINE_CODING_LEN] = {0, 0xc2, 1, 0,
							    0, 0,    8};

	control->configuration = 0;
	control->halted = 0;
	control->is_renewed = true;
	for (unsigned int slot = 0; slot < SLOTS_MAX; slot++) {
		memcpy(control->line_coding[slot], coding, sizeof(coding));
		control->line_state[slot] = 0;
	}
}

struct usb_setup
usb_setup_parse(const uint8_t setup[USB_SETUP_LEN])
{
	return (struct usb_setup){
		.type = setup[0],
		.request = setup[1],
		.value = (uint16_t)(setup[2] | setup[3] << 8),
		.index = (uint16_t)(setup[4] | setup[5] << 8),
		.length = (uint16_t)(setup[6] | setup[7] << 8),
	};
}

static bool
is_endpoint(const struct usb_control *control, uint8_t address)
{
	unsigned int slots = control->identity.slots;

	if (address == USB_AGENT_IN || address == USB_AGENT_OUT)
		return true;
	if ((address & USB_IN) == 0)
		return address >= USB_AT_OUT(0) && address < USB_AT_OUT(slots);
	return address >= USB_AT_IN(0) && address < USB_AT_IN(slots);
}

bool
usb_control_has_endpoint(const struct usb_control *control, uint8_t address)
{
	return control->configuration != 0 && is_endpoint(control, address);
}

bool
usb_control_is_halted(const struct usb_control *control, uint8_t address)
{
	return (control->halted & bit_of(address)) != 0;
}

static bool
has_interface(const struct usb_control *control, uint16_t index)
{
	return control->configuration != 0 &&
	       index < USB_AT_INTERFACE(control->identity.slots);
}

/* CDC requests name the control interface of their function. */
static bool
find_slot(const struct usb_control *control, uint16_t index, unsigned int *slot)
{
	*slot = (index - 1u) / 2;
	return has_interface(control, index) && index % 2 == 1;
}

static bool
say(struct answer *answer, const void *data, size_t len)
{
	memcpy(answer->out, data, len);
	answer->len = len;
	return true;
}

static bool
say_status(struct answer *answer, bool is_halted)
{
	uint8_t status[2] = {is_halted, 0};

	return say(answer, status, sizeof(status));
}

static bool
set_configuration(struct usb_control *control, uint16_t value)
{
	if (value != 0 && value != USB_CONFIGURATION)
		return false;
	usb_control_init(control);
	control->configuration = (uint8_t)value;
	return true;
}

/* There is one setting of each interface; choosing it renews its pipes. */
static bool
set_interface(struct usb_control *control, const struct usb_setup *setup)
{
	if (!has_interface(control, setup->index) || setup->value != 0)
		return false;
	control->halted = 0;
	control->is_renewed = true;
	return true;
}

static bool
set_halt(struct usb_control *control, const struct usb_setup *setup)
{
	uint8_t address = (uint8_t)setup->index;

	if (setup->value != ENDPOINT_HALT || setup->index > UINT8_MAX ||
	    !usb_control_has_endpoint(control, address))
		return false;
	if (setup->request == (ENDPOINT_SET_FEATURE & 0xff))
		control->halted |= bit_of(address);
	else
		control->halted &= ~bit_of(address);
	return true;
}

/* Endpoint zero is always there, and never halted for long. */
static bool
say_endpoint_status(const struct usb_control *control, uint16_t index,
		    struct answer *answer)
{
	uint8_t address = (uint8_t)index;

	if (index == 0 || index == USB_IN)
		return say_status(answer, false);
	return index <= UINT8_MAX &&
	       usb_control_has_endpoint(control, address) &&
	       say_status(answer, usb_control_is_halted(control, address));
}

static bool
handle_standard(struct usb_control *control, const struct usb_setup *setup,
		struct answer *answer, unsigned int kind)
{
	switch (kind) {
	case DEVICE_GET_STATUS:
		return say_status(answer, false);
	case INTERFACE_GET_STATUS:
		return has_interface(control, setup->index) &&
		       say_status(answer, false);
	case ENDPOINT_GET_STATUS:
		return say_endpoint_status(control, setup->index, answer);
	case GET_DESCRIPTOR:
		answer->len = usb_descriptor(answer->out, &control->identity,
					     (uint8_t)(setup->value >> 8),
					     (uint8_t)(setup->value & 0xff));
		return answer->len > 0;
	case GET_CONFIGURATION:
		return say(answer, &control->configuration, 1);
	case GET_INTERFACE:
		return has_interface(control, setup->index) &&
		       say(answer, "", 1);
	case SET_CONFIGURATION:
		return set_configuration(control, setup->value);
	case SET_INTERFACE:
		return set_interface(control, setup);
	case ENDPOINT_SET_FEATURE:
	case ENDPOINT_CLEAR_FEATURE:
		return set_halt(control, setup);
	default:
		return false;
	}
}

/* Of a class, or the maker's own. */
static bool
handle_other(struct usb_control *control, const struct usb_setup *setup,
	     struct bytes data, struct answer *answer, unsigned int kind)
{
	unsigned int slot;

	if (kind == MS_OS_SET) {
		answer->len = usb_ms_os_set(answer->out);
		return setup->index == USB_MS_OS_INDEX && setup->value == 0;
	}
	if (!find_slot(control, setup->index, &slot))
		return false;
	if (kind == GET_LINE_CODING)
		return say(answer, control->line_coding[slot],
			   USB_LINE_CODING_LEN);
	if (kind == SET_LINE_CODING && data.len == USB_LINE_CODING_LEN) {
		memcpy(control->line_coding[slot], data.ptr, data.len);
		return true;
	}
	if (kind != SET_CONTROL_LINE_STATE)
		return false;
	control->line_state[slot] = setup->value;
	return true;
}

bool
usb_control_handle(struct usb_control *control, const struct usb_setup *setup,
		   struct bytes data, uint8_t out[USB_DESCRIPTOR_MAX],
		   size_t *len)
{
	struct answer answer = {out, 0};
	unsigned int kind = (unsigned int)setup->type << 8 | setup->request;
	bool is_done;

	if ((setup->type & 0x60) == 0)
		is_done = handle_standard(control, setup, &answer, kind);
	else
		is_done = handle_other(control, setup, data, &answer, kind);
	*len = is_done ? answer.len : 0;
	if (*len > setup->length)
		*len = setup->length;
	return is_done;
}
