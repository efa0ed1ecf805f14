/* SPDX-License-Identifier: Apache-2.0 */
#include "hsm/token.h"

/* One row a back end. */
static const struct token_ops *const token_backends[] = {
	&token_pkcs11,
#ifdef IMEILOCK_SOFTWARE_KEYS
	&token_software,
#endif
};

const struct token_ops *
token_find(const char *address)
{
	size_t count = sizeof(token_backends) / sizeof(token_backends[0]);

	for (size_t i = 0; i < count; i++) {
		const char *prefix = token_backends[i]->prefix;

		if (strncmp(address, prefix, strlen(prefix)) == 0)
			return token_backends[i];
	}
	return NULL;
}
