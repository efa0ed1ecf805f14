/* SPDX-License-Identifier: Apache-2.0 */
#include "boot/boot.h"

#include "boot/device_key.h"
#include "boot/state.h"
#include "proto/decide.h"

/* What a check of the record looks at. */
struct checked {
	struct image image;
	struct device_view view;
	struct chip_id chip;
	struct public_key device;
	struct cert cert;
	struct record record;
};

static enum status
check_silicon(struct checked *c, const struct port *port)
{
	enum status st = state_sense(&c->image, port);

	if (st != ST_OK)
		return st;
	st = state_judge(&c->view, &c->image, port);
	if (st != ST_OK)
		return st;
	if (c->view.state == STATE_VOID)
		return ST_OTP_VOID;
	if (c->view.state == STATE_LOCK_FAILED)
		return ST_AGENT_LOCK_FAILED;
	st = decide_state(c->view.state, 1u << STATE_LOCKED,
			  ST_AGENT_NOT_LOCKED);
	return st != ST_OK ? st : port->chip_id(port->ctx, &c->chip);
}

static enum status
find_device_key(struct checked *c)
{
	struct crypto_key key;
	enum status st = device_key_open(&key, &c->image, &c->chip);

	if (st != ST_OK)
		return st;
	st = crypto_key_public(&c->device, &key);
	crypto_key_close(&key);
	return st;
}

/* Signatures, role, class, model and numbers under the root. */
static enum status
check_signed(struct checked *c, const struct port *port,
	     const struct boot_trust *trust, struct bytes cert,
	     struct bytes record)
{
	if (cert_open(&c->cert, cert, &trust->root) != ST_OK ||
	    record_open(&c->record, record, &c->cert.key) != ST_OK)
		return ST_BOOT_RECORD;
	if (c->cert.role != ROLE_LINE || c->cert.class != trust->class ||
	    c->record.class != trust->class ||
	    c->view.image.header.class != trust->class ||
	    !text_equal(c->cert.model, port->info->model) ||
	    !text_equal(c->record.model, c->cert.model) ||
	    memcmp(&c->cert.ledger, &c->record.ledger,
		   sizeof(c->cert.ledger)) != 0)
		return ST_BOOT_RECORD;
	return cert_covers_all(&c->cert, &c->record.identity, ST_BOOT_RECORD);
}

/* The record speaks of this chip, this key and these fuses. */
static enum status
check_fit(const struct checked *c)
{
	struct sha256 digest, own;
	enum status st = record_digest(&digest, &c->record);

	if (st != ST_OK)
		return st;
	st = identity_digest(&own, c->view.image.header.class, &c->chip,
			     &c->view.image.identity, &c->device);
	if (st != ST_OK)
		return st;
	st = decide_equal(bytes_of(digest.byte, SHA256_LEN),
			  bytes_of(own.byte, SHA256_LEN), ST_BOOT_RECORD);
	if (st != ST_OK)
		return st;
	return decide_equal(bytes_of(digest.byte, SHA256_LEN),
			    bytes_of(c->view.image.digest.byte, SHA256_LEN),
			    ST_BOOT_DIGEST);
}

/* Corrected cells count only if what they say equals the record exactly. */
static enum status
check_exact(const struct checked *c)
{
	struct image plain = c->image;
	const struct image_plan plan = {
		.class = c->record.class,
		.identity = c->record.identity,
		.has_digest = true,
		.digest = c->view.image.digest,
		.is_marked = true,
	};

	for (unsigned int word = 0; word < IMAGE_WORDS; word++)
		if (plain.health[word] == WORD_CORRECTED)
			plain.health[word] = WORD_GOOD;
	return image_exact(&plain, &plan);
}

enum status
boot_check(const struct port *port, const struct boot_trust *trust,
	   struct bytes cert, struct bytes record)
{
	struct checked c;
	enum status st = check_silicon(&c, port);

	if (st != ST_OK)
		return st;
	if (cert.len == 0 || record.len == 0)
		return ST_BOOT_RECORD_ABSENT;
	st = find_device_key(&c);
	if (st != ST_OK)
		return st;
	st = check_signed(&c, port, trust, cert, record);
	if (st != ST_OK)
		return st;
	st = check_fit(&c);
	if (st != ST_OK)
		return st;
	return decide_both(check_exact(&c), check_exact(&c), ST_OTP_INEXACT);
}
