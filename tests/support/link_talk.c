/* SPDX-License-Identifier: Apache-2.0 */
#include "support/link_talk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include <cmocka.h>

#include "support/serial_bed.h"

static void
send_bulk(int fd)
{
	uint8_t block[1000];

	memset(block, 'b', sizeof(block));
	for (size_t sent = 0; sent < BULK; sent += sizeof(block))
		peer_send(fd, bytes_of(block, sizeof(block)));
}

static void
serve(int fd, void *ctx)
{
	uint8_t buf[512];
	ssize_t len;

	(void)ctx;
	while ((len = read(fd, buf, sizeof(buf))) > 0) {
		if (buf[0] == SAY_CLOSE)
			return;
		if (buf[0] == SAY_BULK)
			send_bulk(fd);
		else if (buf[0] != SAY_SILENT)
			peer_send(fd, bytes_of(buf, (size_t)len));
	}
}

static void
append(char *out, size_t size, const char *text, size_t len)
{
	size_t used = strlen(out);

	assert_true(len < size - used);
	memcpy(out + used, text, len);
	out[used + len] = '\0';
}

/* A terminal that leads to the peer, once it is asked for. */
static const char *
terminal_of(struct talk *talk)
{
	if (!talk->is_paced)
		assert_true(pace_start(&talk->pace, talk->terminal,
				       talk->peer.path, 0));
	talk->is_paced = true;
	return talk->terminal;
}

/* Each on the bed has its own. */
static const char *
port_of(struct talk *talk)
{
	static unsigned int count;
	struct serial_bed_plug plug = {SERIAL_BED_ADAPTER, count + 1};

	if (talk->is_paced)
		return talk->terminal;
	assert_true(count++ > 0 || serial_bed_open());
	snprintf(talk->terminal, sizeof(talk->terminal), "/dev/ttyUSB%u",
		 plug.n);
	assert_true(pace_start_fd(&talk->pace, serial_bed_plug(plug),
				  talk->peer.path, 0));
	talk->is_paced = true;
	return talk->terminal;
}

static const char *
plug(struct talk *talk)
{
	struct gadget_shape shape;

	usb_bed_open();
	gadget_shape_init(&shape);
	usb_bridge_start(&talk->bridge, &shape, talk->peer.path);
	return "usb:0000:00:14.0/2";
}

static void
expand(struct talk *talk, const char *pattern)
{
	size_t size = sizeof(talk->address);

	talk->address[0] = '\0';
	for (; *pattern != '\0'; pattern++) {
		const char *text = NULL;

		if (strncmp(pattern, "$D", 2) == 0)
			text = talk->peer.folder;
		else if (strncmp(pattern, "$A", 2) == 0)
			text = talk->peer.address;
		else if (strncmp(pattern, "$T", 2) == 0)
			text = terminal_of(talk);
		else if (strncmp(pattern, "$S", 2) == 0)
			text = port_of(talk);
		else if (strncmp(pattern, "$U", 2) == 0)
			text = plug(talk);
		if (text == NULL) {
			append(talk->address, size, pattern, 1);
			continue;
		}
		append(talk->address, size, text, strlen(text));
		pattern++;
	}
}

void
talk_open(struct talk *talk, const char *pattern)
{
	talk->is_paced = false;
	talk->bridge.gadget = NULL;
	peer_start(&talk->peer, serve, NULL);
	expand(talk, pattern);
	assert_int_equal(link_open(&talk->link, talk->address,
				   deadline_in(LONG_MS)),
			 ST_OK);
}

void
talk_close(struct talk *talk)
{
	link_close(talk->link);
	if (talk->is_paced)
		pace_stop(&talk->pace);
	if (talk->bridge.gadget != NULL) {
		usb_bridge_stop(&talk->bridge);
		usb_bed_close();
	}
	peer_stop(&talk->peer);
}

void
send_bytes(struct link *link, const void *data, size_t len)
{
	assert_int_equal(link_send(link, bytes_of(data, len),
				   deadline_in(LONG_MS)),
			 ST_OK);
}

void
receive_bytes(struct link *link, uint8_t *out, size_t len)
{
	while (len > 0) {
		size_t got;

		assert_int_equal(link_receive(link, out, len, &got,
					      deadline_in(LONG_MS)),
				 ST_OK);
		assert_in_range(got, 1, len);
		out += got;
		len -= got;
	}
}

enum status
receive_status(struct link *link, int64_t ms)
{
	uint8_t buf[64];
	size_t len = 99;
	enum status st =
		link_receive(link, buf, sizeof(buf), &len, deadline_in(ms));

	if (st != ST_OK)
		assert_int_equal(len, 0);
	return st;
}
