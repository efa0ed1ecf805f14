/* SPDX-License-Identifier: Apache-2.0 */
/* verify: the papers of a phone in the field. */
#include <stdlib.h>

#include "tool/verify_run.h"

static enum status
read_object(struct verify_run *run, const char *path, struct object *out)
{
	enum status st = cmd_read_file(run->cli, path, out->byte,
				       sizeof(out->byte), &out->len);

	if (st == ST_OK && out->len == 0) {
		cmd_detail(run->cli, "%s is empty", path);
		st = ST_STATION_FILE;
	}
	return st;
}

enum status
verify_run_record(struct verify_run *run, const char *record, const char *cert)
{
	struct object record_object, cert_object;
	enum status st = verify_list_check(run->cli, &run->list);

	if (st == ST_OK)
		st = read_object(run, record, &record_object);
	if (st == ST_OK)
		st = read_object(run, cert, &cert_object);
	if (st != ST_OK)
		return st;
	run->unit = calloc(1, sizeof(*run->unit));
	if (run->unit == NULL)
		return ST_STATION_MEMORY;
	run->unit[0] = (struct verify_unit){
		.number = 1,
		.address = &run->list.unit[0],
		.report = calloc(1, sizeof(struct verify_report)),
	};
	if (run->unit[0].report == NULL)
		return ST_STATION_MEMORY;
	run->count = 1;
	verify_record(run->unit[0].report,
		      &(struct verify_papers){object_bytes(&record_object),
					      object_bytes(&cert_object)},
		      run->unit[0].address, &run->options,
		      deadline_in(VERIFY_MS));
	return ST_OK;
}
