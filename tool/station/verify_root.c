/* SPDX-License-Identifier: Apache-2.0 */
/* What the root says of a record: its certificate, and notices. */
#include <pthread.h>

#include "station/verify.h"

#define KNOWN_MAX 8

/* Certificates that this process has verified, by all their bytes and the
 * root's: the units of a line have the same one. */
struct known {
	struct object object; /* len 0: none */
	struct public_key root;
	struct cert cert;
};

static pthread_mutex_t seen_lock = PTHREAD_MUTEX_INITIALIZER;
static struct known known[KNOWN_MAX];
static unsigned int next; /* to be forgotten */

static bool
recall(struct cert *cert, struct bytes object, const struct public_key *root)
{
	bool is_found = false;

	pthread_mutex_lock(&seen_lock);
	for (unsigned int i = 0; i < KNOWN_MAX && !is_found; i++) {
		is_found =
			known[i].object.len > 0 &&
			bytes_equal(object_bytes(&known[i].object), object) &&
			memcmp(&known[i].root, root, sizeof(*root)) == 0;
		if (is_found)
			*cert = known[i].cert;
	}
	pthread_mutex_unlock(&seen_lock);
	return is_found;
}

static void
remember(const struct cert *cert, const struct object *object,
	 const struct public_key *root)
{
	pthread_mutex_lock(&seen_lock);
	known[next] = (struct known){*object, *root, *cert};
	next = (next + 1) % KNOWN_MAX;
	pthread_mutex_unlock(&seen_lock);
}

static bool
is_good(struct cert *cert, const struct object *object,
	const struct public_key *root)
{
	if (recall(cert, object_bytes(object), root))
		return true;
	if (cert_open(cert, object_bytes(object), root) != ST_OK)
		return false;
	remember(cert, object, root);
	return true;
}

const struct public_key *
verify_root(struct verify_report *report, const struct verify_options *options)
{
	for (size_t i = 0; i < options->root_count; i++)
		if (is_good(&report->cert, &report->cert_object,
			    &options->root[i]))
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
