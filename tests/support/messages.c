/* SPDX-License-Identifier: Apache-2.0 */
#include "support/messages.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

struct bytes
encoded_request(uint8_t buf[MESSAGE_SIZE], const struct request *req)
{
	struct bytes message;

	assert_int_equal(request_encode(&message, buf, MESSAGE_SIZE, req),
			 ST_OK);
	return message;
}

struct bytes
encoded_reply(uint8_t buf[MESSAGE_SIZE], const struct reply *reply)
{
	struct bytes message;

	assert_int_equal(reply_encode(&message, buf, MESSAGE_SIZE, reply),
			 ST_OK);
	return message;
}

static bool
is_none(struct request *req)
{
	memset(&req->head, 0, sizeof(req->head));
	return bytes_are(bytes_of(req, sizeof(*req)), 0);
}

enum status
request_status(struct bytes message)
{
	uint8_t buf[MESSAGE_SIZE];
	struct request req;
	enum status status;

	memset(&req, 0xa5, sizeof(req));
	status = request_decode(&req, message);
	if (status != ST_OK)
		assert_true(is_none(&req));
	else
		assert_true(bytes_equal(encoded_request(buf, &req), message));
	return status;
}

enum status
reply_status(struct bytes message)
{
	uint8_t buf[MESSAGE_SIZE];
	struct reply reply;
	enum status status;

	memset(&reply, 0xa5, sizeof(reply));
	status = reply_decode(&reply, message);
	if (status == ST_OK) {
		assert_true(bytes_equal(encoded_reply(buf, &reply), message));
		return status;
	}
	memset(&reply.head, 0, sizeof(reply.head));
	assert_true(bytes_are(bytes_of(&reply, sizeof(reply)), 0));
	return status;
}
