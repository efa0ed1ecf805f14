/* SPDX-License-Identifier: Apache-2.0 */
/*
 * device.h - one unit's agent at the end of a link: requests and replies.
 *
 * A time-out does not mean that nothing happened: a request without a reply is
 * sent again with the same sequence, and the agent answers from memory.
 * Replies of another session, sequence or operation are passed over.
 */
#ifndef IMEILOCK_TOOL_STATION_DEVICE_H
#define IMEILOCK_TOOL_STATION_DEVICE_H

#include "link/link.h"
#include "proto/frame.h"
#include "proto/msg.h"

/* How long a device may be away in a reset, where no profile says more. */
#define DEVICE_RETURN_MS 10000

struct device {
	struct link *link;
	const char *address; /* borrowed from device_open's caller */
	struct frame_reader reader;
	uint64_t session; /* 0 until device_hello */
	uint32_t sequence;
	int64_t return_ms;  /* it may be away so long in a reset */
	uint64_t exchanges; /* requests that were answered */
	uint64_t bytes;	    /* both ways, over links that are closed */
	/* called for each progress message; may be NULL */
	void (*progress)(void *ctx, uint32_t done, uint32_t total);
	void *progress_ctx;
	uint8_t request[FRAME_MESSAGE_MAX];
};

/* address is borrowed until device_close.  ST_LINK_* */
MUST_CHECK enum status device_open(struct device *device, const char *address,
				   struct deadline deadline);

/*
 * Open the link anew after the unit took it away, as a USB device does when it
 * restarts; sequence and counters go on.  Waits until the unit is there, for
 * return_ms at most, whatever its boot loader looks like.  Who comes back is for
 * the caller to find out.
 *   ST_LINK_CLOSED  this kind of link does not come back
 *   ST_LINK_*
 */
MUST_CHECK enum status device_reopen(struct device *device,
				     struct deadline deadline);
void device_close(struct device *device); /* of a zeroed one does nothing */

/*
 * link_open, but where the kind of link can tell who is there it waits for what
 * restarts just now, and until udev has given this user his rights to it, for
 * return_ms at most.  ST_LINK_*
 */
MUST_CHECK enum status device_await(struct link **out, const char *address,
				    int64_t return_ms,
				    struct deadline deadline);

/*
 * Start or renew the session; asked again until the unit answers or the
 * deadline has passed.
 *   ST_MSG_PROTOCOL  another protocol version or layout
 */
MUST_CHECK enum status device_hello(struct device *device, struct hello *out,
				    struct deadline deadline);

/*
 * One exchange; req's head is filled in here.  reply->object is a view that
 * holds until the next call.
 *   ST_OK           reply->status is what the agent says, ST_OK or not
 *   ST_LINK_*       gone or silent
 *   ST_FRAME_CRC, ST_FRAME_SIZE  what came last before the time was up was
 *                   garbled or too long
 *   ST_MSG_SESSION  the unit restarted; device_hello is needed
 *   ST_MSG_REPLY    a reply that cannot be read, twice; or replies to
 *                   something else until the time was up
 */
MUST_CHECK enum status device_exchange(struct device *device,
				       struct request *req, struct reply *reply,
				       struct deadline deadline);

/* The same, with the agent's own code as the outcome; a code of a module that
 * no agent has is ST_MSG_REPLY. */
MUST_CHECK enum status device_call(struct device *device, struct request *req,
				   struct reply *reply,
				   struct deadline deadline);

/*
 * Ask one AT port for its IMEI (AT+CGSN=1, 3GPP TS 27.007) and close it.
 * Accepts bare, quoted and prefixed answers with exactly one run of 15 digits.
 * *form says how the last digit was given.  A port of a USB device that is not
 * there yet is waited for, for some seconds.
 *   ST_VERIFY_AT_FORM, ST_IMEI_*, ST_LINK_*
 */
MUST_CHECK enum status at_read_imei(struct imei *out, enum imei_form *form,
				    const char *address,
				    struct deadline deadline);

#endif
