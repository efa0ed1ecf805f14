/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/turn.h"

const bool agent_is_factory_build = true;

const turn_fn agent_requests[OP_ATTEST + 1] = {
	[OP_HELLO] = request_hello,   [OP_KEY] = request_key,
	[OP_PERMIT] = request_permit, [OP_PROGRAM] = request_program,
	[OP_RELOAD] = request_reload, [OP_READ] = request_read,
	[OP_STORE] = request_store,   [OP_FETCH] = request_fetch,
	[OP_LOCK] = request_lock,     [OP_RESET] = request_reset,
	[OP_PROBE] = request_probe,   [OP_ATTEST] = request_attest,
};
