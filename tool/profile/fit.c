/* SPDX-License-Identifier: Apache-2.0 */
/* What a profile says about a unit that is there. */
#include <stdlib.h>
#include <string.h>

#include "profile/profile.h"

bool
profile_fits(const struct profile *profile, const struct hello *hello)
{
	return strcmp(profile->model, hello->model) == 0 &&
	       profile->class == hello->class &&
	       profile->layout == hello->layout;
}

bool
profile_same_units(const struct profile *a, const struct profile *b)
{
	return strcmp(a->model, b->model) == 0 && a->class == b->class &&
	       a->layout == b->layout;
}

bool
profile_shares_tac(const struct profile *a, const struct profile *b,
		   uint32_t *tac)
{
	if (strcmp(a->model, b->model) == 0)
		return false;
	for (size_t i = 0; i < a->tac_count; i++)
		for (size_t j = 0; j < b->tac_count; j++) {
			*tac = a->tac[i];
			if (*tac == b->tac[j])
				return true;
		}
	return false;
}

const char *const profile_link[PROFILE_LINKS] = {"unix", "pty", "usb",
						 "serial"};

static bool
is_kind(const struct profile *profile, const char *address)
{
	size_t len = strcspn(address, ":");

	if (profile->link_mask == 0)
		return true;
	for (unsigned int i = 0; i < PROFILE_LINKS; i++)
		if (strlen(profile_link[i]) == len &&
		    memcmp(profile_link[i], address, len) == 0 &&
		    (profile->link_mask & 1u << i) != 0)
			return true;
	return false;
}

/* Of serial:TTY@BAUD; an address that says none has none that is wrong. */
static bool
is_baud(const struct profile *profile, const char *address)
{
	static const char kind[] = "serial:";
	const char *at = strrchr(address, '@');

	if (profile->serial_baud == 0 || at == NULL ||
	    strncmp(address, kind, sizeof(kind) - 1) != 0)
		return true;
	return strtoul(at + 1, NULL, 10) == profile->serial_baud;
}

enum status
profile_reaches(const struct profile *profile, const char *address,
		const char **what)
{
	*what = "";
	if (!is_kind(profile, address))
		*what = "the kind of address is not one of the profile's links";
	else if (!is_baud(profile, address))
		*what = "the baud rate is not the profile's serial_baud";
	return (*what)[0] == '\0' ? ST_OK : ST_PROFILE_LINK;
}

const char *const profile_fuse[PROFILE_FUSES] = {"debug_closed", "secure_boot"};

enum status
profile_demands(const struct profile *profile, const struct hello *hello,
		const char **what)
{
	unsigned int shown = fuses_shown(hello->debug, hello->is_secure_boot) |
			     profile->lock_fuses;
	const struct {
		const char *key;
		bool is_asked;
		bool is_so;
	} rows[] = {
		{"permanent_lock", profile->demand_permanent_lock,
		 hello->is_lock_permanent},
		{"secure_boot", profile->demand_secure_boot,
		 (shown & FUSE_SECURE_BOOT) != 0},
		{"debug_closed", profile->demand_debug_closed,
		 (shown & FUSE_DEBUG_CLOSED) != 0},
		{"random_source", profile->demand_random, hello->has_random},
		{"secret_hidden", profile->demand_secret_hidden,
		 hello->is_secret_hidden},
	};

	*what = "a chip, because it is a model of one";
	if (profile->class == CLASS_PRODUCTION && hello->is_virtual)
		return ST_PROFILE_DEMAND;
	*what = "";
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (!rows[i].is_asked || rows[i].is_so)
			continue;
		*what = rows[i].key;
		return ST_PROFILE_DEMAND;
	}
	return ST_OK;
}

enum status
profile_burns(const struct profile *profile, const struct hello *hello,
	      const char **what)
{
	unsigned int lacking = profile->lock_fuses & ~hello->fuses & FUSES_ALL;

	*what = "";
	if (lacking == 0 || hello->state == STATE_LOCKED)
		return ST_OK;
	*what = profile_fuse[(lacking & FUSE_DEBUG_CLOSED) != 0 ? 0 : 1];
	return ST_PROFILE_FUSES;
}

uint8_t
profile_last_fuses(const struct profile *profile)
{
	unsigned int mask = profile->lock_fuses;

	if (profile->demand_debug_closed)
		mask |= FUSE_DEBUG_CLOSED;
	if (profile->demand_secure_boot)
		mask |= FUSE_SECURE_BOOT;
	return (uint8_t)mask;
}
