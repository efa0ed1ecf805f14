/* SPDX-License-Identifier: Apache-2.0 */
#include "profile/profile.h"

#include <ctype.h>
#include <cyaml/cyaml.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define FILE_MAX 65535
#define DIGITS_MAX 10
#define MESSAGE_MAX 127
#define KEY_MAX 31

/* ---------------------------------------------------------------- schema */

/*
 * Numbers are read as text: the library would take 010 for eight and 0x10 for
 * sixteen.  Truth is one of two words: it would take any word for true.
 */
struct demands {
	int permanent_lock;
	int secure_boot;
	int debug_closed;
	int random_source;
	int secret_hidden;
};

struct content {
	char model[MODEL_MAX + 1];
	int class;
	char layout[DIGITS_MAX + 1];
	char slots[DIGITS_MAX + 1];
	char root[PROFILE_PATH_MAX + 1];
	char min_epoch[DIGITS_MAX + 1];
	char time_budget_s[DIGITS_MAX + 1];
	char low_water_units[DIGITS_MAX + 1];
	char final_process[FINAL_MAX + 1];
	struct demands demand;
};

static const cyaml_strval_t classes[] = {
	{"development", CLASS_DEVELOPMENT},
	{"production", CLASS_PRODUCTION},
};

static const cyaml_strval_t truths[] = {{"false", 0}, {"true", 1}};

#define TEXT_FIELD(name, presence)                                             \
	{                                                                      \
		.key = #name, .data_offset = offsetof(struct content, name),   \
		.value = {                                                     \
			CYAML_VALUE_STRING(                                    \
				presence, char[1], 1,                          \
				sizeof(((struct content *)0)->name) - 1)       \
		}                                                              \
	}

#define DEMAND_FIELD(name)                                                     \
	CYAML_FIELD_ENUM(#name, CYAML_FLAG_STRICT, struct demands, name,       \
			 truths, CYAML_ARRAY_LEN(truths))

static const cyaml_schema_field_t demand_fields[] = {
	DEMAND_FIELD(permanent_lock), DEMAND_FIELD(secure_boot),
	DEMAND_FIELD(debug_closed),   DEMAND_FIELD(random_source),
	DEMAND_FIELD(secret_hidden),  CYAML_FIELD_END};

static const cyaml_schema_field_t fields[] = {
	TEXT_FIELD(model, CYAML_FLAG_DEFAULT),
	CYAML_FIELD_ENUM("class", CYAML_FLAG_STRICT, struct content, class,
			 classes, CYAML_ARRAY_LEN(classes)),
	TEXT_FIELD(layout, CYAML_FLAG_DEFAULT),
	TEXT_FIELD(slots, CYAML_FLAG_DEFAULT),
	TEXT_FIELD(root, CYAML_FLAG_OPTIONAL),
	TEXT_FIELD(min_epoch, CYAML_FLAG_DEFAULT),
	TEXT_FIELD(time_budget_s, CYAML_FLAG_DEFAULT),
	TEXT_FIELD(low_water_units, CYAML_FLAG_OPTIONAL),
	TEXT_FIELD(final_process, CYAML_FLAG_DEFAULT),
	CYAML_FIELD_MAPPING("demand", CYAML_FLAG_DEFAULT, struct content,
			    demand, demand_fields),
	CYAML_FIELD_END};

static const cyaml_schema_value_t schema = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct content, fields)};

/* ------------------------------------------------------------- complaints */

/* What is read, and where the first complaint about it goes. */
struct reading {
	const char *path;
	char text[FILE_MAX + 1];
	size_t len;
	char *error;
	/* what the library said, before it is one line */
	char message[MESSAGE_MAX + 1];
	char key[KEY_MAX + 1];
	unsigned long line;
};

/* Line of key's own "key:", or 0. */
static unsigned long
line_of(const struct reading *reading, const char *key)
{
	const char *at = reading->text;
	unsigned long line = 1;

	for (;;) {
		at += strspn(at, " ");
		if (strncmp(at, key, strlen(key)) == 0 &&
		    at[strlen(key)] == ':')
			return line;
		at = strchr(at, '\n');
		if (at == NULL)
			return 0;
		at++;
		line++;
	}
}

static enum status
complain(struct reading *reading, const char *key, const char *what)
{
	unsigned long line = line_of(reading, key);

	(void)snprintf(reading->error, PROFILE_ERROR_MAX + 1, "%s:%lu: %s: %s",
		       reading->path, line != 0 ? line : reading->line, key,
		       what);
	return ST_PROFILE_FORMAT;
}

/* Words of the file go into an error message as printable ASCII only. */
static void
copy_printable(char *out, size_t size, const char *text, size_t len)
{
	size_t n = len < size ? len : size - 1;

	for (size_t i = 0; i < n; i++)
		out[i] = text[i] >= ' ' && text[i] <= '~' ? text[i] : '?';
	out[n] = '\0';
}

/* "  in mapping field 'NAME' (line: N, column: M)" */
static void
take_place(struct reading *reading, const char *text)
{
	const char *line = strstr(text, "(line: ");
	const char *quote = strchr(text, '\'');

	if (line == NULL || reading->line != 0)
		return;
	reading->line = strtoul(line + strlen("(line: "), NULL, 10);
	if (quote != NULL && reading->key[0] == '\0')
		copy_printable(reading->key, sizeof(reading->key), quote + 1,
			       strcspn(quote + 1, "'"));
}

/* Two of the library's messages end in the key that they are about. */
static void
take_message(struct reading *reading, const char *text)
{
	static const char *const with_key[] = {
		"Unexpected key: ", "Missing required mapping field: "};
	size_t len;

	if (strncmp(text, "Load: ", strlen("Load: ")) == 0)
		text += strlen("Load: ");
	len = strcspn(text, "\n");
	copy_printable(reading->message, sizeof(reading->message), text, len);
	for (size_t i = 0; i < sizeof(with_key) / sizeof(with_key[0]); i++) {
		size_t skip = strlen(with_key[i]);

		if (strncmp(text, with_key[i], skip) == 0)
			copy_printable(reading->key, sizeof(reading->key),
				       text + skip, len - skip);
	}
}

static void
on_log(cyaml_log_t level, void *ctx, const char *format, va_list args)
{
	struct reading *reading = ctx;
	char text[2 * PROFILE_ERROR_MAX];

	(void)level;
	(void)vsnprintf(text, sizeof(text), format, args);
	if (reading->message[0] == '\0')
		take_message(reading, text);
	else
		take_place(reading, text);
}

/* ---------------------------------------------------------------- reading */

static enum status
read_file(struct reading *reading)
{
	FILE *file = fopen(reading->path, "re");
	bool is_whole;

	if (file == NULL)
		return complain(reading, "file", "cannot be opened");
	reading->len = fread(reading->text, 1, FILE_MAX, file);
	is_whole = ferror(file) == 0 && fgetc(file) == EOF;
	(void)fclose(file);
	reading->text[is_whole ? reading->len : 0] = '\0';
	if (!is_whole)
		return complain(reading, "file",
				"cannot be read, or is too long");
	/* An escape could put a NUL into a text and hide what follows. */
	if (memchr(reading->text, '\\', reading->len) != NULL ||
	    memchr(reading->text, '\0', reading->len) != NULL)
		return complain(reading, "file", "holds a backslash or a NUL");
	return ST_OK;
}

static enum status
parse(struct reading *reading, const cyaml_config_t *config,
      struct content **content)
{
	cyaml_err_t result = cyaml_load_data((const uint8_t *)reading->text,
					     reading->len, config, &schema,
					     (cyaml_data_t **)content, NULL);

	if (result == CYAML_OK && *content == NULL)
		return complain(reading, "file", "is empty");
	/* A second document in the file is a warning to the library. */
	if (result == CYAML_OK && reading->message[0] == '\0')
		return ST_OK;
	if (reading->message[0] == '\0')
		(void)snprintf(reading->message, sizeof(reading->message), "%s",
			       cyaml_strerror(result));
	return complain(reading,
			reading->key[0] != '\0' ? reading->key : "file",
			reading->message);
}

/* ----------------------------------------------------------------- checks */

static enum status
check_number(struct reading *reading, const char *key, const char *text,
	     uint32_t min, uint32_t max, uint32_t *out)
{
	char what[80];
	uint64_t value = 0;
	size_t len = strspn(text, "0123456789");
	bool is_number = text[len] == '\0' && len <= DIGITS_MAX &&
			 (text[0] != '0' || len == 1);

	*out = min;
	for (size_t i = 0; is_number && i < len; i++)
		value = value * 10 + (uint64_t)(text[i] - '0');
	if (is_number && value >= min && value <= max) {
		*out = (uint32_t)value;
		return ST_OK;
	}
	(void)snprintf(what, sizeof(what),
		       "must be a decimal number from %" PRIu32 " to %" PRIu32,
		       min, max);
	return complain(reading, key, what);
}

static enum status
check_numbers(struct reading *reading, const struct content *content,
	      struct profile *out)
{
	uint32_t layout, slots;
	enum status status;

	status = check_number(reading, "layout", content->layout, IMAGE_LAYOUT,
			      IMAGE_LAYOUT, &layout);
	if (status == ST_OK)
		status = check_number(reading, "slots", content->slots, 1,
				      SLOTS_MAX, &slots);
	if (status == ST_OK)
		status = check_number(reading, "min_epoch", content->min_epoch,
				      0, UINT32_MAX, &out->min_epoch);
	if (status == ST_OK)
		status = check_number(reading, "time_budget_s",
				      content->time_budget_s,
				      PROFILE_TIME_MIN_S, PROFILE_TIME_MAX_S,
				      &out->time_budget_s);
	if (status == ST_OK)
		status = check_number(reading, "low_water_units",
				      content->low_water_units, 0,
				      PROFILE_UNITS_MAX, &out->low_water_units);
	if (status != ST_OK)
		return status;
	out->layout = (uint8_t)layout;
	out->slots = (uint8_t)slots;
	return ST_OK;
}

static enum status
check_text(struct reading *reading, const char *key, const char *text)
{
	for (; *text != '\0'; text++)
		if (*text < ' ' || *text > '~')
			return complain(reading, key,
					"must be printable ASCII");
	return ST_OK;
}

static enum status
check_texts(struct reading *reading, const struct content *content,
	    struct profile *out)
{
	enum status status = check_text(reading, "model", content->model);

	if (status == ST_OK)
		status = check_text(reading, "root", content->root);
	if (status == ST_OK)
		status = check_text(reading, "final_process",
				    content->final_process);
	if (status != ST_OK)
		return status;
	memcpy(out->model, content->model, sizeof(out->model));
	memcpy(out->root, content->root, sizeof(out->root));
	memcpy(out->final_process, content->final_process,
	       sizeof(out->final_process));
	return ST_OK;
}

/* A production unit is refused unless all of it is so; a profile that asks for
 * less is a mistake, or worse. */
static enum status
check_demands(struct reading *reading, const struct content *content,
	      struct profile *out)
{
	const struct demands *demand = &content->demand;
	const struct {
		const char *key;
		int asked;
		bool *out;
	} rows[] = {
		{"permanent_lock", demand->permanent_lock,
		 &out->demand_permanent_lock},
		{"secure_boot", demand->secure_boot, &out->demand_secure_boot},
		{"debug_closed", demand->debug_closed,
		 &out->demand_debug_closed},
		{"random_source", demand->random_source, &out->demand_random},
		{"secret_hidden", demand->secret_hidden,
		 &out->demand_secret_hidden},
	};

	out->class = (enum dev_class)content->class;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (out->class == CLASS_PRODUCTION && rows[i].asked != 1)
			return complain(reading, rows[i].key,
					"must be true for production");
		*rows[i].out = rows[i].asked == 1;
	}
	return ST_OK;
}

static enum status
load(struct reading *reading, struct profile *out)
{
	const cyaml_config_t config = {
		.log_fn = on_log,
		.log_ctx = reading,
		.mem_fn = cyaml_mem,
		.log_level = CYAML_LOG_WARNING,
		.flags = CYAML_CFG_NO_ALIAS,
	};
	struct content *content = NULL;
	enum status status = read_file(reading);

	if (status == ST_OK)
		status = parse(reading, &config, &content);
	if (status == ST_OK)
		status = check_texts(reading, content, out);
	if (status == ST_OK)
		status = check_numbers(reading, content, out);
	if (status == ST_OK)
		status = check_demands(reading, content, out);
	(void)cyaml_free(&config, &schema, content, 0);
	return status;
}

enum status
profile_load(struct profile *out, const char *path,
	     char error[PROFILE_ERROR_MAX + 1])
{
	struct reading *reading = calloc(1, sizeof(*reading));
	enum status status;

	memset(out, 0, sizeof(*out));
	error[0] = '\0';
	if (reading == NULL)
		return ST_STATION_MEMORY;
	reading->path = path;
	reading->error = error;
	status = load(reading, out);
	if (status != ST_OK)
		memset(out, 0, sizeof(*out));
	free(reading);
	return status;
}

/* ------------------------------------------------------------------- units */

bool
profile_fits(const struct profile *profile, const struct hello *hello)
{
	return strcmp(profile->model, hello->model) == 0 &&
	       profile->class == hello->class &&
	       profile->layout == hello->layout;
}

enum status
profile_demands(const struct profile *profile, const struct hello *hello,
		const char **what)
{
	/* RFC 9711 4.2.9: 3 and 4 are the values for ever */
	bool is_closed = hello->debug == 3 || hello->debug == 4;
	const struct {
		const char *key;
		bool is_asked;
		bool is_so;
	} rows[] = {
		{"permanent_lock", profile->demand_permanent_lock,
		 hello->is_lock_permanent},
		{"secure_boot", profile->demand_secure_boot,
		 hello->is_secure_boot},
		{"debug_closed", profile->demand_debug_closed, is_closed},
		{"random_source", profile->demand_random, hello->has_random},
		{"secret_hidden", profile->demand_secret_hidden,
		 hello->is_secret_hidden},
	};

	*what = "a chip, because it is a model of one";
	if (profile->class == CLASS_PRODUCTION && hello->is_virtual)
		return ST_PROFILE_DEMAND;
	*what = "";
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (!rows[i].is_asked || rows[i].is_so)
			continue;
		*what = rows[i].key;
		return ST_PROFILE_DEMAND;
	}
	return ST_OK;
}
