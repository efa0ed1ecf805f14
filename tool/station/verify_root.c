/* SPDX-License-Identifier: Apache-2.0 */
/* What the root says of a record: its certificate, and notices. */
#include "station/verify.h"

const struct public_key *
verify_root(struct verify_report *report, const struct verify_options *options)
{
	for (size_t i = 0; i < options->root_count; i++)
		if (cert_open(&report->cert, object_bytes(&report->cert_object),
			      &options->root[i]) == ST_OK)
			return &options->root[i];
	return NULL;
}

/* The record's own time is the station's clock: docs/record.md, 4.8. */
bool
verify_revoked(struct verify_report *report,
	       const struct verify_options *options,
	       const struct public_key *root)
{
	const char *detail;
	enum status st = revoked_judge(&detail, options->revoked, &report->cert,
				       root, report->record.issued);

	if (detail != NULL)
		verify_note(report, "revocation",
			    st == ST_OK ? VERIFY_GOOD : VERIFY_BAD, st, detail);
	return st == ST_OK;
}
