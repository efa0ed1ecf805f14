/* SPDX-License-Identifier: Apache-2.0 */
/* verify: what the terminal and --json show. */
#include <stdio.h>

#include "tool/lang.h"
#include "tool/verify_run.h"

static void
row_result(struct output *out, const struct verify_line *line)
{
	switch (line->weight) {
	case VERIFY_GOOD:
		row_verdict(out, "result", VERDICT_GOOD, "good");
		break;
	case VERIFY_NOT_SHOWN:
		row_text(out, "result", lang("not shown"));
		break;
	case VERIFY_BAD:
	default:
		row_verdict(out, "result", verdict_of(line->status),
			    status_name(line->status));
		break;
	}
}

static void
show_line(struct output *out, const struct verify_line *line, size_t number)
{
	row_begin(out, "check");
	if (number > 0)
		row_uint(out, "unit", number);
	row_text(out, "check", lang(line->check));
	row_result(out, line);
	row_text(out, "detail", lang(line->detail));
	row_end(out);
}

/* -------------------------------------------------------------- one unit */

/* Who it is: seen, or, of a phone that says little, from its record. */
static void
row_unit(struct output *out, const struct verify_report *report, bool is_record)
{
	const struct record *record = &report->record;

	if (report->has_hello) {
		row_text(out, "model", report->hello.model);
		row_text(out, "class", text_class(report->hello.class));
		row_hex(out, "chip", chip_id_bytes(&report->hello.chip));
	} else if (is_record && record->model[0] != '\0') {
		row_text(out, "model", record->model);
		row_text(out, "class", text_class(record->class));
	}
}

static void
show_verdict(const struct verify_run *run)
{
	const struct verify_report *report = run->unit[0].report;
	struct output *out = &run->cli->out;

	row_begin(out, "verdict");
	row_verdict(out, "verdict", verdict_of(report->verdict),
		    verify_words(report->verdict));
	row_identity(out, "imei", &report->identity, true);
	row_unit(out, report, run->is_record);
	row_status(out, "code", report->verdict);
	row_text(out, "sentence", status_sentence(report->verdict));
	if (run->is_record)
		row_bool(out, "accepted",
			 report->verdict == ST_VERIFY_NOT_SHOWN &&
				 run->is_unshown_accepted);
	row_end(out);
}

static void
show_one(const struct verify_run *run)
{
	const struct verify_report *report = run->unit[0].report;
	struct output *out = &run->cli->out;

	table_begin(out);
	for (size_t i = 0; i < report->line_count; i++)
		show_line(out, &report->line[i], 0);
	table_end(out);
	output_say(out, "%s", "");
	show_verdict(run);
}

/* ------------------------------------------------------------ many units */

static void
show_unit(const struct verify_run *run, const struct verify_unit *unit)
{
	const struct verify_report *report = unit->report;
	struct output *out = &run->cli->out;

	row_begin(out, "unit");
	row_uint(out, "unit", unit->number);
	row_text(out, "agent", unit->address->agent);
	row_identity(out, "imei", &report->identity, run->is_full);
	row_verdict(out, "verdict", verdict_of(report->verdict), NULL);
	row_status(out, "code", report->verdict);
	row_hex(out, "chip", chip_id_bytes(&report->hello.chip));
	row_end(out);
}

/* For people those that are bad; a program gets all of them. */
static void
show_checks(const struct verify_run *run)
{
	struct output *out = &run->cli->out;

	table_begin(out);
	for (size_t i = 0; i < run->count; i++) {
		const struct verify_report *report = run->unit[i].report;

		for (size_t j = 0; j < report->line_count; j++)
			if (out->is_json ||
			    report->line[j].weight == VERIFY_BAD)
				show_line(out, &report->line[j],
					  run->unit[i].number);
	}
	table_end(out);
}

static void
show_sums(const struct verify_run *run)
{
	struct output *out = &run->cli->out;
	struct verify_sums sums;

	verify_sums(&sums, run);
	row_begin(out, "summary");
	row_uint(out, "units", run->count);
	row_uint(out, "good", sums.good);
	row_uint(out, "again", sums.again);
	row_uint(out, "red", sums.red);
	row_uint(out, "engineer", sums.engineer);
	row_end(out);
}

static void
show_lot(const struct verify_run *run)
{
	const struct verify_sample *sample = &run->sample;
	enum sampling_outcome outcome = verify_sample_judge(run);
	struct output *out = &run->cli->out;
	char letter[2] = {sample->plan.letter, '\0'};
	char used[2] = {sample->plan.used, '\0'};
	char aql[8], seed[24];

	sampling_aql_format(aql, sample->aql);
	/* beyond what a JSON number holds exactly */
	(void)snprintf(seed, sizeof(seed), "%llu",
		       (unsigned long long)sample->seed);
	row_begin(out, "lot");
	row_verdict(out, "lot",
		    outcome == LOT_ACCEPT   ? VERDICT_GOOD
		    : outcome == LOT_REJECT ? VERDICT_STOP
					    : VERDICT_RETRY,
		    verify_lot_words(outcome));
	row_text(out, "plan", lang(verify_sample_source(sample)));
	row_uint(out, "lot_size", sample->lot);
	row_text(out, "level",
		 sample->has_plan ? sampling_level_name(sample->level) : NULL);
	row_text(out, "aql", sample->has_plan ? aql : NULL);
	row_text(out, "code_letter", sample->has_plan ? letter : NULL);
	row_text(out, "plan_letter", sample->has_plan ? used : NULL);
	row_uint(out, "sample_size", sample->plan.size);
	row_uint(out, "accept", sample->plan.accept);
	row_uint(out, "reject", sample->plan.reject);
	row_text(out, "seed", seed);
	row_end(out);
}

static void
show_many(const struct verify_run *run)
{
	struct output *out = &run->cli->out;

	table_begin(out);
	for (size_t i = 0; i < run->count; i++)
		show_unit(run, &run->unit[i]);
	table_end(out);
	output_say(out, "%s", "");
	if (out->is_json || verify_run_worst(run) != ST_OK) {
		show_checks(run);
		output_say(out, "%s", "");
	}
	show_sums(run);
	if (verify_is_sample(&run->sample)) {
		output_say(out, "%s", "");
		show_lot(run);
	}
}

void
verify_show(const struct verify_run *run)
{
	if (run->is_many)
		show_many(run);
	else
		show_one(run);
}
