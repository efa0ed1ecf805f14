/* SPDX-License-Identifier: Apache-2.0 */
/* Labels: which slot a scan is for, and what becomes of it. */
#include "tool/lang.h"
#include "watch/label.h"
#include "watch/watch_state.h"

/* After the first number of a label, for the others; and after a label that fits,
 * for the same one, which is often read twice. */
#define LABEL_MS 1500
/* A slot's code was refused, or what may have been one could not be read: a
 * label that is scanned next was meant for that slot, and must not go to another
 * one. */
#define SCAN_NOBODY (-1)

/* ------------------------------------------------------------------ checks */

static enum status
profile_of(const struct watch_run *run, const char *model,
	   const struct profile **out)
{
	const struct station_run *station = run->station;

	for (size_t i = 0; i < station->arms.profile_count; i++)
		if (text_equal(station->profile[i].model, model)) {
			*out = &station->profile[i];
			return ST_OK;
		}
	return ST_LEDGER_LABEL_OUTSIDE;
}

/* Whether the signer will sign it: nothing is bound that it would refuse. */
static enum status
check_certificate(const struct watch_run *run, const char *model,
		  const struct ledger_label *label, unsigned int want)
{
	const struct flow_station *flow = &run->station->flow;
	const struct hsm_line *line = hsm_find_line(&flow->signer, model);
	struct cert cert;
	enum status st = line == NULL || !line->has_cert
				 ? ST_HSM_CERTIFICATE
				 : cert_open(&cert, object_bytes(&line->cert),
					     &flow->root);

	for (unsigned int i = 0; st == ST_OK && i < want; i++)
		st = cert_covers(&cert,
				 (struct imei){label->number[0].body + i},
				 ST_HSM_INTERVAL);
	return st;
}

/* A unit that comes back brings the label that it has.  Who is plugged in is
 * not known yet; its run will tell whether it is that one. */
static bool
may_come_back(struct ledger *ledger, const struct ledger_label *label)
{
	struct ledger_unit unit;

	return ledger_find_imei(ledger, label->number[0], &unit) == ST_OK &&
	       unit.identity.slot[unit.identity.primary].body ==
		       label->number[0].body &&
	       unit.state >= NUMBER_TICKETED && unit.state <= NUMBER_VERIFIED;
}

static enum status
check_label(struct watch_run *run, const struct ledger_label *label,
	    unsigned int *want)
{
	/* as for a chip that the ledger has never seen */
	const struct chip_id nobody = {.len = CHIP_ID_MIN, .byte = {1}};
	struct ledger *ledger = run->station->flow.ledger;
	const struct profile *profile = NULL;
	char model[MODEL_MAX + 1];
	struct ledger_binding binding = {
		.model = model, .chip = &nobody, .label = label};
	enum status st = ledger_label_model(ledger, label->number[0], model);

	if (st == ST_OK)
		st = profile_of(run, model, &profile);
	if (st == ST_OK)
		st = check_certificate(run, model, label, profile->slots);
	if (st != ST_OK)
		return st;
	*want = profile->slots;
	binding.slot_count = profile->slots;
	st = ledger_check_label(ledger, &binding);
	if ((st == ST_LEDGER_TAKEN || st == ST_LEDGER_LABEL_PAIR) &&
	    label->count <= profile->slots && may_come_back(ledger, label))
		return ST_OK;
	return st;
}

/* ---------------------------------------------------------------- the slot */

static struct watch_unit *
unit_of_slot(struct watch_run *run, int number)
{
	for (size_t i = 0; i < run->watch.count; i++)
		if (run->unit[i].slot->number == number)
			return &run->unit[i];
	return NULL;
}

static bool
has_number(const struct watch_unit *unit, const struct ledger_label *label)
{
	const struct identity *identity = &unit->result.identity;

	for (unsigned int i = 0; i < SLOTS_MAX; i++)
		if (imei_is_valid(identity->slot[i]) &&
		    identity->slot[i].body == label->number[0].body)
			return true;
	return false;
}

static bool
may_be_armed(const struct watch_run *run, const struct watch_unit *unit)
{
	return run->watch.slot[unit->index].place != WATCH_WORKING &&
	       unit->label.count == 0 && unit->labels_left == 0;
}

/* The only slot with a unit that waits; or else the only free one. */
static struct watch_unit *
only_free(struct watch_run *run)
{
	struct watch_unit *waiting = NULL, *other = NULL;
	unsigned int waiting_count = 0, other_count = 0;

	for (size_t i = 0; i < run->watch.count; i++) {
		struct watch_unit *unit = &run->unit[i];

		if (!may_be_armed(run, unit))
			continue;
		if (run->watch.slot[i].place == WATCH_READY) {
			waiting = unit;
			waiting_count++;
		} else {
			other = unit;
			other_count++;
		}
	}
	if (waiting_count != 0)
		return waiting_count == 1 ? waiting : NULL;
	return other_count == 1 ? other : NULL;
}

/* Who is meant if no slot was scanned: the unit that has the number and lacks
 * its label, or the one whose label's first number was scanned a moment ago. */
static struct watch_unit *
meant(struct watch_run *run, const struct ledger_label *label)
{
	if (run->scan_slot > 0)
		return unit_of_slot(run, run->scan_slot);
	for (size_t i = 0; i < run->watch.count; i++) {
		struct watch_unit *unit = &run->unit[i];
		const struct ledger_label *old = &unit->label;

		if (run->watch.slot[i].place != WATCH_WORKING &&
		    unit->labels_left != 0 && has_number(unit, label))
			return unit;
		if (old->count != 0 && old->count < unit->label_want &&
		    (label->number[0].body ==
			     old->number[old->count - 1].body + 1 ||
		     label->number[0].body + 1 == old->number[0].body))
			return unit;
	}
	return run->scan_slot == SCAN_NOBODY ? NULL : only_free(run);
}

/* Another slot is armed with one of these numbers. */
static bool
is_promised(const struct watch_run *run, const struct watch_unit *unit,
	    const struct ledger_label *label, unsigned int want)
{
	for (size_t i = 0; i < run->watch.count; i++) {
		const struct watch_unit *other = &run->unit[i];

		if (other != unit && other->label.count != 0 &&
		    label->number[0].body <
			    other->label.number[0].body + other->label_want &&
		    other->label.number[0].body < label->number[0].body + want)
			return true;
	}
	return false;
}

/* ------------------------------------------------------------- of one unit */

/* A label's first number is enough, but the others may be on their way. */
bool
watch_has_label(const struct watch_unit *unit)
{
	return unit->label.count != 0 &&
	       (unit->label.count >= unit->label_want ||
		deadline_now_ms() >= unit->label_ms + LABEL_MS);
}

void
watch_keep_label(struct watch_run *run, struct watch_unit *unit)
{
	const struct watch_slot *slot = &run->watch.slot[unit->index];
	struct ledger_label label = unit->label;

	if (label.count == 0 || slot->arrivals < unit->label_arrival ||
	    (slot->arrivals == unit->label_arrival &&
	     slot->place == WATCH_READY))
		return;
	memset(&unit->label, 0, sizeof(unit->label));
	if (run->scan_slot == unit->slot->number)
		run->scan_slot = 0;
	watch_say_scan(run, unit, ST_STATION_LABEL_LEFT, &label);
}

void
watch_take_label(struct watch_run *run, struct watch_unit *unit)
{
	const struct watch_slot *slot = &run->watch.slot[unit->index];

	unit->bound = unit->label;
	unit->flow.instance = slot->instance;
	unit->flow.chip = slot->chip;
	unit->flow.label = unit->bound.count != 0 ? &unit->bound : NULL;
	memset(&unit->label, 0, sizeof(unit->label));
	unit->fitted_ms = 0;
	if (run->scan_slot == unit->slot->number)
		run->scan_slot = 0;
}

/* Which label is next: without the box's, the housing's is the last one. */
static enum ledger_label_place
place_due(const struct watch_run *run, const struct watch_unit *unit)
{
	return unit->labels_left == 1 && run->how.is_match
		       ? LEDGER_LABEL_BOX
		       : LEDGER_LABEL_HOUSING;
}

static void
set_note(const struct watch_run *run, struct watch_unit *unit)
{
	if (unit->labels_left == 0)
		unit->note = "";
	else
		unit->note = place_due(run, unit) == LEDGER_LABEL_BOX
				     ? lang("scan the box label")
				     : lang("scan the housing label");
}

/* The number of a dead chip is dead, and so is what it is printed on. */
void
watch_follow_label(struct watch_run *run, struct watch_unit *unit)
{
	const struct flow_result *result = &unit->result;

	unit->labels_left = 0;
	if (!run->how.is_scan)
		return;
	if (result->status == ST_OK)
		unit->labels_left = run->how.is_match ? 2 : 1;
	set_note(run, unit);
	if (status_class(result->status) == ST_CLASS_REWORK &&
	    identity_check(&result->identity) == ST_OK)
		unit->note = lang("destroy the label");
}

/* ------------------------------------------------------------------ taking */

/* After the lock: whether the label is the unit's.  The ledger hears of either,
 * and before anybody else does. */
static enum status
compare(struct watch_run *run, const struct watch_unit *unit,
	const struct ledger_label *label)
{
	const struct flow_station *flow = &run->station->flow;
	const struct ledger_who who = {flow->operator_name, unit->slot->number,
				       flow->version};
	const struct chip_id chip = unit->result.chip;
	enum ledger_label_place place = place_due(run, unit);
	enum status fits = label_is_of(label, &unit->result.identity)
				   ? ST_OK
				   : ST_STATION_LABEL;
	enum status st;

	/* its second number alone says nothing of the first */
	if (fits != ST_OK && label_is_part_of(label, &unit->result.identity))
		return ST_LEDGER_LABEL_PAIR;
	/* the ledger may make us wait: slots and screen go on, and this slot
	 * begins nobody before its labels were compared */
	(void)pthread_mutex_unlock(&run->lock);
	st = ledger_labelled(flow->ledger, &who, &chip, place, fits);
	(void)pthread_mutex_lock(&run->lock);
	return st == ST_OK ? fits : st;
}

/* Somebody has decided about a good unit since: it is not shown as good, and has
 * no label to wait for. */
static void
take_back(struct watch_run *run, struct watch_unit *unit, enum status st)
{
	struct unit_end end = watch_end_of(unit);

	unit->result.status = st;
	unit->verdict = verdict_of(st);
	unit_sentence(unit->sentence, &end);
	unit->hold = WATCH_HOLD_NONE;
	watch_follow_label(run, unit);
	run->watch.slot[unit->index].status = st;
}

static void
match(struct watch_run *run, struct watch_unit *unit,
      const struct ledger_label *label)
{
	enum status st = compare(run, unit, label);

	if (st == ST_LEDGER_QUARANTINED || st == ST_LEDGER_SCRAPPED)
		take_back(run, unit, st);
	if (st != ST_OK) {
		watch_say_scan(run, unit, st, label);
		return;
	}
	unit->labels_left--;
	unit->fitted_ms = deadline_now_ms();
	run->scan_slot = 0;
	unit->hold = WATCH_HOLD_NONE; /* who waits there says so again */
	set_note(run, unit);
	watch_say_slot(run, unit,
		       unit->note[0] != '\0' ? unit->note : "its labels fit");
}

/* The label that fitted a moment ago, or what else is printed on it, unless a
 * slot's code says that it is meant. */
static bool
is_echo(const struct watch_run *run, const struct ledger_label *label)
{
	if (run->scan_slot > 0)
		return false;
	for (size_t i = 0; i < run->watch.count; i++) {
		const struct watch_unit *unit = &run->unit[i];

		if (run->watch.slot[i].place != WATCH_WORKING &&
		    unit->fitted_ms != 0 &&
		    deadline_now_ms() < unit->fitted_ms + LABEL_MS &&
		    label_is_part_of(label, &unit->result.identity))
			return true;
	}
	return false;
}

/* Both numbers of one label, scanned one after the other. */
static enum status
join(struct ledger_label *out, const struct ledger_label *old,
     const struct ledger_label *label)
{
	*out = *old;
	for (unsigned int i = 0; i < label->count; i++) {
		enum status st = label_add(out, label->number[i]);

		if (st != ST_OK)
			return st;
	}
	return ST_OK;
}

/* Whom a label that is scanned now is for: who waits there, or comes next. */
static uint32_t
arrival_of(const struct watch_run *run, const struct watch_unit *unit)
{
	const struct watch_slot *slot = &run->watch.slot[unit->index];

	return slot->arrivals + (slot->place == WATCH_READY ? 0 : 1);
}

static void
arm(struct watch_run *run, struct watch_unit *unit,
    const struct ledger_label *label, unsigned int want, uint32_t arrival)
{
	unit->label = *label;
	unit->label_want = want;
	unit->label_arrival = arrival;
	unit->label_ms = deadline_now_ms();
	if (label->count >= want)
		run->scan_slot = 0;
	watch_say_scan(run, unit, ST_OK, label);
	watch_keep_label(run, unit);
}

/* A label for a unit that is not begun yet. */
static void
take_next_label(struct watch_run *run, struct watch_unit *unit,
		const struct ledger_label *label)
{
	const struct ledger_label before = unit->label;
	uint32_t arrival = arrival_of(run, unit);
	struct ledger_label whole = *label;
	unsigned int want = 1;
	enum status st = ST_OK;

	if (before.count != 0)
		st = join(&whole, &before, label);
	(void)pthread_mutex_unlock(&run->lock); /* as above */
	if (st == ST_OK)
		st = check_label(run, &whole, &want);
	(void)pthread_mutex_lock(&run->lock);
	/* meanwhile it was begun with the first number, or has left with it */
	if (unit->label.count != before.count ||
	    run->watch.slot[unit->index].place == WATCH_WORKING)
		st = ST_STATION_SCAN_SLOT;
	else if (st == ST_OK && is_promised(run, unit, &whole, want))
		st = ST_LEDGER_TAKEN;
	if (st == ST_OK) {
		arm(run, unit, &whole, want, arrival);
		return;
	}
	/* nothing is begun with a label that does not fit itself */
	memset(&unit->label, 0, sizeof(unit->label));
	watch_say_scan(run, unit, st, label);
}

static void
take_label(struct watch_run *run, const struct ledger_label *label)
{
	struct watch_unit *unit = meant(run, label);

	if (is_echo(run, label))
		return;
	if (unit == NULL || run->watch.slot[unit->index].place == WATCH_WORKING)
		watch_say_scan(run, unit, ST_STATION_SCAN_SLOT, label);
	else if (unit->labels_left != 0)
		match(run, unit, label);
	else
		take_next_label(run, unit, label);
}

static void
take_slot(struct watch_run *run, int number)
{
	struct watch_unit *unit = unit_of_slot(run, number);

	run->scan_slot = 0;
	if (unit == NULL ||
	    (!may_be_armed(run, unit) && unit->labels_left == 0 &&
	     unit->label.count == 0)) {
		run->scan_slot = SCAN_NOBODY;
		watch_say_scan(run, unit, ST_STATION_SCAN_SLOT, NULL);
		return;
	}
	run->scan_slot = number;
	watch_say_scan(run, unit, ST_OK, NULL);
}

void
watch_scan(struct watch_run *run, const char *text)
{
	struct label_scan scan;
	enum status st = label_parse(&scan, text);

	(void)pthread_mutex_lock(&run->scanning);
	(void)pthread_mutex_lock(&run->lock);
	if (st == ST_STATION_SCAN && run->watch.count > 1)
		run->scan_slot = SCAN_NOBODY;
	if (st != ST_OK)
		watch_say_scan(run, NULL, st, NULL);
	else if (scan.slot != 0)
		take_slot(run, scan.slot);
	else
		take_label(run, &scan.label);
	(void)pthread_mutex_unlock(&run->lock);
	(void)pthread_mutex_unlock(&run->scanning);
}
