/* SPDX-License-Identifier: Apache-2.0 */
/* verify: the page that QA keeps and prints. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "report/html.h"
#include "tool/lang.h"
#include "tool/verify_run.h"

#define TEXT_MAX 255

static enum html_mark
mark_of(enum status status)
{
	switch (verdict_of(status)) {
	case VERDICT_GOOD:
		return HTML_GOOD;
	case VERDICT_RETRY:
	case VERDICT_USAGE:
		return HTML_AGAIN;
	case VERDICT_REWORK:
		return HTML_RED;
	case VERDICT_STOP:
	case VERDICT_BUG:
	default:
		return status == ST_VERIFY_NOT_SHOWN ? HTML_OPEN : HTML_STOP;
	}
}

static void
put_uint(struct html *html, const char *name, uint64_t value)
{
	char text[24];

	(void)snprintf(text, sizeof(text), "%" PRIu64, value);
	html_fact(html, name, text);
}

static void
put_time(struct html *html, const char *name, uint64_t seconds)
{
	char text[TEXT_TIME_SIZE];

	text_time(text, seconds);
	html_fact(html, name, text);
}

/* SHA-256 of the key as SubjectPublicKeyInfo in DER (RFC 5480): what
 * `openssl pkey -pubin -outform der | sha256sum` says. */
static void
put_root(struct html *html, const struct public_key *key)
{
	static const uint8_t p256[] = {
		0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48,
		0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48,
		0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 0x04,
	};
	const struct bytes part[] = {bytes_of(p256, sizeof(p256)),
				     bytes_of(key->xy, sizeof(key->xy))};
	char text[2 * sizeof(struct sha256) + 1];
	struct sha256 hash;

	if (crypto_sha256(&hash, part, 2) != ST_OK) {
		html->has_failed = true;
		return;
	}
	text_hex(text, sizeof(text), bytes_of(hash.byte, sizeof(hash.byte)));
	html_fact(html, "Root (SHA-256 of its public key)", text);
}

static void
format_identity(char out[TEXT_MAX + 1], const struct verify_run *run,
		const struct identity *identity)
{
	char imei[IMEI_LEN + 1];
	size_t len = 0;

	(void)snprintf(out, TEXT_MAX + 1, "-");
	for (unsigned int i = 0; i < SLOTS_MAX; i++) {
		if (!imei_is_valid(identity->slot[i]))
			continue;
		len += (size_t)snprintf(out + len, TEXT_MAX + 1 - len, "%s%s",
					len > 0 ? ", " : "",
					cmd_show_imei(imei, identity->slot[i],
						      run->is_full));
	}
}

static void
format_chip(char out[TEXT_MAX + 1], const struct verify_report *report)
{
	const struct chip_id *chip = report->has_hello ? &report->hello.chip
						       : &report->record.chip;

	(void)snprintf(out, TEXT_MAX + 1, "-");
	if (chip->len > 0)
		text_hex(out, TEXT_MAX + 1, chip_id_bytes(chip));
}

static const char *
model_of(const struct verify_report *report)
{
	if (report->has_hello)
		return report->hello.model;
	return report->record.model[0] != '\0' ? report->record.model : "-";
}

/* ------------------------------------------------------------------ head */

static void
put_facts(struct html *html, const struct verify_run *run)
{
	struct verify_sums sums;

	verify_sums(&sums, run);
	html_table_begin(html, NULL);
	put_time(html, "Begun", run->began);
	put_time(html, "Ended", (uint64_t)time(NULL));
	html_fact(html, "Tool", "imeilock " IMEILOCK_VERSION);
	for (size_t i = 0; i < run->roots->count; i++)
		put_root(html, &run->roots->key[i]);
	html_fact(html, "Development units",
		  lang(run->options.accept_development ? "accepted"
						       : "refused"));
	html_fact(html, "Canary fuses",
		  lang(run->is_record		     ? "not tried"
		       : run->options.probe_canaries ? "tried"
						     : "not tried, as asked"));
	if (run->is_record)
		html_fact(html, "Lock that is not shown",
			  lang(run->is_unshown_accepted ? "accepted, as asked"
							: "no pass"));
	put_uint(html, "Units looked at", run->count);
	put_uint(html, "good", sums.good);
	put_uint(html, "run again", sums.again);
	put_uint(html, "red bin", sums.red);
	put_uint(html,
		 run->is_record ? "lock not shown, or for the engineer"
				: "for the engineer",
		 sums.engineer);
	html_table_end(html);
}

static void
put_letters(struct html *html, const struct verify_sample *sample)
{
	const char letter[] = {sample->plan.letter, '\0'};
	const char used[] = {sample->plan.used, '\0'};
	char aql[8];

	sampling_aql_format(aql, sample->aql);
	html_fact(html, "Inspection level", sampling_level_name(sample->level));
	html_fact(html, "AQL (percent nonconforming)", aql);
	html_fact(html, "Code letter", letter);
	html_fact(html, "Letter of the plan", used);
}

static void
put_plan(struct html *html, const struct verify_run *run)
{
	const struct verify_sample *sample = &run->sample;
	enum sampling_outcome outcome;

	if (!verify_is_sample(sample))
		return;
	outcome = verify_sample_judge(run);
	html_heading(html, "Lot");
	html_table_begin(html, NULL);
	html_row_begin(html);
	html_name(html, "Verdict of the lot");
	html_outcome(html,
		     outcome == LOT_ACCEPT   ? HTML_GOOD
		     : outcome == LOT_REJECT ? HTML_STOP
					     : HTML_AGAIN,
		     verify_lot_words(outcome));
	html_row_end(html);
	html_fact(html, "Plan", lang(verify_sample_source(sample)));
	put_uint(html, "Lot size", sample->lot);
	if (sample->has_plan)
		put_letters(html, sample);
	put_uint(html, "Sample size", sample->plan.size);
	put_uint(html, "Accepted with at most so many bad units (Ac)",
		 sample->plan.accept);
	put_uint(html, "Rejected from so many on (Re)", sample->plan.reject);
	put_uint(html, "Seed of the choice", sample->seed);
	html_table_end(html);
}

/* ----------------------------------------------------------------- units */

static void
put_overview(struct html *html, const struct verify_run *run)
{
	static const char *const names[] = {"Unit", "Verdict", "Code",
					    "IMEI", "Chip",    NULL};
	char text[TEXT_MAX + 1];

	html_heading(html, "Units");
	html_table_begin(html, names);
	for (size_t i = 0; i < run->count; i++) {
		const struct verify_report *report = run->unit[i].report;

		html_row_begin(html);
		(void)snprintf(text, sizeof(text), "%zu", run->unit[i].number);
		html_cell(html, text);
		html_outcome(html, mark_of(report->verdict),
			     verify_words(report->verdict));
		html_cell(html, status_name(report->verdict));
		format_identity(text, run, &report->identity);
		html_cell(html, text);
		format_chip(text, report);
		html_cell(html, text);
		html_row_end(html);
	}
	html_table_end(html);
}

static void
put_line(struct html *html, const struct verify_line *line)
{
	html_row_begin(html);
	html_cell(html, lang(line->check));
	switch (line->weight) {
	case VERIFY_GOOD:
		html_outcome(html, HTML_GOOD, "good");
		break;
	case VERIFY_NOT_SHOWN:
		html_outcome(html, HTML_OPEN, "not shown");
		break;
	case VERIFY_BAD:
	default:
		html_outcome(html, mark_of(line->status),
			     status_name(line->status));
		break;
	}
	html_cell(html, lang(line->detail));
	html_row_end(html);
}

static void
put_unit(struct html *html, const struct verify_run *run,
	 const struct verify_unit *unit)
{
	static const char *const names[] = {"Check", "Result", "Detail", NULL};
	const struct verify_report *report = unit->report;
	char text[TEXT_MAX + 1];

	(void)snprintf(text, sizeof(text), lang("Unit %zu"), unit->number);
	html_heading(html, text);
	html_table_begin(html, NULL);
	html_row_begin(html);
	html_name(html, "Verdict");
	html_outcome(html, mark_of(report->verdict),
		     verify_words(report->verdict));
	html_row_end(html);
	html_fact(html, "Sentence", status_sentence(report->verdict));
	html_fact(html, "Model", model_of(report));
	format_identity(text, run, &report->identity);
	html_fact(html, "IMEI", text);
	format_chip(text, report);
	html_fact(html, run->is_record ? "Chip, by its record" : "Chip", text);
	if (unit->address->agent[0] != '\0')
		html_fact(html, "Agent", unit->address->agent);
	html_table_end(html);
	html_paragraph(html, "");
	html_table_begin(html, names);
	for (size_t i = 0; i < report->line_count; i++)
		put_line(html, &report->line[i]);
	html_table_end(html);
}

static void
put_page(struct html *html, const struct verify_run *run)
{
	enum status worst = verify_run_worst(run);

	html_begin(html, "imeilock verify: is the lock real?");
	html_banner(html, mark_of(worst), verify_words(worst));
	put_facts(html, run);
	put_plan(html, run);
	if (run->is_many)
		put_overview(html, run);
	for (size_t i = 0; i < run->count; i++)
		put_unit(html, run, &run->unit[i]);
	html_end(html);
}

enum status
verify_page(const struct verify_run *run, const char *path)
{
	char *text = NULL;
	size_t len = 0;
	struct html html = {.to = open_memstream(&text, &len)};
	enum status st = ST_STATION_MEMORY;

	if (html.to == NULL)
		return st;
	put_page(&html, run);
	if (fclose(html.to) == 0 && !html.has_failed)
		st = cmd_write_whole(run->cli, path, bytes_of(text, len));
	free(text);
	return st;
}
