/* SPDX-License-Identifier: Apache-2.0 */
/* The intervals of a ledger, and whether their numbers add up. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "tool/cmd.h"
#include "tool/lang.h"

#define INTERVALS_ROOM 4096

enum status
cmd_intervals(struct ledger *ledger, struct ledger_interval **out,
	      size_t *count)
{
	enum status st;

	*count = INTERVALS_ROOM;
	*out = calloc(*count, sizeof(**out));
	if (*out == NULL)
		return ST_STATION_MEMORY;
	st = ledger_intervals(ledger, *out, count);
	if (st != ST_OK) {
		free(*out);
		*out = NULL;
	}
	return st;
}

/* For people, "free 98, verified 2": the states that numbers are in. */
static void
show_states(struct output *out, const struct ledger_interval *interval)
{
	char text[256] = "";
	size_t len = 0;

	for (int i = NUMBER_FREE; i < NUMBER_STATES; i++) {
		const char *name = number_state_name((enum number_state)i);

		if (out->is_json)
			row_uint(out, name, interval->count[i]);
		else if (interval->count[i] != 0 && len < sizeof(text))
			len += (size_t)snprintf(text + len, sizeof(text) - len,
						"%s%s %" PRIu64,
						len > 0 ? ", " : "", lang(name),
						interval->count[i]);
	}
	if (!out->is_json)
		row_text(out, "states", text);
}

/* The row of one interval; true if its sums are right. */
static bool
show_sum(struct output *out, const struct ledger_interval *interval)
{
	char first[IMEI_BODY_LEN + 1], last[IMEI_BODY_LEN + 1];
	uint64_t size = interval->interval.last.body -
			interval->interval.first.body + 1;
	uint64_t sum = 0;

	for (int i = NUMBER_FREE; i < NUMBER_STATES; i++)
		sum += interval->count[i];
	imei_format_body(first, interval->interval.first);
	imei_format_body(last, interval->interval.last);
	row_begin(out, "sums");
	row_text(out, "model", interval->model);
	row_text(out, "first", first);
	row_text(out, "last", last);
	row_uint(out, "numbers", size);
	show_states(out, interval);
	row_uint(out, "sum", sum);
	row_verdict(out, "check", sum == size ? VERDICT_GOOD : VERDICT_STOP,
		    sum == size ? "adds up" : "does not add up");
	row_end(out);
	return sum == size;
}

enum status
cmd_show_sums(struct cli *cli, struct ledger *ledger, uint32_t tac)
{
	struct ledger_interval *list;
	size_t count, shown = 0;
	bool adds_up = true;
	enum status st = cmd_intervals(ledger, &list, &count);

	if (st != ST_OK)
		return st;
	table_begin(&cli->out);
	for (size_t i = 0; i < count; i++) {
		if (tac <= IMEI_TAC_MAX &&
		    imei_tac(list[i].interval.first) != tac)
			continue;
		adds_up = show_sum(&cli->out, &list[i]) && adds_up;
		shown++;
	}
	table_end(&cli->out);
	free(list);
	if (!adds_up)
		return ST_LEDGER_SUMS;
	return shown == 0 && tac <= IMEI_TAC_MAX ? ST_LEDGER_NONE : ST_OK;
}
