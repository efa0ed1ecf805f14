/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdio.h>

#include "tool/cmd.h"
#include "tool/lang.h"

/* For people, "14 of 16 (87.5 %)". */
static void
show_yield(struct output *out, const struct tally *tally)
{
	double percent = 100.0 * (double)tally->first_good /
			 (double)tally->first_units;
	char text[64];

	(void)snprintf(text, sizeof(text),
		       lang("%" PRIu64 " of %" PRIu64 " (%.1f %%)"),
		       tally->first_good, tally->first_units, percent);
	row_text(out, "first_pass", text);
}

void
cmd_show_tally(struct output *out, const struct tally *tally, int64_t ms)
{
	row_begin(out, "tally");
	row_uint(out, "units", tally->units);
	row_uint(out, "good", tally->good);
	row_uint(out, "again", tally->again);
	row_uint(out, "red", tally->red);
	row_uint(out, "engineer", tally->engineer);
	if (out->is_json) {
		row_uint(out, "first_units", tally->first_units);
		row_uint(out, "first_good", tally->first_good);
	} else if (tally->first_units > 0) {
		show_yield(out, tally);
	}
	row_seconds(out, "seconds", ms);
	/* of less than a second it would say nothing */
	if (ms >= 1000)
		row_uint(out, "units_an_hour",
			 tally->good * UINT64_C(3600000) / (uint64_t)ms);
	row_end(out);
}
