/* SPDX-License-Identifier: Apache-2.0 */
/*
 * claims.h - signed objects in readable form.
 *
 * Shows what is written there; whether to believe it is another question.
 */
#ifndef IMEILOCK_TOOL_CLAIMS_H
#define IMEILOCK_TOOL_CLAIMS_H

#include "proto/record.h"
#include "tool/output.h"

/* "certificate", "ticket"...; NULL when it is no signed object of ours. */
const char *claims_kind(struct bytes object);

/* One row with every claim of object by its name, "object" being its kind.
 * Does nothing for what claims_kind does not know. */
void claims_show(struct output *out, struct bytes object);

#endif
