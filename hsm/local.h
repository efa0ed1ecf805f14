/* SPDX-License-Identifier: Apache-2.0 */
/*
 * local.h - a client and its signer in one process, for tests.
 */
#ifndef IMEILOCK_HSM_LOCAL_H
#define IMEILOCK_HSM_LOCAL_H

#include "hsm/client.h"
#include "hsm/signer.h"

/* The signer is borrowed: hsm_close leaves it open. */
MUST_CHECK enum status hsm_local(struct hsm **out, struct signer *signer);

#endif
