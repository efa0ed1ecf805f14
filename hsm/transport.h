/* SPDX-License-Identifier: Apache-2.0 */
/*
 * transport.h - how a struct hsm reaches its signer: a socket, or a call.
 */
#ifndef IMEILOCK_HSM_TRANSPORT_H
#define IMEILOCK_HSM_TRANSPORT_H

#include "hsm/client.h"
#include "hsm/wire.h"

struct hsm_transport {
	void *ctx;
	/* Send request and wait for its reply, a view into buf.  Many threads
	 * may call it at once.
	 *   ST_HSM_REPLY  there is none, nor will there be any further one */
	MUST_CHECK enum status (*exchange)(void *ctx, struct bytes request,
					   uint8_t buf[WIRE_MAX],
					   struct bytes *reply);
	void (*close)(void *ctx);
};

/* A connection over transport, which it closes; also if it fails
 * (ST_STATION_MEMORY). */
MUST_CHECK enum status hsm_open(struct hsm **out,
				const struct hsm_transport *transport);

#endif
