/* SPDX-License-Identifier: Apache-2.0 */
#include "board.h"

#include <psa/crypto.h>

#define SEED_LEN 32

/*
 * The chip has no random source.  The launcher writes a fresh seed before each
 * power-up; a warm reset writes the same seed again, which is why the starts
 * are counted in memory that nothing clears.
 */
extern const uint8_t launch_seed[SEED_LEN];
extern volatile uint64_t launch_starts;

static uint64_t blocks;

void
random_init(void)
{
	launch_starts++;
}

static enum status
next_block(struct sha256 *out)
{
	uint64_t starts = launch_starts;
	const struct bytes part[] = {
		bytes_of(launch_seed, SEED_LEN),
		bytes_of(&starts, sizeof(starts)),
		bytes_of(&blocks, sizeof(blocks)),
	};

	blocks++;
	return crypto_sha256(out, part, sizeof(part) / sizeof(part[0]));
}

enum status
random_bytes(void *ctx, void *out, size_t len)
{
	uint8_t *to = out;

	(void)ctx;
	if (bytes_are(bytes_of(launch_seed, SEED_LEN), 0))
		return ST_AGENT_RANDOM;
	while (len > 0) {
		struct sha256 block;
		size_t part = len < SHA256_LEN ? len : SHA256_LEN;

		if (next_block(&block) != ST_OK)
			return ST_AGENT_RANDOM;
		memcpy(to, block.byte, part);
		bytes_wipe(&block, sizeof(block));
		to += part;
		len -= part;
	}
	return ST_OK;
}

/* What Mbed TLS blinds its arithmetic with. */
psa_status_t
mbedtls_psa_external_get_random(mbedtls_psa_external_random_context_t *context,
				uint8_t *output, size_t output_size,
				size_t *output_length)
{
	(void)context;
	*output_length = 0;
	if (random_bytes(NULL, output, output_size) != ST_OK)
		return PSA_ERROR_INSUFFICIENT_ENTROPY;
	*output_length = output_size;
	return PSA_SUCCESS;
}
