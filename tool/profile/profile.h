/* SPDX-License-Identifier: Apache-2.0 */
/*
 * profile.h - one model's settings, read from one YAML file.
 *
 * The keys and what they mean: profiles/FORMAT.md.  libcyaml is included by
 * profile.c only.
 */
#ifndef IMEILOCK_TOOL_PROFILE_PROFILE_H
#define IMEILOCK_TOOL_PROFILE_PROFILE_H

#include "proto/msg.h"

#define PROFILE_PATH_MAX 255
#define PROFILE_ERROR_MAX 255
#define PROFILE_TIME_MIN_S 5 /* time_budget_s */
#define PROFILE_TIME_MAX_S 3600
#define PROFILE_UNITS_MAX 1000000 /* low_water_units */

struct profile {
	char model[MODEL_MAX + 1]; /* as the agent says it */
	enum dev_class class;
	uint8_t layout;
	uint8_t slots; /* modem slots that get an IMEI, 1 to SLOTS_MAX */
	char root[PROFILE_PATH_MAX + 1]; /* root.pem; "" = the station's */
	uint32_t min_epoch;
	uint32_t time_budget_s;	  /* for a unit, all in all */
	uint32_t low_water_units; /* warn when fewer are left; 0 = never */
	char final_process[FINAL_MAX + 1];
	/* what a unit must declare, or it is refused */
	bool demand_permanent_lock;
	bool demand_secure_boot;
	bool demand_debug_closed;
	bool demand_random;
	bool demand_secret_hidden;
};

/*
 * Read and check a profile.  On failure error names file, line, key and what
 * is wrong, in one line.
 *   ST_PROFILE_FORMAT
 */
MUST_CHECK enum status profile_load(struct profile *out, const char *path,
				    char error[PROFILE_ERROR_MAX + 1]);

/* The unit is of this profile: model, class and layout are equal. */
bool profile_fits(const struct profile *profile, const struct hello *hello);

/* ST_PROFILE_DEMAND when the unit lacks what is demanded; *what names it. */
MUST_CHECK enum status profile_demands(const struct profile *profile,
				       const struct hello *hello,
				       const char **what);

#endif
