/* SPDX-License-Identifier: Apache-2.0 */
/*
 * verify.h - is this unit locked with the identity that its record states?
 *
 * Needs the roots' public keys and the unit, nothing else: no ledger, no
 * signer, no station folder.  A pass is what was observed now: both read
 * paths, lock bits, canaries, record and evidence, each checked on its own and
 * shown as a line of its own.
 */
#ifndef IMEILOCK_TOOL_STATION_VERIFY_H
#define IMEILOCK_TOOL_STATION_VERIFY_H

#include "hsm/client.h"
#include "station/device.h"
#include "station/revoked.h"

#define VERIFY_LINES_MAX 16
#define VERIFY_DETAIL_MAX 127
#define ADDRESS_MAX 255

/* Where a unit is plugged in. */
struct unit_address {
	char agent[ADDRESS_MAX + 1];
	/* AT port of each modem slot; "" where none is connected */
	char at[SLOTS_MAX][ADDRESS_MAX + 1];
};

struct verify_options {
	const struct public_key *root; /* any of these is accepted */
	size_t root_count;
	bool accept_development;
	bool probe_canaries; /* ask the unit to try its canaries */
	/* Notices at hand; NULL or none: revocation is not checked. */
	const struct revoked *revoked;
	/* What the caller stored on the unit in this very run, or nothing: it
	 * is not fetched again.  The fresh evidence must name the record by
	 * its hash, and say that the boot check holds with both. */
	struct bytes stored_cert;
	struct bytes stored_record;
	/* further fuses that the evidence must show: a mask of further_fuse;
	 * production demands them all anyway */
	uint8_t fuses;
};

/* How much a line of the report weighs. */
enum verify_weight {
	VERIFY_GOOD = 1,  /* observed, and right */
	VERIFY_BAD,	  /* observed, and wrong: status says how */
	VERIFY_NOT_SHOWN, /* cannot be shown here: says where it was */
};

struct verify_line {
	const char *check; /* short name of what was looked at */
	enum verify_weight weight;
	enum status status; /* ST_OK unless weight is VERIFY_BAD */
	char detail[VERIFY_DETAIL_MAX + 1];
};

struct verify_report {
	enum status verdict; /* ST_OK, or that of the first bad line */
	struct verify_line line[VERIFY_LINES_MAX];
	size_t line_count;

	/* what was seen, as far as it went */
	bool has_hello;
	struct hello hello;
	struct public_key device;
	struct identity identity; /* decoded from the fuses */
	struct cert cert;
	struct record record;
	struct object cert_object;
	struct object record_object;
	struct object evidence_object;
};

/* One more line; a bad one gives the verdict if none did before. */
void verify_note(struct verify_report *report, const char *check,
		 enum verify_weight weight, enum status status,
		 const char *detail);

/* The first root that report's certificate object is good under, or NULL; the
 * certificate is then opened. */
const struct public_key *verify_root(struct verify_report *report,
				     const struct verify_options *options);
/* Notices against report's certificate and record, which are good under root: a
 * line where any notice is at hand; false if the record is revoked. */
bool verify_revoked(struct verify_report *report,
		    const struct verify_options *options,
		    const struct public_key *root);

/*
 * Look at a unit from the outside and report.  The verdict is in the report;
 * a unit that cannot be reached has one bad line.
 */
void verify_unit(struct verify_report *report, const struct unit_address *unit,
		 const struct verify_options *options,
		 struct deadline deadline);

/*
 * The same over a device that is open already and has said hello, for the end
 * of the station's flow.
 */
void verify_device(struct verify_report *report, struct device *device,
		   const struct hello *hello, const struct unit_address *unit,
		   const struct verify_options *options,
		   struct deadline deadline);

/* Record and certificate of a unit, as files have them. */
struct verify_papers {
	struct bytes record;
	struct bytes cert;
};

/*
 * A phone in the field that answers AT+CGSN alone: are the papers good under
 * a root, and does each modem slot show the number that the record states?
 * That it is locked is not shown, so the verdict is never ST_OK:
 *   ST_VERIFY_NOT_SHOWN  all that could be looked at is right
 */
void verify_record(struct verify_report *report,
		   const struct verify_papers *papers,
		   const struct unit_address *unit,
		   const struct verify_options *options,
		   struct deadline deadline);

/*
 * No two of the units show the same IMEI or the same chip id (P1).  Each
 * report gets a line "unique" that names the other one by its number; a unit
 * that shows neither has none.  In a pair both get ST_VERIFY_TWICE as verdict,
 * also where they had another one.  number[i] is what people call unit i.
 * ST_STATION_MEMORY: nothing was compared, and no unit is good.
 */
MUST_CHECK enum status verify_unique(struct verify_report *const *report,
				     const size_t *number, size_t count);

#endif
