/* SPDX-License-Identifier: Apache-2.0 */
/*
 * messages.h - what tests of messages share.  A wrong step fails the cmocka
 * test.
 */
#ifndef IMEILOCK_TESTS_MESSAGES_H
#define IMEILOCK_TESTS_MESSAGES_H

#include "proto/frame.h"
#include "proto/msg.h"

#define MESSAGE_SIZE (2 * FRAME_MESSAGE_MAX)

struct bytes encoded_request(uint8_t buf[MESSAGE_SIZE],
			     const struct request *req);
struct bytes encoded_reply(uint8_t buf[MESSAGE_SIZE],
			   const struct reply *reply);

/*
 * Decode.  What decodes must encode to the same bytes again: there is one form
 * of each message.  What does not must be cleared but for its head.
 */
enum status request_status(struct bytes message);
enum status reply_status(struct bytes message);

#endif
