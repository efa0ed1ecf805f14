/* SPDX-License-Identifier: Apache-2.0 */
#include "hsm/client.h"

#include <stdlib.h>

#include "hsm/transport.h"
#include "hsm/wire.h"

struct hsm {
	struct hsm_transport transport;
};

enum status
hsm_open(struct hsm **out, const struct hsm_transport *transport)
{
	struct hsm *hsm = calloc(1, sizeof(*hsm));

	*out = NULL;
	if (hsm == NULL) {
		transport->close(transport->ctx);
		return ST_STATION_MEMORY;
	}
	hsm->transport = *transport;
	*out = hsm;
	return ST_OK;
}

void
hsm_close(struct hsm *hsm)
{
	if (hsm == NULL)
		return;
	hsm->transport.close(hsm->transport.ctx);
	free(hsm);
}

/* One request; what the signer said of it is what is returned. */
static enum status
call(struct hsm *hsm, const struct wire_request *request,
     struct wire_reply *reply)
{
	uint8_t buf[WIRE_MAX], back[WIRE_MAX];
	struct bytes message;
	enum status status;

	memset(reply, 0, sizeof(*reply));
	status = wire_request_encode(&message, buf, request);
	if (status != ST_OK)
		return status == ST_CBOR_SPACE ? ST_HSM_REQUEST : status;
	status = hsm->transport.exchange(hsm->transport.ctx, message, back,
					 &message);
	if (status == ST_OK)
		status = wire_reply_decode(reply, request->op, message);
	return status != ST_OK ? status : reply->status;
}

/* A text that fits its field, or "", which the signer refuses. */
static void
copy_text(char *out, size_t size, const char *text)
{
	if (strlen(text) < size)
		strcpy(out, text);
}

enum status
hsm_status(struct hsm *hsm, struct hsm_status *out)
{
	struct wire_request request = {.op = WIRE_STATUS};
	struct wire_reply reply;
	enum status status = call(hsm, &request, &reply);

	*out = reply.info;
	return status;
}

const struct hsm_line *
hsm_find_line(const struct hsm_status *status, const char *model)
{
	for (unsigned int i = 0; i < status->line_count; i++)
		if (strcmp(status->line[i].model, model) == 0)
			return &status->line[i];
	return NULL;
}

enum status
hsm_register_at(struct hsm *hsm, uint64_t count, struct sha256 *out)
{
	struct wire_request request = {.op = WIRE_REGISTER_AT, .count = count};
	struct wire_reply reply;
	enum status status = call(hsm, &request, &reply);

	*out = reply.hash;
	return status;
}

enum status
hsm_root(struct hsm *hsm, enum dev_class class, struct public_key *out)
{
	struct wire_request request = {.op = WIRE_ROOT, .class = class};
	struct wire_reply reply;
	enum status status = call(hsm, &request, &reply);

	*out = reply.key;
	return status;
}

enum status
hsm_certify(struct hsm *hsm, struct bytes object,
	    const struct interval *interval, unsigned int count, uint32_t epoch,
	    struct object *cert)
{
	struct wire_request request = {
		.op = WIRE_CERTIFY,
		.object = object,
		.interval_count = count,
		.epoch = epoch,
	};
	struct wire_reply reply;
	enum status status;

	cert->len = 0;
	if (count > INTERVALS_MAX)
		return ST_HSM_INTERVAL;
	if (count > 0)
		memcpy(request.interval, interval, count * sizeof(*interval));
	status = call(hsm, &request, &reply);
	*cert = reply.object;
	return status;
}

enum status
hsm_revoke(struct hsm *hsm, struct bytes cert, uint64_t from,
	   const char *reason, struct object *notice)
{
	struct wire_request request = {
		.op = WIRE_REVOKE,
		.object = cert,
		.count = from,
	};
	struct wire_reply reply;
	enum status status;

	copy_text(request.reason, sizeof(request.reason), reason);
	status = call(hsm, &request, &reply);
	*notice = reply.object;
	return status;
}

enum status
hsm_request(struct hsm *hsm, enum dev_class class, const char *model,
	    const struct ledger_id *ledger, struct object *out)
{
	struct wire_request request = {
		.op = WIRE_REQUEST,
		.class = class,
		.ledger = *ledger,
	};
	struct wire_reply reply;
	enum status status;

	copy_text(request.model, sizeof(request.model), model);
	status = call(hsm, &request, &reply);
	*out = reply.object;
	return status;
}

enum status
hsm_install(struct hsm *hsm, struct bytes cert, const struct public_key *root)
{
	struct wire_request request = {
		.op = WIRE_INSTALL,
		.object = cert,
		.root = *root,
	};
	struct wire_reply reply;

	return call(hsm, &request, &reply);
}

enum status
hsm_ticket(struct hsm *hsm, const char *model, struct bytes key_token,
	   const struct identity *identity, const struct chain_head *ledger,
	   struct object *ticket, struct chain_head *reg)
{
	struct wire_request request = {
		.op = WIRE_TICKET,
		.object = key_token,
		.identity = *identity,
		.heard = *ledger,
	};
	struct wire_reply reply;
	enum status status;

	copy_text(request.model, sizeof(request.model), model);
	status = call(hsm, &request, &reply);
	*ticket = reply.object;
	*reg = reply.reg;
	return status;
}

enum status
hsm_record(struct hsm *hsm, struct bytes read_token, struct bytes ticket,
	   struct bytes ticket_cert, const char *model,
	   const char *final_process, struct object *record)
{
	struct wire_request request = {
		.op = WIRE_RECORD,
		.object = read_token,
		.ticket = ticket,
		.ticket_cert = ticket_cert,
	};
	struct wire_reply reply;
	enum status status;

	copy_text(request.model, sizeof(request.model), model);
	copy_text(request.final_process, sizeof(request.final_process),
		  final_process);
	status = call(hsm, &request, &reply);
	*record = reply.object;
	return status;
}

enum status
hsm_shutdown(struct hsm *hsm)
{
	struct wire_request request = {.op = WIRE_SHUTDOWN};
	struct wire_reply reply;

	return call(hsm, &request, &reply);
}
