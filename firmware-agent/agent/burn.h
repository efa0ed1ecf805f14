/* SPDX-License-Identifier: Apache-2.0 */
/*
 * burn.h - the only way to program identity, record digest and secret.
 *
 * Factory builds only.  Each burn is one word, read back at once; what the
 * driver says of it is not believed.  A power cut anywhere leaves the field
 * blank, partial or done, and the next call starts from what it finds.
 */
#ifndef IMEILOCK_AGENT_BURN_H
#define IMEILOCK_AGENT_BURN_H

#include "agent/turn.h"

/*
 * IRREVERSIBLE.  Bring field to payload, or give up a copy of it.  A second
 * call with the same payload burns nothing.
 *   ST_OTP_FIELD_LOST  both copies are spoiled
 *   ST_PORT_POWER
 */
MUST_CHECK enum status burn_field(struct turn *turn, enum image_field field,
				  const struct image_payload *payload);

/* IRREVERSIBLE.  Kill both copies of an unpopulated slot's field. */
MUST_CHECK enum status burn_kill(struct turn *turn, enum image_field field);

#endif
