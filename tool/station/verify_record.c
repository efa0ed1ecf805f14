/* SPDX-License-Identifier: Apache-2.0 */
/* A phone in the field: its record under the root, and AT+CGSN. */
#include "station/ask.h"
#include "station/verify.h"

struct field {
	struct verify_report *report;
	const struct unit_address *unit;
	const struct verify_options *options;
	struct deadline deadline;
	const struct public_key *root; /* of the certificate */
};

static bool
bad(struct field *field, const char *check, enum status status,
    const char *detail)
{
	verify_note(field->report, check, VERIFY_BAD, status, detail);
	return false;
}

static void
good(struct field *field, const char *check, const char *detail)
{
	verify_note(field->report, check, VERIFY_GOOD, ST_OK, detail);
}

static bool
look_cert(struct field *field)
{
	const struct cert *cert = &field->report->cert;

	field->root = verify_root(field->report, field->options);
	if (field->root == NULL)
		return bad(field, "certificate", ST_VERIFY_RECORD,
			   "not signed by a root that was given");
	if (cert->role != ROLE_LINE)
		return bad(field, "certificate", ST_VERIFY_RECORD,
			   "for another role");
	good(field, "certificate", "signed by the root, role line");
	if (cert->class == CLASS_PRODUCTION)
		good(field, "class", "production");
	else if (field->options->accept_development)
		good(field, "class", "development, accepted as asked");
	else
		(void)bad(field, "class", ST_VERIFY_CLASS, "development");
	return true;
}

static const char *
record_misfit(const struct record *record, const struct cert *cert)
{
	if (!text_equal(record->model, cert->model))
		return "for another model than the certificate";
	if (record->class != cert->class ||
	    memcmp(&record->ledger, &cert->ledger, sizeof(record->ledger)) != 0)
		return "class or ledger differ from the certificate";
	if (cert_covers_all(cert, &record->identity, ST_AGENT_INTERVAL) !=
	    ST_OK)
		return "a number is outside the certificate";
	return NULL;
}

static bool
look_record(struct field *field)
{
	struct verify_report *report = field->report;
	const char *misfit;

	if (record_open(&report->record, object_bytes(&report->record_object),
			&report->cert.key) != ST_OK)
		return bad(field, "record", ST_VERIFY_RECORD,
			   "not signed by the certified key");
	misfit = record_misfit(&report->record, &report->cert);
	if (misfit != NULL)
		return bad(field, "record", ST_VERIFY_RECORD, misfit);
	report->identity = report->record.identity;
	good(field, "record", "signed; its numbers are within the certificate");
	return true;
}

static void
look_number(struct field *field, unsigned int slot, const char *check)
{
	const char *address = field->unit->at[slot];
	struct imei want = field->report->identity.slot[slot];
	struct imei seen;
	enum imei_form form;
	enum status st;

	if (!imei_is_valid(want)) {
		if (address[0] != '\0')
			(void)bad(field, check, ST_VERIFY_AT,
				  "the record has no number for this slot");
		return;
	}
	if (address[0] == '\0') {
		(void)bad(field, check, ST_VERIFY_AT_ABSENT,
			  "no AT port given");
		return;
	}
	st = at_read_imei(&seen, &form, address, field->deadline);
	if (st != ST_OK)
		(void)bad(field, check, st, "no number from the AT port");
	else if (seen.body != want.body)
		(void)bad(field, check, ST_VERIFY_AT,
			  "the AT port shows another number than the record");
	else
		good(field, check,
		     form == IMEI_FORM_CHECK
			     ? "equals the record"
			     : "equals the record, spare digit shown");
}

static void
look_numbers(struct field *field)
{
	static const char *const check[SLOTS_MAX] = {"AT+CGSN slot 1",
						     "AT+CGSN slot 2",
						     "AT+CGSN slot 3",
						     "AT+CGSN slot 4"};

	for (unsigned int slot = 0; slot < SLOTS_MAX; slot++)
		look_number(field, slot, check[slot]);
}

static void
say_not_shown(struct verify_report *report,
	      const struct verify_options *options)
{
	static const char *const line[][2] = {
		{"chip", "no agent was asked: any phone can show a number"},
		{"locks", "no agent was asked: AT+CGSN tells of no lock"},
		{"canaries", "no agent was asked: none was tried"},
		{"evidence", "no agent was asked: the unit signed nothing"},
		{"revocation", "not checked: no notice given"},
	};
	size_t count = sizeof(line) / sizeof(line[0]);

	if (!revoked_is_empty(options->revoked))
		count--;
	for (size_t i = 0; i < count; i++)
		verify_note(report, line[i][0], VERIFY_NOT_SHOWN, ST_OK,
			    line[i][1]);
}

void
verify_record(struct verify_report *report, const struct verify_papers *papers,
	      const struct unit_address *unit,
	      const struct verify_options *options, struct deadline deadline)
{
	struct field field = {report, unit, options, deadline, NULL};

	memset(report, 0, sizeof(*report));
	identity_init(&report->identity);
	report->verdict = ST_OK;
	object_set(&report->cert_object, papers->cert);
	object_set(&report->record_object, papers->record);
	if (look_cert(&field) && look_record(&field) &&
	    verify_revoked(report, options, field.root))
		look_numbers(&field);
	say_not_shown(report, options);
	if (report->verdict == ST_OK)
		report->verdict = ST_VERIFY_NOT_SHOWN;
}
