/* SPDX-License-Identifier: Apache-2.0 */
#include "support/device_talk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

void
reply_of(struct reply *out, const struct request *req)
{
	memset(out, 0, sizeof(*out));
	out->head = req->head;
	out->head.session = SESSION;
	out->status = ST_OK;
}

void
send_reply(int fd, const struct reply *reply)
{
	uint8_t buf[FRAME_MESSAGE_MAX];
	struct bytes message;

	if (reply_encode(&message, buf, sizeof(buf), reply) == ST_OK)
		peer_send_message(fd, message);
}

void
act_answer(int fd, struct script *script, const struct request *req)
{
	struct reply reply;

	(void)script;
	reply_of(&reply, req);
	reply.state = STATE_RECORDED; /* where the operation has one */
	send_reply(fd, &reply);
}

void
hello_reply(struct reply *out, const struct request *req)
{
	reply_of(out, req);
	out->hello = (struct hello){
		.protocol = PROTOCOL_VERSION,
		.version = "1",
		.model = "virtual-additive",
		.layout = IMAGE_LAYOUT,
		.class = CLASS_DEVELOPMENT,
		.chip = {.len = 8, .byte = {1, 2, 3, 4, 5, 6, 7, 8}},
		.state = STATE_BLANK,
		.secret = FIELD_EMPTY,
		.word_kind = WORDS_ADDITIVE,
		.modem_slots = 1,
		.lock_units = 4,
	};
}

void
act_hello(int fd, struct script *script, const struct request *req)
{
	struct reply reply;

	(void)script;
	hello_reply(&reply, req);
	send_reply(fd, &reply);
}

/* Resent requests must be the same bytes. */
static void
note_request(struct script *script, struct bytes message)
{
	if (script->requests == 1) {
		memcpy(script->first_bytes, message.ptr, message.len);
		script->first_len = message.len;
	} else if (!bytes_equal(message, bytes_of(script->first_bytes,
						  script->first_len))) {
		script->is_changed = true;
	}
}

static void
serve(int fd, void *ctx)
{
	struct script *script = ctx;
	struct frame_reader reader;
	struct bytes message;

	frame_reader_init(&reader);
	while (peer_read_message(fd, &reader, &message)) {
		struct request req;

		if (request_decode(&req, message) != ST_OK)
			continue;
		if (req.head.op == OP_HELLO) {
			script->hellos++;
			script->act_hello(fd, script, &req);
			continue;
		}
		script->requests++;
		note_request(script, message);
		script->act(fd, script, &req);
	}
}

void
act_nothing(int fd, struct script *script, const struct request *req)
{
	(void)fd;
	(void)script;
	(void)req;
}

static void
on_progress(void *ctx, uint32_t done, uint32_t total)
{
	struct script *script = ctx;

	assert_int_equal(total, 9);
	script->progress_count++;
	script->progress_last = done;
}

static void
start(struct fixture *fixture, act_fn *act, act_fn *on_hello)
{
	memset(fixture, 0, sizeof(*fixture));
	fixture->script.act = act;
	fixture->script.act_hello = on_hello;
	peer_start(&fixture->peer, serve, &fixture->script);
}

static void
open_device(struct fixture *fixture, const char *address)
{
	assert_int_equal(device_open(&fixture->device, address,
				     deadline_in(LONG_MS)),
			 ST_OK);
	fixture->device.progress = on_progress;
	fixture->device.progress_ctx = &fixture->script;
}

void
fixture_start(struct fixture *fixture, act_fn *act, act_fn *on_hello)
{
	start(fixture, act, on_hello);
	open_device(fixture, fixture->peer.address);
}

void
fixture_start_behind(struct fixture *fixture, unsigned int baud, act_fn *act,
		     act_fn *on_hello)
{
	char path[PACE_PATH_MAX + 1];

	start(fixture, act, on_hello);
	fixture->is_paced =
		pace_start(&fixture->pace, path, fixture->peer.path, baud);
	assert_true(fixture->is_paced);
	snprintf(fixture->address, sizeof(fixture->address), "pty:%s", path);
	open_device(fixture, fixture->address);
}

void
fixture_open(struct fixture *fixture, act_fn *act)
{
	fixture_start(fixture, act, act_hello);
	assert_int_equal(device_hello(&fixture->device, &fixture->hello,
				      deadline_in(LONG_MS)),
			 ST_OK);
	assert_int_equal(fixture->device.session, SESSION);
}

void
fixture_close(struct fixture *fixture)
{
	device_close(&fixture->device);
	if (fixture->is_paced)
		pace_stop(&fixture->pace);
	peer_stop(&fixture->peer);
}

enum status
lock_within(struct fixture *fixture, struct reply *reply, int64_t ms)
{
	struct request req = {.head.op = OP_LOCK};

	return device_exchange(&fixture->device, &req, reply, deadline_in(ms));
}
