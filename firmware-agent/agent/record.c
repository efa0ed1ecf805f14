/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/burn.h"
#include "proto/decide.h"

/*
 * The record's digest is that of this chip, key and fuses, and the one that is
 * burnt; compared before its signatures, so that a misfit is told as one.
 */
static enum status
check_fit(struct turn *turn, const struct sha256 *digest)
{
	const struct image_view *view = &turn->view.image;
	struct crypto_key key;
	struct public_key device;
	struct sha256 own;
	enum status st = turn_key(turn, &key, &device);

	if (st != ST_OK)
		return st;
	crypto_key_close(&key);
	if (!view->is_identity_whole)
		return ST_AGENT_MISMATCH;
	st = identity_digest(&own, view->header.class, &turn->chip,
			     &view->identity, &device);
	if (st != ST_OK)
		return st;
	st = decide_equal(bytes_of(digest, sizeof(*digest)),
			  bytes_of(&own, sizeof(own)), ST_AGENT_MISMATCH);
	if (st != ST_OK)
		return st;
	if (!view->has_digest)
		return ST_OK;
	return decide_equal(bytes_of(digest, sizeof(*digest)),
			    bytes_of(&view->digest, sizeof(*digest)),
			    ST_AGENT_MISMATCH);
}

/* Of the certificate's key, class, model, ledger and numbers. */
static enum status
check_signed(const struct turn *turn, struct bytes cert_object,
	     struct bytes object)
{
	struct cert cert;
	struct record record;
	enum status st = turn_cert(turn, cert_object, &cert);

	if (st != ST_OK)
		return st;
	st = record_open(&record, object, &cert.key);
	if (st != ST_OK)
		return st;
	if (record.class != cert.class)
		return ST_AGENT_CLASS;
	if (memcmp(&record.ledger, &cert.ledger, sizeof(cert.ledger)) != 0 ||
	    !text_equal(record.model, cert.model))
		return ST_AGENT_CERTIFICATE;
	return cert_covers_all(&cert, &record.identity, ST_AGENT_INTERVAL);
}

enum status
turn_record(struct turn *turn, struct bytes cert, struct bytes object,
	    struct sha256 *digest)
{
	struct record record;
	enum status st = record_peek(&record, object);

	if (st == ST_OK)
		st = record_digest(digest, &record);
	if (st == ST_OK)
		st = check_fit(turn, digest);
	return st == ST_OK ? check_signed(turn, cert, object) : st;
}

/* Only once the record is safe in the store. */
static enum status
burn_digest(struct turn *turn, const struct sha256 *digest)
{
	struct image_payload payload;
	enum status st;

	if (turn->view.image.field[FIELD_DIGEST] == FIELD_DONE)
		return ST_OK;
	st = turn_guard(turn, 1u << STATE_WRITTEN);
	if (st != ST_OK)
		return st;
	image_digest_payload(&payload, digest);
	st = burn_field(turn, FIELD_DIGEST, &payload);
	return st != ST_OK ? st : turn_sense(turn);
}

#define IDENTITY_STATES                                                        \
	(1u << STATE_WRITTEN | 1u << STATE_RECORDED | 1u << STATE_LOCKING |    \
	 1u << STATE_LOCKED | 1u << STATE_LOCK_FAILED)

enum status
request_store(struct turn *turn)
{
	bool has_digest = turn->view.image.field[FIELD_DIGEST] == FIELD_DONE;
	struct sha256 digest;
	enum status st = turn_guard(turn, has_digest ? IDENTITY_STATES
						     : 1u << STATE_WRITTEN);

	if (st == ST_OK)
		st = turn_record(turn, turn->req->cert, turn->req->object,
				 &digest);
	if (st == ST_OK)
		st = turn_store(turn, STORED_RECORD);
	if (st == ST_OK)
		st = burn_digest(turn, &digest);
	turn->reply->state = turn->view.state;
	return st;
}
