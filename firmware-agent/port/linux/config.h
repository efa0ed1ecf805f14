/* SPDX-License-Identifier: Apache-2.0 */
/*
 * config.h - what an integrator says of a handset: where its fuses, locks,
 * chip id and store are, and what the part's data sheet promises.
 *
 * Text, one "key = value" a line, # begins a comment; sample.conf has every
 * key explained.  Read as strictly as a profile: a key that is unknown, given
 * twice or missing is refused.
 */
#ifndef IMEILOCK_PORT_LINUX_CONFIG_H
#define IMEILOCK_PORT_LINUX_CONFIG_H

#include "port/port.h"
#include "proto/record.h"

#define CONFIG_FILE_MAX 16384 /* bytes of the text */
#define CONFIG_PATH_MAX 200
#define CONFIG_VALUE_MAX 40

/* Something of the chip that holds or does not hold. */
struct config_condition {
	enum {
		CONDITION_NONE, /* nothing is known: it does not hold */
		CONDITION_FILE, /* the file's text is value */
		CONDITION_BITS, /* all bits of mask are burnt in a word */
	} kind;
	char path[CONFIG_PATH_MAX];
	char value[CONFIG_VALUE_MAX];
	uint32_t offset; /* in nvmem, in bytes */
	uint32_t mask;
};

struct config_unit {
	uint32_t canary; /* its offset in nvmem */
	struct config_condition lock;
};

struct config_chip_id {
	enum { CHIP_ID_HEX = 1, CHIP_ID_TEXT, CHIP_ID_NVMEM } kind;
	char path[CONFIG_PATH_MAX];
	uint32_t offset, len; /* in nvmem */
};

struct config {
	char model[MODEL_MAX + 1];
	enum dev_class class;
	char root[CONFIG_PATH_MAX];
	uint32_t min_epoch;

	char nvmem[CONFIG_PATH_MAX];
	enum word_kind word_kind;
	uint32_t image_offset;
	uint32_t image_stride; /* bytes from one word to the next */
	int refusal; /* errno by which the driver tells that hardware refused */
	unsigned int lock_units;
	struct config_unit unit[PORT_LOCK_UNITS_MAX];
	struct config_chip_id chip_id;

	char store[CONFIG_PATH_MAX];
	uint32_t store_sector;

	bool is_lock_permanent;
	bool is_refusal_harmless;
	bool is_secret_hidden;
	bool has_random;
	enum port_debug debug; /* what it is when the condition holds */
	struct config_condition debug_closed;
	struct config_condition secure_boot;
	bool is_reset_reboot; /* else the process ends, for tests */

	bool is_usb; /* agent is a FunctionFS folder, else a tty */
	char agent[CONFIG_PATH_MAX];
	unsigned int slots;
	char at[SLOTS_MAX][CONFIG_PATH_MAX];
};

struct config_error {
	unsigned int line; /* 0: of the whole */
	const char *why;
	char key[32]; /* or empty */
};

/* Read text, which is changed.  False: *error says why, and *out is of no
 * use. */
MUST_CHECK bool config_parse(struct config *out, char *text,
			     struct config_error *error);

/* The offset of an image word in nvmem. */
uint32_t config_word(const struct config *config, unsigned int word);

#endif
