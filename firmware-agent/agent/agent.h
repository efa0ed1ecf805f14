/* SPDX-License-Identifier: Apache-2.0 */
/*
 * agent.h - the device side: takes one request, gives one reply.
 *
 * Portable C: no heap, no I/O, no clock.  A port's main reads bytes from its
 * link into a frame reader, hands each message to agent_handle, and sends what
 * comes back.  Which fuses may be burnt next is decided in proto/image_burn.c;
 * they are burnt in burn.c, locked in lock.c (which burns further fuses before
 * that), probed in probe.c, nowhere else.
 *
 * The requests of a build stand in one table: requests_factory.c has all of
 * them, requests_verify.c those that a shipping phone may carry, and a build
 * links one of the two.  A verify-only build holds no code that programs.
 */
#ifndef IMEILOCK_AGENT_AGENT_H
#define IMEILOCK_AGENT_AGENT_H

#include "agent/store.h"
#include "boot/boot.h"
#include "boot/state.h"
#include "port/port.h"
#include "proto/frame.h"
#include "proto/msg.h"

struct agent {
	const struct port *port;
	const struct boot_trust *trust;
	/* called while `program` works, so that a host sees it; may be NULL */
	void (*progress)(void *ctx, struct bytes message);
	void *progress_ctx;

	uint64_t session;

	/* the last request, so that a repeated one gets the stored reply */
	uint32_t last_sequence;
	struct sha256 last_request;
	uint8_t last_reply[FRAME_MESSAGE_MAX];
	size_t last_reply_len;

	/* what `key` asked, and what `permit` allowed since this boot */
	bool has_nonce;
	struct nonce device_nonce;
	bool is_permitted;
	struct identity permitted;

	bool is_reset_due; /* the port's main sends the reply, then resets */

	struct image image;	    /* the fuses, sensed for each request */
	uint8_t object[OBJECT_MAX]; /* the object of the reply */
	uint8_t store[STORE_OBJECTS_MAX]; /* the objects of the record store */
};

/*
 * Start after power-up: crypto, a new session.  Burns nothing.  port and trust
 * must outlive the agent.
 *   ST_AGENT_PORT     the port declares more, or less, than can be
 *   ST_AGENT_RANDOM   no session number can be drawn
 *   ST_AGENT_CHIP_ID  the chip id is not plausible
 */
MUST_CHECK enum status agent_init(struct agent *agent, const struct port *port,
				  const struct boot_trust *trust);

/*
 * Take one message and make its reply; the view holds until the next call.  A
 * message that is no request is answered with ST_MSG_FORMAT, as far as its
 * head could be read.  If a reset was asked for, is_reset_due is set and the
 * caller resets once the reply is on the wire.
 */
void agent_handle(struct agent *agent, struct bytes message,
		  struct bytes *reply);

#endif
