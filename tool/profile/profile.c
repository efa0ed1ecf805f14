/* SPDX-License-Identifier: Apache-2.0 */
#include "profile/profile.h"

#include <ctype.h>
#include <cyaml/cyaml.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "profile/reading.h"
#include "proto/usb.h"
#include "tool/lang.h"

#define DIGITS_MAX 10
#define ITEM_MAX 31 /* bytes of an item of a list, right or wrong */

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
	char reset_s[DIGITS_MAX + 1];
	char low_water_units[DIGITS_MAX + 1];
	char final_process[FINAL_MAX + 1];
	char (*tacs)[ITEM_MAX + 1];
	uint32_t tacs_count;
	char (*links)[ITEM_MAX + 1];
	uint32_t links_count;
	char (*usb)[ITEM_MAX + 1];
	uint32_t usb_count;
	char serial_baud[DIGITS_MAX + 1];
	int serial_rtscts;
	char (*serial_adapters)[ITEM_MAX + 1];
	uint32_t serial_adapters_count;
	char (*lock_fuses)[ITEM_MAX + 1];
	uint32_t lock_fuses_count;
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

static const cyaml_schema_value_t item = {CYAML_VALUE_STRING(
	CYAML_FLAG_DEFAULT, char[ITEM_MAX + 1], 1, ITEM_MAX)};

#define LIST_FIELD(name, max)                                                  \
	CYAML_FIELD_SEQUENCE(#name, CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL,  \
			     struct content, name, &item, 1, max)

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
	TEXT_FIELD(reset_s, CYAML_FLAG_OPTIONAL),
	TEXT_FIELD(low_water_units, CYAML_FLAG_OPTIONAL),
	TEXT_FIELD(final_process, CYAML_FLAG_DEFAULT),
	LIST_FIELD(tacs, PROFILE_TACS_MAX),
	LIST_FIELD(links, PROFILE_LINKS),
	LIST_FIELD(usb, PROFILE_IDS_MAX),
	TEXT_FIELD(serial_baud, CYAML_FLAG_OPTIONAL),
	CYAML_FIELD_ENUM(
		"serial_rtscts", CYAML_FLAG_STRICT | CYAML_FLAG_OPTIONAL,
		struct content, serial_rtscts, truths, CYAML_ARRAY_LEN(truths)),
	LIST_FIELD(serial_adapters, PROFILE_IDS_MAX),
	LIST_FIELD(lock_fuses, PROFILE_FUSES),
	CYAML_FIELD_MAPPING("demand", CYAML_FLAG_DEFAULT, struct content,
			    demand, demand_fields),
	CYAML_FIELD_END};

static const cyaml_schema_value_t schema = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct content, fields)};

static void
on_log(cyaml_log_t level, void *ctx, const char *format, va_list args)
{
	struct reading *reading = ctx;
	char text[2 * PROFILE_ERROR_MAX];

	(void)level;
	(void)vsnprintf(text, sizeof(text), format, args);
	if (reading->message[0] == '\0')
		reading_take_message(reading, text);
	else
		reading_take_place(reading, text);
}

/* ---------------------------------------------------------------- reading */

static enum status
parse(struct reading *reading, const cyaml_config_t *config,
      struct content **content)
{
	cyaml_err_t result = cyaml_load_data((const uint8_t *)reading->text,
					     reading->len, config, &schema,
					     (cyaml_data_t **)content, NULL);

	if (result == CYAML_OK && *content == NULL)
		return reading_complain(reading, "file", "is empty");
	/* A second document in the file is a warning to the library. */
	if (result == CYAML_OK && reading->message[0] == '\0')
		return ST_OK;
	if (reading->message[0] == '\0')
		(void)snprintf(reading->message, sizeof(reading->message), "%s",
			       cyaml_strerror(result));
	return reading_complain(reading,
				reading->key[0] != '\0' ? reading->key : "file",
				reading->message);
}

/* ----------------------------------------------------------------- checks */

static enum status
check_filled(struct reading *reading, const char *key, const char *text)
{
	return strcmp(text, PROFILE_FILL_IN) == 0
		       ? reading_complain(reading, key, "is not filled in yet")
		       : ST_OK;
}

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
	if (check_filled(reading, key, text) != ST_OK)
		return ST_PROFILE_FORMAT;
	for (size_t i = 0; is_number && i < len; i++)
		value = value * 10 + (uint64_t)(text[i] - '0');
	if (is_number && value >= min && value <= max) {
		*out = (uint32_t)value;
		return ST_OK;
	}
	(void)snprintf(what, sizeof(what),
		       lang("must be a decimal number from %" PRIu32
			    " to %" PRIu32),
		       min, max);
	return reading_complain(reading, key, what);
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
	out->reset_s = PROFILE_RESET_S;
	if (status == ST_OK && content->reset_s[0] != '\0')
		status = check_number(reading, "reset_s", content->reset_s,
				      PROFILE_RESET_MIN_S, PROFILE_RESET_MAX_S,
				      &out->reset_s);
	if (status == ST_OK)
		status = check_number(reading, "low_water_units",
				      content->low_water_units, 0,
				      PROFILE_UNITS_MAX, &out->low_water_units);
	/* none is not zero, which is out of range */
	if (status == ST_OK && content->serial_baud[0] != '\0')
		status = check_number(reading, "serial_baud",
				      content->serial_baud, PROFILE_BAUD_MIN,
				      PROFILE_BAUD_MAX, &out->serial_baud);
	if (status != ST_OK)
		return status;
	out->layout = (uint8_t)layout;
	out->slots = (uint8_t)slots;
	return ST_OK;
}

static enum status
check_text(struct reading *reading, const char *key, const char *text)
{
	if (check_filled(reading, key, text) != ST_OK)
		return ST_PROFILE_FORMAT;
	for (; *text != '\0'; text++)
		if (*text < ' ' || *text > '~')
			return reading_complain(reading, key,
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
			return reading_complain(reading, rows[i].key,
						"must be true for production");
		*rows[i].out = rows[i].asked == 1;
	}
	return ST_OK;
}

/* Item n of a list; those before it lead to its line. */
static enum status
complain_item(struct reading *reading, const char *key,
	      char (*list)[ITEM_MAX + 1], size_t n, const char *what)
{
	const char *item_text[PROFILE_TACS_MAX];

	for (size_t i = 0; i <= n; i++)
		item_text[i] = list[i];
	return reading_complain_item(reading, key, item_text, n + 1, what);
}

/* What is wrong with a TAC of this class of unit, or NULL. */
static const char *
check_tac(const char *text, const struct profile *profile, uint32_t *out)
{
	char whole[IMEI_BODY_LEN + 1];
	struct imei imei;

	(void)snprintf(whole, sizeof(whole), "%.8s000001", text);
	if (strlen(text) != IMEI_TAC_LEN ||
	    imei_parse_body(&imei, whole, IMEI_BODY_LEN) != ST_OK)
		return "is no TAC of 8 digits";
	*out = imei_tac(imei);
	for (size_t i = 0; i < profile->tac_count; i++)
		if (profile->tac[i] == *out)
			return "stands there already";
	if (imei_is_test(imei) == (profile->class == CLASS_PRODUCTION))
		return profile->class == CLASS_PRODUCTION
			       ? "is a test TAC, which is not for production"
			       : "is a live TAC, which is not for development";
	return NULL;
}

static enum status
check_tacs(struct reading *reading, const struct content *content,
	   struct profile *out)
{
	for (size_t i = 0; i < content->tacs_count; i++) {
		uint32_t tac;
		const char *what = check_tac(content->tacs[i], out, &tac);

		if (what != NULL)
			return complain_item(reading, "tacs", content->tacs, i,
					     what);
		out->tac[out->tac_count++] = tac;
	}
	return ST_OK;
}

static enum status
check_links(struct reading *reading, const struct content *content,
	    struct profile *out)
{
	for (size_t i = 0; i < content->links_count; i++) {
		unsigned int link = 0;

		while (link < PROFILE_LINKS &&
		       strcmp(content->links[i], profile_link[link]) != 0)
			link++;
		if (link == PROFILE_LINKS)
			return complain_item(
				reading, "links", content->links, i,
				"is none of unix, pty, usb, serial");
		if ((out->link_mask & 1u << link) != 0)
			return complain_item(reading, "links", content->links,
					     i, "stands there already");
		out->link_mask |= 1u << link;
	}
	return ST_OK;
}

/* What is wrong with an id behind those that are there, or NULL. */
static const char *
check_id(const char *text, const struct usb_id *list, size_t count,
	 enum dev_class class, struct usb_id *out)
{
	static const struct usb_id test = {USB_TEST_VENDOR, USB_TEST_PRODUCT};

	if (strcmp(text, PROFILE_FILL_IN) == 0)
		return "is not filled in yet";
	if (!usb_id_parse(out, text))
		return "is no id such as 1209:0001, in lower case";
	if (usb_id_in(list, count, *out))
		return "stands there already";
	if (class == CLASS_PRODUCTION && usb_id_equal(*out, test))
		return "is an id for tests, which is not for production";
	return NULL;
}

static enum status
check_ids(struct reading *reading, const struct content *content,
	  struct profile *out)
{
	for (; out->usb_count < content->usb_count; out->usb_count++) {
		const char *what = check_id(content->usb[out->usb_count],
					    out->usb, out->usb_count,
					    out->class,
					    &out->usb[out->usb_count]);

		if (what != NULL)
			return complain_item(reading, "usb", content->usb,
					     out->usb_count, what);
	}
	for (; out->adapter_count < content->serial_adapters_count;
	     out->adapter_count++) {
		const char *what =
			check_id(content->serial_adapters[out->adapter_count],
				 out->adapter, out->adapter_count, out->class,
				 &out->adapter[out->adapter_count]);

		if (what != NULL)
			return complain_item(reading, "serial_adapters",
					     content->serial_adapters,
					     out->adapter_count, what);
	}
	out->serial_rtscts = content->serial_rtscts == 1;
	return ST_OK;
}

static enum status
check_lock_fuses(struct reading *reading, const struct content *content,
		 struct profile *out)
{
	for (size_t i = 0; i < content->lock_fuses_count; i++) {
		unsigned int fuse = 0;

		while (fuse < PROFILE_FUSES &&
		       strcmp(content->lock_fuses[i], profile_fuse[fuse]) != 0)
			fuse++;
		if (fuse == PROFILE_FUSES)
			return complain_item(
				reading, "lock_fuses", content->lock_fuses, i,
				"is none of debug_closed, secure_boot");
		if ((out->lock_fuses & 1u << fuse) != 0)
			return complain_item(reading, "lock_fuses",
					     content->lock_fuses, i,
					     "stands there already");
		out->lock_fuses |= (uint8_t)(1u << fuse);
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
	enum status status = reading_open(reading);

	if (status == ST_OK)
		status = parse(reading, &config, &content);
	if (status == ST_OK)
		status = check_texts(reading, content, out);
	if (status == ST_OK)
		status = check_numbers(reading, content, out);
	if (status == ST_OK)
		status = check_demands(reading, content, out);
	if (status == ST_OK)
		status = check_tacs(reading, content, out);
	if (status == ST_OK)
		status = check_links(reading, content, out);
	if (status == ST_OK)
		status = check_ids(reading, content, out);
	if (status == ST_OK)
		status = check_lock_fuses(reading, content, out);
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
