/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuses.h - what a unit shows of itself, field by field.
 */
#ifndef IMEILOCK_TOOL_FUSES_H
#define IMEILOCK_TOOL_FUSES_H

#include "tool/cmd.h"

/*
 * Hello, a signed read-back and evidence of the unit at address, as rows;
 * nothing is burnt.  A unit without a key can sign nothing: then only what
 * hello says is shown.
 */
MUST_CHECK enum status fuses_inspect(struct cli *cli, const char *address);

#endif
