/* SPDX-License-Identifier: Apache-2.0 */
#include "port/linux/config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define SECTOR_MAX (1024 * 1024)
#define NVMEM_MAX (1024 * 1024)
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* ---------------------------------------------------------------- values */

/* The next word of a value, or NULL. */
static char *
next_word(char **rest)
{
	char *word;

	do
		word = strsep(rest, " \t");
	while (word != NULL && *word == '\0');
	return word;
}

static bool
parse_text(char *out, size_t size, char **rest)
{
	const char *word = next_word(rest);

	if (word == NULL || strlen(word) >= size)
		return false;
	memcpy(out, word, strlen(word) + 1);
	return true;
}

static bool
parse_path(void *out, char **rest)
{
	return parse_text(out, CONFIG_PATH_MAX, rest) &&
	       *(const char *)out == '/';
}

static bool
parse_model(void *out, char **rest)
{
	return parse_text(out, MODEL_MAX + 1, rest);
}

static bool
parse_number(void *out, char **rest)
{
	const char *word = next_word(rest);
	unsigned long long number;
	uint32_t *value = out;
	bool is_hex;
	char *end;

	if (word == NULL)
		return false;
	is_hex = word[0] == '0' && word[1] == 'x';
	if (is_hex)
		word += 2;
	/* strtoull takes signs and spaces, and another 0x */
	if (strspn(word, is_hex ? "0123456789abcdefABCDEF" : "0123456789") !=
		    strlen(word) ||
	    *word == '\0')
		return false;
	errno = 0;
	number = strtoull(word, &end, is_hex ? 16 : 10);
	*value = (uint32_t)number;
	return errno == 0 && *end == '\0' && number <= UINT32_MAX;
}

static bool
parse_offset(void *out, char **rest)
{
	const uint32_t *offset = out;

	return parse_number(out, rest) && *offset % sizeof(uint32_t) == 0 &&
	       *offset <= NVMEM_MAX;
}

struct choice {
	const char *name;
	int value;
};

static bool
choose(int *out, const struct choice *choices, size_t count, char **rest)
{
	const char *word = next_word(rest);

	for (size_t i = 0; word != NULL && i < count; i++)
		if (text_equal(word, choices[i].name)) {
			*out = choices[i].value;
			return true;
		}
	return false;
}

static bool
parse_truth(void *out, char **rest)
{
	static const struct choice choices[] = {{"true", true},
						{"false", false}};
	bool *truth = out;
	int value = false;
	bool is_known = choose(&value, choices, COUNT(choices), rest);

	*truth = value != 0;
	return is_known;
}

static bool
parse_class(void *out, char **rest)
{
	static const struct choice choices[] = {
		{"development", CLASS_DEVELOPMENT},
		{"production", CLASS_PRODUCTION},
	};
	enum dev_class *class = out;
	int value = CLASS_DEVELOPMENT;
	bool is_known = choose(&value, choices, COUNT(choices), rest);

	*class = (enum dev_class)value;
	return is_known;
}

static bool
parse_word_kind(void *out, char **rest)
{
	static const struct choice choices[] = {{"additive", WORDS_ADDITIVE},
						{"once", WORDS_ONCE}};
	enum word_kind *kind = out;
	int value = WORDS_ONCE;
	bool is_known = choose(&value, choices, COUNT(choices), rest);

	*kind = (enum word_kind)value;
	return is_known;
}

static bool
parse_refusal(void *out, char **rest)
{
	static const struct choice choices[] = {{"EPERM", EPERM},
						{"EACCES", EACCES},
						{"EIO", EIO},
						{"EBUSY", EBUSY},
						{"EROFS", EROFS}};

	return choose(out, choices, COUNT(choices), rest);
}

static bool
parse_reset(void *out, char **rest)
{
	static const struct choice choices[] = {{"reboot", true},
						{"exit", false}};
	bool *is_reboot = out;
	int value = true;
	bool is_known = choose(&value, choices, COUNT(choices), rest);

	*is_reboot = value != 0;
	return is_known;
}

/* file PATH VALUE, or bits OFFSET MASK */
static bool
parse_condition(void *out, char **rest)
{
	struct config_condition *condition = out;
	const char *word = next_word(rest);

	if (word != NULL && text_equal(word, "file")) {
		condition->kind = CONDITION_FILE;
		return parse_path(condition->path, rest) &&
		       parse_text(condition->value, CONFIG_VALUE_MAX, rest);
	}
	if (word == NULL || !text_equal(word, "bits"))
		return false;
	condition->kind = CONDITION_BITS;
	return parse_offset(&condition->offset, rest) &&
	       parse_number(&condition->mask, rest) && condition->mask != 0;
}

static bool
parse_debug(void *out, char **rest)
{
	static const struct choice choices[] = {
		{"disabled", DEBUG_DISABLED},
		{"disabled-since-boot", DEBUG_DISABLED_SINCE_BOOT},
		{"disabled-permanently", DEBUG_DISABLED_PERMANENTLY},
		{"disabled-fully", DEBUG_DISABLED_FULLY},
	};
	struct config *config = out;
	int value = DEBUG_ENABLED;

	if (!choose(&value, choices, COUNT(choices), rest))
		return false;
	config->debug = (enum port_debug)value;
	return parse_condition(&config->debug_closed, rest);
}

/* hex PATH, text PATH, or nvmem OFFSET LENGTH */
static bool
parse_chip_id(void *out, char **rest)
{
	static const struct choice choices[] = {{"hex", CHIP_ID_HEX},
						{"text", CHIP_ID_TEXT},
						{"nvmem", CHIP_ID_NVMEM}};
	struct config_chip_id *chip = out;
	int value = 0;

	if (!choose(&value, choices, COUNT(choices), rest))
		return false;
	if (value != CHIP_ID_NVMEM) {
		chip->kind = value == CHIP_ID_HEX ? CHIP_ID_HEX : CHIP_ID_TEXT;
		return parse_path(chip->path, rest);
	}
	chip->kind = CHIP_ID_NVMEM;
	return parse_offset(&chip->offset, rest) &&
	       parse_number(&chip->len, rest) && chip->len >= CHIP_ID_MIN &&
	       chip->len <= CHIP_ID_MAX;
}

static bool
parse_unit(void *out, char **rest)
{
	struct config *config = out;
	struct config_unit *unit;

	if (config->lock_units == PORT_LOCK_UNITS_MAX)
		return false;
	unit = &config->unit[config->lock_units++];
	return parse_offset(&unit->canary, rest) &&
	       parse_condition(&unit->lock, rest);
}

static bool
parse_agent(void *out, char **rest)
{
	static const struct choice choices[] = {{"usb", true}, {"tty", false}};
	struct config *config = out;
	int value = false;
	bool is_known = choose(&value, choices, COUNT(choices), rest);

	config->is_usb = value != 0;
	return is_known && parse_path(config->agent, rest);
}

static bool
parse_at(void *out, char **rest)
{
	struct config *config = out;

	return config->slots < SLOTS_MAX &&
	       parse_path(config->at[config->slots++], rest);
}

/* ------------------------------------------------------------------ keys */

static const struct key {
	const char *name;
	bool (*parse)(void *out, char **rest);
	size_t at; /* in struct config; lists and pairs get the whole */
	bool is_optional;
	bool is_list;
} keys[] = {
#define AT(member) offsetof(struct config, member)
	{"model", parse_model, AT(model), false, false},
	{"class", parse_class, AT(class), false, false},
	{"root", parse_path, AT(root), false, false},
	{"min_epoch", parse_number, AT(min_epoch), true, false},
	{"nvmem", parse_path, AT(nvmem), false, false},
	{"word_kind", parse_word_kind, AT(word_kind), false, false},
	{"image_offset", parse_offset, AT(image_offset), false, false},
	{"image_stride", parse_offset, AT(image_stride), true, false},
	{"refusal", parse_refusal, AT(refusal), false, false},
	{"lock_unit", parse_unit, 0, false, true},
	{"chip_id", parse_chip_id, AT(chip_id), false, false},
	{"store", parse_path, AT(store), false, false},
	{"store_sector", parse_number, AT(store_sector), true, false},
	{"lock_permanent", parse_truth, AT(is_lock_permanent), false, false},
	{"refusal_harmless", parse_truth, AT(is_refusal_harmless), false,
	 false},
	{"secret_hidden", parse_truth, AT(is_secret_hidden), false, false},
	{"random_source", parse_truth, AT(has_random), false, false},
	{"debug", parse_debug, 0, true, false},
	{"secure_boot", parse_condition, AT(secure_boot), true, false},
	{"reset", parse_reset, AT(is_reset_reboot), true, false},
	{"agent", parse_agent, 0, false, false},
	{"at", parse_at, 0, false, true},
#undef AT
};

static bool
refuse(struct config_error *error, const char *key, const char *why)
{
	error->why = why;
	(void)snprintf(error->key, sizeof(error->key), "%s", key);
	return false;
}

static bool
parse_line(struct config *out, uint32_t *seen, char *line,
	   struct config_error *error)
{
	char *rest = line;
	const char *name, *equals;

	line[strcspn(line, "#\r")] = '\0';
	name = next_word(&rest);
	if (name == NULL)
		return true;
	equals = next_word(&rest);
	if (equals == NULL || !text_equal(equals, "="))
		return refuse(error, name, "it is not \"key = value\"");
	for (size_t i = 0; i < COUNT(keys); i++) {
		if (!text_equal(name, keys[i].name))
			continue;
		if ((*seen >> i & 1) != 0 && !keys[i].is_list)
			return refuse(error, name,
				      "the key stands there twice");
		*seen |= UINT32_C(1) << i;
		if (!keys[i].parse((char *)out + keys[i].at, &rest) ||
		    next_word(&rest) != NULL)
			return refuse(error, name, "the value is none of this");
		return true;
	}
	return refuse(error, name, "the key is not known");
}

/* ------------------------------------------------------------- the whole */

uint32_t
config_word(const struct config *config, unsigned int word)
{
	return config->image_offset + word * config->image_stride;
}

static bool
is_image_word(const struct config *config, uint32_t offset)
{
	for (unsigned int i = 0; i < IMAGE_WORDS; i++)
		if (config_word(config, i) == offset)
			return true;
	return false;
}

static bool
is_canary(const struct config *config, uint32_t offset, unsigned int units)
{
	for (unsigned int i = 0; i < units; i++)
		if (config->unit[i].canary == offset)
			return true;
	return false;
}

static bool
is_condition_apart(const struct config *config,
		   const struct config_condition *condition)
{
	return condition->kind != CONDITION_BITS ||
	       (!is_image_word(config, condition->offset) &&
		!is_canary(config, condition->offset, config->lock_units));
}

/* No lock is another's: one that is shared would lock what was not looked at,
 * and a part that has one is of one unit. */
static bool
is_same_lock(const struct config_condition *a, const struct config_condition *b)
{
	if (a->kind != b->kind)
		return false;
	if (a->kind == CONDITION_FILE)
		return text_equal(a->path, b->path);
	return a->offset == b->offset && (a->mask & b->mask) != 0;
}

static bool
are_words_apart(const struct config *config)
{
	const struct config_unit *unit = config->unit;

	for (unsigned int i = 0; i < config->lock_units; i++) {
		if (is_image_word(config, unit[i].canary) ||
		    is_canary(config, unit[i].canary, i) ||
		    !is_condition_apart(config, &unit[i].lock))
			return false;
		for (unsigned int j = 0; j < i; j++)
			if (is_same_lock(&unit[i].lock, &unit[j].lock))
				return false;
	}
	return is_condition_apart(config, &config->debug_closed) &&
	       is_condition_apart(config, &config->secure_boot);
}

static bool
check_whole(const struct config *config, uint32_t seen,
	    struct config_error *error)
{
	error->line = 0;
	for (size_t i = 0; i < COUNT(keys); i++)
		if ((seen >> i & 1) == 0 && !keys[i].is_optional)
			return refuse(error, keys[i].name,
				      "the key is missing");
	if (config->image_stride == 0)
		return refuse(error, "image_stride", "it is 4 at least");
	if (config->store_sector < PORT_STORE_SECTOR_MIN ||
	    config->store_sector > SECTOR_MAX ||
	    config->store_sector % 512 != 0)
		return refuse(error, "store_sector",
			      "it is 4096 to 1048576, in steps of 512");
	if (!are_words_apart(config))
		return refuse(error, "lock_unit",
			      "image, canaries, locks and what else is read "
			      "of nvmem are not apart");
	return true;
}

bool
config_parse(struct config *out, char *text, struct config_error *error)
{
	uint32_t seen = 0;
	char *line;

	memset(error, 0, sizeof(*error));
	memset(out, 0, sizeof(*out));
	out->image_stride = sizeof(uint32_t);
	out->store_sector = PORT_STORE_SECTOR_MIN;
	out->is_reset_reboot = true;
	while ((line = strsep(&text, "\n")) != NULL) {
		error->line++;
		if (!parse_line(out, &seen, line, error))
			return false;
	}
	return check_whole(out, seen, error);
}
