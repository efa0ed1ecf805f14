/* SPDX-License-Identifier: Apache-2.0 */
#include "tool/progress.h"

#include <stdio.h>

void
progress_begin(struct progress *progress, struct output *out, bool is_full)
{
	memset(progress, 0, sizeof(*progress));
	(void)pthread_mutex_init(&progress->lock, NULL);
	progress->out = out;
	progress->is_full = is_full;
}

void
progress_add(struct progress *progress, int number)
{
	if (progress->count < STATION_SLOTS_MAX)
		progress->slot[progress->count++].number = number;
}

static struct progress_slot *
find_slot(struct progress *progress, int number)
{
	for (size_t i = 0; i < progress->count; i++)
		if (progress->slot[i].number == number)
			return &progress->slot[i];
	return NULL;
}

static void
draw(struct progress *progress)
{
	if (progress->is_drawn)
		(void)printf("\033[%zuA", progress->count);
	progress->is_drawn = true;
	for (size_t i = 0; i < progress->count; i++) {
		const struct progress_slot *slot = &progress->slot[i];

		(void)printf("\033[2Kslot %2d  %-17s %s\n", slot->number,
			     slot->words, slot->imei);
	}
	(void)fflush(stdout);
}

static void
put_step(struct output *out, const struct progress_slot *slot)
{
	if (!out->is_json) {
		output_say(out, "slot %d: %s", slot->number, slot->words);
		(void)fflush(stdout);
		return;
	}
	row_begin(out, "step");
	row_uint(out, "slot", (uint64_t)slot->number);
	row_text(out, "step", slot->words);
	row_end(out);
}

void
progress_step(struct progress *progress, int number, const char *words,
	      const struct identity *identity)
{
	struct progress_slot *slot = find_slot(progress, number);

	if (slot == NULL)
		return;
	(void)pthread_mutex_lock(&progress->lock);
	show_escape(slot->words, sizeof(slot->words), words);
	if (identity != NULL && identity_check(identity) == ST_OK)
		(void)cmd_show_imei(slot->imei,
				    identity->slot[identity->primary],
				    progress->is_full);
	if (progress->out->is_terminal)
		draw(progress);
	else
		put_step(progress->out, slot);
	(void)pthread_mutex_unlock(&progress->lock);
}

void
progress_end(struct progress *progress)
{
	(void)pthread_mutex_destroy(&progress->lock);
}
