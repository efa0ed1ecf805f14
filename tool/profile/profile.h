/* SPDX-License-Identifier: Apache-2.0 */
/*
 * profile.h - one model's settings, read from one YAML file.
 *
 * The keys and what they mean: profiles/FORMAT.md.  libcyaml is included by
 * profile.c only.
 */
#ifndef IMEILOCK_TOOL_PROFILE_PROFILE_H
#define IMEILOCK_TOOL_PROFILE_PROFILE_H

#include "profile/usb_id.h"
#include "proto/msg.h"

#define PROFILE_PATH_MAX 255
#define PROFILE_ERROR_MAX 255
#define PROFILE_TIME_MIN_S 5 /* time_budget_s */
#define PROFILE_TIME_MAX_S 3600
#define PROFILE_RESET_S 10 /* reset_s, where none is said */
#define PROFILE_RESET_MIN_S 1
#define PROFILE_RESET_MAX_S 600
#define PROFILE_UNITS_MAX 1000000 /* low_water_units */
#define PROFILE_TACS_MAX 32
#define PROFILE_LINKS 4
#define PROFILE_IDS_MAX 16   /* of usb, and of serial_adapters */
#define PROFILE_BAUD_MIN 300 /* serial_baud */
#define PROFILE_BAUD_MAX 4000000
#define PROFILE_FUSES 2
#define PROFILE_TEMPLATE_MAX 8191
/* Stands in a template where a person must decide; refused until then. */
#define PROFILE_FILL_IN "FILL-IN"

/* The words of `links`, by bit of link_mask. */
extern const char *const profile_link[PROFILE_LINKS];

/* The words of `lock_fuses`, by bit of the mask (proto/fuse.h). */
extern const char *const profile_fuse[PROFILE_FUSES];

struct profile {
	char model[MODEL_MAX + 1]; /* as the agent says it */
	enum dev_class class;
	uint8_t layout;
	uint8_t slots; /* modem slots that get an IMEI, 1 to SLOTS_MAX */
	char root[PROFILE_PATH_MAX + 1]; /* root.pem; "" = the station's */
	uint32_t min_epoch;
	uint32_t time_budget_s;	  /* for a unit, all in all */
	uint32_t reset_s;	  /* until it is there again */
	uint32_t low_water_units; /* warn when fewer are left; 0 = never */
	char final_process[FINAL_MAX + 1];
	/* the TACs in the order of use; none: any */
	size_t tac_count;
	uint32_t tac[PROFILE_TACS_MAX];
	unsigned int link_mask; /* kinds of address; 0: any */
	/* how the model shows up; none: not said */
	size_t usb_count;
	struct usb_id usb[PROFILE_IDS_MAX];
	uint32_t serial_baud; /* 0: not said */
	bool serial_rtscts;
	size_t adapter_count;
	struct usb_id adapter[PROFILE_IDS_MAX];
	uint8_t lock_fuses; /* to burn before the lock: a mask of further_fuse */
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

/* One unit could be of both. */
bool profile_same_units(const struct profile *a, const struct profile *b);
/* They are of different models and list the same TAC. */
bool profile_shares_tac(const struct profile *a, const struct profile *b,
			uint32_t *tac);

/*
 * ST_PROFILE_LINK unless the address is of a kind in links, and, where it says
 * a baud rate, of that of serial_baud; *what tells which, in English.
 */
MUST_CHECK enum status profile_reaches(const struct profile *profile,
				       const char *address, const char **what);

/*
 * ST_PROFILE_DEMAND when the unit lacks what is demanded; *what names it.  What
 * a fuse of lock_fuses gives is not asked here, since it may not be burnt yet:
 * it is demanded of the evidence at the end (profile_last_fuses).
 */
MUST_CHECK enum status profile_demands(const struct profile *profile,
				       const struct hello *hello,
				       const char **what);

/* ST_PROFILE_FUSES when the unit is not locked and cannot burn one of
 * lock_fuses; *what names it. */
MUST_CHECK enum status profile_burns(const struct profile *profile,
				     const struct hello *hello,
				     const char **what);

/* The mask of further fuses that a finished unit's evidence must show: those
 * that the profile burns, and those that it demands. */
uint8_t profile_last_fuses(const struct profile *profile);

/*
 * A profile for model with every key and what it means.  For development it
 * is good as it is; for production some values are PROFILE_FILL_IN.
 *   ST_PROFILE_FORMAT  model is no text that a profile can have
 */
MUST_CHECK enum status profile_template(char out[PROFILE_TEMPLATE_MAX + 1],
					const char *model,
					enum dev_class class);

#endif
