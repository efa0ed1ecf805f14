/* SPDX-License-Identifier: Apache-2.0 */
/*
 * device_talk.h - a tool's client of an agent, and the agent scripted.
 */
#ifndef IMEILOCK_TESTS_DEVICE_TALK_H
#define IMEILOCK_TESTS_DEVICE_TALK_H

#include "station/device.h"
#include "support/pace.h"
#include "support/peer.h"

#define LONG_MS 10000
#define SESSION UINT64_C(0x1122334455667788)

struct script;
/* What the unit does with a request. */
typedef void act_fn(int fd, struct script *script, const struct request *req);

struct script {
	act_fn *act; /* for all but hello */
	act_fn *act_hello;
	unsigned int requests; /* but hello */
	unsigned int hellos;
	size_t first_len;
	uint8_t first_bytes[FRAME_MESSAGE_MAX];
	bool is_changed; /* a repeated request was not the same bytes */
	/* the tool's side: what it was told of progress out of 9 */
	unsigned int progress_count;
	uint32_t progress_last;
};

struct fixture {
	struct peer peer;
	struct script script;
	struct device device;
	struct hello hello;
	/* of fixture_start_behind */
	struct pace pace;
	bool is_paced;
	char address[PACE_PATH_MAX + 8];
};

/* Replies of the unit: a good one to fill in, one that says done. */
void reply_of(struct reply *out, const struct request *req);
void hello_reply(struct reply *out, const struct request *req);
void send_reply(int fd, const struct reply *reply);
act_fn act_answer, act_hello, act_nothing;

/* Open a device to a unit that acts so; the second says hello first. */
void fixture_start(struct fixture *fixture, act_fn *act, act_fn *on_hello);
void fixture_open(struct fixture *fixture, act_fn *act);
/* As fixture_start, behind a serial line of so many baud (support/pace.h). */
void fixture_start_behind(struct fixture *fixture, unsigned int baud,
			  act_fn *act, act_fn *on_hello);
void fixture_close(struct fixture *fixture);

/* One request and its reply. */
enum status lock_within(struct fixture *fixture, struct reply *reply,
			int64_t ms);

#endif
