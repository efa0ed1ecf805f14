/* SPDX-License-Identifier: Apache-2.0 */
/*
 * make_signer_files FOLDER - registers and messages of a signer, for
 * test_signer_document.py: root.register, line.register, NAME.message.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "hsm/transport.h"
#include "support/signers.h"

static const char *output;

static void
store(const char *name, const char *suffix, unsigned int n, struct bytes data)
{
	char path[FOLDER_PATH_MAX];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s-%u.%s", output, name, n, suffix);
	file = fopen(path, "wb");
	assert_non_null(file);
	assert_int_equal(fwrite(data.ptr, 1, data.len, file), data.len);
	fclose(file);
}

/* Between client and signer: keeps what goes by. */
static enum status
exchange(void *ctx, struct bytes request, uint8_t buf[WIRE_MAX],
	 struct bytes *reply)
{
	static const char *const names[] = {
		"hello",   "status",   "register-at", "root",
		"certify", "request",  "install",     "ticket",
		"record",  "shutdown", "revoke"};
	static unsigned int count;
	const char *name = names[request.ptr[1]];
	struct wire_reply decoded;
	enum status status;

	store(name, "request", ++count, request);
	status = signer_handle(ctx, request, buf, reply);
	assert_int_equal(status, ST_OK);
	assert_int_equal(wire_reply_decode(&decoded,
					   (enum wire_op)request.ptr[1],
					   *reply),
			 ST_OK);
	store(decoded.status == ST_OK ? name : "failed", "reply", count,
	      *reply);
	return ST_OK;
}

static void
leave_open(void *ctx)
{
	(void)ctx;
}

static void
listen_in(struct signer_place *place)
{
	struct hsm_transport transport = {place->signer, exchange, leave_open};

	hsm_close(place->hsm);
	assert_int_equal(hsm_open(&place->hsm, &transport), ST_OK);
}

static void
store_register(struct signer_place *place, const char *name)
{
	char command[3 * FOLDER_PATH_MAX];

	snprintf(command, sizeof(command), "cp '%s/register' '%s/%s.register'",
		 place->folder, output, name);
	assert_int_equal(system(command), 0);
}

static void
work(struct signers *signers)
{
	struct identity identity = signers_identity(9, 2);
	struct object notice;
	struct sha256 hash;
	struct image image;
	struct unit unit;

	signers_certify(signers, SIGNERS_MODEL, 0, 99);
	signers_certify(signers, SIGNERS_OTHER_MODEL, 100, 199);
	unit_init(&unit, 9, 9);
	assert_int_equal(unit_ticket(&unit, signers, &identity), ST_OK);
	assert_int_equal(unit_ticket(&unit, signers, &identity), ST_OK);
	unit_burn(&unit, &identity, MAKER_DIGEST, &image);
	unit_answer_read(&unit, &image, FIELD_DONE);
	assert_int_equal(unit_record(&unit, signers), ST_OK);
	identity = signers_identity(8, 2);
	assert_int_equal(unit_ticket(&unit, signers, &identity),
			 ST_HSM_CHIP_TAKEN);
	assert_int_equal(hsm_register_at(signers->line.hsm, 3, &hash), ST_OK);
	place_entries(&signers->line);
	assert_int_equal(hsm_revoke(signers->root.hsm,
				    object_bytes(&signers->cert), 1, "lost",
				    &notice),
			 ST_OK);
	place_entries(&signers->root);
	unit_wipe(&unit);
}

static void
make_files(void **state)
{
	struct signers *signers = *state;

	listen_in(&signers->line);
	place_entries(&signers->line);
	listen_in(&signers->root);
	work(signers);
	place_close(&signers->root);
	place_save(&signers->line, "old");
	place_close(&signers->line);
	place_restore(&signers->line, "old");
	place_open(&signers->line);
	place_close(&signers->line);
	store_register(&signers->root, "root");
	store_register(&signers->line, "line");
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test_setup_teardown(
		make_files, signers_set_up, signers_tear_down)};

	if (argc != 2)
		return 2;
	output = argv[1];
	return cmocka_run_group_tests(tests, NULL, NULL);
}
