/* SPDX-License-Identifier: Apache-2.0 */
#include "support/usb_bridge.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

static void *
carry_to_host(void *ctx)
{
	struct usb_bridge *bridge = ctx;
	uint8_t buf[4096];
	ssize_t len;

	while ((len = recv(bridge->fd, buf, sizeof(buf), 0)) > 0)
		if (!gadget_write(bridge->gadget, bytes_of(buf, (size_t)len)))
			break;
	gadget_unplug(bridge->gadget);
	return NULL;
}

static void *
carry_from_host(void *ctx)
{
	struct usb_bridge *bridge = ctx;
	uint8_t buf[4096];
	size_t len;

	while ((len = gadget_read(bridge->gadget, buf, sizeof(buf))) > 0)
		if (send(bridge->fd, buf, len, MSG_NOSIGNAL) != (ssize_t)len)
			break;
	return NULL;
}

void
usb_bridge_start(struct usb_bridge *bridge, const struct gadget_shape *shape,
		 const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	bridge->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_true(bridge->fd >= 0);
	assert_int_equal(connect(bridge->fd, (struct sockaddr *)&address,
				 sizeof(address)),
			 0);
	bridge->gadget = gadget_plug(shape, NULL);
	assert_int_equal(pthread_create(&bridge->to_host, NULL, carry_to_host,
					bridge),
			 0);
	assert_int_equal(pthread_create(&bridge->from_host, NULL,
					carry_from_host, bridge),
			 0);
}

void
usb_bridge_stop(struct usb_bridge *bridge)
{
	gadget_unplug(bridge->gadget);
	shutdown(bridge->fd, SHUT_RDWR);
	pthread_join(bridge->to_host, NULL);
	pthread_join(bridge->from_host, NULL);
	close(bridge->fd);
	gadget_free(bridge->gadget);
	bridge->gadget = NULL;
}
