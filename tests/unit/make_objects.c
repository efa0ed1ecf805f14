/* SPDX-License-Identifier: Apache-2.0 */
/*
 * make_objects - write samples of every signed object and message to a folder,
 * so that others than our own decoders can look at them: RULE.SIZE.SIGNER.object
 * and RULE.SIZE.message, after their rules in docs/record.cddl and
 * docs/protocol.cddl; SIGNER.public.xy, the keys (x, then y); the digest
 * of one record; and the frame of one message.
 */
#include "proto/frame.h"
#include "support/samples.h"

#include <stdio.h>
#include <stdlib.h>

static const char *const size_names[SAMPLE_SIZES] = {"small", "large"};
static const char *const signer_names[SIGNERS] = {"root", "line", "device"};
static const char *const op_names[] = {
	NULL,	 "hello", "key",  "permit", "program", "reload", "read",
	"store", "fetch", "lock", "reset",  "probe",   "attest",
};

static void
write_file(const char *folder, const char *first, const char *second,
	   const char *extension, struct bytes data)
{
	char path[4096];
	FILE *file;
	int len = snprintf(path, sizeof(path), "%s/%s.%s.%s", folder, first,
			   second, extension);

	if (len < 0 || (size_t)len >= sizeof(path))
		exit(1);
	file = fopen(path, "wb");
	if (file == NULL || fwrite(data.ptr, 1, data.len, file) != data.len ||
	    fclose(file) != 0) {
		perror(path);
		exit(1);
	}
}

static void
write_object(const char *folder, const struct sample_kind *kind,
	     enum sample_size size)
{
	uint8_t payload[PAYLOAD_MAX], buf[OBJECT_MAX];
	char second[32];

	(void)snprintf(second, sizeof(second), "%s.%s", size_names[size],
		       signer_names[kind->signer]);
	write_file(folder, kind->name, second, "object",
		   sample_sign(buf, kind, sample_payload(payload, kind, size)));
}

static void
check(enum status status)
{
	if (status != ST_OK)
		exit(1);
}

static void
write_messages(const char *folder, enum msg_op op, enum sample_size size)
{
	uint8_t buf[FRAME_MESSAGE_MAX];
	struct bytes message;
	struct request req;
	struct reply reply;
	char name[64];

	sample_msg_request(&req, op, size);
	check(request_encode(&message, buf, sizeof(buf), &req));
	(void)snprintf(name, sizeof(name), "%s-request", op_names[op]);
	write_file(folder, name, size_names[size], "message", message);

	sample_msg_reply(&reply, op, size);
	check(reply_encode(&message, buf, sizeof(buf), &reply));
	(void)snprintf(name, sizeof(name), "%s-reply", op_names[op]);
	write_file(folder, name, size_names[size], "message", message);
}

static void
write_outcomes(const char *folder)
{
	uint8_t buf[FRAME_MESSAGE_MAX];
	struct bytes message;
	struct reply reply = {.head = {1, 2, OP_PROGRAM},
			      .status = ST_AGENT_LOCKED};

	check(reply_encode(&message, buf, sizeof(buf), &reply));
	write_file(folder, "failed-reply", "small", "message", message);
	reply.is_progress = true;
	reply.done = 3;
	reply.total = 90;
	check(reply_encode(&message, buf, sizeof(buf), &reply));
	write_file(folder, "progress", "small", "message", message);
}

/* The example of docs/protocol.md. */
static void
write_frame(const char *folder)
{
	uint8_t buf[FRAME_MESSAGE_MAX], wire[FRAME_WIRE_MAX];
	struct bytes message;
	struct request req;
	size_t len;

	sample_msg_request(&req, OP_RESET, SAMPLE_SMALL);
	check(request_encode(&message, buf, sizeof(buf), &req));
	check(frame_encode(wire, sizeof(wire), &len, message));
	write_file(folder, "reset-request", "small", "frame",
		   bytes_of(wire, len));
}

static void
write_digest(const char *folder)
{
	struct record record;
	struct sha256 digest;

	sample_record(&record, SAMPLE_LARGE);
	check(record_digest(&digest, &record));
	write_file(folder, "record", "large", "digest",
		   bytes_of(digest.byte, sizeof(digest.byte)));
}

static void
write_keys(const char *folder)
{
	for (int i = 0; i < SIGNERS; i++) {
		struct public_key key;

		sample_public(&key, (enum sample_signer)i);
		write_file(folder, signer_names[i], "public", "xy",
			   bytes_of(key.xy, sizeof(key.xy)));
	}
}

int
main(int argc, char **argv)
{
	if (argc != 2) {
		(void)fprintf(stderr, "usage: make_objects FOLDER\n");
		return 1;
	}
	for (int size = 0; size < SAMPLE_SIZES; size++) {
		for (int i = 0; i < SAMPLE_KINDS; i++)
			write_object(argv[1], &sample_kinds[i],
				     (enum sample_size)size);
		for (int op = OP_HELLO; op <= OP_ATTEST; op++)
			write_messages(argv[1], (enum msg_op)op,
				       (enum sample_size)size);
	}
	write_outcomes(argv[1]);
	write_digest(argv[1]);
	write_frame(argv[1]);
	write_keys(argv[1]);
	return 0;
}
