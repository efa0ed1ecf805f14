/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/turn.h"

const bool agent_is_factory_build = false;

const turn_fn agent_requests[OP_ATTEST + 1] = {
	[OP_HELLO] = request_hello, [OP_RELOAD] = request_reload,
	[OP_READ] = request_read,   [OP_FETCH] = request_fetch,
	[OP_RESET] = request_reset, [OP_ATTEST] = request_attest,
};
