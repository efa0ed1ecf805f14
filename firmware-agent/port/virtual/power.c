/* SPDX-License-Identifier: Apache-2.0 */
#include "port/virtual/power.h"

#include "port/virtual/counters.h"

#include <stdlib.h>

static const char *const kind_names[STEP_KINDS] = {
	[STEP_OTP_PROGRAM] = "otp-program",
	[STEP_LOCK] = "lock",
	[STEP_CANARY] = "canary",
	[STEP_STORE_ERASE] = "store-erase",
	[STEP_STORE_PROGRAM] = "store-program",
	[STEP_FRAME] = "frame",
	[STEP_FUSE] = "fuse",
};

const char *
step_kind_name(enum step_kind kind)
{
	return kind_names[kind];
}

static bool
parse_kind(enum step_kind *out, const char **text)
{
	for (unsigned int i = 0; i < STEP_KINDS; i++) {
		size_t len = strlen(kind_names[i]);

		if (strncmp(*text, kind_names[i], len) == 0 &&
		    (*text)[len] == '@') {
			*out = (enum step_kind)i;
			*text += len + 1;
			return true;
		}
	}
	return false;
}

static bool
parse_number(uint64_t *out, const char **text, uint64_t max)
{
	char *end;

	/* strtoull takes signs and spaces */
	if (**text < '0' || **text > '9')
		return false;
	*out = strtoull(*text, &end, 10);
	*text = end;
	return *out <= max;
}

static bool
parse_extent(enum step_extent *out, const char **text)
{
	static const char *const names[] = {
		[STEP_BEFORE] = ":before",
		[STEP_TORN] = ":torn",
		[STEP_AFTER] = ":after",
	};

	for (unsigned int i = STEP_BEFORE; i <= STEP_AFTER; i++) {
		size_t len = strlen(names[i]);

		if (strncmp(*text, names[i], len) == 0) {
			*out = (enum step_extent)i;
			*text += len;
			return true;
		}
	}
	return false;
}

enum status
power_cut_parse(struct power_cut *out, const char *text)
{
	struct power_cut cut = {.seed = 0};
	uint64_t at;

	memset(out, 0, sizeof(*out));
	if (!parse_kind(&cut.kind, &text) ||
	    !parse_number(&at, &text, UINT32_MAX) || at == 0 ||
	    !parse_extent(&cut.extent, &text))
		return ST_USAGE;
	cut.at = (uint32_t)at;
	if (cut.extent == STEP_TORN && *text == ':') {
		text++;
		if (!parse_number(&cut.seed, &text, UINT64_MAX))
			return ST_USAGE;
	}
	if (*text != '\0')
		return ST_USAGE;
	*out = cut;
	return ST_OK;
}

void
power_init(struct power *power, const struct power_cut *cut,
	   struct counters *counters)
{
	memset(power, 0, sizeof(*power));
	power->cut = *cut;
	power->counters = counters;
}

enum step_extent
power_step(struct power *power, enum step_kind kind)
{
	const struct power_cut *cut = &power->cut;

	power->count[kind]++;
	if (power->counters != NULL)
		counters_add(power->counters, kind);
	if (cut->at == 0 || cut->kind != kind || cut->at != power->count[kind])
		return STEP_WHOLE;
	return cut->extent;
}

void
power_fail(struct power *power)
{
	power->is_gone = true;
	power->cut.at = 0;
	if (power->gone != NULL)
		power->gone(power->gone_ctx);
}

void
power_restore(struct power *power)
{
	power->is_gone = false;
}

uint64_t
power_chance(uint64_t *seed)
{
	uint64_t z = *seed += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}
