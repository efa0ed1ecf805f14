/* SPDX-License-Identifier: Apache-2.0 */
#include "tool/claims.h"

#include <stdio.h>
#include <stdlib.h>

#include "proto/claims.h"
#include "proto/revocation.h"
#include "tool/diag.h"
#include "tool/lang.h"

/* How a claim's value is best shown; whatever does not fit is shown as it
 * stands, in diagnostic notation. */
enum shown_as {
	AS_IS,
	AS_TIME,
	AS_TEXT,
	AS_HEX,
	AS_KEY,
	AS_CLASS,
	AS_ROLE,
	AS_STATE,
	AS_ORIGIN,
	AS_FIELD_STATE,
	AS_DEBUG,
	AS_STATUS,
	AS_IDENTITY,
	AS_INTERVALS,
	AS_CANARIES,
};

struct claim_name {
	int64_t key;
	const char *name;
	enum shown_as as;
};

static const struct claim_name registered[] = {
	{CLAIM_IAT, "issued", AS_TIME},
	{CLAIM_CTI, "id", AS_HEX},
	{CLAIM_CNF, "certified_key", AS_KEY},
	{CLAIM_NONCE, "nonce", AS_HEX},
	{CLAIM_UEID, "ueid", AS_HEX},
	{CLAIM_OEMBOOT, "secure_boot", AS_IS},
	{CLAIM_DBGSTAT, "debug", AS_DEBUG},
	{CLAIM_PROFILE, "eat_profile", AS_TEXT},
	{CLAIM_SWVERSION, "version", AS_IS},
	{0, NULL, AS_IS},
};

static const struct claim_name own[] = {
	{OWN_CLASS, "class", AS_CLASS},
	{OWN_CHIP, "chip", AS_HEX},
	{OWN_DEVICE, "device_key", AS_HEX},
	{OWN_IDENTITY, "imei", AS_IDENTITY},
	{OWN_LEDGER, "ledger", AS_HEX},
	{OWN_LAYOUT, "layout", AS_IS},
	{OWN_MODEL, "model", AS_TEXT},
	{OWN_STATE, "state", AS_STATE},
	{OWN_ROLE, "role", AS_ROLE},
	{OWN_EPOCH, "epoch", AS_IS},
	{OWN_INTERVALS, "intervals", AS_INTERVALS},
	{OWN_READBACK, "readback_hash", AS_HEX},
	{OWN_FINAL_PROCESS, "final_process", AS_TEXT},
	{OWN_DEVICE_NONCE, "device_nonce", AS_HEX},
	{OWN_ORIGIN, "key_origin", AS_ORIGIN},
	{OWN_SECRET, "secret", AS_FIELD_STATE},
	{OWN_WORDS, "words", AS_HEX},
	{OWN_HEALTH, "words_not_good", AS_HEX},
	{OWN_STATUS_ONLY, "status_only", AS_IS},
	{OWN_CANARIES, "canaries", AS_CANARIES},
	{OWN_FACTORY_BUILD, "factory_build", AS_IS},
	{OWN_SECRET_HIDDEN, "secret_hidden", AS_IS},
	{OWN_LOCK_PERMANENT, "lock_permanent", AS_IS},
	{OWN_VIRTUAL, "virtual", AS_IS},
	{OWN_LOCK_UNITS, "lock_units", AS_IS},
	{OWN_LOCKED, "locked_mask", AS_IS},
	{OWN_BLANK_CANARIES, "blank_canary_mask", AS_IS},
	{OWN_BOOT, "boot_check", AS_STATUS},
	{OWN_RECORD, "record_hash", AS_HEX},
	{OWN_REVOKED_FROM, "revoked_from", AS_TIME},
	{OWN_REASON, "reason", AS_TEXT},
	{0, NULL, AS_IS},
};

static const struct {
	const struct cose_kind *kind;
	const char *name;
} kinds[] = {
	{&KIND_CERT, "certificate"},	    {&KIND_REQUEST, "request"},
	{&KIND_TICKET, "ticket"},	    {&KIND_RECORD, "record"},
	{&KIND_KEY_TOKEN, "key token"},	    {&KIND_READ_TOKEN, "read token"},
	{&KIND_PROBE_TOKEN, "probe token"}, {&KIND_EVIDENCE, "evidence"},
	{&KIND_REVOCATION, "revocation"},
};

const char *
claims_kind(struct bytes object)
{
	const struct cose_kind *kind = signed_kind(object);

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (kinds[i].kind == kind)
			return kinds[i].name;
	return NULL;
}

static const struct claim_name *
find_name(const struct claim_name *names, int64_t key)
{
	while (names->name != NULL && names->key != key)
		names++;
	return names->name != NULL ? names : NULL;
}

/* The name of a number, for the ways that have one. */
static const char *
number_name(enum shown_as as, uint64_t value)
{
	unsigned int number = value <= INT32_MAX ? (unsigned int)value : 0;

	switch ((unsigned int)as) {
	case AS_CLASS:
		return text_class((enum dev_class)number);
	case AS_ROLE:
		return text_role((enum key_role)number);
	case AS_STATE:
		return text_device_state((enum device_state)number);
	case AS_ORIGIN:
		return text_origin((enum key_origin)number);
	case AS_FIELD_STATE:
		return text_field_state((enum field_state)number);
	case AS_DEBUG:
		return text_debug(number);
	case AS_STATUS:
		return status_name((enum status)number);
	default:
		return NULL;
	}
}

static void
show_diag(struct output *out, const char *name, struct bytes item)
{
	char *text;

	if (diag_print(&text, item) != ST_OK)
		return;
	row_text(out, name, text);
	free(text);
}

static bool
show_number(struct output *out, const struct claim_name *claim,
	    struct bytes item)
{
	struct cbor_in in;
	uint64_t value;
	const char *name;

	cbor_in_init(&in, item);
	value = cbor_get_uint(&in);
	if (cbor_in_end(&in) != ST_OK)
		return false;
	name = number_name(claim->as, value);
	if (name != NULL)
		row_text(out, claim->name, name);
	else if (claim->as == AS_TIME)
		row_time(out, claim->name, value);
	else
		row_uint(out, claim->name, value);
	return true;
}

static bool
show_hex(struct output *out, const struct claim_name *claim, struct bytes item)
{
	struct cbor_in in;
	struct bytes value;

	cbor_in_init(&in, item);
	value = cbor_get_bytes(&in);
	if (cbor_in_end(&in) != ST_OK)
		return false;
	row_hex(out, claim->name, value);
	return true;
}

static bool
show_text(struct output *out, const struct claim_name *claim, struct bytes item)
{
	char text[256];
	struct cbor_in in;

	cbor_in_init(&in, item);
	cbor_get_text_copy(&in, text, sizeof(text));
	if (cbor_in_end(&in) != ST_OK)
		return false;
	row_text(out, claim->name, text);
	return true;
}

static bool
show_identity(struct output *out, const struct claim_name *claim,
	      struct bytes item)
{
	struct identity identity;
	struct cbor_in in;

	cbor_in_init(&in, item);
	identity_get(&in, &identity);
	if (cbor_in_end(&in) != ST_OK)
		return false;
	row_identity(out, claim->name, &identity, true);
	row_uint(out, "primary_slot", identity.primary + 1u);
	return true;
}

static bool
show_intervals(struct output *out, const struct claim_name *claim,
	       struct bytes item)
{
	char text[INTERVALS_MAX][2 * IMEI_BODY_LEN + 2];
	const char *word[INTERVALS_MAX];
	struct cbor_in in;
	size_t count;

	cbor_in_init(&in, item);
	count = cbor_get_array(&in);
	for (size_t i = 0; i < count && i < INTERVALS_MAX; i++) {
		char first[IMEI_BODY_LEN + 1], last[IMEI_BODY_LEN + 1];

		cbor_expect_array(&in, 2);
		imei_format_body(first, (struct imei){cbor_get_uint(&in)});
		imei_format_body(last, (struct imei){cbor_get_uint(&in)});
		(void)snprintf(text[i], sizeof(text[i]), "%s-%s", first, last);
		word[i] = text[i];
	}
	if (cbor_in_end(&in) != ST_OK)
		return false;
	row_list(out, claim->name, word, count);
	return true;
}

static bool
show_canaries(struct output *out, const struct claim_name *claim,
	      struct bytes item)
{
	const char *word[LOCK_UNITS_MAX];
	struct cbor_in in;
	size_t count;

	cbor_in_init(&in, item);
	count = cbor_get_array(&in);
	for (size_t i = 0; i < count && i < LOCK_UNITS_MAX; i++)
		word[i] = text_canary(
			(enum canary_result)cbor_get_uint_max(&in, UINT8_MAX));
	if (cbor_in_end(&in) != ST_OK)
		return false;
	row_list(out, claim->name, word, count);
	return true;
}

/* {1: {1: kty, -1: crv, -2: x, -3: y}} (RFC 8747, RFC 9052 7) */
static bool
show_cnf(struct output *out, const struct claim_name *claim, struct bytes item)
{
	struct public_key key;
	struct cbor_in in;

	cbor_in_init(&in, item);
	cbor_expect_map(&in, 1);
	cbor_expect_key(&in, 1);
	cbor_expect_map(&in, 4);
	for (unsigned int i = 0; i < 2; i++) {
		(void)cbor_get_int(&in);
		(void)cbor_get_raw(&in);
	}
	cbor_expect_key(&in, -2);
	cbor_get_bytes_exact(&in, key.xy, sizeof(key.xy) / 2);
	cbor_expect_key(&in, -3);
	cbor_get_bytes_exact(&in, key.xy + sizeof(key.xy) / 2,
			     sizeof(key.xy) / 2);
	if (cbor_in_end(&in) != ST_OK)
		return false;
	row_hex(out, claim->name, bytes_of(key.xy, sizeof(key.xy)));
	return true;
}

static bool
show_as(struct output *out, const struct claim_name *claim, struct bytes item)
{
	switch ((unsigned int)claim->as) {
	case AS_TEXT:
		return show_text(out, claim, item);
	case AS_HEX:
		return show_hex(out, claim, item);
	case AS_KEY:
		return show_cnf(out, claim, item);
	case AS_IDENTITY:
		return show_identity(out, claim, item);
	case AS_INTERVALS:
		return show_intervals(out, claim, item);
	case AS_CANARIES:
		return show_canaries(out, claim, item);
	default:
		return show_number(out, claim, item);
	}
}

/* Every pair of a map; pairs without a name stand under "other". */
static void
show_map(struct output *out, struct cbor_in *in, const struct claim_name *names)
{
	size_t pairs = cbor_get_map(in);

	for (size_t i = 0; i < pairs && in->status == ST_OK; i++) {
		int64_t key = cbor_get_int(in);
		const struct claim_name *claim = find_name(names, key);
		struct bytes item;

		if (key == CLAIM_OWN && names == registered) {
			show_map(out, in, own);
			continue;
		}
		item = cbor_get_raw(in);
		if (in->status != ST_OK)
			break;
		if (claim == NULL)
			show_diag(out, "other", item);
		else if (!show_as(out, claim, item))
			show_diag(out, claim->name, item);
	}
}

void
claims_show(struct output *out, struct bytes object)
{
	const char *name = claims_kind(object);
	struct cose_sign1 sign1;
	struct cbor_in in;

	if (name == NULL ||
	    cose_decode(&sign1, signed_kind(object), object) != ST_OK)
		return;
	row_begin(out, "object");
	row_text(out, "object", lang(name));
	cbor_in_init(&in, sign1.payload);
	show_map(out, &in, registered);
	row_end(out);
}
