/* SPDX-License-Identifier: Apache-2.0 */
#include "port/virtual/handset.h"

#include "agent/turn.h"

static void
emit(struct handset *handset, struct bytes wire)
{
	if (handset->out != NULL && wire.len > 0)
		handset->out(handset->out_ctx, wire);
}

/* One frame to the host; a torn one is a cable that goes dead half way. */
static void
send_message(struct handset *handset, struct bytes message)
{
	uint8_t buf[FRAME_WIRE_MAX];
	struct bytes wire = bytes_of(buf, 0);
	struct power *power = &handset->chip.power;
	enum step_extent extent;

	if (power->is_gone || message.len == 0 ||
	    frame_encode(buf, sizeof(buf), &wire.len, message) != ST_OK)
		return;
	extent = power_step(power, STEP_FRAME);
	if (extent == STEP_BEFORE)
		wire.len = 0;
	else if (extent == STEP_TORN)
		wire.len /= 2;
	emit(handset, wire);
	if (extent != STEP_WHOLE)
		power_fail(power);
}

static void
send_progress(void *ctx, struct bytes message)
{
	send_message(ctx, message);
}

static enum status
start(struct handset *handset)
{
	enum status st;

	handset->starts++;
	frame_reader_init(&handset->reader);
	memset(handset->at, 0, sizeof(handset->at));
	st = agent_init(&handset->agent, &handset->chip.port, &handset->trust);
	handset->agent.progress = send_progress;
	handset->agent.progress_ctx = handset;
	handset->is_running = st == ST_OK;
	return st;
}

/* A port of a verify-only build has nothing that changes the chip; that the
 * agent does not miss it is seen by its not falling over. */
static void
close_to_writes(struct port *port)
{
	port->otp_program = NULL;
	port->lock = NULL;
	port->fuse_program = NULL;
	port->canary_program = NULL;
	port->store_erase = NULL;
	port->store_program = NULL;
}

enum status
handset_open(struct handset *handset, const char *folder,
	     const struct port_virtual_options *options,
	     const struct boot_trust *trust)
{
	enum status st;

	memset(handset, 0, sizeof(*handset));
	handset->trust = *trust;
	st = port_virtual_open(&handset->chip, folder, options);
	if (!agent_is_factory_build)
		close_to_writes(&handset->chip.port);
	if (st == ST_OK)
		st = start(handset);
	if (st != ST_OK)
		port_virtual_close(&handset->chip);
	return st;
}

void
handset_close(struct handset *handset)
{
	port_virtual_close(&handset->chip);
	handset->is_running = false;
}

enum status
handset_reset(struct handset *handset)
{
	handset->chip.port.reset(handset->chip.port.ctx);
	return start(handset);
}

/* Take one byte; false when what follows is lost: a reset, or no power. */
static bool
take_byte(struct handset *handset, uint8_t byte)
{
	struct bytes message, reply;

	if (frame_reader_take(&handset->reader, byte, &message) != ST_OK)
		return true;
	agent_handle(&handset->agent, message, &reply);
	send_message(handset, reply);
	if (handset->chip.power.is_gone) {
		handset->is_running = false;
		return false;
	}
	if (!handset->agent.is_reset_due)
		return true;
	if (handset_reset(handset) != ST_OK)
		handset->is_running = false;
	return false;
}

void
handset_bytes_in(struct handset *handset, struct bytes data)
{
	for (size_t i = 0; i < data.len && handset->is_running; i++)
		if (!take_byte(handset, data.ptr[i]))
			return;
}

void
handset_at_in(struct handset *handset, unsigned int slot, uint8_t byte,
	      char out[AT_ANSWER_MAX], size_t *len)
{
	struct bytes line;

	*len = 0;
	if (handset->is_running &&
	    at_reader_take(&handset->at[slot], byte, &line))
		at_answer(out, len, &handset->chip.port, slot, line);
}
