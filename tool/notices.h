/* SPDX-License-Identifier: Apache-2.0 */
/*
 * notices.h - revocation notices that were named with --revoked.
 */
#ifndef IMEILOCK_TOOL_NOTICES_H
#define IMEILOCK_TOOL_NOTICES_H

#include "station/revoked.h"
#include "tool/cmd.h"

struct cmd_notices {
	size_t count;
	const char *path[REVOKED_MAX];
	struct revoked revoked; /* since cmd_load_notices */
};

void cmd_add_notice(const struct argp_state *state, struct cmd_notices *notices,
		    const char *path);
/* Each must be good under one of the roots.  ST_HSM_REVOCATION, with a detail
 * that names the file; ST_STATION_FILE */
MUST_CHECK enum status cmd_load_notices(struct cli *cli,
					struct cmd_notices *notices,
					const struct cmd_roots *roots);

#endif
