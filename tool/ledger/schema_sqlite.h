/* SPDX-License-Identifier: Apache-2.0 */
/*
 * schema_sqlite.h - what a file of the SQLite store must look like.
 */
#ifndef IMEILOCK_TOOL_LEDGER_SCHEMA_SQLITE_H
#define IMEILOCK_TOOL_LEDGER_SCHEMA_SQLITE_H

#include "ledger/db.h"

#define LEDGER_SCHEMA 2		      /* user_version of schema.sql */
#define LEDGER_APPLICATION 1229802572 /* application_id: "IMLL" */
#define BACKUP_APPLICATION 1229802562 /* of a backup: "IMLB" */

/* The text of schema.sql. */
extern const char ledger_schema[];

struct schema_version {
	int64_t application;
	int64_t schema;
};

MUST_CHECK enum status schema_read_version(struct db *db,
					   struct schema_version *out);
/*
 * Every table, index, view and trigger reads exactly as version has it.
 *   ST_LEDGER_SCHEMA  not so, or no such version is known
 */
MUST_CHECK enum status schema_check(struct db *db, int64_t version);
/*
 * Bring a file of an older version to this one; its rows are kept.  Within a
 * transaction, with foreign_keys off and legacy_alter_table on.
 */
MUST_CHECK enum status schema_renew(struct db *db);

#endif
