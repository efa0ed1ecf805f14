/* SPDX-License-Identifier: Apache-2.0 */
/* Units that are looked at together: each shows what no other one does. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "station/verify.h"
#include "tool/lang.h"

/* What a unit shows, in a form that sorts: a chip id, or a number. */
struct shown {
	bool is_imei;
	uint64_t body;
	struct chip_id chip;
	size_t unit;
};

static int
compare_what(const struct shown *a, const struct shown *b)
{
	if (a->is_imei != b->is_imei)
		return a->is_imei ? 1 : -1;
	if (a->is_imei)
		return (a->body > b->body) - (a->body < b->body);
	if (a->chip.len != b->chip.len)
		return a->chip.len > b->chip.len ? 1 : -1;
	return memcmp(a->chip.byte, b->chip.byte, a->chip.len);
}

static int
compare(const void *a, const void *b)
{
	const struct shown *one = a, *two = b;
	int order = compare_what(one, two);

	return order != 0 ? order
			  : (one->unit > two->unit) - (one->unit < two->unit);
}

static size_t
take_shown(struct shown *out, const struct verify_report *report, size_t unit)
{
	size_t count = 0;

	if (report->has_hello)
		out[count++] = (struct shown){.chip = report->hello.chip,
					      .unit = unit};
	for (unsigned int i = 0; i < SLOTS_MAX; i++)
		if (imei_is_valid(report->identity.slot[i]))
			out[count++] = (struct shown){
				.is_imei = true,
				.body = report->identity.slot[i].body,
				.unit = unit};
	return count;
}

/* Who else shows it: one other is enough for each. */
struct twin {
	bool shows;
	bool has_twin;
	bool by_imei;
	size_t other;
};

static void
note_twin(struct twin *twin, size_t unit, size_t other, bool by_imei)
{
	if (twin[unit].has_twin)
		return;
	twin[unit].has_twin = true;
	twin[unit].by_imei = by_imei;
	twin[unit].other = other;
}

static void
find_twins(struct twin *twin, const struct shown *shown, size_t count)
{
	for (size_t i = 0; i < count; i++)
		twin[shown[i].unit].shows = true;
	for (size_t i = 1; i < count; i++) {
		const struct shown *a = &shown[i - 1], *b = &shown[i];

		if (compare_what(a, b) != 0 || a->unit == b->unit)
			continue;
		note_twin(twin, a->unit, b->unit, a->is_imei);
		note_twin(twin, b->unit, a->unit, a->is_imei);
	}
}

static void
note_unique(struct verify_report *report, const struct twin *twin,
	    const size_t *number)
{
	char detail[VERIFY_DETAIL_MAX + 1];

	if (!twin->shows)
		return;
	if (!twin->has_twin) {
		verify_note(report, "unique", VERIFY_GOOD, ST_OK,
			    "no other unit here shows its IMEI or chip id");
		return;
	}
	(void)snprintf(detail, sizeof(detail),
		       lang("unit %zu shows the same %s"), number[twin->other],
		       lang(twin->by_imei ? "IMEI" : "chip id"));
	verify_note(report, "unique", VERIFY_BAD, ST_VERIFY_TWICE, detail);
	report->verdict = ST_VERIFY_TWICE;
}

enum status
verify_unique(struct verify_report *const *report, const size_t *number,
	      size_t count)
{
	struct shown *shown = calloc(count, (SLOTS_MAX + 1) * sizeof(*shown));
	struct twin *twin = calloc(count, sizeof(*twin));
	enum status st = ST_STATION_MEMORY;
	size_t found = 0;

	if (shown == NULL || twin == NULL)
		goto out;
	for (size_t i = 0; i < count; i++)
		found += take_shown(shown + found, report[i], i);
	qsort(shown, found, sizeof(*shown), compare);
	find_twins(twin, shown, found);
	for (size_t i = 0; i < count; i++)
		note_unique(report[i], &twin[i], number);
	st = ST_OK;
out:
	free(twin);
	free(shown);
	return st;
}
