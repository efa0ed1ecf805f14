/* SPDX-License-Identifier: Apache-2.0 */
#include "station/verify.h"

#include <stdarg.h>
#include <stdio.h>

#include "station/ask.h"
#include "tool/lang.h"

/* A unit that is there says so at once; at an AT port nobody ever does. */
#define HELLO_MS 10000

/* What the checks hand on to each other. */
struct look {
	struct verify_report *report;
	struct device *device;
	const struct unit_address *unit;
	const struct verify_options *options;
	struct deadline deadline;
	struct read_token token;
	struct image_view view;
	bool is_probed; /* by the key that answered the probe */
	struct public_key probed;
	const struct public_key *root; /* of the certificate */
};

__attribute__((format(printf, 5, 6))) static void
add_line(struct verify_report *report, const char *check,
	 enum verify_weight weight, enum status status, const char *format, ...)
{
	struct verify_line *line;
	va_list args;

	if (weight == VERIFY_BAD && report->verdict == ST_OK)
		report->verdict = status;
	if (report->line_count == VERIFY_LINES_MAX)
		return;
	line = &report->line[report->line_count++];
	line->check = check;
	line->weight = weight;
	line->status = status;
	va_start(args, format);
	(void)vsnprintf(line->detail, sizeof(line->detail), lang(format), args);
	va_end(args);
}

void
verify_note(struct verify_report *report, const char *check,
	    enum verify_weight weight, enum status status, const char *detail)
{
	add_line(report, check, weight, status, "%s", detail);
}

static bool
good(struct look *look, const char *check, const char *detail)
{
	add_line(look->report, check, VERIFY_GOOD, ST_OK, "%s", detail);
	return true;
}

static bool
bad(struct look *look, const char *check, enum status status,
    const char *detail)
{
	add_line(look->report, check, VERIFY_BAD, status, "%s", detail);
	return false;
}

static bool
look_class(struct look *look)
{
	const struct hello *hello = &look->report->hello;

	if (hello->class == CLASS_PRODUCTION)
		return good(look, "class", "production");
	if (look->options->accept_development)
		return good(look, "class", "development, accepted as asked");
	(void)bad(look, "class", ST_VERIFY_CLASS, "development");
	return true;
}

/* Why a unit in this state did not hold all of its canaries. */
static enum status
open_status(enum device_state state)
{
	if (state == STATE_VOID)
		return ST_OTP_VOID;
	return state == STATE_LOCK_FAILED ? ST_VERIFY_CANARY
					  : ST_AGENT_NOT_LOCKED;
}

static bool
look_canaries(struct look *look)
{
	struct probe_token token;
	enum status st;
	unsigned int held = 0;

	if (!look->report->hello.is_factory_build) {
		add_line(look->report, "canaries", VERIFY_NOT_SHOWN, ST_OK,
			 "status only: a verify-only build does not try them");
		return true;
	}
	st = ask_probe(&token, look->device, &look->report->hello.chip,
		       look->deadline);
	if (st != ST_OK)
		return bad(look, "canaries", st, "no answer to the probe");
	if (token.is_status_only) {
		add_line(look->report, "canaries", VERIFY_NOT_SHOWN, ST_OK,
			 "status only: trying them could harm this part");
		return true;
	}
	look->is_probed = true;
	look->probed = token.device;
	for (unsigned int i = 0; i < token.unit_count; i++)
		held += token.canary[i] == CANARY_HELD;
	if (token.unit_count == 0 || held != token.unit_count ||
	    token.unit_count != look->report->hello.lock_units)
		return bad(look, "canaries", open_status(token.state),
			   "not every lock unit refused the burn");
	add_line(look->report, "canaries", VERIFY_GOOD, ST_OK,
		 "%u of %u lock units refused a burn", held, token.unit_count);
	return true;
}

static enum status
stage_status(enum image_stage stage)
{
	if (stage == IMAGE_VOID)
		return ST_OTP_VOID;
	return stage == IMAGE_MARKED ? ST_OK : ST_AGENT_NOT_LOCKED;
}

static bool
look_fuses(struct look *look)
{
	struct verify_report *report = look->report;
	struct object object;
	enum status st = ask_read(&look->token, &object, look->device,
				  &report->hello.chip, look->deadline);

	if (st != ST_OK)
		return bad(look, "fuses", st, "no valid signed read-back");
	report->device = look->token.device;
	if (look->is_probed &&
	    memcmp(&look->probed, &report->device, sizeof(look->probed)) != 0)
		return bad(look, "fuses", ST_VERIFY_TOKEN,
			   "the probe was answered by another device key");
	image_view_open(&look->view, &look->token.image, look->token.secret);
	report->identity = look->view.identity;
	st = stage_status(look->view.stage);
	if (st != ST_OK)
		return bad(look, "fuses", st, "the image is not a locked one");
	if (!look->view.is_whole)
		return bad(look, "fuses", ST_AGENT_NOT_LOCKED,
			   "the image is not whole");
	add_line(report, "fuses", VERIFY_GOOD, ST_OK,
		 "whole image, %u IMEI, signed read-back with fresh nonce",
		 identity_count(&report->identity));
	return true;
}

static void
look_at_slot(struct look *look, unsigned int slot)
{
	static const char *const name[SLOTS_MAX] = {"AT+CGSN slot 1",
						    "AT+CGSN slot 2",
						    "AT+CGSN slot 3",
						    "AT+CGSN slot 4"};
	struct imei fuses = look->report->identity.slot[slot];
	const char *address = look->unit->at[slot];
	struct imei seen;
	enum imei_form form;
	enum status st;

	if (!imei_is_valid(fuses))
		return;
	if (address[0] == '\0') {
		(void)bad(look, name[slot], ST_VERIFY_AT_ABSENT,
			  "no AT port given");
		return;
	}
	st = at_read_imei(&seen, &form, address, look->deadline);
	if (st != ST_OK)
		(void)bad(look, name[slot], st, "no number from the AT port");
	else if (seen.body != fuses.body)
		(void)bad(look, name[slot], ST_VERIFY_AT,
			  "the AT port shows another number");
	else
		(void)good(look, name[slot],
			   form == IMEI_FORM_CHECK
				   ? "equals the fuses"
				   : "equals the fuses, spare digit shown");
}

/* What the unit holds, unless it is known from a moment ago. */
static enum status
take_object(struct object *out, struct look *look, enum stored which,
	    struct bytes known)
{
	if (known.len == 0)
		return ask_fetch(out, look->device, which, look->deadline);
	object_set(out, known);
	return ST_OK;
}

static bool
look_cert(struct look *look)
{
	struct verify_report *report = look->report;
	enum status st = take_object(&report->cert_object, look,
				     STORED_RECORD_CERT,
				     look->options->stored_cert);

	if (st != ST_OK)
		return bad(look, "certificate", st, "the unit holds none");
	look->root = verify_root(report, look->options);
	if (look->root == NULL)
		return bad(look, "certificate", ST_VERIFY_RECORD,
			   "not signed by a root that was given");
	if (report->cert.role != ROLE_LINE ||
	    report->cert.class != report->hello.class ||
	    !text_equal(report->cert.model, report->hello.model))
		return bad(look, "certificate", ST_VERIFY_RECORD,
			   "for another role, class or model");
	return good(look, "certificate", "signed by the root, role line");
}

/* What the record states is this unit. */
static const char *
record_misfit(const struct look *look)
{
	const struct record *record = &look->report->record;
	const struct verify_report *report = look->report;
	struct sha256 digest;

	if (!chip_id_equal(&record->chip, &report->hello.chip))
		return "for another chip";
	if (memcmp(&record->device, &report->device, sizeof(record->device)) !=
	    0)
		return "for another device key";
	if (!identity_equal(&record->identity, &report->identity))
		return "states other numbers than the fuses";
	if (!text_equal(record->model, report->cert.model))
		return "for another model";
	if (record->class != report->cert.class ||
	    look->view.header.class != record->class ||
	    memcmp(&record->ledger, &report->cert.ledger,
		   sizeof(record->ledger)) != 0)
		return "class or ledger differ from the certificate";
	if (cert_covers_all(&report->cert, &record->identity,
			    ST_AGENT_INTERVAL) != ST_OK)
		return "a number is outside the certificate";
	if (record_digest(&digest, record) != ST_OK ||
	    memcmp(&digest, &look->view.digest, sizeof(digest)) != 0)
		return "the digest in the fuses is another";
	return NULL;
}

static bool
look_record(struct look *look)
{
	struct verify_report *report = look->report;
	const char *misfit;
	enum status st = take_object(&report->record_object, look,
				     STORED_RECORD,
				     look->options->stored_record);

	if (st != ST_OK)
		return bad(look, "record", st, "the unit holds none");
	st = record_open(&report->record, object_bytes(&report->record_object),
			 &report->cert.key);
	if (st != ST_OK)
		return bad(look, "record", ST_VERIFY_RECORD,
			   "not signed by the certified key");
	misfit = record_misfit(look);
	if (misfit != NULL)
		return bad(look, "record", ST_VERIFY_RECORD, misfit);
	return good(look, "record",
		    "signed; chip, key, numbers and digest equal the fuses");
}

static bool
look_exact(struct look *look)
{
	const struct image_plan plan = {
		.class = look->report->record.class,
		.identity = look->report->record.identity,
		.has_digest = true,
		.digest = look->view.digest,
		.is_marked = true,
	};
	enum status st = image_exact(&look->token.image, &plan);

	if (st != ST_OK)
		return bad(look, "exact", st, "an extra or missing bit");
	return good(look, "exact", "equal to the record's plan, bit for bit");
}

static const char *
evidence_misfit(const struct look *look, const struct evidence *evidence)
{
	const struct verify_report *report = look->report;
	struct bytes object = object_bytes(&report->record_object);
	struct sha256 hash;

	if (memcmp(&evidence->device, &report->device,
		   sizeof(evidence->device)) != 0)
		return "signed by another device key";
	if (evidence->class != report->hello.class ||
	    !identity_equal(&evidence->identity, &report->identity))
		return "states another class or other numbers";
	if (!text_equal(evidence->model, report->hello.model) ||
	    evidence->is_factory_build != report->hello.is_factory_build ||
	    evidence->unit_count != report->hello.lock_units)
		return "states another model, build or count of lock units";
	if (crypto_sha256(&hash, &object, 1) != ST_OK ||
	    !evidence->has_record ||
	    memcmp(&hash, &evidence->record, sizeof(hash)) != 0)
		return "speaks of another record";
	if (evidence->boot != ST_OK)
		return "the unit's own boot check is not good";
	return NULL;
}

/* The further fuses of this mask must have taken. */
static const char *
fuse_lack(const struct evidence *evidence, unsigned int fuses)
{
	unsigned int lack =
		fuses & ~fuses_shown(evidence->debug, evidence->is_secure_boot);

	if ((lack & FUSE_SECURE_BOOT) != 0)
		return "its secure boot is off";
	return lack == 0 ? NULL : "its debug access is not closed for ever";
}

/* What a production unit must state of itself (docs/record.md, 4.4). */
static const char *
production_lack(const struct evidence *evidence)
{
	if (evidence->is_virtual)
		return "it is a model of a chip";
	if (!evidence->is_lock_permanent)
		return "its lock is not permanent";
	if (!evidence->is_secret_hidden)
		return "its secret can be read";
	if (evidence->origin != ORIGIN_CHIP)
		return "its key was not made on the chip";
	return fuse_lack(evidence, FUSES_ALL);
}

static bool
look_demands(struct look *look, const struct evidence *evidence)
{
	const char *lack = evidence->class == CLASS_PRODUCTION
				   ? production_lack(evidence)
				   : NULL;

	if (lack == NULL)
		lack = fuse_lack(evidence, look->options->fuses);
	if (lack == NULL)
		return true;
	return bad(look, "demands", ST_VERIFY_DEMAND, lack);
}

static void
look_locks(struct look *look, const struct evidence *evidence)
{
	unsigned int all = (1u << evidence->unit_count) - 1u;

	if (evidence->blank_canary_mask != all)
		(void)bad(look, "locks", ST_VERIFY_CANARY,
			  "a canary is not blank");
	else if (evidence->state != STATE_LOCKED ||
		 evidence->locked_mask != all || evidence->unit_count == 0)
		(void)bad(look, "locks", ST_AGENT_NOT_LOCKED,
			  "a lock unit reads open");
	else
		add_line(look->report, "locks", VERIFY_GOOD, ST_OK,
			 "%u of %u lock units locked, canaries blank",
			 evidence->unit_count, evidence->unit_count);
}

static bool
look_evidence(struct look *look)
{
	struct evidence evidence;
	const char *misfit;
	enum status st = ask_attest(&evidence, &look->report->evidence_object,
				    look->device, &look->report->hello.chip,
				    look->deadline);

	if (st != ST_OK)
		return bad(look, "evidence", st, "no valid evidence");
	look_locks(look, &evidence);
	misfit = evidence_misfit(look, &evidence);
	if (misfit != NULL)
		return bad(look, "evidence", ST_VERIFY_EVIDENCE, misfit);
	if (!look_demands(look, &evidence))
		return false;
	add_line(look->report, "evidence", VERIFY_GOOD, ST_OK,
		 "fresh, signed; boot check good; debug %u, secure boot %s, "
		 "key made %s",
		 evidence.debug, lang(evidence.is_secure_boot ? "on" : "off"),
		 lang(evidence.origin == ORIGIN_CHIP ? "on the chip"
						     : "outside"));
	return true;
}

static void
look_not_shown(struct look *look)
{
	add_line(look->report, "requests refused", VERIFY_NOT_SHOWN, ST_OK,
		 "shown at the line: needs a signer");
	if (revoked_is_empty(look->options->revoked))
		add_line(look->report, "revocation", VERIFY_NOT_SHOWN, ST_OK,
			 "not checked: no notice given");
}

/* A unit without a key can sign nothing: better one plain word than the first
 * question that it cannot answer. */
static bool
look_key(struct look *look)
{
	if (look->report->hello.state != STATE_BLANK)
		return true;
	return bad(look, "key", ST_AGENT_NOT_LOCKED,
		   "none: the unit is blank, it was never provisioned");
}

static void
look_at_unit(struct look *look)
{
	if (!look_class(look) || !look_key(look))
		return;
	if (look->options->probe_canaries && !look_canaries(look))
		return;
	if (!look_fuses(look))
		return;
	for (unsigned int slot = 0; slot < SLOTS_MAX; slot++)
		look_at_slot(look, slot);
	if (!look_cert(look) || !look_record(look) ||
	    !verify_revoked(look->report, look->options, look->root) ||
	    !look_exact(look) || !look_evidence(look))
		return;
	look_not_shown(look);
}

void
verify_device(struct verify_report *report, struct device *device,
	      const struct hello *hello, const struct unit_address *unit,
	      const struct verify_options *options, struct deadline deadline)
{
	struct look look = {
		.report = report,
		.device = device,
		.unit = unit,
		.options = options,
		.deadline = deadline,
	};

	memset(report, 0, sizeof(*report));
	identity_init(&report->identity);
	report->verdict = ST_OK;
	report->has_hello = true;
	report->hello = *hello;
	add_line(report, "agent", VERIFY_GOOD, ST_OK, "%s, version %s, %s",
		 hello->model, hello->version,
		 lang(hello->is_factory_build ? "factory build"
					      : "verify-only build"));
	look_at_unit(&look);
}

void
verify_unit(struct verify_report *report, const struct unit_address *unit,
	    const struct verify_options *options, struct deadline deadline)
{
	struct device device;
	struct hello hello;
	enum status st = device_open(&device, unit->agent, deadline);

	if (st == ST_OK)
		st = device_hello(&device, &hello,
				  deadline_within(deadline, HELLO_MS));
	if (st == ST_OK) {
		verify_device(report, &device, &hello, unit, options, deadline);
	} else {
		memset(report, 0, sizeof(*report));
		identity_init(&report->identity);
		report->verdict = ST_OK;
		add_line(report, "agent", VERIFY_BAD, st,
			 "no agent answers at this address");
	}
	device_close(&device);
}
