/* SPDX-License-Identifier: Apache-2.0 */
#include "support/usb_gadget.h"

#include <errno.h>
#include <linux/usbdevice_fs.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/ioctl.h>

#include <cmocka.h>
#include <umockdev.h>

#define URBS_MAX 8
#define PACKETS_MAX 1024
/* How long a look for a finished transfer is held when there is none, since
 * the bed has no way to wake who waits. */
#define HOLD_MS 2

/* A transfer that the host asked for. */
struct urb {
	UMockdevIoctlData *data;   /* struct usbdevfs_urb */
	UMockdevIoctlData *buffer; /* NULL for no bytes */
	bool is_done;
};

struct packet {
	uint16_t len;
	uint8_t byte[GADGET_PACKET_MAX + 1];
};

struct gadget {
	GMutex lock;
	GCond changed;
	char path[USB_BED_PATH_MAX];
	char node[32];
	struct gadget_shape shape;
	struct gadget_faults faults;
	struct gadget_counts counts;
	UMockdevIoctlBase *handler;
	bool is_plugged, is_halted;

	struct urb urb[URBS_MAX];
	size_t urb_count;
	UMockdevIoctlClient *reaper; /* waits for a finished one */
	GSource *hold;

	/* to the host, by packets; from the host, as bytes */
	struct packet *in;
	size_t in_first, in_count, in_bytes;
	uint8_t *out;
	size_t out_len;
};

/* ------------------------------------------------------------------ shapes */

void
gadget_shape_init(struct gadget_shape *out)
{
	static const uint8_t good[] = {
		/* device: one configuration */
		18, 1, 0x00, 0x02, 0, 0, 0, 64, 0x09, 0x12, 0x01, 0x00, 0, 1, 0,
		0, 0, 1,
		/* configuration 1: one interface, 32 bytes */
		9, 2, 32, 0, 1, 1, 0, 0x80, 50,
		/* interface 0: the agent's, two endpoints */
		9, 4, 0, 0, 2, 0xff, 0x49, 0x01, 0,
		/* bulk in and out, 512 bytes a packet */
		7, 5, 0x83, 2, 0x00, 0x02, 0, 7, 5, 0x05, 2, 0x00, 0x02, 0};

	*out = (struct gadget_shape){
		.place = {.parent = USB_BED_PCI,
			  .sysname = "1-2",
			  .bus = 1,
			  .number = 7,
			  .vendor = 0x1209,
			  .product = 0x0001},
		.triple = "ff/49/01",
		.active = 1,
		.descriptors_len = sizeof(good),
	};
	memcpy(out->descriptors, good, sizeof(good));
}

static size_t
packet_size(const struct gadget *gadget)
{
	const uint8_t *in = gadget->shape.descriptors + GADGET_IN;
	size_t size = (size_t)(in[4] | in[5] << 8);

	return size > 0 && size <= GADGET_PACKET_MAX ? size : 64;
}

/* --------------------------------------------------------------- transfers */

static struct usbdevfs_urb *
urb_of(const struct urb *urb)
{
	return (struct usbdevfs_urb *)(void *)urb->data->data;
}

static bool
is_in(const struct urb *urb)
{
	return (urb_of(urb)->endpoint & 0x80) != 0;
}

static void
finish(struct urb *urb, int error, size_t len)
{
	urb_of(urb)->status = -error;
	urb_of(urb)->actual_length = (int)len;
	urb->is_done = true;
}

static const struct packet *
first_packet(const struct gadget *gadget)
{
	return &gadget->in[gadget->in_first];
}

static void
drop_packet(struct gadget *gadget)
{
	gadget->in_bytes -= first_packet(gadget)->len;
	gadget->in_first = (gadget->in_first + 1) % PACKETS_MAX;
	gadget->in_count--;
	g_cond_broadcast(&gadget->changed);
}

/* Packets to the host until one is short or the buffer is full. */
static void
fill_in(struct gadget *gadget, struct urb *urb)
{
	size_t size = (size_t)urb_of(urb)->buffer_length;
	size_t len = 0;
	bool is_over = false;

	if (gadget->in_count == 0)
		return;
	while (!is_over && gadget->in_count > 0 && len < size) {
		const struct packet *packet = first_packet(gadget);

		if (packet->len > size - len) {
			drop_packet(gadget);
			finish(urb, EOVERFLOW, len);
			return;
		}
		memcpy(urb->buffer->data + len, packet->byte, packet->len);
		len += packet->len;
		is_over = packet->len < packet_size(gadget);
		drop_packet(gadget);
	}
	gadget->counts.in += len;
	finish(urb, 0, len);
}

/* All of it, or nothing as long as there is no room. */
static void
take_out(struct gadget *gadget, struct urb *urb)
{
	size_t len = (size_t)urb_of(urb)->buffer_length;
	size_t taken = len;

	if (gadget->faults.is_deaf || len > GADGET_QUEUE_MAX - gadget->out_len)
		return;
	if (gadget->faults.out_short > 0 && gadget->faults.out_short < len)
		taken = gadget->faults.out_short;
	gadget->faults.out_short = 0;
	if (len == 0)
		gadget->counts.empty++;
	else
		memcpy(gadget->out + gadget->out_len, urb->buffer->data, taken);
	gadget->out_len += taken;
	gadget->counts.out += taken;
	g_cond_broadcast(&gadget->changed);
	finish(urb, 0, taken);
}

static void
run_urb(struct gadget *gadget, struct urb *urb)
{
	if (!gadget->is_plugged) {
		finish(urb, ESHUTDOWN, 0);
	} else if (gadget->is_halted) {
		finish(urb, EPIPE, 0);
	} else if (is_in(urb) && gadget->faults.end != 0) {
		finish(urb, gadget->faults.end, 0);
	} else if (is_in(urb)) {
		if (!gadget->faults.is_late)
			fill_in(gadget, urb);
	} else {
		take_out(gadget, urb);
	}
}

static void
stop_holding(struct gadget *gadget)
{
	if (gadget->hold == NULL)
		return;
	g_source_destroy(gadget->hold);
	g_source_unref(gadget->hold);
	gadget->hold = NULL;
}

static UMockdevIoctlData *
resolve(UMockdevIoctlData *data, size_t offset, size_t len)
{
	return umockdev_ioctl_data_resolve(data, offset, len, NULL);
}

/* Hand the transfer number i to who waits for one. */
static void
hand_over(struct gadget *gadget, size_t i)
{
	UMockdevIoctlClient *client = gadget->reaper;
	UMockdevIoctlData *arg = resolve(umockdev_ioctl_client_get_arg(client),
					 0, sizeof(void *));

	umockdev_ioctl_data_set_ptr(arg, 0, gadget->urb[i].data);
	g_object_unref(gadget->urb[i].data);
	g_clear_object(&gadget->urb[i].buffer);
	gadget->urb_count--;
	memmove(&gadget->urb[i], &gadget->urb[i + 1],
		(gadget->urb_count - i) * sizeof(gadget->urb[0]));
	g_object_unref(arg);
	gadget->reaper = NULL;
	stop_holding(gadget);
	umockdev_ioctl_client_complete(client, 0, 0);
	g_object_unref(client);
}

/* After each change: what can go on goes on. */
static void
run(struct gadget *gadget)
{
	for (size_t i = 0; i < gadget->urb_count; i++)
		if (!gadget->urb[i].is_done)
			run_urb(gadget, &gadget->urb[i]);
	for (size_t i = 0; i < gadget->urb_count && gadget->reaper != NULL; i++)
		if (gadget->urb[i].is_done)
			hand_over(gadget, i);
}

/* ------------------------------------------------------------------ ioctls */

/* What the kernel says: 0, or an errno. */
static void
answer(UMockdevIoctlClient *client, int error)
{
	umockdev_ioctl_client_complete(client, error == 0 ? 0 : -1, error);
}

static void
submit(struct gadget *gadget, UMockdevIoctlClient *client,
       UMockdevIoctlData *arg)
{
	UMockdevIoctlData *data = resolve(arg, 0, sizeof(struct usbdevfs_urb));
	struct urb *urb = &gadget->urb[gadget->urb_count];

	gadget->counts.transfers++;
	if (!gadget->is_plugged || gadget->faults.submit != 0) {
		answer(client,
		       gadget->is_plugged ? gadget->faults.submit : ENODEV);
		g_object_unref(data);
		return;
	}
	g_assert(gadget->urb_count < URBS_MAX);
	gadget->urb_count++;
	*urb = (struct urb){.data = data};
	urb->buffer = resolve(data, offsetof(struct usbdevfs_urb, buffer),
			      (size_t)urb_of(urb)->buffer_length);
	if (gadget->faults.stalls > 0) {
		gadget->faults.stalls--;
		gadget->is_halted = true;
	}
	answer(client, 0);
	run(gadget);
}

/* What was on its way when the host gave up comes with the giving up. */
static void
discard(struct gadget *gadget, UMockdevIoctlClient *client,
	UMockdevIoctlData *arg)
{
	unsigned long address;

	memcpy(&address, arg->data, sizeof(address));
	for (size_t i = 0; i < gadget->urb_count; i++) {
		struct urb *urb = &gadget->urb[i];

		if (urb->data->client_addr != address || urb->is_done)
			continue;
		if (gadget->faults.is_late && is_in(urb))
			fill_in(gadget, urb);
		finish(urb, ENOENT,
		       urb->is_done ? (size_t)urb_of(urb)->actual_length : 0);
		answer(client, 0);
		run(gadget);
		return;
	}
	answer(client, EINVAL);
}

static gboolean
hold_is_over(gpointer ctx)
{
	struct gadget *gadget = ctx;
	UMockdevIoctlClient *client;

	g_mutex_lock(&gadget->lock);
	client = gadget->reaper;
	gadget->reaper = NULL;
	stop_holding(gadget);
	if (client != NULL) {
		answer(client, EAGAIN);
		g_object_unref(client);
	}
	g_mutex_unlock(&gadget->lock);
	return G_SOURCE_REMOVE;
}

static void
reap(struct gadget *gadget, UMockdevIoctlClient *client)
{
	GMainContext *context = g_main_context_get_thread_default();

	gadget->reaper = g_object_ref(client);
	run(gadget);
	if (gadget->reaper == NULL)
		return;
	gadget->hold = g_timeout_source_new(HOLD_MS);
	g_source_set_callback(gadget->hold, hold_is_over, gadget, NULL);
	g_source_attach(gadget->hold, context);
}

/* The configuration that is active; it is all that a host asks. */
static void
control(struct gadget *gadget, UMockdevIoctlClient *client,
	UMockdevIoctlData *arg)
{
	UMockdevIoctlData *data =
		resolve(arg, 0, sizeof(struct usbdevfs_ctrltransfer));
	const struct usbdevfs_ctrltransfer *setup = (void *)data->data;
	UMockdevIoctlData *reply =
		resolve(data, offsetof(struct usbdevfs_ctrltransfer, data),
			setup->wLength);

	reply->data[0] = gadget->shape.active;
	umockdev_ioctl_client_complete(client, 1, 0);
	g_object_unref(reply);
	g_object_unref(data);
}

static void
capabilities(UMockdevIoctlClient *client, UMockdevIoctlData *arg)
{
	UMockdevIoctlData *data = resolve(arg, 0, sizeof(uint32_t));
	uint32_t caps = USBDEVFS_CAP_ZERO_PACKET |
			USBDEVFS_CAP_BULK_CONTINUATION |
			USBDEVFS_CAP_NO_PACKET_SIZE_LIM |
			USBDEVFS_CAP_BULK_SCATTER_GATHER |
			USBDEVFS_CAP_REAP_AFTER_DISCONNECT;

	memcpy(data->data, &caps, sizeof(caps));
	answer(client, 0);
	g_object_unref(data);
}

static void
connect_info(struct gadget *gadget, UMockdevIoctlClient *client,
	     UMockdevIoctlData *arg)
{
	struct usbdevfs_connectinfo info = {gadget->shape.place.number, 0};
	UMockdevIoctlData *data = resolve(arg, 0, sizeof(info));

	memcpy(data->data, &info, sizeof(info));
	answer(client, 0);
	g_object_unref(data);
}

static void
claim(struct gadget *gadget, UMockdevIoctlClient *client)
{
	gadget->counts.claims++;
	if (!gadget->is_plugged) {
		answer(client, ENODEV);
		return;
	}
	if (gadget->faults.claim == 0 && gadget->faults.has_driver) {
		gadget->faults.has_driver = false;
		gadget->counts.detaches++;
	}
	answer(client, gadget->faults.claim);
}

static void
clear_halt(struct gadget *gadget, UMockdevIoctlClient *client)
{
	gadget->counts.clears++;
	if (gadget->faults.is_halt_for_ever) {
		answer(client, EPIPE);
		return;
	}
	gadget->is_halted = false;
	answer(client, gadget->is_plugged ? 0 : ENODEV);
}

static void
handle(struct gadget *gadget, UMockdevIoctlClient *client)
{
	UMockdevIoctlData *arg = umockdev_ioctl_client_get_arg(client);

	switch (umockdev_ioctl_client_get_request(client)) {
	case USBDEVFS_GET_CAPABILITIES:
		gadget->counts.opens++;
		capabilities(client, arg);
		break;
	case USBDEVFS_CONNECTINFO:
		connect_info(gadget, client, arg);
		break;
	case USBDEVFS_CONTROL:
		control(gadget, client, arg);
		break;
	case USBDEVFS_DISCONNECT_CLAIM:
		claim(gadget, client);
		break;
	case USBDEVFS_RELEASEINTERFACE:
		gadget->counts.releases++;
		answer(client, 0);
		break;
	case USBDEVFS_IOCTL:
		gadget->counts.attaches++;
		umockdev_ioctl_client_complete(client, 1, 0);
		break;
	case USBDEVFS_CLEAR_HALT:
		clear_halt(gadget, client);
		break;
	case USBDEVFS_SUBMITURB:
		submit(gadget, client, arg);
		break;
	case USBDEVFS_DISCARDURB:
		discard(gadget, client, arg);
		break;
	case USBDEVFS_REAPURBNDELAY:
		reap(gadget, client);
		break;
	default:
		answer(client, ENOTTY);
	}
}

static gboolean
on_ioctl(UMockdevIoctlBase *handler, UMockdevIoctlClient *client,
	 struct gadget *gadget)
{
	(void)handler;
	g_mutex_lock(&gadget->lock);
	handle(gadget, client);
	g_mutex_unlock(&gadget->lock);
	return TRUE;
}

static void
drop_urbs(struct gadget *gadget)
{
	for (size_t i = 0; i < gadget->urb_count; i++) {
		g_object_unref(gadget->urb[i].data);
		g_clear_object(&gadget->urb[i].buffer);
	}
	gadget->urb_count = 0;
}

/* Whoever had it open before has died. */
static void
on_connected(UMockdevIoctlBase *handler, UMockdevIoctlClient *client,
	     struct gadget *gadget)
{
	(void)handler;
	(void)client;
	g_mutex_lock(&gadget->lock);
	drop_urbs(gadget);
	g_mutex_unlock(&gadget->lock);
}

/* ------------------------------------------------------------------- plugs */

struct gadget *
gadget_plug(const struct gadget_shape *shape,
	    const struct gadget_faults *faults)
{
	struct gadget *gadget = g_new0(struct gadget, 1);
	char name[40];

	g_mutex_init(&gadget->lock);
	g_cond_init(&gadget->changed);
	gadget->shape = *shape;
	gadget->in = g_new(struct packet, PACKETS_MAX);
	gadget->out = g_new(uint8_t, GADGET_QUEUE_MAX);
	gadget->is_plugged = true;
	gadget_set_faults(gadget, faults);
	usb_bed_add(&shape->place, gadget->path);
	snprintf(gadget->node, sizeof(gadget->node), "/dev/bus/usb/%03u/%03u",
		 shape->place.bus, shape->place.number);
	usb_bed_node(gadget->node, shape->descriptors, shape->descriptors_len);
	gadget->handler = umockdev_ioctl_base_new();
	g_signal_connect(gadget->handler, "handle-ioctl", G_CALLBACK(on_ioctl),
			 gadget);
	g_signal_connect(gadget->handler, "client-connected",
			 G_CALLBACK(on_connected), gadget);
	usb_bed_attach(gadget->node, gadget->handler);
	/* who sees the interface may open it */
	snprintf(name, sizeof(name), "%s:1.0", shape->place.sysname);
	usb_bed_interface(gadget->path, name, shape->triple);
	return gadget;
}

void
gadget_unplug(struct gadget *gadget)
{
	g_mutex_lock(&gadget->lock);
	if (gadget->is_plugged) {
		gadget->is_plugged = false;
		usb_bed_remove(gadget->path);
		run(gadget);
		g_cond_broadcast(&gadget->changed);
	}
	g_mutex_unlock(&gadget->lock);
}

/* A host that still has it open may ask it even now, so of what was freed the
 * struct stays. */
static GSList *remains;

void
gadget_free(struct gadget *gadget)
{
	if (gadget == NULL)
		return;
	gadget_unplug(gadget);
	usb_bed_detach(gadget->node);
	g_mutex_lock(&gadget->lock);
	g_clear_pointer(&gadget->in, g_free);
	g_clear_pointer(&gadget->out, g_free);
	g_mutex_unlock(&gadget->lock);
	remains = g_slist_prepend(remains, gadget);
}

void
gadget_set_faults(struct gadget *gadget, const struct gadget_faults *faults)
{
	static const struct gadget_faults none;

	g_mutex_lock(&gadget->lock);
	gadget->faults = faults != NULL ? *faults : none;
	run(gadget);
	g_mutex_unlock(&gadget->lock);
}

struct gadget_counts
gadget_counts(struct gadget *gadget)
{
	struct gadget_counts counts;

	g_mutex_lock(&gadget->lock);
	counts = gadget->counts;
	g_mutex_unlock(&gadget->lock);
	return counts;
}

/* -------------------------------------------------------- the device's side */

static void
queue_packet(struct gadget *gadget, const void *data, size_t len)
{
	size_t at = (gadget->in_first + gadget->in_count) % PACKETS_MAX;
	struct packet *packet = &gadget->in[at];

	g_assert(gadget->in_count < PACKETS_MAX && len <= sizeof(packet->byte));
	packet->len = (uint16_t)len;
	if (len > 0)
		memcpy(packet->byte, data, len);
	gadget->in_count++;
	gadget->in_bytes += len;
}

void
gadget_packet(struct gadget *gadget, const void *data, size_t len)
{
	g_mutex_lock(&gadget->lock);
	queue_packet(gadget, data, len);
	run(gadget);
	g_mutex_unlock(&gadget->lock);
}

bool
gadget_write(struct gadget *gadget, struct bytes data)
{
	size_t size = packet_size(gadget);
	bool is_plugged;

	g_mutex_lock(&gadget->lock);
	while (data.len > 0 && gadget->is_plugged) {
		size_t len = data.len < size ? data.len : size;

		if (gadget->in_bytes >= GADGET_QUEUE_MAX ||
		    gadget->in_count == PACKETS_MAX) {
			g_cond_wait(&gadget->changed, &gadget->lock);
			continue;
		}
		queue_packet(gadget, data.ptr, len);
		data.ptr += len;
		data.len -= len;
		run(gadget);
	}
	is_plugged = gadget->is_plugged;
	g_mutex_unlock(&gadget->lock);
	return is_plugged;
}

size_t
gadget_read(struct gadget *gadget, uint8_t *buf, size_t size)
{
	size_t len = 0;

	g_mutex_lock(&gadget->lock);
	while (gadget->out_len == 0 && gadget->is_plugged)
		g_cond_wait(&gadget->changed, &gadget->lock);
	if (gadget->is_plugged) {
		len = gadget->out_len < size ? gadget->out_len : size;
		memcpy(buf, gadget->out, len);
		gadget->out_len -= len;
		memmove(gadget->out, gadget->out + len, gadget->out_len);
		run(gadget);
	}
	g_mutex_unlock(&gadget->lock);
	return len;
}
