/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What every token back end must do (hsm/token.h): the same tests for each.
 * SoftHSM gets a configuration and a token of its own in a temporary folder.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "hsm/token.h"
#include "support/folder.h"
#include "support/softhsm.h"

#define PIN "1234-test"
#define LABEL "imeilock line model-a"
#define OTHER "imeilock line model-b"
#define MARK "imeilock mark model-a"

struct world {
	char folder[FOLDER_MAX];
	char address[SOFTHSM_ADDRESS_MAX];
	const struct token_ops *ops;
	struct token *token;
};

static struct world *
make_world(void)
{
	struct world *world = calloc(1, sizeof(*world));

	assert_non_null(world);
	assert_int_equal(crypto_init(), ST_OK);
	folder_make(world->folder);
	return world;
}

static void
open_token(struct world *world)
{
	world->ops = token_find(world->address);
	assert_non_null(world->ops);
	assert_int_equal(world->ops->open(&world->token, world->address, NULL,
					  PIN),
			 ST_OK);
}

static int
set_up_software(void **state)
{
	struct world *world = make_world();

	snprintf(world->address, sizeof(world->address), "soft:%s/key",
		 world->folder);
	open_token(world);
	*state = world;
	return 0;
}

static int
set_up_softhsm(void **state)
{
	struct world *world = make_world();

	softhsm_make(world->address, world->folder, "station", PIN);
	open_token(world);
	*state = world;
	return 0;
}

static int
tear_down(void **state)
{
	struct world *world = *state;

	world->ops->close(world->token);
	folder_remove(world->folder);
	free(world);
	return 0;
}

static void
open_again(struct world *world)
{
	world->ops->close(world->token);
	world->token = NULL;
	open_token(world);
}

static void
tells_what_it_is(void **state)
{
	struct world *world = *state;
	struct token_info info, again;

	world->ops->info(world->token, &info);
	assert_true(info.label[0] != '\0');
	assert_true(info.serial[0] != '\0');
	assert_false(info.is_hardware);
	open_again(world);
	world->ops->info(world->token, &again);
	assert_string_equal(info.label, again.label);
	assert_string_equal(info.serial, again.serial);
}

static void
makes_a_key_once(void **state)
{
	struct world *world = *state;
	struct public_key key, again, other;

	assert_int_equal(world->ops->public_key(world->token, LABEL, &key),
			 ST_HSM_KEY_ABSENT);
	assert_int_equal(world->ops->generate(world->token, LABEL), ST_OK);
	assert_int_equal(world->ops->public_key(world->token, LABEL, &key),
			 ST_OK);
	assert_int_equal(world->ops->generate(world->token, LABEL),
			 ST_HSM_EXISTS);
	assert_int_equal(world->ops->generate(world->token, OTHER), ST_OK);
	assert_int_equal(world->ops->public_key(world->token, OTHER, &other),
			 ST_OK);
	assert_memory_not_equal(&key, &other, sizeof(key));
	open_again(world);
	assert_int_equal(world->ops->public_key(world->token, LABEL, &again),
			 ST_OK);
	assert_memory_equal(&key, &again, sizeof(key));
}

static void
check_signature(struct world *world, const char *label, uint8_t n)
{
	struct sha256 digest = {{n, 1, 2}};
	struct public_key key;
	struct signature sig;

	assert_int_equal(world->ops->public_key(world->token, label, &key),
			 ST_OK);
	assert_int_equal(world->ops->sign(world->token, label, &digest, &sig),
			 ST_OK);
	assert_int_equal(crypto_verify(&key, &digest, &sig), ST_OK);
	digest.byte[31] ^= 1;
	assert_int_equal(crypto_verify(&key, &digest, &sig),
			 ST_CRYPTO_SIGNATURE);
}

/* Enough signatures that halves with leading zeros are among them. */
static void
signs_with_the_key_of_the_label(void **state)
{
	struct world *world = *state;

	assert_int_equal(world->ops->generate(world->token, LABEL), ST_OK);
	assert_int_equal(world->ops->generate(world->token, OTHER), ST_OK);
	for (unsigned int i = 0; i < 400; i++)
		check_signature(world, i % 2 == 0 ? LABEL : OTHER, (uint8_t)i);
	open_again(world);
	check_signature(world, OTHER, 1);
	check_signature(world, LABEL, 1);
}

static void
does_not_sign_without_a_key(void **state)
{
	struct world *world = *state;
	struct sha256 digest = {{1}};
	struct signature sig;

	assert_int_equal(world->ops->sign(world->token, LABEL, &digest, &sig),
			 ST_HSM_KEY_ABSENT);
}

static void
check_mark(struct world *world, const char *label, const char *text)
{
	uint8_t buf[TOKEN_MARK_MAX];
	size_t len = 99;

	assert_int_equal(world->ops->mark_read(world->token, label, buf,
					       sizeof(buf), &len),
			 ST_OK);
	assert_int_equal(len, strlen(text));
	assert_memory_equal(buf, text, len);
}

static void
write_mark(struct world *world, const char *label, const char *text)
{
	assert_int_equal(world->ops->mark_write(world->token, label,
						bytes_of(text, strlen(text))),
			 ST_OK);
}

static void
keeps_marks(void **state)
{
	struct world *world = *state;
	uint8_t large[TOKEN_MARK_MAX + 1] = {1}, buf[TOKEN_MARK_MAX];
	size_t len;

	check_mark(world, MARK, "");
	write_mark(world, MARK, "1 first");
	write_mark(world, OTHER, "other");
	check_mark(world, MARK, "1 first");
	write_mark(world, MARK, "2 second");
	check_mark(world, MARK, "2 second");
	/* a lower content replaces a higher one, too */
	write_mark(world, MARK, "1 third");
	check_mark(world, MARK, "1 third");
	open_again(world);
	check_mark(world, MARK, "1 third");
	check_mark(world, OTHER, "other");
	assert_int_equal(world->ops->mark_write(world->token, MARK,
						bytes_of(large, sizeof(large))),
			 ST_HSM_MARK);
	assert_int_equal(
		world->ops->mark_write(world->token, MARK,
				       bytes_of(large, sizeof(large) - 1)),
		ST_OK);
	assert_int_equal(world->ops->mark_read(world->token, MARK, buf, 10,
					       &len),
			 ST_HSM_MARK);
}

static void
holds_all_keys_of_a_station(void **state)
{
	struct world *world = *state;

	for (unsigned int i = 0; i < TOKEN_KEYS_MAX; i++) {
		char label[TOKEN_LABEL_MAX + 1];
		uint8_t mark[TOKEN_MARK_MAX];

		memset(label, 'x', TOKEN_LABEL_MAX);
		label[TOKEN_LABEL_MAX] = '\0';
		label[0] = (char)('a' + i);
		memset(mark, label[0], sizeof(mark));
		assert_int_equal(world->ops->generate(world->token, label),
				 ST_OK);
		assert_int_equal(
			world->ops->mark_write(world->token, label,
					       bytes_of(mark, sizeof(mark))),
			ST_OK);
	}
	open_again(world);
	for (unsigned int i = 0; i < TOKEN_KEYS_MAX; i++) {
		char label[TOKEN_LABEL_MAX + 1];

		memset(label, 'x', TOKEN_LABEL_MAX);
		label[TOKEN_LABEL_MAX] = '\0';
		label[0] = (char)('a' + i);
		check_signature(world, label, 3);
	}
}

static void
compares_the_serial_before_the_pin(void **state)
{
	struct world *world = *state;
	struct token_info info;
	struct token *token;

	world->ops->info(world->token, &info);
	world->ops->close(world->token);
	world->token = NULL;
	assert_int_equal(world->ops->open(&token, world->address, "0000",
					  "wrong"),
			 ST_HSM_TOKEN_CHANGED);
	assert_null(token);
	assert_int_equal(world->ops->open(&token, world->address, info.serial,
					  PIN),
			 ST_OK);
	world->token = token;
}

static void
wrong_pin_is_refused(void **state)
{
	struct world *world = *state;
	struct token *token;

	world->ops->close(world->token);
	world->token = NULL;
	assert_int_equal(world->ops->open(&token, world->address, NULL,
					  "9999-no"),
			 ST_HSM_PIN);
	assert_null(token);
	open_token(world);
}

/* ------------------------------------------------------- PKCS#11 alone */

static void
address_status(const char *address, enum status expected)
{
	struct token *token;

	assert_int_equal(token_pkcs11.open(&token, address, NULL, PIN),
			 expected);
	assert_null(token);
}

static void
odd_addresses_are_refused(void **state)
{
	struct world *world = *state;
	char address[SOFTHSM_ADDRESS_MAX + 64];

	assert_null(token_find("file:/x"));
	address_status("pkcs11:token=station", ST_HSM_ADDRESS);
	address_status("pkcs11:token=%zz?module-path=" SOFTHSM_MODULE,
		       ST_HSM_ADDRESS);
	address_status("pkcs11:token=station?module-path=/nowhere.so",
		       ST_HSM_MODULE);
	snprintf(address, sizeof(address), "%s&pin-value=%s", world->address,
		 PIN);
	address_status(address, ST_HSM_ADDRESS);
	/* looks for it for two seconds, in case that it comes back */
	address_status("pkcs11:token=nobody?module-path=" SOFTHSM_MODULE,
		       ST_HSM_TOKEN_ABSENT);
}

static void
two_tokens_that_fit_are_refused(void **state)
{
	struct world *world = *state;

	world->ops->close(world->token);
	world->token = NULL;
	softhsm_add("second", PIN);
	address_status("pkcs11:?module-path=" SOFTHSM_MODULE, ST_HSM_ADDRESS);
	open_token(world);
}

static void
two_keys_that_fit_are_refused(void **state)
{
	struct world *world = *state;
	struct public_key key;

	assert_int_equal(world->ops->generate(world->token, LABEL), ST_OK);
	softhsm_keygen("station", PIN, LABEL, "EC:prime256v1", false);
	open_again(world);
	assert_int_equal(world->ops->public_key(world->token, LABEL, &key),
			 ST_HSM_KEY_TWICE);
}

static void
keys_that_are_unfit_are_refused(void **state)
{
	struct world *world = *state;
	struct public_key key;
	struct sha256 digest = {{1}};
	struct signature sig;

	softhsm_keygen("station", PIN, "curve", "EC:secp384r1", false);
	softhsm_keygen("station", PIN, "open", "EC:prime256v1", true);
	softhsm_keygen("station", PIN, "rsa", "rsa:2048", false);
	open_again(world);
	assert_int_equal(world->ops->public_key(world->token, "curve", &key),
			 ST_HSM_KEY_UNFIT);
	assert_int_equal(world->ops->public_key(world->token, "open", &key),
			 ST_HSM_KEY_UNFIT);
	assert_int_equal(world->ops->public_key(world->token, "rsa", &key),
			 ST_HSM_KEY_UNFIT);
	assert_int_equal(world->ops->sign(world->token, "open", &digest, &sig),
			 ST_HSM_KEY_UNFIT);
}

/* A cut between the new mark and the removal of the old one. */
static void
higher_of_two_marks_counts(void **state)
{
	struct world *world = *state;

	write_mark(world, MARK, "5 lower");
	softhsm_write_data("station", PIN, MARK, "imeilock", "7 higher");
	open_again(world);
	check_mark(world, MARK, "7 higher");
	write_mark(world, MARK, "6 after");
	check_mark(world, MARK, "6 after");
}

static void
private_key_cannot_be_extracted(void **state)
{
	struct world *world = *state;
	char text[4096];

	assert_int_equal(world->ops->generate(world->token, LABEL), ST_OK);
	softhsm_list("station", PIN, text, sizeof(text));
	assert_non_null(strstr(text, "never extractable"));
	assert_non_null(strstr(text, "sensitive"));
}

int
main(void)
{
#define ON(name, token)                                                        \
	{                                                                      \
#name ", " #token, name, set_up_##token, tear_down, NULL       \
	}
#define BOTH(name) ON(name, software), ON(name, softhsm)
	const struct CMUnitTest tests[] = {
		BOTH(tells_what_it_is),
		BOTH(makes_a_key_once),
		BOTH(signs_with_the_key_of_the_label),
		BOTH(does_not_sign_without_a_key),
		BOTH(keeps_marks),
		BOTH(holds_all_keys_of_a_station),
		BOTH(compares_the_serial_before_the_pin),
		BOTH(wrong_pin_is_refused),
		ON(odd_addresses_are_refused, softhsm),
		ON(two_tokens_that_fit_are_refused, softhsm),
		ON(two_keys_that_fit_are_refused, softhsm),
		ON(keys_that_are_unfit_are_refused, softhsm),
		ON(higher_of_two_marks_counts, softhsm),
		ON(private_key_cannot_be_extracted, softhsm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
