/* SPDX-License-Identifier: Apache-2.0 */
#include "tool/notices.h"

void
cmd_add_notice(const struct argp_state *state, struct cmd_notices *notices,
	       const char *path)
{
	if (notices->count == REVOKED_MAX)
		cmd_refuse(state, "more than %d times --revoked", REVOKED_MAX);
	else
		notices->path[notices->count++] = path;
}

enum status
cmd_load_notices(struct cli *cli, struct cmd_notices *notices,
		 const struct cmd_roots *roots)
{
	for (size_t i = 0; i < notices->count; i++) {
		const char *path = notices->path[i];
		struct object object;
		enum status st = cmd_read_file(cli, path, object.byte,
					       sizeof(object.byte),
					       &object.len);

		if (st != ST_OK)
			return st;
		st = revoked_add(&notices->revoked, object_bytes(&object),
				 roots->key, roots->count);
		if (st != ST_OK) {
			cmd_detail(cli, "%s", path);
			return st;
		}
	}
	return ST_OK;
}
