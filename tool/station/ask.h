/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ask.h - what flow and verify ask a unit, each answer checked as it comes.
 *
 * A token is good when its signature verifies under the key inside, it answers
 * the nonce that was drawn for this one question, and it speaks of the chip
 * that was expected.  Objects are copied out.
 */
#ifndef IMEILOCK_TOOL_STATION_ASK_H
#define IMEILOCK_TOOL_STATION_ASK_H

#include "hsm/client.h"
#include "station/device.h"

/* ST_VERIFY_TOKEN when a token is not good; else as device_call. */
MUST_CHECK enum status ask_key(struct key_token *out, struct object *object,
			       struct device *device,
			       const struct chip_id *chip,
			       struct deadline deadline);
MUST_CHECK enum status ask_read(struct read_token *out, struct object *object,
				struct device *device,
				const struct chip_id *chip,
				struct deadline deadline);
MUST_CHECK enum status ask_probe(struct probe_token *out, struct device *device,
				 const struct chip_id *chip,
				 struct deadline deadline);
MUST_CHECK enum status ask_attest(struct evidence *out, struct object *object,
				  struct device *device,
				  const struct chip_id *chip,
				  struct deadline deadline);

MUST_CHECK enum status ask_fetch(struct object *out, struct device *device,
				 enum stored which, struct deadline deadline);

/* permit and store. */
MUST_CHECK enum status ask_take(struct device *device, enum msg_op op,
				struct bytes cert, struct bytes object,
				struct deadline deadline);
/* program, reload, lock without further fuses, reset. */
MUST_CHECK enum status ask_plain(struct device *device, enum msg_op op,
				 struct deadline deadline);
/* lock, and burn this mask of further_fuse before. */
MUST_CHECK enum status ask_lock(struct device *device, uint8_t fuses,
				struct deadline deadline);

/* Reset, and say hello until the unit is back.
 *   ST_VERIFY_RESET      it answers in the session from before
 *   ST_STATION_IDENTITY  another chip answers now */
MUST_CHECK enum status ask_reset(struct hello *out, struct device *device,
				 const struct chip_id *chip,
				 struct deadline deadline);

void object_set(struct object *out, struct bytes from); /* cut to none if
							     it is too long */

#endif
