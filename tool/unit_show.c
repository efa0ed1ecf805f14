/* SPDX-License-Identifier: Apache-2.0 */
#include "tool/unit_show.h"

#include <stdio.h>

#include "tool/lang.h"

enum status
unit_end_status(const struct unit_end *end)
{
	return end->stopped_at != NULL ? ST_STATION_STOPPED
				       : end->result->status;
}

const char *
unit_end_words(const struct unit_end *end)
{
	enum status st = unit_end_status(end);

	if (st == ST_OK && end->result->was_verified)
		return lang("good (was locked already, nothing changed)");
	return verdict_words(verdict_of(st));
}

static void
show_more(struct output *out, const struct unit_end *end)
{
	const struct flow_result *result = end->result;
	enum status st = unit_end_status(end);

	row_bool(out, "is_unchanged", st == ST_OK && result->was_verified);
	row_text(out, "model", result->model);
	row_hex(out, "chip", chip_id_bytes(&result->chip));
	row_text(out, "step",
		 end->stopped_at != NULL ? end->stopped_at : result->step);
	row_text(out, "detail", result->detail);
	row_text(out, "sentence", status_sentence(st));
	row_uint(out, "exchanges", result->exchanges);
	row_uint(out, "bytes", result->bytes);
	row_uint(out, "exit", (uint64_t)verdict_of(st));
}

void
unit_show(struct output *out, const struct unit_end *end, bool is_full)
{
	enum status st = unit_end_status(end);

	row_begin(out, "unit");
	row_uint(out, "slot", (uint64_t)end->slot);
	row_verdict(out, "verdict", verdict_of(st),
		    out->is_json ? NULL : unit_end_words(end));
	row_identity(out, "imei", &end->result->identity, is_full);
	row_seconds(out, "seconds", end->result->elapsed_ms);
	row_status(out, "code", st);
	if (out->is_json)
		show_more(out, end);
	row_end(out);
}

void
unit_sentence(char out[UNIT_SENTENCE_MAX + 1], const struct unit_end *end)
{
	enum status st = unit_end_status(end);
	bool is_stopped = end->stopped_at != NULL;
	const char *detail = is_stopped ? "" : end->result->detail;
	const char *step = is_stopped ? end->stopped_at : end->result->step;

	out[0] = '\0';
	if (st == ST_OK)
		return;
	(void)snprintf(out, UNIT_SENTENCE_MAX + 1,
		       lang("slot %d: %s: %s: %s%s%s%s (step: %s)"), end->slot,
		       verdict_words(verdict_of(st)), status_name(st),
		       status_sentence(st), detail[0] != '\0' ? " [" : "",
		       detail, detail[0] != '\0' ? "]" : "",
		       lang(step != NULL && step[0] != '\0' ? step : "none"));
}

void
unit_explain(struct output *out, const struct unit_end *end)
{
	char text[UNIT_SENTENCE_MAX + 1];

	unit_sentence(text, end);
	if (text[0] != '\0')
		output_say(out, "%s", text);
}
