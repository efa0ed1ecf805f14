/* SPDX-License-Identifier: Apache-2.0 */
#include "support/signers.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#define COMMAND_MAX 1024

/* ---------------------------------------------------------------- places */

void
place_init(struct signer_place *place, const char *folder, const char *name)
{
	char text[80];

	memset(place, 0, sizeof(*place));
	folder_path(place->folder, folder, name);
	snprintf(text, sizeof(text), "%s.token", name);
	strcpy(place->token, "soft:");
	folder_path(place->token + strlen(place->token), folder, text);
}

enum status
place_open_status(struct signer_place *place)
{
	struct signer_config config = {place->folder, place->token, SIGNERS_PIN,
				       place->expect};
	enum status status = signer_open(&place->signer, &config);

	assert_true((place->signer != NULL) == (status == ST_OK));
	if (status == ST_OK)
		assert_int_equal(hsm_local(&place->hsm, place->signer), ST_OK);
	return status;
}

void
place_open(struct signer_place *place)
{
	assert_int_equal(place_open_status(place), ST_OK);
}

void
place_crash(struct signer_place *place)
{
	hsm_close(place->hsm);
	signer_close(place->signer);
	place->hsm = NULL;
	place->signer = NULL;
}

void
place_close(struct signer_place *place)
{
	assert_int_equal(hsm_shutdown(place->hsm), ST_OK);
	place_crash(place);
}

static void
run(const char *format, const char *from, const char *to)
{
	char command[COMMAND_MAX];
	int len = snprintf(command, sizeof(command), format, to, from, to);

	assert_in_range(len, 1, sizeof(command) - 1);
	assert_int_equal(system(command), 0);
}

void
place_save(const struct signer_place *place, const char *name)
{
	char copy[FOLDER_PATH_MAX + 32];

	snprintf(copy, sizeof(copy), "%s.%s", place->folder, name);
	run("rm -rf '%s' && cp -a '%s' '%s'", place->folder, copy);
}

void
place_restore(const struct signer_place *place, const char *name)
{
	char copy[FOLDER_PATH_MAX + 32];

	assert_null(place->signer);
	snprintf(copy, sizeof(copy), "%s.%s", place->folder, name);
	run("rm -rf '%s' && cp -a '%s' '%s'", copy, place->folder);
}

uint64_t
place_entries(struct signer_place *place)
{
	struct hsm_status status;

	assert_int_equal(hsm_status(place->hsm, &status), ST_OK);
	return status.reg.count;
}

uint64_t
place_next(struct signer_place *place)
{
	struct hsm_status status;

	assert_int_equal(hsm_status(place->hsm, &status), ST_OK);
	assert_in_range(status.line_count, 1, HSM_LINES_MAX);
	return status.line[0].next[0].body;
}

/* --------------------------------------------------------------- numbers */

struct imei
signers_imei(unsigned int n)
{
	return imei_of(SIGNERS_TAC, n);
}

struct interval
signers_interval(unsigned int first, unsigned int last)
{
	return (struct interval){signers_imei(first), signers_imei(last)};
}

struct identity
signers_identity(unsigned int first, unsigned int slots)
{
	struct identity identity;

	identity_init(&identity);
	for (unsigned int i = 0; i < slots; i++)
		identity.slot[i] = signers_imei(first + i);
	return identity;
}

void
signers_ledger_moves(struct signers *signers)
{
	signers->head.count++;
	signers->head.hash.byte[0] = (uint8_t)signers->head.count;
	signers->head.hash.byte[1] = 1;
}

void
signers_certify(struct signers *signers, const char *model, unsigned int first,
		unsigned int last)
{
	struct interval interval = signers_interval(first, last);

	assert_int_equal(hsm_request(signers->line.hsm, CLASS_DEVELOPMENT,
				     model, &signers->ledger,
				     &signers->request),
			 ST_OK);
	assert_int_equal(hsm_certify(signers->root.hsm,
				     object_bytes(&signers->request), &interval,
				     1, 1, &signers->cert),
			 ST_OK);
	assert_int_equal(hsm_install(signers->line.hsm,
				     object_bytes(&signers->cert),
				     &signers->root_key),
			 ST_OK);
}

/* ------------------------------------------------------- setup, teardown */

int
signers_set_up(void **state)
{
	struct signers *signers = calloc(1, sizeof(*signers));

	assert_non_null(signers);
	folder_make(signers->folder);
	place_init(&signers->root, signers->folder, "root");
	place_init(&signers->line, signers->folder, "line");
	place_open(&signers->root);
	place_open(&signers->line);
	memset(&signers->ledger, 0x11, sizeof(signers->ledger));
	assert_int_equal(hsm_root(signers->root.hsm, CLASS_DEVELOPMENT,
				  &signers->root_key),
			 ST_OK);
	signers_ledger_moves(signers);
	*state = signers;
	return 0;
}

int
signers_set_up_certified(void **state)
{
	signers_set_up(state);
	signers_certify(*state, SIGNERS_MODEL, 0, SIGNERS_COUNT - 1);
	return 0;
}

int
signers_tear_down(void **state)
{
	struct signers *signers = *state;

	place_crash(&signers->root);
	place_crash(&signers->line);
	folder_remove(signers->folder);
	free(signers);
	return 0;
}

/* ----------------------------------------------------------------- units */

void
unit_init(struct unit *unit, unsigned int chip, unsigned int key)
{
	struct secret_scalar scalar = {{0}};

	memset(unit, 0, sizeof(*unit));
	unit->class = CLASS_DEVELOPMENT;
	unit->chip.len = 12;
	unit->chip.byte[0] = 0xc1;
	unit->chip.byte[10] = (uint8_t)(chip >> 8);
	unit->chip.byte[11] = (uint8_t)chip;
	scalar.byte[0] = 1;
	scalar.byte[30] = (uint8_t)(key >> 8);
	scalar.byte[31] = (uint8_t)key;
	assert_int_equal(crypto_key_open(&unit->key, &scalar), ST_OK);
	assert_int_equal(crypto_key_public(&unit->device, &unit->key), ST_OK);
}

void
unit_wipe(struct unit *unit)
{
	crypto_key_close(&unit->key);
}

static void
sign(struct unit *unit, const struct cose_kind *kind,
     const struct cbor_out *payload, struct object *object)
{
	struct cbor_out out;
	struct bytes encoded;

	assert_int_equal(cbor_out_end(payload, &encoded), ST_OK);
	cbor_out_init(&out, object->byte, sizeof(object->byte));
	assert_int_equal(object_sign(&out, kind, encoded, &unit->key), ST_OK);
	object->len = out.len;
}

void
unit_answer_key(struct unit *unit)
{
	struct key_token token = {
		.nonce = {{1}},
		.class = unit->class,
		.chip = unit->chip,
		.device = unit->device,
		.device_nonce = {{2, unit->chip.byte[11]}},
		.origin = ORIGIN_CHIP,
	};
	uint8_t buf[PAYLOAD_MAX];
	struct cbor_out payload;

	cbor_out_init(&payload, buf, sizeof(buf));
	key_token_encode(&payload, &token);
	sign(unit, &KIND_KEY_TOKEN, &payload, &unit->key_token);
}

void
unit_burn(const struct unit *unit, const struct identity *identity,
	  enum maker_stage stage, struct image *image)
{
	struct image_maker maker;

	image_maker_init(&maker, WORDS_ADDITIVE, 1);
	maker.plan.class = unit->class;
	maker.plan.identity = *identity;
	assert_int_equal(identity_digest(&maker.plan.digest, unit->class,
					 &unit->chip, identity, &unit->device),
			 ST_OK);
	/* one burn too many is seen only behind it, so keep the one before */
	*image = maker.image;
	while (maker.stage < stage && image_maker_step(&maker))
		if (maker.stage < stage)
			*image = maker.image;
	if (stage == MAKER_DONE)
		*image = maker.image;
}

void
unit_answer_read(struct unit *unit, const struct image *image,
		 enum field_state secret)
{
	struct read_token token = {
		.nonce = {{3}},
		.class = unit->class,
		.chip = unit->chip,
		.device = unit->device,
		.layout = IMAGE_LAYOUT,
		.secret = secret,
		.image = *image,
	};
	uint8_t buf[PAYLOAD_MAX];
	struct cbor_out payload;

	memset(token.image.word, 0, IMAGE_FIRST_OPEN_WORD * sizeof(uint32_t));
	cbor_out_init(&payload, buf, sizeof(buf));
	read_token_encode(&payload, &token);
	sign(unit, &KIND_READ_TOKEN, &payload, &unit->read_token);
}

enum status
unit_ticket(struct unit *unit, struct signers *signers,
	    const struct identity *identity)
{
	struct chain_head reg;

	unit_answer_key(unit);
	return hsm_ticket(signers->line.hsm, SIGNERS_MODEL,
			  object_bytes(&unit->key_token), identity,
			  &signers->head, &unit->ticket, &reg);
}

enum status
unit_record(struct unit *unit, struct signers *signers)
{
	return hsm_record(signers->line.hsm, object_bytes(&unit->read_token),
			  bytes_of(NULL, 0), bytes_of(NULL, 0), SIGNERS_MODEL,
			  SIGNERS_FINAL, &unit->record);
}

void
unit_ticket_good(struct signers *signers, unsigned int n)
{
	struct identity identity = signers_identity(n, 1);
	struct unit unit;

	unit_init(&unit, n, n);
	signers_ledger_moves(signers);
	assert_int_equal(unit_ticket(&unit, signers, &identity), ST_OK);
	unit_wipe(&unit);
}
