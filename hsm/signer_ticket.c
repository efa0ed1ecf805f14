/* SPDX-License-Identifier: Apache-2.0 */
#include <time.h>

#include "hsm/log.h"
#include "hsm/signer_state.h"

/* ------------------------------------------------------------- bindings */

/* No number may be another chip's. */
static enum status
check_numbers(const struct signer *signer, const struct chip_id *chip,
	      const struct identity *identity)
{
	for (unsigned int i = 0; i < SLOTS_MAX; i++) {
		struct entry entry;
		bool found;
		enum status status;

		if (identity->slot[i].body == IMEI_NONE.body)
			continue;
		status = register_find_imei(signer->reg, identity->slot[i],
					    &entry, &found);
		if (status != ST_OK)
			return status;
		if (found && !chip_id_equal(&entry.chip, chip))
			return ST_HSM_IMEI_TAKEN;
	}
	return ST_OK;
}

/* The chip is known with this key and identity, or not at all. */
static enum status
check_chip(const struct signer *signer, const struct chip_id *chip,
	   const struct public_key *key, const struct identity *identity,
	   bool *is_known)
{
	struct entry entry;
	enum status status =
		register_find_chip(signer->reg, chip, &entry, is_known);

	if (status != ST_OK || !*is_known)
		return status;
	if (memcmp(&entry.key, key, sizeof(*key)) != 0 ||
	    !identity_equal(&entry.identity, identity))
		return ST_HSM_CHIP_TAKEN;
	return ST_OK;
}

static enum status
check_skipped(const struct signer *signer, const struct identity *identity)
{
	for (unsigned int i = 0; i < SLOTS_MAX; i++)
		if (signer_mark_is_skipped(signer, identity->slot[i]))
			return ST_HSM_SKIPPED;
	return ST_OK;
}

/* May this chip and key have this identity?  *is_known if they have it. */
static enum status
check_binding(const struct signer *signer, const struct chip_id *chip,
	      const struct public_key *key, const struct identity *identity,
	      bool *is_known)
{
	enum status status = check_numbers(signer, chip, identity);

	*is_known = false;
	if (status != ST_OK)
		return status;
	return check_chip(signer, chip, key, identity, is_known);
}

/* The line of the model, which must have its certificate. */
static enum status
find_line(struct signer *signer, const char *model, struct signer_key **key)
{
	*key = NULL;
	if (signer->role != ROLE_LINE)
		return ST_HSM_ROLE;
	*key = signer_find_key(signer, model);
	return *key != NULL && signer_key_has_cert(*key) ? ST_OK
							 : ST_HSM_CERTIFICATE;
}

/* Sign what entry, the last one, was noted for; others decide meanwhile. */
static enum status
sign_noted(struct signer *signer, const struct signer_key *key,
	   const struct cose_kind *kind, struct bytes payload,
	   const struct entry *entry, struct object *out)
{
	enum status status;

	signer_leave(signer);
	status = register_sync(signer->reg, entry->number);
	if (status == ST_OK)
		status = signer_sign(signer, key, kind, payload, &entry->digest,
				     out);
	signer_enter(signer);
	return status;
}

static void
log_unit(const char *what, const struct identity *identity)
{
	char masked[IMEI_MASKED_LEN + 1];

	imei_format_masked(masked, identity->slot[identity->primary]);
	signer_log("%s: %s", what, masked);
}

/* ---------------------------------------------------------------- ticket */

/* A ledger that knows less than the register heard of it is an old copy. */
static enum status
check_ledger(const struct signer *signer, const struct chain_head *ledger)
{
	if (ledger->count < signer->heard.count)
		return ST_HSM_LEDGER_OLD;
	if (ledger->count == signer->heard.count &&
	    memcmp(&ledger->hash, &signer->heard.hash, sizeof(ledger->hash)) !=
		    0)
		return ST_HSM_LEDGER_OLD;
	return ST_OK;
}

/* Checking the unit's signature holds up nobody. */
static enum status
open_key_token(struct signer *signer, const struct wire_request *request,
	       struct key_token *token)
{
	enum status status;

	signer_leave(signer);
	status = key_token_open(token, request->object);
	signer_enter(signer);
	return status == ST_OK && signer->is_shut_down ? ST_HSM_CONNECT
						       : status;
}

static enum status
check_ticket(const struct signer *signer, const struct signer_key *key,
	     const struct wire_request *request, const struct key_token *token,
	     bool *is_known)
{
	enum status status;

	if (token->class != signer->class)
		return ST_HSM_CLASS;
	status = cert_covers_all(&key->cert, &request->identity,
				 ST_HSM_INTERVAL);
	if (status == ST_OK)
		status = check_ledger(signer, &request->heard);
	if (status == ST_OK)
		status = check_binding(signer, &token->chip, &token->device,
				       &request->identity, is_known);
	if (status != ST_OK || *is_known)
		return status;
	return check_skipped(signer, &request->identity);
}

static void
encode_ticket(const struct signer *signer, const struct wire_request *request,
	      const struct key_token *token, struct cbor_out *out)
{
	struct ticket ticket = {
		.issued = (uint64_t)time(NULL),
		.nonce = token->device_nonce,
		.class = signer->class,
		.chip = token->chip,
		.device = token->device,
		.identity = request->identity,
		.ledger = signer->ledger,
	};

	ticket_encode(out, &ticket);
}

static enum status
note_ticket(struct signer *signer, struct signer_key *key,
	    const struct wire_request *request, const struct key_token *token,
	    struct entry *entry)
{
	enum status status =
		signer_mark_reserve(signer, key, &request->identity);

	entry->chip = token->chip;
	entry->key = token->device;
	entry->identity = request->identity;
	entry->heard = request->heard;
	if (status == ST_OK)
		status = signer_note(signer, entry);
	if (status == ST_OK)
		signer_mark_used(key, &request->identity);
	return status;
}

static enum status
sign_ticket(struct signer *signer, struct signer_key *key,
	    const struct wire_request *request, const struct key_token *token,
	    struct entry *entry, struct wire_reply *reply)
{
	uint8_t buf[PAYLOAD_MAX];
	struct cbor_out payload;
	struct bytes encoded;
	enum status status;

	cbor_out_init(&payload, buf, sizeof(buf));
	encode_ticket(signer, request, token, &payload);
	status = cbor_out_end(&payload, &encoded);
	if (status == ST_OK)
		status = cose_digest(&entry->digest, &KIND_TICKET, encoded);
	if (status == ST_OK)
		status = note_ticket(signer, key, request, token, entry);
	if (status != ST_OK)
		return status;
	/* as far as this ticket's sync reaches */
	register_head(signer->reg, &reply->reg);
	return sign_noted(signer, key, &KIND_TICKET, encoded, entry,
			  &reply->object);
}

enum status
signer_ticket(struct signer *signer, const struct wire_request *request,
	      struct wire_reply *reply)
{
	struct entry entry = {.kind = ENTRY_TICKET};
	struct key_token token;
	struct signer_key *key;
	bool is_known = false;
	enum status status = find_line(signer, request->model, &key);

	if (status == ST_OK)
		status = open_key_token(signer, request, &token);
	if (status == ST_OK)
		status = check_ticket(signer, key, request, &token, &is_known);
	if (status != ST_OK)
		return status;
	if (is_known)
		entry.kind = ENTRY_AGAIN;
	status = sign_ticket(signer, key, request, &token, &entry, reply);
	if (status == ST_OK)
		log_unit(is_known ? "ticket again" : "ticket",
			 &request->identity);
	return status;
}

/* --------------------------------------------------- another key's ticket */

static enum status
open_shown(const struct signer *signer, const struct wire_request *request,
	   struct ticket *ticket)
{
	struct cert cert;
	enum status status;

	if (request->ticket.len == 0 || request->ticket_cert.len == 0)
		return ST_HSM_NO_TICKET;
	status = cert_open(&cert, request->ticket_cert, &signer->root);
	if (status != ST_OK)
		return status;
	if (cert.role != ROLE_LINE || cert.class != signer->class ||
	    memcmp(&cert.ledger, &signer->ledger, sizeof(cert.ledger)) != 0)
		return ST_HSM_CERTIFICATE;
	status = ticket_open(ticket, request->ticket, &cert.key);
	if (status != ST_OK)
		return status;
	if (ticket->class != signer->class ||
	    memcmp(&ticket->ledger, &signer->ledger, sizeof(ticket->ledger)))
		return ST_HSM_CERTIFICATE;
	return cert_covers_all(&cert, &ticket->identity, ST_HSM_INTERVAL);
}

/* Another key's ticket for the unit that token speaks of. */
static enum status
check_shown(const struct signer *signer, const struct wire_request *request,
	    const struct read_token *token, struct identity *identity)
{
	struct ticket ticket;
	bool is_known;
	enum status status = open_shown(signer, request, &ticket);

	if (status != ST_OK)
		return status;
	*identity = ticket.identity;
	if (!chip_id_equal(&ticket.chip, &token->chip) ||
	    memcmp(&ticket.device, &token->device, sizeof(ticket.device)) != 0)
		return ST_HSM_NO_TICKET;
	return check_binding(signer, &ticket.chip, &ticket.device,
			     &ticket.identity, &is_known);
}

static enum status
note_shown(struct signer *signer, struct signer_key *key,
	   const struct wire_request *request, const struct read_token *token,
	   const struct identity *identity)
{
	struct entry entry = {
		.kind = ENTRY_SHOWN,
		.chip = token->chip,
		.key = token->device,
		.identity = *identity,
	};
	struct bytes object = request->ticket;
	enum status status = crypto_sha256(&entry.digest, &object, 1);

	if (status == ST_OK)
		status = signer_mark_reserve(signer, key, identity);
	if (status == ST_OK)
		status = signer_note(signer, &entry);
	if (status == ST_OK)
		signer_mark_used(key, identity);
	return status;
}

/* ---------------------------------------------------------------- record */

/* The identity that the unit was ticketed for. */
struct binding {
	struct identity identity;
	bool is_known; /* to this register; otherwise the ticket was shown */
};

static enum status
find_ticket(const struct signer *signer, const struct wire_request *request,
	    const struct read_token *token, struct binding *binding)
{
	struct entry entry;
	enum status status = register_find_chip(signer->reg, &token->chip,
						&entry, &binding->is_known);

	if (status != ST_OK)
		return status;
	if (!binding->is_known)
		return check_shown(signer, request, token, &binding->identity);
	binding->identity = entry.identity;
	return memcmp(&entry.key, &token->device, sizeof(entry.key)) == 0
		       ? ST_OK
		       : ST_HSM_CHIP_TAKEN;
}

/* What was read must be what was ticketed, bit for bit, and nothing more. */
static enum status
check_readback(const struct read_token *token, const struct identity *identity)
{
	struct image_plan plan = {.class = token->class, .identity = *identity};
	struct image_view view;
	enum status status;

	if (token->layout != IMAGE_LAYOUT || token->secret != FIELD_DONE)
		return ST_HSM_READBACK;
	image_view_open(&view, &token->image, token->secret);
	plan.has_digest = view.field[FIELD_DIGEST] != FIELD_EMPTY;
	plan.is_marked = view.is_marked;
	status = identity_digest(&plan.digest, token->class, &token->chip,
				 identity, &token->device);
	if (status != ST_OK)
		return status;
	status = image_exact(&token->image, &plan);
	return status == ST_OTP_INEXACT ? ST_HSM_READBACK : status;
}

static enum status
make_record(const struct signer *signer, const struct wire_request *request,
	    const struct read_token *token, const struct identity *identity,
	    struct record *record)
{
	struct bytes object = request->object;

	memset(record, 0, sizeof(*record));
	record->issued = (uint64_t)time(NULL);
	record->class = signer->class;
	record->chip = token->chip;
	record->device = token->device;
	record->identity = *identity;
	record->ledger = signer->ledger;
	record->layout = token->layout;
	memcpy(record->model, request->model, sizeof(record->model));
	memcpy(record->final_process, request->final_process,
	       sizeof(record->final_process));
	return crypto_sha256(&record->readback, &object, 1);
}

static enum status
sign_record(struct signer *signer, const struct signer_key *key,
	    const struct record *record, struct object *out)
{
	struct entry entry = {
		.kind = ENTRY_RECORD,
		.chip = record->chip,
		.readback = record->readback,
	};
	uint8_t buf[PAYLOAD_MAX];
	struct cbor_out payload;
	struct bytes encoded;
	enum status status;

	cbor_out_init(&payload, buf, sizeof(buf));
	record_encode(&payload, record);
	status = cbor_out_end(&payload, &encoded);
	if (status == ST_OK)
		status = cose_digest(&entry.digest, &KIND_RECORD, encoded);
	if (status == ST_OK)
		status = signer_note(signer, &entry);
	if (status != ST_OK)
		return status;
	return sign_noted(signer, key, &KIND_RECORD, encoded, &entry, out);
}

static enum status
check_record(const struct signer *signer, const struct signer_key *key,
	     const struct wire_request *request, const struct read_token *token,
	     struct binding *binding)
{
	enum status status;

	if (token->class != signer->class)
		return ST_HSM_CLASS;
	status = find_ticket(signer, request, token, binding);
	if (status == ST_OK)
		status = cert_covers_all(&key->cert, &binding->identity,
					 ST_HSM_INTERVAL);
	return status != ST_OK ? status
			       : check_readback(token, &binding->identity);
}

static enum status
open_read_token(struct signer *signer, const struct wire_request *request,
		struct read_token *token)
{
	enum status status;

	signer_leave(signer);
	status = read_token_open(token, request->object);
	signer_enter(signer);
	return status == ST_OK && signer->is_shut_down ? ST_HSM_CONNECT
						       : status;
}

enum status
signer_record(struct signer *signer, const struct wire_request *request,
	      struct wire_reply *reply)
{
	struct binding binding;
	struct read_token token;
	struct record record;
	struct signer_key *key;
	enum status status = find_line(signer, request->model, &key);

	if (status == ST_OK)
		status = open_read_token(signer, request, &token);
	if (status == ST_OK)
		status = check_record(signer, key, request, &token, &binding);
	if (status == ST_OK)
		status = make_record(signer, request, &token, &binding.identity,
				     &record);
	if (status == ST_OK && !binding.is_known)
		status = note_shown(signer, key, request, &token,
				    &binding.identity);
	if (status == ST_OK)
		status = sign_record(signer, key, &record, &reply->object);
	if (status == ST_OK)
		log_unit("record", &binding.identity);
	return status;
}
