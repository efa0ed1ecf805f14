/* SPDX-License-Identifier: Apache-2.0 */
#include "hsm/wire.h"

#include "hsm/value.h"

#define FIELDS_MAX 5

/* What messages are made of; a message is its number and a list of these. */
enum field {
	NO_FIELD,
	/* of requests */
	COUNT,
	CLASS,
	OBJECT,
	INTERVALS,
	EPOCH,
	MODEL,
	LEDGER,
	ROOT_KEY,
	IDENTITY,
	HEARD,
	TICKET,
	TICKET_CERT,
	FINAL,
	REASON,
	/* of replies */
	INFO,
	HASH,
	KEY,
	SIGNED,
	REGISTER,
};

static const uint8_t request_shape[WIRE_OPS][FIELDS_MAX + 1] = {
	[WIRE_REGISTER_AT] = {COUNT},
	[WIRE_ROOT] = {CLASS},
	[WIRE_CERTIFY] = {OBJECT, INTERVALS, EPOCH},
	[WIRE_REQUEST] = {CLASS, MODEL, LEDGER},
	[WIRE_INSTALL] = {OBJECT, ROOT_KEY},
	[WIRE_TICKET] = {MODEL, OBJECT, IDENTITY, HEARD},
	[WIRE_RECORD] = {OBJECT, TICKET, TICKET_CERT, MODEL, FINAL},
	[WIRE_REVOKE] = {OBJECT, COUNT, REASON},
};

static const uint8_t reply_shape[WIRE_OPS][FIELDS_MAX + 1] = {
	[WIRE_STATUS] = {INFO},	   [WIRE_REGISTER_AT] = {HASH},
	[WIRE_ROOT] = {KEY},	   [WIRE_CERTIFY] = {SIGNED},
	[WIRE_REQUEST] = {SIGNED}, [WIRE_TICKET] = {SIGNED, REGISTER},
	[WIRE_RECORD] = {SIGNED},  [WIRE_REVOKE] = {SIGNED},
};

static size_t
shape_len(const uint8_t *shape)
{
	size_t len = 0;

	while (shape[len] != NO_FIELD)
		len++;
	return len;
}

/* ------------------------------------------------------------- requests */

static void
put_request_field(struct cbor_out *out, enum field field,
		  const struct wire_request *request)
{
	switch ((unsigned int)field) {
	case COUNT:
		cbor_put_uint(out, request->count);
		return;
	case CLASS:
		value_put_class(out, request->class);
		return;
	case OBJECT:
		cbor_put_bytes(out, request->object);
		return;
	case INTERVALS:
		value_put_intervals(out, request->interval,
				    request->interval_count);
		return;
	case EPOCH:
		cbor_put_uint(out, request->epoch);
		return;
	case MODEL:
		cbor_put_text(out, request->model);
		return;
	case LEDGER:
		value_put_ledger(out, &request->ledger);
		return;
	case ROOT_KEY:
		value_put_key(out, &request->root);
		return;
	case IDENTITY:
		identity_put(out, &request->identity);
		return;
	case HEARD:
		value_put_head(out, &request->heard);
		return;
	case TICKET:
		cbor_put_bytes(out, request->ticket);
		return;
	case TICKET_CERT:
		cbor_put_bytes(out, request->ticket_cert);
		return;
	case FINAL:
		cbor_put_text(out, request->final_process);
		return;
	case REASON:
		cbor_put_text(out, request->reason);
		return;
	default:
		return;
	}
}

static void
get_request_field(struct cbor_in *in, enum field field,
		  struct wire_request *request)
{
	switch ((unsigned int)field) {
	case COUNT:
		request->count = cbor_get_uint(in);
		return;
	case CLASS:
		request->class = value_get_class(in);
		return;
	case OBJECT:
		request->object = cbor_get_bytes(in);
		return;
	case INTERVALS:
		request->interval_count =
			value_get_intervals(in, request->interval);
		return;
	case EPOCH:
		request->epoch = (uint32_t)cbor_get_uint_max(in, UINT32_MAX);
		return;
	case MODEL:
		value_get_text(in, request->model, sizeof(request->model));
		return;
	case LEDGER:
		value_get_ledger(in, &request->ledger);
		return;
	case ROOT_KEY:
		value_get_key(in, &request->root);
		return;
	case IDENTITY:
		identity_get(in, &request->identity);
		return;
	case HEARD:
		value_get_head(in, &request->heard);
		return;
	case TICKET:
		request->ticket = cbor_get_bytes(in);
		return;
	case TICKET_CERT:
		request->ticket_cert = cbor_get_bytes(in);
		return;
	case FINAL:
		value_get_text(in, request->final_process,
			       sizeof(request->final_process));
		return;
	case REASON:
		value_get_text(in, request->reason, sizeof(request->reason));
		return;
	default:
		return;
	}
}

enum status
wire_request_encode(struct bytes *message, uint8_t buf[WIRE_MAX],
		    const struct wire_request *request)
{
	const uint8_t *shape = request_shape[request->op];
	struct cbor_out out;

	cbor_out_init(&out, buf, WIRE_MAX);
	cbor_put_array(&out, 1 + shape_len(shape));
	cbor_put_uint(&out, (uint64_t)request->op);
	for (; *shape != NO_FIELD; shape++)
		put_request_field(&out, (enum field) * shape, request);
	return cbor_out_end(&out, message);
}

enum status
wire_request_decode(struct wire_request *request, struct bytes message)
{
	const uint8_t *shape;
	struct cbor_in in;
	size_t items;
	enum status status;

	memset(request, 0, sizeof(*request));
	cbor_in_init(&in, message);
	items = cbor_get_array(&in);
	request->op = (enum wire_op)cbor_get_uint_max(&in, WIRE_OPS - 1);
	shape = request_shape[request->op];
	if (request->op == WIRE_HELLO || items != 1 + shape_len(shape))
		cbor_fail(&in, ST_CBOR_TYPE);
	for (; *shape != NO_FIELD; shape++)
		get_request_field(&in, (enum field) * shape, request);
	status = cbor_in_end(&in);
	if (status == ST_OK || status == ST_AGENT_IDENTITY)
		return status;
	return ST_HSM_REQUEST;
}

/* --------------------------------------------------------------- replies */

/* null, or the key. */
static void
put_maybe_key(struct cbor_out *out, bool is_there, const struct public_key *key)
{
	if (is_there)
		value_put_key(out, key);
	else
		cbor_put_null(out);
}

static bool
get_maybe_key(struct cbor_in *in, struct public_key *key)
{
	bool is_there = cbor_peek(in) != CBOR_NULL;

	if (is_there)
		value_get_key(in, key);
	else
		cbor_get_null(in);
	return is_there;
}

static void
put_line(struct cbor_out *out, const struct hsm_line *line)
{
	cbor_put_array(out, 4);
	cbor_put_text(out, line->model);
	value_put_key(out, &line->key);
	if (line->has_cert)
		value_put_object(out, &line->cert);
	else
		cbor_put_null(out);
	cbor_put_array(out, INTERVALS_MAX);
	for (unsigned int i = 0; i < INTERVALS_MAX; i++)
		value_put_imei(out, line->next[i]);
}

static void
get_line(struct cbor_in *in, struct hsm_line *line)
{
	cbor_expect_array(in, 4);
	value_get_text(in, line->model, sizeof(line->model));
	value_get_key(in, &line->key);
	line->has_cert = cbor_peek(in) != CBOR_NULL;
	if (line->has_cert)
		value_get_object(in, &line->cert);
	else
		cbor_get_null(in);
	cbor_expect_array(in, INTERVALS_MAX);
	for (unsigned int i = 0; i < INTERVALS_MAX; i++)
		line->next[i] = value_get_imei(in);
}

static void
put_info(struct cbor_out *out, const struct hsm_status *info)
{
	cbor_put_array(out, 10);
	value_put_role(out, info->role);
	value_put_class(out, info->class);
	cbor_put_text(out, info->token_label);
	cbor_put_text(out, info->token_serial);
	cbor_put_bool(out, info->is_hardware);
	put_maybe_key(out, info->has_key, &info->key);
	value_put_ledger(out, &info->ledger);
	value_put_head(out, &info->reg);
	value_put_head(out, &info->seen_ledger);
	cbor_put_array(out, info->line_count);
	for (unsigned int i = 0; i < info->line_count; i++)
		put_line(out, &info->line[i]);
}

static void
get_info(struct cbor_in *in, struct hsm_status *info)
{
	size_t lines;

	cbor_expect_array(in, 10);
	info->role = value_get_role(in);
	info->class = value_get_class(in);
	cbor_get_text_copy(in, info->token_label, sizeof(info->token_label));
	cbor_get_text_copy(in, info->token_serial, sizeof(info->token_serial));
	info->is_hardware = cbor_get_bool(in);
	info->has_key = get_maybe_key(in, &info->key);
	value_get_ledger(in, &info->ledger);
	value_get_head(in, &info->reg);
	value_get_head(in, &info->seen_ledger);
	lines = cbor_get_array(in);
	if (lines > HSM_LINES_MAX) {
		cbor_fail(in, ST_CBOR_TYPE);
		return;
	}
	info->line_count = (uint8_t)lines;
	for (size_t i = 0; i < lines; i++)
		get_line(in, &info->line[i]);
}

static void
put_reply_field(struct cbor_out *out, enum field field,
		const struct wire_reply *reply)
{
	switch ((unsigned int)field) {
	case INFO:
		put_info(out, &reply->info);
		return;
	case HASH:
		value_put_hash(out, &reply->hash);
		return;
	case KEY:
		value_put_key(out, &reply->key);
		return;
	case SIGNED:
		value_put_object(out, &reply->object);
		return;
	case REGISTER:
		value_put_head(out, &reply->reg);
		return;
	default:
		return;
	}
}

static void
get_reply_field(struct cbor_in *in, enum field field, struct wire_reply *reply)
{
	switch ((unsigned int)field) {
	case INFO:
		get_info(in, &reply->info);
		return;
	case HASH:
		value_get_hash(in, &reply->hash);
		return;
	case KEY:
		value_get_key(in, &reply->key);
		return;
	case SIGNED:
		value_get_object(in, &reply->object);
		return;
	case REGISTER:
		value_get_head(in, &reply->reg);
		return;
	default:
		return;
	}
}

enum status
wire_reply_encode(struct bytes *message, uint8_t buf[WIRE_MAX], enum wire_op op,
		  const struct wire_reply *reply)
{
	bool is_good = reply->status == ST_OK;
	const uint8_t *shape = reply_shape[is_good ? op : WIRE_HELLO];
	struct cbor_out out;

	cbor_out_init(&out, buf, WIRE_MAX);
	cbor_put_array(&out, 1 + shape_len(shape));
	cbor_put_uint(&out, (uint64_t)reply->status);
	for (; *shape != NO_FIELD; shape++)
		put_reply_field(&out, (enum field) * shape, reply);
	return cbor_out_end(&out, message);
}

/* One of ours: what is shown to the operator must have its sentence. */
static bool
is_status(uint64_t value)
{
	static const enum status all[] = {ST_OK,
#define X(name, a, b, index, class, sentence) ST_##name,
					  STATUS_LIST(X)
#undef X
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (value == (uint64_t)all[i])
			return true;
	return false;
}

enum status
wire_reply_decode(struct wire_reply *reply, enum wire_op op,
		  struct bytes message)
{
	const uint8_t *shape;
	struct cbor_in in;
	uint64_t status;
	size_t items;

	memset(reply, 0, sizeof(*reply));
	cbor_in_init(&in, message);
	items = cbor_get_array(&in);
	status = cbor_get_uint(&in);
	shape = reply_shape[status == (uint64_t)ST_OK ? op : WIRE_HELLO];
	if (!is_status(status) || items != 1 + shape_len(shape))
		cbor_fail(&in, ST_CBOR_TYPE);
	for (; *shape != NO_FIELD; shape++)
		get_reply_field(&in, (enum field) * shape, reply);
	if (cbor_in_end(&in) == ST_OK) {
		reply->status = (enum status)status;
		return ST_OK;
	}
	memset(reply, 0, sizeof(*reply));
	return ST_HSM_REPLY;
}

/* ----------------------------------------------------------------- heads */

void
wire_head_encode(uint8_t head[WIRE_HEAD_LEN], size_t len)
{
	for (unsigned int i = 0; i < WIRE_HEAD_LEN; i++)
		head[i] = (uint8_t)(len >> (8 * (WIRE_HEAD_LEN - 1 - i)));
}

enum status
wire_head_decode(size_t *len, const uint8_t head[WIRE_HEAD_LEN])
{
	*len = 0;
	for (unsigned int i = 0; i < WIRE_HEAD_LEN; i++)
		*len = *len << 8 | head[i];
	return *len > 0 && *len <= WIRE_MAX ? ST_OK : ST_HSM_REQUEST;
}
