/* SPDX-License-Identifier: Apache-2.0 */
/*
 * handset.h - a whole virtual unit in one process: chip, agent, AT ports.
 *
 * Bytes go in, bytes come out through a callback; no sockets, no threads.
 * serve.h puts it behind sockets.  Which requests it has depends on the agent
 * that is linked: factory or verify-only.
 */
#ifndef IMEILOCK_PORT_VIRTUAL_HANDSET_H
#define IMEILOCK_PORT_VIRTUAL_HANDSET_H

#include "agent/agent.h"
#include "port/virtual/port_virtual.h"

/* Bytes for the host, from the agent. */
typedef void handset_out_fn(void *ctx, struct bytes data);

struct handset {
	struct port_virtual chip;
	struct boot_trust trust;
	struct agent agent;
	struct frame_reader reader;
	struct at_reader at[SLOTS_MAX];
	handset_out_fn *out;
	void *out_ctx;
	uint32_t starts; /* powered up so often: another one after a reset */
	bool is_running; /* false: the agent did not start, or has no power */
};

/*
 * Power up the unit of a folder that exists.  handset must not be moved
 * afterwards; out may be NULL until it is set.
 *   what port_virtual_open says
 *   ST_AGENT_*  the agent does not start
 */
MUST_CHECK enum status handset_open(struct handset *handset, const char *folder,
				    const struct port_virtual_options *options,
				    const struct boot_trust *trust);
void handset_close(struct handset *handset); /* of a zeroed one too */

/* Bytes from the host to the agent.  A reset that was asked for is made
 * before this returns; bytes behind its request are lost with it. */
void handset_bytes_in(struct handset *handset, struct bytes data);

/* One byte from the host to an AT port, slot counted from 0.  *len is 0, or
 * the length of the answer in out. */
void handset_at_in(struct handset *handset, unsigned int slot, uint8_t byte,
		   char out[AT_ANSWER_MAX], size_t *len);

/*
 * Power off and on: memory is lost, the files stay, cells are sensed anew.
 * After a cut this is how power comes back.
 */
MUST_CHECK enum status handset_reset(struct handset *handset);

#endif
