/* SPDX-License-Identifier: Apache-2.0 */
#include "port/virtual/usb_device.h"

#include <errno.h>

static void
finish(struct usb_device *device, const struct usb_transfer *transfer,
       int32_t status, struct bytes data)
{
	struct usb_end end = {transfer->id, status, (uint32_t)data.len, data};

	device->end(device->end_ctx, &end);
}

static void
finish_out(struct usb_device *device, const struct usb_transfer *transfer)
{
	struct usb_end end = {.id = transfer->id, .actual = transfer->len};

	device->end(device->end_ctx, &end);
}

static void
fail(struct usb_device *device, const struct usb_transfer *transfer,
     int32_t status)
{
	finish(device, transfer, status, bytes_of(NULL, 0));
}

/* ------------------------------------------------------------------- in */

/* NULL: an endpoint that never has anything to say. */
static struct usb_fifo *
fifo_of(struct usb_device *device, uint8_t address)
{
	if (address == USB_AGENT_IN)
		return &device->fifo[0];
	if ((address & USB_IN) == 0 || address % 2 != USB_AT_IN(0) % 2)
		return NULL;
	return &device->fifo[1 + (address - USB_AT_IN(0)) / 2];
}

static void
remove_waiting(struct usb_device *device, size_t at)
{
	device->waiting_count--;
	memmove(&device->waiting[at], &device->waiting[at + 1],
		(device->waiting_count - at) * sizeof(device->waiting[0]));
}

static void
drop(struct usb_fifo *fifo, size_t len)
{
	fifo->len -= len;
	memmove(fifo->byte, fifo->byte + len, fifo->len);
}

static size_t
smaller(size_t a, size_t b)
{
	return a < b ? a : b;
}

/*
 * Packets go out whole: when the next one is longer than the room that is left,
 * as it can be if the host asks for no multiple of packets, it is lost.
 */
static void
fill(struct usb_device *device, const struct usb_transfer *transfer,
     struct usb_fifo *fifo)
{
	uint8_t data[USB_FIFO_SIZE];
	size_t len = fifo->len, lost = 0;
	int32_t status = 0;

	if (len > transfer->len) {
		len = transfer->len - transfer->len % USB_PACKET;
		if (len < transfer->len) {
			lost = smaller(fifo->len - len, USB_PACKET);
			status = -EOVERFLOW;
		}
	} else if (len < transfer->len && transfer->is_whole) {
		status = -EREMOTEIO;
	}
	memcpy(data, fifo->byte, len);
	drop(fifo, len + lost);
	finish(device, transfer, status, bytes_of(data, len));
}

/* Bring bytes and transfers of one endpoint together. */
static void
pump(struct usb_device *device, uint8_t address)
{
	struct usb_fifo *fifo = fifo_of(device, address);

	for (size_t i = 0; fifo->len > 0 && i < device->waiting_count;) {
		struct usb_transfer transfer = device->waiting[i];

		if (transfer.endpoint != address) {
			i++;
			continue;
		}
		remove_waiting(device, i);
		fill(device, &transfer, fifo);
	}
}

/* Where there is no room the host has not read for long; that is lost. */
static void
say(struct usb_device *device, uint8_t address, struct bytes data)
{
	struct usb_fifo *fifo = fifo_of(device, address);

	if (data.len > sizeof(fifo->byte) - fifo->len)
		return;
	memcpy(fifo->byte + fifo->len, data.ptr, data.len);
	fifo->len += data.len;
	if (!usb_control_is_halted(&device->control, address))
		pump(device, address);
}

static void
agent_out(void *ctx, struct bytes data)
{
	say(ctx, USB_AGENT_IN, data);
}

/* ------------------------------------------------------------------ out */

static void
at_bytes(struct usb_device *device, unsigned int slot, struct bytes data)
{
	for (size_t i = 0; i < data.len; i++) {
		char answer[AT_ANSWER_MAX];
		size_t len;

		handset_at_in(device->handset, slot, data.ptr[i], answer, &len);
		if (len > 0)
			say(device, (uint8_t)USB_AT_IN(slot),
			    bytes_of(answer, len));
	}
}

static void
take_out(struct usb_device *device, const struct usb_transfer *transfer,
	 struct bytes data)
{
	/* taken is taken, before anybody hears the answer */
	finish_out(device, transfer);
	if (transfer->endpoint == USB_AGENT_OUT)
		handset_bytes_in(device->handset, data);
	else
		at_bytes(device, transfer->endpoint - USB_AT_OUT(0u), data);
}

/* ------------------------------------------------------------ endpoint 0 */

static void
end_all_waiting(struct usb_device *device, int32_t status)
{
	while (device->waiting_count > 0) {
		struct usb_transfer transfer = device->waiting[0];

		remove_waiting(device, 0);
		fail(device, &transfer, status);
	}
}

/* A pipe that was halted while bytes came. */
static void
pump_all(struct usb_device *device)
{
	pump(device, USB_AGENT_IN);
	for (unsigned int i = 0; i < device->control.identity.slots; i++)
		pump(device, (uint8_t)USB_AT_IN(i));
}

static void
take_control(struct usb_device *device, const struct usb_transfer *transfer,
	     struct bytes data)
{
	struct usb_setup setup = usb_setup_parse(transfer->setup);
	uint8_t out[USB_DESCRIPTOR_MAX];
	size_t len;
	bool is_in = (transfer->endpoint & USB_IN) != 0;

	if (!usb_control_handle(&device->control, &setup, data, out, &len)) {
		fail(device, transfer, -EPIPE);
		return;
	}
	if (device->control.is_renewed) {
		device->control.is_renewed = false;
		for (unsigned int i = 0; i < 1 + SLOTS_MAX; i++)
			device->fifo[i].len = 0;
		end_all_waiting(device, -ESHUTDOWN);
	}
	if (len > transfer->len)
		len = transfer->len;
	if (is_in)
		finish(device, transfer, 0, bytes_of(out, len));
	else
		finish_out(device, transfer);
	pump_all(device);
}

/* ------------------------------------------------------------------- all */

static bool
wait_for_turn(struct usb_device *device, const struct usb_transfer *transfer)
{
	if (device->waiting_count == USB_TRANSFERS_MAX)
		return false;
	device->waiting[device->waiting_count++] = *transfer;
	return true;
}

static void
take_in(struct usb_device *device, const struct usb_transfer *transfer)
{
	if (!wait_for_turn(device, transfer))
		fail(device, transfer, -ENOMEM);
	else if (fifo_of(device, transfer->endpoint) != NULL)
		pump(device, transfer->endpoint);
}

void
usb_device_submit(struct usb_device *device,
		  const struct usb_transfer *transfer, struct bytes data)
{
	struct usb_control *control = &device->control;
	uint8_t address = transfer->endpoint;

	if ((address & ~USB_IN) == 0)
		take_control(device, transfer, data);
	else if (!usb_control_has_endpoint(control, address) ||
		 usb_control_is_halted(control, address))
		fail(device, transfer, -EPIPE);
	else if ((address & USB_IN) != 0)
		take_in(device, transfer);
	else if (!usb_device_is_leaving(device))
		take_out(device, transfer, data);
	else if (!wait_for_turn(device, transfer))
		fail(device, transfer, -ENOMEM);
}

bool
usb_device_unlink(struct usb_device *device, uint32_t id)
{
	for (size_t i = 0; i < device->waiting_count; i++) {
		if (device->waiting[i].id == id) {
			remove_waiting(device, i);
			return true;
		}
	}
	return false;
}

bool
usb_device_is_leaving(const struct usb_device *device)
{
	return device->starts != device->handset->starts;
}

bool
usb_device_is_drained(const struct usb_device *device)
{
	return device->fifo[0].len == 0;
}

void
usb_device_plug(struct usb_device *device)
{
	usb_control_init(&device->control);
	device->control.is_renewed = false;
	device->waiting_count = 0;
	for (unsigned int i = 0; i < 1 + SLOTS_MAX; i++)
		device->fifo[i].len = 0;
	device->starts = device->handset->starts;
}

enum status
usb_device_init(struct usb_device *device, struct handset *handset,
		usb_end_fn *end, void *end_ctx)
{
	struct usb_identity *identity = &device->control.identity;
	struct port *port = &handset->chip.port;

	device->handset = handset;
	device->end = end;
	device->end_ctx = end_ctx;
	identity->model = handset->chip.info.model;
	identity->slots = handset->chip.info.modem_slots;
	usb_device_plug(device);
	handset->out = agent_out;
	handset->out_ctx = device;
	return port->chip_id(port->ctx, &identity->chip);
}
