/* SPDX-License-Identifier: Apache-2.0 */
#include "hsm/local.h"

#include "hsm/transport.h"

static enum status
exchange(void *ctx, struct bytes request, uint8_t buf[WIRE_MAX],
	 struct bytes *reply)
{
	/* a request that cannot be read has a reply, too */
	enum status status = signer_handle(ctx, request, buf, reply);

	return status == ST_HSM_REQUEST ? ST_OK : status;
}

static void
leave_open(void *ctx)
{
	(void)ctx;
}

enum status
hsm_local(struct hsm **out, struct signer *signer)
{
	struct hsm_transport transport = {signer, exchange, leave_open};

	return hsm_open(out, &transport);
}
