/* SPDX-License-Identifier: Apache-2.0 */
#include "station/device.h"

#include <poll.h>

/* Silence for so long, when the request is out, means that it or its reply was
 * lost. */
#define RESEND_MS 1000
/* A unit that restarts hears nothing at first: hello is asked more often. */
#define RESEND_HELLO_MS 250
/* Of a link that cannot tell: 9600 baud, for what is behind a socket. */
#define BYTE_US 1042
#define LOOK_MS 20

/* One exchange that is under way. */
struct exchange {
	struct device *device;
	struct msg_head head;
	struct bytes message;
	int64_t resend_ms;
	int64_t sending_ms; /* how long the request is on its way, at most */
	size_t received;    /* bytes since then, or since the last progress */
	unsigned int unreadable_count;
	enum status heard; /* last, in the place of the reply: why none came */
	struct deadline deadline;
};

/* What a message that arrived is. */
enum arrival { ARRIVAL_REPLY, ARRIVAL_PROGRESS, ARRIVAL_FOREIGN, ARRIVAL_BAD };

enum status
device_open(struct device *device, const char *address,
	    struct deadline deadline)
{
	memset(device, 0, sizeof(*device));
	frame_reader_init(&device->reader);
	device->address = address;
	device->return_ms = DEVICE_RETURN_MS;
	return link_open(&device->link, address, deadline);
}

void
device_close(struct device *device)
{
	if (device->link != NULL)
		device->bytes += device->link->sent + device->link->received;
	link_close(device->link);
	device->link = NULL;
	device->session = 0;
}

/* Whether the kind of link knows who is there, so that it can come back. */
static bool
may_come_back(const char *address)
{
	uint64_t instance;

	return link_look(address, &instance) != LINK_UNKNOWN;
}

/* Nobody is there, or whoever came back belongs to root until udev is through
 * with it; or it shows its boot loader first. */
static bool
is_still_coming(enum status st, bool has_restarted)
{
	return st == ST_LINK_OPEN || st == ST_LINK_PERMISSION ||
	       (has_restarted && st == ST_LINK_FOREIGN);
}

static enum status
await(struct link **out, const char *address, bool has_restarted,
      int64_t return_ms, struct deadline deadline)
{
	enum status st = link_open(out, address, deadline);

	deadline = deadline_within(deadline, return_ms);
	while (is_still_coming(st, has_restarted) && may_come_back(address) &&
	       deadline_left_ms(deadline) > 0) {
		(void)poll(NULL, 0, LOOK_MS);
		st = link_open(out, address, deadline);
	}
	return st;
}

enum status
device_await(struct link **out, const char *address, int64_t return_ms,
	     struct deadline deadline)
{
	return await(out, address, false, return_ms, deadline);
}

enum status
device_reopen(struct device *device, struct deadline deadline)
{
	if (!may_come_back(device->address))
		return ST_LINK_CLOSED;
	device_close(device);
	frame_reader_init(&device->reader);
	return await(&device->link, device->address, true, device->return_ms,
		     deadline);
}

static enum status
send_request(struct exchange *exchange, struct deadline deadline)
{
	/* the zero before the frame ends what noise may have begun */
	uint8_t wire[1 + FRAME_WIRE_MAX] = {0};
	struct link *link = exchange->device->link;
	size_t len;
	enum status st =
		frame_encode(wire + 1, FRAME_WIRE_MAX, &len, exchange->message);

	if (st != ST_OK)
		return st;
	exchange->sending_ms = (int64_t)(len + 1) *
			       (link->byte_us != 0 ? link->byte_us : BYTE_US) /
			       1000;
	return link_send(link, bytes_of(wire, len + 1), deadline);
}

/* Only the reply to a hello brings a session that is not known yet. */
static bool
is_ours(const struct exchange *exchange, const struct msg_head *head)
{
	const struct msg_head *ours = &exchange->head;

	if (head->sequence != ours->sequence || head->op != ours->op)
		return false;
	if (ours->op == OP_HELLO)
		return head->session != 0;
	return head->session == ours->session;
}

static enum arrival
judge(const struct exchange *exchange, struct reply *reply,
      struct bytes message)
{
	if (reply_decode(reply, message) != ST_OK) {
		/* as much of its head as there is may tell that it is late */
		if (reply->head.sequence != 0 &&
		    reply->head.sequence != exchange->head.sequence)
			return ARRIVAL_FOREIGN;
		return ARRIVAL_BAD;
	}
	if (!is_ours(exchange, &reply->head))
		return ARRIVAL_FOREIGN;
	return reply->is_progress ? ARRIVAL_PROGRESS : ARRIVAL_REPLY;
}

/*
 * What one whole message means: ST_OK for the reply, ST_AGENT_PROGRESS when
 * the unit works on, ST_FRAME_MORE to wait on, ST_LINK_TIMEOUT to ask again.
 */
static enum status
take_message(struct exchange *exchange, struct reply *reply,
	     struct bytes message)
{
	struct device *device = exchange->device;

	switch (judge(exchange, reply, message)) {
	case ARRIVAL_REPLY:
		return ST_OK;
	case ARRIVAL_PROGRESS:
		if (device->progress != NULL)
			device->progress(device->progress_ctx, reply->done,
					 reply->total);
		return ST_AGENT_PROGRESS;
	case ARRIVAL_BAD:
		exchange->unreadable_count++;
		return exchange->unreadable_count > 1 ? ST_MSG_REPLY
						      : ST_LINK_TIMEOUT;
	case ARRIVAL_FOREIGN:
	default:
		exchange->heard = ST_MSG_REPLY;
		return ST_FRAME_MORE;
	}
}

/*
 * Bytes that arrived together.  What stands behind a reply in them was sent
 * before the next request was, so it is of no use and is left.
 */
static enum status
take_bytes(struct exchange *exchange, struct reply *reply, struct bytes data)
{
	enum status outcome = ST_FRAME_MORE;

	for (size_t i = 0; i < data.len; i++) {
		struct bytes message;
		enum status st;

		st = frame_reader_take(&exchange->device->reader, data.ptr[i],
				       &message);
		if (st != ST_OK) {
			if (st != ST_FRAME_MORE)
				exchange->heard = st;
			continue;
		}
		st = take_message(exchange, reply, message);
		if (st == ST_FRAME_MORE)
			continue;
		outcome = st;
		if (st != ST_AGENT_PROGRESS)
			break;
	}
	return outcome;
}

/*
 * A reply that is arriving is not asked for again, however slow the line is;
 * but what is longer than any reply is none, and no reason to wait on.
 */
static void
put_off(struct deadline *deadline, const struct exchange *exchange)
{
	struct deadline later =
		deadline_within(exchange->deadline, exchange->resend_ms);

	if (exchange->received <= FRAME_WIRE_MAX &&
	    later.at_ms > deadline->at_ms)
		*deadline = later;
}

/* Wait for the reply; ST_LINK_TIMEOUT when it is time to ask again. */
static enum status
await_reply(struct exchange *exchange, struct reply *reply)
{
	struct deadline deadline = deadline_within(
		exchange->deadline, exchange->sending_ms + exchange->resend_ms);
	uint8_t buf[256];

	exchange->received = 0;
	/* bytes that never end must not carry us beyond the deadline */
	while (deadline_left_ms(deadline) > 0) {
		size_t len;
		enum status st = link_receive(exchange->device->link, buf,
					      sizeof(buf), &len, deadline);

		if (st != ST_OK)
			return st;
		exchange->received += len;
		st = take_bytes(exchange, reply, bytes_of(buf, len));
		if (st == ST_AGENT_PROGRESS)
			exchange->received = 0;
		else if (st != ST_FRAME_MORE)
			return st;
		put_off(&deadline, exchange);
	}
	return ST_LINK_TIMEOUT;
}

static enum status
run_exchange(struct exchange *exchange, struct reply *reply)
{
	enum status st;

	do {
		st = send_request(exchange, exchange->deadline);
		if (st == ST_OK)
			st = await_reply(exchange, reply);
	} while (st == ST_LINK_TIMEOUT &&
		 deadline_left_ms(exchange->deadline) > 0);
	return st == ST_LINK_TIMEOUT ? exchange->heard : st;
}

static enum status
exchange_with(struct device *device, struct request *req, struct reply *reply,
	      int64_t resend_ms, struct deadline deadline)
{
	struct exchange exchange = {
		.device = device,
		.resend_ms = resend_ms,
		.heard = ST_LINK_TIMEOUT,
		.deadline = deadline,
	};
	enum status st;

	memset(reply, 0, sizeof(*reply));
	if (device->link == NULL)
		return ST_LINK_CLOSED;
	req->head.sequence = ++device->sequence;
	req->head.session = req->head.op == OP_HELLO ? 0 : device->session;
	exchange.head = req->head;
	st = request_encode(&exchange.message, device->request,
			    sizeof(device->request), req);
	if (st == ST_OK)
		st = run_exchange(&exchange, reply);
	if (st == ST_OK)
		device->exchanges++;
	else
		memset(reply, 0, sizeof(*reply));
	return st;
}

enum status
device_exchange(struct device *device, struct request *req, struct reply *reply,
		struct deadline deadline)
{
	enum status st = exchange_with(device, req, reply, RESEND_MS, deadline);

	if (st != ST_OK || reply->status != ST_MSG_SESSION)
		return st;
	device->session = 0;
	return ST_MSG_SESSION;
}

#define LETTERS(a, b) ((unsigned int)(a) << 8 | (unsigned int)(b))

/* A code that an agent makes: what is the line's or the signer's own to say
 * would be judged, and counted, as theirs. */
static bool
is_agent_status(enum status status)
{
	switch ((unsigned int)status >> 16) {
	case LETTERS('A', 'G'):
	case LETTERS('B', 'O'):
	case LETTERS('C', 'B'):
	case LETTERS('C', 'O'):
	case LETTERS('C', 'R'):
	case LETTERS('I', 'M'):
	case LETTERS('M', 'S'):
	case LETTERS('O', 'T'):
	case LETTERS('P', 'O'):
		return true;
	default:
		return status == ST_OK;
	}
}

enum status
device_call(struct device *device, struct request *req, struct reply *reply,
	    struct deadline deadline)
{
	enum status st = device_exchange(device, req, reply, deadline);

	if (st != ST_OK)
		return st;
	return is_agent_status(reply->status) ? reply->status : ST_MSG_REPLY;
}

enum status
device_hello(struct device *device, struct hello *out, struct deadline deadline)
{
	struct request req = {
		.head.op = OP_HELLO,
		.protocol = PROTOCOL_VERSION,
	};
	struct reply reply;
	enum status st =
		exchange_with(device, &req, &reply, RESEND_HELLO_MS, deadline);

	memset(out, 0, sizeof(*out));
	device->session = 0;
	if (st != ST_OK)
		return st;
	if (reply.status != ST_OK)
		return is_agent_status(reply.status) ? reply.status
						     : ST_MSG_REPLY;
	if (reply.hello.protocol != PROTOCOL_VERSION ||
	    reply.hello.layout != IMAGE_LAYOUT)
		return ST_MSG_PROTOCOL;
	device->session = reply.head.session;
	*out = reply.hello;
	return ST_OK;
}
